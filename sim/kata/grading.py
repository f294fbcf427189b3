"""Grade a class: every submission is checked in a separate process, in a copy of its folder, with limits.

So an endless loop, a crash, a full disk or an overwritten file harms no other grade: whatever a submission is, it is one row.
Code is run only if the teacher says so, in a box where the machine allows one (`sim.kata.box`). Only the stories of its class
run there (`sim.kata.apart`): the world, the provider's ledger and the points are in a process that they can't reach.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import site
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.config.errors import ArgumentError, ConfigError
from sim.config.files import read_text
from sim.documents.text import shown
from sim.kata import box
from sim.kata.brief import DESIGN
from sim.kata.exercise import Exercise
from sim.kata.exercises import EXERCISES, FIRST, exercise_named
from sim.kata.progress import FILE
from sim.kata.written import code_named

ENDINGS = (".yaml", ".yml", ".py")
LEFT_BEHIND = (FILE, ".git", "debrief", "__pycache__")  # of a submission's folder, by name
MOST_FILES, MOST_BYTES, MOST_LEVELS = 200, 16_000_000, 8  # of a submission
MOST_TOLD = 1_000_000  # bytes of the result that a submission's process writes
PYTHON = (sys.executable, "-P", "-m")
KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # the environment variables of a submission's process


@dataclass(frozen=True)
class Grade:
    """The result of one submission. `error` says why it could not be checked; then it has no points."""

    submission: str
    points: tuple[int, ...]  # by stage
    reasons: tuple[tuple[str, ...], ...]
    design: str = ""  # the design's digest
    error: str = ""
    has_code: bool = False  # that was not run

    @property
    def score(self) -> int:
        return sum(self.points)


class _Stage(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    points: int
    reasons: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=20)]


class _Told(BaseModel):
    """What a submission's process may say: the points, or what is wrong with its files."""

    model_config = ConfigDict(extra="ignore", strict=True)

    stages: Annotated[list[_Stage], Field(max_length=20)] = []
    design: Annotated[str, Field(max_length=100)] = ""
    error: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=100)] = []


class Refused(Exception):
    """A submission that is not looked into, and why."""


def submissions(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The submissions, name -> path in sorted order; and the names of other files in the folder.

    A submission is a folder with a design.yaml, or a design's file. Raises ConfigError if there are none.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: {'a file' if folder.exists() else 'no such folder'}; expected a folder of submissions")
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith(".") or _has_design(path))
    seen = [path for path in entries if not path.name.startswith(".")]
    handed_in = [path for path in seen if _is_folder(path) or path.is_symlink() or path.suffix in ENDINGS]
    if not handed_in:
        raise ConfigError(f"{folder}: no submissions; expected a folder with a {DESIGN} each, or .yaml files")
    names: dict[str, Path] = {}
    for path in handed_in:
        name = path.stem if path.suffix in ENDINGS and not _is_folder(path) else path.name
        name = _in_a_line(path.name if _in_a_line(name) in names else name)
        while name in names:  # two names that are shown alike
            name += "'"
        names[name] = path
    return names, [_in_a_line(path.name) for path in entries if path not in handed_in]


def _in_a_line(name: str) -> str:
    """A file's name as it is shown: one that holds the end of a line makes no second row."""
    return shown(name).replace("\n", "\\n")


def exercise_of(paths: Iterable[Path]) -> Exercise:
    """The exercise that is under way in submissions; the first if in none. Raises ArgumentError if there are several."""
    names = sorted({name for path in paths if (name := _under_way(path)) is not None})
    if len(names) > 1:
        raise ArgumentError("exercise", f"submissions of the exercises {' and '.join(names)}; grade them apart, or name one")
    return exercise_named(names[0] if names else None)


def _under_way(path: Path) -> str | None:
    """The name of the exercise whose progress a submission holds, if it says one that there is."""
    file = path / FILE
    try:
        if not _is_folder(path) or not stat.S_ISREG(file.lstat().st_mode):
            return None
        data = json.loads(read_text(file, most=MOST_BYTES))
    except (OSError, ConfigError, ValueError, RecursionError):
        return None
    name = data.get("exercise", FIRST.name) if isinstance(data, dict) else None
    return name if isinstance(name, str) and name in EXERCISES else None


