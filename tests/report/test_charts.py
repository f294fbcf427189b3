from __future__ import annotations

from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from sim.config.library import parse_scenario
from sim.experiment.compare import Comparison
from sim.ledger.costs import PARTS
from sim.report.charts import CHARTS, clock, confirmation_lag, convergence, cost, curves, duplicates, morning, stations
from sim.report.spread import spread
from sim.style import COLOURS, colours, figure
from sim.vocabulary import PARTS_OF_COST
from sim.words import share
from tests.report.conftest import CALM, compared


def lines(ax: Axes, label: str) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), dtype=float) for line in ax.get_lines() if line.get_label() == label]


def texts(ax: Axes) -> list[str]:
    return [text.get_text().replace("\u00a0", " ").strip() for text in ax.texts]


def test_the_morning_draws_the_median_of_every_minute(stormy: Comparison) -> None:
    """Each column draws, per minute, the median morning's cumulative double charges and backlog of its design."""
    axes = morning.draw(stormy)
    assert axes.shape == (4, 3)
    for column, result in zip(axes.T, stormy.results.values(), strict=True):
        for ax, field in ((column[2], "backlog"), (column[3], "double_charges")):
            median = spread([getattr(summary.series, field) for summary in result.summaries]).median
            assert any(np.array_equal(line.get_ydata(), median) for line in ax.get_lines())


def test_never_is_drawn(stormy: Comparison) -> None:
    """A minute whose 95th percentile was never acknowledged has a mark on the rail called "never"."""
    axes = morning.draw(stormy)
    marked = 0
    for ax, result in zip(axes[1], stormy.results.values(), strict=True):
        median = spread([summary.series.ack_p95_s for summary in result.summaries]).median
        marks = sum(map(len, lines(ax, "never")))
        assert marks == np.isinf(median).sum()
        assert np.isfinite(lines(ax, "ack")[0]).sum() == (~np.isnan(median)).sum(), "the line runs along the rail"
        marked += marks
    assert marked > 0
    labels = [axes[1, 0].yaxis.get_major_formatter()(tick) for tick in axes[1, 0].get_yticks()]
    assert "never" in labels


def test_rows_share_their_scale(stormy: Comparison) -> None:
    """The panels of one row can be compared by eye."""
    for row in morning.draw(stormy):
        assert len({ax.get_ylim() for ax in row}) == 1


def test_many_designs_stand_in_blocks() -> None:
    """More than four columns would be too small to read, so they stand in blocks of three, still on one scale."""
    five = compared(CALM, mornings=1, designs=("naive", "idempotent", "outbox"))
    for name in ("mine", "yours"):
        five.results[name] = five.results["naive"]
    axes = morning.draw(five)
    assert axes.shape == (4, 5)
    assert axes[0, 3].get_position().y1 < axes[3, 0].get_position().y0
    assert len({ax.get_ylim() for ax in axes[1]}) == 1
    assert [bool(ax.get_ylabel()) for ax in axes[0]] == [True, False, False, True, False]


def test_faults_are_shaded_and_named(stormy: Comparison) -> None:
    """Every column names the faults that strike, at the clock time at which they do."""
    for ax in morning.draw(stormy)[0]:
        assert "provider brownout" in texts(ax)
        assert "checkout crash" in texts(ax)
        spans = [patch.get_x() for patch in ax.patches]
        assert 7 * 3600 + 3 * 60 in spans


def test_very_many_faults_are_shaded_by_their_share_of_the_time() -> None:
    """Three thousand outages are a few hundred shades, which together are as dark as the outages were long."""
    dense = (
        "{name: dense, clock: {duration: 1h, drain: 0s}, traffic: {rate: 1/min}, "
        "faults: [{outage: loyalty, every: {constant: 800ms}, for: 400ms}]}"
    )
    result = compared(dense, mornings=1, designs=("naive",)).results["naive"]
    assert len(result.summaries[0].faults) == 3_000
    ax = figure(4, 3).subplots()
    clock.shade(ax, result.scenario, result.summaries)
    assert len(ax.patches) == clock.COLUMNS
    dark = sum(patch.get_alpha() * patch.get_width() for patch in ax.patches)
    assert dark == pytest.approx(sum(end - begin for _, begin, end in result.summaries[0].faults))


def test_the_axis_of_a_night() -> None:
    """Past midnight the clock begins again at 00:00; where there are several midnights each is a day."""
    for hours, first, last in (("4h", "22:00", "02:00"), ("3d", "day 2", "day 4")):
        ax = figure(4, 3).subplots()
        clock.clock_axis(ax, parse_scenario(f"{{name: night, clock: {{start: '22:00', duration: {hours}, drain: 10min}}}}"))
        labels = [label.get_text() for label in ax.get_xticklabels()]
        assert (labels[0], labels[-1]) == (first, last)


