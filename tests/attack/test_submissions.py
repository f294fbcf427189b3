"""A class that is hostile: every submission is one row, none has a point that it didn't earn, and honest ones have theirs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.documents.text import csv_text, json_text
from sim.kata.documents import grade_rows
from sim.kata.documents import grades as document
from sim.kata.grading import Grade, grade
from tests.attack.harness import chosen
from tests.attack.special import SPECIAL
from tests.attack.starts import CLASS, CODE, HANDLE, STARTS
from tests.attack.tricks import HANDS, LARGE, TAGS
from tests.kata.designs import PASSES

HONEST = {"ada": (PASSES, 100), "zoe": ("from: idempotent\n", 20)}
IN_A_CLASS = 30
Handed = Callable[[Path], None]  # writes a submission to a file of that name

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes as Unix has them")


def text(content: str) -> Handed:
    return lambda path: path.write_text(content) and None


def folder(**files: str) -> Handed:
    def write(path: Path) -> None:
        path = path.with_suffix("")
        path.mkdir()
        for name, content in files.items():
            (path / name.replace("_", ".")).write_text(content)

    return write


def many(path: Path) -> None:
    folder(design_yaml="from: outbox\n")(path)
    for number in range(300):
        (path.with_suffix("") / f"{number}.txt").write_text("x")


def deep(path: Path) -> None:
    folder(design_yaml="from: outbox\n")(path)
    (path.with_suffix("") / "/".join("a" * 300)).mkdir(parents=True)


def neighbour(path: Path) -> None:
    path.symlink_to("ada.yaml")


def hostile() -> list[Handed]:
    """Submissions without code that deserve nothing."""
    data = [f"name: x\nsummary: {tag}\n" for tag in TAGS] + list(HANDS) + [text for text in LARGE if len(text) < 1_000_000]
    starts = [f"{start}\n" for start in STARTS if "\0" not in start]
    coded = [folder(design_yaml="architecture: mine.py:Mine\n", mine_py=code) for code in CODE.values()]
    return [
        *map(text, (*data, *starts)), *coded, *SPECIAL.values(), many, deep, neighbour, folder(), folder(notes_txt="hello"),
    ]  # fmt: skip


MINE = CLASS + HANDLE
CHEATS = (  # code that a class's teacher has asked to run, and that deserves nothing
    "import os\nos._exit(0)\n", "import sys\nsys.exit(0)\n", "while True:\n    pass\n", "x = [0] * 10**11\n",
    "x = 9**9**9**9\n",
    "raise KeyboardInterrupt\n", "raise RecursionError\n", "raise MemoryError\n",
    "import sys\nsys.setrecursionlimit(10**9)\n0 / 0\n",
    "__import__('os').kill(__import__('os').getppid(), 15) or 0 / 0\n",
    "__import__('os').write(2, b'\\xff\\x1b]0;owned\\x07' * 99999) and 0 / 0\n",
    "open('design.yaml', 'w').write('from: outbox') and 0 / 0\n",
    "import sim.kata.exercises\nsim.kata.exercises.EXERCISES = {}\n",
    "__import__('subprocess').Popen(['sleep', '60']) and 0 / 0\n",
    "__import__('threading').Thread(target=lambda: 0).start() or 0 / 0\n",
    # what goes through the pipe is a story's step, or nothing
    "[__import__('os').write(int(file), b'{}' * 99) for file in __import__('os').listdir('/proc/self/fd')]\n",
    "__import__('os').closerange(3, 999)\n",
    "__import__('os').kill(__import__('os').getpid(), 19)\n",  # stops, and holds the pipe
    "__import__('os').fork()\n",  # two that speak at once
    "open(f\"/proc/{__import__('os').getppid()}/mem\", 'r+b').write(b'x')\n",
    "__import__('sys').setswitchinterval(99); [[] for _ in iter(int, 1)]\n",
)  # fmt: skip


def cheats() -> list[Handed]:
    coded = [*CODE.values(), *(f"{cheat}{MINE}" for cheat in CHEATS)]
    return [folder(design_yaml="architecture: mine.py:Mine\n", mine_py=code) for code in coded]


def graded(handed: list[Handed], room: Path, **how: Any) -> dict[str, Grade]:
    """The grades of a class of these submissions and the honest ones, which can be told as a table and as JSON."""
    room.mkdir()
    for name, (content, _) in HONEST.items():
        (room / f"{name}.yaml").write_text(content)
    for number, write in enumerate(handed):
        write(room / f"h{number:03}.yaml")
    grades = grade(room, seed=1000, **{"timeout_s": 240.0, "jobs": 2, **how})
    assert len(grades) == len(list(room.iterdir()))
    assert len(csv_text(grade_rows(grades)).splitlines()) == len(grades) + 1
    json_text(document(grades, seed=1000)).encode()
    return {one.submission: one for one in grades}


@pytest.mark.parametrize(
    "most", [pytest.param(10, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.deep, id="all")]
)
def test_hostile_classes(most: int | None, tmp_path: Path) -> None:
    """In classes of thirty: hostile submissions have no points and a reason each, and the honest ones their own."""
    inputs = hostile()
    assert len(inputs) >= 91
    handed = list(chosen(inputs, most))
    for begin in range(0, len(handed), IN_A_CLASS):
        grades = graded(handed[begin : begin + IN_A_CLASS], tmp_path / f"class{begin}")
        for name, (_, points) in HONEST.items():
            assert grades.pop(name).score == points
        assert {one.submission: one.score for one in grades.values() if one.score} == {}
        assert [one.submission for one in grades.values() if not one.error] == []


@pytest.mark.deep
def test_hostile_code(tmp_path: Path) -> None:
    """Of a class whose code is run, who ends, hangs, floods or cheats has no points but a reason; the honest have theirs."""
    inputs = cheats()
    assert len(inputs) >= 40
    for begin in range(0, len(inputs), IN_A_CLASS):
        grades = graded(inputs[begin : begin + IN_A_CLASS], tmp_path / f"class{begin}", run_code=True, timeout_s=120.0)
        for name, (_, points) in HONEST.items():
            assert grades.pop(name).score == points
        assert {one.submission: one.score for one in grades.values() if one.score} == {}
        assert [one.submission for one in grades.values() if not (one.error or any(one.reasons))] == []
