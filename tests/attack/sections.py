"""Every section of scenarios and designs, with something in its place that is none."""

from __future__ import annotations

from collections.abc import Iterator

from sim.architectures import ARCHITECTURES, load_design
from sim.config.keys import Kind, below, fields
from sim.config.scenario import Scenario

SHAPES = ("7", "-1.5", "true", "zebra", "[7]", "[[]]", "[{}]", "{zebra: 1}", "{'': 1}", "{7: {}}", "'\u2615'", "[zebra, zebra]")


def sections(kind: Kind) -> Iterator[tuple[str, ...]]:
    """The paths of all keys whose values are mappings."""
    assert kind.model is not None
    for key in fields(kind.model):
        child = below(kind, key)
        model = child and next((one for one in (child, *child.options.values()) if one.model is not None), None)
        if model and child and child.container is None:
            yield (key,)
            yield from ((key, *path) for path in sections(model) if len(path) < 3)


def at(path: tuple[str, ...], value: str) -> str:
    """A file's line that has a value there: `clock: {start: 7}`."""
    return f"{path[0]}: {_inner(path[1:], value)}\n"


def _inner(path: tuple[str, ...], value: str) -> str:
    return f"{{{path[0]}: {_inner(path[1:], value)}}}" if path else value


def shapes() -> list[tuple[str, str]]:
    """What the file starts with, and the line with the wrong section."""
    files = [("name: x\n", path) for path in sections(Kind(Scenario))]
    for name in ARCHITECTURES:
        files += [(f"from: {name}\n", path) for path in sections(Kind(type(load_design(name))))]
    return [(start, at(path, shape)) for start, path in files for shape in SHAPES]
