"""The page of incidents: each scenario file of them as a short story with a picture, and their list by where they open.

`python -m docs.filled` draws the pictures anew as well: the story of the first who is harmed in the design as it was reported.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sim import style
from sim.architectures import INCIDENTS, load_design, reported
from sim.config.bundled import FOLDER
from sim.config.library import load_scenario, names
from sim.config.scenario import Reported, Scenario
from sim.explanation.story import Explanation, explain
from sim.ledger.violations import VIOLATIONS
from sim.report import sequence
from sim.vocabulary import OPENINGS

from .markdown import block, code, table

PARTS = ("What was reported", "What is assumed", "What the simulation says")
PICTURE = "incident-{}.svg"


def incidents() -> list[Scenario]:
    """All that are bundled, by where they open."""
    found = [load_scenario(name) for name in names() if name.startswith(f"{INCIDENTS}/")]
    return sorted(found, key=lambda world: list(OPENINGS).index(known(world).opens))


def known(world: Scenario) -> Reported:
    assert world.reported is not None
    return world.reported


def index() -> str:
    """The incidents by where they open."""
    rows = [
        (OPENINGS[known(world).opens], f"[{code(world.name)}](#{world.name})", _harm(world), world.summary)
        for world in incidents()
    ]
    return table(("opens", "incident", "who was hurt", "what happened"), rows)


def stories() -> str:
    """Each incident, as its file tells it."""
    return "\n\n".join(_story(world) for world in incidents())


def _story(world: Scenario) -> str:
    said = header(world.name)
    files = {name: (FOLDER / "designs" / INCIDENTS / f"{name}.yaml").read_text(encoding="utf-8") for name in reported(world)}
    as_reported, as_mended = (_knobs(text) for text in files.values())
    parts = [
        f"### {world.name}",
        f"**{world.summary}.** {world.story.strip()}",
        f"![How somebody is harmed in {world.name}](_static/{PICTURE.format(world.name)})",
        f"*Reported* at {', '.join(f'<{address}>' for address in known(world).at)}. {_links(said[PARTS[0]])}",
        f"*Changed then.* {known(world).mended.capitalize()}.",
        f"*Assumed.* {said[PARTS[1]]}",
        f"*Simulated.* {_command(said[PARTS[2]])}",
        block(f"# as it was reported\n{as_reported}\n\n# as it was mended\n{as_mended}", "yaml"),
    ]
    return "\n\n".join(parts)


def _knobs(text: str) -> str:
    return "\n".join(line for line in text.strip().splitlines() if not line.startswith(("name:", "#")))


def _harm(world: Scenario) -> str:
    return "; ".join(VIOLATIONS[kind].clause for kind in known(world).hurts)


def _command(text: str) -> str:
    return re.sub(r"^coffee compare [\w -]+?(?=\s*\()", lambda found: code(found[0]), text)


def _links(text: str) -> str:
    return re.sub(r"(https://\S+?)(?=[,.;)]?(\s|$))", r"<\1>", text)


def header(name: str) -> dict[str, str]:
    """The three parts of the comment above a file, each as one line."""
    text = (FOLDER / INCIDENTS / f"{name}.yaml").read_text(encoding="utf-8").partition("\nname: ")[0]
    lines = [line.removeprefix("#").strip() for line in text.splitlines()]
    places = [*(lines.index(part) for part in PARTS), len(lines)]
    parts = zip(PARTS, pairwise(places), strict=True)
    return {part: " ".join(filter(None, lines[begin + 1 : end])) for part, (begin, end) in parts}


def pictures() -> dict[str, str]:
    """The pictures as SVG, by the name of their file in docs/_static."""
    with TemporaryDirectory() as folder:
        return {PICTURE.format(world.name): _drawn(world, Path(folder)) for world in incidents()}


def _drawn(world: Scenario, folder: Path) -> str:
    told = explain(world, load_design(reported(world)[0]), violation=known(world).hurts[0], most=0)
    assert isinstance(told, Explanation)
    return style.save(style.figure_of(sequence.draw(told)), folder / world.name)
