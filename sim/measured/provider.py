"""What the calls say of the payment provider: how long it takes, and how often it refuses, breaks down, or is not heard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.config.model import STEEPEST
from sim.config.units import PROBABILITY
from sim.experiment.statistics import clopper_pearson
from sim.measured.durations import by_lognormal, by_percentiles, plain
from sim.measured.fitted import Fitted, Found, Untold
from sim.measured.line import REFUSALS, End, Line, Log
from sim.measured.lognormal import Estimated, Times

FEWEST = 20  # times: with fewer no distribution is fitted
LATENCY, AMBIGUOUS = ("provider", "latency"), ("provider", "ambiguous")


def fit(log: Log) -> list[Found]:
    """Latency, ambiguous, failed, errored and declined, as far as the calls tell them."""
    calls = log.calls
    if not calls:
        why = "the log has no calls to the provider"
        names = ("latency", "ambiguous", "failed", "errored", "declined")
        return [Untold("scenario", ("provider", name), why) for name in names]
    found = _by_ledger(calls) if log.has_ledger else _by_answers(calls)
    return [*found, *_refusals(calls, _share(found)), _declined(calls)]


def _share(found: Sequence[Found]) -> float:
    """The fitted share of ambiguous calls; 0 if it isn't told."""
    return next((float(one.value) for one in found if isinstance(one, Fitted) and one.key == AMBIGUOUS), 0.0)


def _by_ledger(calls: Sequence[Line]) -> list[Found]:
    """With the provider's ledger nothing is cut off: of every charged call it is known when the money was taken.

    An unanswered call that was charged before we gave up on it has lost its answer. That is counted, not inferred.
    """
    heard = [
        line for line in calls if line.end is End.OK and line.duration_s > 0
    ]  # the ledger may list only what we don't know
    silent = [line for line in calls if not line.answered and line.charged_s is not None]
    lost = [line for line in silent if (line.charged_s or 0.0) < line.ended_s]
    n = len(heard) + len(lost)
    found: list[Found] = []
    times = np.array([line.duration_s for line in heard] + [(line.charged_s or 0.0) - line.start_s for line in silent])
    if len(times) < FEWEST:
        found.append(Untold("scenario", LATENCY, f"charged calls: {len(times)}; at least {FEWEST} are needed"))
    else:
        how = f"{len(silent):,} of them by the provider's ledger alone" if silent else ""
        found += plain("scenario", LATENCY, times, of="charged calls", how=how)
    if n:
        how = f"{len(lost):,} were charged before we gave up on them, by the provider's ledger"
        low, high = clopper_pearson(len(lost), n)
        found.append(Fitted("scenario", AMBIGUOUS, len(lost) / n, PROBABILITY, n, "charged calls", low, high, how))
    else:
        found.append(Untold("scenario", AMBIGUOUS, "no call was charged in time"))
    return found


def _by_answers(calls: Sequence[Line]) -> list[Found]:
    """Without the ledger a call that was given up on is slower than that, or lost; only a lognormal's tail tells which."""
    paid = [line for line in calls if line.end in (End.OK, End.DECLINED) and line.duration_s > 0]
    waits = [line.duration_s for line in calls if line.end is End.TIMEOUT]
    timeout_s = float(np.median(waits)) if waits else np.inf
    seconds = np.array([line.duration_s for line in paid if line.duration_s <= timeout_s])
    if len(seconds) < FEWEST:
        few = f"paid or declined calls with a duration: {len(seconds)}; at least {FEWEST} are needed"
        return [Untold("scenario", LATENCY, few), Untold("scenario", AMBIGUOUS, few)]
    if not waits:
        why = "every call was answered, or the log says of none that it was not"
        return [*plain("scenario", LATENCY, seconds, of="answered calls"), Untold("scenario", AMBIGUOUS, why)]
    refused = sum(line.end in REFUSALS and line.end is not End.CONFLICT for line in calls)
    times = Times(seconds, timeout_s, len(waits), len(seconds) + refused)
    n = len(seconds) + len(waits)
    cut = f"{len(waits):,} of them were given up on, and count as longer or lost, not as times"
    constant = not np.ptp(seconds) > 0
    if not constant:
        median, sigma, lost = times.fit(can_lose=True)
        if lost is not None and sigma.value <= STEEPEST and times.is_lognormal(median.value, sigma.value):
            found: list[Found] = [*by_lognormal("scenario", LATENCY, median, sigma, n, of="calls", how=cut)]
            return [*found, _lost(lost, len(waits), n + refused)]
    found = [*by_percentiles("scenario", LATENCY, np.sort(seconds), n, of="calls", how=cut)]
    if constant or not found:
        found = [*plain("scenario", LATENCY, seconds, of="answered calls")]
    why = (
        f"{len(waits):,} of {n:,} calls were given up on, and the times are no lognormal, so that nobody can say which were "
        "lost; the provider's ledger can: a column charged_at"
    )
    return [*found, Untold("scenario", AMBIGUOUS, why)]


def _lost(lost: Estimated, waits: int, n: int) -> Fitted:
    how = f"of {waits:,} that were given up on, those that a lognormal's tail doesn't explain; the provider's ledger knows"
    return Fitted("scenario", AMBIGUOUS, lost.value, PROBABILITY, n, "calls", lost.low, lost.high, how)


def _refusals(calls: Sequence[Line], ambiguous: float) -> list[Found]:
    """Of the calls that were answered; slow ones fail as often as others, and what was lost has no part in it."""
    answered = [line for line in calls if line.answered]
    if not answered:
        why = "no call was answered"
        return [Untold("scenario", ("provider", name), why) for name in ("failed", "errored")]
    found: list[Found] = []
    for name, end in (("failed", End.FAILED), ("errored", End.ERROR)):
        events = sum(line.end is end for line in answered)
        share, low, high = (
            value * (1 - ambiguous) for value in (events / len(answered), *clopper_pearson(events, len(answered)))
        )
        key, how = ("provider", name), f"{events:,} were"
        found.append(Fitted("scenario", key, share, PROBABILITY, len(answered), "answered calls", low, high, how))
    return found


def _declined(calls: Sequence[Line]) -> Found:
    """A card is good or bad for all calls of its purchase, so people are counted, not calls."""
    key = ("provider", "declined")
    settled = [line for line in calls if line.end in (End.OK, End.DECLINED)]
    if not settled:
        return Untold("scenario", key, "no call was paid or declined")
    if all(line.purchase for line in settled):
        declined = {line.purchase for line in settled if line.end is End.DECLINED}
        people = {line.purchase for line in settled}
        events, n, of = len(declined), len(people), "purchases"
    else:
        events, n, of = (
            sum(line.end is End.DECLINED for line in settled),
            len(settled),
            "calls, as they don't say of which purchase",
        )
    low, high = clopper_pearson(events, n)
    return Fitted("scenario", key, events / n, PROBABILITY, n, of, low, high, f"{events:,} were")
