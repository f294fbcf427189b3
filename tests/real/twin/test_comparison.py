"""The model against reality: counted purchase by purchase, and no verdict that the purchases can't bear."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.experiment.equivalence import Pairs, newcombe
from sim.experiment.statistics import clopper_pearson
from sim.real.twin.comparison import HARMS, compared
from sim.real.twin.sentences import speed, title, verdict
from tests.real.twin.standins import OTHER, RUSH, WORSE, live, made, twin

MANY = 1000


def test_a_hundred_purchases_of_which_three_disagree() -> None:
    """Two were charged twice in reality alone and one in the model alone; the matrix, the share and the list say so."""
    model, real = [1] * 100, [1] * 100
    model[7] = 2
    real[20] = real[30] = 2
    both = twin(made(model), made(real))
    charges = both.matrices["charges"]
    assert charges.cells == {(1, 1): 97, (2, 1): 1, (1, 2): 2}
    assert (charges.agree, charges.interval) == (97, clopper_pearson(97, 100))
    assert both.matrices["orders"].cells == {(1, 1): 100}
    assert both.matrices["points"].cells == {(0, 0): 100}
    assert [(one.purchase, one.counts["charges"]) for one in both.disagreeing] == [(7, (2, 1)), (20, (1, 2)), (30, (1, 2))]
    rate = both.rates["double_charge"]
    assert rate.pairs == Pairs(both=0, first=1, second=2, neither=97)
    assert (rate.model, rate.real, rate.pairs.difference) == (1, 2, pytest.approx(0.01))
    assert rate.interval == newcombe(Pairs(0, 1, 2, 97))
    assert rate.verdict == "undecided"
    assert both.verdict == "undecided"
    assert "too few purchases (100)" in verdict(both)
    assert "97 of 100 purchases were charged as often" in verdict(both)


def test_orders_that_differ_come_after_charges_that_do() -> None:
    """A coffee lost in reality alone is a disagreement of orders, and a rate of its own."""
    model, real = [1] * 50, [1] * 50
    real[40] = 0
    both = twin(made(model), made(real, lost=[10]))
    assert [(one.purchase, one.counts["charges"], one.counts["orders"]) for one in both.disagreeing] == [
        (40, (1, 0), (1, 0)),
        (10, (1, 1), (1, 0)),
    ]
    assert both.rates["orphan_charge"].pairs == Pairs(0, 0, 1, 49)
    assert both.rates["never_confirmed"].pairs == Pairs(0, 0, 2, 48)


def test_the_same_rates_of_many_are_equivalent() -> None:
    """Some disagree in both directions, and the rates are the same within the margin: that is shown, not merely not refuted."""
    model, real = [1] * MANY, [1] * MANY
    for row in range(80):
        model[row] = 2
        real[row + 2] = 2
    both = twin(made(model), made(real))
    assert both.rates["double_charge"].pairs == Pairs(78, 2, 2, MANY - 82)
    assert both.verdict == "equivalent"
    assert title([both]) == "The model says what real parts do"


@pytest.mark.parametrize(("more", "wanted"), [(100, "different"), (20, "undecided")])
def test_rates_beyond_the_margin_differ(more: int, wanted: str) -> None:
    """Ten points apart is more than two; two points apart can't be told from two."""
    both = twin(made([1] * MANY), made([2] * more + [1] * (MANY - more)))
    assert both.rates["double_charge"].verdict == wanted
    assert both.verdict == wanted


def test_the_margin_decides() -> None:
    """The same tables are different, undecided and equivalent by the margin that was stated."""
    model, real = made([1] * MANY), made([2] * 50 + [1] * (MANY - 50))
    assert [twin(model, real, margin=margin).verdict for margin in (0.01, 0.05, 0.1)] == [
        "different",
        "undecided",
        "equivalent",
    ]


def test_a_late_generator_is_no_evidence() -> None:
    """One in fifty customers 30 ms late is a p99 above 20 ms; one in two hundred isn't."""
    tables = made([1] * MANY)
    late_s = np.full(MANY, 0.001)
    late_s[:5] = 0.03
    assert twin(tables, tables, late_s=late_s).verdict == "equivalent"
    late_s[:20] = 0.03
    both = twin(tables, tables, late_s=late_s)
    assert both.verdict == "refused"
    assert both.refused == "customers came late: p99 30 ms, above 20 ms"
    assert "no evidence" in verdict(both)


