"""A case with a known answer: a scenario and a design as files can give them, some mornings, and the numbers of theory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import yaml

from sim.architectures import parse_design
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import simulate
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.validation.agreement import Row
from sim.validation.bare import Sections

Mornings = list[tuple[Tables, Evidence]]


@dataclass(frozen=True)
class Case:
    """One scenario and one design, and `measure`, which compares their mornings with the numbers of theory.

    `world` and `design` are the data of files. The quick tests simulate `mornings` mornings, with seeds from `seed` on. The
    validity page simulates `more` times as many, and its bounds on standard errors are smaller by the root of `more`.
    """

    name: str
    title: str
    source: str
    world: Sections
    design: Sections
    measure: Callable[[Mornings], Iterable[Row]] = field(repr=False)
    mornings: int = 1
    more: int = 1
    seed: int = 1

    @property
    def scenario_text(self) -> str:
        return yaml.safe_dump({**self.world, "name": self.name, "summary": self.title}, sort_keys=False)

    @property
    def design_text(self) -> str:
        return yaml.safe_dump(self.design, sort_keys=False)

    @property
    def scenario(self) -> Scenario:
        return parse_scenario(self.scenario_text, filename=f"{self.name}.yaml")

    @property
    def chosen(self) -> Design:
        return parse_design(self.design_text, filename=f"{self.name}-design.yaml")


@dataclass(frozen=True)
class Checked:
    """The result of a case."""

    case: Case
    rows: tuple[Row, ...]
    mornings: int
    purchases: int
    wall_s: float

    @property
    def agrees(self) -> bool:
        return all(row.agrees for row in self.rows)


def checked(case: Case, *, full: bool = False) -> Checked:
    """Simulate a case with the mornings of the quick tests or, if `full`, with those of the validity page."""
    times = case.more if full else 1
    begin = time.perf_counter()
    scenario, design = case.scenario, case.chosen
    prices = load_prices(scenario.prices)
    mornings = case.mornings * times
    runs = [simulate(scenario, design, prices, seed) for seed in range(case.seed, case.seed + mornings)]
    rows = tuple(replace(row, se_below=row.se_below / math.sqrt(times)) for row in case.measure(runs))
    purchases = sum(len(tables.purchases) for tables, _ in runs)
    return Checked(case, rows, mornings, purchases, time.perf_counter() - begin)
