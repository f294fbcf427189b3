"""What import-linter cannot see: imports by a name in a string, and names taken from the top of the package."""

from __future__ import annotations

import ast
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import sim

SIM = Path(sim.__file__).parent
MODULES = sorted(path for path in SIM.rglob("*.py") if path != SIM / "__init__.py")


@pytest.fixture(scope="module")
def code() -> list[tuple[Path, ast.AST]]:
    """Whatever there is in the modules that can import something, or decide whether it is imported."""
    return [
        (path.relative_to(SIM), node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.If) or _name(node) in ("import_module", "__import__")
    ]


def _name(node: ast.AST) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def test_only_the_top_imports_by_a_name_in_a_string(code: list[tuple[Path, ast.AST]]) -> None:
    """A layer below cannot reach up in a way that import-linter does not see."""
    called = {f"{path}:{node.lineno}" for path, node in code if isinstance(node, ast.Name | ast.Attribute)}
    assert called == set()


def test_only_the_types_of_charts_are_looked_up_to(code: list[tuple[Path, ast.AST]]) -> None:
    """import-linter leaves out imports for type checkers; of those, the only ones from above are of a result's charts."""
    contract = tomllib.loads((SIM.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][
        0
    ]
    floor = {
        room.strip(" ()").removeprefix("sim."): number
        for number, rooms in enumerate(reversed(contract["layers"]))
        for room in rooms.split("|")
    }
    from_above = {
        imported.module
        for path, node in code
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for imported in node.body
        if isinstance(imported, ast.ImportFrom) and imported.module is not None and imported.module.startswith("sim.")
        if floor[imported.module.split(".")[1]] > floor.get(path.parts[0].removesuffix(".py"), len(floor))
    }
    assert from_above == {"sim.lab.plots"}


def test_nothing_takes_names_from_the_top(code: list[tuple[Path, ast.AST]]) -> None:
    """`from sim import …` names modules only: `sim/__init__` is the top, and the bottom of nothing."""
    taken = {
        f"{path}: {alias.name}"
        for path, node in code
        if isinstance(node, ast.ImportFrom) and node.module == "sim"
        for alias in node.names
        if not (SIM / f"{alias.name}.py").exists() and not (SIM / alias.name).is_dir()
    }
    assert taken == set()


def test_the_verbs_are_where_the_top_says() -> None:
    """Every name that the package offers can be had, and type checkers are told the same ones."""
    stub = ast.parse((SIM / "__init__.pyi").read_text(encoding="utf-8"))
    typed = {alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == sim._HOME
    assert all(getattr(sim, name) is getattr(import_module(home), name) for name, home in sim._HOME.items())
