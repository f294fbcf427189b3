from __future__ import annotations

from math import inf, nan

import pytest

from sim import words
from sim.experiment.estimates import judgement
from sim.experiment.sensitivity import Effect, Input
from sim.experiment.statistics import Difference, Estimate


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Estimate(0.0732, 0.0706, 0.0758, 10, 0.0), "share", "7.32 % [7.06, 7.58]"),
        (Estimate(0.0, 0.0, 0.000099, 10, 0.0), "share", "0 % (below 0.0099 %)"),
        (Estimate(1.0, 0.99901, 1.0, 1, 0.0), "share", "100 % (above 99.90 %)"),
        (Estimate(0.0, 0.0, 0.0, 2, 0.0), "USD", "0 USD"),
        (Estimate(10.28, 9.62, 10.95, 10, 0.0), "s", "10.3 s [9.6, 10.9]"),
        (Estimate(1829.7, 1774.0, 1885.5, 10, 0.0), "USD", "1,830 USD [1,774, 1,886]"),
        (Estimate(2.8, 1.55, 4.05, 10, 0.0), "count", "2.8 [1.6, 4.0]"),
        (Estimate(1.0, 1.0, 1.0, 3, 0.0), "share", "100 % [100, 100]"),
        (Estimate(1460.231, 1460.2279, 1460.234, 5, 0.0), "USD", "1,460 USD [1,460, 1,460]"),
        (Estimate(5.0625, 5.0605, 5.0644, 5, 0.0), "s", "5.06 s [5.06, 5.06]"),
        (Estimate(0.05133, 0.05131, 0.05135, 5, 0.0), "s", "0.0513 s [0.0513, 0.0513]"),
        (Estimate(0.9998, 0.9997, 0.9999, 5, 0.0), "share", "99.980 % [99.970, 99.990]"),
        (Estimate(0.8712, 0.87118, 0.87122, 5, 0.0), "share", "87.1 % [87.1, 87.1]"),
        (Estimate(0.5, None, None, 1, 0.0), "s", "0.5 s"),
        (Estimate(None, None, None, 10, 0.4), "s", "never in 4 of 10 mornings"),
        (Estimate(None, None, None, 1, 1.0), "s", "never in 1 of 1 morning"),
        (Estimate(None, None, None, 0, 0.0), "s", "nothing to count"),
    ],
)
def test_an_estimate_says_what_is_known(value: Estimate, unit: str, text: str) -> None:
    """A value has as many digits as its interval bears, and what is missing is said in words."""
    assert said(words.estimate(value, unit)) == text


@pytest.mark.parametrize(
    ("value", "text", "judged"),
    [
        (Difference(-0.0732, -0.0758, -0.0706), "−7.32 points [−7.58, −7.06]", "better"),
        (Difference(0.007, 0.004, 0.011), "+0.70 points [+0.40, +1.10]", "worse"),
        (Difference(-0.0001, -0.0002, 0.0001), "−0.010 points [−0.020, +0.010]", "not clear"),
        (Difference(0.0, 0.0, 0.0), "0 points [0, 0]", "the same"),
        (Difference(-0.123456, -0.12346, -0.12345), "−12.3 points [−12.3, −12.3]", "better"),
        (Difference(0.01, None, None), "+1 points", "not clear"),
        (Difference(None, None, None), "no difference to take", ""),
    ],
)
def test_a_difference_is_judged_by_its_interval(value: Difference, text: str, judged: str) -> None:
    """A paired difference is better or worse only if its whole interval is."""
    assert said(words.difference(value, "share")) == text
    assert judgement("double_charge_rate", value) == judged


@pytest.mark.parametrize(
    ("turned", "before", "after", "found", "text"),
    [
        (0, 1.0, 3.0, Difference(2.0, 1.0, 3.0), "+2.0 s [+1.0, +3.0]"),
        (1, 1.0, inf, Difference(None, None, None), "never"),
        (-1, inf, 1.0, Difference(None, None, None), "now finite"),
        (0, 1.0, inf, Difference(None, None, None), "never, in some mornings"),
        (0, inf, 1.0, Difference(None, None, None), "finite on these mornings"),
        (0, nan, nan, Difference(None, None, None), "no difference to take"),
    ],
)
def test_an_effect_says_what_becomes_of_a_metric(
    turned: int, before: float, after: float, found: Difference, text: str
) -> None:
    """What never comes has no difference; whether that is clear decides how it is said."""
    metric = "ack_latency_p95"
    about = Input("design", ("app", "timeout"), "", "4s")
    effect = Effect(about, "8s", "naive", {metric: before}, {metric: after}, {metric: found}, {metric: turned}, {})
    assert said(words.effect(effect, metric)) == text


def test_more_confirmed_orders_are_better() -> None:
    """Which way is better depends on the metric."""
    assert judgement("confirmed_share", Difference(0.02, 0.01, 0.03)) == "better"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 s"), (0.02, "20 ms"), (1, "1 s"), (90, "90 s"), (120, "2 min"), (3600, "1 h"), (5400, "90 min"), (604800, "7 d")],
)
def test_durations_have_the_unit_people_would_use(value: float, text: str) -> None:
    """Milliseconds below a second; minutes, hours and days where they come out even."""
    assert said(words.seconds(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (0.073, "7.3 %"), (0.000099, "0.0099 %"), (0.5, "50 %"), (1, "100 %"), (0.9999, "99.99 %")]
)
def test_shares_have_two_digits_that_count(value: float, text: str) -> None:
    """A small share keeps its digits, and almost all is not all."""
    assert said(words.share(value)) == text


def test_limits_say_which_way_is_better() -> None:
    """An objective is "at most" or "at least", by its metric."""
    assert said(words.limit("ack_latency_p95", 1.0)) == "at most 1 s"
    assert said(words.limit("confirmed_share", 0.99)) == "at least 99 %"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0732, "7.32 %"), (float("nan"), "nothing to count"), (float("inf"), "never, in some mornings")]
)
def test_a_mean_may_be_missing(value: float, text: str) -> None:
    """A mean that is not a number, or infinite, is said in words."""
    assert said(words.measured(value, "share")) == text


def test_the_last_bits_of_a_sum_are_not_missing() -> None:
    """A share that is 1 but for rounding is all; one that is less is told with the digits that say so."""
    assert words.share(1 - 5e-15) == "100\u00a0%"
    assert words.share(1 - 1e-7) == "99.999990\u00a0%"
