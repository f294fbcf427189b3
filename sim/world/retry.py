"""When to try again: policies as frozen values, budgets and breakers as state that belongs to one caller."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from sim.config.design import Breaker as BreakerKnobs
from sim.config.design import Retry


@dataclass(frozen=True)
class Policy:
    """`delay_s(n, u)`: the sleep after the nth call has failed, from a uniform draw u; None gives up.

    v = min(cap, base * 2^(n-1)); of it, `floor` is always slept and the rest at random (Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog 2015: full jitter has floor 0, equal jitter 1/2, no jitter 1).
    """

    base_s: float
    cap_s: float
    attempts: int | None
    floor: float = 1.0

    def delay_s(self, attempt: int, draw: float) -> float | None:
        if self.attempts is not None and attempt >= self.attempts:
            return None
        v = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 60))
        return v * (self.floor + (1 - self.floor) * draw)


FLOORS = {"exponential": 1.0, "full_jitter": 0.0, "equal_jitter": 0.5}


@lru_cache(maxsize=64)
def policy(retry: Retry) -> Policy:
    """The policy that a file describes. (A search makes the same one for thousands of worlds.)"""
    if retry.fixed is not None:
        return Policy(retry.fixed.delay, retry.fixed.delay, retry.fixed.attempts)
    jitter = retry.exponential or retry.full_jitter or retry.equal_jitter
    if jitter is None:
        return Policy(0.0, 0.0, attempts=1)
    return Policy(jitter.base, jitter.cap, jitter.attempts, FLOORS[retry.chosen])


class Budget:
    """Retries allowed as a share of first requests (SRE book, "Handling Overload": 10 %); unused ones are kept, up to 10."""

    def __init__(self, ratio: float | None) -> None:
        self._ratio = ratio
        self._tokens = 10.0

    def first(self) -> None:
        if self._ratio is not None:
            self._tokens = min(10.0, self._tokens + self._ratio)

    def allows(self) -> bool:
        if self._ratio is None:
            return True
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Breaker:
    """Opens when too many of the last calls failed; then one trial call per pause decides whether it closes.

    Only a trial's own result decides while the breaker is open, and only calls that have begun since it closed count while it
    is closed. A call from before the opening, which may hang for longer than the pause, says nothing of how the provider is
    now.

    A trial whose caller dies never reports back: after another pause the next caller tries. (A breaker that waits for the lost
    trial stays open for ever.) If the first trial does report back later, it decides all the same: a breaker that would hear
    only the latest trial would never close where calls take longer than the pause.
    """

    def __init__(self, knobs: BreakerKnobs) -> None:
        # Plain attributes: reading one of a pydantic model takes seven times as long.
        self._window, self._enough, self._pause_s = knobs.window, knobs.failures * knobs.window, knobs.open
        self._last: deque[bool] = deque(maxlen=knobs.window)
        self._failures = 0
        self._open_until_s: float | None = None
        self._closed_s = -inf  # when it closed last
        self._trials: set[float] = set()  # when each that is out began; there are never two at once

    def wait_s(self, now: float) -> float:
        """0: call now (and tell `note` how it went); else come back after this long."""
        if self._open_until_s is None:
            return 0.0
        if now < self._open_until_s:
            return self._open_until_s - now
        self._trials.add(now)
        self._open_until_s = now + self._pause_s
        return 0.0

    def note(self, now: float, *, failed: bool, begun_s: float | None = None) -> None:
        """How a call went, which began at `begun_s`, when `wait_s` let it go.

        Without that, every result while a trial is out counts as the trial's, and every result while the breaker is closed.
        """
        if self._open_until_s is not None:
            trial_s = next(iter(self._trials), None) if begun_s is None else begun_s
            if trial_s in self._trials:
                self._decide(now, trial_s, failed=failed)
        elif begun_s is None or begun_s >= self._closed_s:
            self._count(now, failed=failed)

    def _decide(self, now: float, trial_s: float, *, failed: bool) -> None:
        if failed:
            self._trials.remove(trial_s)
            self._open_until_s = now + self._pause_s
        else:
            self._trials.clear()
            self._open_until_s, self._closed_s = None, now

    def _count(self, now: float, *, failed: bool) -> None:
        last = self._last
        if len(last) == self._window:
            self._failures -= last[0]
        last.append(failed)
        self._failures += failed
        if self._failures >= self._enough and len(last) == self._window:
            self._open_until_s = now + self._pause_s
            self._last.clear()
            self._failures = 0
