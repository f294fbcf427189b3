"""How results show themselves in Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.config.units import clock_text
from sim.lab.plots import ComparisonPlots, charts
from sim.report import tables, words
from sim.report.card import Card, Cell, Table
from sim.report.findings import findings
from sim.report.style import colours

if TYPE_CHECKING:
    from sim.lab.comparison import Comparison
    from sim.lab.run import Run


def comparison(about: Comparison) -> str:
    """What each design did, how it stands against the objectives, and every metric."""
    last = about.seed + about.mornings - 1
    seeds = f"seeds {about.seed} to {last}" if about.mornings > 1 else f"seed {about.seed}"
    cut = f", of {about.asked:,} asked for (interrupted)" if about.interrupted else ""
    return Card(
        title=about.scenario.name,
        subtitle=f"{about.scenario.summary} · {words.mornings(about.mornings)}{cut}, {seeds}; brackets: 95 % intervals",
        sentences=_sentences(about),
        tables=[*_verdicts(about), _metrics(about, opened=not about.scenario.objectives)],
        hints={
            "charts": [f".plot.{name}()" for name in charts(ComparisonPlots)],
            "tables": [f".{name}" for name in ("metrics", "objectives", "differences", "by_morning", "by_minute", "stations")],
        },
    ).html()


def run(about: Run) -> str:
    """One morning: what the design did, and its tables."""
    one, clock = about.comparison, about.scenario.clock
    until = f"{clock_text(clock.start)} to {clock_text(clock.start + clock.duration)}"
    sizes = ", ".join(f"{len(frame):,} {name}" for name, frame in about.frames.items())
    return Card(
        title=f"{about.design.name} in {about.scenario.name}",
        subtitle=f"the morning of seed {about.seed}, {until}: {sizes}",
        sentences=_sentences(one),
        tables=[*_verdicts(one), _metrics(one, opened=not about.scenario.objectives)],
        hints={
            "charts": [f".plot.{name}()" for name in charts(ComparisonPlots)],
            "tables": [f".{name}" for name in (*about.frames, "metrics")],
        },
    ).html()


def _sentences(about: Comparison) -> list[tuple[str, str, str]]:
    ink = colours(about.results)
    return [(ink[name], name, sentence) for name, sentence in findings(about).items()]


def _verdicts(about: Comparison) -> list[Table]:
    rows = [
        [Cell(row.metric, row.limit), *(Cell(v.text, state=v.status, symbol=v.symbol) for v in row.verdicts)]
        for row in tables.verdicts(about)
    ]
    return [Table(["objective", *about.results], rows)] if rows else []


def _metrics(about: Comparison, *, opened: bool) -> Table:
    rows = [
        [Cell(row.metric), *(Cell(cell.text) for cell in row.cells)]
        for group in tables.metrics(about).values()
        for row in group
    ]
    return Table(["metric", *about.results], rows, "metrics" if opened else "all metrics", folded=not opened)
