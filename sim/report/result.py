"""The page of a result that is no comparison: its answer as a card, its charts, the world, and how to have it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from sim.config.design import Design
from sim.config.library import digest
from sim.config.scenario import Scenario
from sim.report import world
from sim.report.card import Card
from sim.report.files import Files, render, software
from sim.report.names import PAGE
from sim.world.traffic import expected


@dataclass(frozen=True)
class Told:
    """What a page says beside its charts: its question, the answer, and where that comes from.

    `mornings` says which were simulated, `beside` which files lie in the same folder.
    """

    question: str
    card: Card
    scenario: Scenario
    designs: Sequence[Design]
    mornings: str
    command: str
    beside: str
    sentences: Sequence[str] = ()


def write_page(files: Files, told: Told, pictures: Mapping[str, Markup]) -> None:
    """Write the page. It holds no wall-clock times and no paths."""
    card = replace(told.card, title="", hints={})
    content = world.content(told.scenario, told.designs, f"some {expected(told.scenario):,.0f} purchases a morning") | {
        "title": told.card.title,
        "question": told.question,
        "scenario": told.scenario,
        "card": Markup(card.html()),  # noqa: S704  its own template escapes texts
        "sentences": told.sentences,
        "pictures": pictures,
        "command": told.command,
        "facts": {
            "scenario": told.scenario.name,
            "designs": ", ".join(design.name for design in told.designs),
            "mornings": told.mornings,
            "digest of scenario and designs": digest(told.scenario, *told.designs),
            **software(),
        },
        "beside": told.beside,
    }
    files.text(PAGE, render("result.html.j2", content))
