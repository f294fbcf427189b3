"""The files that the learner writes: design.yaml, and the Python file that it names, if any."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sim.architectures import file_named
from sim.config.bundled import is_path
from sim.config.errors import ConfigError
from sim.config.files import read_text, write_text
from sim.config.writing import flow
from sim.config.yamlfile import Source
from sim.kata.brief import DESIGN, typed


class Written(NamedTuple):
    """The texts of both files."""

    design: str
    code: str = ""


def written(folder: Path) -> Written:
    """Read both files without checking what is in them. Raises ConfigError if they can't be read."""
    if not (folder / DESIGN).exists():
        raise ConfigError(missing(folder))
    design = read_text(folder / DESIGN)
    file = _code_path(folder, design)
    return Written(design, read_text(file) if file is not None and file.is_file() else "")


def missing(folder: Path) -> str:
    """What to say of a kata's folder without a design."""
    return f"{folder / DESIGN}: no such file; {typed('undo', folder)} puts the last one back"


def undo(folder: Path, earlier: Sequence[Written]) -> bool:
    """Restore the last of the `earlier` files that differs from the present ones; False if none does. Whatever can't be read
    differs.

    Raises ConfigError, also if what was kept names a file outside of the folder: somebody else may have written it.
    """
    now = None
    with suppress(ConfigError):
        now = written(folder)
    before = next((files for files in reversed(earlier) if files != now), None)
    if before is None:
        return False
    file = _code_path(folder, before.design)
    if before.code and file is not None:
        write_text(file, before.code, replace=True)
    write_text(folder / DESIGN, before.design, replace=True)
    return True


def changes(before: Written, now: Written) -> list[str]:
    """The knobs that differ (`app.key: none → purchase`), and whether the learner's Python file was rewritten."""
    old, new = (_leaves(Source(text.design, DESIGN).data) for text in (before, now))
    keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key) and key not in ("name", "summary")]
    changed = [f"{key}: {old.get(key, 'not given')} → {new.get(key, 'not given')}" for key in keys]
    rewritten = before.code != now.code and "architecture" not in keys
    return [*changed, *([f"{_code_file(now.design)}: rewritten"] if rewritten else [])]


def code_named(folder: Path, design: str) -> str:
    """The Python file that the design's file in a folder names; "" if it names none.

    Raises ConfigError if it is elsewhere, or if the design can't be read.
    """
    text = read_text(folder / design)
    return _code_file(text) if _code_path(folder, text, design) is not None else ""


def _code_path(folder: Path, design: str, file: str = DESIGN) -> Path | None:
    """Where the Python file is that the text of a design's file names; None if it names none. Raises ConfigError if it's
    somewhere else.
    """
    start = _given(design, "from")
    if is_path(start):
        raise ConfigError(f"{folder / file}: from: {start} is another file; in a kata a design starts from one that has a name")
    name = _code_file(design)
    if not name:
        return None
    path = folder / name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL in the name, or links that lead in a circle
        inside = False
    if not inside:
        raise ConfigError(
            f"{folder / file}: architecture: {name} is not in this folder; copy it into the folder, and name that"
        )
    return path


def _code_file(design: str) -> str:
    """The Python file that a design's text names; "" if it names none."""
    return file_named(_given(design, "architecture"))


def _given(design: str, key: str) -> str:
    """What stands in a design's text at a key; "" if nothing does."""
    try:
        return str(Source(design, DESIGN).data.get(key, ""))
    except ConfigError:  # not valid YAML yet; loading the design reports the error
        return ""


def _leaves(data: Any, path: str = "") -> dict[str, str]:
    if isinstance(data, dict) and data and (path == "" or path.count(".") < 1):
        leaves: dict[str, str] = {}
        for key, value in data.items():
            leaves |= _leaves(value, f"{path}.{key}".lstrip("."))
        return leaves
    return {path: flow(data)}