def _has_design(path: Path) -> bool:
    with suppress(OSError):
        return (path / DESIGN).exists()
    return False


def _is_folder(path: Path) -> bool:
    """And no link to one, which could lead anywhere."""
    return stat.S_ISDIR(path.lstat().st_mode)


def grade(
    folder: Path, *, exercise: Exercise = FIRST, seed: int, timeout_s: float, run_code: bool = False, jobs: int = 1,
    tell: Callable[[int, int], None] | None = None, graded: Callable[[Grade], None] = lambda _: None,
) -> list[Grade]:  # fmt: skip
    """Grade all submissions, in the order of their names. Grades are the same on every machine, unless one exceeds its time.

    Those with code are run only if `run_code` says so. `graded` is called with each grade, in that order, as soon as all before
    it are known. Raises ConfigError, and KeyboardInterrupt after having ended the processes that were running.
    """
    paths, _ = submissions(folder)
    running = Running()
    done: dict[str, Grade] = {}
    to_tell = iter(paths)
    following = next(to_tell, None)
    with ThreadPoolExecutor(jobs) as pool:
        grader = Grader(folder, exercise, seed, timeout_s, running, run_code=run_code)
        futures = {pool.submit(grader.grade, name, path): name for name, path in paths.items()}
        try:
            for future in as_completed(futures):
                done[futures[future]] = future.result()
                while following in done:
                    graded(done[following])
                    following = next(to_tell, None)
                if tell is not None:
                    tell(len(done), len(futures))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.end()
            raise
    return [done[name] for name in paths]


