"""Files to start from: a copy of a scenario, or a design with every knob as a comment, ready to be uncommented."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sim.config.bundled import is_path
from sim.config.design import Design
from sim.config.faults import FAULTS
from sim.config.keys import Kind, below, fields
from sim.config.knobs import Knob, about, inside, knobs
from sim.config.loader import Document
from sim.config.mishaps import MISHAPS, Mishap
from sim.config.model import Model, OneOf
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.vocabulary import METRICS

DISTRIBUTIONS = """\
# A distribution of times is one of {constant: 20ms}, {exponential: 20ms} (by its mean), {uniform: [10ms, 30ms]},
# {percentiles: {p50: 20ms, p95: 60ms, p99: 150ms}}, {lognormal: {median: 20ms, sigma: 0.6}}, or {empirical: file.csv} (a column
# of measured seconds beside this file).
"""
META = ("name", "summary", "story", "reported")


def design_template(design: Design, *, name: str, start: tuple[str, str]) -> str:
    """A design file: the knobs that differ from the architecture's defaults; every other knob is a comment with its default.

    `start` is the key and value by which the file names its architecture.
    """
    key, base = start
    default = type(design).model_validate({"name": design.name, "summary": design.summary})
    head = textwrap.wrap(f"A design that starts from {base}: {about(type(design), ())}", 118)
    lines = [
        *(f"# {line}" for line in head),
        "# Every line that begins with a # and a key is a knob with its default: take the # away and change it.",
        DISTRIBUTIONS.rstrip(),
        f"name: {flow(name)}",
        f"{key}: {flow(base)}",
        f"summary: {flow(f'{base}, changed')}",
    ]
    section: tuple[str, ...] = ()
    for knob in knobs(design, default):
        if knob.path[0] in META:
            continue
        if knob.path[:-1] != section:
            section = knob.path[:-1]
            lines.append("")
            if section:  # else a section that the design does without
                lines.append(_with_comment(f"{'  ' * (len(section) - 1)}{section[-1]}:", about(type(design), section)))
        lines += _knob(knob)
    return "\n".join(lines) + "\n"


def _knob(knob: Knob) -> Iterator[str]:
    indent = "  " * (len(knob.path) - 1)
    mark = "# " if knob.is_default else ""
    yield _with_comment(f"{indent}{mark}{knob.path[-1]}: {flow(knob.value)}", _meaning(knob))
    yield from (f"{indent}# {line}" for line in _inner(knob.kind))


def _meaning(knob: Knob) -> str:
    options = f"one of {', '.join(knob.kind.words)}" if knob.kind.words else ""
    return "; ".join(part for part in (knob.about, options) if part)


def _inner(kind: Kind) -> Iterator[str]:
    """What the keys of a one-line mapping mean, as comments that stay comments when the lines around them are uncommented."""
    keys = inside(kind)
    width = max((len(key) for key, _ in keys), default=0)
    if kind.model is not None and issubclass(kind.model, OneOf) and keys:
        yield "#   one of"
    yield from (f"#   {key.ljust(width)}  {meaning}".rstrip() for key, meaning in keys)


def _with_comment(line: str, comment: str) -> str:
    return f"{line.ljust(44)}  # {comment}" if comment else line


def scenario_template(document: Document, scenario: Scenario, *, name: str, target: Path) -> str:
    """A scenario's text under another name, followed by all keys that it leaves out, as comments.

    The paths of its files are rewritten to start from the folder of `target`.
    """
    text = _spliced(document, [(("name",), name), *_references(document, target)])
    if scenario.reported is not None:
        text = _without_the_report(text, scenario)
    rest = [*_left_out(document, scenario), *_events("faults", FAULTS), *_events("mishaps", MISHAPS), *_objectives(document)]
    head = ["", "# Everything else that a scenario can say, with its defaults.", *DISTRIBUTIONS.rstrip().splitlines(), "#"]
    return text.rstrip("\n") + "\n" + "\n".join([*head, *(f"# {line}".rstrip() for line in rest)]) + "\n"


def _without_the_report(text: str, scenario: Scenario) -> str:
    """An incident's text without what was told of it: a copy is about something else, and nobody has reported that."""
    bare = re.sub(r"(?m)^(reported|story|summary):.*\n(?:[ \t]+.*\n|[ \t]*\n(?=[ \t]))*", "", text)
    bare = re.sub(r"\A(?:#.*\n)+", "", bare)
    head = f"# A scenario that starts from the incident {scenario.name} (coffee show {scenario.name})."
    told = re.sub(r"(?m)^(name:.*)$", rf"\1\nsummary: {flow(f'{scenario.name}, changed')}", bare, count=1)
    return f"{head}\n{told}"


