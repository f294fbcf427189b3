from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.failure_windows.matrix import Matrix, bundled_windows, sentence, title
from sim.failure_windows.verdicts import STATES, MorningHarm, Verdict, judged
from sim.report import matrix as told
from sim.report.charts import windows as heat_map
from sim.report.windows import FILES, write_report
from tests.report.test_page import Tags, files

DESIGNS = ("naive", "idempotent", "outbox", "no-inbox")
NAIVE = (30, 33, 29, 31)
HARMS = {
    ("W1", "naive"): NAIVE,
    ("W1", "idempotent"): (0, 0, 0, 0),
    ("W1", "outbox"): (10, 12, 11, 10),
    ("W1", "no-inbox"): (0, 90, 3, 20),
    ("W8", "naive"): (0, 0, 0, 0),
    ("W8", "idempotent"): (0, 0, 0, 0),
    ("W8", "outbox"): (0, 0, 0, 0),
    ("W8", "no-inbox"): (9, 8, 10, 9),
}
WANTED = ["open", "closed", "narrowed", "undecided", "closed", "closed", "closed", "worse"]


def made(window: str, design: str) -> Verdict:
    exposed = window == "W1" or design in ("outbox", "no-inbox")
    harms, naive = (
        [
            MorningHarm(600, number, {"double_charge": number, "misinformed": number // 2}, exposed)
            for number in HARMS[window, name]
        ]
        for name in (design, "naive")
    )
    return judged(window, design, harms, naive=None if design == "naive" else naive)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """Two windows and four designs with made-up counts, so that every state is there."""
    known = bundled_windows()
    return Matrix(
        windows={label: load_scenario(f"windows/{known[label]}") for label in ("W1", "W8")},
        designs={name: load_design(name) for name in DESIGNS},
        cells={key: made(*key) for key in HARMS},
        seed=0,
        mornings=4,
        asked=2,
        wall_s=1.0,
    )


@pytest.fixture(scope="module")
def page(matrix: Matrix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(matrix, tmp_path_factory.mktemp("reports") / "windows", command="coffee windows <mine>")


def drawn(matrix: Matrix, designs: list[str], **options: frozenset[tuple[str, str]]) -> list[dict[str, Rectangle]]:
    """The cells of each block by their names."""
    titles = {label: title(scenario) for label, scenario in matrix.windows.items()}
    axes = heat_map.draw(matrix.cells, titles, designs, **options)
    return [{str(patch.get_label()): patch for patch in ax.patches if isinstance(patch, Rectangle)} for ax in axes]


def test_every_state_is_there(matrix: Matrix) -> None:
    assert [cell.state for label in matrix.windows for cell in matrix.row(label)] == WANTED
    assert set(WANTED) == set(STATES)


def test_the_heat_map_draws_every_cell_in_the_colour_of_its_state(matrix: Matrix) -> None:
    (cells,) = drawn(matrix, list(DESIGNS))
    assert len(cells) == len(HARMS)
    for (window, design), cell in matrix.cells.items():
        look = heat_map.LOOKS[cell.state] if cell.exposed else heat_map.NOTHING_THERE
        box = cells[f"{window} {design} {cell.state}"]
        assert box.get_facecolor()[:3] == to_rgb(look.fill)
        assert (box.get_hatch() or "") == look.hatch


def test_the_heat_map_says_state_and_rate(matrix: Matrix) -> None:
    """Nobody needs the colours to read it."""
    titles = {label: title(scenario) for label, scenario in matrix.windows.items()}
    (ax,) = heat_map.draw(matrix.cells, titles, list(DESIGNS), differ=frozenset({("W1", "outbox")}))
    texts = [text.get_text().replace("\u00a0", " ") for text in ax.texts]
    assert texts[:4] == ["open", "5.1 % [4.3, 6.1]", "closed", "<0.12 %"]
    assert texts[4:8] == [
        "narrowed",
        told.interval(matrix.cells["W1", "outbox"]).replace("\u00a0", " "),
        told.DIFFERS,
        "undecided",
    ]
    assert texts.count("nothing there") == 2
    assert texts.count(told.DIFFERS) == 1
    assert {"W1", "W8", "Double tap"} <= set(texts)


def test_what_a_cell_says_stays_inside_of_it(matrix: Matrix) -> None:
    """Also a rate with three digits and its interval, beside the mark of a difference."""
    wide = judged(
        "W1",
        "outbox",
        [MorningHarm(6000, n, {}, True) for n in (58, 57, 56, 59)],
        naive=[MorningHarm(600, n, {}, True) for n in NAIVE],
    )
    titles = {"W1": "Double tap"}
    (ax,) = heat_map.draw({("W1", "outbox"): wide}, titles, ["outbox"], differ=frozenset({("W1", "outbox")}))
    (box,) = ax.patches
    state, rate, mark = (text.get_window_extent() for text in ax.texts[:3])
    room = box.get_window_extent()
    assert len(told.interval(wide)) == len("0.96 % [0.83, 1.09]")
    assert all(room.x0 <= extent.x0 and extent.x1 <= room.x1 for extent in (state, rate, mark))
    assert not mark.overlaps(state)
    assert not mark.overlaps(rate)


def test_states_can_be_told_without_colours() -> None:
    """The worse, the darker; by at least a tenth of the way from black to white."""
    light = [
        sum(c * w for c, w in zip(to_rgb(look.fill), (0.299, 0.587, 0.114), strict=True)) for look in heat_map.LOOKS.values()
    ]
    closed, narrowed, open_, worse, _ = light
    assert closed - narrowed > 0.05
    assert narrowed - open_ > 0.1
    assert open_ - worse > 0.1
    assert list(heat_map.LOOKS) == list(STATES)


def test_many_designs_stand_in_blocks(matrix: Matrix) -> None:
    """Eight are two blocks of four, not seven and one; each window is in each block."""
    names = [f"design-{number}" for number in range(8)]
    cells = {(window, name): made(window, "naive") for window in matrix.windows for name in names}
    titles = {label: title(scenario) for label, scenario in matrix.windows.items()}
    axes = heat_map.draw(cells, titles, names)
    assert [len(ax.patches) for ax in axes] == [8, 8]


def test_all_files_are_there_and_the_same_each_time(matrix: Matrix, page: Path, tmp_path: Path) -> None:
    assert set(files(page.parent)) == set(FILES)
    again = write_report(matrix, tmp_path / "again", command="coffee windows <mine>")
    assert files(again.parent) == files(page.parent)


def test_the_page_is_whole(page: Path) -> None:
    """Well-formed, nothing fetched, what users give is escaped, and every link within the page leads somewhere."""
    html = page.read_text(encoding="utf-8")
    parsed = Tags(html)
    assert parsed.open == []
    assert not {tag for tag, _ in parsed.tags} & {"script", "link", "img", "iframe", "image"}
    assert "coffee windows &lt;mine&gt;" in html
    ids = {attributes.get("id") for _, attributes in parsed.tags}
    links = {href for tag, attributes in parsed.tags if tag == "a" and (href := attributes.get("href"))}
    assert all(link[0] == "#" and link[1:] in ids for link in links)


def test_the_page_has_the_numbers_of_the_json_and_the_csv(page: Path, matrix: Matrix) -> None:
    html = page.read_text(encoding="utf-8").replace("\u00a0", " ")
    document = json.loads((page.parent / "windows.json").read_text(encoding="utf-8"))
    table = list(csv.DictReader((page.parent / "windows.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["state"] for row in table] == WANTED
    for row in table:
        cell = document["windows"][row["window"]]["cells"][row["design"]]
        assert (cell["state"], str(cell["harmed"]), str(cell["purchases"])) == (row["state"], row["harmed"], row["purchases"])
    assert "5.1 % [4.3, 6.1]" in html
    assert "123 of 2,400, all double charge" in html
    assert (
        document["designs"]["naive"]["sentence"] == "closes 0 of the 1 that could strike it (W8 finds nothing there); open: W1"
    )
    for window in matrix.windows.values():
        assert window.summary.partition(" ")[2] in html


def test_differences_are_on_the_page_with_their_reasons(page: Path) -> None:
    """Made-up numbers differ without a reason, and that is said too."""
    html = page.read_text(encoding="utf-8")
    assert 'id="difference-W1"' in html
    assert "No published mechanism explains it." in html, "outbox is not narrowed in W1"


def test_a_sentence_names_the_worst_first(matrix: Matrix) -> None:
    assert sentence(matrix, "no-inbox") == "closes 0 of 2; worse: W8; undecided: W1"
    assert sentence(matrix, "idempotent") == "closes 1 of the 1 that could strike it (W8 finds nothing there)"


def test_what_nothing_can_strike_closes_nothing(matrix: Matrix) -> None:
    """A window that finds nothing in a design is not counted as closed."""
    alone = replace(matrix, windows={"W8": matrix.windows["W8"]})
    assert sentence(alone, "idempotent") == "can't be struck (W8 finds nothing there)"


def test_nobody_came_is_said(matrix: Matrix) -> None:
    empty = judged("W1", "naive", [MorningHarm(0, 0, {}, exposed=True)] * 2, naive=None)
    assert (told.rate(empty), told.interval(empty), told.counted(empty)) == ("nobody came", "nothing to count", "0 of 0")


def test_a_folder_with_other_things_is_left_alone(matrix: Matrix, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"mine\.txt"):
        write_report(matrix, tmp_path, command="coffee windows")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
