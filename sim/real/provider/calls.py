"""The log of calls: who asked for what, what was to become of it, and what the caller was told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sim.real.provider.fates import Kind

MOST_CALLS = 2_000_000  # then the provider refuses: nobody's memory is to fill up over night


@dataclass
class Call:
    """One call. `nth`: which of its purchase's calls that may change something; 0: it only reads."""

    number: int
    method: str
    path: str
    purchase: int | None
    nth: int
    key: str | None
    at_s: float
    cents: int | None = None
    fate: Kind | None = None
    replayed: bool = False
    done_s: float | None = None  # when its work was done
    status: int = 0  # of the answer; 0: there was none yet, or it was lost
    until_s: float | None = None

    def row(self) -> dict[str, Any]:
        return vars(self).copy()


class Log:
    """All calls in their order, and how many each purchase has made."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.under_way = 0
        self._made: Counter[int | None] = Counter()

    @property
    def full(self) -> bool:
        return len(self.calls) >= MOST_CALLS

    def begin(self, method: str, path: str, purchase: int | None, key: str | None, at_s: float, cents: int | None) -> Call:
        nth = 0
        if method != "GET":
            self._made[purchase] += 1
            nth = self._made[purchase]
        made = Call(len(self.calls) + 1, method, path, purchase, nth, key, at_s, cents)
        self.calls.append(made)
        self.under_way += 1
        return made

    def end(self, call: Call, at_s: float, status: int) -> None:
        call.until_s, call.status = at_s, status
        self.under_way -= 1