def _spliced(document: Document, changes: Sequence[tuple[tuple[Any, ...], str]]) -> str:
    """The document's text with the values at the paths of `changes` replaced."""
    text = document.text
    nodes = [(node, value) for path, value in changes if (node := document.node(path)) is not None]
    for node, value in sorted(nodes, key=lambda change: -change[0].start_mark.index):
        text = text[: node.start_mark.index] + flow(value) + text[_end(node, text) :]
    return text


def _end(node: yaml.Node, text: str) -> int:
    """The index at which a value ends, without the white space that PyYAML counts to the end of a folded text."""
    end: int = node.end_mark.index
    return len(text[:end].rstrip()) if getattr(node, "style", None) in (">", "|", None) else end


def _references(document: Document, target: Path) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The path of each key that names a file, and that file's path from the folder of `target`."""
    for path, value in _leaves(document.data):
        is_file = path[-1] == "empirical" or path[-2:] == ("arrivals", "file")
        is_file = is_file or (path in (("prices",), ("prices", "from")) and is_path(value))
        if is_file:
            yield path, _relative(document.beside / value, target.parent)


def _relative(file: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return str(file.resolve())


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(child, (*path, key))
    elif isinstance(value, str):
        yield path, value


def _left_out(document: Document, scenario: Scenario) -> Iterator[str]:
    """Lines for the sections and keys that the document does not give, with their defaults and meanings."""
    default = Scenario.model_validate({"name": scenario.name})
    section: tuple[str, ...] = ()
    for knob in knobs(default, default):
        if knob.path == ("traffic",) and document.gives(knob.path):
            yield _with_comment("traffic:", _whereabouts(document, knob.path))
            yield from _inner(knob.kind)
        if (
            knob.path[0] in (*META, "faults", "mishaps", "objectives")
            or document.gives(knob.path)
            or knob.path == ("traffic", "price")
        ):
            continue
        for depth in range(1, len(knob.path)):
            if knob.path[:depth] != section[:depth]:
                yield _with_comment(f"{'  ' * (depth - 1)}{knob.path[depth - 1]}:", _whereabouts(document, knob.path[:depth]))
        section = knob.path[:-1]
        indent = "  " * len(section)
        yield _with_comment(f"{indent}{knob.path[-1]}: {flow(knob.default)}", _meaning(knob))
        yield from (f"{indent}{line}" for line in _inner(knob.kind))


def _whereabouts(document: Document, path: tuple[str, ...]) -> str:
    meaning = about(Scenario, path)
    return f"{meaning} (given above: add to it there)".strip() if document.gives(path) else meaning


def _events(section: str, kinds: Mapping[str, type[Model]]) -> Iterator[str]:
    """The lines of a section that is a list of what goes wrong, one of each kind."""
    yield f"{section}:  # any number of these"
    for kind, model in kinds.items():
        keys = {key: _example(model, key) for key in (kind, *fields(model)) if _example(model, key) is not None}
        yield _with_comment(f"  - {flow(keys)}", about(model, ()))
        yield from (f"    #   {key.ljust(10)} {meaning}" for key, meaning in inside(Kind(model)) if meaning)


def _example(model: Any, key: str) -> Any:
    if key == "for":
        return "5min"
    kind, info = below(Kind(model), key), fields(model)[key]
    assert kind is not None
    if key == "at":
        return "1.2s" if issubclass(model, Mishap) else "07:30"
    if kind.words:
        return kind.words[0] if info.is_required() else None
    if info.is_required():
        return kind.unit.examples[0] if kind.unit else 1 if kind.type is int else None
    return info.default


def _objectives(document: Document) -> Iterator[str]:
    limits = {"share": "0%", "s": "1s", "USD": "1.00 USD", "count": 0}
    yield "objectives:  # limits of metrics: at most, or at least where more is better"
    for name, metric in METRICS.items():
        if not document.gives(("objectives", name)):
            limit = "99%" if metric.unit == "share" and metric.more_is_better else limits[metric.unit]
            yield _with_comment(f"  {name}: {limit}", metric.summary)
