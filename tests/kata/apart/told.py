"""A class told in a process of its own, and one told here: what comes of a morning of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.mornings import simulate
from sim.kata.apart.outside import Teller, started
from sim.ledger.records import Tables

INSIDE = (sys.executable, "-P", "-m", "sim.kata.apart.inside")
SECONDS = "60"  # of a processor, at most
WORLD = parse_scenario("""
name: rough
clock: {start: "07:00", duration: 2min, drain: 5min}
traffic: {rate: 60/min}
customers: {double_tap: {p: 30%, gap: 300ms}}
provider: {latency: {exponential: 700ms}, ambiguous: 20%, failed: 5%}
faults:
  - {crash: checkout, after: commit, p: 2%}
  - {crash: checkout, after: charge, p: 2%}
  - {crash: checkout, at: "07:01:30"}
  - {crash: relay, after: publish, p: 5%}
  - {crash: completer, at: "07:02"}
  - {crash: payment, after: charge, p: 5%}
  - {outage: provider, at: "07:01", for: 10s}
""")


@contextmanager
def apart(code: str, *, file: str = "", command: tuple[str, ...] = INSIDE) -> Iterator[Design]:
    """The design of a `file` in the current folder (none: of the code itself), whose class has a process of its own."""
    with started([*command, code, SECONDS]) as (pipe, stderr):
        yield Teller(pipe, stderr, code).design(file or code)


def written(text: str, file: str = "mine.py") -> str:
    Path(file).write_text(text, encoding="utf-8")
    return file


def morning(design: Design, world: Scenario = WORLD, seed: int = 0) -> Tables:
    tables, _ = simulate(world, design, load_prices(world.prices), seed)
    return tables


def facts(tables: Tables) -> dict[str, Any]:
    """All that a morning has left behind, to be compared byte by byte."""
    kinds = ("purchases", "requests", "charges", "orders", "awards", "reads", "refunds", "holds", "captures", "returns")
    columns = {
        f"{kind}.{name}": np.asarray(column).tobytes()
        for kind in kinds
        for name, column in vars(getattr(tables, kind)).items()
        if not isinstance(column, dict)
    }
    return columns | {"counts": tables.counts, "crashes": tables.crashes}
