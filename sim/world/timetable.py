"""Weather as a pure function of time: when a component is down, how much slower it is, what the provider does."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Spell:
    """Something that holds from one time to another, in seconds since the start of the morning."""

    begin_s: float
    end_s: float
    slower: float = 1.0
    down: bool = False
    hangs: bool = False
    failed: float | None = None
    ambiguous: float | None = None
    errored: float | None = None


@dataclass(frozen=True)
class Weather:
    """What holds at one moment: factors multiply, the latest spell's probabilities win."""

    slower: float = 1.0
    down: bool = False
    hangs: bool = False  # down, and who calls isn't told
    failed: float | None = None
    ambiguous: float | None = None
    errored: float | None = None


CALM = Weather()


class Timetable:
    """Piecewise-constant weather made of overlapping spells.

    It is made in one pass over the spells' edges, and every question is answered by bisection, since a morning may have many
    thousands of short spells.
    """

    def __init__(self, spells: Sequence[Spell] = ()) -> None:
        self.spells = sorted(spells, key=lambda spell: spell.begin_s)
        self._edges: list[float] = []  # at which the weather changes
        self._weather = [CALM]  # before the first edge, and from each edge on
        for edge, weather in self._changes():
            if weather != self._weather[-1]:
                self._edges.append(edge)
                self._weather.append(weather)
        self._next_down_s = self._outages()

    def _changes(self) -> Iterator[tuple[float, Weather]]:
        """What holds from each edge on. Spells that last at the same time are taken in the order in which they began."""
        begins = [spell.begin_s for spell in self.spells]
        ends = sorted((spell.end_s, number) for number, spell in enumerate(self.spells))
        lasting: list[int] = []  # numbers of spells, ascending
        begun = ended = 0
        for edge in sorted({*begins, *(end_s for end_s, _ in ends)}):
            while begun < len(begins) and begins[begun] <= edge:
                lasting.append(begun)
                begun += 1
            while ended < len(ends) and ends[ended][0] <= edge:
                del lasting[bisect_left(lasting, ends[ended][1])]
                ended += 1
            yield edge, _sum([self.spells[number] for number in lasting])

    def _outages(self) -> list[float]:
        """By index of a weather: when the next outage begins after it; infinity if none does."""
        next_s = [inf] * len(self._weather)
        for index in range(len(self._edges) - 1, -1, -1):
            next_s[index] = self._edges[index] if self._weather[index + 1].down else next_s[index + 1]
        return next_s

    @property
    def kinds(self) -> frozenset[Weather]:
        """Every weather that there is at some time."""
        return frozenset(self._weather)

    def at(self, time_s: float) -> Weather:
        return self._weather[bisect_right(self._edges, time_s)] if self._edges else CALM

    def span(self, start_s: float, service_s: float) -> tuple[float, float]:
        """When a service that could begin at `start_s` begins and ends; work interrupted by an outage starts afresh."""
        edges = self._edges
        if not edges:
            return start_s, start_s + service_s
        index = bisect_right(edges, start_s)
        while True:
            weather = self._weather[index]
            if not weather.down:
                finish_s = start_s + service_s * weather.slower
                down_s = self._next_down_s[index]
                if finish_s <= down_s:
                    return start_s, finish_s
                index = bisect_right(edges, down_s)
            start_s = edges[index]
            index += 1


def _sum(spells: Sequence[Spell]) -> Weather:
    slower, down, hangs, failed, ambiguous, errored = 1.0, False, False, None, None, None
    for spell in spells:
        slower *= spell.slower
        down = down or spell.down
        hangs = hangs or spell.hangs
        failed = failed if spell.failed is None else spell.failed
        ambiguous = ambiguous if spell.ambiguous is None else spell.ambiguous
        errored = errored if spell.errored is None else spell.errored
    return Weather(slower, down, hangs, failed, ambiguous, errored)


UP = Timetable()
