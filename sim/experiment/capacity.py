"""What a design's capacity is made of, by the names that people give to its components."""

from __future__ import annotations

from typing import NamedTuple

from sim.config.design import Design
from sim.experiment.altering import altered, has

Capacity = dict[str, int]  # component -> how many; only those that can be sized


class Component(NamedTuple):
    """Where its number stands in a design's file, the station that says how busy it was, and how one of it is called."""

    path: tuple[str, str]
    station: str
    one: str


COMPONENTS = {
    "checkout workers": Component(("checkout", "workers"), "checkout", "checkout worker"),
    "payment workers": Component(("payment", "workers"), "payment", "payment worker"),
    "database connections": Component(("database", "connections"), "database", "database connection"),
}


def capacity_of(design: Design) -> Capacity:
    """How many a design has of each component that can be sized: not of those that it has not, or that scale by themselves."""
    scaling = autoscaled(design)
    return {name: _number(design, name) for name in COMPONENTS if _has(design, name) and name not in scaling}


def autoscaled(design: Design) -> list[str]:
    """Components whose number the design changes by itself."""
    sections = {name: getattr(design, component.path[0]) for name, component in COMPONENTS.items() if _has(design, name)}
    return [name for name, section in sections.items() if getattr(section, "autoscale", None) is not None]


def with_capacity(design: Design, capacity: Capacity) -> Design:
    """The same design with other numbers. Raises ConfigError if there can't be so many."""
    for name, number in capacity.items():
        if number != _number(design, name):
            design = altered(design, COMPONENTS[name].path, number)
    return design


def fewest(design: Design, name: str) -> int:
    """Of checkout workers there is at least one an instance: the number of instances is not a question of load."""
    return design.checkout.instances if name == "checkout workers" else 1


def _has(design: Design, name: str) -> bool:
    return has(design, COMPONENTS[name].path)


def _number(design: Design, name: str) -> int:
    section, key = COMPONENTS[name].path
    return int(getattr(getattr(design, section), key))
