"""What happened to one purchase, moment by moment: who did what to whom, and what a party believed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["message", "answer", "act", "lost", "crash", "pause", "poll", "violation"]
LANES = (
    "customer", "app", "checkout", "completer", "database", "relay", "payment", "provider", "reconciler", "loyalty",
    "read_model",
)  # fmt: skip
TITLES = {
    "database": "order database",
    "payment": "payment worker",
    "provider": "payment provider",
    "read_model": "status view",
}  # of the lanes that go by another name than the part has in a file


def title(lane: str) -> str:
    """How a diagram calls a lane."""
    return TITLES.get(lane, lane)


@dataclass(frozen=True)
class Moment:
    """One line of the story. Without `to` it is an act of one party alone."""

    at_s: float
    who: str
    text: str
    to: str | None = None
    kind: Kind = "act"
    belief: tuple[str, str] | None = None  # party, and what it believes or has from now on
    times: int = 1  # the same again, so many times in a row: a poll with the same answer, a step of a cycle
    until_s: float = 0.0  # of the last of them


@dataclass
class Notes:
    """Moments as they are noted; some are noted before they happen."""

    purchase: int
    moments: list[Moment] = field(default_factory=list)

    def note(
        self, at_s: float, who: str, text: str, *, to: str | None = None, kind: Kind = "act",
        belief: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.moments.append(Moment(at_s, who, text, to, kind, belief, until_s=at_s))

    def poll(self, at_s: float, text: str) -> None:
        """A look at the status view; the same answer as last time is the same moment, once more."""
        for place in range(len(self.moments) - 1, -1, -1):
            last = self.moments[place]
            if last.kind == "poll":
                if last.text == text and not any(moment.who in ("customer", "app") for moment in self.moments[place + 1 :]):
                    self.moments[place] = replace(last, times=last.times + 1, until_s=at_s)
                    return
                break
        self.moments.append(Moment(at_s, "app", text, "read_model", "poll", until_s=at_s))

    def in_order(self, until_s: float) -> list[Moment]:
        """All moments up to a time. Those at the same time stay in the order in which they were noted."""
        return sorted((moment for moment in self.moments if moment.at_s <= until_s), key=lambda moment: moment.at_s)


LONGEST_CYCLE, FEWEST_ROUNDS = 6, 3


def folded(moments: list[Moment]) -> list[Moment]:
    """With each cycle that goes round and changes nothing told once, and how often: a worker refused again and again."""
    told: list[Moment] = []
    place = 0
    while place < len(moments):
        length, rounds = max(
            ((length, _rounds(moments, place, length)) for length in range(1, LONGEST_CYCLE + 1)),
            key=lambda cycle: cycle[0] * cycle[1] * (cycle[1] >= FEWEST_ROUNDS),
        )
        if rounds < FEWEST_ROUNDS:
            length = rounds = 1
        last = moments[place + length * (rounds - 1) : place + length * rounds]
        for first, final in zip(moments[place : place + length], last, strict=True):
            told.append(replace(first, times=rounds, until_s=final.at_s) if rounds > 1 else first)
        place += length * rounds
    return told


def _rounds(moments: list[Moment], place: int, length: int) -> int:
    """How often the `length` moments from `place` on stand there one after the other."""
    cycle = moments[place : place + length]
    if any(moment.belief is not None or moment.kind not in ("act", "message", "answer") for moment in cycle):
        return 1
    rounds = 1
    while _alike(cycle, moments[place + length * rounds : place + length * (rounds + 1)]):
        rounds += 1
    return rounds


def _alike(some: list[Moment], others: list[Moment]) -> bool:
    return [(m.who, m.text, m.to, m.kind, m.belief) for m in some] == [(m.who, m.text, m.to, m.kind, m.belief) for m in others]
