"""The story of one purchase as a sequence diagram: a lane for each party, time running down, one line for each moment."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from sim.explanation.moments import StoryLine, lanes, times_text, title, wait_text
from sim.style import FAULT, INK, QUIET, figure, styled

MOST_ROWS = 40
RED, PAID, AGAIN = "#B3261E", "#E7F2EA", "#F9D7D3"
LANE_IN, ROW_IN, PILL_IN, GAP_IN = 1.3, 0.235, 0.235, 0.26  # inches: between lanes, of a line, of a note below it, of a wait
LEFT_IN, TOP_IN, EDGE_IN = 1.55, 1.18, 0.95
CHARACTER_IN = 0.06  # of a time, for those that name the day
LONG_S = 1.0  # a wait that is drawn as one
OBVIOUS = ("database", "is waiting")  # beliefs that the arrow itself says


class Told(Protocol):
    """A story that can be drawn: of a simulated purchase, or of a real one."""

    @property
    def moments(self) -> list[StoryLine]: ...

    @property
    def sentence(self) -> str: ...

    @property
    def note(self) -> str:
        """Where it happened."""

    def clock(self, at_s: float) -> str:
        """A moment as it is written at the edge."""


@dataclass(frozen=True)
class Row:
    """One line of the diagram, and where it is, in inches from the top."""

    moment: StoryLine
    y_in: float
    waited_s: float  # before it, if that was long
    pill: str | None  # what the moment's party has or believes from now on


def shown(moments: list[StoryLine]) -> tuple[list[StoryLine], int]:
    """At most so many moments, the violation among them, and how many later or earlier ones are left out."""
    if len(moments) <= MOST_ROWS:
        return moments, 0
    marked = next((i for i, moment in enumerate(moments) if moment.kind == "violation"), 0)
    kept = set(range(max(0, marked - MOST_ROWS + 1), marked + 1)) | set(range(min(8, marked)))
    for i in range(len(moments)):
        if len(kept) >= MOST_ROWS:
            break
        kept.add(i)
    while len(kept) > MOST_ROWS:  # the beginning and the end matter most
        kept.discard(sorted(kept)[8])
    return [moments[i] for i in sorted(kept)], len(moments) - len(kept)


def rows(moments: list[StoryLine]) -> list[Row]:
    """Lines from top to bottom; not to scale: a long wait is a gap of its own."""
    y_in, last_s, made = TOP_IN, None, []
    for moment in moments:
        waited_s = moment.at_s - last_s if last_s is not None else 0.0
        y_in += ROW_IN + (GAP_IN if waited_s >= LONG_S else 0.0)
        pill = _pill(moment)
        made.append(Row(moment, y_in, waited_s if waited_s >= LONG_S else 0.0, pill))
        y_in += PILL_IN if pill and moment.kind != "act" else 0.0
        last_s = max(last_s or 0.0, moment.until_s)
    return made


def _pill(moment: StoryLine) -> str | None:
    if moment.belief is None or moment.belief[0] in OBVIOUS or moment.belief[1] in OBVIOUS:
        return None
    party, belief = moment.belief
    if moment.kind == "act" and party == moment.who:
        return moment.text if belief in moment.text or party in ("read_model", "customer") else f"{moment.text}: {belief}"
    return belief


@styled
def draw(explanation: Told, axes: Any = None) -> Axes:
    """One axes, in inches from the top left, as large as the diagram needs if it is not given."""
    moments, left_out = shown(explanation.moments)
    lines = rows(moments)
    left_in = LEFT_IN + CHARACTER_IN * (max(len(explanation.clock(row.moment.at_s)) for row in lines) - len("07:15:31.204"))
    x_in = {lane: left_in + LANE_IN * number for number, lane in enumerate(lanes(moments))}
    width_in = max(left_in + LANE_IN * (len(x_in) - 1) + EDGE_IN, 7.6)
    height_in = lines[-1].y_in + PILL_IN + 0.45
    ax: Axes = axes if axes is not None else _sheet(width_in, height_in)
    ax.set(xlim=(0, width_in), ylim=(height_in, 0))
    ax.axis("off")
    _heading(ax, explanation, left_out)
    for lane, x in x_in.items():
        _lane(ax, lane, x, height_in)
    for row in lines:
        _time(ax, explanation, row)
        _draw_row(ax, row, x_in)
    return ax


def _sheet(width_in: float, height_in: float) -> Axes:
    made = figure(width_in, height_in)
    made.set_layout_engine("none")
    return made.add_axes((0.0, 0.0, 1.0, 1.0))


def _heading(ax: Axes, explanation: Told, left_out: int) -> None:
    ax.text(0.12, 0.2, explanation.sentence, fontsize=12.5, fontweight="bold", va="center", color=INK)
    more = f"; {left_out} moments in between are left out" if left_out else ""
    ax.text(0.12, 0.44, f"{explanation.note}; time runs down, not to scale{more}", fontsize=8.5, va="center", color=QUIET)


def _lane(ax: Axes, lane: str, x: float, height_in: float) -> None:
    ax.plot([x, x], [TOP_IN - 0.04, height_in - 0.12], color="#CFC7BF", lw=1.0, zorder=0)
    box = FancyBboxPatch(
        (x - 0.53, TOP_IN - 0.5),
        1.06,
        0.42,
        boxstyle="round,pad=0,rounding_size=0.06",
        fc="#F6F1EB",
        ec=QUIET,
        lw=0.8,
        zorder=3,
    )
    ax.add_patch(box)
    name = fill(title(lane), 12, max_lines=3, placeholder="…")
    ax.text(
        x, TOP_IN - 0.29, name, ha="center", va="center", fontsize=8.5, fontweight="bold", linespacing=1.0, zorder=4,
        parse_math=False,  # a party may have any name
    )  # fmt: skip


def _time(ax: Axes, explanation: Told, row: Row) -> None:
    ax.text(0.12, row.y_in, explanation.clock(row.moment.at_s), fontsize=7.2, va="center", color=QUIET)
    if row.waited_s:
        text = f"⋮  {wait_text(row.waited_s)} later"
        ax.text(0.12, row.y_in - GAP_IN + 0.02, text, fontsize=7.2, va="center", color=QUIET, style="italic")


def _draw_row(ax: Axes, row: Row, x_in: dict[str, float]) -> None:
    moment, y = row.moment, row.y_in
    x = x_in[moment.who]
    if moment.kind == "violation":
        ax.axhspan(y - 0.115, y + 0.115, color=RED, alpha=0.12, lw=0)
        ax.plot(x, y, marker="o", ms=7, mfc="none", mec=RED, mew=1.8)
        _beside(ax, x, y, moment.text, color=RED, fontweight="bold", background="none")
    elif moment.to is not None:
        _arrow(ax, row, x, x_in[moment.to])
    elif moment.kind in ("crash", "pause"):
        ax.plot(x, y, marker="x" if moment.kind == "crash" else "s", ms=8, mec=RED, mfc=RED, mew=2.2)
        _beside(ax, x, y, moment.text, color=RED)
    elif row.pill is not None:
        _note(ax, x, y, row.pill, colour=_colour(moment))
    else:
        ax.plot(x, y, marker="o", ms=3.5, color=INK)
        _beside(ax, x, y, moment.text + times_text(moment), gap_in=0.08)
    if row.pill is not None and moment.kind != "act" and moment.belief is not None and moment.belief[0] in x_in:
        _note(ax, x_in[moment.belief[0]], y + PILL_IN, row.pill, colour=_colour(moment))


def _arrow(ax: Axes, row: Row, x: float, to: float) -> None:
    moment, y = row.moment, row.y_in + 0.07
    faint = moment.kind in ("lost", "poll")
    colour, style = (QUIET if faint else INK), ("-" if moment.kind == "message" else "--" if moment.kind == "answer" else ":")
    end = x + (to - x) * (0.55 if moment.kind == "lost" else 1.0)
    ax.annotate(
        "",
        (end, y),
        (x, y),
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.1, "ls": style, "shrinkA": 0, "shrinkB": 0},
    )
    if moment.kind == "lost":
        ax.plot(end, y, marker="x", ms=7, color=RED, mew=1.8)
    _words(ax, min(x, to) + 0.08, row.y_in - 0.04, moment.text + times_text(moment), color=colour)


def _words(ax: Axes, x: float, y: float, text: str, *, background: str = "white", **more: Any) -> Text:
    """Text to the right of a place, shifted where there is no room."""
    box = {"boxstyle": "square,pad=0.08", "fc": background, "ec": "none"}
    made = ax.text(x, y, text, fontsize=7.6, va="center", ha="left", bbox=box, zorder=2, parse_math=False, **more)
    _keep_inside(ax, made)
    return made


def _beside(ax: Axes, x: float, y: float, text: str, *, gap_in: float = 0.13, **more: Any) -> None:
    """Text to the right of a mark, or to the left of it where there is no room: never on it."""
    made = _words(ax, x + gap_in, y, text, **more)
    if made.get_position()[0] < x + gap_in:
        made.set(x=x - gap_in, ha="right")
        _keep_inside(ax, made)


def _colour(moment: StoryLine) -> str:
    """Money has colours of its own: the first charge, and every one after it."""
    party, belief = moment.belief or ("", "")
    return FAULT if party != "provider" else PAID if "charged 1×" in belief or "refunded" in belief else AGAIN


def _note(ax: Axes, x: float, y: float, text: str, *, colour: str) -> None:
    box = {"boxstyle": "round,pad=0.22", "fc": colour, "ec": QUIET, "lw": 0.6}
    made = ax.text(x, y, text, fontsize=7.4, va="center", ha="center", bbox=box, zorder=3, parse_math=False)
    _keep_inside(ax, made)


def _keep_inside(ax: Axes, text: Text) -> None:
    """Shift a text that would leave the diagram until it fits."""
    extent = text.get_window_extent().transformed(ax.transData.inverted())
    over = max(extent.x1 + 0.1 - ax.get_xlim()[1], 0.0)
    under = max(0.1 - extent.x0, 0.0)
    if over or under:
        text.set_x(text.get_position()[0] - over + under)
