"""Mornings in cells: what is dealt adds up to the whole, and results over all cells are those of one morning."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from pydantic import BaseModel

from sim.architectures import ARCHITECTURES, guard
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.documents.comparison import document
from sim.experiment import mornings
from sim.experiment.cells import CAPACITIES, capacities, check_cells, design_of
from sim.experiment.cells_compared import compare_cells, result_of
from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.experiment.mornings import Summary, run_mornings
from sim.ledger.metrics import Evidence, percentile
from sim.ledger.records import Charges, Tables
from sim.vocabulary import METRICS
from sim.world.cell import cells_of
from sim.world.morning import Morning
from tests.worlds import design, judged

ROUGH = parse_scenario("""
name: rough
clock: {start: "07:00", duration: 5min, drain: 10min}
traffic: {rate: 120/min}
customers: {double_tap: {p: 5%}, patience: {lognormal: {median: 4s, sigma: 0.8}}}
provider: {declined: 5%, failed: 3%, ambiguous: 3%}
faults:
  - {brownout: provider, at: "07:02", for: 1min, failed: 10%, ambiguous: 20%}
  - {crash: checkout, at: "07:04", restart: 10s}
objectives: {double_charge_rate: 0}
""")
PRICES = load_prices(ROUGH.prices)

KEPT = (
    "checkout.instances",
    "breaker.window",
    "app.retry",
    "read_model.workers",
    "proxy.tries",
    "payment.sdk.tries",
    "broker.batch",
    "broker.dead_letters.after",
    "renewal_job.machines",
    "renewal_job.tries",
)  # a cell's as a whole: sim/experiment/cells.py


def counted(model: type[BaseModel], place: str = "") -> Iterator[str]:
    """All knobs that are whole numbers, by dotted key."""
    for name, field in model.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        if int in kinds:
            yield f"{place}{name}"
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from counted(kind, f"{place}{name}.")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_number_of_things_is_dealt_or_kept_on_purpose(name: str) -> None:
    """A capacity that were forgotten would be there once for each cell."""
    found = set(counted(ARCHITECTURES[name]))
    kept = {key for key in found if any(each in key for each in KEPT) or ".retry." in key}
    scaled = {"autoscale": {"min": 4, "max": 30}}
    everything = design(name, {"checkout": scaled} | ({"payment": scaled} if "payment.autoscale.max" in found else {}))
    assert found - kept == set(capacities(everything)) <= set(CAPACITIES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_capacities_add_up_to_the_whole(name: str) -> None:
    """Workers, connections, places in the queue: over all cells as many as in the whole, also where they don't divide."""
    scaled = {"autoscale": {"min": 15, "max": 40}}
    whole = design(name, {"checkout": {"workers": 17, "queue_limit": 5, **scaled}, "database": {"connections": 11}})
    parts = [capacities(design_of(whole, cell)) for cell in cells_of(7)]
    assert {key: sum(part[key] for part in parts) for key in parts[0]} == capacities(whole)
    assert min(part["checkout.workers"] for part in parts) >= whole.checkout.instances


def test_what_has_no_limit_has_none_in_a_cell() -> None:
    """A queue without a limit stays one; a cell of one is the design itself."""
    whole = design("outbox", {"checkout": {"queue_limit": None}})
    assert design_of(whole, cells_of(4)[1]).checkout.queue_limit is None
    assert design_of(whole, cells_of(1)[0]) is whole


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        (
            "naive",
            9,
            "cells: naive can be dealt to at most 8 (got 9): it has 16 checkout.workers, and a cell needs 2, one for each of "
            "the checkout.instances; give it more",
        ),
        (
            "narrow",
            4,
            "cells: narrow can be dealt to at most 3 (got 4): it has 3 database.connections, and a cell needs 1; give it more",
        ),
    ],
)
def test_what_cannot_be_dealt_is_said(name: str, number: int, said: str) -> None:
    """Too many cells are refused before any work, with what is too few of which design and how many would do."""
    narrow = design("naive", {"database": {"connections": 3}}).model_copy(update={"name": "narrow"})
    with pytest.raises(ConfigError) as error:
        check_cells([design("outbox"), narrow if name == "narrow" else design(name)][1:], number)
    assert str(error.value) == said


