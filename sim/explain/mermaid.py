"""Diagrams as Mermaid text, for pages that draw them themselves: https://mermaid.js.org."""

from __future__ import annotations

import re

from sim.architectures.parts import Parts
from sim.explain.moments import LANES, StoryLine

ARROWS = {"message": "->>", "answer": "-->>", "lost": "-x", "poll": "->>"}
TITLES = {
    "read_model": "status view",
    "payment": "payment worker",
    "provider": "payment provider",
    "database": "order database",
}


def sequence(moments: list[StoryLine]) -> str:
    """A sequence diagram: one participant for each party, one line for each moment."""
    parties = {moment.who for moment in moments} | {moment.to for moment in moments if moment.to}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {lane} as {TITLES.get(lane, lane)}" for lane in LANES if lane in parties]
    for moment in moments:
        times = f" ({moment.times} times)" if moment.times > 1 else ""
        text = words(moment.text + times)
        if moment.to is not None:
            lines.append(f"    {moment.who}{ARROWS[moment.kind]}{moment.to}: {text}")
        elif moment.kind == "violation":
            lines += ["    rect rgb(250, 220, 216)", f"    Note over {moment.who}: VIOLATION: {text}", "    end"]
        else:
            lines.append(f"    Note over {moment.who}: {text}")
    return "\n".join(lines) + "\n"


def words(text: str) -> str:
    """Without the characters that mean something to Mermaid."""
    return re.sub(r"[;#]", ",", text).replace("“", "'").replace("”", "'")


SHAPES = {"person": ("([", "])"), "app": ("(", ")"), "store": ("[(", ")]"), "queue": ("[[", "]]")}


def flowchart(parts: Parts) -> str:
    """The components of a design and who calls whom: rounded people, cylinders that store, dashed what is not ours."""
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
    """Such as Mermaid takes: plain letters, and not its own word for the end of a block."""
    return name if re.fullmatch(r"[a-z][a-z_]*", name) and name != "end" else f"part{number}"


def _quoted(text: str) -> str:
    """Within double quotes, with the characters that mean something there as their codes."""
    return text.translate({ord("#"): "#35;", ord("&"): "#amp;", ord('"'): "#quot;", ord("<"): "#lt;", ord(">"): "#gt;"})
