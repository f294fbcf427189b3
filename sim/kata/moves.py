"""Whether a change made a metric better or worse, on the same mornings before and after."""

from __future__ import annotations

import numpy as np

from sim import words
from sim.documents.kata import Move
from sim.experiment.estimates import judgement
from sim.experiment.statistics import Difference, paired
from sim.vocabulary import METRICS

SMALL = 0.01  # share of the mean before: a difference that is certainly smaller counts as `same` (assumption)


def unchanged(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether every morning has the same value as before."""
    return np.array_equal(before, now, equal_nan=True)


def moved(metric: str, before: np.ndarray, now: np.ndarray) -> Move:
    """`better` or `worse` if the 95 % interval of the paired difference excludes zero; `same` if it holds only small ones.

    Where a value is infinite (never) there is no mean difference: then the move counts if all mornings that differ agree on it.
    """
    if unchanged(before, now):
        return "same"
    before, now = np.nan_to_num(before, nan=-1.0, posinf=np.inf), np.nan_to_num(now, nan=-1.0, posinf=np.inf)
    value = paired(now, before)
    if value.difference is None:
        better, worse = (now >= before, now <= before) if METRICS[metric].more_is_better else (now <= before, now >= before)
        return "better" if better.all() else "worse" if worse.all() else "not clear"
    if value.low is not None and value.high is not None and max(-value.low, value.high) <= SMALL * abs(before.mean()):
        return "same"
    change = judgement(metric, value)
    return "better" if change == "better" else "worse" if change == "worse" else "not clear"


def difference(metric: str, before: np.ndarray, now: np.ndarray, *, interval: bool = True) -> str:
    """`−9.6 s [−15.9, −3.3]`; `never: 5 → 0 of 5` where a value was or is infinite on so many mornings."""
    value = paired(now, before)
    if value.difference is not None:
        return words.difference(value if interval else Difference(value.difference, None, None), METRICS[metric].unit)
    was, still = int(np.isinf(before).sum()), int(np.isinf(now).sum())
    return f"never: {was} → {still} of {len(now)}" if was or still else "nothing to count"


def few(texts: list[str], most: int) -> str:
    """The first `most` texts, and how many more there are."""
    more = [f"and {len(texts) - most} more, in the debrief"] if len(texts) > most else []
    return "; ".join([*texts[:most], *more])
