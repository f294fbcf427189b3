"""What can go wrong in a rehearsal, one mishap at a time, and how a scenario file says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sim.config.service import Service
from sim.config.units import duration_text
from sim.config.writing import flow
from sim.real.provider.fates import KINDS, Kind

What = Literal["call", "answer", "tap", "crash"]
Tap = Literal["twice", "again"]
Killed = Literal["captured", "answered", "webhook"]
KILLS: tuple[Killed, ...] = ("captured", "answered", "webhook")
# Steps, as a scenario calls them: what a process has done when it dies. Whoever dies on a webhook has just written it down.
AFTER: dict[str, str] = {"captured": "charge", "answered": "charge", "webhook": "commit"}


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


def as_mappings(plan: Plan, *, twice_s: float, again_s: float, late_s: float) -> list[dict[str, Any]]:
    """The mishaps as a scenario file has them (`sim.config.mishaps`).

    `twice_s`, `again_s`: when the customer taps twice or again, from the first tap on; `late_s`: how late a late call is.
    """
    made: list[dict[str, Any]] = []
    for mishap in plan:
        match mishap.what:
            case "call":
                one: dict[str, Any] = {"call": mishap.nth, "is": mishap.how}
                if mishap.how == "late":
                    one["by"] = duration_text(late_s)
            case "answer":
                one = {"answer": mishap.nth, "is": "lost"}
            case "tap":
                one = {"customer": "taps_again", "at": duration_text(again_s if mishap.how == "again" else twice_s)}
            case "crash":
                one = {"crash": "checkout", "after": AFTER[mishap.how], "nth": mishap.nth}
        if one not in made:  # killed on captured and on answered are one to the simulator
            made.append(one)
    return made


def mappings_of(plan: Plan, service: Service, *, again_s: float) -> list[dict[str, Any]]:
    """The mishaps of a rehearsal of this service."""
    provider = service.provider
    return as_mappings(plan, twice_s=provider.latency / 2, again_s=again_s, late_s=provider.late)


def as_lines(mappings: Sequence[dict[str, Any]]) -> str:
    """The section of a scenario file."""
    return "\n".join(["mishaps:", *(f"  - {flow(one)}" for one in mappings)]) if mappings else "mishaps: []"
