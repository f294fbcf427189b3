"""What a log says of a scenario and a design: the JSON of `fit`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.measured.fit import Assumed, Fit
from sim.measured.fitted import Fitted

Part = Literal["scenario", "design"]


class FittedKey(TypedDict):
    """A value that was fitted."""

    part: Part
    """whose file it belongs in"""
    key: str
    """key in that file, with dots"""
    value: str | int | float | bool
    """as the file writes it"""
    interval: Annotated[
        list[str] | None, Field(description="95 % interval [from, to], as the file would write it; null: it has none")
    ]
    n: int
    """lines that it rests on"""
    of: str
    """what these lines are"""
    how: str
    """what else is to be known of it"""


class AssumedKey(TypedDict):
    """A value that stays at its default."""

    part: Part
    """whose file it belongs in"""
    key: str
    """key in that file, with dots"""
    default: str
    """its default, as the file would write it; empty: a key inside of one that was fitted"""
    why: str
    """why the log doesn't tell it"""


class FittedLog(TypedDict):
    """What a log says of a scenario and a design."""

    files: list[str]
    """the files of the log"""
    requests: int
    """lines of requests as the app saw them"""
    handled: int
    """lines of requests as the checkout handled them"""
    calls: int
    """lines of calls to the payment provider"""
    fitted: list[FittedKey]
    """what the log tells"""
    assumed: list[AssumedKey]
    """what it doesn't: first the keys that a fuller log could tell"""
    notes: list[str]
    """what speaks against the fit: the provider was not the same all the time"""
    written: list[str]
    """paths of the files that were written"""


def document(fit: Fit, written: list[str]) -> FittedLog:
    log = fit.log
    return {
        "files": list(log.names),
        "requests": len(log.requests),
        "handled": len(log.handled),
        "calls": len(log.calls),
        "fitted": [_fitted(one) for one in (*fit.fitted("scenario"), *fit.fitted("design"))],
        "assumed": [_assumed(one) for one in (*fit.assumed("scenario"), *fit.assumed("design"))],
        "notes": list(fit.notes),
        "written": written,
    }


def _fitted(one: Fitted) -> FittedKey:
    return {
        "part": one.part,
        "key": ".".join(one.key),
        "value": one.written,
        "interval": None if one.interval is None else list(one.interval),
        "n": one.n,
        "of": one.of,
        "how": one.how,
    }


def _assumed(one: Assumed) -> AssumedKey:
    return {"part": one.part, "key": ".".join(one.key), "default": one.default, "why": one.why}
