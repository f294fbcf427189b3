"""Grade a class: every submission is checked in a separate process, in a copy of its folder, with a time limit.

So an endless loop, a crash or an overwritten file harms no other grade. It is not a sandbox: a submission in Python has the
rights of the user who grades it, and runs in the process that counts its points, so it can claim any number of points.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.config.errors import ConfigError
from sim.kata.brief import DESIGN
from sim.kata.check import POINTS
from sim.kata.progress import FILE
from sim.kata.stages import STAGES

ENDINGS = (".yaml", ".yml", ".py")
KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # the environment variables of a submission's process


@dataclass(frozen=True)
class Grade:
    """The result of one submission. `error` says why it could not be checked; then it has no points."""

    submission: str
    points: tuple[int, ...]  # by stage
    reasons: tuple[tuple[str, ...], ...]
    design: str = ""  # the design's digest
    error: str = ""

    @property
    def score(self) -> int:
        return sum(self.points)


def submissions(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The submissions, name -> path in sorted order; and the names of other files in the folder.

    A submission is a folder with a design.yaml, or a design's file. Raises ConfigError if there are none.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: {'a file' if folder.exists() else 'no such folder'}; expected a folder of submissions")
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    handed_in = [path for path in entries if path.is_dir() or path.suffix in ENDINGS]
    if not handed_in:
        raise ConfigError(f"{folder}: no submissions; expected a folder with a {DESIGN} each, or .yaml files")
    names: dict[str, Path] = {}
    for path in handed_in:
        name = path.name if path.is_dir() or path.stem in names else path.stem
        names[path.name if name in names else name] = path
    return names, [path.name for path in entries if path not in handed_in]


def grade(
    folder: Path, *, seed: int, timeout_s: float, jobs: int = 1, tell: Callable[[int, int], None] | None = None
) -> list[Grade]:
    """Grade all submissions, in the order of their names. Grades are the same on every machine, unless one exceeds its time.

    Raises ConfigError, and KeyboardInterrupt after having ended the processes that were running.
    """
    paths, _ = submissions(folder)
    running = Running()
    done: dict[str, Grade] = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_graded, name, path, seed, timeout_s, running): name for name, path in paths.items()}
        try:
            for future in as_completed(futures):
                done[futures[future]] = future.result()
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


def _graded(name: str, path: Path, seed: int, timeout_s: float, running: Running) -> Grade:
    with tempfile.TemporaryDirectory(prefix="kata-", ignore_cleanup_errors=True) as room:
        desk, result = Path(room, "submission"), Path(room, "result.json")
        try:
            design = _copied(path, desk)
        except (OSError, shutil.Error) as error:
            return _without_points(name, f"cannot be copied: {error}")
        if design is None:
            return _without_points(name, f"no {DESIGN} in this folder")
        with Path(room, "stderr").open("w+b") as errors:
            process = running.started(
                [sys.executable, "-P", "-m", "sim.kata.submission", design, str(seed), str(result)],
                cwd=desk, env=_environment(room), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return _without_points(name, f"not finished after {timeout_s:g} s")
            finally:
                kill(process)
                process.wait()
                running.ended(process)
            errors.seek(0)
            last = errors.read()[-2000:].decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        try:
            if result.is_symlink() or not result.is_file():  # reading a pipe would block
                raise ValueError("no result")
            return _as_grade(name, json.loads(result.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return _without_points(name, f"ended with code {process.returncode}{': ' if last else ''}{last}")


def _copied(path: Path, desk: Path) -> str | None:
    """Copy a submission to `desk`, and return the name of the design's file there; None if it has none."""
    if path.is_dir():
        shutil.copytree(path, desk, symlinks=True, ignore=shutil.ignore_patterns(FILE, ".git", "debrief"))
        return DESIGN if (desk / DESIGN).is_file() else None
    desk.mkdir()
    shutil.copy(path, desk / path.name)
    return path.name


def _environment(room: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept["PYTHONUSERBASE"] = site.getuserbase()  # this package may be installed there, and Python looks for it below HOME
    return kept | {"HOME": room, "TMPDIR": room, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _as_grade(name: str, document: dict[str, Any]) -> Grade:
    if "error" in document:
        return _without_points(name, "; ".join(document["error"]))
    stages = document["stages"]
    points = tuple(int(stage["points"]) for stage in stages)
    if len(points) != len(STAGES) or not set(points) <= {0, POINTS}:
        raise ValueError("no points of a check")
    return Grade(name, points, tuple(tuple(stage["reasons"]) for stage in stages), document["design"])


def _without_points(name: str, error: str) -> Grade:
    return Grade(name, (0,) * len(STAGES), ((),) * len(STAGES), error=error)
