"""Metrics over mornings: the one place that says what the interval of a metric counts, and what a difference of it means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from sim.config.errors import ArgumentError, closest
from sim.experiment.statistics import CONFIDENCE, Difference, Estimate, by_chance, estimate, paired, ratios, zero_events_bound
from sim.ledger.costs import PARTS
from sim.vocabulary import COUNTED, METRICS

Status = Literal["met", "so far", "violated", "undecided"]
Open = Literal["nothing", "few", "close"]
Values = Mapping[str, np.ndarray]  # a metric, what shares count (`COUNTED`), or the USD of a group of PARTS -> one a morning
RARE = 0.05  # a share of mornings: harm that strikes at least so many of them would have shown where an objective is met
UNSEEN = 0.001  # a share of purchases or other things: and harm that befalls so many of them, anywhere


def values_of(
    metrics: Sequence[Mapping[str, float]], counted: Sequence[Mapping[str, int]], costs: Sequence[Mapping[str, float]]
) -> Values:
    """The values of mornings, from the metrics of each, from what was counted in each, and from its bill by part."""
    return {
        **{name: np.array([one[name] for one in metrics]) for name in METRICS},
        **{name: np.array([one[name] for one in counted]) for name in COUNTED},
        **{group: np.array([sum(one[part] for part in parts) for one in costs]) for group, parts in PARTS.items()},
    }


def each(metric: str, values: Values) -> np.ndarray:
    """One value a morning, whose mean is the metric of all mornings, shape (mornings,).

    A cost per correct purchase is that of all mornings to all their correct purchases: a morning on which nothing came right
    has a cost as well. Of every other metric all mornings weigh the same.
    """
    known = METRICS[metric]
    if not known.per_correct or np.isnan(values[metric]).all():
        return values[metric]
    groups = [known.part] if known.part is not None else list(PARTS)
    return ratios(1000.0 * np.sum([values[group] for group in groups], axis=0), values[known.of])


def mean_of(metric: str, values: Values) -> float:
    """A metric of all mornings: infinite if it is so in any, NaN if there was nothing to count in all of them."""
    mine = each(metric, values)
    counted = mine[~np.isnan(mine)]
    return float(counted.mean()) if len(counted) else math.nan


def difference_of(metric: str, values: Values, baseline: Values, confidence: float = CONFIDENCE) -> Difference:
    """How a metric differs from that of the same mornings, with its interval; without one if no harm was seen in either."""
    known, mine, theirs = METRICS[metric], each(metric, values), each(metric, baseline)
    both = ~(np.isnan(mine) | np.isnan(theirs))
    if known.perfect is not None and both.any() and (np.append(mine[both], theirs[both]) == known.perfect).all():
        return Difference(0.0, None, None)
    share_of = None
    if known.out_of is not None:
        share_of = int(min(one[known.out_of][both].sum() for one in (values, baseline)))
    elif known.whole:
        share_of = int(both.sum())
    found = paired(mine, theirs, confidence, share_of=share_of)
    if known.amount and found.low == found.high:  # the same on all mornings: a purchase on each, for all that is known
        return by_chance(found, int(both.sum()), confidence)
    return found


def estimated(metric: str, values: Values, confidence: float = CONFIDENCE) -> Estimate:
    """A metric with its interval."""
    known, mine = METRICS[metric], each(metric, values)
    share_of = None if known.out_of is None else int(values[known.out_of].sum())
    value = estimate(mine, share_of=share_of, whole=known.whole, confidence=confidence)
    if known.unit == "share" and value.high is not None:
        value = replace(value, high=min(value.high, 1.0))
    if known.perfect is None:
        return value
    return replace(value, harmed=int((mine[~np.isnan(mine)] != known.perfect).sum()))


def estimates(values: Values, confidence: float = CONFIDENCE) -> dict[str, Estimate]:
    """Every metric with its interval."""
    return {name: estimated(name, values, confidence) for name in METRICS}


def mornings_needed(confidence: float = CONFIDENCE) -> int:
    """Mornings without any harm after which harm in `RARE` of all mornings would have shown: 59 at 95 %."""
    needed = 1
    while zero_events_bound(needed, confidence) > RARE:
        needed += 1
    return needed


def judge(metric: str, limit: float, value: Estimate) -> Status:
    """Met or violated when the whole interval is; one witness violates a limit of none, or of all; never violates any.

    What has been seen in too few mornings is met only *so far*. Purchases of one morning fail together, so where most mornings
    harm nobody it takes `mornings_needed` to meet an objective; and where none does, it also takes so many purchases that harm
    to a share of `UNSEEN` would have shown. This is the same for every limit: a stricter one is never met where a laxer isn't.
    """
    known = METRICS[metric]
    if value.never:
        return "violated"
    if value.mean is None:
        return "undecided"
    if limit == known.best and value.mean != limit:
        return "violated"
    if value.low is None or value.high is None:
        return "undecided"
    good, bad = sorted((known.badness(value.low), known.badness(value.high)))
    at = known.badness(limit)
    if good > at:
        return "violated"
    if value.harmed == 0:
        enough = known.badness(value.mean) + (RARE if known.whole else UNSEEN)
        return "met" if bad <= max(at, enough) and not _too_few(value) else "so far"
    return "undecided" if bad > at else "so far" if _too_few(value) else "met"


def _too_few(value: Estimate) -> bool:
    """Whether harm was so rare among the mornings, or never seen, that more of them have to be looked at."""
    return value.harmed is not None and 2 * value.harmed < value.n < mornings_needed(value.confidence)


def holds(status: Status) -> bool:
    """Whether nothing speaks against an objective; it takes more mornings to say that it is met."""
    return status in ("met", "so far")


def open_because(metric: str, limit: float, value: Estimate) -> Open | None:
    """Why it isn't known yet whether an objective is met; None if it is.

    There was nothing to count, which more mornings don't change; or there were too few mornings; or the limit is too close.
    """
    status = judge(metric, limit, value)
    if status in ("met", "violated"):
        return None
    if value.mean is None:
        return "nothing"
    return "few" if status == "so far" or value.low is None else "close"


def verdict(statuses: Iterable[Status]) -> Status:
    """On all objectives together: one violated violates it, and it is met when all are."""
    found = set(statuses)
    worst: tuple[Status, ...] = ("violated", "undecided", "so far")
    return next((status for status in worst if status in found), "met")


def judgement(metric: str, value: Difference) -> Literal["", "none seen", "the same", "not clear", "better", "worse"]:
    """What a difference of a metric means, by its interval; nothing if there is no difference to take."""
    if value.difference is None:
        return ""
    if value.difference == 0 and value.low == 0 and value.high == 0:
        return "the same"
    if value.difference == 0 and value.low is None and METRICS[metric].perfect is not None:
        return "none seen"
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
