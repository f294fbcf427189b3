"""What the page asks for: a scenario, one or two designs, and what is changed in them, in the words of `--set`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.architectures import load_design
from sim.config.bundled import is_path
from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError
from sim.config.library import digest, load_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import changed, has, split, value_of
from sim.experiment.effort import Effort
from sim.page.shelf import Shelf

USUAL = ("naive", "outbox")  # the designs that are shown to those who name none
MOST_SIDES = 2
MOST_ASKED = 200  # mornings that the page may ask for; a longer run belongs to the command line
Text = Annotated[str, Field(max_length=20_000)]
Changes = Annotated[dict[Text, Text], Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AskedSide(_Strict):
    """One design, and what is changed in it alone."""

    design: Text
    set: Changes = {}


class Asked(_Strict):
    """A wish as the page writes it. `set` is for the scenario and for every design that has the key, as after `--set`."""

    scenario: Text
    sides: Annotated[list[AskedSide], Field(min_length=1, max_length=20)]
    set: Changes = {}
    seed: int = 0
    mornings: int = 10


@dataclass(frozen=True)
class Side:
    """A design, and the world that it meets."""

    name: str  # as it was asked for
    design: Design
    changes: dict[str, str]  # every key that is set and that it or the scenario has
    own: dict[str, str]  # those that are set for it alone

    def digest(self, scenario: Scenario) -> str:
        return digest(scenario, self.design)


@dataclass(frozen=True)
class Wish:
    """What is to be simulated."""

    name: str  # of the scenario, as it was asked for
    scenario: Scenario
    sides: tuple[Side, ...]
    changes: dict[str, str]  # what is set in the scenario, and in every design that has the key
    seed: int
    mornings: int

    @property
    def is_compared(self) -> bool:
        """Whether `coffee compare` can do the same: nothing is set for one design alone."""
        names = [side.design.name for side in self.sides]
        return len(set(names)) == 2 and not any(side.own for side in self.sides)

    @property
    def seeds(self) -> range:
        return range(self.seed, self.seed + self.mornings)


def asked(data: Any) -> Asked:
    """Raises ConfigError for what is no wish at all."""
    try:
        return Asked.model_validate(data)
    except ValidationError as error:
        raise ConfigError(*(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())) from None


def wish(what: Asked, shelf: Shelf) -> Wish:
    """The models of a wish. Raises ConfigError, in the same words as the command line."""
    for name in (what.scenario, *(side.design for side in what.sides)):
        shelf.check(name)
    effort = Effort(what.mornings, what.seed)
    if len(what.sides) > MOST_SIDES:
        raise ConfigError("the page has room for two designs; `coffee compare` takes more")
    if effort.mornings > MOST_ASKED:
        raise ArgumentError("mornings", f"the page simulates at most {MOST_ASKED}; the command line has no such limit")
    for changes in (what.set, *(side.set for side in what.sides)):
        for file in _files(values(changes)):
            shelf.check_file(file)
    designs = [load_design(side.design) for side in what.sides]
    world, designs = changed(load_scenario(what.scenario), designs, values(what.set))
    sides = []
    for side, design in zip(what.sides, designs, strict=True):
        same, [own] = changed(world, [design], values(side.set))
        if same != world:
            raise ConfigError("a key of the scenario is changed for one design only; every design meets the same world")
        known = {key: value for key, value in what.set.items() if has(world, split(key)) or has(own, split(key))}
        sides.append(Side(side.design, own, {**known, **side.set}, side.set))
    return Wish(what.scenario, world, tuple(sides), what.set, effort.seed, effort.mornings)


def values(changes: Mapping[str, str]) -> dict[str, Any]:
    """Texts as they stand after `--set KEY=`, as values. Raises ConfigError."""
    return {key: value_of(text) for key, text in changes.items()}


def _files(value: Any, key: str = "") -> Iterator[str]:
    """The names of files in changes: of measured times, of arrivals and of prices."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from _files(child, f"{key}.{name}")
    elif isinstance(value, list):
        for child in value:
            yield from _files(child, key)
    elif isinstance(value, str) and (key.endswith((".empirical", ".file")) or is_path(value)):
        yield value
