"""Mishaps in the running world: whatever can go wrong asks the script first, by name and in turn for each purchase.

A world without a script asks nothing, and pays nothing for it; one with a script asks only where a mishap waits. The script
that remembers what it was asked, and so knows what else could have gone wrong, is in `sim.counterexamples.recorder`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.config.mishaps import Died, Mishap, Point, StoodStill, Threw
from sim.vocabulary import Answer
from sim.world.engine import Clock, Crash, Thrown

if TYPE_CHECKING:
    from sim.world.customer import Customer

NO_PURCHASE = 1_000_000  # the attempt number of draws that belong to no purchase, which none ever reaches
WORK = {  # the times that work for a purchase takes, and whose work it is
    "checkout.service": "checkout",
    "database.write": "database",
    "database.read": "database",
    "broker.publish": "broker",
    "loyalty.service": "loyalty",
    "read_model.service": "read_model",
}


class Scripted:
    """What a mishap does to a process right after a step: its death, an error, or a pause."""

    def __init__(self, mishap: Mishap) -> None:
        self._mishap = mishap
        self.pause_s = mishap.lasts if isinstance(mishap, StoodStill) else 0.0

    @property
    def death(self) -> Crash | None:
        """What ends the process or its story; none: it only pauses."""
        if isinstance(self._mishap, Died):
            return Crash(self._mishap.restart, Answer.NONE)
        return Thrown() if isinstance(self._mishap, Threw) else None


class Script:
    """The mishaps of one morning. Purchases are counted from 0, turns from 1."""

    env: Clock  # of the morning

    def __init__(self, mishaps: Sequence[Mishap]) -> None:
        self._planned: defaultdict[tuple[Point, int, int], list[Mishap]] = defaultdict(list)
        self._asked: dict[tuple[Point, int], int] = {}  # how often so far, of what any mishap waits for
        for one in mishaps:
            if one.after_s is None:
                self._planned[one.asked, one.purchase, one.turn].append(one)
                self._asked[one.asked, one.purchase] = 0
        self._beginnings = {asked[:length] for asked, _ in self._asked for length in range(1, len(asked) + 1)}
        self.planned = len(mishaps)
        self.struck = 0  # how many mishaps that wait for a question
        self.acts = [one for one in mishaps if one.after_s is not None]
        self.acted = 0  # how many of these were done, and not in vain
        self.people: list[Customer] = []  # by purchase

    @property
    def in_vain(self) -> bool:
        """Whether one of the mishaps has struck nobody: its moment never came, or nobody had a reason any more."""
        return self.struck + self.acted < self.planned

    def about(self, *questions: Point) -> Script | None:
        """Itself, if a mishap waits for a question that begins like one of these; None: it need not be asked."""
        return None if self._beginnings.isdisjoint(questions) else self

    def strikes(self, what: Point, purchase: int) -> Mishap | None:
        """The mishap that strikes now, if one does."""
        mishaps = self.all_that_strike(what, purchase)
        return mishaps[0] if mishaps else None

    def all_that_strike(self, what: Point, purchase: int) -> Sequence[Mishap]:
        """The mishaps that strike now, in the order of the file; after a step there may be several kinds."""
        turn = self._asked.get((what, purchase))
        if turn is None:
            return ()
        self._asked[what, purchase] = turn + 1
        mishaps = self._planned.get((what, purchase, turn + 1), ())
        self.struck += len(mishaps)
        return mishaps

    def after(self, component: str, step: str, purchase: int) -> list[Scripted]:
        """What strikes a process that has taken a step."""
        return [Scripted(mishap) for mishap in self.all_that_strike(("step", component, step), purchase)]
