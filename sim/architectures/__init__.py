"""The registry of architectures; loading designs by name or file. A new architecture is one file and one line here."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.architectures.idempotent import Idempotent
from sim.architectures.inquiry import Inquiry
from sim.architectures.naive import Naive
from sim.architectures.outbox import Outbox
from sim.architectures.own import Lines, file_named, is_own, load_own, new_file
from sim.architectures.webhooks_first import WebhooksFirst
from sim.config import library
from sim.config.bundled import SEE_LIST, as_text, full_name, is_path
from sim.config.design import Design, merged
from sim.config.errors import ConfigError, closest, nearest
from sim.config.loader import Document, read_text, validate
from sim.config.scenario import Scenario

ARCHITECTURES: dict[str, type[Design]] = {
    "naive": Naive,
    "idempotent": Idempotent,
    "outbox": Outbox,
    "inquiry": Inquiry,
    "webhooks-first": WebhooksFirst,
}
OF_A_FILE = ("name", "summary")  # what a design that starts from another one does not take over
ASIDE = ("promises", "parts", "set_up")  # members of an architecture's class that are not part of its story
Designs = Design | Path | str | Iterable[Design | Path | str]  # what functions accept: one design, or several
INCIDENTS = "incidents"  # the folder, of scenarios and of designs
COMPARED = ("naive", "idempotent", "outbox")  # the default of a comparison; `inquiry` is for providers without keys
SURVEYED = (*COMPARED, "inquiry")  # the default in failure windows, which are about charges that the shop itself asks for


def design_names() -> list[str]:
    """The names of all designs: the built-in ones in the order of the registry, then the bundled variants.

    Without those of the incidents: see `reported`.
    """
    return [*ARCHITECTURES, *(name for name in library.names("designs") if name not in ARCHITECTURES and "/" not in name)]


def is_named(name: str) -> bool:
    """Whether that is the name of a design, an incident's included."""
    return name in design_names() or f"{INCIDENTS}/{name}" in library.names("designs")


def reported(scenario: Scenario) -> tuple[str, ...]:
    """The names of the designs of a bundled incident, as it was reported and as it was mended; none for other scenarios."""
    pair = tuple(f"{scenario.name}/{state}" for state in ("as-reported", "as-mended"))
    return pair if {f"{INCIDENTS}/{name}" for name in pair} <= set(library.names("designs")) else ()


def load_design(name: Design | Path | str) -> Design:
    """Load a design by name or path. Raises ConfigError.

    `name` is that of a built-in design or a bundled variant, the path of a YAML file that starts `from` one, or a class
    in a Python file, which is run: `my_checkout.py`, or `my_checkout.py:MyCheckout` if it has several. A `Design` is returned
    as it is.
    """
    if isinstance(name, Design):
        return name
    name = as_text(name, "design")
    if name in ARCHITECTURES:
        return _summed_up(ARCHITECTURES[name], {"name": name})
    if is_own(name):
        architecture = load_own(name)
        file, _, suffix = name.rpartition(".py")
        return _summed_up(architecture, {"name": architecture.model_fields["name"].default or suffix[1:] or Path(file).name})
    bundled = library.names("designs")
    if f"{INCIDENTS}/{name}" in bundled:
        name = f"{INCIDENTS}/{name}"
    if not name.endswith((".yaml", ".yml")) and "/" not in name and name not in bundled:
        is_scenario = "; that is a scenario" if full_name(name) in library.names() else ""
        raise ConfigError(f'unknown design "{name}"{is_scenario or closest(name, design_names()) or SEE_LIST}')
    path = library.find(name, folder="designs", kind="design")
    return parse_design(read_text(path), filename=name if path == Path(name) else path.name)


def load_designs(names: Designs) -> list[Design]:
    """Load one or several designs (see `load_design`).

    Raises ConfigError with what is wrong in any of them, also for no design, or two of the same name.
    """
    designs: list[Design] = []
    errors: list[ConfigError] = []
    for name in names if isinstance(names, Iterable) and not isinstance(names, (Design, Path, str)) else [names]:
        try:
            designs.append(load_design(name))
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else ConfigError(*(message for error in errors for message in error.messages))
    own_names = [design.name for design in designs]
    if not designs:
        raise ConfigError("expected at least one design")
    if len(set(own_names)) < len(own_names):
        raise ConfigError(f"two designs with the same name: {', '.join(own_names)}; give each its own `name:`")
    return designs


def parse_design(text: str, *, filename: str = "design.yaml") -> Design:
    """Parse a design from YAML text. Raises ConfigError."""
    document = Document(text, filename)
    kind, knobs = _begun(document, (Path(filename).resolve(),))
    return validate(kind, {"name": Path(filename).stem, **knobs}, document)


