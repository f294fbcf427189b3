"""A morning that keeps no tables tells the same as one that does, to the last digit, and lets go of whoever is done with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from sim.architectures import ARCHITECTURES, design_names, load_design
from sim.config.design import Design
from sim.config.library import load_scenario, names, parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import MOST_WITH_TABLES, simulate, summarise
from sim.ledger.paged import Paged
from sim.ledger.records import Tables
from sim.world.streamed import StreamedMorning
from sim.world.traffic import expected
from tests.ledger.test_tally import told
from tests.properties.fingerprints import fingerprint
from tests.properties.world import World
from tests.properties.worlds import for_all, tiers, worlds


class Watched(StreamedMorning):
    """Counts how many purchases it has parted with when the morning has drained, and what it has in hand before."""

    early = 0
    most: tuple[int, ...] = (0, 0, 0)

    def _next_cohort(self, begin: int) -> None:
        super()._next_cohort(begin)
        now = (
            sum(len(cohort.customers) for cohort in self._cohorts),
            len(self._database.orders.objects(since=0)),
            self._pages(),
        )
        self.most = tuple(map(max, now, self.most))

    def _pages(self) -> int:
        parts = (self._database, self._provider, self._view, self._loyalty, *vars(self.tables).values())
        columns = [column for part in parts if hasattr(part, "__dict__") for column in vars(part).values()]
        return sum(page is not None for column in columns if isinstance(column, Paged) for page in column.pages)

    def _collected(self) -> Tables:
        self.early = sum(part.found["purchases"] for part in self._tallies)
        return super()._collected()


def same(scenario: Scenario, design: Design, seed: int, *, bits: int) -> tuple[int, int]:
    """Asserts that a streamed morning is one with tables; how many it had let go of before it ended, and of how many."""
    _, evidence = simulate(scenario, design, load_prices(scenario.prices), seed)
    streamed = Watched(scenario, design, seed, bits=bits)
    assert told(streamed.tally(), scenario, design) == told(evidence.tally, scenario, design)
    return streamed.early, evidence.tally.found["purchases"]


@pytest.mark.parametrize("examples", tiers(60, 3000))
def test_streamed_is_kept(examples: int) -> None:
    """Whatever the world and the design, in cohorts of two; many are forgotten while others are still to come."""
    early, purchases = 0, 0

    def holds(world: World) -> None:
        nonlocal early, purchases
        gone, came = same(*world.read(), world.seed, bits=1)
        early, purchases = early + gone, purchases + came

    for_all(examples, holds, worlds)
    assert early > purchases / 3


FAMILY = (
    "windows/w04-crash-before-commit",
    "windows/w08-relay-crash",
    "windows/w13-slow-charge",
    "incidents/two-second-timeout",
)
ALL = [(scenario, design) for scenario in names() if scenario != "nationwide-rush" for design in ARCHITECTURES]
ALL += [("morning-rush", design) for design in design_names()]
SOME = [(scenario, design) for scenario in FAMILY for design in ARCHITECTURES]
SOME += [("morning-rush", design) for design in ("naive", "outbox", "no-provider-key", "mark-before-publish")]


@pytest.mark.parametrize(
    ("scenario", "design"), [*SOME, *(pytest.param(*pair, marks=pytest.mark.deep) for pair in ALL if pair not in SOME)]
)
def test_bundled(scenario: str, design: str) -> None:
    """Every bundled scenario with every architecture, and every bundled variant in the rush, in cohorts of sixteen."""
    early, came = same(load_scenario(scenario), load_design(design), 0, bits=4)
    assert early > came / 2 or "expired-key" in scenario  # whose customers wait for longer than others keep coming


def test_the_default_size_of_a_cohort() -> None:
    """With cohorts of 2,048 the whole summary is the same bytes, whichever way it was made."""
    scenario, design = load_scenario("morning-rush"), load_design("idempotent")
    prices = load_prices(scenario.prices)
    kept, streamed = (summarise(scenario, design, prices, 3, how) for how in ("all", "none"))  # type: ignore[arg-type]
    assert fingerprint(kept) == fingerprint(streamed)


def test_tables_are_left_out_when_they_would_be_large() -> None:
    """More than 100,000 purchases are expected nationwide, and some thousands in a region."""
    assert expected(load_scenario("nationwide-rush")) > MOST_WITH_TABLES > 10 * expected(load_scenario("morning-rush"))


STEADY = """
name: steady
clock: {{start: "06:30", duration: {minutes}min, drain: 15min}}
traffic: {{rate: 600/min}}
customers: {{double_tap: {{p: 1%}}}}
network: {{request_lost: 0.1%, answer_lost: 0.1%}}
provider: {{declined: 4%, failed: 0.2%, ambiguous: 0.2%}}
faults: [{{crash: relay, after: publish, p: 0.001%}}, {{duplicates: broker, p: 0.5%}}]
"""


@pytest.mark.parametrize("design", ["nationwide-idempotent", "nationwide-outbox"])
def test_four_times_as_long_takes_no_more_room(design: str) -> None:
    """Customers, orders and pages in hand are as many in a morning of 16,000 purchases as in one of 4,000."""

    def most(minutes: int) -> tuple[int, ...]:
        morning: Any = Watched(parse_scenario(STEADY.format(minutes=minutes)), load_design(design), 0, bits=8)
        assert morning.tally().found["purchases"] > 500 * minutes
        return morning.most

    short, long = most(7), most(28)
    assert all(more < 1.3 * less for less, more in zip(short, long, strict=True)), (short, long)
    assert short[1] < 4000


@pytest.mark.deep
@pytest.mark.parametrize(("keep", "megabytes"), [("none", 300), ("all", 1500)])
def test_a_million_in_a_morning(keep: str, megabytes: int) -> None:
    """1,000,000 purchases, 1,200 a minute, in a process of their own: below 300 MB without tables, 1.5 GB with them."""
    program = (
        "from tests.bench.growth import NATIONWIDE, RUSH, _grown, peak_bytes\n"
        f"print(_grown(NATIONWIDE, 1_000_000, RUSH, {keep!r}).purchases, peak_bytes())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    purchases, peak = map(int, done.stdout.split())
    assert purchases > 990_000
    assert peak < megabytes * 1e6
