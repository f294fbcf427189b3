"""The first screen of a report recommends what its numbers say, and names the price."""

from __future__ import annotations

import numpy as np
import pytest

from sim import compare
from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.experiment.compare import Comparison
from sim.report.recommendation import COST, FIGURES, figures, recommendation
from tests.report.conftest import CALM, DEAD, EMPTY, STORMY, compared


def test_what_to_take(stormy: Comparison) -> None:
    """Whoever violates fewest objectives, with the number of each, and how much was simulated."""
    told = recommendation(stormy)
    violated = {name: result.standing["violated"] for name, result in stormy.results.items()}
    fewest = min(violated, key=lambda name: (violated[name], stormy.results[name].metrics[COST].mean))
    assert told.heading == f"Take {fewest}."
    text = " ".join(told.sentences)
    assert f"Of 5 objectives {fewest} violates {violated[fewest] or 'none'}" in text
    so_far = stormy.results[fewest].standing["so far"]
    assert (f" and meets {so_far} only so far; " in text) == (so_far > 0)
    for name in set(violated) - {fewest}:
        assert f"{name} violates {violated[name] or 'none'}" in text
    assert f"{stormy.results[fewest].purchases:,} purchases" in text


def test_the_price_is_named(stormy: Comparison) -> None:
    """The outbox says yes before the card is asked, and so has to take it back more often: its recommendation says so."""
    [price] = [sentence for sentence in recommendation(stormy).sentences if sentence.startswith("Its price")]
    retracted = {name: result.metrics["retracted_rate"].mean for name, result in stormy.results.items()}
    assert retracted["outbox"] > retracted["naive"] == 0  # type: ignore[operator]
    others = [result for name, result in stormy.results.items() if name != "outbox"]
    rival = min(others, key=lambda result: (result.standing["violated"], result.metrics["retracted_rate"].mean))
    assert f"of the people hear “we have your order”, and then no (with {rival.design.name} " in price


def test_figures(stormy: Comparison) -> None:
    """A few numbers of every design; the best of a row is marked, and it is the best by the metric's own direction."""
    rows = {row.metric: row for row in figures(stormy)}
    assert list(rows) == list(FIGURES)
    double = [result.metrics["double_charge_rate"].mean for result in stormy.results.values()]
    assert [cell.is_best for cell in rows["double_charge_rate"].cells] == [value == min(double) for value in double]  # type: ignore[type-var]
    confirmed = [result.metrics["confirmed_share"].mean for result in stormy.results.values()]
    assert rows["confirmed_share"].cells[int(np.argmax(confirmed))].is_best  # type: ignore[arg-type]
    assert rows["confirmation_lag_p99"].row == "99 % have a confirmed order within"


def test_the_same_design_twice() -> None:
    """Either of two of the same will do, no price is named, and no number is the best; more mornings decide nothing."""
    twice = compared(STORMY, designs=("outbox",))
    [result] = twice.results.values()
    other = type(result)(result.design.model_copy(update={"name": "twin"}), result.scenario, result.summaries)
    twice.results["twin"] = other
    told = recommendation(twice)
    assert told.heading == "Take outbox or twin."
    assert "none of the numbers below is clearly better with another design" in " ".join(told.sentences)
    assert "more mornings may decide it" not in told.sentences[-1]
    assert not any(cell.is_best for row in figures(twice) for cell in row.cells)


def test_nothing_to_choose_between() -> None:
    """One design is not recommended over none."""
    assert recommendation(compared(CALM, mornings=2, designs=("naive",))) == ("", [])


@pytest.mark.parametrize("text", [EMPTY, DEAD])
def test_mornings_without_a_correct_purchase(text: str) -> None:
    """Nobody came, or nothing came right: nothing is decided by a cost that is no number, and no number is marked as best."""
    comparison = compared(text, mornings=2)
    told = recommendation(comparison)
    assert told.heading.startswith("These mornings do not decide between")
    [cost] = [row for row in figures(comparison) if row.metric == COST]
    assert not any(cell.is_best for cell in cost.cells)
    assert "nan" not in " ".join(told.sentences).lower()


LATE = """
name: late
clock: {start: "07:00", duration: 20min, drain: 5min}
traffic: {rate: 30/min}
provider: {latency: {lognormal: {median: 4s, sigma: 0.1}}, declined: 2%}
customers: {patience: {constant: 4700ms}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
objectives: {retracted_rate: 0}
"""


def test_what_never_comes_is_a_price_and_so_is_money() -> None:
    """Who asks the card first has customers who leave before the answer, and a bill that is clearly higher."""
    told = recommendation(compared(LATE, designs=("idempotent", "outbox")))
    assert told.heading == "Take idempotent."
    assert told.sentences[0].startswith("Of 1 objective idempotent violates none")
    [price] = [sentence for sentence in told.sentences if sentence.startswith("Its price")]
    assert "in 3 of 3 mornings it never happens that 95 % hear “we have your order” (with outbox 7" in price
    assert " for 1,000 correct purchases (with outbox " in price.replace("\u00a0", " ")


def test_undecided_is_not_met() -> None:
    """A design that leaves an objective undecided is not taken for a thousandth of the bill before one that meets it."""
    scenario = parse_scenario("""
name: close
clock: {start: "07:00", duration: 10min, drain: 5min}
traffic: {rate: 30/min}
provider: {latency: {lognormal: {median: 400ms, sigma: 0.8}}}
objectives: {ack_latency_p95: 1615ms}
""")
    few = parse_design("{name: few, from: idempotent, checkout: {workers: 2, instances: 1}}")
    many = parse_design("{name: many, from: idempotent, checkout: {workers: 16, instances: 1}}")
    comparison = compare(scenario, [few, many], mornings=10, jobs=1)
    assert [result.verdict for result in comparison.results.values()] == ["undecided", "met"]
    told = recommendation(comparison)
    assert told.heading == "These mornings do not decide between many and few."
    assert "many violates none; few violates none and leaves 1 undecided" in told.sentences[0]
