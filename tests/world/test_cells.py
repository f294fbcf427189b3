"""Cells of a morning: the same weather for all, customers of their own, and nothing lost or gained where a whole is shared."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.ledger.records import Tables
from sim.world.cell import WHOLE, Cell, cells_of
from sim.world.faults import FaultPlan
from sim.world.streams import Streams
from sim.world.timetable import UP, Spell, Timetable
from sim.world.traffic import arrival_times
from tests.worlds import design, judged

RUSH = parse_scenario("""
name: rush
clock: {start: "07:00", duration: 10min, drain: 5min}
traffic: {rate: 60/min}
provider: {declined: 10%, failed: 2%, ambiguous: 2%}
faults:
  - {brownout: provider, every: {exponential: 3min}, for: {exponential: 1min}}
  - {outage: provider, at: "07:04", for: {exponential: 20s}}
  - {slow: database, every: {exponential: 4min}, for: 10s}
  - {crash: checkout, every: {exponential: 5min}}
  - {crash: loyalty, at: "07:05"}
  - {crash: checkout, after: charge, p: 1%}
""")


def numbers(of: int, *, mornings: int) -> np.ndarray:
    """How many customers come, shape (mornings, cells)."""
    return np.array([[len(arrival_times(RUSH, UP, Streams(seed, cell))) for cell in cells_of(of)] for seed in range(mornings)])


def test_shares_add_up_to_the_whole() -> None:
    """However many are dealt to however many cells, none is lost or invented, and no cell has two more than another."""
    for of in (1, 2, 3, 7, 48):
        for whole in (0, 1, 6, 7, 100):
            shares = [cell.share(whole) for cell in cells_of(of)]
            assert sum(shares) == whole
            assert max(shares) - min(shares) <= 1


def test_one_cell_is_the_whole() -> None:
    """The only cell of a morning draws what a morning without cells draws, to the last digit."""
    assert Cell(0, 1) == WHOLE
    for purpose in ("arrivals", "fault", "provider.latency"):
        ours, theirs = (streams.generator(purpose, 3).random(50) for streams in (Streams(5), Streams(5, Cell(0, 1))))
        np.testing.assert_array_equal(ours, theirs)
    ours, theirs = (tables.purchases["told_confirmed_s"] for tables in (_tables(WHOLE), _tables(Cell(0, 1))))
    np.testing.assert_array_equal(ours, theirs)


def _tables(cell: Cell) -> Tables:
    return judged(RUSH, design("outbox"), 2, cell)[0]


def test_customers_of_all_cells_are_a_poisson_number() -> None:
    """Their sum over the cells varies from morning to morning like the number in one: its variance is its mean."""
    sums = numbers(5, mornings=80).sum(axis=1)
    assert abs(sums.mean() - 600) < 3 * np.sqrt(600 / len(sums))
    dispersion = ((sums - 600.0) ** 2).sum() / 600.0
    assert 0.01 < stats.chi2.cdf(dispersion, len(sums)) < 0.99


def test_customers_of_two_cells_are_independent() -> None:
    """How many come to one cell says nothing of how many come to another, and neither do their patience and their luck."""
    counts = numbers(4, mornings=100)
    correlations = np.corrcoef(counts.T)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 3 / np.sqrt(len(counts))
    for purpose in ("customer.patience", "provider.fate"):
        draws = [Streams(1, cell).uniform(purpose) for cell in (WHOLE, *cells_of(3))]
        values = np.array([[draw(purchase, 0) for purchase in range(2_000)] for draw in draws])
        assert np.abs(np.corrcoef(values)[np.triu_indices(4, 1)]).max() < 3.5 / np.sqrt(2_000)


def test_all_cells_have_the_same_weather() -> None:
    """Brownouts, outages and crashes at a time come at the same moments in every cell, drawn ones too, and as in the whole."""
    for seed in range(5):
        plans = [FaultPlan(RUSH, Streams(seed, cell)) for cell in (WHOLE, *cells_of(3))]
        for plan in plans[1:]:
            assert plan.windows == plans[0].windows
            assert plan.crashes == plans[0].crashes
            assert plan.weather("provider").spells == plans[0].weather("provider").spells
        assert len(plans[0].windows) > 3


def test_whom_a_crash_after_a_step_strikes_is_each_cells_own() -> None:
    """The tenth customer of one cell dying says nothing of the tenth of another."""
    struck = [
        {purchase for purchase in range(3_000) if plan.strikes["checkout"]["charge"][0].hits(purchase, 0.0)}
        for plan in (FaultPlan(RUSH, Streams(1, cell)) for cell in cells_of(2))
    ]
    assert min(map(len, struck)) > 10
    assert len(struck[0] & struck[1]) < 5  # 0.3 are expected


def test_strikes_that_are_counted_are_shared() -> None:
    """A fault that strikes three times in a morning strikes three times in all its cells together."""
    fault = RUSH.faults[-1].model_copy(update={"p": 1.0, "times": 3})
    scenario = RUSH.model_copy(update={"faults": (fault,)})
    plans = [FaultPlan(scenario, Streams(1, cell)) for cell in cells_of(2)]
    struck = [sum(plan.strikes["checkout"]["charge"][0].hits(turn, 0.0) for turn in range(5)) for plan in plans]
    assert struck == [2, 1]


def test_every_real_arrival_is_in_one_cell() -> None:
    """Of explicit times each is dealt to one cell: together they are the whole, and each has its share."""
    times = [f"07:{minute:02}:{second:02}" for minute in range(10) for second in range(0, 60, 2)]
    scenario = parse_scenario(f"name: real\nclock: {{start: '07:00', duration: 10min}}\ntraffic: {{times: {times}}}")
    whole = arrival_times(scenario, UP, Streams(3))
    shares = [arrival_times(scenario, UP, Streams(3, cell)) for cell in cells_of(3)]
    np.testing.assert_array_equal(np.sort(np.concatenate(shares)), whole)
    assert all(abs(len(share) - 100) < 3 * np.sqrt(300 * 2 / 9) for share in shares)


def test_a_spike_comes_to_every_cell() -> None:
    """Three times as many customers in the spike, in each cell."""
    spikes = Timetable([Spell(120.0, 240.0, slower=3.0)])
    counts = np.array(
        [[np.histogram(arrival_times(RUSH, spikes, Streams(seed, cell)), [0, 120, 240])[0] for cell in cells_of(2)]
         for seed in range(20)]
    ).sum(axis=0)  # fmt: skip
    for before, during in counts:
        assert abs(during - 3 * before) < 3 * np.sqrt(during + 9 * before)


def test_cells_share_the_providers_rate_limit() -> None:
    """From an impatient crowd the provider takes as many calls in all cells together as in the whole: what its limit allows."""
    scenario = parse_scenario("""
