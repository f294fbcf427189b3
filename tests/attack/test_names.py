"""Names that a terminal, a spreadsheet, a browser or a file system would act on; a kata's file that somebody has edited."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sim.kata.grading import grade
from tests.attack.harness import EITHER, REFUSED, Answer, answered, attempt, chosen, faults, some_and_all, told
from tests.attack.names import CELLS, FORMULAS, MARKUP, NAMES, OBEYED, UNPRINTABLE, escaped
from tests.attack.tampering import tampered
from tests.cli.coffee import SCENARIO, coffee
from tests.remembered import remembered

FEW = ("-n", "1", "-j", "1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "lint": ("lint", "evil.yaml", "mine.yaml"),
    "a scenario": ("show", "evil.yaml"),
    "a design": ("show", "mine.yaml", "--story"),
    "a drawing": ("show", "mine.yaml", "--svg", "made/drawing.svg"),
    "Mermaid": ("show", "mine.yaml", "--mermaid"),
    "run": ("run", "evil.yaml", "mine.yaml", *FEW),
    "run in JSON": ("run", "evil.yaml", "mine.yaml", *FEW, "--json"),
    "check": ("check", "evil.yaml", "mine.yaml", *FEW),
    "compare": ("compare", "evil.yaml", "naive", "mine.yaml", *FEW, "--no-report"),
    "explain": ("explain", "evil.yaml", "mine.yaml", "--purchase", "1", "-o", "made/story"),
    "copy of the scenario": ("new", "made/scenario.yaml", "--from", "evil.yaml"),
    "copy of the design": ("new", "made/design.yaml", "--from", "mine.yaml"),
    "sweep": ("sweep", "evil.yaml", "mine.yaml", "-v", "app.timeout=1s", *FEW, "--results", "made/kept.sqlite", "--no-report"),
    "results": ("results", "kept.sqlite", "--csv", "made/mornings.csv"),
    "by name": ("run", "NAME", "naive", *FEW),
    "output": ("new", "made/NAME.yaml", "--from", "outbox"),
}

__all__ = ["remembered"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")


def named(pair: tuple[str, str]) -> str:
    """Give the name to a scenario and a design, run the command, and look at all that it printed and wrote."""
    name, command = pair
    shutil.rmtree("made", ignore_errors=True)
    Path("made").mkdir()
    says = escaped(name)
    Path("evil.yaml").write_text(SCENARIO.replace("name: tiny\nsummary: ", f"name: {says}\nstory: {says}\nsummary: {says} # "))
    Path("mine.yaml").write_text(f"{{from: outbox, name: {says}, summary: {says}}}")
    refused = UNPRINTABLE.intersection(name) and command not in ("by name", "output", "results")
    if command == "results":
        coffee("sweep", "evil.yaml", "mine.yaml", "-v", "app.timeout=1s", *FEW, "--results", "kept.sqlite", "--no-report")
    arguments = (word.replace("NAME", name) for word in COMMANDS[command])
    answer = answered(attempt(*arguments, codes=REFUSED if refused else EITHER))
    return answer.fault or obeyed(answer) or executed()


def obeyed(answer: Answer) -> str:
    """What a terminal would obey."""
    found = OBEYED.intersection(answer.out + answer.err)
    return f"accepted: {sorted(map(ascii, found))} on the terminal" if found else ""


def executed() -> str:
    """What a spreadsheet or a browser would execute, of all files that were written."""
    for path in (path for path in Path("made").rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8") if path.suffix in (".csv", ".html", ".svg", ".md", ".mmd", ".yaml") else ""
        if path.suffix == ".csv" and any(is_formula(cell) for row in csv.reader(io.StringIO(text)) for cell in row):
            return f"accepted: {path} has a formula"
        if path.suffix in (".html", ".svg", ".md") and any(
            name in text for name in MARKUP if name.startswith(("<s", "<i", "</", '"'))
        ):
            return f"accepted: {path} has markup that somebody else wrote"
        if path.suffix == ".svg":
            ET.fromstring(text)
        if path.suffix in (".csv", ".html", ".svg", ".md") and OBEYED.difference("\t\u200e\u200f").intersection(text):
            return f"accepted: {path} has characters that are obeyed"
    return ""


def is_formula(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return False


@some_and_all(6)
def test_hostile_names(most: int | None) -> None:
    """As name, summary and story of a scenario and a design, as argument and as output: shown by their codes, never obeyed."""
    inputs = [(name, command) for name in NAMES for command in COMMANDS]
    assert len(inputs) >= 745 - 68
    assert not (found := faults(chosen(inputs, most), named)), told(found)


@pytest.mark.deep
@pytest.mark.parametrize("name", [MARKUP[0], MARKUP[1], CELLS[1], *FORMULAS])
def test_hostile_names_in_reports(name: str) -> None:
    """Nor in pages, tables and charts: every SVG is XML, and no cell is a formula."""
    says = escaped(name)
    Path("made").mkdir()
    Path("evil.yaml").write_text(SCENARIO.replace("name: tiny\nsummary: ", f"name: {says}\nstory: {says}\nsummary: {says} # "))
    Path("mine.yaml").write_text(f"{{from: outbox, name: {says}, summary: {says}}}")
    for command in (
        ("compare", "evil.yaml", "naive", "mine.yaml", "-n", "2", "-j", "1", "--out", "made/report"),
        ("sweep", "evil.yaml", "mine.yaml", "-v", "app.timeout=1s,2s", *FEW, "-o", "made/sweep", "--results", "kept.sqlite"),
    ):
        answer = answered(attempt(*command, codes=(0,)), limit_s=240)
        assert (answer.fault or obeyed(answer) or executed()) == "", command
    assert list(Path("made").rglob("*.svg"))


@pytest.mark.deep
def test_hostile_names_of_submissions() -> None:
    """Every file that somebody hands in under such a name is one row of the grades, by a name that can be shown."""
    Path("class").mkdir()
    for number, name in enumerate(NAMES):
        letters = name.replace("/", "_").replace("\0", "_")[:60]
        Path(os.fsdecode(f"class/{letters}{number:02}.yaml".encode("utf-8", "surrogatepass"))).write_text("from: nothing\n")
    grades = grade(Path("class"), seed=1000, timeout_s=120.0, jobs=2)
    assert len(grades) == len([name for name in os.listdir("class") if not name.startswith(".")]) >= 70
    assert {one.score for one in grades} == {0}
    assert not [one for one in grades if "unknown design 'nothing'" not in one.error]
    assert not [one for one in grades if OBEYED.intersection(one.submission + one.error)]


@pytest.mark.parametrize(
    "most", [pytest.param(10, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.deep, id="all")]
)
def test_an_edited_kata(most: int | None, remembered: None, tmp_path: Path) -> None:
    """Whatever is in `.kata.json`: it is told in words, nothing is obeyed, and no file outside of the folder is written."""
    assert coffee("kata", "start", "mine").exit_code == 0
    assert coffee("kata", "run", "mine").exit_code == 0
    kept = Path("mine", ".kata.json")
    victim = Path("victim.py")
    victim.write_text("mine")
    design = Path("mine", "design.yaml").read_text()

    def edited(tried: tuple[tuple[str, str], str]) -> str:
        (_, text), command = tried
        kept.write_text(text)
        Path("mine", "design.yaml").write_text(design)
        answer = answered(attempt("kata", command, "mine", codes=EITHER), limit_s=120)
        return answer.fault or obeyed(answer) or ("" if victim.read_text() == "mine" else "lost: another file was overwritten")

    commands = ("status", "undo", "hint", "why", "debrief")
    inputs = [(way, command) for way in tampered(kept.read_text()) for command in commands]
    assert len(inputs) >= 68
    assert not (found := faults(chosen(inputs, most), edited)), told(found)
