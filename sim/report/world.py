"""The world of a report, for somebody who has not seen the scenario's file: what was assumed, and the files themselves."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sim.config.design import Design
from sim.config.knobs import knobs
from sim.config.scenario import Scenario
from sim.config.units import clock_text, time_and_day
from sim.config.writing import flow
from sim.experiment.store import as_yaml
from sim.report.knobs import distribution, fault
from sim.report.mishaps import mishap
from sim.words import NBSP, number, percent, quantity
from sim.world.streams import quantile
from sim.world.traffic import expected, peak_per_s

SECTIONS = ("traffic", "customers", "network", "provider")


class Key(NamedTuple):
    """A key of the scenario's file, with its value and its meaning."""

    name: str
    value: str
    about: str
    is_default: bool


class Attached(NamedTuple):
    """A file that the page carries."""

    name: str
    text: str

    @property
    def address(self) -> str:
        """From which a browser saves it."""
        return f"data:text/plain;charset=utf-8;base64,{b64encode(self.text.encode()).decode()}"


def content(scenario: Scenario, designs: Sequence[Design], purchases: str) -> dict[str, Any]:
    """What the template of the world is filled with; `purchases` says how many there were."""
    clock = scenario.clock
    return {
        "story": [part.strip() for part in scenario.story.split("\n\n") if part.strip()],
        "opens": clock_text(clock.start),
        "closes": time_and_day(clock.start + clock.duration),
        "drained": time_and_day(clock.start + clock.horizon_s),
        "faults": [*map(fault, scenario.faults), *map(mishap, scenario.mishaps)],
        "purchases": purchases,
        "world": list(sentences(scenario)),
        "keys": keys(scenario),
        "files": files(scenario, designs),
    }


def sentences(scenario: Scenario) -> Iterator[str]:
    """Traffic, the provider and the people, in numbers."""
    traffic = scenario.traffic
    rate = "" if traffic.arrivals or traffic.times else f", at most {number(60 * peak_per_s(scenario))} a minute"
    yield f"Traffic: about {expected(scenario):,.0f} purchases of {traffic.price / 100:.2f} USD a morning{rate}."
    provider = scenario.provider
    tails = ", ".join(f"{share} within {quantity(quantile(provider.latency, q), 's')}" for share, q in _QUANTILES)
    shares = {
        "declined": "of the people have a card that is declined",
        "failed": "of the calls are refused",
        "ambiguous": "charge the card and lose the answer",
        "errored": "are answered with an error (500)",
    }
    often = "; ".join(f"{percent(p)} {says}" for fate, says in shares.items() if (p := getattr(provider, fate)))
    keys = "no idempotency keys" if provider.keys == "none" else "idempotency keys"
    calls = f"calls take {distribution(provider.latency)} ({tails}); {often or 'none fails'}"
    yield f"Payment provider, when nothing is wrong: {calls}; {keys}."
    people = scenario.customers
    waits = ", ".join(f"{share} for {quantity(quantile(people.patience, q), 's')} at most" for share, q in _QUANTILES[:2])
    then = people.after_patience
    taps = f" {percent(people.double_tap.p)} tap twice by accident." if people.double_tap.p else ""
    yield (
        f"People wait {waits}; then {percent(then.tap_again)} tap again, {percent(then.refresh)} reload the app, and "
        f"{percent(then.leave)} leave.{taps}"
    )


def keys(scenario: Scenario) -> list[Key]:
    """All keys that say what the world is like, faults and objectives aside."""
    default = Scenario(name=scenario.name)
    return [
        Key(".".join(knob.path), flow(knob.value), knob.about, knob.is_default)
        for knob in knobs(scenario, default)
        if knob.path[0] in SECTIONS
    ]


def files(scenario: Scenario, designs: Sequence[Design]) -> list[Attached]:
    """The scenario and each design as YAML files with every key, and the Python files of architectures of one's own."""
    found = [Attached(f"{scenario.name}.yaml", as_yaml(scenario))]
    for design in designs:
        found.append(Attached(f"{design.name}.yaml", as_yaml(design)))
        if design.origin is not None:
            found.append(Attached(design.origin.file, design.origin.text))
    return list(dict.fromkeys(found))


_QUANTILES = (("half", 0.5), (f"90{NBSP}%", 0.9), (f"99{NBSP}%", 0.99))
