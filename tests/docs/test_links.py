"""Links in the Markdown files lead somewhere, on a code host and on the site alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.filled.markdown import slug

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("notebooks/*.md"), *ROOT.glob("reports/*.md"), *ROOT.glob("tests/*.md"), *DOCS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Relative links and pictures; anchors in them are headings of the other page."""
    dead = []
    text = without_code(page)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        other = page.parent / path if path else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_plain_markdown(page: Path) -> None:
    """Whatever only the site's generator understands would be shown as it is written: targets, roles, directives."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^\([\w-]+\)=$|\{[a-z]+\}`|^```\{[\w-]+\}", text, flags=re.M) == []


def anchors(page: Path) -> set[str]:
    """The anchors of its headings; the second of two equal ones has a number."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", without_code(page), flags=re.M):
        first = slug(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading))
        found.add(next(name for name in (first, *(f"{first}-{number}" for number in range(1, 99))) if name not in found))
    return found


def without_code(page: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
