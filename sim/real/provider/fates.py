"""What becomes of a call: told by a script (the nth call of a purchase), or drawn as a scenario's provider draws it.

A call that counts is one that may change something (POST). Refused: an error before any work. Broke: a 500, and nothing was
done. Lost: the work is done, and the connection is cut. Late: the work is done long after, and so is the answer. Declined: the
card is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from sim.config.scenario import ProviderKeys, Scenario
from sim.world.faults import FaultPlan
from sim.world.streams import Streams

Kind = Literal["refused", "broke", "lost", "late", "declined"]
KINDS: tuple[Kind, ...] = get_args(Kind)
APART = 1_000_000  # numbers of purchases that differ by so many are the same ones in another rehearsal: they fare alike
NOBODY = 0  # whose draws are those of a call that no purchase is known of


@dataclass(frozen=True)
class Fate:
    """What happens to one call, after how many seconds its work is done."""

    kind: Kind | None = None
    after_s: float = 0.0


class Fates(Protocol):
    """Says what becomes of the nth call (from 1 on) of a purchase, so many seconds after the beginning."""

    keys: ProviderKeys | None

    def of(self, purchase: int | None, nth: int, at_s: float) -> Fate: ...


@dataclass
class Script:
    """Mishaps by (purchase, nth call); a purchase of None stands for every one. Everything else goes as usual."""

    mishaps: dict[tuple[int | None, int], Kind] = field(default_factory=dict)
    late_s: float = 3.0
    usual_s: float = 0.0
    keys: ProviderKeys | None = field(default_factory=ProviderKeys)

    def of(self, purchase: int | None, nth: int, at_s: float) -> Fate:  # noqa: ARG002  a script knows no time
        kind = self.mishaps.get((purchase, nth)) or self.mishaps.get((None, nth))
        return Fate(kind, self.usual_s + (self.late_s if kind == "late" else 0.0))


class Weather:
    """The provider of a scenario: its latencies, shares, brownouts and outages, from named streams as in the simulation."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        knobs = scenario.provider
        streams = Streams(seed)
        self.keys = None if knobs.keys == "none" else knobs.keys
        self._knobs = knobs
        self._latency_s = streams.times("provider.latency", knobs.latency)
        self._fate = streams.uniform("provider.fate")
        self._late = streams.uniform("provider.late")
        self._late_s = streams.times("provider.late.by", knobs.late.by)
        self._card = streams.uniform("provider.card")
        self._weather = FaultPlan(scenario, streams).weather("provider")

    def of(self, purchase: int | None, nth: int, at_s: float) -> Fate:
        owner, turn, weather = (purchase or NOBODY) % APART, nth - 1, self._weather.at(at_s)
        if weather.down:
            return Fate("refused", 0.05)
        after_s = self._latency_s(owner, turn) * weather.slower
        shares: Mapping[str, float] = {
            name: getattr(self._knobs, name) if getattr(weather, name) is None else getattr(weather, name)
            for name in ("failed", "ambiguous", "errored")
        }
        fate = self._fate(owner, turn)
        if fate < shares["failed"]:
            return Fate("refused", after_s)
        if fate >= 1 - shares["errored"]:
            return Fate("broke", after_s)
        if self._card(owner, 0) < self._knobs.declined:
            return Fate("declined", after_s)
        if self._knobs.late.p and self._late(owner, turn) < self._knobs.late.p:
            return Fate("late", after_s + self._late_s(owner, turn))
        return Fate("lost" if fate < shares["failed"] + shares["ambiguous"] else None, after_s)
