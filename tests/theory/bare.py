"""The bare world of the validity cases, loaded."""

from __future__ import annotations

import yaml

from sim.architectures import parse_design
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.validation import bare
from sim.validation.bare import Sections


def bare_world(purchases: int, per_s: float, changes: Sections | None = None) -> Scenario:
    return parse_scenario(yaml.safe_dump(bare.bare_world(purchases, per_s, changes)))


def bare_design(name: str, changes: Sections | None = None) -> Design:
    return parse_design(yaml.safe_dump(bare.bare_design(name, changes)))
