"""The page about a nationwide chain: its tables follow from its formulas, and its files are files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, exp, log
from pathlib import Path
from statistics import NormalDist

import pytest

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.experiment.cells import check_cells
from sim.ledger.costs import fee
from sim.validation.queues import erlang_c

PAGE = Path(__file__).parent.parent / "docs" / "nationwide.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# ([\w-]+\.yaml)[^\n]*\n(.*?)```", TEXT, flags=re.DOTALL))
NATIONWIDE = 20.0  # mobile purchases a second, 1,200 a minute
PER_STORE = 34 / 3600 * 0.3
SPEEDS = [int(speed.replace(",", "")) for speed in re.findall(r"(\d+,\d+) (?:naive|idempotent|outbox)\b", TEXT)]


def held_s(own_s: float, median_s: float, lost: float, timeout_s: float = 5.0, sigma: float = 0.6) -> float:
    """How long a worker is held by a purchase."""
    phi, z = NormalDist().cdf, log(timeout_s / median_s) / sigma
    least = median_s * exp(sigma**2 / 2) * phi(z - sigma) + timeout_s * (1 - phi(z))
    return own_s + (1 - lost) * least + lost * timeout_s


def rows() -> Iterator[str]:
    for stores in (1, 500, NATIONWIDE / PER_STORE, 10_000, 100_000):
        mobile = stores * PER_STORE
        some = "0.003" if stores == 1 else f"{mobile:.1f}"
        per_min = "0.17" if stores == 1 else f"{60 * mobile:,.0f}"
        every = f"{mobile / 0.3:.3f}" if stores == 1 else f"{mobile / 0.3:.1f}"
        yield f"| {stores:,.0f} | {every} | {some} | {per_min} | {7200 * mobile:,.0f} |"
    for stores in (500, NATIONWIDE / PER_STORE, 10_000, 100_000):
        mobile = stores * PER_STORE
        calm, brownout, paid = held_s(0.018, 0.45, 0.002), held_s(0.018, 4.5, 0.1), held_s(0.004, 0.45, 0.002)
        in_all = [f"{mobile * each:.1f}" for each in (calm, brownout)]
        yield f"| {mobile:.1f} | {' | '.join(in_all)} | {mobile * 0.014:.2f} | {mobile * paid:.1f} |"
    for purchases in (10_200, 144_000, 204_000, 2_040_000):
        each_s = [purchases / speed for speed in SPEEDS]
        hours = 10_000 * sum(each_s) / 3600
        told = " | ".join(f"{s:.1f}" for s in each_s)
        memory_mb = purchases * (1.4 if purchases <= 100_000 else 1.2) / 1000
        yield f"| {purchases:,} | {told} | {hours:,.0f} | {hours / 64:.1f} h | {memory_mb:,.0f} |"
    waits = [erlang_c(c, 0.8 * c) / (0.2 * c) for c in (2, 4, 8, 16, 32, 64)]
    yield f"| mean wait | {' | '.join(f'{wait:.3f}' for wait in waits)} |"


@pytest.mark.parametrize("row", list(rows()))
def test_a_row_follows_from_its_formula(row: str) -> None:
    """Every computed row of the page's tables, recomputed."""
    assert row in TEXT.splitlines()


def test_what_the_page_says_in_words() -> None:
    """The numbers between the tables."""
    prices = load_prices("aws-us-east-1")
    compute = prices.relay_vcpu.value * (prices.vcpu_hour.value + prices.gb_per_vcpu.value * prices.gb_hour.value)
    databases = 8 - ceil(128 / prices.connections_per_database.value)
    month = prices.hours_per_month.value
    more = (databases * prices.database_hour.value + 7 * compute) * month
    one_more = prices.database_hour.value + compute
    fees = fee(650, prices) * 144_000 * 30 / 1e6
    projector = 10_000 * PER_STORE * 2 * 0.02
    for said in (
        f"held = {held_s(0.018, 0.45, 0.002):.3f} s",
        f"held = {held_s(0.018, 4.5, 0.1):.3f} s",
        f"11.4 calm (formula {20.17 * held_s(0.018, 0.45, 0.002):.1f})",
        f"({20.17 * held_s(0.018, 4.5, 0.1):.1f}; every third",
        f"= {2.36 * 20.17 * held_s(0.004, 4.5, 0.1):.0f})",
        f"= {100 / (2 * (0.505 + 0.003 * 100)):.0f} for batches of 100",
        f"are {100 * projector:.0f} % of one",
        f"{2_040_000 / 64 / SPEEDS[2]:.1f} s on 64 cores, and {2_040_000 / 64 * 1.4 / 1000:.0f} MB each",
        f"730 h × {one_more:.4f} USD = {one_more * month:.0f} USD a month",
        f"{databases} databases and 7 relays more, {more:,.0f} USD a month",
        f"{fee(650, prices):.4f} USD a purchase, 144,000 of them on 30 mornings: {fees:.1f} million USD",
    ):
        assert said in TEXT.replace("\n", " "), said


def test_the_pages_files_can_be_used() -> None:
    """Scenarios and designs as they stand there are read, and eight cells have what they need."""
    scenarios = {name: parse_scenario(text) for name, text in FILES.items() if "from:" not in text}
    designs = [parse_design(text) for text in FILES.values() if "from:" in text]
    assert list(scenarios) == ["ten-thousand.yaml", "nationwide.yaml"]
    assert [design.name for design in designs] == ["wide-idempotent", "wide-outbox"]
    assert scenarios["nationwide.yaml"].traffic.rate == NATIONWIDE
    assert scenarios["ten-thousand.yaml"].traffic.rate == pytest.approx(10_000 * PER_STORE)
    check_cells(designs, 8)
