"""The charts of a cost curve, and their place in the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from sim.config.library import parse_scenario
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve, cost_curve
from sim.experiment.effort import Effort
from sim.report import names
from sim.report.charts import BROWNOUTS, PEAKS, capacity_by_peak, cost_by_brownout, cost_by_peak
from sim.report.page import write_report
from sim.style import COLOURS
from tests.report.conftest import STORMY


@pytest.fixture(scope="session")
def curve() -> CostCurve:
    return cost_curve(
        parse_scenario(STORMY),
        ["naive", "outbox"],
        Effort(2, jobs=1),
        peaks_per_s=(1 / 6, 1 / 3),
        brownouts_s=(60.0, 240.0),
        fresh=2,
    )


def drawn(ax: Axes, name: str) -> list[float]:
    line = next(line for line in ax.get_lines() if line.get_label() == name)
    assert line.get_color() == COLOURS[name]
    return [float(y) for y in np.asarray(line.get_ydata(), dtype=float)]


@pytest.mark.slow
def test_costs_and_what_they_are_made_of(curve: CostCurve) -> None:
    """Four panels: the sum and its parts, the points of each design as they are, in its colour, each panel from zero."""
    axes = cost_by_peak.draw(curve)
    for ax, metric in zip(axes.flat, cost_by_peak.PANELS.values(), strict=True):
        assert ax.get_ylim()[0] == 0
        for name, points in curve.points.items():
            means = [point.sizing.result.metrics[metric].mean for point in points]
            assert drawn(ax, name) == pytest.approx([np.nan if mean is None else mean for mean in means], nan_ok=True)
        assert [label.get_text() for label in ax.get_xticklabels()] == ["10/min", "20/min"]


@pytest.mark.slow
def test_workers_beside_littles_law(curve: CostCurve) -> None:
    """Each design's workers, of the kinds that it has, and a dotted line of the load that they stand against."""
    checkout, payment = capacity_by_peak.draw(curve)
    assert drawn(payment, "outbox") == [point.sizing.capacity["payment workers"] for point in curve.points["outbox"]]
    for name, points in curve.points.items():
        assert drawn(checkout, name) == [point.sizing.capacity["checkout workers"] for point in points]
        loads = [point.sizing.load["checkout workers"] for point in points]
        dotted = [list(line.get_ydata()) for line in checkout.get_lines() if line.get_linestyle() == ":"]
        assert loads in dotted


@pytest.mark.slow
def test_a_longer_brownout(curve: CostCurve) -> None:
    """On the left the sum by length, from none; on the right what the brownout added, on the same mornings."""
    in_all, more = cost_by_brownout.draw(curve)
    spells = curve.spells["naive"]
    values = [spell.result.each("cost_per_1000") for spell in spells]
    assert drawn(in_all, "naive") == pytest.approx([value.mean() for value in values])
    assert drawn(more, "naive") == pytest.approx([(value - values[0]).mean() for value in values[1:]])
    assert len(drawn(in_all, "naive")) == 3
    assert more.get_yscale() == "log"


@pytest.mark.slow
@pytest.mark.usefixtures("quick", "untold")
def test_the_curve_in_the_report(curve: CostCurve, stormy: Comparison, tmp_path: Path) -> None:
    """Charts, capacities and objectives on the page; CSV, JSON and pictures beside it; a report without one has none of it."""
    with_it = write_report(stormy, tmp_path / "with", command="coffee", curve=curve)
    text = with_it.read_text(encoding="utf-8")
    assert all(f'id="chart-{name}"' in text for name in (*PEAKS, *BROWNOUTS))
    assert "confirmation_lag_p95 at most" in text
    files = {path.relative_to(with_it.parent).as_posix() for path in with_it.parent.rglob("*") if path.is_file()}
    assert all(map(names.ours, files))
    assert files >= names.CURVE_FILES
    with (with_it.parent / "cost-curve.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    document = json.loads((with_it.parent / "cost-curve.json").read_text(encoding="utf-8"))
    first = document["peaks"]["naive"][0]
    assert float(rows[0]["cost_per_1000"]) == first["cost"]["cost_per_1000"]["mean"]
    assert int(rows[0]["checkout_workers"]) == first["capacity"]["checkout workers"]
    without = write_report(stormy, tmp_path / "without", command="coffee")
    assert 'id="curve"' not in without.read_text(encoding="utf-8")
    assert not (without.parent / "cost-curve.csv").exists()


@pytest.mark.slow
def test_half_a_curve_is_drawn(curve: CostCurve) -> None:
    """After Ctrl-C some designs are missing, or some of their points; what is there is drawn."""
    naive, outbox = curve.points["naive"], curve.points["outbox"]
    half = CostCurve(
        curve.scenario, {"naive": naive, "outbox": outbox[:1], "idempotent": []}, {"naive": curve.spells["naive"][:1]},
        curve.sized, curve.peaks_per_s, curve.lengths_s, 0, 2, 3, curve.designs, interrupted=True,
    )  # fmt: skip
    for chart in (*PEAKS.values(), *BROWNOUTS.values()):
        assert len(np.ravel(chart.draw(half))) in (2, 4)
