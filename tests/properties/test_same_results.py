"""The same scenario, design and seed give the same bytes: whoever simulates them, in which process, and however often."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from sim.config.prices import load_prices
from sim.documents import comparison
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.mornings import summarise
from sim.experiment.workers import crew
from tests.properties.fingerprints import fingerprint, fingerprint_of
from tests.properties.world import World
from tests.properties.worlds import drawn, for_all, tiers, worlds

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("examples", tiers(20, 300))
def test_again(examples: int) -> None:
    """Simulated twice in one process, whatever has been simulated in between; another seed is another morning."""
    others = 0

    def holds(world: World) -> None:
        nonlocal others
        once, other = fingerprint_of(world), fingerprint_of(World(world.scenario, world.design, world.seed + 1))
        assert fingerprint_of(world) == once
        others += once.replace(b"'seed': %d" % world.seed, b"'seed': %d" % (world.seed + 1)) != other

    for_all(examples, holds, worlds)
    assert others > examples / 2


EXECUTORS: dict[str, Callable[[], Executor]] = {
    "threads": partial(ThreadPoolExecutor, 2),
    "fork": partial(ProcessPoolExecutor, 2, mp_context=get_context("fork")),
    "spawn": partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn")),
}


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # of Python 3.12, for what may go wrong
@pytest.mark.parametrize("number", tiers(20, 200))
@pytest.mark.parametrize("name", EXECUTORS)
def test_any_executor(name: str, number: int) -> None:
    """Threads, forked processes and fresh ones make of drawn worlds what this process makes of them."""
    some = dict(enumerate(drawn(worlds, number)))
    expected = {key: fingerprint_of(world) for key, world in some.items()}

    def task(world: World) -> tuple[object, ...]:
        scenario, design = world.read()
        return scenario, design, load_prices(scenario.prices), world.seed

    with EXECUTORS[name]() as pool, crew(2, pool) as workers:
        made = dict(workers.results(summarise, ((key, task(w)) for key, w in some.items())))
    assert {key: fingerprint(summary) for key, summary in made.items()} == expected


@pytest.mark.parametrize("number", tiers(3, 15))
def test_any_number_of_jobs(number: int) -> None:
    """The JSON of a comparison is the same to the last digit with one job and with two."""

    def document(world: World, jobs: int) -> str:
        scenario, design = world.read()
        made = comparison.document(compare(scenario, ["naive", design], Effort(3, world.seed, jobs=jobs)))
        return json.dumps(made, allow_nan=False)

    for world in drawn(worlds, number):
        assert document(world, 1) == document(world, 2)


@pytest.mark.parametrize("number", tiers(20, 300))
def test_any_order_of_sets(number: int) -> None:
    """Nothing depends on how Python hashes strings."""
    some = drawn(worlds, number)
    told = json.dumps([vars(world) for world in some])

    def made(seed: str) -> list[str]:
        program = [sys.executable, "-m", "tests.properties.fingerprints"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(program, input=told, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
        return done.stdout.split()

    assert made("1") == made("2") == [fingerprint_of(world).hex() for world in some]
