"""The parts of the documentation that are generated from the code. Each is Markdown; `conf.py` puts it into its page.

A page is a stub with an introduction, and a comment `<!-- filled: NAME -->` where a part belongs.
"""

from __future__ import annotations

from collections.abc import Callable

from .commands import commands
from .keys import design_keys, scenario_keys, units
from .lists import bill, designs, metrics, more, presets, prices, published, scenarios, windows
from .results import document_fields, documents

PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "index": {"more": more},
    "cost": {"bill": bill, "prices": prices},
    "failure-windows": {"windows": windows, "published": published},
    "reference/cli": {"commands": commands},
    "reference/design": {"keys": design_keys, "designs": designs},
    "reference/metrics": {"metrics": metrics},
    "reference/results": {"documents": documents, "fields": document_fields},
    "reference/scenario": {"units": units, "keys": scenario_keys, "presets": presets, "scenarios": scenarios},
}


def filled(page: str, text: str) -> str:
    """A page's source with its generated parts in their places. Raises ValueError if the place of a part is missing."""
    for name, part in PAGES.get(page, {}).items():
        place = f"<!-- filled: {name} -->"
        if text.count(place) != 1:
            raise ValueError(f"docs/{page}.md: expected the comment {place} once")
        text = text.replace(place, part())
    return text
