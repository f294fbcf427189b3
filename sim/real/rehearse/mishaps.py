"""What can go wrong in a rehearsal, one mishap at a time, and how a scenario file says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.config.units import duration_text
from sim.config.writing import flow
from sim.real.provider.fates import KINDS, Kind

What = Literal["call", "answer", "tap", "crash"]
Tap = Literal["twice", "again"]
Killed = Literal["captured", "answered", "webhook"]
KILLS: tuple[Killed, ...] = ("captured", "answered", "webhook")
AFTER: dict[str, str] = {"captured": "charge", "answered": "charge", "webhook": "webhook"}  # steps, as a scenario calls them


@dataclass(frozen=True, order=True)
class Mishap:
    """One thing that goes wrong: the `nth` call or answer, a tap too many, or a kill."""

    what: What
    nth: int
    how: Kind | Tap | Killed | Literal["lost"]

    def __str__(self) -> str:
        if self.what == "call":
            return f"call {self.nth} is {self.how}"
        if self.what == "answer":
            return f"answer {self.nth} is lost"
        if self.what == "tap":
            return f"the customer taps {self.how}"
        return f"the service is killed on {self.how}"

    @property
    def place(self) -> tuple[str, int, str]:
        """What can't happen twice: a call has one fate."""
        return self.what, self.nth, self.how if self.what in ("tap", "crash") else ""


Plan = tuple[Mishap, ...]  # in order
TAPS: tuple[Mishap, ...] = (Mishap("tap", 1, "twice"), Mishap("tap", 1, "again"))


def told(plan: Plan) -> str:
    """`call 1 is lost, and the customer taps twice`."""
    return ", and ".join(map(str, plan)) or "no mishap"


def reachable(calls: int, answers: int, *, killed: bool, charged: bool, webhooks: bool) -> list[Mishap]:
    """All that could have happened in a run that made so many calls and requests, and was charged, or had webhooks."""
    found = [Mishap("call", nth, how) for nth in range(1, calls + 1) for how in KINDS]
    found += [Mishap("answer", nth, "lost") for nth in range(1, answers + 1)]
    found += TAPS
    if killed:
        found += [Mishap("crash", 1, how) for how in KILLS if (webhooks if how == "webhook" else charged)]
    return found


def extended(plan: Plan, by: Iterable[Mishap]) -> list[Plan]:
    """The plan with one more mishap, each that fits."""
    taken = {mishap.place for mishap in plan}
    return [tuple(sorted((*plan, mishap))) for mishap in by if mishap.place not in taken]


def as_mappings(plan: Plan, *, again_s: float, purchase: int | None = None) -> list[dict[str, Any]]:
    """The mishaps as a scenario file has them. `again_s`: when the customer taps again, from the first tap on."""
    made: list[dict[str, Any]] = []
    for mishap in plan:
        match mishap.what:
            case "call":
                one: dict[str, Any] = {"call": mishap.nth, "is": mishap.how}
            case "answer":
                one = {"answer": mishap.nth, "is": "lost"}
            case "tap" if mishap.how == "again":
                one = {"tap": "again", "at": duration_text(again_s)}
            case "tap":
                one = {"tap": "twice"}
            case "crash":
                one = {"crash": "checkout", "after": AFTER[mishap.how], "nth": mishap.nth}
        made.append(one if purchase is None else one | {"purchase": purchase})
    return made


def as_lines(mappings: Sequence[dict[str, Any]]) -> str:
    """The section of a scenario file."""
    return "\n".join(["mishaps:", *(f"  - {flow(one)}" for one in mappings)]) if mappings else "mishaps: []"
