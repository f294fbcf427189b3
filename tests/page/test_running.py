"""Runs for the page: what comes in which order, the numbers of the command line, and an end when nobody waits."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.page import running
from sim.page.running import Memory, Runs
from sim.page.shelf import Shelf
from sim.page.work import Made, morning
from sim.words import estimate

WISH: dict[str, Any] = {"scenario": "storm.yaml", "sides": [{"design": "naive"}, {"design": "outbox"}], "mornings": 3}


async def _stays() -> bool:
    return False


def lines(runs: Runs, data: Any) -> list[dict[str, Any]]:
    async def gathered() -> list[dict[str, Any]]:
        return [line async for line in runs.lines(data, _stays)]

    return asyncio.run(gathered())


@pytest.fixture
def runs(folder: object) -> Runs:
    return Runs(Shelf())


def test_numbers_are_those_of_compare(runs: Runs) -> None:
    """Scene first, a tape a side, numbers as mornings come, and at last the same as `coffee compare` with as many mornings."""
    told = lines(runs, WISH)
    kinds = [line["line"] for line in told]
    assert kinds[0] == "scene"
    assert kinds[-1] == "done"
    assert kinds.count("tape") == 2
    last = [line for line in told if line["line"] == "numbers"][-1]
    assert last["mornings"] == 3
    same = compare("storm.yaml", ["naive", "outbox"], Effort(3, jobs=1))
    for row in last["rows"]:
        for cell, result in zip(row["cells"], same.results.values(), strict=True):
            unit = "share" if row["metric"].endswith(("rate", "share")) else "USD" if "cost" in row["metric"] else "s"
            assert cell["text"] == estimate(result.metrics[row["metric"]], unit)  # type: ignore[arg-type]
    assert [verdict["status"] for verdict in last["verdicts"]] == [result.verdict for result in same.results.values()]
    assert any(row["limit"] for row in last["rows"])


def test_a_change_is_compared_with_what_was_before(runs: Runs) -> None:
    """On the same mornings, which are not simulated again; a side that has not changed is compared with nothing."""
    lines(runs, WISH)
    changed = {**WISH, "sides": [{"design": "naive", "set": {"app.timeout": "2s"}}, {"design": "outbox"}]}
    told = lines(runs, {**changed, "before": WISH})
    last = [line for line in told if line["line"] == "numbers"][-1]
    left, right = zip(*(row["cells"] for row in last["rows"]), strict=True)
    assert all(cell["before"]["judgement"] for cell in left if cell["value"] is not None)
    assert {cell["before"] for cell in right} == {None}


def test_what_was_simulated_is_not_simulated_again(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turning a knob back is instant."""
    first = lines(runs, WISH)
    monkeypatch.setattr(running, "morning", None)
    again = lines(runs, WISH)
    tapes, same = ({line["side"]: line for line in told if line["line"] == "tape"} for told in (first, again))
    assert tapes == same
    assert again[-1] == {"line": "done"}


@pytest.mark.usefixtures("folder")
def test_a_run_that_nobody_waits_for_is_stopped() -> None:
    """Its processes are killed, and the lines end."""
    runs = Runs(Shelf())

    async def leave() -> tuple[list[str], float]:
        begin = time.monotonic()

        async def gone() -> bool:
            return time.monotonic() > begin + 0.5

        long = {**WISH, "mornings": 200, "set": {"traffic.rate": "3000/min"}}
        return [line["line"] async for line in runs.lines(long, gone)], time.monotonic() - begin

    kinds, took_s = asyncio.run(leave())
    assert "done" not in kinds
    assert took_s < 30


def test_what_is_wrong_is_a_line(runs: Runs) -> None:
    """The same words as on the command line, and nothing after it."""
    [line] = lines(runs, {**WISH, "set": {"app.timeuot": "3s"}})
    assert line == {"line": "error", "messages": ['app.timeuot: unknown key; did you mean "app.timeout"?']}


def test_a_story_is_that_of_explain(runs: Runs) -> None:
    """A purchase of a side of the wish; a number that no purchase has is refused in the same words."""

    async def told(purchase: int) -> dict[str, Any]:
        return await runs.story({**WISH, "side": 0, "purchase": purchase, "most": 0}, _stays)

    story = asyncio.run(told(3))
    assert story["purchase"] == 3
    assert story["design"] == "naive"
    assert story["moments"]
    assert "expected a number from 0" in asyncio.run(told(10**6))["messages"][0]


def test_memory_forgets_what_is_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays small, however long the evening."""
    monkeypatch.setattr(running, "MOST_KEPT", 3)
    monkeypatch.setattr(running, "MOST_TAPES", 1)
    from sim.architectures import load_design
    from sim.config.library import parse_scenario
    from tests.page.conftest import STORM

    made = morning(parse_scenario(STORM), load_design("naive"), 0, taped=True)
    memory = Memory()
    for seed in range(5):
        memory.keep(("digest", seed), Made(made.summary, made.tape))
    assert [memory.get(("digest", seed), taped=False) is not None for seed in range(5)] == [False, False, True, True, True]
    assert [memory.get(("digest", seed), taped=True) is not None for seed in range(5)] == [False] * 4 + [True]
