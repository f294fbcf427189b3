"""Sweeps: which pairs are simulated, that a store changes nothing, and that a sweep is many comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.documents.sweep import document, rows
from sim.experiment import sweep as sweeping
from sim.experiment.mornings import Progress
from sim.experiment.store import Store
from sim.experiment.sweep import Sweep

MINI = """
name: mini
clock: {start: "07:00", duration: 1min, drain: 1min}
traffic: {rate: 10/min}
provider: {latency: {exponential: 1s}, ambiguous: 10%}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""
WORLD = parse_scenario(MINI)


def swept(
    vary: dict[str, object], *designs: str, results: Path | None = None, mornings: int = 2, jobs: int = 1,
    progress: Progress | None = None,
) -> Sweep:  # fmt: skip
    chosen = designs or ("naive", "outbox")
    return sim.sweep(WORLD, vary, chosen, mornings=mornings, jobs=jobs, results=results, progress=progress)


def test_a_cell_is_what_compare_gives() -> None:
    """Every metric's estimate in a cell is the one that a comparison of the same scenario and designs gives."""
    found = swept({"checkout.workers": [2, 4], "provider.declined": ["0%", "50%"]})
    assert found.cells == [(0, 0), (0, 1), (1, 0), (1, 1)]
    from sim.experiment.altering import changed

    world, designs = changed(WORLD, [sim.load_design("naive"), sim.load_design("outbox")],
                             {"checkout.workers": 4, "provider.declined": "50%"})  # fmt: skip
    compared = sim.compare(world, designs, mornings=2, jobs=1)
    for name, result in compared.results.items():
        point = found.points[(1, 1), name]
        assert point.metrics == result.metrics
        assert [point.status(objective.metric) for objective in result.objectives] == [o.status for o in result.objectives]


def test_results_do_not_depend_on_jobs_or_the_size_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process with one morning at a time and two with many at once give the same."""
    vary = {"checkout.workers": [2, 3]}
    first = document(swept(vary, mornings=3))
    monkeypatch.setattr(sweeping, "MOST_AT_ONCE", 1)
    assert document(swept(vary, mornings=3, jobs=2)) == first


def test_a_design_without_the_key_is_run_once_and_stands_level() -> None:
    """Of 2 × 2 pairs three are simulated; the sweep says which design lacks the key."""
    found = swept({"relay.poll_every": ["1s", "2s"]})
    assert found.total == 3 * 2
    assert found.level == {"naive": ["relay.poll_every"]}
    assert found.points[(0,), "naive"].metrics == found.points[(1,), "naive"].metrics
    assert found.points[(0,), "naive"].pair.varied == {}
    assert found.points[(1,), "outbox"].pair.varied == {"relay.poll_every": "2s"}


def test_zipped_values_go_side_by_side() -> None:
    """Two keys with three values each are three cells."""
    found = sim.sweep(
        WORLD, ["checkout.workers=2,3,4", "provider.declined=0%..2%:3"], ["naive"], zipped=True, mornings=1, jobs=1
    )
    assert [found.texts(cell) for cell in found.cells] == [["2", "0%"], ["3", "1%"], ["4", "2%"]]
    assert found.axes[0].texts == ["2 / 0%", "3 / 1%", "4 / 2%"]


def test_what_is_stored_is_not_simulated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More mornings, or values, add to what is there; the result is the one without a store."""
    file = tmp_path / "new" / "results.sqlite"
    first = swept({"checkout.workers": [2]}, results=file)
    assert (first.stored, first.total) == (0, 4)
    told: list[tuple[int, int]] = []
    more = swept({"checkout.workers": [2, 4]}, results=file, mornings=3, progress=lambda done, of: told.append((done, of)))
    assert (more.stored, more.total) == (4, 12)
    assert (told[0], told[-1]) == ((0, 8), (8, 8))  # what was there says nothing of how long the others take
    assert document(more) == document(swept({"checkout.workers": [2, 4]}, mornings=3))
    monkeypatch.setattr(sweeping, "measured", None)
    again = swept({"checkout.workers": [2, 4]}, results=file, mornings=3)
    assert again.stored == again.total == 12
    assert document(again) == document(more)


def test_the_order_of_sweeps_leaves_no_trace(tmp_path: Path) -> None:
    """Two sweeps that share pairs leave the same content in either order, and each all of its cells."""
    a, b = {"checkout.workers": [2, 16]}, {"provider.declined": ["0%", "4%"], "checkout.workers": [16]}
    contents = []
    for number, order in enumerate(((a, b), (b, a))):
        file = tmp_path / f"{number}.sqlite"
        for vary in order:
            swept(vary, "naive", results=file)
        with Store(file) as store:
            contents.append(store.content())
            labels = store.rows("SELECT varied, count(*) AS n FROM results GROUP BY varied")
            assert [row["n"] for row in labels] == [2, 2, 2, 2]
    assert contents[0] == contents[1]


def test_metrics_are_a_tidy_table() -> None:
    """A row a cell, design and metric, with the varied values as columns; the CSV's rows are as many."""
    found = swept({"checkout.workers": [2, 4]})
    table = found.metrics
    assert list(table.columns) == ["checkout.workers", "design", "metric", "mean", "low", "high", "n", "never", "harmed"]
    assert len(table) == len(rows(found)) == 2 * 2 * len(found.points[(0,), "naive"].metrics)
    assert set(table["checkout.workers"]) == {2, 4}


def test_ctrl_c_keeps_the_finished_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C the sweep holds the points whose mornings are all there, and says how many mornings there are."""
    measured, calls = sweeping.measured, []

    def interrupted(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return measured(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(sweeping, "measured", interrupted)
    found = swept({"checkout.workers": [2, 4]})
    assert found.interrupted
    assert (found.done, found.total) == (3, 8)
    assert list(found.points) == [((0,), "naive")]
    assert document(found)["interrupted"] == {"mornings": 8, "finished": 3}
    assert not found.metrics.empty
    calls[:] = [()] * 3
    assert list(swept({"checkout.workers": [2, 4]}).metrics.columns) == list(found.metrics.columns)  # before the first point


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"checkout.workers": [4, 0]}, "checkout.workers=0: checkout.workers: must be at least 1 (got 0)"),
        ({"checkout.workers": []}, "checkout.workers: expected at least one value"),
        ({"checkout.workers": [2, 2]}, "checkout.workers: 2 is given twice"),
        ({"relay.pol_every": ["1s"]}, 'relay.pol_every: unknown key; did you mean "relay.poll_every"?'),
        ({"name": ["x"]}, "name: unknown key"),
    ],
)
def test_errors_come_before_any_work(vary: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All cells are made before the first is simulated."""
    monkeypatch.setattr(sweeping, "measured", None)
    with pytest.raises(ConfigError) as error:
        swept(vary)
    assert str(error.value).startswith(message)


def test_seeds_end_where_the_file_can_hold_them() -> None:
    """Seeds are 64-bit integers."""
    with pytest.raises(ConfigError, match="seed: too large"):
        sim.sweep(WORLD, ["checkout.workers=2"], seed=2**63 - 1, mornings=2)
