"""What a log says of the design: when each side gives up, how the app tries again, and how long the checkout itself works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from sim.config.units import DURATION
from sim.measured.durations import plain
from sim.measured.fitted import Fitted, Found, Untold
from sim.measured.intervals import quantile_interval
from sim.measured.line import End, Line, Log

FEWEST = 20  # requests at the checkout
FEWEST_RETRIES = 5
WAITS_APART = 0.1  # of the middle 90 % of the waits, over the median: more are no one timeout
SERVICE, RETRY = ("checkout", "service"), ("app", "retry")
RETRIED = (End.TIMEOUT, End.CONFLICT, End.FAILED, End.ERROR)
ALIKE = 0.05  # spread over the mean of the sleeps, below which no draw is behind them


def fit(log: Log) -> list[Found]:
    return [
        _timeout(("app", "timeout"), log.requests, "requests"),
        *_retries(log.requests),
        _timeout(("payment", "timeout"), log.calls, "calls"),
        *_service(log),
    ]


def _timeout(key: tuple[str, ...], lines: Sequence[Line], of: str) -> Found:
    """How long was waited in vain. It is no estimate of a tail but a clock of ours: all waits are about the same."""
    waits = np.sort(np.array([line.duration_s for line in lines if line.end is End.TIMEOUT and line.duration_s > 0]))
    if not len(waits):
        why = f"none of the {len(lines):,} {of} ran out of time" if lines else f"the log has no {of}"
        return Untold("design", key, why)
    middle = float(np.median(waits))
    apart = float(np.quantile(waits, 0.95) - np.quantile(waits, 0.05))
    if apart > WAITS_APART * middle:
        why = f"{len(waits):,} {of} were given up on, after times too different for one timeout"
        return Untold(
            "design", key, f"{why} ({DURATION.text(round(float(waits[0]), 3))} to {DURATION.text(round(float(waits[-1]), 3))})"
        )
    low, high = quantile_interval(waits, 0.5, len(waits)) or (float(waits[0]), float(waits[-1]))
    return Fitted("design", key, middle, DURATION, len(waits), f"{of} without an answer", low, high)


def _retries(requests: Sequence[Line]) -> list[Found]:
    """The kind of back-off, its base, and after how many attempts the app gives up."""
    told = [line for line in requests if line.attempt is not None]
    if not told:
        why = (
            "the log has no requests" if not requests else "no line says which attempt it is, so that a retry looks like a tap"
        )
        return [Untold("design", RETRY, why)]
    sleeps, given_up = _sleeps(told)
    if not sleeps:
        tried = sum(given_up.values())
        if tried < FEWEST_RETRIES:
            return [
                Untold(
                    "design",
                    RETRY,
                    f"requests that failed, and were not sent again: {tried}; at least {FEWEST_RETRIES} are needed",
                )
            ]
        how = f"none of {tried:,} requests that failed was sent again"
        return [Fitted("design", (*RETRY, "never"), True, None, tried, "requests that failed", how=how)]
    if len(sleeps) < FEWEST_RETRIES:
        return [Untold("design", RETRY, f"requests that were sent again: {len(sleeps)}; at least {FEWEST_RETRIES} are needed")]
    kind, value, low, high = back_off(sleeps)
    name = "delay" if kind == "fixed" else "base"
    of = "retries"
    found: list[Found] = [Fitted("design", (*RETRY, kind, name), value, DURATION, len(sleeps), of, low, high)]
    most = max(line.attempt or 1 for line in told)
    last = given_up.get(most, 0)
    how = f"the most seen; {last:,} requests failed then, and none was sent again"
    if not last:
        how = "the most seen; no request failed then, so that there may be more"
    n = sum(line.attempt == most for line in told)
    return [*found, Fitted("design", (*RETRY, kind, "attempts"), most, None, n, f"requests at attempt {most}", how=how)]


def _sleeps(told: Sequence[Line]) -> tuple[list[tuple[int, float]], dict[int, int]]:
    """Each sleep in seconds with the attempt that it came after; and by attempt, how many failed and had none after them.

    Those at the end of the log are left out of the latter: what came after them may be cut off.
    """
    taps: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in told:
        if line.purchase:
            taps[line.purchase, line.tap].append(line)
    ends_s = max(line.start_s for line in told)
    sleeps, given_up = [], defaultdict[int, int](int)
    for lines in taps.values():
        later = {line.attempt: line for line in reversed(lines)}
        for line in lines:
            attempt = line.attempt or 1
            after = later.get(attempt + 1)
            if line.end not in RETRIED:
                continue
            if after is not None and after.start_s >= line.ended_s - 1e-6:
                sleeps.append((attempt, max(after.start_s - line.ended_s, 0.0)))
            elif after is None and line.ended_s < ends_s - 60:
                given_up[attempt] += 1
    return sleeps, given_up


def back_off(sleeps: Sequence[tuple[int, float]]) -> tuple[str, float, float, float]:
    """The kind of back-off, its base (or delay) in seconds and that one's interval, of sleeps with the attempts before them.

    Each sleep over 2^(attempt - 1) is the base, or a draw from 0 (full jitter) or a half (equal jitter) to it. The largest of n
    uniform draws is base · U^(1/n), so that base < largest · 0.05^(-1/n) at 95 %. Sleeps that the cap has cut are taken to be
    rare.
    """
    seconds = np.array([sleep for _, sleep in sleeps])
    bases = np.array([sleep / 2.0 ** min(attempt - 1, 30) for attempt, sleep in sleeps])
    n, several = len(bases), len({attempt for attempt, _ in sleeps}) > 1
    for kind, values in (("fixed", seconds), ("exponential", bases)):
        if values.std() <= ALIKE * values.mean() and (kind == "fixed" or several):
            return kind, float(np.median(values)), float(values.min()), float(values.max())
    largest, smallest = float(bases.max()), float(bases.min())
    if smallest >= largest / 2:  # so likely under full jitter as n coins that all show heads
        return "equal_jitter", largest, largest, min(2 * smallest, (2 - 0.05 ** (1 / n)) * largest)
    return "full_jitter", largest * (n + 1) / n, largest, largest * 0.05 ** (-1 / n)


def _service(log: Log) -> list[Found]:
    """What the checkout takes by itself: its requests without the calls made for them. The database's time is part of it."""
    in_calls: dict[str, float] = defaultdict(float)
    for call in log.calls:
        if call.id:
            in_calls[call.id] += call.duration_s
    lines = [line for line in log.handled if line.end in (End.OK, End.DECLINED) and line.duration_s > 0]
    if len(lines) < FEWEST:
        return [
            Untold(
                "design",
                SERVICE,
                f"requests that the checkout handled well: {len(lines)}; at least {FEWEST} are needed",
            )
        ]
    waits = (
        log.calls and np.median([line.duration_s for line in lines]) > np.median([line.duration_s for line in log.calls]) / 2
    )
    if waits and not in_calls:  # shorter requests can't have waited for the provider: the money is taken later
        return [Untold("design", SERVICE, "the calls don't say for which request they were made (a column id)")]
    own = np.array([line.duration_s - in_calls.get(line.id, 0.0) for line in lines])
    how = "with what they waited for a worker and for the database, which is therefore 0s below"
    service = plain("design", SERVICE, own[own > 0], of="requests at the checkout", how=how)
    if not service:
        return [Untold("design", SERVICE, "the calls take as long as the requests that they were made for")]
    n = len(lines)
    free = [
        Fitted("design", ("database", name, "constant"), "0s", None, n, "requests at the checkout", how="in checkout.service")
        for name in ("write", "read")
    ]
    return [*service, *free]
