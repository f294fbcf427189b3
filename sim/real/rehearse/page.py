"""A rehearsal as one HTML file, with the sequence picture of what did harm. It makes no request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from sim import style
from sim.config.files import write_text
from sim.documents.rehearsal import Rehearsal, Rush
from sim.ledger.violations import VIOLATIONS
from sim.real.rehearse.sentences import lead, title
from sim.real.rehearse.story import RealStory
from sim.report import sequence
from sim.report.files import render
from sim.version import VERSION

MOST_PICTURES = 6


def write_page(file: Path, document: Rehearsal | Rush, stories: list[tuple[RealStory, str]], *, command: str) -> None:
    """Write the page. `stories` have the text of a scenario file each, or none. Raises ConfigError."""
    content: dict[str, Any] = {
        "version": VERSION,
        "service": document["service"],
        "title": title(document),
        "lead": lead(document),
        "why": document["why"],
        "failing": _failing(document),
        "stories": [_shown(story, scenario, number) for number, (story, scenario) in enumerate(stories[:MOST_PICTURES])],
        "facts": _facts(document),
        "table": _table(document),
        "command": command,
    }
    write_text(file, render("page.html.j2", content, beside=Path(__file__).parent), replace=True)


def _failing(document: Rehearsal | Rush) -> list[dict[str, Any]]:
    if document["kind"] == "rush":
        return []
    return [
        {
            "told": one["told"], "charged": one["charged"],
            "orders": "?" if one["orders"] is None else one["orders"],
            "clauses": "; ".join(VIOLATIONS[kind].clause for kind in one["harm"]),
            "again": "yes" if one["reproduced"] else "no",
        }
        for one in document["failing"]
    ]  # fmt: skip


def _shown(story: RealStory, scenario: str, number: int) -> dict[str, Any]:
    figure = style.figure_of(sequence.draw(story))
    picture = style.inline(style.svg(figure), f"story-{number}", f"{story.sentence} {story.note}")
    return {
        "title": story.note, "text": "\n".join(story.lines()), "scenario": scenario,
        "picture": Markup(picture),  # noqa: S704  matplotlib escapes texts
    }  # fmt: skip


def _facts(document: Rehearsal | Rush) -> dict[str, str]:
    facts = {"service": f"{document['service']} at {document['url']}", "judged": _words(document["judged"])}
    if document["not_judged"]:
        reasons = "; ".join(dict.fromkeys(document["not_judged"].values()))
        facts["not judged"] = f"{_words(list(document['not_judged']))}: {reasons}"
    if document["kind"] == "every":
        facts["runs"] = ", ".join(f"{number:,} with {mishaps} mishaps" for mishaps, number in document["runs"].items())
        facts["seconds"] = f"{document['seconds']:.1f}"
    else:
        facts["customers"] = f"{document['purchases']:,}, {document['rate_per_s']:g} per second for {document['seconds']:g} s"
        facts["their own lateness"] = f"p99 {document['lateness_p99_s'] * 1000:.1f} ms"
    return facts | {"coffee-please": document["version"]}


def _words(kinds: list[str]) -> str:
    return ", ".join(kind.replace("_", " ") for kind in kinds)


def _table(document: Rehearsal | Rush) -> dict[str, Any]:
    if document["kind"] == "every":
        return {"head": ["mishap", "runs in which it came about"], "rows": list(document["reached"].items())}
    rows = [
        (kind.replace("_", " "), f"{rate['purchases']:,}", f"{rate['low']:.2%} to {rate['high']:.2%}")
        for kind, rate in document["harm"].items()
    ]
    return {"head": ["harm", "purchases", "95 % interval"], "rows": rows}
