"""The page: whole, escaped, asking for nothing, readable on a telephone; and what the documentation says of it is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.real.evidence import FULL, LATE_S
from sim.real.twin import charts
from sim.real.twin.comparison import MARGIN, Twin, compared
from sim.real.twin.page import MOST_LISTED, MOST_STORIES, STATES, page
from sim.real.twin.twins import Twins
from tests.chromium import CHROMIUM
from tests.page.served import chromium
from tests.real.twin.standins import RUSH, live, lived, made, twin
from tests.report.test_page import Tags

DOCS = Path(__file__).parents[3] / "docs"
STRANGE = "a <b>& c"


def twins(*several: Twin, speed: float = 1.0) -> Twins:
    found = {one.name: one for one in several}
    scenario = several[0].lived.scenario
    return Twins(scenario, [one.lived.design for one in several], 0, speed, MARGIN, found)


@pytest.fixture(scope="module")
def html() -> str:
    """Two designs, one of which has another name than a page likes."""
    scenario = parse_scenario(RUSH)
    strange = load_design("idempotent").model_copy(update={"name": STRANGE})
    found = twins(compared(live(scenario, load_design("naive"), 0)), compared(live(scenario, strange, 0)), speed=10)
    return page(found, command="coffee twin rush.yaml naive 'a <b>'", beside=["twin.json", "log-naive.csv"])


def text_of(html: str) -> str:
    """What a reader sees, without charts."""
    plain = re.sub(r"<(svg|style).*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", plain).replace("\u00a0", " ").split())


def test_the_page_is_whole_and_asks_for_nothing(html: str) -> None:
    """Every tag is closed in order, ids are there once, links lead into the page, and no address is fetched."""
    tags = Tags(html)
    assert tags.open == []
    ids = [attributes["id"] for _, attributes in tags.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"]) for tag, attributes in tags.tags if tag == "a"]
    assert links == ["#design-1", "#design-2"]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert not [tag for tag, attributes in tags.tags if tag in ("script", "link", "img") or "src" in attributes]
    assert "<b>&" not in html


def test_the_page_tells_everything(html: str) -> None:
    """Verdict, share, margin, matrices, waiting, both stories, cost, parts, what scaling does, and the command."""
    text = text_of(html)
    for part in (
        "The model says what real parts do", "a &lt;b&gt;&amp; c", "less than 2 points", "Time ran 10 times as fast",
        "charges : the same for 9", "In the model", "On real parts", "Customer ", "was charged 3 times.", "By process",
        "checkout 1 1.25 s 62 MiB 1", "SQLite 3.45 (WAL)", "coffee twin rush.yaml naive", "Beside this page: twin.json, log",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (twin(made([]), made([])), "can’t tell: nobody came."),
        (twin(made([0] * 30), made([0] * 30)), "nobody was charged"),
        (twin(made([1] * 300), made([1] * 300), late_s=np.full(300, 0.5)), "no evidence: customers came late"),
    ],
    ids=["empty", "lost", "refused"],
)
def test_every_verdict_has_a_page(found: Twin, said: str) -> None:
    """Also of a morning without anybody."""
    made_of = page(twins(found), command="coffee twin", beside=["twin.json"])
    assert said in text_of(made_of)
    assert Tags(made_of).open == []


@pytest.mark.slow
def test_a_reality_that_charges_everybody_nine_times() -> None:
    """More charges than the matrix has columns are in its last one; the first stories are told, and the others listed."""
    scenario, design = parse_scenario(RUSH), load_design("naive")
    model = live(scenario, design, 0, instead=None).tables
    number = len(model.purchases)
    found = Twin(lived(scenario, design, made([9] * number)), model)
    made_of = page(twins(found), command="coffee twin", beside=["twin.json"])
    text = text_of(made_of)
    assert "The model differs from real parts" in text
    assert "differ by more than 2 points" in text
    assert re.search(r"model ↓ real → 0 1 2 3 4 5 6\+ ", text)
    assert made_of.count('class="story"') == MOST_STORIES
    assert f"And {number - MOST_LISTED} more, which the JSON file has." in text
    assert Tags(made_of).open == []


def test_the_charts_show_the_numbers() -> None:
    """A row a kind of harm that there was, at the difference in points; a ring and a dot for each quantile."""
    both = twin(made([1] * 90 + [2] * 10), made([1] * 80 + [2] * 20))
    rates = charts.draw_rates(both)
    labels = [label.get_text() for label in rates.get_yticklabels()]
    row = labels.index("was charged twice")
    dots = {line.get_ydata()[0]: line.get_xdata()[0] for line in rates.lines if line.get_marker() == "o"}
    assert dots[row] == pytest.approx(10.0)
    assert len(labels) == sum(bool(rate.model or rate.real) for rate in both.rates.values())
    lags = charts.draw_lags(both)
    names = [label.get_text() for label in lags.get_yticklabels()]
    marks: dict[int, list[float]] = {}
    for line in lags.lines:
        if line.get_marker() == "o":
            marks.setdefault(int(line.get_ydata()[0]), []).append(float(line.get_xdata()[0]))
    assert marks[names.index("confirmation, p90")] == [1.0, 1.0]
    assert marks[names.index("acknowledgement, median")] == [lags.get_xlim()[1]] * 2  # nobody was acknowledged


def test_the_documentation_says_what_is_so() -> None:
    """Every verdict is in its table, and the limits are those of the code."""
    text = (DOCS / "twin.md").read_text(encoding="utf-8")
    rows = {row.partition("|")[0].strip() for row in re.findall(r"^\| (.*)$", text, flags=re.M)}
    for verdict, (_, name) in STATES.items():
        assert name if verdict == "different" else f"{name} (`{verdict}`)".replace("’", "'") in rows
    assert f"{MARGIN * 100:g} percentage points, `--margin`" in text
    assert f"99th percentile above {LATE_S * 1000:g} ms" in text
    assert f"more than {FULL:.0%}".replace("%", " %") in text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "light"), (1280, "dark")])
def test_nothing_sticks_out(html: str, tmp_path: Path, width: int, scheme: str) -> None:
    """At the width of a desk and of a telephone, with everything opened; light paper, whatever the system likes."""
    file = tmp_path / "twin.html"
    file.write_text(html, encoding="utf-8")
    with chromium() as browser:
        view: Any = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        asked: list[str] = []
        view.on("request", lambda request: asked.append(request.url))
        view.goto(file.as_uri())
        view.evaluate("() => document.querySelectorAll('details').forEach(each => each.open = true)")
        assert view.evaluate("() => document.documentElement.scrollWidth") <= width
        sizes = view.evaluate("() => [...document.querySelectorAll('figure svg')].map(e => e.getBoundingClientRect().width)")
        assert len(sizes) >= 6
        assert min(sizes) >= 300
        paper = view.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(255, 253, 250)"
        assert asked == [file.as_uri()]
