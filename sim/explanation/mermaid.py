"""A sequence diagram as Mermaid text, for pages that draw it themselves: https://mermaid.js.org."""

from __future__ import annotations

import re

from sim.explanation.moments import LANES, StoryLine, lanes, title

ARROWS = {"message": "->>", "answer": "-->>", "lost": "-x", "poll": "->>"}


def sequence(moments: list[StoryLine]) -> str:
    """A sequence diagram: one participant for each party, one line for each moment."""
    ids = {lane: _id(lane, number) for number, lane in enumerate(lanes(moments))}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {ids[lane]} as {words(title(lane))}" for lane in ids]
    for moment in moments:
        who = ids[moment.who]
        times = f" ({moment.times} times)" if moment.times > 1 else ""
        text = words(moment.text + times)
        if moment.to is not None:
            lines.append(f"    {who}{ARROWS[moment.kind]}{ids[moment.to]}: {text}")
        elif moment.kind == "violation":
            lines += ["    rect rgb(250, 220, 216)", f"    Note over {who}: VIOLATION: {text}", "    end"]
        else:
            lines.append(f"    Note over {who}: {text}")
    return "\n".join(lines) + "\n"


def _id(lane: str, number: int) -> str:
    """A name that Mermaid takes for nothing else: a party of one's own may be called `end`, or `night shift`."""
    return lane if lane in LANES else f"own{number}_{re.sub(r'[^A-Za-z0-9]+', '_', lane)}"


def words(text: str) -> str:
    """Without the characters that mean something to Mermaid."""
    return re.sub(r"[;#]", ",", " ".join(text.split())).replace("“", "'").replace("”", "'")
