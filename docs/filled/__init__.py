"""The parts of the documentation that are generated from the code. Each is Markdown and committed in its page.

A part stands between `<!-- filled: NAME -->` and `<!-- /filled -->`. `python -m docs.filled` writes all parts anew, and
the pictures in docs/_static.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from .commands import commands
from .incidents import index, stories
from .incidents import pictures as stories_drawn
from .keys import design_keys, scenario_keys, service_keys, units
from .lists import bill, designs, metrics, presets, prices, published, scenarios, windows
from .mishaps import alphabet, by_design, by_window, certified, shown
from .pictures import pictures
from .python import functions, sections
from .questions import questions
from .results import document_fields, documents
from .steps import answers, outcomes, promises, statuses, step_sections, steps

DOCS = Path(__file__).parents[1]
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "cost": {"bill": bill, "prices": prices},
    "failure-windows": {"windows": windows, "published": published},
    "incidents": {"index": index, "stories": stories},
    "mishaps": {"alphabet": alphabet, "by design": by_design, "by window": by_window, "certified": certified, "shown": shown},
    "questions": {"questions": questions},
    "reference/api": {"functions": functions, "sections": sections},
    "reference/cli": {"commands": commands},
    "reference/design": {"keys": design_keys, "designs": designs},
    "reference/metrics": {"metrics": metrics},
    "reference/results": {"documents": documents, "fields": document_fields},
    "reference/scenario": {"units": units, "keys": scenario_keys, "presets": presets, "scenarios": scenarios},
    "reference/service": {"keys": service_keys},
    "steps": {
        "steps": steps,
        "sections": step_sections,
        "outcomes": outcomes,
        "statuses": statuses,
        "answers": answers,
        "promises": promises,
    },
}


def filled(page: str, text: str) -> str:
    """The text of a page with its parts as they are generated now. Raises ValueError if the place of a part is missing."""
    for name, part in PAGES[page].items():
        place = re.compile(f"(<!-- filled: {name} -->\n).*?(<!-- /filled -->\n)", flags=re.S)
        if len(place.findall(text)) != 1:
            raise ValueError(f"docs/{page}.md: expected <!-- filled: {name} --> and <!-- /filled --> once, each on a line")
        text = place.sub(lambda found, part=part: f"{found[1]}\n{part()}\n\n{found[2]}", text)
    return text


def write() -> list[str]:
    """Write all parts and pictures anew. Returns the files that have changed."""
    texts = {DOCS / f"{page}.md": filled(page, (DOCS / f"{page}.md").read_text(encoding="utf-8")) for page in PAGES}
    texts |= {DOCS / "_static" / name: svg for name, svg in (pictures() | stories_drawn()).items()}
    changed = [file for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in changed:
        file.write_text(texts[file], encoding="utf-8", newline="\n")
    return [str(file.relative_to(DOCS.parent)) for file in changed]