def _begun(document: Document, behind: tuple[Path, ...]) -> tuple[type[Design], dict[str, Any]]:
    """The architecture that a design's file ends up starting from, and its knobs, over those of the files in between.

    `behind`: the files that start from this one. Raises ConfigError.
    """
    knobs = dict(document.data)
    where = document.place((document.start or "from",))[0]
    if document.start is None:
        scenario_key = next((key for key in knobs if key in Scenario.model_fields and key not in Design.model_fields), None)
        if scenario_key is not None:
            place = document.place((scenario_key,))[0]
            raise ConfigError(f"{place}: this is a scenario (it has `{scenario_key}`); expected a design")
        raise ConfigError(f"{where}: from: required, but missing; one of {', '.join(ARCHITECTURES)}")
    if "from" in knobs and "architecture" in knobs:
        raise ConfigError(f"{where}: from and architecture: a design starts from one; leave one of them out")
    base = knobs.pop(document.start)
    if document.start == "architecture":
        return load_own(base, beside=document.beside, place=f"{where}: architecture: "), knobs
    if base in ARCHITECTURES:
        return ARCHITECTURES[base], knobs
    if not is_path(base) and base not in library.names("designs"):
        hint = (
            f"; write architecture: {base}" if is_own(base) else closest(base, design_names()) or nearest(base, ARCHITECTURES)
        )
        raise ConfigError(f"{where}: from: unknown design {base!r}{hint}")
    file = document.beside / base if is_path(base) else library.find(base, folder="designs", kind="design")
    if file.resolve() in behind:
        raise ConfigError(f"{where}: from: {base} starts from this file again; one of them must start from an architecture")
    if not file.exists():
        raise ConfigError(f"{where}: from: {file}: no such file")
    parent = Document(read_text(file), str(file) if is_path(base) else file.name, beside=file.parent)
    kind, below = _begun(parent, (*behind, file.resolve()))
    validate(kind, below, parent)  # what is wrong in it is told of its own file
    below = {key: value for key, value in _seen_from(document.beside, parent.beside, below).items() if key not in OF_A_FILE}
    return kind, merged(below, knobs)


def _seen_from(folder: Path, beside: Path, knobs: Any) -> Any:
    """The same knobs, with the paths of measured times as they are from another folder."""
    if not isinstance(knobs, dict):
        return knobs
    return {
        key: os.path.relpath(beside / value, folder)
        if key == "empirical" and isinstance(value, str)
        else _seen_from(folder, beside, value)
        for key, value in knobs.items()
    }


def docstring(kind: type[Design]) -> str:
    """What a class says of itself, also where Python has left docstrings out (-OO): the digest of a design depends on it."""
    if sys.flags.optimize < 2:
        return kind.__doc__ or ""
    try:
        [tree] = ast.parse(inspect.getsource(kind)).body
    except (OSError, TypeError):
        return ""
    assert isinstance(tree, ast.ClassDef)
    return ast.get_docstring(tree, clean=False) or ""


def _summed_up(architecture: type[Design], knobs: dict[str, Any]) -> Design:
    summary = docstring(architecture).strip().partition("\n")[0]
    return architecture.model_validate({"summary": summary, **knobs})


def architecture_of(design: Design) -> str:
    """The registered name of the architecture that a design starts from, or the file and class of a user's own."""
    if design.origin is not None:
        return f"{design.origin.file}:{design.origin.name}"
    return next(name for name, kind in ARCHITECTURES.items() if type(design) is kind)


def start_of(design: Design, folder: Path | None = None) -> tuple[str, str]:
    """The key and value by which a design file in `folder` (None: the architecture's own) says what it starts from."""
    if (origin := design.origin) is None:
        return "from", architecture_of(design)
    try:
        file = Path(origin.file).name if folder is None else Path(os.path.relpath(origin.file, folder)).as_posix()
    except ValueError:  # on another drive
        file = str(Path(origin.file).resolve())
    return "architecture", f"{file}:{origin.name}"


def source_of(design: Design) -> str:
    """The source code of the class of a design's architecture."""
    origin = design.origin
    return inspect.getsource(type(design)) if origin is None else Lines(origin.file, origin.text, origin.name).source()


def story_of(design: Design) -> str:
    """The source code of an architecture's story: its class without the promises, the diagram and the set-up."""
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
    "is_named",
    "is_own",
    "load_design",
    "load_designs",
    "new_file",
    "parse_design",
    "reported",
    "source_of",
    "start_of",
    "story_of",
]
