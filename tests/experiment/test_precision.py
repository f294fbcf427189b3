"""Mornings are added until the objectives are decided, or known well enough, and not for ever."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.config.library import parse_scenario
from sim.experiment import compare as module
from sim.experiment.compare import Comparison, compare, looks, precise
from sim.experiment.effort import Effort
from sim.experiment.estimates import judge
from sim.experiment.statistics import Estimate, estimate

WORLD = """
name: few
clock: {start: "07:00", duration: 5min}
traffic: {rate: 20/min}
provider: {ambiguous: 5%}
"""


def compared(objectives: str = "", *, precision: float | None, mornings: int = 3) -> Comparison:
    return compare(parse_scenario(WORLD + objectives), ["naive"], Effort(mornings, jobs=1), precision=precision)


def test_what_is_decided_needs_no_more() -> None:
    """A violated limit of zero is decided at once."""
    assert compared("objectives: {double_charge_rate: 0}", precision=0.01).mornings == 3


def test_mornings_are_added_until_it_is_decided() -> None:
    """More mornings than at first, and then the verdict is the one that many mornings give."""
    done = compared("objectives: {double_charge_rate: 3.8%}", precision=0.0001)
    assert done.mornings > 3
    [objective] = done.results["naive"].objectives
    assert objective.status == "violated"
    assert done.asked == done.mornings


def test_mornings_are_added_until_it_is_precise() -> None:
    """An objective too close to call is left undecided once its metric is known well enough; one look earlier it wasn't."""
    text = "objectives: {double_charge_rate: 4.9%}"
    done = compared(text, precision=0.3)
    [objective] = done.results["naive"].objectives
    assert objective.status == "undecided"
    assert precise(objective.estimate, 0.3)
    earlier = [look for look in looks(3) if look < done.mornings][-1]
    result = done.results["naive"]
    once = replace(result, summaries=result.summaries[:earlier])
    assert not precise(once.metrics["double_charge_rate"], 0.3)


def test_there_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the most mornings it stops, and says what is left."""
    monkeypatch.setattr(module, "MOST_FOR_PRECISION", 8)
    done = compared("objectives: {double_charge_rate: 4.9%}", precision=0.001)
    assert done.mornings == 8
    assert done.results["naive"].unsettled(0.001) == ["double_charge_rate"]


@pytest.mark.slow
def test_the_same_mornings_as_if_all_were_asked_for_at_once() -> None:
    """Added mornings have the next seeds: the numbers are those of so many mornings, but for intervals that allow for looks."""
    done = compared(precision=0.2)
    assert done.mornings > 3
    whole = compared(precision=None, mornings=done.mornings)
    for metric, value in whole.results["naive"].metrics.items():
        wider = done.results["naive"].metrics[metric]
        assert (wider.mean, wider.n, wider.harmed) == (value.mean, value.n, value.harmed), metric
        if value.low is not None and value.high is not None and value.low < value.high:
            assert wider.low is not None
            assert wider.high is not None
            assert wider.high - wider.low > value.high - value.low, metric


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Estimate(1.0, 0.96, 1.04, 9, 0.0), True),
        (Estimate(1.0, 0.952, 1.048, 9, 0.0), False),  # within 5 % of the estimate, but .05 / 1.05 = .0476 is what it takes
        (Estimate(0.0, 0.0, 0.01, 9, 0.0), True),
        (Estimate(None, None, None, 9, 0.5), True),
        (Estimate(1.0, None, None, 1, 0.0), False),
        (Estimate(None, None, None, 0, 0.0), False),
    ],
)
def test_what_is_precise(value: Estimate, expected: bool) -> None:
    """Law and Kelton's corrected half-width; nothing seen and never are as precise as they get."""
    assert precise(value, 0.05) is expected


def test_looking_again_does_not_make_errors_likelier() -> None:
    """Of experiments whose truth is the limit itself, at most 5 % decide, though each looks up to nine times; about 5 % of
    those of skewed values would at every single look.

    Morning values are lognormal with a coefficient of variation of .3. The bound is 5 % and three standard errors of the share.
    """
    rng, experiments, sigma = np.random.default_rng(5), 1000, math.sqrt(math.log(1.09))
    planned = looks(10)
    confidence = 1 - 0.05 / len(planned)
    decided = 0
    for _ in range(experiments):
        values = rng.lognormal(-(sigma**2) / 2, sigma, planned[-1])
        seen = (judge("ack_latency_p95", 1.0, estimate(values[:look], confidence=confidence)) for look in planned)
        decided += any(status in ("met", "violated") for status in seen)
    assert len(planned) == 9
    assert decided / experiments <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / experiments)
