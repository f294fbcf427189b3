"""The menu of the site: the pages in their order, under their captions."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1]
HOW_TO = "How to"
MENU = {
    "Tutorial": ["install", "tutorial", "kata"],
    "Notebooks": [f"notebooks/{path.stem}" for path in sorted((DOCS / "notebooks").glob("*.ipynb"))],
    HOW_TO: [
        "own-scenario", "from-your-logs", "from-a-report", "page", "explore", "write-an-architecture", "lint", "check-in-ci",
        "rehearse", "sizing", "sweeps", "cluster", "nationwide", "grade-a-class",
    ],
    "Reference": [
        "reference/cli", "reference/scenario", "reference/design", "reference/service", "reference/metrics",
        "What a morning costs <cost>", "reference/results", "reference/api", "steps", "Speed <speed>",
    ],
    "Explanation": ["failure-windows", "trust", "twin", "Known answers <validity>"],
}  # fmt: skip


def menu() -> str:
    """Tables of contents for the home page; a page that nobody has placed comes after the other how-tos."""
    placed = {entry.rpartition("<")[2].rstrip(">") for entries in MENU.values() for entry in entries}
    more = sorted(page.stem for page in DOCS.glob("*.md") if page.stem not in {*placed, "index"})
    return "\n".join(_tree(caption, [*entries, *(more if caption == HOW_TO else ())]) for caption, entries in MENU.items())


def _tree(caption: str, entries: list[str]) -> str:
    return "\n".join(["", "```{toctree}", f":caption: {caption}", ":hidden:", "", *entries, "```"])
