"""A sequence diagram as Mermaid text, for pages that draw it themselves: https://mermaid.js.org."""

from __future__ import annotations

import re

from sim.explanation.moments import LANES, StoryLine, title

ARROWS = {"message": "->>", "answer": "-->>", "lost": "-x", "poll": "->>"}


def sequence(moments: list[StoryLine]) -> str:
    """A sequence diagram: one participant for each party, one line for each moment."""
    parties = {moment.who for moment in moments} | {moment.to for moment in moments if moment.to}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {lane} as {title(lane)}" for lane in LANES if lane in parties]
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
