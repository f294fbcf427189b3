"""The charts of `sensitivity` and `optimise` show what was found, and say what they leave out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from sim.config.library import parse_scenario
from sim.experiment.effort import Effort
from sim.experiment.optimise import Optimum, optimise
from sim.experiment.space import parse_space
from sim.experiment.swings import Swings, swings
from sim.report.charts import pareto, tornado

WORLD = parse_scenario("""
name: windy
clock: {start: "07:00", duration: 4min, drain: 2min}
traffic: {rate: 20/min}
customers: {double_tap: {p: 20%}}
provider: {latency: {exponential: 1s}, ambiguous: 10%}
""")


@pytest.fixture(scope="module")
def found() -> Swings:
    inputs = [
        "provider.ambiguous=1%..40%",
        "network.latency",
        "provider.latency",
        "loyalty.award",
        "traffic.rate=1/min..40/min",
    ]
    return swings(
        WORLD, "naive", inputs, Effort(3, jobs=1), metrics=["double_charge_rate", "ack_latency_p50", "unpaid_order_rate"]
    )


@pytest.fixture(scope="module")
def front() -> Optimum:
    space = parse_space("from: [naive, outbox]\nvary: {checkout.workers: [2, 64], relay.poll_every: [100ms, 3s]}")
    return optimise(WORLD, space, Effort(2, jobs=1), minimise=["infra_cost_per_1000", "confirmation_lag_p50"])


def test_the_longest_bar_is_on_top(found: Swings) -> None:
    """A row an input that has any effect, the clear ones first and the larger ones first; the others are counted."""
    axes = tornado.draw(found)
    assert len(axes) == 3
    labels = [label.get_text() for label in axes[0].get_yticklabels()]
    assert labels[0] == "provider.ambiguous"
    assert "loyalty.award" not in labels
    assert "without any effect" in axes[0].get_xlabel()
    assert axes[0].get_title(loc="left").startswith("double_charge_rate, now ")
    bars = [patch for patch in axes[0].patches if isinstance(patch, Rectangle)]
    difference = found.ranked("double_charge_rate")[0].high
    assert difference is not None
    assert bars[1].get_width() == pytest.approx(difference.differences["double_charge_rate"].difference)
    texts = [text.get_text().strip() for text in axes[0].texts]
    assert texts[:2] == ["1%", "40%"]


def test_no_clear_effect_is_pale(found: Swings) -> None:
    """A bar whose interval holds zero is drawn paler than the others."""
    (ax,) = tornado.draw(replace(found, metrics=("ack_latency_p50",)))
    ends = [end for swing in tornado.drawn(found, "ack_latency_p50") for end in swing.ends]
    ends = [end for end in ends if end.differences["ack_latency_p50"].difference]
    alphas = [patch.get_alpha() for patch in ax.patches]
    assert [alpha == 1 for alpha in alphas] == [end.clear("ack_latency_p50") for end in ends]


def test_texts_stay_inside(found: Swings) -> None:
    """Nothing is cut off: values beside bars lie between the panel's edges."""
    axes = tornado.draw(found)
    axes[0].figure.draw_without_rendering()
    for ax in axes:
        edge = ax.get_window_extent()
        for text in ax.texts:
            assert edge.x0 - 2 <= text.get_window_extent().x0
            assert text.get_window_extent().x1 <= ax.figure.bbox.x1


def test_where_nothing_moves(found: Swings) -> None:
    """The panel says so."""
    axes = tornado.draw(found)
    assert [text.get_text() for text in axes[2].texts] == ["nothing moves it"]


def test_rows_are_limited(found: Swings) -> None:
    """At most twelve inputs; the rest is counted with the largest effect among them."""
    many = replace(found, swings=[swing for swing in found.swings for _ in range(8)])
    assert len(tornado.drawn(many, "double_charge_rate")) == tornado.MOST
    text = tornado.rest(many, "double_charge_rate")
    assert text.startswith("and ")
    assert "points" in text


def test_everybody_is_on_the_chart(front: Optimum) -> None:
    """Those who violate are crosses, the front is a stair from its first design down to its last."""
    left, right = pareto.draw(front)
    crosses = [line for line in left.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert sum(len(line.get_xdata()) for line in crosses) == sum(front.place(one) == "violates" for one in front.tried)
    for ax in (left, right):
        (stair,) = [line for line in ax.lines if line.get_label() == "_front"]
        assert stair.get_drawstyle() == "steps-post"
        assert len(stair.get_xdata()) == len(front.front) >= 2
        assert (np.diff(stair.get_xdata()) > 0).all()
        assert (np.diff(stair.get_ydata()) < 0).all()
    assert [text.get_text() for text in right.texts[1:]] == [one.candidate.name for one in front.front]


def test_no_front_is_said(front: Optimum) -> None:
    """An empty panel says why."""
    _, right = pareto.draw(replace(front, finalists=[]))
    assert right.texts[0].get_text() == "no design holds every constraint"
