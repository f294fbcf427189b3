"""What happened to one purchase, moment by moment: who did what to whom, and what a party believed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["message", "answer", "act", "lost", "crash", "pause", "poll", "violation"]
LANES = (
    "customer", "app", "proxy", "renewals", "checkout", "completer", "database", "relay", "payment", "provider", "reconciler",
    "canceller", "releaser", "loyalty", "read_model",
)  # fmt: skip
TITLES = {
    "database": "order database",
    "payment": "payment worker",
    "provider": "payment provider",
    "read_model": "status view",
}  # of the lanes that go by another name than the part has in a file


def lanes(moments: list[StoryLine]) -> list[str]:
    """The parties of a story from left to right: those that any design may have, and before the provider any others."""
    parties = dict.fromkeys(party for moment in moments for party in (moment.who, moment.to) if party is not None)
    return sorted(parties, key=place)  # a stable sort: the others stay in the order in which they come in


def place(lane: str) -> float:
    """Where a party stands: the larger, the farther to the right."""
    return LANES.index(lane) if lane in LANES else LANES.index("provider") - 0.5


def title(lane: str) -> str:
    """How a diagram calls a lane."""
    return TITLES.get(lane, lane)


@dataclass(frozen=True)
class StoryLine:
    """One line of the story. Without `to` it is an act of one party alone."""

    at_s: float
    who: str
    text: str
    to: str | None = None
    kind: Kind = "act"
    belief: tuple[str, str] | None = None  # party, and what it believes or has from now on
    times: int = 1  # the same again, so many times in a row: a poll with the same answer, a step of a cycle
    until_s: float = 0.0  # of the last of them


def times_text(moment: StoryLine) -> str:
    """` (200 times in 9.9 min)`, for what is told once and happened more often."""
    return f" ({moment.times} times in {wait_text(moment.until_s - moment.at_s)})" if moment.times > 1 else ""


def wait_text(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


@dataclass
class Notes:
    """Lines of a story in the order in which they are noted; some are noted before they happen."""

    lines: list[StoryLine] = field(default_factory=list)

    def note(
        self, at_s: float, who: str, text: str, *, to: str | None = None, kind: Kind = "act",
        belief: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.lines.append(StoryLine(at_s, who, text, to, kind, belief, until_s=at_s))

    def poll(self, at_s: float, text: str) -> None:
        """A look at the status view; the same answer as last time is the same line, once more."""
        for place in range(len(self.lines) - 1, -1, -1):
            last = self.lines[place]
            if last.kind == "poll":
                if last.text == text and not any(line.who in ("customer", "app") for line in self.lines[place + 1 :]):
                    self.lines[place] = replace(last, times=last.times + 1, until_s=at_s)
                    return
                break
        self.lines.append(StoryLine(at_s, "app", text, "read_model", "poll", until_s=at_s))

    def in_order(self, until_s: float) -> list[StoryLine]:
        """All lines up to a time. Those at the same time stay in the order in which they were noted."""
        return sorted((line for line in self.lines if line.at_s <= until_s), key=lambda line: line.at_s)


LONGEST_CYCLE, FEWEST_ROUNDS = 6, 3


def folded(lines: list[StoryLine]) -> list[StoryLine]:
    """With each cycle that goes round and changes nothing told once, and how often: a worker refused again and again."""
    told: list[StoryLine] = []
    place = 0
    while place < len(lines):
        length, rounds = max(
            ((length, _rounds(lines, place, length)) for length in range(1, LONGEST_CYCLE + 1)),
            key=lambda cycle: cycle[0] * cycle[1] * (cycle[1] >= FEWEST_ROUNDS),
        )
        if rounds < FEWEST_ROUNDS:
            length = rounds = 1
        last = lines[place + length * (rounds - 1) : place + length * rounds]
        for first, final in zip(lines[place : place + length], last, strict=True):
            told.append(replace(first, times=rounds, until_s=final.at_s) if rounds > 1 else first)
        place += length * rounds
    return told


def _rounds(lines: list[StoryLine], place: int, length: int) -> int:
    """How often the `length` lines from `place` on stand there one after the other."""
    cycle = lines[place : place + length]
    if any(line.belief is not None or line.kind not in ("act", "message", "answer") for line in cycle):
        return 1
    rounds = 1
    while _alike(cycle, lines[place + length * rounds : place + length * (rounds + 1)]):
        rounds += 1
    return rounds


def _alike(some: list[StoryLine], others: list[StoryLine]) -> bool:
    return [(m.who, m.text, m.to, m.kind, m.belief) for m in some] == [(m.who, m.text, m.to, m.kind, m.belief) for m in others]
