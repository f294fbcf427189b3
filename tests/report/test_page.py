from __future__ import annotations

import csv
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import BrokenExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from sim import style
from sim.config.errors import ConfigError
from sim.diagram.components import file_names
from sim.experiment.compare import Comparison
from sim.ledger.causes import CAUSES
from sim.report import tables
from sim.report.charts import CHARTS
from sim.report.findings import findings
from sim.report.names import FILES, ours
from sim.report.page import write_report
from sim.vocabulary import grouped
from tests.report.conftest import CALM, DEAD, compared

COMMAND = "coffee compare <ten-minutes> --mornings 3"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def report(stormy: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(stormy, tmp_path_factory.mktemp("reports") / "storm", command=COMMAND, jobs=3)


@pytest.fixture(scope="session")
def html(report: Path) -> str:
    return report.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """The start tags of a page, and whether they are all closed in order."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_all_files_are_there(report: Path) -> None:
    """The page, the numbers as CSV and JSON, and each chart and each design's diagram as PNG and SVG.

    The mornings are all of one kind, so there is no chart of two.
    """
    diagrams = {
        f"charts/{name}.{end}" for name in file_names(("naive", "idempotent", "outbox")).values() for end in ("png", "svg")
    }
    assert set(files(report.parent)) == (FILES | diagrams) - {"charts/tipping.png", "charts/tipping.svg"}
    assert all(map(ours, files(report.parent)))
    assert not ours("charts/mine.svg")


@pytest.mark.slow
def test_two_writes_give_the_same_bytes(report: Path, stormy: Comparison, tmp_path: Path) -> None:
    """Nothing in the files depends on when and where they were written, nor on how many processes drew them."""
    again = write_report(stormy, tmp_path / "elsewhere", command=COMMAND, jobs=1)
    assert files(again.parent) == files(report.parent)


@pytest.mark.slow
def test_nothing_is_fetched(html: str) -> None:
    """The page refers to nothing outside of itself: no script, no link, no picture, no address but names of vocabularies."""
    tags = Tags(html).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "image"}
    for _, attributes in tags:
        for name in ("src", "href", "xlink:href", "data", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:text/plain;"))
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "@import" not in html


def test_the_page_is_well_formed(html: str) -> None:
    """Every tag is closed where it should be, and no id is used twice."""
    parsed = Tags(html)
    assert not parsed.open
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_has_the_numbers_of_the_json(report: Path, html: str) -> None:
    """Each key metric and objective on the page is the value in summary.json; the CSV has them too."""
    document = json.loads((report.parent / "summary.json").read_text(encoding="utf-8"))
    values = re.findall(r'<data value="([^"]*)"', html)
    expected = [
        objective["value"]
        for row in zip(*(design["objectives"] for design in document["designs"].values()), strict=True)
        for objective in row
    ]
    for metrics in grouped("report").values():
        expected += [design["metrics"][metric]["mean"] for metric in metrics for design in document["designs"].values()]
    for kind, known in CAUSES.items():
        went = [{cause: one["purchases"] for cause, one in d["causes"][kind].items()} for d in document["designs"].values()]
        causes = [cause for cause in known if any(cause in found for found in went)]
        expected += [sum(found.values()) for found in went] if causes else []
        expected += [found.get(cause, 0) for cause in causes for found in went]
    expected += [design["right"] for design in document["designs"].values()]
    expected += [design["metrics"]["collapsed_share"]["mean"] for design in document["designs"].values()]
    assert [float(value) if value else None for value in values] == expected
    with (report.parent / "summary.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mean = document["designs"][row["design"]]["metrics"][row["metric"]]["mean"]
            assert (float(row["mean"]) if row["mean"] else None) == mean


def test_the_json_names_its_page(report: Path) -> None:
    """And has the differences from the first design."""
    document = json.loads((report.parent / "summary.json").read_text(encoding="utf-8"))
    assert document["report"] == "report.html"
    assert document["designs"]["outbox"]["paired"]["double_charge_rate"]["difference"] < 0


def test_texts_of_others_are_escaped(html: str) -> None:
    """A scenario's story and a command are text, whatever is in them."""
    assert "A short &lt;rush&gt; &amp; a slow provider." in html
    assert "coffee compare &lt;ten-minutes&gt; --mornings 3" in html
    assert "<rush>" not in html


def test_charts_and_tables_are_accessible(html: str) -> None:
    """Every chart is named for a screen reader, and every header cell says what it heads."""
    tags = Tags(html).tags
    pictures = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(pictures) >= len(CHARTS) + 1  # and the anatomy of a violation
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in pictures)
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")


def test_the_anatomy_of_the_first_violation(html: str) -> None:
    """The simplest story of the first design that harmed anybody: its diagram, its lines, and what would have closed it."""
    assert "The anatomy of one violation" in html
    assert html.count("VIOLATION: this customer was charged twice") == 1
    assert "from: idempotent" in html


@pytest.mark.usefixtures("quick")
def test_a_calm_morning_has_no_anatomy(tmp_path: Path) -> None:
    """Where nobody was harmed, there is no story to tell, and no file for it."""
    written = write_report(compared(CALM, mornings=1), tmp_path / "calm", command="coffee compare calm")
    assert "The anatomy" not in written.read_text(encoding="utf-8")
    assert not (tmp_path / "calm" / "charts" / "anatomy.svg").exists()


def test_verdicts_are_told_in_words(html: str, stormy: Comparison) -> None:
    """Each verdict has its word and its sign, not only a colour."""
    statuses = [objective.status for result in stormy.results.values() for objective in result.objectives]
    for status, symbol in tables.SYMBOLS.items():
        overall = sum(result.verdict == status for result in stormy.results.values())
        assert html.count(f"{symbol} {status}</span>") == statuses.count(status) + overall
    assert {"met", "violated"} <= set(statuses)


