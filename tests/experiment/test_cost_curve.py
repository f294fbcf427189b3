"""Cost curves: the same morning with more people, and with a longer brownout."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim.config.errors import ConfigError
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.documents import cost_curve as documents
from sim.experiment.cost_curve import (
    OBJECTIVES,
    CostCurve,
    at_peak,
    cost_curve,
    default_lengths,
    default_peaks,
    fewer,
    rate_text_of,
    with_brownout,
)
from sim.experiment.effort import Effort
from sim.validation.bare import bare_world
from sim.vocabulary import METRICS
from sim.world.traffic import peak_per_s, rate_knots
from tests.experiment.test_size import p95_s, server

RUSH = load_scenario("morning-rush")
STORM = """
name: storm
clock: {start: "07:00", duration: 6min, drain: 6min}
traffic: {rate: 30/min}
provider: {latency: {exponential: 500ms}, ambiguous: 1%}
faults: [{brownout: provider, at: "07:01", for: 1min, latency: x8, ambiguous: 10%}]
"""


@pytest.fixture(scope="module")
def queues() -> CostCurve:
    """M/M/c at loads of 2, 4 and 8."""
    world = Scenario.model_validate(bare_world(600, 2.0))
    return cost_curve(
        world,
        [server()],
        Effort(8, jobs=1),
        peaks_per_s=(2.0, 4.0, 8.0),
        brownouts_s=(),
        objectives=["ack_latency_p95=3.6s"],
        fresh=6,
    )


@pytest.mark.slow
def test_servers_grow_as_erlang_says(queues: CostCurve) -> None:
    """Loads of 2, 4 and 8 need 4, 6 and 10 servers: about the load and its root, ever fewer a customer, which saves money."""
    points = queues.points["naive"]
    for point, servers in zip(points, (4, 6, 10), strict=True):
        assert p95_s(servers, point.peak_per_s) < 3.4
        assert p95_s(servers - 1, point.peak_per_s) > 3.6
        assert point.sizing.capacity["checkout workers"] == servers
        assert point.sizing.result.verdict == "met"
        assert point.sizing.load["checkout workers"] == pytest.approx(point.peak_per_s)
    infrastructure = [point.sizing.result.metrics["infra_cost_per_1000"].mean for point in points]
    assert all(more is not None and less is not None and less < more for more, less in pairwise(infrastructure))
    assert not queues.spells


@pytest.fixture(scope="module")
def storm() -> CostCurve:
    return cost_curve(parse_scenario(STORM), ["naive", "outbox"], Effort(3, jobs=1), peaks_per_s=(0.5,), fresh=3)


@pytest.mark.slow
def test_a_longer_brownout_at_the_same_capacity(storm: CostCurve) -> None:
    """Lengths are those that fit, with its own; capacity is what was sized for its own; naive pays more the longer it is."""
    assert storm.lengths_s == (60.0, 120.0, 300.0)
    for name, spells in storm.spells.items():
        assert [spell.length_s for spell in spells] == [0.0, 60.0, 120.0, 300.0]
        assert {spell.result.design for spell in spells} == {storm.sized[name].design}
    costs = [spell.result.metrics["cost_per_1000"].mean for spell in storm.spells["naive"]]
    assert None not in costs
    assert costs == sorted(costs)  # type: ignore[type-var]
    own = next(spell for spell in storm.spells["naive"] if spell.length_s == 60.0)
    assert np.array_equal(own.result.values("cost_per_1000"), storm.sized["naive"].result.values("cost_per_1000"))


def test_the_same_numbers_as_plain_data(storm: CostCurve) -> None:
    """The JSON has what the curve has, the CSV a row each, and the parts of the cost add up."""
    document = documents.document(storm)
    assert document["objectives"] == OBJECTIVES
    assert document["peaks"]["naive"][0]["peak_per_min"] == pytest.approx(30)
    assert [spell["brownout_s"] for spell in document["brownouts"]["outbox"]] == [0, 60, 120, 300]
    assert document["capacity_in_brownouts"]["outbox"] == storm.sized["outbox"].capacity
    rows = documents.rows(storm)
    assert [(row["design"], row["varied"], row["value"]) for row in rows[:3]] == [
        ("naive", "peak", "30/min"), ("outbox", "peak", "30/min"), ("naive", "brownout", "0s"),
    ]  # fmt: skip
    assert len({tuple(row) for row in rows}) == 1
    for row in rows:
        parts = sum(row[f"{part}_cost_per_1000"] for part in ("infra", "provider", "failure"))
        assert row["cost_per_1000"] == pytest.approx(parts)


@pytest.mark.parametrize("traffic", [{"rate": "30/min"}, {"shape": {"07:00": "6/min", "07:03": "30/min"}}, {"profile": {}}])
def test_a_chain_that_grows(traffic: dict[str, Any]) -> None:
    """At another peak the rate is so many times as high at every moment, and nothing else is different."""
    world = Scenario.model_validate({"name": "any", "clock": {"start": "07:00", "duration": "2h"}, "traffic": traffic})
    peak = peak_per_s(world)
    grown = at_peak(world, 2.5 * peak)
    assert peak_per_s(grown) == pytest.approx(2.5 * peak, rel=1e-3)  # a profile has whole purchases
    (knots, rates), (same, higher) = rate_knots(world), rate_knots(grown)
    assert np.array_equal(knots, same)
    assert higher == pytest.approx(2.5 * rates, rel=1e-3)
    assert grown.model_copy(update={"traffic": world.traffic}) == world
    assert at_peak(world, peak) is world


def test_defaults() -> None:
    """Half, once, twice and four times its own peak; brownouts that fit; objectives that exist; fewer mornings at more."""
    assert [peak / peak_per_s(RUSH) for peak in default_peaks(RUSH)] == [0.5, 1, 2, 4]
    assert default_lengths(RUSH) == (120, 300, 600, 900, 1800)
    assert default_lengths(load_scenario("calm-tuesday")) == ()
    assert OBJECTIVES.keys() <= METRICS.keys()
    assert [fewer(10, factor) for factor in (0.5, 1, 2, 4, 100)] == [10, 10, 8, 5, 4]
    assert [rate_text_of(peak / 60) for peak in (0.5, 17.849, 35.7, 1071.0)] == ["0.5/min", "17.8/min", "35.7/min", "1,070/min"]


def test_no_brownout_is_no_weather() -> None:
    """A brownout of length 0 is none."""
    calm = with_brownout(RUSH, 0.0)
    assert calm.faults[0].lasts.constant == 0  # type: ignore[union-attr]
    assert calm.faults[1:] == RUSH.faults[1:]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: with_brownout(RUSH, 4600.0), "morning-rush: a brownout of 4600s is longer than the morning: customers"),
        (lambda: with_brownout(load_scenario("calm-tuesday"), 60.0), "calm-tuesday: has no brownout to lengthen; give it one"),
        (lambda: at_peak(parse_scenario('{name: real, traffic: {times: ["07:00"]}}'), 1.0), "real: has real arrival times"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(ask: Any, message: str) -> None:
    """Errors say what was given and what was expected."""
    with pytest.raises(ConfigError) as error:
        ask()
    assert str(error.value).startswith(message)


def test_ctrl_c_before_anything_is_sized() -> None:
    """There is no curve, and none without a point either."""

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cost_curve("kata", ["naive"], Effort(2, jobs=1), fresh=2, progress=press)
