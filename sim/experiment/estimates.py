"""Metrics over mornings: the one place that says what the interval of a metric counts, and what a difference of it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from sim.config.errors import ArgumentError, closest
from sim.experiment.statistics import Difference, Estimate, estimate
from sim.vocabulary import COUNTED, METRICS

Status = Literal["met", "violated", "undecided"]


def estimated(metric: str, values: np.ndarray, counted: Mapping[str, int]) -> Estimate:
    """A metric with its interval, from its morning values, shape (mornings,).

    `counted`: how many purchases, polls and so on (`sim.vocabulary.COUNTED`) there were in all those mornings together.
    """
    known = METRICS[metric]
    if known.unit != "share":
        return estimate(values)
    if known.n == "mornings":
        return estimate(values, count_mornings=True)
    return estimate(values, share_of=counted[known.n])


def estimates(mornings: Sequence[Mapping[str, float]], counted: Sequence[Mapping[str, int]]) -> dict[str, Estimate]:
    """Every metric, from the metrics of each morning and from what was counted in each."""
    in_all = {name: sum(morning[name] for morning in counted) for name in COUNTED}
    return {name: estimated(name, np.array([metrics[name] for metrics in mornings]), in_all) for name in METRICS}


def judge(metric: str, limit: float, value: Estimate) -> Status:
    """Met or violated when the whole interval is; one witness violates a limit of zero, never violates any."""
    known = METRICS[metric]
    if value.never:
        return "violated"
    if value.mean is None:
        return "undecided"
    if limit == 0 and not known.more_is_better:
        return "violated" if value.mean > 0 else "met"
    if value.low is None or value.high is None:
        return "undecided"
    good, bad = sorted((known.badness(value.low), known.badness(value.high)))
    at = known.badness(limit)
    return "met" if bad <= at else "violated" if good > at else "undecided"


def verdict(statuses: Iterable[Status]) -> Status:
    """On all objectives together: one violated violates it, and it is met when all are."""
    found = set(statuses)
    return "violated" if "violated" in found else "undecided" if "undecided" in found else "met"


def judgement(metric: str, value: Difference) -> Literal["", "the same", "not clear", "better", "worse"]:
    """What a difference of a metric means, by its interval; nothing if there is no difference to take."""
    if value.difference is None:
        return ""
    if value.difference == 0 and value.low in (None, 0) and value.high in (None, 0):
        return "the same"
    if value.low is None or value.high is None or value.low <= 0 <= value.high:
        return "not clear"
    return "worse" if METRICS[metric].badness(value.difference) > 0 else "better"


def known_metrics(names: Sequence[str], default: Sequence[str], *, argument: str = "metrics") -> tuple[str, ...]:
    """Those metrics, each once, or the default if none is named. Raises ArgumentError for a name that is no metric's."""
    for name in names:
        if name not in METRICS:
            hint = closest(name, METRICS) or "; `coffee list` shows them all"
            raise ArgumentError(argument, f'unknown metric "{name}"{hint}')
    return tuple(dict.fromkeys(names or default))
