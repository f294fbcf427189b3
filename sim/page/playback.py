"""A playback as one file: the page, the tapes of two designs, their numbers, and the story of one customer of each harm."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.documents.story import Story, document
from sim.experiment.effort import Effort
from sim.experiment.mornings import Progress, Summary, simulate
from sim.experiment.workers import crew
from sim.explanation.story import Explanation, tell
from sim.explanation.witness import of_purchase, simplest
from sim.ledger.violations import VIOLATIONS
from sim.page.numbers import numbers
from sim.page.running import Task, tape_line
from sim.page.scene import scene
from sim.page.wish import Wish
from sim.page.work import Made, made

STATIC = Path(__file__).parent / "static"
HEAD = '<link rel="stylesheet" href="page.css">\n<script type="module" src="page.js"></script>\n'


def playback(wanted: Wish, effort: Effort, *, progress: Progress | None = None) -> str:
    """The HTML text. It loads nothing and changes nothing. Raises as `sim.experiment.mornings.simulate`, also Ctrl-C."""
    designs = [side.design for side in wanted.sides]
    done: list[dict[int, Summary]] = [{} for _ in designs]
    lines: list[dict[str, Any]] = [{"line": "scene", **_bare(scene(wanted))}]
    told_of: set[int] = set()
    tasks = [
        (Task(side, seed), (wanted.scenario, design, seed, seed == effort.seed))
        for seed in effort.seeds
        for side, design in enumerate(designs)
    ]
    with crew(effort.jobs, effort.engine) as workers:
        for task, (one, victims) in workers.results(_morning, tasks):
            done[task.side][task.seed] = one.summary
            told_of.update(victims)
            if one.tape is not None:
                lines.append(tape_line(task, one))
            if progress is not None:
                progress(sum(map(len, done)), len(tasks))
        people = sorted(told_of)
        tellers = [(side, (wanted.scenario, design, effort.seed, people)) for side, design in enumerate(designs)]
        stories = [{"side": side, **story} for side, told in workers.results(_told, tellers) for story in told]
    lines[1:] = sorted(lines[1:], key=lambda line: line["side"])
    own = [[known[seed] for seed in effort.seeds] for known in done]
    lines += [
        {"line": "numbers", "of": effort.mornings, **numbers(wanted.scenario, wanted.sides, own, [[] for _ in designs])},
        {"line": "done"},
    ]
    start = {"scenario": wanted.name, "sides": [{"design": side.name} for side in wanted.sides], "seed": effort.seed}
    stories.sort(key=lambda story: (story["purchase"], story["side"]))
    return _page({"start": {**start, "mornings": effort.mornings}, "lines": lines, "stories": stories})


def _morning(scenario: Scenario, design: Design, seed: int, taped: bool) -> tuple[Made, list[int]]:
    """A morning; and, if it is played, the simplest victim of each kind of harm."""
    tables, evidence = simulate(scenario, design, load_prices(scenario.prices), seed)
    found = [np.flatnonzero(violation.flags(evidence)) for violation in VIOLATIONS.values()] if taped else []
    return made(seed, tables, evidence, taped=taped), [simplest(tables, victims) for victims in found if len(victims)]


def _told(scenario: Scenario, design: Design, seed: int, purchases: Sequence[int]) -> list[Story]:
    """What happened to each of these."""
    _, evidence = simulate(scenario, design, load_prices(scenario.prices), seed)
    witnesses = [of_purchase(evidence, purchase, seed) for purchase in purchases]
    return [document(Explanation(scenario, design, one, tell(scenario, design, one), [])) for one in witnesses]


def _bare(whole: dict[str, Any]) -> dict[str, Any]:
    """The scene without what can only be turned where there is a server."""
    for side in whole["sides"]:
        side |= {"knobs": [], "lint": [], "lacks": []}
    whole["scenario"] |= {"knobs": [], "kinds": [], "faults": [{**fault, "knobs": []} for fault in whole["scenario"]["faults"]]}
    return whole


def _page(held: dict[str, Any]) -> str:
    """The page with its script, its style and what it plays within it; the policy allows just these and no request."""
    script, style = (_text(name) for name in ("page.js", "page.css"))
    policy = f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'"
    data = json.dumps(held, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    inside = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
        f'<script type="application/json" id="tape">{data}</script>\n<script type="module">{script}</script>\n'
    )
    before, found, after = _text("index.html").partition(HEAD)
    assert found
    return before + inside + after


def _text(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