def test_how_it_ended_stands_clear_of_the_curve(stormy: Comparison) -> None:
    """The number of double charges is above the band of the mornings, wherever the curve ends, and inside of the panel."""
    for ax, result in zip(morning.draw(stormy)[3], stormy.results.values(), strict=True):
        (said,) = [text for text in ax.texts if text.get_color() != "black"]
        box = said.get_window_extent().transformed(ax.transData.inverted())
        ended = max(summary.series.double_charges[-1] for summary in result.summaries)
        assert said.get_text() == "nobody" if not ended else said.get_text()[0].isdigit()
        assert np.quantile([summary.series.double_charges[-1] for summary in result.summaries], 0.9) <= box.y0
        assert box.y1 <= ax.get_ylim()[1]


def test_names_of_faults_do_not_touch(stormy: Comparison) -> None:
    """No name of a fault overlaps another one in its lane, or the line to a higher one; what doesn't fit is left out."""
    start = stormy.scenario.clock.start
    faults = [(f"fault number {i}", start + 60.0 * i, start + 60.0 * i + 5) for i in range(10)]
    names = clock.lanes(faults, stormy.scenario, 3.0)
    assert 3 <= len(names) < len(faults)
    assert not any(a.touches(b) for i, a in enumerate(names) for b in names[:i])


def test_one_colour_is_one_design(stormy: Comparison) -> None:
    """A built-in design has its own colour whatever it is compared with; variants get others."""
    assert colours(["outbox", "mine", "naive", "yours"])["naive"] == COLOURS["naive"]
    assert len(set(colours(["naive", "a", "b", "c", "idempotent", "outbox", "inquiry"]).values())) == 7
    curve = next(line for line in confirmation_lag.draw(stormy)[0].get_lines() if line.get_label() == "outbox")
    assert to_hex(curve.get_color()) == COLOURS["outbox"].lower()


def test_a_rate_is_a_dot_and_no_rate_is_its_bound(stormy: Comparison) -> None:
    """A harm that was seen is a dot at its mean; one that wasn't is a hollow mark at the zero-event bound, and says so."""
    ax = duplicates.draw(stormy)
    for metric in duplicates.HARMS:
        seen = [r.metrics[metric].mean for r in stormy.results.values() if r.metrics[metric].mean]
        bounds = [r.metrics[metric].high for r in stormy.results.values() if r.metrics[metric].mean == 0]
        dots = [float(line.get_xdata()[0]) for line in ax.get_lines() if line.get_label() == metric]
        hollow = [float(line.get_xdata()[0]) for line in ax.get_lines() if line.get_label() == f"{metric} none"]
        assert dots == seen
        assert hollow == bounds
    purchases = int(stormy.results["outbox"].values("purchases").sum())
    assert any(text.startswith(f"0 of {purchases:,}, in 0 of 3 mornings") for text in texts(ax))


def test_the_wait_ends_level_at_those_who_wait_for_ever(stormy: Comparison) -> None:
    """The curve of those still waiting ends at the share that never got there, and says that share."""
    for ax, lag in zip(confirmation_lag.draw(stormy), ("ack", "confirmation"), strict=True):
        for name, result in stormy.results.items():
            lags = result.lags(lag)
            (curve,) = lines(ax, name)
            never = np.isinf(lags).mean()
            drawn = curve[~np.isnan(curve)]
            assert drawn[0] == pytest.approx(1)
            if never:
                assert drawn[-1] == pytest.approx(never)
                assert f"{name}: {share(never)} never".replace("\u00a0", " ") in texts(ax)
            else:
                assert drawn[-1] <= 1 / len(lags)
                assert f"{name}: all did" in texts(ax)


def test_the_wait_is_the_empirical_distribution(stormy: Comparison) -> None:
    """At every drawn time the curve is one minus the share of the lags that are over by then."""
    lags = stormy.results["naive"].lags("confirmation")
    line = next(line for line in confirmation_lag.draw(stormy)[1].get_lines() if line.get_label() == "naive")
    for t, waiting in list(zip(line.get_xdata(), line.get_ydata(), strict=True))[::40]:
        if not np.isnan(waiting):
            assert waiting == pytest.approx((lags > t).mean(), abs=1e-12)


