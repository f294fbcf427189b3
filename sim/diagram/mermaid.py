"""A component diagram as Mermaid text, for pages that render Mermaid: https://mermaid.js.org."""

from __future__ import annotations

import re

from sim.architectures.parts import Diagram

SHAPES = {"person": ("([", "])"), "app": ("(", ")"), "store": ("[(", ")]"), "queue": ("[[", "]]")}


def flowchart(parts: Diagram) -> str:
    """A diagram as a Mermaid flowchart: people are rounded, stores are cylinders, external components are dashed."""
    names = {component.name: _name(component.name, number) for number, component in enumerate(parts.components)}
    lines = ["flowchart TD"]
    for component in parts.components:
        text = "<br/>".join(map(_quoted, (component.label, *component.notes)))
        left, right = SHAPES.get(component.kind, ("[", "]"))
        lines.append(f'    {names[component.name]}{left}"{text}"{right}')
    for flow in parts.flows:
        label = f'|"{_quoted(flow.label)}"|' if flow.label else ""
        lines.append(f"    {names[flow.source]} {'-.->' if flow.dashed else '-->'}{label} {names[flow.target]}")
    foreign = [names[component.name] for component in parts.components if component.kind == "external"]
    if foreign:
        lines += ["    classDef foreign stroke-dasharray: 4 3", f"    class {','.join(foreign)} foreign"]
    return "\n".join(lines) + "\n"


def _name(name: str, number: int) -> str:
    """A node's name that Mermaid accepts: plain letters, and not `end`, its keyword for the end of a block."""
    return name if re.fullmatch(r"[a-z][a-z_]*", name) and name != "end" else f"part{number}"


def _quoted(text: str) -> str:
    """The text for use within double quotes, with Mermaid's special characters as their codes."""
    return text.translate({ord("#"): "#35;", ord("&"): "#amp;", ord('"'): "#quot;", ord("<"): "#lt;", ord(">"): "#gt;"})
