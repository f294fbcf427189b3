"""What import-linter cannot see: imports by a name in a string, and names taken from the top of the package."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import sim

SIM = Path(sim.__file__).parent
MODULES = sorted(path for path in SIM.rglob("*.py") if path != SIM / "__init__.py")


def test_only_the_top_imports_by_a_name_in_a_string() -> None:
    """A layer below cannot reach up in a way that import-linter does not see."""
    called = {
        f"{path.relative_to(SIM)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) in ("import_module", "__import__")
    }
    assert called == set()


def test_nothing_takes_names_from_the_top() -> None:
    """`from sim import …` names modules only: `sim/__init__` is the top, and the bottom of nothing."""
    taken = {
        f"{path.relative_to(SIM)}: {alias.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
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
