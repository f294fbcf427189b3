"""The page about logs names every spelling that is read."""

from __future__ import annotations

import re
from pathlib import Path

from sim.measured.spellings import COLUMNS, ENDS, KINDS, folded

PAGE = Path(__file__).parents[2] / "docs" / "from-your-logs.md"


def test_every_spelling_is_on_the_page() -> None:
    """In code, whatever its case and its underscores."""
    prose = re.sub(r"^```.*?^```", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    said = {folded(code) for code in re.findall(r"`([^`]+)`", prose)}
    for registry in (COLUMNS, KINDS, ENDS):
        for names in registry.values():
            assert set(names) <= said, sorted(set(names) - said)
    assert {folded(name) for name in (*COLUMNS, *KINDS, *(end.value for end in ENDS))} <= said