class Running:
    """Keeps track of the processes that are running, so that Ctrl-C can end them."""

    def __init__(self) -> None:
        self._lock, self._over = threading.Lock(), False
        self._processes: set[subprocess.Popen[bytes]] = set()

    def started(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._over:
                raise KeyboardInterrupt
            process = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603  our own interpreter
            self._processes.add(process)
            return process

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._processes.discard(process)

    def end(self) -> None:
        with self._lock:
            self._over = True
            for process in self._processes:
                kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all processes that it has started in its group."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    else:
        process.kill()


@dataclass(frozen=True)
class Grader:
    """Grades the submissions of one folder, one after the other."""

    folder: Path
    exercise: Exercise
    seed: int
    timeout_s: float
    running: Running
    run_code: bool

    def grade(self, name: str, path: Path) -> Grade:
        """Whatever is wrong with a submission is the reason why it has no points."""
        with tempfile.TemporaryDirectory(prefix="kata-", ignore_cleanup_errors=True) as place:
            desk, room = Path(place, "submission"), Path(place, "room")
            try:
                room.mkdir()
                design = copied(path, desk)
                code = code_of(desk, design)
                if code and not self.run_code:
                    return replace(
                        self._without_points(name, f"has code ({code}), which nobody has asked to run"), has_code=True
                    )
                return self._checked(name, desk, room, design, code)
            except (Refused, ConfigError) as error:
                return self._without_points(name, shown(str(error).replace(f"{desk}{os.sep}", "")))
            except Exception as error:
                return self._without_points(name, f"could not be graded: {type(error).__name__}: {shown(str(error))[:200]}")

    def _checked(self, name: str, desk: Path, room: Path, design: str, code: str) -> Grade:
        told, errors = Path(desk.parent, "result.json"), Path(desk.parent, "stderr")
        with told.open("w+b") as result, errors.open("w+b") as stderr:
            command = self._command(design, code, result.fileno(), room)
            process = self.running.started(
                command, cwd=desk, env=_environment(str(room)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr, pass_fds=(result.fileno(),),
            )  # fmt: skip
            try:
                process.wait(self.timeout_s)
            except subprocess.TimeoutExpired:
                return self._without_points(name, f"not finished after {self.timeout_s:g} s")
            finally:
                kill(process)
                process.wait()
                self.running.ended(process)
        try:
            return self._as_grade(name, _Told.model_validate_json(read_text(told, most=MOST_TOLD)))
        except (ConfigError, ValidationError):
            last = _end_of(errors).strip().rpartition("\n")[2][:200]
            return self._without_points(name, f"ended with code {process.returncode}{': ' if last else ''}{shown(last)}")

    def _command(self, design: str, code: str, result: int, room: Path) -> list[str]:
        """What reads a submission runs in a box. Of one with code that is its class; its check runs outside."""

        def boxed(command: list[str]) -> list[str]:
            return box.boxed(command, room=room, hidden=self.folder) if box.is_allowed() else command

        seconds = str(int(self.timeout_s) + 1)
        check = [*PYTHON, "sim.kata.submission", design, str(self.seed), seconds, str(result), self.exercise.name]
        if not code:
            return boxed(check)
        code = str(Path(code))
        return [*check, code, *boxed([*PYTHON, "sim.kata.apart.inside", code, seconds])]

    def _as_grade(self, name: str, told: _Told) -> Grade:
        if told.error or not self._adds_up(told):
            return self._without_points(name, "; ".join(map(shown, told.error)) or "no points of a check")
        reasons = tuple(tuple(map(shown, stage.reasons)) for stage in told.stages)
        return Grade(name, tuple(stage.points for stage in told.stages), reasons, shown(told.design))

    def _adds_up(self, told: _Told) -> bool:
        """Whether each stage of the exercise has all of its points, or none."""
        stages = self.exercise.stages
        return len(told.stages) == len(stages) and all(
            one.points in (0, stage.points) for one, stage in zip(told.stages, stages, strict=True)
        )

    def _without_points(self, name: str, error: str) -> Grade:
        none = len(self.exercise.stages)
        return Grade(name, (0,) * none, ((),) * none, error=error)


def _end_of(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(max(file.stat().st_size - 2000, 0))
        return stream.read().decode("utf-8", "replace")


def copied(path: Path, desk: Path) -> str:
    """Copy a submission to `desk`, and return the name of the design's file there. Raises Refused.

    Only regular files are copied, no more of them than anybody needs, and no link is followed: it would hand in what is not
    one's own.
    """
    if path.is_symlink():
        raise Refused("a link; hand in the file itself")
    if _is_folder(path):
        _copy(path, desk, Taken())
        if not (desk / DESIGN).is_file():
            raise Refused(f"no {DESIGN} in this folder")
        return DESIGN
    desk.mkdir()
    Taken().file(path, desk / path.name)
    return path.name


@dataclass
class Taken:
    """How much of a submission has been copied."""

    files: int = 0
    size: int = 0

    def file(self, path: Path, to: Path) -> None:
        """Raises Refused for anything but a small regular file."""
        about = path.lstat()
        self.files += 1
        self.size += about.st_size
        if not stat.S_ISREG(about.st_mode):
            what = "a link" if stat.S_ISLNK(about.st_mode) else "no regular file"
            raise Refused(f"{shown(path.name)} is {what}; hand in the file itself")
        if self.files > MOST_FILES or self.size > MOST_BYTES:
            raise Refused(f"more than {MOST_FILES} files or {MOST_BYTES // 1_000_000} MB; hand in the design's files only")
        shutil.copyfile(path, to, follow_symlinks=False)


def _copy(folder: Path, to: Path, taken: Taken, level: int = 1) -> None:
    if level > MOST_LEVELS:
        raise Refused(f"folders in folders, more than {MOST_LEVELS} deep; hand in the design's files only")
    to.mkdir()
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_BEHIND:
            continue
        if _is_folder(path):
            _copy(path, to / path.name, taken, level + 1)
        else:
            taken.file(path, to / path.name)


def code_of(desk: Path, design: str) -> str:
    """The Python file that grading a submission would run; "" if it has none. Raises ConfigError if it is outside of `desk`."""
    return design if design.endswith(".py") else code_named(desk, design)


def _environment(room: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept["PYTHONUSERBASE"] = site.getuserbase()  # this package may be installed there, and Python looks for it below HOME
    return kept | {"HOME": room, "TMPDIR": room, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
