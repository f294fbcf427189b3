"""The first screen of a report: which design to take, why, at what price, how sure that is, and the few numbers behind it."""

from __future__ import annotations

from math import inf, isfinite
from typing import NamedTuple

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.experiment.estimates import judgement
from sim.experiment.statistics import Difference
from sim.vocabulary import METRICS

COST = "cost_per_1000"


class Told(NamedTuple):
    """How a number is told: as the name of a row, and in a sentence that begins with the value."""

    row: str
    rest: str


FIGURES = {
    "double_charge_rate": Told("charged twice", "of the purchases are charged twice"),
    "overcharged_per_1000": Told("taken wrongly, per 1,000 purchases", "are taken wrongly per 1,000 purchases"),
    "confirmed_share": Told(
        "of those with a good card, have a confirmed order", "of those with a good card have a confirmed order"
    ),
    "ack_latency_p95": Told("95 % hear “we have your order” within", "pass until 95 % hear “we have your order”"),
    "retracted_rate": Told("hear “we have your order”, then no", "of the people hear “we have your order”, and then no"),
    "confirmation_lag_p99": Told("99 % have a confirmed order within", "pass until 99 % have a confirmed order"),
    COST: Told("cost of 1,000 correct purchases, failures included", "for 1,000 correct purchases"),
}
MOST_PAID = 2  # drawbacks that the first screen names
ALIKE = 0.01  # costs that differ surely by less, as a share of them, are no reason to take one of two designs (assumption)


class Cell(NamedTuple):
    text: str
    is_best: bool


class Figure(NamedTuple):
    """One number of every design."""

    metric: str
    row: str
    cells: list[Cell]


class Recommendation(NamedTuple):
    """What to take, and what to say about it; without a heading if there is nothing to choose between."""

    heading: str
    sentences: list[str]


def figures(comparison: Comparison) -> list[Figure]:
    """The rows of the first table. The best value of a row is marked, unless all are the same."""
    rows = []
    for metric, told in FIGURES.items():
        texts = [_value(result, metric) for result in comparison.results.values()]
        badness = [_badness(result, metric) for result in comparison.results.values()]
        best = [text == texts[badness.index(min(badness))] and isfinite(min(badness)) for text in texts]
        cells = [Cell(text, is_best and not all(best)) for text, is_best in zip(texts, best, strict=True)]
        rows.append(Figure(metric, told.row, cells))
    return rows


def recommendation(comparison: Comparison) -> Recommendation:
    """The design that violates the fewest objectives, then leaves the fewest undecided, then costs least, failures included."""
    if len(comparison.results) < 2:
        return Recommendation("", [])
    best, second, *_ = sorted(comparison.results.values(), key=_rank)
    apart = _apart(best, second, COST)
    name, other = best.design.name, second.design.name
    even = _standing(best) == _standing(second)
    alike = even and apart.low is not None and apart.high is not None and max(-apart.low, apart.high) <= ALIKE * _bill(best)
    clear = best.standing["violated"] < second.standing["violated"] or (even and judgement(COST, apart) == "better")
    heading = (
        f"Take {name} or {other}." if alike
        else f"Take {name}." if clear
        else f"These mornings do not decide between {name} and {other}."
    )  # fmt: skip
    why = _why(comparison, best, second, apart)
    return Recommendation(heading, [*why, _price(comparison, best), _how_sure(comparison, clear=clear or alike)])


def _why(comparison: Comparison, best: Result, second: Result, apart: Difference) -> list[str]:
    name, other = best.design.name, second.design.name
    sentences = []
    if limits := len(best.objectives):
        others = [result for result in comparison.results.values() if result is not best]
        theirs = ", ".join(
            f"{result.design.name} violates {result.standing['violated'] or 'none'}{_undecided(result)}" for result in others
        )
        missed = [objective.metric for objective in best.objectives if objective.status == "violated"]
        named = f" ({', '.join(missed)})" if 0 < len(missed) <= MOST_PAID else ""
        if so_far := best.standing["so far"]:
            named += f" and meets {so_far} only so far"
        objectives = "1 objective" if limits == 1 else f"{limits} objectives"
        sentences.append(f"Of {objectives} {name} violates {len(missed) or 'none'}{named}{_undecided(best)}; {theirs}.")
    cost = [_value(result, COST) for result in (best, second)]
    interval = f" ({words.difference(apart, 'USD')}, with its 95 % interval)" if apart.low is not None else ""
    sentences.append(
        f"1,000 correct purchases cost {cost[0]} with {name} and {cost[1]} with {other}{interval}; this includes all that "
        "failures cost, also people who are told yes and then no."
    )
    return sentences


def _undecided(result: Result) -> str:
    number = result.standing["undecided"]
    return f" and leaves {number} undecided" if number else ""


def _price(comparison: Comparison, best: Result) -> str:
    """What another design clearly does better, in the words of the figures. Of several, the one that violates fewest."""
    name, found = best.design.name, []
    for metric, told in FIGURES.items():
        rivals = [result for result in comparison.results.values() if _badness(result, metric) < _badness(best, metric)]
        if not rivals:
            continue
        rival = min(rivals, key=lambda result: (result.standing["violated"], _badness(result, metric)))
        own, theirs = _value(best, metric), _value(rival, metric)
        if own != theirs and (comparison.mornings == 1 or _is_worse(best, rival, metric)):
            found.append(f"{_paid(best, metric, own, told.rest)} (with {rival.design.name} {theirs})")
    if not found:
        return f"Its price: none of the numbers below is clearly better with another design than with {name}."
    return f"Its price: {'; '.join(found[:MOST_PAID])}."


def _paid(best: Result, metric: str, own: str, rest: str) -> str:
    if METRICS[metric].unit == "s" and best.metrics[metric].never:
        return f"in {words.never_in(best.metrics[metric])} it never happens that {rest.removeprefix('pass until ')}"
    return f"{own} {rest}"


def _is_worse(one: Result, other: Result, metric: str) -> bool:
    """Clearly, by the interval of the difference; or by every morning that differs, where a value is infinite on some."""
    judged = judgement(metric, _apart(one, other, metric))
    if judged:
        return judged == "worse"
    mine, theirs = (METRICS[metric].badness(1.0) * result.each(metric) for result in (one, other))
    return bool((mine >= theirs).all() and (mine > theirs).any())


def _how_sure(comparison: Comparison, *, clear: bool) -> str:
    purchases = sum(result.purchases for result in comparison.results.values()) / len(comparison.results)
    of = f"{words.mornings(comparison.mornings)} with {purchases:,.0f} purchases, the same people and faults for every design"
    if comparison.mornings == 1:
        return f"How sure: one morning tells little; this is {of}."
    return f"How sure: {of}{'' if clear else '; more mornings may decide it'}. Prices and habits of people are assumptions."


def _value(result: Result, metric: str) -> str:
    """Without its interval, and times in the unit that people would use."""
    value = result.metrics[metric]
    if METRICS[metric].unit == "s" and value.mean is not None and not value.never:
        return words.seconds(value.mean)
    return words.mean(value, METRICS[metric].unit)


def _standing(result: Result) -> tuple[int, int]:
    return result.standing["violated"], result.standing["undecided"]


def _rank(result: Result) -> tuple[tuple[int, int], float]:
    return _standing(result), _badness(result, COST)


def _bill(result: Result) -> float:
    return result.metrics[COST].mean or 0.0


def _badness(result: Result, metric: str) -> float:
    value = result.metrics[metric]
    return inf if value.mean is None or value.never else METRICS[metric].badness(value.mean)


def _apart(one: Result, other: Result, metric: str) -> Difference:
    return one.difference(metric, other)
