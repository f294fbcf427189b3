"""Intervals written by hand agree with scipy, with the reference values of the field, and cover what they promise to cover."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy import special, stats

from sim.experiment import statistics
from sim.experiment.statistics import (
    Difference,
    Estimate,
    beta_quantile,
    clopper_pearson,
    cox_interval,
    estimate,
    incomplete_beta,
    mean_interval,
    paired,
    ratios,
    t_interval,
    t_quantile,
    variance_share,
    zero_events_bound,
)

SHAPES = (0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("b", SHAPES)
def test_incomplete_beta_agrees_with_scipy(a: float, b: float) -> None:
    """I_x(a, b) to a relative 1e-9, in the middle and far out in either tail."""
    for p in (1e-6, 0.025, 0.3, 0.5, 0.9, 0.975):
        x = float(special.betaincinv(a, b, p))
        if 0 < x < 1:
            assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9)


def test_incomplete_beta_at_the_ends() -> None:
    """Nothing lies below 0 and everything below 1."""
    assert [incomplete_beta(2.0, 3.0, x) for x in (-0.1, 0.0, 1.0, 1.1)] == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("df", [1, 2, 3, 4, 9, 19, 29, 99, 10_000])
def test_t_quantile_agrees_with_scipy(df: int) -> None:
    """Student's t to a relative 1e-9, from one degree of freedom on."""
    for p in (0.6, 0.9, 0.975, 0.995):
        assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-9)


def test_beta_quantile_inverts_the_distribution() -> None:
    """The quantile is where the distribution function has the value asked for."""
    for a, b in ((0.5, 9.5), (3.0, 998.0), (1.0, 1.0)):
        for p in (0.025, 0.5, 0.975):
            assert incomplete_beta(a, b, beta_quantile(p, a, b)) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("n", [2, 20, 1_000, 100_000, 1_000_000])
