"""Component diagrams, as data: what is drawn lies where it should."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sim import style
from sim.architectures import load_design
from sim.architectures.parts import parts_of
from sim.diagram import components
from sim.experiment.compare import Comparison
from sim.report.names import DIAGRAM
from tests.diagram.test_layout import DIRECT, EVERYTHING

BUSY = {"checkout": 0.81, "database": 0.2, "loyalty": 0.0123, "read_model": 0.9999, "payment": 0.5, "completer": 0.00012}
DESIGNS = {
    **{name: load_design(name) for name in ("naive", "idempotent", "outbox", "inquiry", "last-seen-id", "trusted-webhooks")},
    "everything": EVERYTHING,
    "direct": DIRECT,
}


def drawn(name: str) -> Figure:
    figure = components.draw(components.arranged(parts_of(DESIGNS[name]), BUSY), name, colour="#0072B2", busy=BUSY)
    figure.draw_without_rendering()
    return figure


def frames(figure: Figure) -> list[Bbox]:
    """The outer frames of all boxes, in pixels."""
    patches = [p for p in figure.axes[0].patches if isinstance(p, Rectangle | FancyBboxPatch) and p.get_facecolor()[3] > 0]
    return [patch.get_path().transformed(patch.get_transform()).get_extents() for patch in patches]


def extent(text: Text) -> Bbox:
    return text.get_window_extent()


@pytest.mark.parametrize("name", DESIGNS)
def test_everything_is_where_it_belongs(name: str) -> None:
    """Boxes don't overlap and hold their texts; arrows begin and end on boxes; labels keep clear of boxes and each other."""
    figure = drawn(name)
    ax = figure.axes[0]
    boxes = frames(figure)
    assert len(boxes) == len(parts_of(DESIGNS[name]).components)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(figure.bbox.contains(*corner) for box in boxes for corner in (box.p0, box.p1))

    inside = [text for text in ax.texts if str(text.get_label()).startswith("in ")]
    labels = [text for text in ax.texts if text.get_label() == "on a flow"]
    assert len(inside) + len(labels) == len(ax.texts)
    for text in inside:
        assert any(_holds(box, extent(text)) for box in boxes), text.get_text()
    for text in labels:
        assert not any(box.overlaps(extent(text)) for box in boxes), text.get_text()
    assert not any(_shrunk(extent(a)).overlaps(_shrunk(extent(b))) for a, b in combinations(labels, 2))

    lines = [line for line in ax.lines if isinstance(line, Line2D)]
    assert len(lines) == len(parts_of(DESIGNS[name]).flows) == sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches)
    for line in lines:
        points = line.get_transform().transform(np.asarray(line.get_xydata()))
        assert all(any(_on_border(box, point) for box in boxes) for point in (points[0], points[-1]))


def _holds(box: Bbox, text: Bbox) -> bool:
    return bool(box.x0 < text.x0 and text.x1 < box.x1 and box.y0 < text.y0 and text.y1 < box.y1)


def _shrunk(text: Bbox) -> Bbox:
    """Without the room for ascenders and descenders that nobody has."""
    return text.padded(-2)


def _on_border(box: Bbox, point: np.ndarray, slack: float = 6.0) -> bool:
    """A line may begin half a cell away: columns and rows have cells of different size."""
    return bool(box.padded(slack).contains(*point) and not box.padded(-slack).contains(*point))


def test_busy_boxes_say_so_and_are_darker() -> None:
    """Each station has its share as its last line, and the busier of two stations is the darker one."""
    figure = drawn("outbox")
    texts = {text.get_label(): text.get_text() for text in figure.axes[0].texts}  # the last line of each box
    assert texts["in checkout"] == "busy 81\u00a0%"
    assert texts["in loyalty"] == "busy 1.2\u00a0%"
    assert not any("busy" in texts[f"in {name}"] for name in ("app", "broker", "provider", "relay", "reconciler"))
    fills = {
        component.name: sum(patch.get_facecolor()[:3])
        for component, patch in zip(
            parts_of(DESIGNS["outbox"]).components,
            [p for p in figure.axes[0].patches if isinstance(p, Rectangle | FancyBboxPatch) and p.get_facecolor()[3] > 0],
            strict=True,
        )
    }
    assert fills["checkout"] < fills["database"] < fills["loyalty"] < fills["customer"]


def test_utilisation_is_of_the_whole_capacity(stormy: Comparison) -> None:
    """Busy server-seconds over servers times how long they are paid for, the mean over mornings."""
    result = stormy.results["outbox"]
    shares = components.utilisation(result)
    for number, station in enumerate(result.summaries[0].stations):
        those = [summary.stations[number] for summary in result.summaries]
        busy = [each.busy_s / each.servers / each.worked_s for each in those]
        assert shares[station.name] == pytest.approx(np.mean(busy))
        assert 0 < shares[station.name] < 1


def test_the_pictures_of_a_comparison(stormy: Comparison, tmp_path: Path) -> None:
    """One for each design, equally wide, as PNG and SVG, and as an element that a screen reader can tell."""
    made = components.pictures(stormy, tmp_path)
    assert list(made) == list(stormy.results)
    names = components.file_names(stormy.results)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.{end}" for name in names.values() for end in ("png", "svg")}
    assert all(DIAGRAM.fullmatch(f"charts/{path.name}") for path in tmp_path.iterdir())
    widths = {re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1] for svg in made.values()}  # type: ignore[index]
    assert len(widths) == 1
    assert "outbox relay to broker: events" in made["outbox"]
    assert "outbox relay" not in made["naive"]


def test_names_of_files() -> None:
    """Whatever a design is called, its files have plain names, and no two of them the same."""
    names = components.file_names(["naive", "a b", "A/b", "../../etc", "ñandú ☕", "☕", "x" * 300])
    assert list(names.values())[:4] == ["components-1-naive", "components-2-a-b", "components-3-a-b", "components-4-etc"]
    assert len(set(names.values())) == len(names)
    assert all(DIAGRAM.fullmatch(f"charts/{name}.svg") for name in names.values())
    assert not DIAGRAM.fullmatch("charts/components-1-naive.svg.bak")


def test_drawing_changes_no_settings(tmp_path: Path) -> None:
    """The same parts give the same bytes."""
    for number in (1, 2):
        style.save(drawn("idempotent"), tmp_path / str(number))
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