def _same(ours: Comparison, theirs: Comparison) -> None:
    one, other = document(ours), document(theirs)
    assert one == other
    for name, result in ours.results.items():
        for metric in METRICS:
            np.testing.assert_array_equal(result.values(metric), theirs.results[name].values(metric), err_msg=metric)


def test_one_cell_changes_nothing() -> None:
    """A morning in one cell is the morning, to the last digit of every metric."""
    _same(
        compare(ROUGH, ["naive", "outbox"], Effort(2, cells=1, jobs=1)),
        compare(ROUGH, ["naive", "outbox"], Effort(2, jobs=1)),
    )


def test_cells_do_not_depend_on_who_simulates_them() -> None:
    """Two processes that share the cells of two mornings get what one gets, in whatever order they finish."""
    _same(*(compare(ROUGH, ["idempotent", "outbox"], Effort(2, cells=3, jobs=jobs)) for jobs in (1, 2)))


@pytest.fixture(scope="module")
def dealt() -> tuple[Summary, list[Evidence]]:
    """One morning of outbox in four cells, and those cells one by one."""
    outbox = design("outbox", constant=False)
    complete, interrupted = run_mornings(ROUGH, [outbox], PRICES, Effort(1, 5, cells=4, jobs=1))
    assert not interrupted
    return complete[5][0], [judged(ROUGH, outbox, 5, cell)[1] for cell in cells_of(4)]


def test_percentiles_and_rates_are_over_all_purchases(dealt: tuple[Summary, list[Evidence]]) -> None:
    """Not a mean of the cells' percentiles: the percentile of all their customers together. Rates divide sums by sums."""
    whole, parts = dealt
    assert whole.metrics["purchases"] == sum(len(part.tables.purchases) for part in parts) > 400
    for lag in ("ack", "confirmation", "read_model"):
        together = np.concatenate([part.tally.lags[lag] for part in parts])
        for p in (50, 95, 99):
            name = f"{lag}_{'latency' if lag == 'ack' else 'lag'}_p{p}"
            assert whole.metrics[name] == percentile(together, p)
        np.testing.assert_array_equal(np.sort(whole.lags[lag]), np.sort(together).astype(np.float32))
    assert whole.metrics["ack_latency_p95"] != np.mean([part.metrics["ack_latency_p95"] for part in parts])
    requests = sum(len(part.tables.requests) for part in parts)
    assert whole.metrics["requests_per_purchase"] == requests / whole.metrics["purchases"]
    assert whole.metrics["convergence_time"] == max(part.metrics["convergence_time"] for part in parts)
    assert whole.series.arrivals.sum() == whole.metrics["purchases"]
    assert whole.faults == parts[0].tables.faults


def test_each_cell_pays_for_whole_instances(dealt: tuple[Summary, list[Evidence]]) -> None:
    """Four cells have four databases and four relays where one of each did before, each until its own work is done; workers,
    fees and messages add up.
    """
    whole, parts = dealt
    hours = sum(cell.tables.worked_s for cell in parts) / 3600
    workers = sum(cell.bill.capacity.paid_s for cell in parts) / 3600 / PRICES.workers_per_vcpu.value
    vcpu = PRICES.vcpu_hour.value + PRICES.gb_per_vcpu.value * PRICES.gb_hour.value
    assert whole.costs["database"] == pytest.approx(PRICES.database_hour.value * hours)
    assert whole.costs["compute"] == pytest.approx((workers + PRICES.relay_vcpu.value * hours) * vcpu)
    for part in ("fees", "operations", "messages", "lost sales"):
        assert whole.costs[part] == pytest.approx(sum(cell.bill.parts[part] for cell in parts))
    by_use = sum(usd for part, usd in whole.costs.items() if part not in ("compute", "database"))
    per_hour = (40 / PRICES.workers_per_vcpu.value + 4 * PRICES.relay_vcpu.value) * vcpu + 4 * PRICES.database_hour.value
    assert whole.metrics["monthly_cost"] == pytest.approx(per_hour * 730 + by_use * 30)


