"""Weather as a pure function of time: when a component is down, how much slower it is, what the provider does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spell:
    """Something that holds from one time to another, in seconds since the start of the morning."""

    begin_s: float
    end_s: float
    slower: float = 1.0
    down: bool = False
    failed: float | None = None
    ambiguous: float | None = None
    errored: float | None = None


@dataclass(frozen=True)
class Weather:
    """What holds at one moment: factors multiply, the latest spell's probabilities win."""

    slower: float = 1.0
    down: bool = False
    failed: float | None = None
    ambiguous: float | None = None
    errored: float | None = None


CALM = Weather()


class Timetable:
    """Piecewise-constant weather made of overlapping spells."""

    def __init__(self, spells: Sequence[Spell] = ()) -> None:
        self.spells = sorted(spells, key=lambda spell: spell.begin_s)
        self._edges = sorted({edge for spell in spells for edge in (spell.begin_s, spell.end_s)})
        self._weather = [CALM, *(self._sum(edge) for edge in self._edges)]

    def _sum(self, time_s: float) -> Weather:
        slower, down, failed, ambiguous, errored = 1.0, False, None, None, None
        for spell in self.spells:
            if spell.begin_s <= time_s < spell.end_s:
                slower *= spell.slower
                down = down or spell.down
                failed = failed if spell.failed is None else spell.failed
                ambiguous = ambiguous if spell.ambiguous is None else spell.ambiguous
                errored = errored if spell.errored is None else spell.errored
        return Weather(slower, down, failed, ambiguous, errored)

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
        while True:
            index = bisect_right(edges, start_s)
            weather = self._weather[index]
            if weather.down:
                start_s = edges[index]
                continue
            finish_s = start_s + service_s * weather.slower
            down_s = next((edges[i] for i in range(index, len(edges)) if self._weather[i + 1].down), None)
            if down_s is None or finish_s <= down_s:
                return start_s, finish_s
            start_s = down_s


UP = Timetable()
