"""Which inputs move a metric: effects that are known, and inputs that can't matter."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES, load_design, parse_design
from sim.config.bundled import names
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import load_scenario, parse_scenario
from sim.experiment import sensitivity
from sim.experiment.altering import altered, split
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.inputs import called, factors, shown
from sim.experiment.measuring import Run
from sim.experiment.screening import screen
from sim.experiment.swings import no_effect, swings

RUSH = load_scenario("morning-rush")
AMBIGUOUS = parse_scenario("""
name: ambiguous
clock: {start: "07:00", duration: 15min, drain: 2min}
traffic: {rate: 1/s}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
provider: {latency: {constant: 300ms}, ambiguous: 10%}
""")
TWO_TRIES = parse_design("{name: two-tries, from: naive, app: {retry: {fixed: {delay: 1s, attempts: 2}}}}")
ALONE = parse_scenario("""
name: alone
clock: {start: "07:00", duration: 10s, drain: 1min}
traffic: {times: ["07:00:01"]}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 300ms}}
""")
ENDS = ["network.latency.constant=10ms..200ms", "provider.latency.constant=100ms..600ms", "customers.polling.every=1s..4s"]


@pytest.mark.parametrize(
    ("scenario", "design"),
    [("morning-rush", "outbox")]
    + [pytest.param(name, design, marks=pytest.mark.deep) for name in names() for design in ARCHITECTURES],
)
def test_every_number_can_be_moved(scenario: str, design: str) -> None:
    """Both ends of every input are legal, and so is what lies between them."""
    run: Run = (load_scenario(scenario), load_design(design))
    moved = factors(*run)
    assert len({factor.input.name for factor in moved}) == len(moved) > 20
    for factor in moved:
        assert factor.low != factor.high
        for value in (factor.low, factor.high, factor.at(0.3)):
            factor.set(run, value)


def test_values_between_two_ends() -> None:
    """Times in ratios, probabilities in steps, counts whole, a distribution by what is moved of it."""
    wanted = [
        "app.timeout=2s..8s",
        "provider.ambiguous=1%..3%",
        "checkout.workers=4..64",
        "provider.latency",
        "faults[0].latency",
    ]
    moved = factors(RUSH, load_design("naive"), wanted)
    assert [factor.at(0.5) for factor in moved] == [
        "4s", "2%", 16, {"lognormal": {"median": "450ms", "sigma": 0.6}}, "x10",
    ]  # fmt: skip
    assert [called(factor.input) for factor in moved[3:]] == ["provider.latency", "faults[0].latency (brownout of provider)"]
    assert shown(moved[3].input.value) == "median 450ms"


def test_nothing_is_moved_where_it_cannot_be() -> None:
    """A probability stops at 100 %, workers at the number of instances, and what is zero has no double."""
    scenario = parse_scenario("{name: x, provider: {failed: 80%}, network: {request_lost: 100%}}")
    design = parse_design("{from: naive, checkout: {workers: 3, instances: 2}}")
    ends = {factor.input.name: (factor.low, factor.high) for factor in factors(scenario, design)}
    assert ends["provider.failed"] == ("40%", "100%")
    assert ends["network.request_lost"] == ("50%", "100%")
    assert ends["checkout.workers"] == (2, 6)
    assert ends["checkout.instances"][0] == 1
    assert "provider.ambiguous" not in ends


def test_what_nobody_does_can_be_made_up_for() -> None:
    """Where all leave, half of them leaving makes the other half tap again and refresh in equal parts."""
    moved = factors(AMBIGUOUS, TWO_TRIES, ["customers.after_patience.leave"])
    (world, _) = moved[0].set((AMBIGUOUS, TWO_TRIES), "50%")
    what = world.customers.after_patience
    assert (what.tap_again, what.refresh, what.leave) == (0.25, 0.25, 0.5)


def test_double_charges_follow_the_lost_answers() -> None:
    """With one retry a customer is charged twice just if the first answer is lost: halving that halves it, doubling doubles."""
    found = swings(
        AMBIGUOUS, TWO_TRIES, ["provider.ambiguous", "loyalty.award"], Effort(4, jobs=1), metrics=["double_charge_rate"]
    )
    swing, other = found.ranked("double_charge_rate")
    assert swing.input.name == "provider.ambiguous"
    for end, expected in zip(swing.ends, (-0.05, 0.10), strict=True):
        difference = end.differences["double_charge_rate"]
        assert difference.low is not None
        assert difference.high is not None
        assert difference.low <= expected <= difference.high
        assert difference.high - difference.low < 0.04
        assert end.clear("double_charge_rate")
    assert found.before("double_charge_rate") == pytest.approx(0.10, abs=0.015)  # 3 standard errors of 3,600 purchases
    assert all(no_effect(end, "double_charge_rate") for end in other.ends)
    assert other.size("double_charge_rate") == 0


def test_a_metric_that_becomes_infinite_comes_first() -> None:
    """A drain too short for anybody to be confirmed is no small effect, though no difference can be taken."""
    inputs = ["provider.latency.constant=1s..10min", "network.latency"]
    found = swings(ALONE, "naive", inputs, Effort(2, jobs=1), metrics=["confirmation_lag_p99"])
    first = found.ranked("confirmation_lag_p99")[0]
    assert first.input.name == "provider.latency.constant"
    assert first.size("confirmation_lag_p99") == math.inf
    assert first.clear("confirmation_lag_p99")


@pytest.mark.parametrize(
    ("before", "after", "turned"),
    [
        ([1, 1], [math.inf, math.inf], 1),
        ([math.inf, math.inf], [1, 1], -1),
        ([1, 1, 1], [math.inf, math.inf, 1], 0),  # two of three may be chance
        ([1] * 10, [1] * 5 + [math.inf] * 5, 1),
        ([1] * 10, [1] * 6 + [math.inf] * 4, 0),
        ([math.inf] * 10, [math.inf] + [1] * 9, 0),  # it still never comes on one
        ([1] * 10, [1] * 10, 0),
    ],
)
def test_a_morning_that_turns_may_be_chance(before: list[float], after: list[float], turned: int) -> None:
    """All mornings tell, or five at least."""
    assert sensitivity._turns(np.array(before), np.array(after)) == turned


THIN = parse_scenario("""
name: thin
clock: {start: "07:00", duration: 10min, drain: 5min}
traffic: {rate: 12/h}
provider: {ambiguous: 40%, latency: {constant: 300ms}}
customers: {patience: {constant: 60s}}
""")


def test_mornings_without_customers_are_left_out() -> None:
    """Three of thirty had none; the others tell what losing no answer, or twice as many, does."""
    found = swings(THIN, "naive", ["provider.ambiguous=0%..80%"], Effort(30, jobs=1), metrics=["double_charge_rate"])
    [swing] = found.swings
    compared = compare(THIN, ["naive"], Effort(30, jobs=1)).results["naive"].metrics["double_charge_rate"]
    assert compared.n == 27
    assert found.before("double_charge_rate") == pytest.approx(compared.mean)
    assert swing.clear("double_charge_rate")
    assert not any(no_effect(end, "double_charge_rate") for end in swing.ends)


def test_the_same_whoever_does_the_work() -> None:
    """One job or two."""
    one, two = (swings(AMBIGUOUS, TWO_TRIES, ["provider.ambiguous"], Effort(2, jobs=jobs)) for jobs in (1, 2))
    assert repr(one) == repr(two)  # nothing to count is not equal to itself


@pytest.mark.slow
def test_sobol_on_a_sum() -> None:
    """A latency is the network's twice and the provider's once: shares of a variance that is known in closed form."""

    def variance(low: float, high: float) -> float:
        """Of what is spread evenly in ratios."""
        ratio = math.log(high / low)
        return (high**2 - low**2) / 2 / ratio - ((high - low) / ratio) ** 2

    network, provider = 4 * variance(0.01, 0.2), variance(0.1, 0.6)
    found = screen(
        ALONE, "naive", ENDS, Effort(1, jobs=1), method="sobol", metrics=["ack_latency_p50", "double_charge_rate"], samples=64
    )
    indices = found.indices["ack_latency_p50"]
    assert not isinstance(indices, str)
    assert found.points == 64 * 5
    for index, part in zip(indices, (network, provider), strict=False):
        expected = part / (network + provider)
        assert abs(index.main - expected) < index.main_half
        assert abs(index.other - expected) < (index.other_half or 0)
        assert index.other == pytest.approx(expected, abs=0.08)  # the points are spread more evenly than chance would
    assert (indices[2].main, indices[2].other) == (0, 0)
    assert found.indices["double_charge_rate"] == "nothing moves it"
    assert next(factor.input.name for factor, _ in found.ranked("ack_latency_p50")) == "provider.latency.constant"


def test_morris_on_a_sum() -> None:
    """The network counts twice for the answer and once for the order; polling for nothing at all."""
    found = screen(
        ALONE, "naive", ENDS, Effort(1, jobs=1), method="morris", metrics=["ack_latency_p50", "confirmation_lag_p50"], samples=6
    )
    answer, order = (found.indices[metric] for metric in found.metrics)
    assert not isinstance(answer, str)
    assert not isinstance(order, str)
    assert found.points == 6 * 4
    assert answer[0].main == pytest.approx(2 * order[0].main, rel=1e-9)
    assert answer[1].main == pytest.approx(order[1].main, rel=1e-9)
    assert 0.1 < answer[0].main < 0.6
    assert (answer[2].main, answer[2].other) == (0, 0)
    assert not answer[2].clear
    again = screen(
        ALONE, "naive", ENDS, Effort(1, jobs=2), method="morris", metrics=["ack_latency_p50", "confirmation_lag_p50"], samples=6
    )
    assert again.indices == found.indices


def test_a_metric_without_a_value_has_no_indices() -> None:
    """Infinite at some points: said, with how many."""
    found = screen(
        ALONE,
        "naive",
        ["provider.latency.constant=1s..10min"],
        Effort(1, jobs=1),
        method="morris",
        metrics=["confirmation_lag_p99"],
        samples=4,
    )
    text = found.indices["confirmation_lag_p99"]
    assert isinstance(text, str)
    assert text.startswith("never, or nothing to count, at ")
    assert text.endswith(" of 8 points")


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (["app.timeot"], {}, 'inputs: app.timeot: unknown key; did you mean "app.timeout"?'),
        (["app.key"], {}, "inputs: app.key: expected a key with a number that is not zero (got none)"),
        (["app.retry_budget"], {}, "can't be halved and doubled; give both ends, like"),
        (["app.timeout=2s"], {}, 'inputs: app.timeout: expected two ends, like "250ms..30s" (got "2s")'),
        (["app.timeout=9s..2s"], {}, "inputs: app.timeout: the first end must be below the second"),
        (["app.timeout=2..9"], {}, "inputs: app.timeout: a bare number: add the unit"),
        (["checkout.queue_limit=5..none"], {}, '"none" is no end of a range'),
        (["provider.latency=1s..2s"], {}, "name what is moved, as in provider.latency.constant"),
        ([], {"metrics": ["double_charge"]}, 'metrics: unknown metric "double_charge"; did you mean "double_charge_rate"?'),
    ],
)
def test_what_cannot_be_moved(inputs: list[str], options: dict[str, list[str]], message: str) -> None:
    """The key, what was given, what was expected, and what to do."""
    with pytest.raises(ConfigError) as error:
        swings(RUSH, "naive", inputs, **options)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_what_cannot_be_screened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares that add up, odd numbers of samples, runs without end, and a library that is not there."""
    shares = ["customers.after_patience.leave", "customers.after_patience.refresh"]
    for inputs, options, message in (
        (shares, {}, "add up to 100 %; move one of them"),
        (ENDS, {"samples": 48}, r"expected a power of two for sobol, such as 32 or 64 \(got 48\)"),
        ([], {"samples": 512}, r"samples: .*; choose a few inputs, or fewer samples"),
        (ENDS, {"samples": 1}, "samples: expected a whole number of at least 2"),
    ):
        with pytest.raises(ConfigError, match=message):
            screen(RUSH, "outbox", inputs, method="sobol", **options)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    with pytest.raises(ConfigError, match=r"method: sobol needs SALib.*make extras"):
        screen(ALONE, "naive", ENDS, Effort(2, jobs=1), method="sobol")


def test_by_default_one_of_the_shares_is_screened() -> None:
    """Moved at will, the three would not add up; the first stands for all, and the others keep their proportion."""
    from sim.experiment.screening import _independent

    moved = [factor.input.name for factor in _independent(factors(RUSH, load_design("naive")), asked=False)]
    assert [name for name in moved if "after_patience" in name] == ["customers.after_patience.tap_again"]


def test_shares_of_one_draw_are_not_all_large_at_once() -> None:
    """What can be doubled one at a time and not together is refused before anything runs, with the sum."""
    world = altered(altered(ALONE, split("provider.failed"), "40%"), split("provider.errored"), "15%")
    inputs = ["provider.failed", "provider.errored"]
    assert [one.high for one in factors(world, load_design("naive"), inputs)] == ["80%", "30%"]
    message = r"inputs: they can't all be at their upper ends at once \(provider: a call has one fate, .* = 110%"
    with pytest.raises(ArgumentError, match=message):
        screen(world, "naive", inputs, Effort(2, jobs=1), method="morris", samples=2)
