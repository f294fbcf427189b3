"""Replace or add one value in a design's file, and leave everything else as it stands, comments included."""

from __future__ import annotations

from typing import Any

import yaml

from sim.config.errors import ConfigError
from sim.config.writing import flow
from sim.config.yamlfile import Source
from sim.experiment.altering import split, value_of


def edited(text: str, key: str, value: str, *, filename: str = "design.yaml") -> str:
    """The text with `value` at a dotted key. Whether a design has that key is not checked here. Raises ConfigError."""
    source = Source(text, filename)
    path, new = split(key), value_of(value)
    if not all(path):
        raise ConfigError(f"{key}: not the name of a knob; expected one like app.key")
    node, _, present = source.find(path)
    rest = path[len(present) :]
    if not rest:
        return _replaced(text, node, key, flow(new))
    nested = _nested(rest[1:], new)
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _added(text, node, f"{rest[0]}: {flow(nested)}", at_top=not present)
    if isinstance(node, yaml.MappingNode):
        data: Any = source.data
        for step in present:
            data = data[step]
        return _replaced(text, node, key, flow({**data, rest[0]: nested}))
    return _replaced(text, node, key, flow({rest[0]: nested}))


def _nested(path: tuple[str, ...], value: Any) -> Any:
    return {path[0]: _nested(path[1:], value)} if path else value


def _replaced(text: str, node: yaml.Node, key: str, value: str) -> str:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        inner = node.value[0][0].value if isinstance(node, yaml.MappingNode) else "…"
        raise ConfigError(f"{key}: a whole section; give one of its keys, like {key}.{inner}")
    start, end = node.start_mark.index, node.end_mark.index
    if start == end:  # nothing stands there: `inbox:`
        value = f" {value}"
    rest = text[end:]
    line, newline, below = rest.partition("\n")
    if line.lstrip().startswith("#"):  # a comment keeps its column if there is room
        spare = len(line) - len(line.lstrip()) - (len(value) - (end - start))
        rest = " " * max(spare, 2) + line.lstrip() + newline + below
    return text[:start] + value + rest


def _added(text: str, section: yaml.MappingNode, line: str, *, at_top: bool) -> str:
    """The text with one more line: at the end of the file, or before the section's first key, in the same column."""
    if at_top:
        return f"{text.rstrip()}\n\n{line}\n"
    first = section.value[0][0].start_mark
    return f"{text[: first.index]}{line}\n{' ' * first.column}{text[first.index :]}"