def test_findings_are_the_numbers(stormy: Comparison) -> None:
    """The sentence about a design says how many it charged twice, or that it was nobody and how sure that is."""
    said = {name: text.replace("\u00a0", " ") for name, text in findings(stormy).items()}
    purchases = int(stormy.results["outbox"].values("purchases").sum())
    assert said["outbox"].startswith(f"charged nobody twice (0 of {purchases:,} purchases, in 0 of 3 mornings: at 95 % below ")
    assert re.match(r"charged [\d.]+ % \[[\d.]+, [\d.]+\] of the purchases twice, left ", said["naive"])
    violated = sum(objective.status == "violated" for objective in stormy.results["naive"].objectives)
    assert f"it violates {violated} of 5 objectives" in said["naive"]


def test_a_finding_about_answers_that_never_came() -> None:
    """More than one in twenty without an answer: said of those who got none, not of those who got one."""
    said = findings(compared(DEAD))["naive"].replace("\u00a0", " ")
    assert "left more than 5 % of them without a “we have your order” in 3 of 3 mornings" in said


def test_it_says_how_to_get_it_again(html: str, stormy: Comparison) -> None:
    """Command, seeds, digest and versions are on the page."""
    for text in (f"<dd>{stormy.digest}</dd>", "seeds 0 to 2", "<dt>simpy</dt>", "<dt>numpy</dt>", "<dt>python</dt>"):
        assert text in html


def test_it_says_how_to_make_room(html: str, quick: None, untold: None, tmp_path: Path) -> None:
    """Where a design is too small for the people who come, the page has the command that makes it large enough."""
    assert "--fit-to-traffic" not in html
    crowd = "{name: crowd, clock: {start: '07:00', duration: 1min, drain: 1min}, traffic: {rate: 40/s}}"
    command = "coffee compare crowd.yaml naive outbox --mornings 1"
    page = write_report(compared(crowd, mornings=1, designs=("naive", "outbox")), tmp_path / "crowd", command=command, jobs=1)
    assert f"<code>{command} --fit-to-traffic</code>" in page.read_text(encoding="utf-8")


def test_what_was_never_seen_is_called_so() -> None:
    """Where both designs have 0 on all mornings there is no difference to be unclear about."""
    calm = compared(CALM, mornings=2)
    [over] = [row for rows in tables.metrics(calm).values() for row in rows if row.metric == "overcharged_per_1000"]
    assert [cell.judgement for cell in over.cells] == ["", "none seen", "none seen"]


def test_it_says_what_it_does_not_know(html: str) -> None:
    """The limits name the unit of the intervals, the caveat of zero events, and that defaults are assumptions."""
    limits = html[html.index('<section id="limits"') : html.index('<section id="again"')]
    for text in ("over mornings", "as independent", "assumptions"):
        assert text in limits


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_a_page_of_little_is_a_page(odd: Comparison, tmp_path: Path) -> None:
    """Without objectives, faults, people, intervals or other designs there is still a page, and it is well formed."""
    html = write_report(odd, tmp_path / "r", command="coffee compare odd").read_text(encoding="utf-8")
    assert not Tags(html).open
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL).lower().split()
    assert "nothing to count" in html or odd.scenario.faults
    assert ("no objectives" in html) == (not odd.scenario.objectives)
    assert ("it has no intervals" in html) == (odd.mornings == 1)


@pytest.mark.usefixtures("quick")
def test_an_interrupted_comparison_says_so(stormy: Comparison, tmp_path: Path) -> None:
    """Fewer mornings than asked for are named at the top."""
    cut = Comparison(stormy.scenario, stormy.results, 0, 50, interrupted=True, wall_s=1.0, prices=stormy.prices)
    html = write_report(cut, tmp_path / "r", command="x").read_text(encoding="utf-8")
    assert "3 of the 50 mornings asked for had finished" in html


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_failure_in_the_middle_leaves_the_old_report(
    stormy: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """When drawing stops half-way, the earlier report is whole, and nothing else is left in the folder above."""
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "report.html").write_text("the earlier one")

    def failing(figure: Figure, stem: Path) -> str:
        assert stem.parent.is_dir(), "the new folder is there"
        raise error

    monkeypatch.setattr(style, "save", failing)
    with pytest.raises((KeyboardInterrupt, ConfigError)):
        write_report(stormy, folder, command=COMMAND)
    assert files(tmp_path) == {"r/report.html": b"the earlier one"}
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="only a forked worker has what a test replaces")
def test_a_killed_worker_leaves_the_old_report(stormy: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed while it draws is an error, and the earlier report stays as it was."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "report.html").write_text("the earlier one")
    monkeypatch.setattr(style, "save", lambda figure, stem: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(BrokenExecutor):
        write_report(stormy, tmp_path / "r", command=COMMAND)
    assert files(tmp_path) == {"r/report.html": b"the earlier one"}
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_names_are_known_without_matplotlib() -> None:
    """To look whether a folder holds an earlier report, nothing that draws is imported."""
    program = "import sys, sim.report.names; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_foreign_folder_is_refused_before_anything_is_drawn(
    stormy: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody loses a file to a report, nor waits for charts that can't be saved."""
    (tmp_path / "thesis.tex").write_text("precious")
    monkeypatch.setattr(style, "save", None)
    with pytest.raises(ConfigError, match=r"thesis\.tex"):
        write_report(stormy, tmp_path, command=COMMAND)
    assert (tmp_path / "thesis.tex").read_text() == "precious"
