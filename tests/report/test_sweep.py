"""Charts of sweeps, as data: lines at the means, never and nothing to count marked, one scale for all panels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

import sim
from sim.architectures import load_designs
from sim.config.library import parse_scenario
from sim.experiment.sweep import Sweep
from sim.lab import cards
from sim.report.charts import sweep_lines, sweep_map
from sim.report.result import Told
from sim.report.sweep import write_sweep
from tests.report.conftest import DEAD

WORLD = parse_scenario(DEAD + "objectives: {ack_latency_p95: 1s}\n")


def swept(*vary: str, designs: tuple[str, ...] = ("naive", "outbox")) -> Sweep:
    return sim.sweep(WORLD, vary, designs, mornings=2, jobs=1)


@pytest.fixture(scope="module")
def one_knob() -> Sweep:
    return swept("faults[0].for=1min,2min,3min")


def marks(ax: Axes, label: str) -> int:
    return sum(len(np.asarray(line.get_xdata())) for line in ax.get_lines() if line.get_label() == label)


def test_a_line_runs_through_the_means(one_knob: Sweep) -> None:
    """At the knob's values in seconds, and labelled in the words that they were given in."""
    ax = sweep_lines.draw(one_knob, "ack_latency_p95")
    [line] = [line for line in ax.get_lines() if line.get_label() == "outbox"]
    assert list(line.get_xdata()) == [60, 120, 180]
    assert list(line.get_ydata()) == [one_knob.points[(i,), "outbox"].metrics["ack_latency_p95"].mean for i in range(3)]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1min", "2min", "3min"]
    assert any(text.get_text().startswith("at most") for text in ax.texts), "the objective's limit"


@pytest.mark.parametrize("metric", ["ack_latency_p95", "confirmation_lag_p99", "convergence_time", "cost_per_1000"])
def test_never_and_nothing_to_count_are_marked(one_knob: Sweep, metric: str) -> None:
    """A square for each point that is never, a cross for each with nothing to count, and no more."""
    ax = sweep_lines.draw(one_knob, metric)
    estimates = [point.metrics[metric] for point in one_knob.points.values()]
    assert marks(ax, "never") == sum(value.never > 0 for value in estimates)
    assert marks(ax, "nothing to count") == sum(not value.n for value in estimates)


def test_some_points_are_never(one_knob: Sweep) -> None:
    """So that the test above has something to count."""
    assert any(point.metrics["ack_latency_p95"].never for point in one_knob.points.values())
    assert any(point.metrics["cost_per_1000"].never for point in one_knob.points.values())


def test_geometric_ranges_have_a_logarithmic_axis() -> None:
    """Lists and even ranges do not; words stand side by side."""
    axes = [
        sweep_lines.draw(swept(text, designs=("naive",)), "cost_per_1000")
        for text in ("app.timeout=log:1s..9s:3", "app.timeout=1s..9s:3", "app.key=none,purchase")
    ]
    assert [ax.get_xscale() for ax in axes] == ["log", "linear", "linear"]
    assert list(axes[2].get_xticks()) == [0, 1]


def test_a_map_has_a_panel_a_design() -> None:
    """Each with a tile a cell, and never in words."""
    panels = sweep_map.draw(swept("faults[0].for=1min,3min", "checkout.workers=2,4,8"), "ack_latency_p95")
    assert [panel.get_title(loc="left") for panel in panels] == ["naive", "outbox"]
    for panel in panels:
        assert len(panel.texts) == 6
    assert {text.get_text() for text in panels[0].texts} == {"never"}


def test_three_knobs_have_tables_only(tmp_path: Path) -> None:
    """No chart is better than one that nobody can read."""
    found = swept("faults[0].for=1min,2min", "checkout.workers=2,4", "app.timeout=1s,2s", designs=("naive",))
    told = Told("what changes?", cards.sweep(found), found.scenario, load_designs(found.designs), "1", "coffee sweep", "tables")
    write_sweep(found, tmp_path / "sweep", told)
    assert sorted(path.name for path in (tmp_path / "sweep").iterdir()) == ["report.html", "sweep.csv", "sweep.json"]
