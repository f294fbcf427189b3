"""Scenario and design files that are wrong, strange or no files at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sim.cli.messages import INTERRUPTED, USAGE
from tests.attack.columns import columns
from tests.attack.enormous import settings
from tests.attack.harness import EITHER, attempt, chosen, fault_of, faults, some_and_all, told
from tests.attack.sections import shapes
from tests.attack.special import SPECIAL
from tests.attack.starts import CLASS, CODE, HANDLE, STARTS
from tests.attack.tricks import Trick, tricks
from tests.attack.values import FILES, values
from tests.cli.coffee import SCENARIO

DESIGN_KINDS = ("yes or no", "word")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(file: str, content: str | bytes) -> None:
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


@some_and_all(8)
def test_tricks_of_yaml(most: int | None) -> None:
    """Bombs, tags, depths, other encodings, ten megabytes: refused by the name of the file, or read as they are meant."""

    def tricked(trick: Trick) -> str:
        content, codes = trick
        write("trick.yaml", content)
        return fault_of(attempt("lint", "trick.yaml", "naive", codes=codes, says="trick.yaml"))

    inputs = tricks()
    assert len(inputs) >= 80
    assert not (found := faults(chosen(inputs, most), tricked)), told(found)


@some_and_all(10)
def test_values_of_no_kind(most: int | None) -> None:
    """For a key of each kind: what looks like a value of it and is none is refused, by file and line."""

    def valued(value: tuple[str, str]) -> str:
        kind, text = value
        write("value.yaml", f"{'from: outbox' if kind in DESIGN_KINDS else 'name: x'}\n{FILES[kind].format(text)}\n")
        command = ("lint", "value.yaml") if kind in DESIGN_KINDS else ("lint", "value.yaml", "naive")
        return fault_of(attempt(*command, says="value.yaml:"))

    inputs = values()
    assert len(inputs) >= 156
    assert not (found := faults(chosen(inputs, most), valued)), told(found)


@some_and_all(8)
def test_sections_of_wrong_shape(most: int | None) -> None:
    """Each section of scenarios and of designs, with a number, a word, a list or another mapping in its place, is refused."""

    def shaped(lines: tuple[str, str]) -> str:
        start, line = lines
        write("shape.yaml", start + line)
        return fault_of(attempt("lint", "shape.yaml", *(["naive"] if start.startswith("name") else []), says="shape.yaml:2:"))

    inputs = shapes()
    assert len(inputs) >= 190
    assert not (found := faults(chosen(inputs, most), shaped)), told(found)


@some_and_all(6)
def test_starts_of_designs(most: int | None) -> None:
    """Refused: a design that starts from nothing, from itself, from what is no design, or from code that is no architecture."""

    def started(start: str) -> str:
        write("mine.py", CODE.get(start, CLASS + HANDLE))
        write("mine.txt", CLASS + HANDLE)
        write("other.yaml", "from: mine.yaml\n")
        write("mine.yaml", "architecture: mine.py:Mine\n" if start in CODE else f"{start}\n")
        codes = (USAGE, INTERRUPTED) if start == "Ctrl-C" else (USAGE,)  # nobody can tell the file's from the user's
        return fault_of(attempt("run", "tiny.yaml", "mine.yaml", "-n", "1", "-j", "1", codes=codes))

    write("tiny.yaml", SCENARIO)
    os.mkfifo("pipe.py")
    inputs = [*STARTS, *CODE]
    assert len(inputs) >= 35
    assert not (found := faults(chosen(inputs, most), started)), told(found)


PLACES = ("traffic: {arrivals: {file: data.csv}}", "network: {latency: {empirical: data.csv}}")


@some_and_all(6)
def test_columns_of_seconds(most: int | None) -> None:
    """CSV files with decimal commas, quotes, other bytes, too few or too many cells are refused, or read as they are meant."""

    def read(tried: tuple[str, tuple[str | bytes, tuple[int, ...]]]) -> str:
        place, (content, codes) = tried
        write("data.csv", content)
        write("measured.yaml", f"name: x\nclock: {{start: '07:00', duration: 1h}}\n{place}\n")
        return fault_of(attempt("lint", "measured.yaml", "naive", codes=codes, says="data.csv"))

    inputs = [(place, column) for place in PLACES for column in columns()]
    assert len(inputs) >= 117
    assert not (found := faults(chosen(inputs, most), read)), told(found)


READERS: dict[str, tuple[str, ...]] = {  # what reads the file, which is called odd and has the ending
    "scenario": ("lint", "odd.yaml", "naive"),
    "design": ("lint", "odd.yaml"),
    "shown": ("show", "odd.yaml"),
    "prices": ("lint", "calm-tuesday", "naive", "--set", "prices.from=odd.yaml"),
    "measured": ("lint", "calm-tuesday", "naive", "--set", "network.latency={empirical: odd.csv}"),
    "code": ("lint", "odd.py"),
    "space": ("optimise", "calm-tuesday", "-s", "odd.yaml"),
    "results": ("results", "odd.sqlite"),
    "kata": ("kata", "run", "odd"),
    "log": ("fit", "odd.csv"),
    "copied": ("new", "copy.yaml", "--from", "odd.yaml"),
}


@some_and_all(6)
def test_what_is_no_file(most: int | None) -> None:
    """Pipes, devices, folders, sockets, circles of links and gigabytes of holes are refused at once, whoever reads them."""

    def read(tried: tuple[str, str]) -> str:
        kind, reader = tried
        command = READERS[reader]
        name = next(word for argument in command for word in re.findall(r"odd[.a-z]*", argument))
        SPECIAL[kind](Path(name))
        fault = fault_of(attempt(*command, says=name))
        Path(name).rmdir() if Path(name).is_dir() and not Path(name).is_symlink() else Path(name).unlink()
        return fault

    inputs = [(kind, reader) for kind in SPECIAL for reader in READERS]
    assert len(inputs) >= 23
    assert not (found := faults(chosen(inputs, most), read)), told(found)


@some_and_all(4)
def test_legal_but_enormous(most: int | None) -> None:
    """The largest and the smallest value at every key are refused, or a morning with them ends in time, told in JSON."""

    def simulated(tried: tuple[str, str]) -> str:
        design, setting = tried
        return fault_of(attempt("run", "tiny.yaml", design, "-n", "1", "-j", "1", "--json", "--set", setting, codes=EITHER))

    write("tiny.yaml", SCENARIO)
    inputs = settings()
    assert len(inputs) >= 62
    assert not (found := faults(chosen(inputs, most), simulated)), told(found)