def test_orders_behind_and_visibility(stormy: Comparison) -> None:
    """One panel a design with the orders behind, and one with the share visible, which ends at all that were ever shown."""
    axes = convergence.draw(stormy)
    assert len(axes) == len(stormy.results) + 1
    for ax, (name, result) in zip(axes, stormy.results.items(), strict=False):
        median = spread([summary.series.behind for summary in result.summaries]).median
        assert np.array_equal(lines(ax, "behind")[0], median)
        assert lines(axes[-1], name)[0][-1] == pytest.approx(np.isfinite(result.lags("read_model")).mean())


def test_the_parts_of_the_cost_add_up(stormy: Comparison) -> None:
    """The bars of all parts together are the cost per 1,000 correct purchases, and those of a group are its metric."""
    for result in stormy.results.values():
        groups = {group: sum(cost.per_1000(result, part) for part in parts) for group, parts in PARTS.items()}
        for group, metric in PARTS_OF_COST.items():
            assert groups[group] == pytest.approx(result.metrics[metric].mean)
        assert sum(groups.values()) == pytest.approx(result.metrics["cost_per_1000"].mean)
    total = cost.draw(stormy)[0]
    ends = {round(bar.get_y() + 0.33): bar.get_x() + bar.get_width() for bar in total.patches}  # the last bar of a row wins
    assert list(ends.values()) == pytest.approx([r.metrics["cost_per_1000"].mean for r in stormy.results.values()])


def test_stations_show_use_and_queues(stormy: Comparison) -> None:
    """Each bar is the mean over mornings of a station's busiest minutes; a station that a design lacks is named."""
    busy = stations.draw(stormy)[0]
    naive = stormy.results["naive"].summaries
    use = np.mean([s.busiest_share for summary in naive for s in summary.stations if s.name == "checkout"])
    assert any(bar.get_width() == pytest.approx(use) for bar in busy.patches)
    assert "not in this design" in texts(busy)
    assert stations.station_names(stormy)[0] == "checkout"
    assert max(busy.get_xticks()) <= 1


def test_stations_say_which_colour_is_which_design(stormy: Comparison) -> None:
    """No label of a bar does, so a legend must; it is clear of the titles, and the panels are equally wide."""
    axes = stations.draw(stormy)
    legend = axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(stormy.results)
    axes[0].get_figure().draw_without_rendering()
    assert legend.get_window_extent().y1 <= axes[0].title.get_window_extent().y0
    widths = [ax.get_window_extent().width for ax in axes]
    assert max(widths) < 1.05 * min(widths)


def test_the_first_to_saturate_queues_longest(stormy: Comparison) -> None:
    """The station named is the one at which somebody was waiting for the longest time."""
    for name, first in stations.saturates_first(stormy).items():
        waits: dict[str, float] = {}
        for summary in stormy.results[name].summaries:
            for station in summary.stations:
                waits[station.name] = waits.get(station.name, 0) + station.waiting_s
        assert first is None or waits[first] == max(waits.values())


@pytest.mark.parametrize("name", list(CHARTS))
def test_every_chart_draws_what_there_is(odd: Comparison, name: str) -> None:
    """Without faults, people, intervals or others to compare with, a chart is still drawn, without a warning."""
    axes = np.asarray(CHARTS[name].draw(odd), dtype=object)
    assert axes.flat[0].get_figure().axes


@pytest.mark.parametrize(("name", "shape"), [("morning", (4, 3)), ("stations", (1, 3)), ("confirmation_lag", (1, 2))])
def test_a_chart_draws_on_given_axes(stormy: Comparison, name: str, shape: tuple[int, int]) -> None:
    """Given axes are drawn on and returned, so that charts can be put together by hand."""
    axes = figure(9, 6).subplots(*shape)
    drawn = CHARTS[name].draw(stormy, axes)  # type: ignore[call-arg]
    assert [ax is given for ax, given in zip(drawn.flat, axes.flat, strict=True)]


def test_drawing_leaves_no_settings_behind(stormy: Comparison) -> None:
    """matplotlib's own settings are the same after a chart as before, and pyplot is not needed."""
    before = dict(matplotlib.rcParams)
    duplicates.draw(stormy)
    assert dict(matplotlib.rcParams) == before


def test_labels_keep_their_distance() -> None:
    """Labels that would touch are moved apart, and stay below the ceiling."""
    heights = curves.moved_apart([0.0, 0.01, 0.5, 0.99, 1.0], 0.1, 1.0)
    assert all(b - a >= 0.1 - 1e-12 for a, b in pairwise(heights))
    assert heights[-1] <= 1.0
    assert heights[2] == 0.5
