"""Everything that a log says of a scenario and a design, and what is assumed because it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from sim.config.design import Design
from sim.config.knobs import Knob, knobs
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.measured import design as of_design
from sim.measured import network, provider, traffic, weather
from sim.measured.fitted import Fitted, Found, Part, Untold
from sim.measured.line import Log

NOT_ASKED = "logs of requests and calls don't show it"
META = ("name", "summary", "story", "reported", "architecture", "from")
SUM_OF_OTHERS = ("provider", "errors")  # another way to write the shares of failed, ambiguous and errored calls
FITS = (traffic.fit, network.fit, provider.fit, of_design.fit)


@dataclass(frozen=True)
class Assumed:
    """A key that stays at its default, and why."""

    part: Part
    key: tuple[str, ...]
    default: str
    why: str


@dataclass(frozen=True)
class Fit:
    """What was found, for a scenario and for a design that starts from `base`."""

    log: Log
    base: Design
    found: tuple[Found, ...]
    notes: tuple[str, ...]  # what speaks against the fit

    def fitted(self, part: Part) -> list[Fitted]:
        return [one for one in self.found if isinstance(one, Fitted) and one.part == part]

    def assumed(self, part: Part) -> list[Assumed]:
        """Every other key: those that a log could tell first, with the reason why this one doesn't."""
        model: BaseModel = Scenario(name="fitted") if part == "scenario" else self.base
        given = [one.key for one in self.fitted(part)]
        untold = {one.key: one.why for one in self.found if isinstance(one, Untold) and one.part == part}
        rest = [knob for knob in _leaves(model) if not any(_is_within(key, knob.path) for key in given)]
        made = [Assumed(part, knob.path, flow(knob.default), _why(knob, untold)) for knob in rest]
        unknown = {key: why for key, why in untold.items() if not any(one.key == key for one in made)}
        inner = [Assumed(part, key, "", why) for key, why in unknown.items()]  # a key inside of one that was fitted
        return sorted([*made, *inner], key=lambda one: one.why == NOT_ASKED)


def fit(log: Log, base: Design) -> Fit:
    """Fit a log. Nothing is drawn: the same log gives the same numbers."""
    known = {knob.path for knob in _leaves(base)}
    found = [one for each in FITS for one in each(log)]
    told = tuple(one for one in found if one.part == "scenario" or _is_known(one.key, known))
    return Fit(log, base, told, tuple(weather.notes(log)))


def _is_known(key: tuple[str, ...], known: set[tuple[str, ...]]) -> bool:
    """Whether the design's architecture has the knob."""
    return any(key[: len(path)] == path for path in known)


def _is_within(key: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return key[: len(path)] == path and (path != ("traffic",) or len(key) > 1)


def _leaves(model: BaseModel) -> Iterator[Knob]:
    return (knob for knob in knobs(model, model) if knob.path[0] not in META and knob.path != SUM_OF_OTHERS)


def _why(knob: Knob, untold: dict[tuple[str, ...], str]) -> str:
    return untold.get(knob.path, NOT_ASKED)
