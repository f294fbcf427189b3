"""When people came: the first line of each purchase, as one rate or as steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.config.units import CLOCK, DAY_S, DURATION, RATE, clock_text
from sim.measured.fitted import Fitted, Found, Untold
from sim.measured.intervals import is_even, poisson_interval
from sim.measured.line import Line, Log

FEWEST = 10  # purchases: with fewer nothing is said of their rate
WIDTHS_S = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
MOST_STEPS = 48
CLEARLY = 10.83  # a chi-square of one is larger once in a thousand times; there are up to 47 pairs of neighbours
IN_A_STEP = 30  # purchases on average: their number is known within a third then
CLOCK_START, CLOCK_DURATION, TRAFFIC = ("clock", "start"), ("clock", "duration"), ("traffic",)


def fit(log: Log) -> list[Found]:
    """The clock, and a rate or steps."""
    times, of = arrivals_s(log)
    if len(times) < FEWEST or times[-1] - times[0] < 1.0:
        why = f"people who come: {len(times)} in {_span(times)}; at least {FEWEST} in a second or more are needed"
        return [Untold("scenario", key, why) for key in (CLOCK_START, CLOCK_DURATION, TRAFFIC)]
    start_s = float(math.floor(times[0]))
    duration_s = max(float(math.ceil(times[-1] - start_s)), 1.0)
    n = len(times)
    found: list[Found] = [
        Fitted("scenario", CLOCK_START, start_s % DAY_S, CLOCK, 1, "line", how=f"the first of {n:,} {of}"),
        Fitted("scenario", CLOCK_DURATION, duration_s, DURATION, 2, "lines", how="from the first to the last"),
    ]
    edges = _edges(times)
    counts, _ = np.histogram(times, edges)
    widths = np.diff(edges)
    if is_even(counts, n * widths / widths.sum()):
        low, high = (each / duration_s for each in poisson_interval(n))
        how = "no step differs from the others by more than chance"
        return [*found, Fitted("scenario", (*TRAFFIC, "rate"), n / duration_s, RATE, n, of, low, high, how)]
    edges = _merged(edges, counts)
    counts, _ = np.histogram(times, edges)
    for edge, width, count in zip(edges, np.diff(edges), counts, strict=False):
        low, high = (each / width for each in poisson_interval(int(count)))
        key = (*TRAFFIC, "steps", clock_text(edge))
        found.append(Fitted("scenario", key, count / width, RATE, int(count), of, low, high))
    return found


def arrivals_s(log: Log) -> tuple[np.ndarray, str]:
    """When each purchase came, in order, and what its times are of: the app's requests if there are any, else the next best."""
    lines: Sequence[Line] = log.requests or log.handled or log.calls
    first: dict[str, float] = {}
    unknown = []
    for line in lines:
        if line.purchase:
            first.setdefault(line.purchase, line.start_s)
        elif line.attempt in (None, 1):
            unknown.append(line.start_s)
    what = "requests" if log.requests else "requests at the checkout" if log.handled else "calls"
    of = (
        "purchases"
        if not unknown
        else f"{what}, of which it is not told whose they are, so that a second tap is another purchase"
    )
    return np.sort(np.array([*first.values(), *unknown])), of


def _edges(times: np.ndarray) -> np.ndarray:
    """Of the steps: full minutes or hours, the outermost where the first and the last purchase are.

    An outermost step that would be shorter than half of the others goes to its neighbour.
    """
    begin_s, end_s = float(math.floor(times[0])), float(times[-1])
    length_s = end_s - begin_s
    fits = (w for w in WIDTHS_S if length_s / w <= MOST_STEPS and len(times) * w / length_s >= IN_A_STEP)
    width_s = next(fits, length_s)
    inner = np.arange(math.floor(begin_s / width_s) + 1, math.ceil(end_s / width_s)) * width_s
    inner = inner[(inner - begin_s >= width_s / 2) & (end_s - inner >= width_s / 2)]
    return np.array([begin_s, *inner, end_s])


def _merged(edges: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Without the edges between neighbours that chance may have made different, the most alike first.

    Whether two counts have one rate is asked by their likelihood ratio, twice the logarithm of which is a chi-square of one.
    """
    bounds, numbers = list(edges), [int(count) for count in counts]
    while len(numbers) > 2:
        widths = np.diff(bounds)
        apart = [_apart(numbers[i : i + 2], widths[i : i + 2]) for i in range(len(numbers) - 1)]
        alike = int(np.argmin(apart))
        if apart[alike] > CLEARLY:
            break
        numbers[alike : alike + 2] = [numbers[alike] + numbers[alike + 1]]
        del bounds[alike + 1]
    return np.array(bounds)


def _apart(counts: Sequence[int], widths: np.ndarray) -> float:
    rate = sum(counts) / float(widths.sum())
    return 2 * sum(n * math.log(n / (rate * w)) for n, w in zip(counts, widths, strict=True) if n)


def _span(times: np.ndarray) -> str:
    return f"{times[-1] - times[0] if len(times) else 0.0:.3g} s"
