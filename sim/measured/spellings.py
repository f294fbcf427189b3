"""How logs spell what we read: the names of columns, the kinds of lines, and the ways in which a request or a call ends."""

from __future__ import annotations

from functools import lru_cache

from sim.config.errors import closest, nearest
from sim.measured.line import End, Kind

KEPT = 1000  # different words of which it is remembered what they mean: a log says the same few all the time
COLUMNS: dict[str, tuple[str, ...]] = {  # ours -> theirs, without case, dots, blanks and underscores
    "kind": ("type", "event", "source"),
    "start": ("time", "timestamp", "ts", "started", "starttime", "startedat", "begin", "sent", "sentat", "@timestamp"),
    "end": ("ended", "endtime", "endedat", "finished", "finishedat"),
    "duration": ("elapsed", "latency", "took", "durations", "seconds", "responsetime"),
    "duration_ms": ("elapsedms", "latencyms", "tookms", "millis", "responsetimems"),
    "outcome": ("status", "statuscode", "result", "answer", "code", "httpstatus"),
    "purchase": ("purchaseid", "cart", "cartid", "basket", "basketid", "order", "orderid", "trace", "traceid", "intent"),
    "tap": ("submission", "tapid", "submissionid"),
    "attempt": ("try", "attemptnumber"),
    "id": ("request", "requestid", "correlationid"),
    "charged_at": ("capturedat", "captured", "chargedat", "charged"),
}
KINDS: dict[Kind, tuple[str, ...]] = {
    "request": ("request", "app", "client", "frontend"),
    "handled": ("handled", "server", "checkout", "backend"),
    "call": ("call", "charge", "provider", "payment", "psp"),
}
ENDS: dict[End, tuple[str, ...]] = {
    End.OK: ("ok", "success", "succeeded", "captured", "charged", "paid", "confirmed", "pending", "accepted", "authorised",
             "authorized"),
    End.DECLINED: ("declined", "carddeclined", "402"),
    End.CONFLICT: ("conflict", "409"),
    End.FAILED: ("failed", "refused", "unavailable", "rejected", "429", "502", "503"),
    End.ERROR: ("error", "servererror", "500"),
    End.TIMEOUT: ("timeout", "timedout", "unknown", "noanswer", "deadlineexceeded", "408", "504"),
    End.CANCELLED: ("cancelled", "canceled", "aborted", "left", "499"),
    End.OTHER: ("mismatch", "usedup", "challenged", "redirect", "other"),
}  # fmt: skip
_COLUMN_OF = {theirs: ours for ours, others in COLUMNS.items() for theirs in (ours.replace("_", ""), *others)}
_KIND_OF: dict[str, Kind] = {theirs: kind for kind, others in KINDS.items() for theirs in others}
_END_OF = {theirs: end for end, others in ENDS.items() for theirs in others}


def folded(text: str) -> str:
    """`Start-Time`, `start_time` and `startTime` are one name."""
    return "".join(sign for sign in text.strip().casefold() if sign not in "_-. ")


def column_of(name: str) -> str | None:
    """Our name of a column; None: it is none that we read."""
    return _COLUMN_OF.get(folded(name))


@lru_cache(maxsize=KEPT)
def kind_of(text: str) -> Kind:
    """Raises ValueError."""
    kind = _KIND_OF.get(folded(text)) or _KIND_OF.get(folded(text).removesuffix("s"))
    if kind is None:
        raise ValueError(f"expected request, handled or call{nearest(text, KINDS)}")
    return kind


@lru_cache(maxsize=KEPT)
def end_of(text: str) -> End:
    """How it ended, of a word or an HTTP status. Raises ValueError."""
    word = folded(text)
    if (end := _END_OF.get(word)) is not None:
        return end
    if len(word) == 3 and word.isascii() and word.isdecimal() and "1" <= word[0] <= "5":
        return {"2": End.OK, "5": End.ERROR}.get(word[0], End.OTHER)
    known = [name for names in ENDS.values() for name in names if not name.isdecimal()]
    words = "ok, declined, conflict, failed, error, timeout, cancelled"
    raise ValueError(f"expected an HTTP status, or a word such as {words}{closest(text, known) if text else ''}")
