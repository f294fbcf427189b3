"""A scenario, a design and a seed: one morning, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.architectures import parse_design
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.experiment.mornings import simulate
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables

Data = dict[str, Any]


@dataclass(frozen=True)
class World:
    """A scenario and a design as their files would say them, and which morning."""

    scenario: Data
    design: Data
    seed: int

    def read(self) -> tuple[Scenario, Design]:
        """Both files, read as anybody's files are."""
        return parse_scenario(flow(self.scenario)), parse_design(flow(self.design))

    def simulated(self) -> tuple[Tables, Evidence]:
        """The morning; conservation laws have been asserted."""
        scenario, design = self.read()
        return simulate(scenario, design, load_prices(scenario.prices), self.seed)