def test_clopper_pearson_agrees_with_scipy(n: int) -> None:
    """The two-sided exact interval to a relative 1e-9, from one event to all but one."""
    for events in sorted({1, 2, 3, n // 2, n - 1} & set(range(1, n))):
        low, high = clopper_pearson(events, n)
        assert low == pytest.approx(special.betaincinv(events, n - events + 1, 0.025), rel=1e-9)
        assert high == pytest.approx(special.betainccinv(events + 1, n - events, 0.025), rel=1e-9)


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [
        (1, 1000, 2.5317e-5, 0.0055589),
        (3, 1000, 6.191e-4, 0.0087420),
        (5, 10**4, 1.62368e-4, 0.00116644),
        (10, 10**5, 4.79549e-5, 1.838959e-4),
    ],
)
def test_clopper_pearson_reference_values(events: int, n: int, low: float, high: float) -> None:
    """The reference intervals of domain.md 3.6, to four significant digits."""
    assert clopper_pearson(events, n) == pytest.approx((low, high), rel=1e-4)


@pytest.mark.parametrize(
    ("n", "bound"), [(10**2, 0.029513), (10**3, 0.0029912), (10**4, 2.9953e-4), (10**5, 2.9957e-5), (10**6, 2.99573e-6)]
)
def test_zero_events_reference_values(n: int, bound: float) -> None:
    """No event in n: below 1 - .05^(1/n) at 95 %, about 3/n (domain.md 3.6, to four significant digits)."""
    assert zero_events_bound(n) == pytest.approx(bound, rel=5e-5)
    assert clopper_pearson(0, n) == (0.0, zero_events_bound(n))


def test_only_events_are_bounded_from_below() -> None:
    """n of n is the mirror image of none of n."""
    assert clopper_pearson(1000, 1000) == (1.0 - zero_events_bound(1000), 1.0)
    assert clopper_pearson(1, 1) == (pytest.approx(0.05), 1.0)


@pytest.mark.parametrize(("rate", "n"), [(1e-3, 2995), (1e-4, 29_956), (1e-5, 299_572)])
def test_purchases_needed_to_claim_a_rate(rate: float, n: int) -> None:
    """So many purchases without an event claim a rate; one fewer doesn't (domain.md 3.6)."""
    assert zero_events_bound(n) <= rate < zero_events_bound(n - 1)


@pytest.mark.parametrize(("events", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_are_refused(events: int, n: int) -> None:
    """More events than trials, or no trials, are a bug of the caller."""
    with pytest.raises(ValueError, match="events of"):
        clopper_pearson(events, n)


def test_clopper_pearson_at_another_confidence() -> None:
    """At 80 %: a tenth on either side of one event of two; where all are alike, a fifth on one side, .2^(1/10) of ten."""
    assert clopper_pearson(1, 2, 0.8) == pytest.approx((1 - np.sqrt(0.9), np.sqrt(0.9)))
    assert clopper_pearson(0, 10, 0.8) == (0.0, pytest.approx(1 - 0.2**0.1))
    assert clopper_pearson(10, 10, 0.8) == (pytest.approx(0.2**0.1), 1.0)


def test_t_interval_by_hand() -> None:
    """1, 2, 3, 4: mean 2.5, s = 1.29099, t(.975, 3) = 3.18245, so 2.5 ± 2.05426."""
    assert t_interval(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx((2.5 - 2.05426, 2.5 + 2.05426), abs=1e-5)


# Estimates


def test_estimate_leaves_out_mornings_with_nothing_to_count() -> None:
    """NaN is no observation: n counts the others, and the interval is theirs."""
    known = estimate(np.array([1.0, 3.0]))
    assert estimate(np.array([1.0, NAN, 3.0])) == known
    assert known.n == 2
    assert known.mean == 2.0


def test_estimate_of_nothing() -> None:
    """Nothing to count on any morning has no mean and no interval, rather than 0."""
    assert estimate(np.array([NAN, NAN])) == Estimate(None, None, None, 0, 0.0)
    assert estimate(np.array([])) == Estimate(None, None, None, 0, 0.0)


def test_never_has_no_mean() -> None:
    """One infinite morning in four takes the mean away, and its share among the mornings counted is told."""
    assert estimate(np.array([1.0, INF, 2.0, NAN, 3.0])) == Estimate(None, None, None, 4, 0.25)


def test_one_morning_has_no_interval() -> None:
    """A single morning is a number without a spread, be it a share or a time."""
    assert estimate(np.array([0.25]), share_of=1000) == Estimate(0.25, None, None, 1, 0.0)
    assert estimate(np.array([7.5])) == Estimate(7.5, None, None, 1, 0.0)


def test_one_morning_without_an_exception_is_all_that_was_looked_at() -> None:
    """A share of 0 or 1 has the interval of its things, even on one morning; what is no share has none, be it 0 or 1."""
    assert estimate(np.ones(1), share_of=300) == Estimate(1.0, *clopper_pearson(300, 300), 1, 0.0)
    for value in (0.0, 1.0):
        assert estimate(np.array([value])) == Estimate(value, None, None, 1, 0.0)


@pytest.mark.parametrize("share_of", [None, 1000])
def test_two_mornings_have_an_interval(share_of: int | None) -> None:
    """It is wide: t(.975, 1) is 12.7 of half the distance."""
    values = np.array([0.49, 0.51])
    value = estimate(values, share_of=share_of)
    assert (value.mean, value.n) == (0.5, 2)
    assert (value.low, value.high) == pytest.approx(t_interval(values), rel=0.05)  # Cox's lower end: they vary by 3 %
    assert paired(values, np.zeros(2)) == Difference(0.5, *t_interval(values))


def test_a_share_is_at_least_as_uncertain_as_that_many_coins() -> None:
    """Mornings that happen to agree don't make a rare event certain: 2 of 200 things, whatever t says."""
    assert estimate(np.array([0.01, 0.01]), share_of=200) == Estimate(0.01, *clopper_pearson(2, 200), 2, 0.0)


def test_zero_of_n_is_bounded_by_what_was_looked_at() -> None:
    """A share of 0 on every morning is 0 of all purchases together, even on one morning."""
    for mornings in (1, 20):
        assert estimate(np.zeros(mornings), share_of=3000) == Estimate(0.0, 0.0, zero_events_bound(3000), mornings, 0.0)


def test_interval_stays_where_the_metric_can_be() -> None:
    """No metric is below 0, and no share above 1."""
    few = estimate(np.array([0.0, 0.0, 0.0, 0.1]), share_of=100)
    most = estimate(np.array([1.0, 1.0, 1.0, 0.9]), share_of=100)
    seconds = estimate(np.array([1.0, 1.0, 1.0, 0.9]))
    assert few.low == 0.0
    assert most.high == 1.0
    assert seconds.high is not None
    assert seconds.high > 1.0
    assert estimate(np.array([0.0, 3.0])).low == 0.0


def test_share_of_mornings_is_binomial() -> None:
    """Three collapsed mornings of twenty: Clopper and Pearson's interval over mornings, not Student's."""
    value = estimate(np.array([1.0] * 3 + [0.0] * 17), share_of=60_000, whole=True)
    assert (value.low, value.high) == clopper_pearson(3, 20)
    none = estimate(np.zeros(20), share_of=60_000, whole=True)
    assert (none.low, none.high) == (0.0, zero_events_bound(20))


@pytest.mark.parametrize("values", [[INF, 1.0], [7.5], [1.0, 2.0]])
def test_an_estimate_says_how_sure_it_is(values: list[float]) -> None:
    """The confidence asked for stands beside the interval, or where there is none."""
    assert estimate(np.array(values), confidence=0.8).confidence == 0.8


def test_an_estimate_has_the_interval_of_its_confidence() -> None:
    """At 80 %, of mornings that were struck or not, of things, of mornings that differ, and of what is no share."""
    values = np.array([0.0, 0.1, 0.2, 0.3])
    for value, interval in (
        (estimate(np.array([1.0, 0.0, 0.0]), whole=True, confidence=0.8), clopper_pearson(1, 3, 0.8)),
        (estimate(np.array([0.01, 0.01]), share_of=200, confidence=0.8), clopper_pearson(2, 200, 0.8)),
        (estimate(values, share_of=10**6, confidence=0.8), t_interval(values, 0.8)),
        (estimate(values, confidence=0.8), t_interval(values, 0.8)),
    ):
        assert (value.low, value.high) == interval


# Shares, between mornings: of so many things that those by themselves leave no doubt


def between_mornings(values: list[float], confidence: float = 0.95) -> tuple[float | None, float | None]:
    value = estimate(np.array(values), share_of=10**8, confidence=confidence)
    return value.low, value.high


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_few_mornings_that_were_struck_may_have_been_more(confidence: float) -> None:
    """Two mornings of twenty, and .2 of each on average: as many more as Clopper and Pearson allow, and no other end."""
    values = [0.1, 0.3] + [0.0] * 18
    low, high = t_interval(np.array(values), confidence)
    more = clopper_pearson(2, 20, confidence)[1] * 0.2
    assert more > high
    assert between_mornings(values, confidence) == pytest.approx((max(low, 0.0), more))


@pytest.mark.parametrize(("struck", "few"), [(40, True), (50, False)])
def test_fewer_than_half_of_the_mornings_are_few(struck: int, few: bool) -> None:
    """Of a hundred mornings forty are, and fifty aren't: theirs is Student's interval."""
    values = [0.1] * struck + [0.0] * (100 - struck)
    low, high = t_interval(np.array(values))
    more = clopper_pearson(struck, 100)[1] * 0.1
    assert more > high
    assert between_mornings(values) == pytest.approx((low, more if few else high))


@pytest.mark.parametrize("values", [[0.1, 0.3] + [0.0] * 18, [0.01, 0.02, 0.3, 0.02, 0.05]])
def test_a_share_near_one_mirrors_one_near_zero(values: list[float]) -> None:
    """What is sure of the rarer side is sure of the other, at any confidence."""
    for confidence in (0.8, 0.95):
        low, high = between_mornings(values, confidence)
        assert low is not None
        assert high is not None
        mirrored = between_mornings([1.0 - value for value in values], confidence)
        assert mirrored == pytest.approx((1.0 - high, 1.0 - low))


def test_a_share_of_one_half_is_taken_as_it_is() -> None:
    """Neither side is rarer; its own logarithms count, not those of what is left of it."""
    values = np.array([0.25, 0.25, 1.0])
    assert between_mornings(values.tolist()) == (mean_interval(values)[0], 1.0)


def test_a_share_of_one_on_all_mornings_has_no_spread() -> None:
    """Nor was any morning struck: only the things that were looked at leave a doubt."""
    assert estimate(np.ones(3), share_of=300) == Estimate(1.0, *clopper_pearson(300, 300), 3, 0.0)


# Skewed values


def test_cox_interval_by_hand() -> None:
    """Logarithms 0, 1, 2: mean 1, s² = 1, so exp(1.5 ± 4.30265 √(1/3 + 1/4)) = exp(1.5 ± 3.28622)."""
    low, high = cox_interval(np.exp([0.0, 1.0, 2.0]))
    assert np.log([low, high]) == pytest.approx([1.5 - 3.28622, 1.5 + 3.28622], abs=1e-4)


def test_cox_interval_of_a_larger_spread_by_hand() -> None:
    """Logarithms 0, 2, 4: mean 2, s² = 4, so exp(4 ± 4.30265 √(4/3 + 16/4)) = exp(4 ± 9.93655)."""
    low, high = cox_interval(np.exp([0.0, 2.0, 4.0]))
    assert np.log([low, high]) == pytest.approx([4 - 9.93655, 4 + 9.93655], abs=1e-4)


def test_cox_interval_ends_at_a_number() -> None:
    """At e^700: not much above it begins what no number holds."""
    assert cox_interval(np.array([1e-300, 1.0]))[1] == np.exp(700.0)


def test_mean_interval_has_the_ends_of_its_confidence() -> None:
    """At 80 % as at 95 %: where Cox's begins, and the farther of the two ends; Student's as soon as one value is 0."""
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    for confidence in (0.8, 0.95):
        low, high = cox_interval(values, confidence)
        assert mean_interval(values, confidence) == (low, max(high, t_interval(values, confidence)[1]))
        assert mean_interval(values - 1, confidence) == t_interval(values - 1, confidence)


def test_values_that_vary_little_have_students_interval() -> None:
    """To a part in a thousand of its width where they vary by a thousandth."""
    values = 1460 + np.array([0.0, 1.0, 2.0, -1.0, 0.5])
    assert mean_interval(values) == pytest.approx(t_interval(values), abs=1e-3 * np.ptp(t_interval(values)))


def test_no_interval_of_what_is_above_zero_reaches_below() -> None:
    """Five mornings of 9.6 to 128 s: Student's interval is −18 to 134 s, and a limit of 1 s would be undecided."""
    values = np.array([9.6, 128.0, 126.3, 15.1, 10.8])
    assert t_interval(values)[0] < 0
    value = estimate(values)
    assert value.low is not None
    assert value.high is not None
    assert value.low > 1.0
    assert value.high > t_interval(values)[1]


def test_the_interval_holds_the_mean_and_has_an_end() -> None:
    """Also where logarithms would allow for the largest numbers there are."""
    for values in ([1.0, 1.0, 100.0, 1e4, 1e6], [1e-9, 1.0], [1e-300, 1.0, 1e9, 1.0, 1.0], [5.0] * 6):
        low, high = mean_interval(np.array(values))
        assert 0 <= low <= np.mean(values) <= high
        assert high <= max(10 * max(values), t_interval(np.array(values))[1])


# Ratios


def test_a_ratio_is_that_of_the_totals() -> None:
    """A morning on which nothing came right costs as well: 300 USD for 3 right ones, and not the mean of 50 and nothing."""
    values = ratios(np.array([100.0, 200.0, 0.0]), np.array([2.0, 0.0, 1.0]))
    assert values.mean() == pytest.approx(100.0)
    assert (ratios(np.array([100.0]), np.array([0.0])) == np.inf).all()


def test_the_spread_of_a_ratio() -> None:
    """Totals in proportion have none; else it is (y - R x) / mean x."""
    assert np.ptp(ratios(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))) == pytest.approx(0.0)
    assert ratios(np.array([3.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx([3.0, 1.0])
    assert ratios(np.array([1.0, 4.0, 1.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx([0.5, 1.0, 0.0])  # .5 + (0, 2, -2) / 4


# Paired differences


def test_pairs_that_all_go_down_by_a_factor_are_better() -> None:
    """Five mornings of 9.6 to 128 s against .075 s: Student's interval of the differences holds 0, each pair says otherwise."""
    before, after = np.array([9.6, 128.0, 126.3, 15.1, 10.8]), np.array([0.073, 0.077, 0.075, 0.074, 0.076])
    low, high = t_interval(after - before)
    assert low < 0 < high
    value = paired(after, before)
    assert value.high is not None
    assert value.high < 0
    assert value.difference == pytest.approx((after - before).mean())


def test_four_pairs_are_too_few_for_their_signs() -> None:
    """One in eight experiments of four pairs has them all on one side by chance."""
    before, after = np.array([9.6, 128.0, 126.3, 15.1]), np.array([0.073, 0.077, 0.075, 0.074])
    assert paired(after, before) == Difference((after - before).mean(), *t_interval(after - before))


@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
def test_clear_pairs_have_the_interval_of_skewed_values(unit: float) -> None:
    """That of their distances, on the side on which they all are, whatever the unit."""
    more, less = unit * np.array([9.6, 128.0, 126.3, 15.1, 10.8]), unit * np.array([0.073, 0.077, 0.075, 0.074, 0.076])
    low, high = mean_interval(more - less)
    assert low > 0
    assert paired(more, less) == Difference((more - less).mean(), low, high)
    assert paired(less, more) == Difference((less - more).mean(), -high, -low)


def test_pairs_are_clear_at_some_confidence() -> None:
    """Ratios whose logarithms are .05 and .5: at 80 % their mean is above 0 and the interval skewed; at 95 % it may be 0."""
    less = np.array([1.0, 1.0, 1.0, 1.0, 1000.0])
    more = less * np.exp([0.05, 0.05, 0.05, 0.5, 0.5])
    apart = more - less
    assert t_interval(apart, 0.8)[0] < 0
    for values, baseline, sign in ((more, less, 1), (less, more, -1)):
        assert paired(values, baseline) == Difference(sign * apart.mean(), *t_interval(sign * apart))
        near, far = mean_interval(apart, 0.8)
        interval = (near, far) if sign > 0 else (-far, -near)
        assert paired(values, baseline, 0.8) == Difference(sign * apart.mean(), *interval)


def test_differences_that_are_clear_by_themselves_have_students_interval() -> None:
    """Nothing is gained from ratios where the differences suffice, at any confidence."""
    less = np.array([0.1, 0.2, 0.1, 0.2, 0.1])
    more = less + np.array([0.4, 0.5, 0.6, 0.7, 0.3])
    for confidence in (0.8, 0.95):
        assert t_interval(more - less, confidence)[0] > 0
        assert paired(more, less, confidence) == Difference((more - less).mean(), *t_interval(more - less, confidence))
        assert paired(less, more, confidence) == Difference((less - more).mean(), *t_interval(less - more, confidence))


@pytest.mark.parametrize("last", [9.5, 10.0])
def test_one_pair_that_is_not_on_the_side_of_the_others_speaks_for_chance(last: float) -> None:
    """Seven pairs that are ten times as much or more, and one that is less, or the same: the interval is Student's."""
    baseline, values = np.array([0.01] * 6 + [1.0, 10.0]), np.array([0.1] * 6 + [100.0, last])
    assert t_interval(values - baseline)[0] < 0 < t_interval(np.log(values / baseline))[0]
    for one, other in ((values, baseline), (baseline, values)):
        assert paired(one, other) == Difference((one - other).mean(), *t_interval(one - other))


def test_pairs_with_nothing_have_no_ratio() -> None:
    """Five mornings above 0 against five of 0: no factor is clear, and the interval is Student's."""
    values = np.array([1.0, 1.0, 1.0, 1.0, 100.0])
    assert t_interval(values)[0] < 0
    assert paired(values, np.zeros(5)) == Difference(values.mean(), *t_interval(values))
    assert paired(np.zeros(5), values) == Difference(-values.mean(), *t_interval(-values))


def test_pairs_by_chance_are_rarely_clear() -> None:
    """Of pairs of equal lognormal values, 5 to 10 mornings, 5 % differ clearly; of five as many as 7 %, with their signs."""
    rng, experiments = np.random.default_rng(9), 3000
    for mornings, most in ((5, 0.07), (10, 0.05)):
        clear = 0
        for _ in range(experiments):
            value = paired(rng.lognormal(0, 1.3, mornings), rng.lognormal(0, 1.3, mornings))
            assert value.low is not None
            assert value.high is not None
            clear += not value.low <= 0 <= value.high
        assert clear / experiments <= most + 3 * np.sqrt(most * (1 - most) / experiments)


def test_nothing_in_either_has_no_interval() -> None:
    """Two rates of 0 on all mornings may still differ."""
    assert paired(np.zeros(5), np.zeros(5)) == Difference(0.0, None, None)


def test_paired_differences_by_hand() -> None:
    """The interval is that of the differences, whatever the mornings have in common."""
    baseline = np.array([10.0, 200.0, 3000.0])
    assert paired(baseline + np.array([1.0, 2.0, 3.0]), baseline) == Difference(2.0, *t_interval(np.array([1.0, 2.0, 3.0])))


def test_no_difference_is_exactly_zero() -> None:
    """A design against itself: zero, with an interval of no width."""
    values = np.array([0.1, 0.2, 0.3])
    assert paired(values, values) == Difference(0.0, 0.0, 0.0)


@pytest.mark.parametrize(("things", "clear"), [(1, False), (2, False), (5, False), (6, True), (100, True)])
def test_a_few_things_that_differ_the_same_way_may_do_so_by_chance(things: int, clear: bool) -> None:
    """Of equal mornings: the exact test of a sign needs six of the same for one in twenty."""
    assert (stats.binomtest(things, things).pvalue < 0.05) == clear
    found = paired(np.full(2, things / 200), np.zeros(2), share_of=200)
    assert found.difference == found.high == things / 200
    assert found.low is not None
    assert (found.low > 0) == clear
    least = stats.binomtest(things, things).proportion_ci(0.95, "exact").low
    assert found.low == pytest.approx((2 * least - 1) * things / 200)


def test_things_that_differ_bound_no_wider_interval() -> None:
    """Mornings that differ among each other are told by Student's interval; and less of something is as unsure as more."""
    values = np.array([0.01, 0.04, 0.07])
    assert paired(values, np.zeros(3), share_of=300) == paired(values, np.zeros(3))
    more, fewer = paired(np.full(2, 0.25), np.zeros(2), share_of=8), paired(np.zeros(2), np.full(2, 0.25), share_of=8)
    assert more.low is not None
    assert (fewer.low, fewer.high) == (-0.25, -more.low)


def test_pairs_need_both_mornings() -> None:
    """A morning in which either design has nothing to count is no pair."""
    assert paired(np.array([1.0, NAN, 4.0]), np.array([0.5, 7.0, NAN])) == Difference(0.5, None, None)
    assert paired(np.array([NAN]), np.array([1.0])) == Difference(None, None, None)


def test_difference_from_never_is_no_number() -> None:
    """Infinity on either side of a pair has no difference; on a morning that doesn't count it doesn't matter."""
    assert paired(np.array([1.0, INF]), np.array([1.0, 2.0])) == Difference(None, None, None)
    assert paired(np.array([INF, 1.0]), np.array([INF, 1.0])) == Difference(None, None, None)
    assert paired(np.array([1.0, INF]), np.array([1.0, NAN])) == Difference(0.0, None, None)


# Coverage


@pytest.fixture
def quick_t(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same quantile thousands of times."""
    monkeypatch.setattr(statistics, "t_quantile", lru_cache(t_quantile))


REPEATS = 2000  # the coverage itself has a standard error of .5 %


def coverage(truth: float, intervals: list[tuple[float | None, float | None]]) -> float:
    return sum(low is not None and high is not None and low <= truth <= high for low, high in intervals) / len(intervals)


@pytest.mark.usefixtures("quick_t")
@pytest.mark.parametrize("mornings", [5, 20])
def test_intervals_of_a_time_cover_the_truth(mornings: int) -> None:
    """Median latencies that vary from morning to morning: 93 to 97 % of the intervals hold the true mean."""
    rng = np.random.default_rng(1)
    intervals = [estimate(rng.normal(2.0, 0.3, mornings)) for _ in range(REPEATS)]
    assert 0.93 <= coverage(2.0, [(value.low, value.high) for value in intervals]) <= 0.97


@pytest.mark.usefixtures("quick_t")
@pytest.mark.deep
def test_intervals_of_a_share_cover_the_truth_although_purchases_are_not_independent() -> None:
    """Double charges of 3,000 purchases whose risk differs from morning to morning (gamma, mean 1 %): 93 to 97 % over mornings.

    The binomial interval over all purchases, which takes them for independent, holds the truth much less often.
    """
    rng = np.random.default_rng(2)
    mornings, purchases, risk = 20, 3000, 0.01
    by_morning, by_purchase = [], []
    for _ in range(REPEATS):
        events = rng.binomial(purchases, rng.gamma(16.0, risk / 16.0, mornings))
        value = estimate(events / purchases, share_of=mornings * purchases)
        by_morning.append((value.low, value.high))
        share = events.sum() / (mornings * purchases)
        half = 1.96 * np.sqrt(share * (1 - share) / (mornings * purchases))
        by_purchase.append((share - half, share + half))
    assert 0.93 <= coverage(risk, by_morning) <= 0.97
    assert coverage(risk, by_purchase) < 0.9


@pytest.mark.usefixtures("quick_t")
def test_paired_intervals_cover_the_truth_and_are_narrower() -> None:
    """Two designs on the same mornings: 93 to 97 % hold the true difference, at a fraction of the unpaired width."""
    rng = np.random.default_rng(3)
    intervals, unpaired_s = [], []
    for _ in range(REPEATS):
        weather = rng.gamma(4.0, 0.5, 20)
        baseline, other = weather + rng.normal(0.0, 0.1, 20), weather + rng.normal(0.3, 0.1, 20)
        value = paired(other, baseline)
        intervals.append((value.low, value.high))
        unpaired_s.append(2 * 1.96 * np.sqrt((baseline.var(ddof=1) + other.var(ddof=1)) / 20))
    assert 0.93 <= coverage(0.3, intervals) <= 0.97
    paired_s = np.array(intervals) @ [-1.0, 1.0]
    # Var(A - B) / (Var A + Var B) = .02 / 2.02; its root is .1, of which the noise within 20 mornings leaves no doubt.
    assert paired_s.mean() < 0.15 * np.mean(unpaired_s)


@pytest.mark.usefixtures("quick_t")
def test_intervals_of_a_quantile_cover_the_truth() -> None:
    """95th percentiles of 200 exponential times a morning: 93 to 97 % hold the expected one, which is a sum of 1/i."""
    rng = np.random.default_rng(4)
    purchases, mornings = 200, 10
    position = 0.95 * (purchases - 1)
    below = int(position)
    expected = [sum(1 / i for i in range(purchases - k, purchases + 1)) for k in (below, below + 1)]  # of order statistics
    truth = expected[0] + (position - below) * (expected[1] - expected[0])
    times_s = np.quantile(rng.exponential(1.0, (REPEATS, mornings, purchases)), 0.95, axis=2)
    intervals = [(value.low, value.high) for value in map(estimate, times_s)]
    assert 0.93 <= coverage(truth, intervals) <= 0.97


def test_nothing_seen_is_wrong_in_one_case_of_twenty() -> None:
    """At the very rate that the zero-event bound names, 5 % of the experiments see nothing and claim to be below it."""
    rng = np.random.default_rng(5)
    n = 1000
    events = rng.binomial(n, zero_events_bound(n), 20_000)
    claims = (events == 0).mean()
    assert abs(claims - 0.05) < 3 * np.sqrt(0.05 * 0.95 / len(events))


def test_variance_share_by_hand() -> None:
    """Var(A - B) / (Var A + Var B): 0 for the same, 1 for strangers, 2 for opposites; nothing where nothing varies."""
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert variance_share(a + 5.0, a) == 0.0
    assert variance_share(-a, a) == pytest.approx(2.0)
    assert variance_share(2 * a, a) == pytest.approx(0.2)  # (2 - 1)^2 / (4 + 1)
    assert variance_share(2 * a[:2], a[:2]) == pytest.approx(0.2)
    assert variance_share(0.2 * a, 0.1 * a) == pytest.approx(0.2)
    assert variance_share(np.zeros(4), np.ones(4)) is None
    assert variance_share(np.array([1.0, INF]), np.array([1.0, 2.0])) is None
    assert variance_share(np.array([1.0]), np.array([2.0])) is None


def test_nobody_has_said_how_many_mornings_did_harm() -> None:
    """Until somebody does, it is not known."""
    assert estimate(np.array([1.0, 2.0])).harmed is None
    assert Estimate(1.0, 0.0, 2.0, 2, 0.0).harmed is None
