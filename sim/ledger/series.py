"""The morning over time: what a minute looked like, for charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.ledger.tally import Tally


@dataclass(frozen=True)
class Series:
    """One value a step of STEP_S seconds, from the start of the morning to its horizon, shape (steps,)."""

    arrivals: np.ndarray  # purchases submitted within the step
    ack_p95_s: np.ndarray  # of the purchases submitted within the step; inf: never; NaN: nobody came
    backlog: np.ndarray  # orders accepted and not settled, at the end of the step
    behind: np.ndarray  # confirmed orders that the status view doesn't show yet, at the end of the step
    double_charges: np.ndarray  # purchases charged more than once so far, at the end of the step


def series(tally: Tally) -> Series:
    """A morning's series from its tally."""
    return Series(ack_p95_s=_p95_by_minute(tally.lags["ack"], tally.minutes, len(tally.steps["arrivals"])), **tally.steps)


def _p95_by_minute(lag_s: np.ndarray, minute: np.ndarray, number: int) -> np.ndarray:
    result = np.full(number, np.nan)
    order = np.lexsort((lag_s, minute))
    lags, sorted_minutes = lag_s[order], minute[order]
    first = np.searchsorted(sorted_minutes, np.arange(number), side="left")
    last = np.searchsorted(sorted_minutes, np.arange(number), side="right")
    some = last > first
    result[some] = lags[(first + np.ceil((last - first) * 0.95).astype(int) - 1)[some]]
    return result
