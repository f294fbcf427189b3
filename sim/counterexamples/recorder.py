"""A script that remembers what it was asked: each question is a moment at which something else could have happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from sim.config.mishaps import Mishap, Point
from sim.world.script import Script

KNOWN = attrgetter("done", "confirmed", "acknowledged")


class Asked(NamedTuple):
    """One question: when, what, about whose purchase (counted from 0), the how-manieth of that kind (from 1); and by purchase
    whether the customer is through, knows that the order is confirmed, and has heard of an order.
    """

    at_s: float
    what: Point
    purchase: int
    turn: int
    known: tuple[tuple[bool, bool, bool], ...]


class Recorder(Script):
    """The mishaps of one run, and all that could have gone wrong in it."""

    def __init__(self, mishaps: Sequence[Mishap]) -> None:
        super().__init__(mishaps)
        self.log: list[Asked] = []
        self.last = -1  # in the log: where a mishap struck last that waited for a question
        self._turns: Counter[tuple[Point, int]] = Counter()

    def about(self, *_: Point) -> Script:
        return self

    def all_that_strike(self, what: Point, purchase: int) -> Sequence[Mishap]:
        mishaps = super().all_that_strike(what, purchase)
        if mishaps:
            self.last = len(self.log)
        self._turns[what, purchase] += 1
        self.log.append(Asked(self.env.now, what, purchase, self._turns[what, purchase], tuple(map(KNOWN, self.people))))
        return mishaps
