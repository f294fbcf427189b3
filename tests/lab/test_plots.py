"""Charts of results: found by name, drawn on one's own axes, and shown once."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from sim.config.errors import ConfigError
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.explanation.story import Explanation
from sim.failure_windows.matrix import Matrix
from sim.lab.plots import ComparisonPlots, CostCurvePlots, Panels, charts
from sim.lab.run import Run
from sim.report.charts import BROWNOUTS, CHARTS, PEAKS
from sim.style import RC


def test_every_chart_of_the_report_has_a_method() -> None:
    """The charts of a report, in its order, and the one of mornings of two kinds."""
    assert charts(ComparisonPlots) == [*CHARTS, "tipping"]
    assert charts(CostCurvePlots) == [*PEAKS, *BROWNOUTS]


@pytest.mark.parametrize("name", charts(ComparisonPlots))
def test_a_chart_of_its_own_belongs_to_pyplot(compared: Comparison, ran: Run, name: str) -> None:
    """Without `ax` every chart makes one figure, which is pyplot's current one, so that its backend shows it."""
    for result in (compared, ran):
        drawn = getattr(result.plot, name)()
        assert plt.gcf() is (drawn.figure if isinstance(drawn, Panels) else drawn.get_figure())
    assert len(plt.get_fignums()) == 2


def test_a_chart_on_given_axes_makes_no_figure(compared: Comparison) -> None:
    """With `ax` the chart is drawn there and returned, and there is no other figure."""
    mine, ax = plt.subplots()
    assert compared.plot.duplicates(ax=ax) is ax
    panels = plt.subplots(4, 2)[1]
    drawn = compared.plot.morning(ax=panels)
    assert drawn.shape == (4, 2)
    assert all(there is given for there, given in zip(drawn.flat, panels.flat, strict=True))
    assert len(plt.get_fignums()) == 2
    assert isinstance(drawn[0, 1], Axes)
    assert drawn.figure is not mine
    assert repr(drawn) == "<4 × 2 axes>"


def test_the_wrong_number_of_axes_is_told(compared: Comparison) -> None:
    """Too few axes are an error that says how many there must be; four in a square are as good as four in a row."""
    with pytest.raises(ValueError, match=r"has 4 × 2 panels: give as many axes, such as figure.subplots\(4, 2\)"):
        compared.plot.morning(ax=plt.figure().subplots(4))
    with pytest.raises(ValueError, match=r"has 4 panels: give as many axes, such as figure.subplots\(1, 4\)"):
        compared.plot.cost(ax=plt.figure().subplots())
    assert compared.plot.cost(ax=plt.figure().subplots(2, 2)).shape == (4,)


def test_names_can_be_found(compared: Comparison) -> None:
    """`dir` and `repr` list the charts and nothing else, and a wrong name is told the nearest."""
    assert dir(compared.plot) == sorted(charts(ComparisonPlots))
    assert repr(compared.plot).startswith("charts: causes, confirmation_lag, convergence")
    with pytest.raises(AttributeError, match=r'there is no chart "mornings"; did you mean "morning"\?'):
        compared.plot.mornings  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(compared.plot, "_ipython_display_")


def test_a_figure_keeps_its_looks_when_others_draw_it(compared: Comparison) -> None:
    """Ticks that are made when a notebook draws the figure have our size, not that of its settings, which stay as they are."""
    with matplotlib.rc_context({"xtick.labelsize": 33}):
        ax = compared.plot.duplicates()
        figure = ax.get_figure(root=True)
        assert figure is not None
        ax.set_xlim(1e-9, 1)
        figure.canvas.draw()
        assert {label.get_fontsize() for label in ax.get_xticklabels()} == {RC["xtick.labelsize"]}
        assert matplotlib.rcParams["xtick.labelsize"] == 33


def test_a_run_is_drawn_as_a_comparison_of_one(ran: Run) -> None:
    """One morning has the same charts: one column, and the orders of that very morning."""
    column = ran.plot.morning()
    assert column.shape == (4, 1)
    backlog = next(np.asarray(line.get_ydata()) for line in column[2, 0].get_lines())
    assert np.array_equal(backlog, ran.summary.series.backlog)


@pytest.mark.slow
def test_the_other_results_have_charts(
    explained: Explanation, surveyed: Matrix, swept: Sweep, curve: CostCurve, moved: Swings, front: Optimum
) -> None:
    """Each on a figure of its own, or on given axes."""
    ax = plt.figure(figsize=(10, 8)).subplots()
    assert explained.plot.sequence(ax=ax) is ax
    assert explained.sentence in [text.get_text() for text in explained.plot.sequence().texts]
    assert surveyed.plot.matrix().shape == (1,)
    assert surveyed.plot.matrix(ax=plt.figure().subplots()).shape == (1,)
    assert swept.plot.lines("ack_latency_p95").get_xlabel() == "app.timeout"
    assert curve.plot.cost_by_peak().shape == (2, 2)
    assert curve.plot.capacity_by_peak().shape == (2,)
    assert moved.plot.tornado().shape == (2,)
    assert moved.plot.tornado(ax=plt.figure().subplots(1, 2))[1].get_title(loc="left").startswith("ack_latency_p50, now")
    assert front.plot.pareto()[1].get_title(loc="left") == "the front"


def test_a_chart_that_cannot_be_says_why(swept: Sweep, curve: CostCurve) -> None:
    """A map of one knob, an unknown metric, brownouts that weren't simulated; and no empty figure is left."""
    with pytest.raises(ConfigError, match=r"over two knobs, and the sweep is over app.timeout; .plot.lines draws it"):
        swept.plot.map()
    with pytest.raises(ConfigError, match='unknown metric "double_charge"; did you mean "double_charge_rate"'):
        swept.plot.lines("double_charge")
    with pytest.raises(ConfigError, match="over brownouts, and the curve has none"):
        curve.plot.cost_by_brownout()
    assert not plt.get_fignums()