name: limited
clock: {start: "07:00", duration: 30s, drain: 0s}
traffic: {rate: 100/s}
provider: {rate_limit: 40/s, latency: {constant: 0s}}
""")
    no_retries = design("naive", {"app": {"retry": {"never": True}}, "checkout": {"workers": 400}})
    for of in (1, 4):
        tables = [judged(scenario, no_retries, 1, cell)[0] for cell in cells_of(of)]
        taken = sum(int((~np.isnan(it.charges["captured_s"])).sum()) for it in tables)
        allowed = 40 * 30 + 40  # the bucket is full at first
        assert 0.99 * allowed < taken <= allowed + of


def test_too_many_for_one_cell_may_do_for_several() -> None:
    """The limit of purchases is one of memory, so it is a cell's; the error names the remedy."""
    crowd = RUSH.model_copy(update={"traffic": RUSH.traffic.model_copy(update={"rate": 20_000.0})})
    with pytest.raises(ConfigError, match=r"about 1\.2e\+07 purchases in one morning; at most 5,000,000 \(more cells"):
        arrival_times(crowd, UP, Streams(0))
    with pytest.raises(ConfigError, match=r"about 6e\+06 purchases in one cell of a morning"):
        arrival_times(crowd, UP, Streams(0, Cell(1, 2)))
    assert len(arrival_times(crowd, UP, Streams(0, Cell(1, 120)))) == pytest.approx(100_000, rel=0.02)
