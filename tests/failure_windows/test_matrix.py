from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.experiment.effort import Effort
from sim.experiment.mornings import Progress
from sim.failure_windows.matrix import (
    BASELINE,
    FIRST_MORNINGS,
    MORNINGS,
    Matrix,
    bundled_windows,
    find_window,
    matrix,
    survey,
    title,
)
from sim.failure_windows.verdicts import MorningHarm
from tests.worlds import design

TINY = """
name: {name}
summary: "{label} {title}: nobody is in a hurry"
clock: {{start: "07:00", duration: 5min, drain: 5min}}
traffic: {{rate: 60/min}}
customers: {{patience: {{constant: 1h}}, double_tap: {{p: {p}, gap: 300ms}}}}
"""


def tiny(label: str, p: str) -> Scenario:
    return parse_scenario(TINY.format(name=label.lower(), label=label, title="Taps", p=p))


def small(effort: Effort, progress: Progress | None = None) -> Matrix:
    worlds = {"W1": tiny("W1", "20%"), "W2": tiny("W2", "0%")}
    return matrix(worlds, [design(name, constant=False) for name in ("naive", "idempotent")], effort, progress=progress)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str, str, int], int]], None]:
    """Instead of simulating, ask a function (window, design, seed) how many of 600 purchases were harmed."""

    def tell(harmed: Callable[[str, str, int], int]) -> None:
        def fake(world: Scenario, chosen: Any, prices: Any, seed: int) -> MorningHarm:
            number = harmed(world.name, chosen.name, seed)
            return MorningHarm(600, number, {"double_charge": number}, exposed=True)

        monkeypatch.setattr("sim.failure_windows.matrix.harm_of", fake)

    return tell


def test_a_tiny_matrix() -> None:
    """Double taps are open in naive and closed by a key; where nobody taps twice, both are closed."""
    found = small(Effort(MORNINGS, jobs=1))
    assert {key: cell.state for key, cell in found.cells.items()} == {
        ("W1", "naive"): "open",
        ("W1", "idempotent"): "closed",
        ("W2", "naive"): "closed",
        ("W2", "idempotent"): "closed",
    }
    assert next(iter(found.cells["W1", "naive"].kinds)) == "double_charge"
    assert not found.interrupted


def test_the_result_does_not_depend_on_the_number_of_processes() -> None:
    one, two = (small(Effort(5, 3, jobs=jobs)) for jobs in (1, 2))
    assert one.cells == two.cells


def test_mornings_are_added_only_where_they_are_needed(told: Callable[..., None]) -> None:
    """A clear cell takes the first mornings; one with a rare harm takes more, until the limit; naive goes along with it."""
    asked: list[tuple[str, int]] = []

    def harmed(window: str, name: str, seed: int) -> int:
        asked.append((name, seed))
        return {"naive": 30, "outbox": 0, "idempotent": (0, 60, 0, 90, 5, 60, 0, 31)[seed % 8]}[name]

    told(harmed)
    found = matrix({"W1": tiny("W1", "0%")}, [load_design(name) for name in ("idempotent", "outbox")], Effort(10, jobs=1))
    idempotent, outbox = found.row("W1")
    assert (outbox.state, outbox.mornings) == ("closed", FIRST_MORNINGS)
    assert (idempotent.state, idempotent.mornings) == ("undecided", 10)
    assert sorted(seed for name, seed in asked if name == BASELINE) == list(range(10)), "naive is needed, though not asked for"
    assert len(asked) == len(set(asked)), "no morning is simulated twice"


def test_naive_is_judged_by_all_its_mornings(told: Callable[..., None]) -> None:
    """A first harm in its sixth morning opens naive, although it looked closed after four."""
    told(lambda window, name, seed: 3 * (seed == 5) if name == "naive" else (7, 0, 0, 0)[seed % 4])
    found = matrix({"W1": tiny("W1", "0%")}, [load_design(name) for name in ("naive", "idempotent")], Effort(8, jobs=1))
    assert (found.cells["W1", "naive"].state, found.cells["W1", "naive"].mornings) == ("open", 8)


def test_a_design_that_only_calls_itself_naive_is_compared_with_naive(told: Callable[..., None]) -> None:
    told(lambda window, name, seed: 30)
    other = design("naive", {"app": {"timeout": "9s"}})
    found = matrix({"W1": tiny("W1", "0%")}, [other], Effort(4, jobs=1))
    assert found.cells["W1", "naive"].difference is not None


def test_ctrl_c_keeps_the_finished_windows(told: Callable[..., None]) -> None:
    """The window under way is dropped; without any finished one the interruption goes on."""

    def harmed(window: str, name: str, seed: int) -> int:
        if window == "w2":
            raise KeyboardInterrupt
        return 30

    told(harmed)
    found = small(Effort(MORNINGS, jobs=1))
    assert (list(found.windows), found.interrupted, found.asked) == (["W1"], True, 2)
    assert set(found.cells) == {("W1", "naive"), ("W1", "idempotent")}
    with pytest.raises(KeyboardInterrupt):
        matrix({"W2": tiny("W2", "0%")}, [load_design("naive")], Effort(32, jobs=1))


def test_progress_is_told_in_decided_cells() -> None:
    """From nothing to all of them, never backwards."""
    told: list[tuple[int, int]] = []
    small(Effort(MORNINGS, jobs=1), progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (4, 4)
    assert told == sorted(told)


@pytest.mark.parametrize(
    "name", ["w4", "W4", "w04", "4", " W04 ", "w04-crash-before-commit", "windows/w04-crash-before-commit"]
)
def test_a_window_has_many_names(name: str) -> None:
    assert find_window(name) == "W4"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("w99", "there are W1 to W34"),
        ("0", "there are W1 to W34"),
        ("crash-before-comit", "w04-crash-before-commit"),
        ("", "known: W1, W2"),
        ("-", "known: W1"),
    ],
)
def test_an_unknown_window_is_told_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="unknown window") as caught:
        find_window(name)
    assert hint in str(caught.value)


def test_windows_come_in_order() -> None:
    numbers = [int(label.removeprefix("W")) for label in bundled_windows()]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1


def test_titles_are_short() -> None:
    """The number and what comes after a colon are left out."""
    assert title(tiny("W1", "0%")) == "Taps"


def test_impossible_requests_are_refused() -> None:
    """Two designs of one name, and numbers that make no sense."""
    with pytest.raises(ConfigError, match="two designs with the same name"):
        survey(["naive", "naive"])
    with pytest.raises(ConfigError, match="mornings: expected a whole number from 2 to"):
        small(Effort(1))
    with pytest.raises(ConfigError, match="seed: "):
        small(Effort(seed=-1))
    with pytest.raises(ConfigError, match="jobs: "):
        small(Effort(jobs=0))


def test_naive_alone_is_a_matrix() -> None:
    found = matrix({"W1": tiny("W1", "20%")}, [load_design("naive")], Effort(MORNINGS, jobs=1))
    assert [cell.state for cell in found.column("naive")] == ["open"]
