"""A line of a log: one request or one call with its start, its duration and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Kind = Literal["request", "handled", "call"]


class End(Enum):
    """How a request or a call ended, for whoever waited for it. *Unanswered* says nothing of what was done."""

    OK = "ok"  # an order, or a captured charge
    DECLINED = "declined"  # the card was refused
    CONFLICT = "conflict"  # the same key is being worked on
    FAILED = "failed"  # refused clearly: a call before any charge, a request with "payment failed" or "unavailable"
    ERROR = "error"  # a 500: nothing is known
    OTHER = "other"  # any other answer
    TIMEOUT = "timeout"  # we stopped waiting, for our time was up
    CANCELLED = "cancelled"  # whoever waited went away before that


UNANSWERED = (End.TIMEOUT, End.CANCELLED)
REFUSALS = (End.FAILED, End.ERROR, End.CONFLICT)  # their durations are not those of a payment


@dataclass(frozen=True, slots=True)
class Line:
    """One request as the app saw it, one request as the checkout handled it, or one call to the payment provider."""

    kind: Kind
    start_s: float  # since the midnight before the log's first line, in the log's own time zone
    duration_s: float  # until its end; unanswered: for how long was waited, so that the true time is longer
    end: End
    purchase: str = ""  # who wanted what: cart, order or trace; "": not told
    tap: str = ""  # which tap on Pay of that purchase; "": not told
    attempt: int | None = None  # 1: the first of that tap
    id: str = ""  # of the request, the same for the app, for the checkout, and for the calls made for it
    charged_s: float | None = None  # when the provider's own ledger has the money taken; None: not told, or never

    @property
    def ended_s(self) -> float:
        return self.start_s + self.duration_s

    @property
    def answered(self) -> bool:
        return self.end not in UNANSWERED


@dataclass(frozen=True)
class Log:
    """All lines of the files that were given, each kind in the order of the starts."""

    names: tuple[str, ...]
    requests: tuple[Line, ...]
    handled: tuple[Line, ...]
    calls: tuple[Line, ...]
    has_ledger: bool  # the calls say when the provider's ledger has the money taken

    def __len__(self) -> int:
        return len(self.requests) + len(self.handled) + len(self.calls)
