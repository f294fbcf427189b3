"""Status view and loyalty service are processes: what one has in hand when it dies comes again when the broker notices."""

from __future__ import annotations

from typing import Any

import pytest

from sim.ledger.records import Tables
from tests.worlds import design, morning, timeline, world

CALM = """
name: calm
clock: {start: "07:00", duration: 2min, drain: 10min}
customers: {patience: {constant: 1h}, max_submissions: 1}
provider: {latency: {constant: 450ms}}
"""
TWO_SECONDS: dict[str, Any] = {"loyalty": {"award": {"constant": "2s"}}, "read_model": {"apply": {"constant": "2s"}}}
EFFECTS = {"loyalty": "award", "read_model": "visible"}


def run(fault: str, knobs: dict[str, Any] | None = None, *, arrivals: tuple[float, ...] = (0.0,)) -> Tables:
    return morning(world(f"{CALM}faults: [{fault}]\n", arrivals=arrivals), design("naive", knobs))[0]


def moments(tables: Tables, consumer: str) -> list[float]:
    """When points were given, or orders became visible."""
    return [float(line.split()[0]) for line in timeline(tables) if EFFECTS[consumer] in line and "crash" not in line]


@pytest.mark.parametrize("consumer", EFFECTS)
def test_an_event_in_hand_at_a_kill_comes_again_after_the_visibility_timeout(consumer: str) -> None:
    """Back after a second: but the broker waits for 30 s, counted from when it handed the event out."""
    untouched = moments(run("", TWO_SECONDS), consumer)[0]
    killed = run(f"{{crash: {consumer}, at: '07:00:02', restart: 1s}}", TWO_SECONDS)
    assert untouched - 2.0 < 2.0 < untouched  # in hand at 2 s
    assert moments(killed, consumer) == pytest.approx([untouched + 30.0 + 0.005], abs=1e-3)  # delivered once more
    assert [(struck.component, struck.at_s) for struck in killed.crashes] == [(consumer, 2.0)]


@pytest.mark.parametrize("consumer", EFFECTS)
def test_an_event_that_waits_is_handled_as_soon_as_the_process_is_back(consumer: str) -> None:
    killed = run(f"{{crash: {consumer}, at: '07:00:00', restart: 5s}}", TWO_SECONDS)
    assert moments(killed, consumer) == pytest.approx([7.0], abs=1e-3)


def test_a_kill_of_an_idle_process_costs_nobody_anything() -> None:
    untouched = moments(run(""), "loyalty")
    assert moments(run("{crash: loyalty, at: '07:00:30', restart: 5s}"), "loyalty") == untouched


def test_a_process_that_dies_after_its_effect_is_down_for_its_restart() -> None:
    """The second order's points wait for 5 s; the first order's come twice, 30 s after the event was handed out first.

    10 ms to award, 5 ms to deliver. Nobody had acknowledged the event.
    """
    fault, arrivals = "{crash: loyalty, after: award, times: 1, restart: 5s}", (0.0, 1.0)
    first, second = moments(run("", arrivals=arrivals), "loyalty")
    assert second == pytest.approx(first + 1.0, abs=1e-3)
    up, again = first + 5.0, first - 0.010 + 30.0 + 0.005
    assert moments(run(fault, arrivals=arrivals), "loyalty") == pytest.approx([first, up + 0.010, again + 0.010], abs=1e-3)


def test_one_of_several_workers_dies_alone() -> None:
    """Two workers of the status view: the other one shows the second order while the first is down."""
    two = {"read_model": {"workers": 2}}
    untouched = moments(run("", two, arrivals=(0.0, 1.0)), "read_model")
    killed = run("{crash: read_model, after: apply, times: 1, restart: 20s}", two, arrivals=(0.0, 1.0))
    assert moments(killed, "read_model")[1] == pytest.approx(untouched[1], abs=1e-3)
