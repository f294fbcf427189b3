"""Sentences about a morning in which there was little to count, in the terminal and in the report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.coffee import coffee

NONE = (
    r"charged nobody twice \(0 of \d+ purchases, in 0 of 2 mornings: at 95 % below [\d.]+ % if each fails by itself, in fewer "
    r"than 78 % of mornings if those of a morning fail together\)"
)
CLOCK = "clock: {duration: 2min, drain: 2min}"
SAYS = {
    "traffic: {rate: 1/d}": ("had no customers, and has no objectives to meet.", "had no customers."),
    "traffic: {rate: 60/min}\nprovider: {declined: 100%}": (
        r"charged nobody twice in \d+ purchases, had nobody with a good card to serve, and has no objectives to meet.",
        NONE + r", and had nobody with a good card to serve.",
    ),
    "traffic: {rate: 60/min}\nprovider: {failed: 100%}": (
        r"charged nobody twice in \d+ purchases, answered 95 % within [\d.]+ ms, got no purchase right, and has no objectives "
        r"to meet.",
        NONE + r", left 100 % of the people with a good card "
        r"without a confirmed order, and told 95 % of them “we have your order” within .*",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("world", SAYS)
def test_sentences_of_little(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody came, nobody had a good card, nothing went through: each is said in words, and no number is made up."""
    monkeypatch.chdir(tmp_path)
    Path("little.yaml").write_text(f"name: little\n{CLOCK}\n{world}\n")
    done = coffee("compare", "little.yaml", "outbox", "--mornings", "2", "--jobs", "1", "--out", "r")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.replace("\u00a0", " ").split())
    page = " ".join(re.sub(r"<[^>]+>", " ", Path("r/report.html").read_text().replace("\u00a0", " ")).split())
    terminal, report = SAYS[world]
    assert re.search(f"outbox {terminal}", said)
    assert re.search(f"outbox {report}", page)
