"""Lives a morning on real parts."""

from __future__ import annotations

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.experiment.mornings import Progress
from sim.real.twin.lived import Lived


def live(
    scenario: Scenario, design: Design, seed: int, *, speed: float = 1.0, database: str = "sqlite", broker: str = "embedded",
    progress: Progress | None = None,
) -> Lived:  # fmt: skip
    raise NotImplementedError
