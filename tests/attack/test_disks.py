"""Disks and limits: no room, no rights, damaged files, two who write at once."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.cli.messages import KILLED, UNWRITTEN, USAGE
from tests.attack.harness import EITHER, SEED, Attempt, attempt, chosen, fault_of, faults, some_and_all, told
from tests.attack.wholeness import half_written
from tests.cli.coffee import SCENARIO, coffee, start
from tests.remembered import remembered

FEW = ("-n", "1", "-j", "1")
VARIED = ("-v", "app.timeout=1s,2s", *FEW, "--no-report", "--results")
WRITERS: dict[str, tuple[str, ...]] = {
    "new": ("new", "made/new.yaml", "--from", "outbox"),
    "svg": ("show", "outbox", "--svg", "made/outbox.svg"),
    "explain": ("explain", "tiny.yaml", "naive", "--purchase", "1", "-o", "made/story"),
    "sweep": ("sweep", "tiny.yaml", "naive", *VARIED, "made/kept.sqlite"),
    "csv": ("results", "kept.sqlite", "--csv", "made/mornings.csv"),
    "kata": ("kata", "start", "made/kata"),
    "run": ("run", "tiny.yaml", "naive", *FEW),
}
NO_ROOM = (USAGE, KILLED, UNWRITTEN)

__all__ = ["remembered"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO)
    assert coffee("sweep", "tiny.yaml", "naive", *VARIED, "kept.sqlite").exit_code == 0


@contextmanager
def limited(what: int, most: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def whole(tried: Attempt) -> str:
    """What is wrong with the answer, or with what it has written."""
    return fault_of(tried) or half_written(Path("made"))


@some_and_all(6)
def test_no_room(most: int | None) -> None:
    """Where files can have only so many bytes, or none, what is written is whole or not there, and that is said."""

    def written(tried: tuple[str, int | str]) -> str:
        writer, room = tried
        shutil.rmtree("made", ignore_errors=True)
        if isinstance(room, int):
            Path("made").mkdir()
            with limited(resource.RLIMIT_FSIZE, room):
                return whole(attempt(*WRITERS[writer], codes=(*EITHER, *NO_ROOM)))
        Path("made").symlink_to(room)
        try:
            codes = (0, *NO_ROOM) if writer == "run" else NO_ROOM
            return fault_of(attempt(*WRITERS[writer], codes=codes))
        finally:
            Path("made").unlink()

    rooms = (0, 1, 100, 1000, 5000, 20_000, "/proc", "/dev/full", "/dev/null", "tiny.yaml", "nowhere/at/all", "made")
    inputs = [(writer, room) for writer in WRITERS for room in rooms if (writer, room) != ("explain", "nowhere/at/all")]
    assert not (found := faults(chosen(inputs, most), written)), told(found)


@pytest.mark.deep
@pytest.mark.parametrize("most", [9, 10, 11, 12, 20])  # fewer, and Python itself does not start
def test_too_many_open_files(most: int) -> None:
    """Out of descriptors, a command says so and has an exit code of its own, or does without."""
    command = [
        "/bin/sh",
        "-c",
        f'ulimit -n {most}; exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "sim",
        "run",
        "tiny.yaml",
        "naive",
        *FEW,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode in (*EITHER, *NO_ROOM), done.stderr
    assert "Traceback" not in done.stderr


@some_and_all(6)
def test_damaged_results(most: int | None) -> None:
    """A file of results in which some bytes are others, or whose end is lost, is refused in words, or still read."""
    content = Path("kept.sqlite").read_bytes()
    draw = random.Random(SEED)

    def read(tried: tuple[str, bytes, tuple[str, ...]]) -> str:
        Path("damaged.sqlite").write_bytes(tried[1])
        for left in ("-journal", "-wal", "-shm"):
            Path(f"damaged.sqlite{left}").unlink(missing_ok=True)
        return fault_of(attempt(*tried[2], codes=(*EITHER, *NO_ROOM)))

    commands = (
        ("results", "damaged.sqlite"), ("results", "damaged.sqlite", "--json"), ("results", "damaged.sqlite", "--csv", "-"),
        ("results", "damaged.sqlite", "--prune", "old"), ("sweep", "tiny.yaml", "naive", *VARIED, "damaged.sqlite"),
    )  # fmt: skip
    inputs = []
    for number in range(16):
        spoilt = bytearray(content)
        for _ in range(1 + number):
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        cut = content[: draw.randrange(len(content))]
        inputs += [(f"{number} {command[0]}", bytes(damaged), command) for damaged in (spoilt, cut) for command in commands]
    assert len(inputs) >= 60
    assert not (found := faults(chosen(inputs, most), read)), told(found)


@pytest.mark.deep
def test_damaged_progress(remembered: None) -> None:
    """A kata's file in which some bytes are others, or whose end is lost, is refused in words, or still read."""
    assert coffee("kata", "start", "mine").exit_code == 0
    assert coffee("kata", "run", "mine").exit_code == 0
    kept = Path("mine", ".kata.json")
    content = kept.read_bytes()
    draw = random.Random(SEED)

    def read(damaged: bytes) -> str:
        kept.write_bytes(damaged)
        return fault_of(attempt("kata", "status", "mine", codes=EITHER)) or fault_of(
            attempt("kata", "debrief", "mine", codes=EITHER)
        )

    inputs = []
    for number in range(15):
        spoilt = bytearray(content)
        for _ in range(1 + number % 3):
            spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        inputs += [bytes(spoilt), content[: draw.randrange(len(content))]]
    assert not (found := faults(inputs, read)), told(found)


@pytest.mark.deep
def test_two_writers() -> None:
    """Two commands that write the same at once: both end, with an answer or in words, and what is there is whole."""
    Path("made").mkdir()
    for command in (WRITERS["sweep"], WRITERS["new"], WRITERS["explain"], WRITERS["kata"], WRITERS["csv"]):
        two = [start(*command) for _ in range(2)]
        for process in two:
            _, err = process.communicate(timeout=240)
            assert process.returncode in (0, *NO_ROOM), err
            assert "Traceback" not in err
        assert half_written(Path("made")) == ""
