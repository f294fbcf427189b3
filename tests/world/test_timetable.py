"""Weather from overlapping spells: as the plain definition says, and in no more work than there are spells."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.world.faults import MOST_SPELLS, FaultPlan
from sim.world.streams import Streams
from sim.world.timetable import CALM, Spell, Timetable, Weather

moments = st.one_of(st.integers(0, 20).map(float), st.floats(0, 20))
shares = st.sampled_from([None, 0.1, 0.3])
spells = st.builds(
    lambda begin, lasts, slower, down, *more: Spell(begin, begin + lasts, slower, down, *more),
    moments, moments, st.sampled_from([1.0, 0.1, 3.0, 1 / 3]), st.booleans(), st.booleans(), shares, shares, shares,
)  # fmt: skip


def plainly(at_s: float, all_spells: list[Spell]) -> Weather:
    """What holds at a moment, by looking at every spell."""
    slower, down, hangs, fates = 1.0, False, False, {"failed": None, "ambiguous": None, "errored": None}
    for spell in sorted(all_spells, key=lambda spell: spell.begin_s):
        if spell.begin_s <= at_s < spell.end_s:
            slower *= spell.slower
            down, hangs = down or spell.down, hangs or spell.hangs
            fates = {fate: value if getattr(spell, fate) is None else getattr(spell, fate) for fate, value in fates.items()}
    return Weather(slower, down, hangs, **fates)


def served(start_s: float, service_s: float, all_spells: list[Spell]) -> tuple[float, float]:
    """When a service begins and ends, from one edge of a spell to the next."""
    edges = sorted({edge for spell in all_spells for edge in (spell.begin_s, spell.end_s)})
    while True:
        later = [edge for edge in edges if edge > start_s]
        weather = plainly(start_s, all_spells)
        if not weather.down:
            down_s = next((edge for edge in later if plainly(edge, all_spells).down), None)
            finish_s = start_s + service_s * weather.slower
            if down_s is None or finish_s <= down_s:
                return start_s, finish_s
            start_s = down_s
        else:
            start_s = later[0]


@given(st.lists(spells, max_size=12), moments, moments)
def test_as_the_plain_definition(all_spells: list[Spell], at_s: float, service_s: float) -> None:
    """Factors multiply, the latest spell's shares win, and interrupted work starts afresh: the same to the last bit."""
    table = Timetable(all_spells)
    assert table.at(at_s) == plainly(at_s, all_spells)
    assert table.span(at_s, service_s) == served(at_s, service_s, all_spells)
    assert table.kinds >= {CALM, table.at(at_s)}


def processor_s(number: int) -> float:
    """What it takes to make a timetable of so many short outages and to ask it about each of them; the best of three."""
    outages = [Spell(10.0 * i, 10.0 * i + 1.0, down=True) for i in range(number)]
    slow = [Spell(10.0 * i + 5.0, 10.0 * i + 6.0, slower=2.0) for i in range(number)]
    best = float("inf")
    for _ in range(3):
        begin = time.process_time()
        table = Timetable([*outages, *slow])
        for spell in outages:
            table.span(spell.begin_s, 3.0)
        best = min(best, time.process_time() - begin)
    return best


def test_the_work_grows_as_the_spells() -> None:
    """Eight times as many spells take about eight times as long; looking at every spell at each edge would take 64 times."""
    assert processor_s(16_000) < 24 * processor_s(2_000)


def plan(fault: str) -> FaultPlan:
    return FaultPlan(
        parse_scenario(f"name: x\nclock: {{start: '07:00', duration: 5min, drain: 0s}}\nfaults: [{fault}]"), Streams(0)
    )


def test_outages_without_a_gap() -> None:
    """An outage every 0 s makes one long one, of pieces of a millisecond each, which is one change of the weather."""
    assert len(plan("{outage: database, every: {constant: 0s}, for: 1s}").weather("database").kinds) == 2
    assert plan("{outage: database, every: {constant: 0s}, for: 1s}").weather("database").span(0.5, 1.0) == (300.0, 301.0)


@pytest.mark.parametrize(
    "fault", ["{outage: database, every: {constant: 0s}, for: 0s}", "{crash: checkout, every: {constant: 0s}, restart: 0s}"]
)
def test_faults_without_end_are_refused(fault: str) -> None:
    """A fault that comes a hundred thousand times is a slip, and the error says which of the faults it is."""
    message = rf"^faults\[0\]: comes more than {MOST_SPELLS:,} times in a morning, which can't be meant: let it come less often"
    with pytest.raises(ConfigError, match=message):
        plan(fault)
