"""Whoever waits is told for how long: once in words, and where there is no bar, in a line now and then."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli.work.progress import LINE_S, LONG_S, Waiting, progress_bar
from tests.cli.coffee import start


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def told(*moments: tuple[float, int, int], smaller: str | None = "-n 2 gives a first look", lines: bool = True) -> list[str]:
    """What is said at (s, done, of), each."""
    clock = Clock()
    waiting, said = Waiting("simulating", smaller, lines=lines, clock=clock), []
    for clock.now_s, done, of in moments:
        said.append(waiting.tell(done, of).replace("\xa0", " "))
    return said


def test_long_work_is_announced_by_what_is_finished_of_it() -> None:
    """A tenth after two seconds is twenty seconds in all; it is said once, and never before a second is over."""
    early = (0.1, 0.2, 0.3, 0.4, 0.9)
    assert told(*((second, 1 + number, 40) for number, second in enumerate(early)), (2.5, 9, 40), (3.0, 10, 40)) == [
        *[""] * len(early), "simulating takes about 12 s: 9 of 40; -n 2 gives a first look", "",
    ]  # fmt: skip


def test_the_first_result_says_little_of_the_others() -> None:
    """Two workers' first mornings took two seconds, with their start; the next three took a second and a half."""
    said = told((2.2, 1, 30), (3.6, 2, 30), (3.6, 3, 30), (3.6, 4, 30), (3.8, 5, 30), (4.2, 6, 30))
    assert said == [*[""] * 4, "simulating takes about 14 s: 5 of 30; -n 2 gives a first look", ""]


def test_a_few_long_results_are_enough() -> None:
    """When one takes half a minute, nobody waits for five before a word is said."""
    said = told((3.0, 0, 12), (33.0, 1, 12), (34.0, 2, 12))
    assert said == ["", "simulating takes about 6 min: 1 of 12; -n 2 gives a first look", ""]


def test_short_work_is_not() -> None:
    """Nor is what is over, or what has no end that is known."""
    assert told((1.5, 20, 40), (2.9, 39, 40), (3.0, 40, 40)) == [""] * 3
    assert told((20.0, 7, 7), (30.0, 0, 7)) == [""] * 2
    assert LONG_S > 1.5 / 20 * 40


def test_without_a_bar_there_is_a_line_now_and_then() -> None:
    """Each comes after twice the time of the one before, so that an hour is a few lines."""
    said = told(*((float(second), second, 3600) for second in range(1, 3600)))
    lines = [line for line in said if line]
    assert lines[0].startswith("simulating takes about 60 min: 5 of 3,600")
    assert lines[1] == f"simulating: {5 + LINE_S:.0f} of 3,600, about 60 min left"
    assert len(lines) < 20
    assert not any(told(*((float(second), second, 3600) for second in range(1, 3600)), lines=False)[5:])


def test_what_has_been_said_is_not_said_again() -> None:
    """A command that knew before how long it takes only says how far it is."""
    said = told((2.0, 4, 40), (LINE_S + 1, 22, 40), smaller=None)
    assert said == ["", "simulating: 22 of 40, about 9 s left"]


def test_getting_ready_is_no_part_of_the_work() -> None:
    """Fifteen seconds until the first of 210 seconds has passed say nothing about the others."""
    said = told((5.0, 0, 210), (15.0, 0, 210), (17.0, 2, 210), (15.0 + LINE_S, 10, 210), smaller=None)
    assert said == ["", "", "", "simulating: 10 of 210, about 3 min left"]


def test_work_of_several_parts_is_announced_part_by_part() -> None:
    """What took a minute with two mishaps says nothing about three: their time counts from their own beginning."""
    clock = Clock()
    waiting, said = Waiting("trying", "fewer take less", lines=True, clock=clock), []
    for clock.now_s, done, of, what in [
        (0.0, 0, 10, "pairs"), (20.0, 2, 10, "pairs"), (60.0, 10, 10, "pairs"),
        (60.0, 0, 90, "threes"), (66.0, 4, 80, "threes"), (76.0, 20, 80, "threes"),
    ]:  # fmt: skip
        said.append(waiting.tell(done, of, what).replace("\xa0", " "))
    assert said == [
        "", "pairs takes about 2 min: 2 of 10; fewer take less", "",
        "", "threes takes about 2 min: 4 of 80; fewer take less", "threes: 20 of 80, about 48 s left",
    ]  # fmt: skip
    assert waiting.left.replace("\xa0", " ") == "about 48 s left"  # which is also beside the bar


@pytest.mark.slow
def test_a_command_of_several_seconds_says_so(tiny: str) -> None:
    """On stderr, while stdout stays what it is: with --json a document and nothing else."""
    process = start("run", tiny, "naive", "-n", "3000", "-j", "1", "--json")
    assert process.stderr is not None
    line = next(line for line in process.stderr if line.startswith("simulating"))  # below the warnings
    process.kill()
    process.communicate()
    assert line.startswith("simulating takes about ")
    assert line.endswith("of 3,000; -n 2 gives a first look\n")


def test_nothing_is_said_of_work_that_is_over_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with progress_bar("simulating", 2) as tell:
        tell(1, 2)
        tell(2, 2)
    assert capsys.readouterr().err == ""