def test_customers_who_never_came_are_no_evidence() -> None:
    """The generator was so late that the morning was over."""
    tables = made([1] * MANY)
    assert twin(tables, tables, late_s=np.zeros(MANY - 2)).refused == "2 of 1,000 customers never came"


def test_a_full_machine_is_no_evidence() -> None:
    """Above 90 % busy; with both reasons if there are two."""
    tables = made([1] * MANY)
    assert twin(tables, tables, load=0.9).verdict == "equivalent"
    assert twin(tables, tables, load=0.95).refused == "the machine was full: 95\u00a0% busy, above 90\u00a0%"
    both = twin(tables, tables, load=0.95, late_s=np.full(MANY, 0.05))
    assert both.refused.count(";") == 1


def test_a_morning_to_which_nobody_comes() -> None:
    """There is nothing to say: no rates, no lags, no share."""
    both = twin(made([]), made([]))
    assert both.verdict == "undecided"
    assert (both.rates, both.lags, both.disagreeing) == ({}, {}, [])
    assert all(math.isnan(end) for end in both.matrices["charges"].interval)
    assert verdict(both) == "can’t tell: nobody came."


def test_nobody_charged_says_nothing() -> None:
    """All is lost in both worlds: they agree on everything, and it is no evidence that the model charges as reality does."""
    both = twin(made([0] * MANY), made([0] * MANY))
    assert both.rates["never_confirmed"].pairs == Pairs(MANY, 0, 0, 0)
    assert both.rates["never_confirmed"].verdict == "equivalent"
    assert both.verdict == "undecided"
    assert "nobody was charged" in verdict(both)


def test_everything_lost_in_reality_alone_is_different() -> None:
    """Whoever gets a coffee in the model gets none."""
    both = twin(made([1] * MANY), made([0] * MANY))
    assert both.matrices["charges"].cells == {(1, 0): MANY}
    assert both.rates["never_confirmed"].pairs.difference == 1
    assert both.verdict == "different"


def test_lags_are_quantiles_with_those_who_never_got_there() -> None:
    """99 of 100 are confirmed after a second, and nobody is acknowledged; a median of 90 lost of 100 is never."""
    both = twin(made([1] * 99 + [0]), made([1] * 10 + [0] * 90))
    assert both.lags["confirmation"].model == {50: 1.0, 90: 1.0, 99: 1.0}
    assert both.lags["confirmation"].real == {50: math.inf, 90: math.inf, 99: math.inf}
    assert both.lags["confirmation"].n == (100, 100)
    assert both.lags["read model"].real[50] == pytest.approx(0.2)
    assert both.lags["acknowledgement"].model[50] == math.inf
    assert "status" not in both.lags


def test_other_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 purchases in the model and 3 in reality"):
        twin(made([1] * 2), made([1] * 3))


def test_every_kind_of_harm_is_compared() -> None:
    assert set(twin(made([1]), made([1])).rates) == set(HARMS)


def test_a_simulated_reality_of_the_same_kind_agrees_and_a_worse_one_does_not() -> None:
    """The model is simulated with what the morning was lived with; the same customers come to both."""
    scenario, design = parse_scenario(RUSH), load_design("naive")
    near = compared(live(scenario, design, 3, instead=OTHER), margin=0.1)
    assert near.purchases > 300
    assert near.verdict == "equivalent"
    assert 0 < len(near.disagreeing) < 0.2 * near.purchases
    assert compared(live(scenario, design, 3, instead=WORSE)).verdict == "different"
    same = compared(live(scenario, design, 3, instead=None))
    assert same.disagreeing == []
    assert all(lag.model == lag.real for lag in same.lags.values())


def test_scaled_time_is_said() -> None:
    """Only where it is scaled, and in both directions."""
    assert speed(1.0) == ""
    assert "10 times as fast" in speed(10)
    assert "counts as 10 ms" in speed(10)
    assert "2 times as slowly" in speed(0.5)
    assert "counts as 0.5 ms" in speed(0.5)
