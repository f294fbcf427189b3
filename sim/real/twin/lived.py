"""What a morning on real parts leaves behind: the interface between those who live it and those who judge it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Tables


@dataclass(frozen=True)
class Used:
    """What one process of the twin has used."""

    name: str  # "checkout 3"
    cpu_s: float  # processor seconds, of all its lives
    memory_mib: float  # the most at a time
    starts: int  # 1 + how often it was started again


@dataclass(frozen=True)
class Lived:
    """What one morning on real parts has left."""

    scenario: Scenario
    design: Design
    seed: int
    speed: float
    tables: Tables  # as Morning.run() returns them: all that audit and metrics read
    parts: dict[str, str]  # {"database": "SQLite 3.45 (WAL)", "broker": "embedded queue (SQLite)", "provider": "…"}
    late_s: np.ndarray  # shape (arrivals,), s of the wall clock: how late the generator was
    used: tuple[Used, ...]
    load: float  # share of the machine's processors that was busy during the run, 0 to 1
    wall_s: float
    kills: int  # processes killed by the plan
