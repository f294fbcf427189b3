"""The stories, and how a design file becomes one. A new architecture is one file and one line here."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.architectures.idempotent import Idempotent
from sim.architectures.inquiry import Inquiry
from sim.architectures.naive import Naive
from sim.architectures.outbox import Outbox
from sim.architectures.own import Lines, file_named, is_own, load_own, new_file
from sim.config import library
from sim.config.bundled import SEE_LIST, as_text, full_name
from sim.config.design import Design
from sim.config.errors import ConfigError, closest, nearest
from sim.config.loader import Document, read_text, validate
from sim.config.scenario import Scenario

ARCHITECTURES: dict[str, type[Design]] = {
    "naive": Naive,
    "idempotent": Idempotent,
    "outbox": Outbox,
    "inquiry": Inquiry,
}
ASIDE = ("promises", "parts", "set_up")  # in a class, and not what a request or a process goes through
Designs = Design | Path | str | Iterable[Design | Path | str]  # what a verb takes: one, or several
COMPARED = ("naive", "idempotent", "outbox")  # unless told otherwise: the others have special uses


def design_names() -> list[str]:
    """Built-in designs first, in the order of the registry, then the bundled variants."""
    return [*ARCHITECTURES, *(name for name in library.names("designs") if name not in ARCHITECTURES)]


def load_design(name: Design | Path | str) -> Design:
    """A built-in design, a bundled variant, or a YAML file that starts `from` one; or a class in a Python file, which is run:
    `my_checkout.py`, or `my_checkout.py:MyCheckout` if there are several. One that is loaded is itself. Raises ConfigError.
    """
    if isinstance(name, Design):
        return name
    name = as_text(name, "design")
    if name in ARCHITECTURES:
        return _summed_up(ARCHITECTURES[name], {"name": name})
    if is_own(name):
        architecture = load_own(name)
        file, _, called = name.rpartition(".py")
        return _summed_up(architecture, {"name": architecture.model_fields["name"].default or called[1:] or Path(file).name})
    if not name.endswith((".yaml", ".yml")) and "/" not in name and name not in library.names("designs"):
        is_scenario = "; that is a scenario" if full_name(name) in library.names() else ""
        raise ConfigError(f'unknown design "{name}"{is_scenario or closest(name, design_names()) or SEE_LIST}')
    path = library.find(name, folder="designs", kind="design")
    return parse_design(read_text(path), filename=name if path == Path(name) else path.name)


def load_designs(names: Designs) -> list[Design]:
    """Designs likewise, one or several. Raises ConfigError, also if there is none, or if two have the same name."""
    chosen = [load_design(name) for name in ([names] if isinstance(names, (Design, Path, str)) else names)]
    called = [design.name for design in chosen]
    if not called:
        raise ConfigError("expected at least one design")
    if len(set(called)) < len(called):
        raise ConfigError(f"two designs with the same name: {', '.join(called)}; give each its own `name:`")
    return chosen


def parse_design(text: str, *, filename: str = "design.yaml") -> Design:
    """A design from YAML text. Raises ConfigError."""
    document = Document(text, filename)
    knobs = dict(document.data)
    where = document.place((document.start or "from",))[0]
    if document.start is None:
        of_a_scenario = next((key for key in knobs if key in Scenario.model_fields and key not in Design.model_fields), None)
        if of_a_scenario is not None:
            place = document.place((of_a_scenario,))[0]
            raise ConfigError(f"{place}: this is a scenario (it has `{of_a_scenario}`); expected a design")
        raise ConfigError(f"{where}: from: required, but missing; one of {', '.join(ARCHITECTURES)}")
    if "from" in knobs and "architecture" in knobs:
        raise ConfigError(f"{where}: from and architecture: a design starts from one; leave one of them out")
    base = knobs.pop(document.start)
    if document.start == "architecture":
        kind = load_own(base, beside=document.beside, place=f"{where}: architecture: ")
    elif base in ARCHITECTURES:
        kind = ARCHITECTURES[base]
    else:
        hint = f"; write architecture: {base}" if is_own(base) else nearest(base, ARCHITECTURES)
        raise ConfigError(f"{where}: from: unknown architecture {base!r}{hint}")
    return validate(kind, {"name": Path(filename).stem, **knobs}, document)


def _summed_up(architecture: type[Design], knobs: dict[str, Any]) -> Design:
    summary = (architecture.__doc__ or "").strip().partition("\n")[0]
    return architecture.model_validate({"summary": summary, **knobs})


def architecture_of(design: Design) -> str:
    """The registered name of the architecture that a design starts from; or its file and class, if it is somebody's own."""
    if design.origin is not None:
        return f"{design.origin.file}:{design.origin.name}"
    return next(name for name, kind in ARCHITECTURES.items() if type(design) is kind)


def start_of(design: Design, folder: Path | None = None) -> tuple[str, str]:
    """How a file in `folder` says what a design starts from, key and value; None: wherever the architecture's file is."""
    if (origin := design.origin) is None:
        return "from", architecture_of(design)
    try:
        file = Path(origin.file).name if folder is None else Path(os.path.relpath(origin.file, folder)).as_posix()
    except ValueError:  # on another drive
        file = str(Path(origin.file).resolve())
    return "architecture", f"{file}:{origin.name}"


def source_of(design: Design) -> str:
    """The story: the source code of a design's architecture."""
    origin = design.origin
    return inspect.getsource(type(design)) if origin is None else Lines(origin.file, origin.text, origin.name).source()


def story_of(design: Design) -> str:
    """What an architecture does, in its own source: without its promises, its picture, and how its stations are set up."""
    lines = source_of(design).splitlines(keepends=True)
    [kind] = ast.parse("".join(lines)).body
    assert isinstance(kind, ast.ClassDef)
    for node in reversed(kind.body):
        name = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "name", "")
        if (name.id if isinstance(name, ast.Name) else name) in ASIDE:
            del lines[node.lineno - 1 : node.end_lineno]
    return re.sub(r"\n{3,}", "\n\n", "".join(lines)).rstrip() + "\n"


__all__ = [
    "ARCHITECTURES",
    "COMPARED",
    "Designs",
    "architecture_of",
    "design_names",
    "file_named",
    "is_own",
    "load_design",
    "load_designs",
    "new_file",
    "parse_design",
    "source_of",
    "start_of",
    "story_of",
]
