"""Drawn scenarios and designs, as files on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.writing import flow
from tests.attack.harness import ANSWERED, attempt, fault_of, faults, told
from tests.properties.world import World
from tests.properties.worlds import drawn, worlds

LINT = ("lint", "world.yaml", "drawn.yaml")
RUN = ("run", "world.yaml", "drawn.yaml", "-n", "1", "-j", "1")
CHECKED = 4  # one in so many is told in JSON, whose check against its schema takes longer than all the rest


@pytest.mark.parametrize("pairs", [2, pytest.param(600, marks=pytest.mark.deep)])
def test_drawn_pairs(pairs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any legal scenario with any legal design has an answer: no law is broken, and JSON is what its schema says."""
    monkeypatch.chdir(tmp_path)

    def simulated(numbered: tuple[int, World]) -> str:
        number, world = numbered
        Path("world.yaml").write_text(flow(world.scenario), encoding="utf-8")
        Path("drawn.yaml").write_text(flow(world.design), encoding="utf-8")
        run = (*RUN, "--seed", str(world.seed), *(["--json"] if number % CHECKED == 0 else []))
        return fault_of(attempt(*LINT, codes=ANSWERED)) or fault_of(attempt(*run, codes=ANSWERED))

    inputs = drawn(worlds, pairs)  # each for two commands
    assert len(inputs) == pairs
    assert not (found := faults(list(enumerate(inputs)), simulated)), told(found)
