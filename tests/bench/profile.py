"""Where the time goes: the share of each module in the time of a morning, and how many calls an event takes."""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from pathlib import PurePath
from typing import NamedTuple

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from tests.bench.speed import RETRY_DESIGN, RETRY_MODEL, Plain, simulated

BELOW = 0.03  # of the time: what is less is put together


class Profile(NamedTuple):
    """Of one morning. A profiler makes calls look dearer than they are, so that shares lean towards many small functions."""

    case: str
    calls_per_purchase: float
    events_per_purchase: float
    shares: dict[str, float]  # module -> share of the time spent in its own functions, largest first
    dearest: float  # share of the time spent in the one function that takes most
    twenty: float  # and in the twenty that do


def profiles() -> list[Profile]:
    retry, plain = parse_scenario(RETRY_MODEL), Plain.model_validate(RETRY_DESIGN)
    rush = load_scenario("morning-rush")
    cases = {"retry model": (retry, plain)} | {
        f"morning-rush, {name}": (rush, load_design(name)) for name in ("naive", "outbox")
    }
    return [_profiled(case, *what) for case, what in cases.items()]


def _profiled(case: str, scenario: Scenario, design: Design) -> Profile:
    profiler = cProfile.Profile()
    simulated(scenario, design, 0)
    purchases, events = profiler.runcall(simulated, scenario, design, 1)
    took: Counter[str] = Counter()
    functions: list[float] = []
    calls = 0
    for (file, _, _), (_, number, own_s, _, _) in pstats.Stats(profiler).stats.items():
        took[_module(file)] += own_s
        functions.append(own_s)
        calls += number
    whole = sum(functions)
    functions.sort(reverse=True)
    shares = {name: seconds / whole for name, seconds in took.most_common() if seconds >= BELOW * whole}
    shares["all else"] = 1 - sum(shares.values())
    return Profile(case, calls / purchases, events / purchases, shares, functions[0] / whole, sum(functions[:20]) / whole)


def _module(file: str) -> str:
    path = PurePath(file)
    if "sim" in path.parts:
        return ".".join((*path.parts[len(path.parts) - path.parts[::-1].index("sim") : -1], path.stem))
    return "built-in (heap, arrays, generators)" if file == "~" else path.parts[-2] if "simpy" in path.parts else path.stem
