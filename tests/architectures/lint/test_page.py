"""docs/lint.md says what the registry says."""

from __future__ import annotations

import re
from pathlib import Path

from sim.architectures.lint import RULES

PAGE = Path(__file__).parents[3] / "docs" / "lint.md"


def test_the_page_lists_every_rule() -> None:
    """In the registry's order, with its windows and its reason, and no rule that isn't there."""
    rows = re.findall(r"^\| `([\w-]+)` \| .+ \| (.*) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(name, ", ".join(rule.windows), rule.reason) for name, rule in RULES.items()]
