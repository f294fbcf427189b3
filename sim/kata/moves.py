"""What a change did to a metric: the same mornings before and after."""

from __future__ import annotations

import numpy as np

from sim import words
from sim.documents.kata import Move
from sim.experiment.statistics import Difference, paired
from sim.vocabulary import METRICS

SMALL = 0.01  # of what it was: a difference that is certainly smaller is called the same (assumption)


def unchanged(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether every morning has the value that it had."""
    return np.array_equal(before, now, equal_nan=True)


def moved(metric: str, before: np.ndarray, now: np.ndarray) -> Move:
    """Better or worse if the 95 % interval of the paired difference says so, and the same if it holds only small ones.

    Where a value is infinite (never) there is no mean: then if it is so on every morning that differs.
    """
    if unchanged(before, now):
        return "same"
    before, now = np.nan_to_num(before, nan=-1.0, posinf=np.inf), np.nan_to_num(now, nan=-1.0, posinf=np.inf)
    value = paired(now, before)
    if value.difference is None:
        lower_is_better = METRICS[metric].better == "lower"
        if (now <= before).all():
            return "better" if lower_is_better else "worse"
        if (now >= before).all():
            return "worse" if lower_is_better else "better"
        return "not clear"
    if value.low is not None and value.high is not None and max(-value.low, value.high) <= SMALL * abs(before.mean()):
        return "same"
    said = words.judgement(metric, value)
    return "better" if said == "better" else "worse" if said == "worse" else "not clear"


def difference(metric: str, before: np.ndarray, now: np.ndarray, *, interval: bool = True) -> str:
    """`−9.6 s [−15.9, −3.3]`, or what can be said where there is no difference to take."""
    value = paired(now, before)
    if value.difference is not None:
        return words.difference(value if interval else Difference(value.difference, None, None), METRICS[metric].unit)
    was, still = int(np.isinf(before).sum()), int(np.isinf(now).sum())
    return f"never in {still} of {len(now)}, was {was}" if was or still else "nothing to count"


def few(said: list[str], most: int = 2) -> str:
    """The first of them, and how many more there are."""
    more = [f"and {len(said) - most} more, in the debrief"] if len(said) > most else []
    return "; ".join([*said[:most], *more])