def test_stations_of_all_cells_are_one(dealt: tuple[Summary, list[Evidence]]) -> None:
    """As many workers as in the whole, and a projector in each cell; busy time adds up, the longest queue counts."""
    whole, parts = dealt
    servers = {station.name: station.servers for station in whole.stations}
    assert servers == {"checkout": 16, "payment": 24, "database": 16, "loyalty": 4, "read_model": 4}
    for number, station in enumerate(whole.stations):
        of_cells = [part.tables.stations[number] for part in parts]
        assert {each.name for each in of_cells} == {station.name}
        assert station.busy_s == pytest.approx(sum(each.busy_s for each in of_cells))
        assert station.waiting_s == pytest.approx(np.mean([each.waiting_s for each in of_cells]))
        assert station.queue_max == max(each.queue_max for each in of_cells)
        assert station.area_s == pytest.approx(station.sojourn_s)


def test_what_is_lost_is_measured() -> None:
    """With hardly a worker to spare, small queues are longer: the difference is found; a whole less itself is none."""
    rush = parse_scenario("""
name: crowded
clock: {start: "07:00", duration: 10min, drain: 5min}
traffic: {rate: 6/s}
customers: {patience: {constant: 1h}}
provider: {latency: {exponential: 1s}}
""")
    tight = design("naive", {"checkout": {"workers": 8, "instances": 1}, "app": {"timeout": "1h"}})
    found = compare_cells(rush, tight, [4], Effort(3, jobs=1))
    lost = found.differences(4)["ack_latency_p95"]
    assert lost.low is not None
    assert lost.low > 0.5
    assert result_of(found.whole).values("ack_latency_p95").mean() + lost.difference == pytest.approx(
        result_of(found.dealt[4]).values("ack_latency_p95").mean()
    )


@pytest.mark.parametrize("cells", [[], [1, 2], [2, 2], [0]])
def test_numbers_of_cells_to_compare_are_checked(cells: list[int]) -> None:
    """The whole is always there; what is compared with it must be something else, once."""
    with pytest.raises(ConfigError, match="cells: expected different whole numbers of at least 2, like 2,4,8"):
        compare_cells(ROUGH, "naive", cells)


def test_a_finished_cell_leaves_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever simulates one cell after the other has the tables of one at a time."""
    there: list[weakref.ref[Charges]] = []
    alive = []

    class Watched(Morning):
        def run(self) -> Tables:
            alive.append(sum(charges() is not None for charges in there))
            there.append(weakref.ref(self.tables.charges))  # which the provider keeps
            return super().run()

    monkeypatch.setattr(guard, "Morning", Watched)
    monkeypatch.setattr(mornings, "LARGE", 1)
    gc.disable()  # of its own accord Python looks for garbage at any time, or not for long
    try:
        run_mornings(ROUGH, [design("outbox")], PRICES, Effort(1, cells=3, jobs=1))
    finally:
        gc.enable()
    assert alive == [0, 0, 0]


A_MILLION = """
import resource
from pathlib import Path
from tests.bench.growth import CELLS, NATIONWIDE, RUSH, long_rush, simulated
if __name__ == "__main__":
    print(simulated(long_rush(1_000_000, RUSH), NATIONWIDE, cells=CELLS, jobs={jobs}))
    own_kb = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]  # ru_maxrss counts who started it, too
    print(own_kb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak of a process is counted in other units")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_million_in_a_morning(jobs: int) -> None:
    """1,000,000 purchases in 8 cells: every process stays below 300 MB, also the one that puts the cells together."""
    program = A_MILLION.format(jobs=jobs)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    purchases, *peaks_kb = map(int, done.stdout.split())
    assert purchases > 990_000
    assert max(peaks_kb) * 1024 < 300e6
