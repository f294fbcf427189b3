"""How results, scenarios and designs show themselves in Jupyter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sim import words
from sim.architectures import architecture_of
from sim.architectures.parts import parts_of
from sim.config.design import Design
from sim.config.knobs import Knob, knobs
from sim.config.scenario import Scenario
from sim.config.template import META
from sim.config.writing import flow
from sim.counterexamples.combinations import Every
from sim.counterexamples.hunt import Hunt
from sim.diagram.text import text_picture
from sim.experiment.capacity import COMPONENTS
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.compare import Comparison, Result
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.screening import Screening
from sim.experiment.size import Sizing, Sizings
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.experiment.what_if import WhatIf
from sim.explanation.story import Explanation
from sim.failure_windows.differences import differences
from sim.failure_windows.matrix import Matrix, sentence, title
from sim.lab.cards_of_searches import cells, every, hunt, optimum, screening, swings, validity, what_if
from sim.lab.plots import hints
from sim.lab.run import Run
from sim.report import knobs as said
from sim.report import matrix, tables
from sim.report.card import Card, Cell, Table
from sim.report.findings import findings
from sim.report.mishaps import mishap
from sim.report.story import closing, line
from sim.style import colours
from sim.validation.cases import Validity
from sim.vocabulary import METRICS, PARTS_OF_COST, shown_in

MOST_ROWS = 24  # of a sweep; its DataFrame has all


def comparison(about: Comparison) -> Card:
    """What each design did, how it stands against the objectives, and every metric."""
    last = about.seed + about.mornings - 1
    several = about.mornings > 1
    seeds = f"seeds {about.seed} to {last}; brackets: 95 % intervals" if several else f"seed {about.seed}"
    cut = f", of {about.asked:,} asked for (interrupted)" if about.interrupted else ""
    return Card(
        title=about.scenario.name,
        subtitle=f"{about.scenario.summary} · {words.mornings(about.mornings)}{cut}, {seeds}",
        sentences=_sentences(about),
        tables=[*_objectives(about.results), _metrics(about, opened=not about.scenario.objectives)],
        hints=hints(Comparison, ["metrics", "objectives", "differences", "by_morning", "by_minute", "stations"]),
    )


def run(about: Run) -> Card:
    """One morning: what the design did, and its tables."""
    one = about.comparison
    sizes = ", ".join(f"{len(frame):,} {name}" for name, frame in about.frames.items())
    return Card(
        title=f"{about.design.name} in {about.scenario.name}",
        subtitle=f"the morning of seed {about.seed}, {about.scenario.clock.opening}: {sizes}",
        sentences=_sentences(one),
        tables=[*_objectives(one.results), _metrics(one, opened=not about.scenario.objectives)],
        hints=hints(Comparison, [*about.frames, "metrics"]),
    )


def _sentences(about: Comparison) -> list[tuple[str, str, str]]:
    ink = colours(about.results)
    return [(ink[name], name, sentence) for name, sentence in findings(about).items()]


def _metrics(about: Comparison, *, opened: bool) -> Table:
    rows = [
        [Cell(row.metric), *(Cell(cell.text) for cell in row.cells)]
        for group in tables.metrics(about).values()
        for row in group
    ]
    return Table(["metric", *about.results], rows, "metrics" if opened else "all metrics", folded=not opened)


def windows(about: Matrix) -> Card:
    """What each design closes, and every cell."""
    ink, names = colours(about.designs), list(about.designs)
    differ = {(found.cell.window, found.cell.design) for found in differences(about)}
    cut = f", of {about.asked} asked for (interrupted)" if about.interrupted else ""
    marked = f"; {matrix.DIFFERS}: not what is published of the design’s mechanisms" if differ else ""
    rows = [
        [Cell(f"{label} {title(world)}")]
        + [Cell(f"{matrix.rate(cell)}{_mark((label, cell.design) in differ)}", state=cell.state) for cell in about.row(label)]
        for label, world in about.windows.items()
    ]
    return Card(
        title="Failure windows",
        subtitle=f"{len(about.windows)}{cut}; the share of the purchases that were harmed in any way{marked}",
        sentences=[(ink[name], name, f"{sentence(about, name)}.") for name in names],
        tables=[Table(["window", *names], rows)],
        hints=hints(Matrix, ["states"]),
    )


def _mark(differs: bool) -> str:
    return f"{words.NBSP}{matrix.DIFFERS}" if differs else ""


def sweep(about: Sweep) -> Card:
    """The headline metrics at every point."""
    known, metrics = about.points.items(), shown_in("sweep")
    rows = [
        [*map(Cell, about.texts(cell)), Cell(design)]
        + [
            Cell(words.estimate(point.metrics[metric], METRICS[metric].unit), state=point.status(metric) or "")
            for metric in metrics
        ]
        for (cell, design), point in islice(known, MOST_ROWS)
    ]
    left = len(known) - len(rows)
    cut = ", interrupted" if about.interrupted else ""
    intervals = "; brackets: 95 % intervals" if about.mornings > 1 else ""
    return Card(
        title=f"{about.scenario.name} by {' × '.join(axis.name for axis in about.axes)}",
        subtitle=f"{words.mornings(about.mornings)} a point, from seed {about.seed}{cut}{intervals}",
        tables=[Table([*about.keys, "design", *metrics], rows)],
        closing=[f"and {left:,} more points, all of them in .metrics"] if left else [],
        hints=hints(Sweep, ["metrics"]),
    )


def sizings(about: Sizings) -> Card:
    """The capacity of each design, and how it stands."""
    ink = colours(about.sizings)
    searched = f"searched on {words.mornings(about.mornings)}, measured on {about.fresh:,} fresh ones"
    return Card(
        title=f"Sized for {about.scenario.name}",
        subtitle=searched + (", interrupted" if about.interrupted else ""),
        sentences=[(ink[name], name, _capacity(one)) for name, one in about.sizings.items()],
        tables=_objectives({name: one.result for name, one in about.sizings.items()}),
        hints=hints(Sizings, ["capacity", "objectives", "metrics"]),
    )


def _capacity(one: Sizing) -> str:
    """`needs 9 checkout workers; with one fewer ack_latency_p95 gets worse first.`"""
    needs = ", ".join(f"{n:,} {COMPONENTS[name].one if n == 1 else name}" for name, n in one.capacity.items())
    if one.bottleneck is None or one.binding is None:
        binds = "nothing gets worse with one fewer"
    else:
        binds = f"with one {COMPONENTS[one.bottleneck].one} fewer {one.binding.name} gets worse first"
    cost = one.result.metrics["cost_per_1000"]
    costs = (
        "It got no purchase right"
        if cost.mean is None
        else f"It costs {words.number(cost.mean)} USD per 1,000 correct purchases"
    )
    return f"needs {needs}; {binds}. {costs}."


def costs(about: CostCurve) -> Card:
    """The cost of each design, by peak and by length of the brownout."""
    frame = about.costs.reset_index()
    parts = ["cost_per_1000", *PARTS_OF_COST.values()]
    rows = [
        [Cell(f"{row['varied']} {row['value']}"), Cell(str(row["design"]))]
        + [Cell(words.measured(row[part], "count")) for part in parts]
        + [Cell("", state=row["objectives"], symbol=tables.SYMBOLS[row["objectives"]])]
        for row in frame.to_dict("records")
    ]
    held = ", ".join(f"{metric} {words.limit(metric, limit)}" for metric, limit in about.scenario.objectives.items())
    return Card(
        title=f"What it costs in {about.scenario.name}",
        subtitle=f"USD per 1,000 correct purchases; held to {held}{', interrupted' if about.interrupted else ''}",
        tables=[Table(["", "design", "in all", *PARTS_OF_COST, "objectives"], rows)],
        hints=hints(CostCurve, ["costs"]),
    )


def explanation(about: Explanation) -> Card:
    """The story, and what would have closed it."""
    rows = []
    for number, moment in enumerate(about.moments, 1):
        at, who, what, belief = line(about, moment)
        state = "violated" if moment.kind == "violation" else ""
        rows.append([Cell(str(number)), Cell(at), Cell(who), Cell(what.removeprefix("VIOLATION: "), state=state), Cell(belief)])
    return Card(
        title=about.sentence,
        subtitle=f"{about.design.name} in {about.scenario.name}, the morning of seed {about.witness.seed}",
        tables=[Table(["", "time", "who", "what", "afterwards"], rows)],
        closing=closing(about),
        hints=hints(Explanation, ["steps", "changes", "traded"]) | {"text": [".mermaid"]},
    )


def scenario(about: Scenario) -> Card:
    """The story of a world, what goes wrong in it, what it asks for, and every key that it sets."""
    facts = [("fault", fault) for fault in map(said.fault, about.faults)]
    facts += [("mishap", one) for one in map(mishap, about.mishaps)]
    facts += [("objective", f"{metric} {words.limit(metric, limit)}") for metric, limit in about.objectives.items()]
    own = [knob for knob in _knobs(about, Scenario(name=about.name)) if knob.path[0] not in ("faults", "mishaps", "objectives")]
    return Card(
        title=about.name,
        subtitle=f"scenario, {about.clock.opening} · {about.summary}".rstrip(" ·"),
        tables=[
            *([Table([], [[Cell(kind), Cell(text)] for kind, text in facts])] if facts else []),
            Table(["key", "value", "meaning"], list(_rows(own)), "what it sets", folded=True),
        ],
        lead=[part.strip() for part in about.story.split("\n\n") if part.strip()],
    )


def design(about: Design) -> Card:
    """The components of a design and who calls whom, what it promises, and its knobs."""
    base = architecture_of(about)
    promises = ", ".join(promise.__name__.replace("_", " ") for promise in about.promises) or "nothing"
    own = list(_knobs(about, type(about)(name=about.name)))
    return Card(
        title=about.name,
        subtitle=f"design{'' if base == about.name else f', from {base}'} · {about.summary}".rstrip(" ·"),
        picture=text_picture(parts_of(about)),
        closing=[f"{base} promises, whatever the weather: {promises}."],
        tables=[Table(["knob", "value", "meaning"], list(_rows(own)), f"what differs from {base}")] if own else [],
    )


def _knobs(about: Scenario | Design, default: Scenario | Design) -> Iterator[Knob]:
    """Those that are not as usual."""
    return (knob for knob in knobs(about, default) if not knob.is_default and knob.path[0] not in META)


def _rows(own: list[Knob]) -> Iterator[list[Cell]]:
    return ([Cell(".".join(knob.path)), Cell(flow(knob.value)), Cell(knob.about)] for knob in own)


def _objectives(results: dict[str, Result]) -> list[Table]:
    """How designs stand against their objectives, a row an objective."""
    by_metric: dict[str, list[Cell]] = {}
    for result in results.values():
        for one in result.objectives:
            text = words.estimate(one.estimate, METRICS[one.metric].unit)
            row = by_metric.setdefault(one.metric, [Cell(one.metric, words.limit(one.metric, one.limit))])
            row.append(Cell(text, state=one.status, symbol=tables.SYMBOLS[one.status]))
    return [Table(["objective", *results], list(by_metric.values()))] if by_metric else []


CARDS: dict[type, Callable[[Any], Card]] = {
    Comparison: comparison,
    CostCurve: costs,
    Design: design,
    Every: every,
    Explanation: explanation,
    Hunt: hunt,
    CellsCompared: cells,
    Matrix: windows,
    Optimum: optimum,
    Run: run,
    Scenario: scenario,
    Screening: screening,
    Sizings: sizings,
    Sweep: sweep,
    Swings: swings,
    Validity: validity,
    WhatIf: what_if,
}


def card(shown: Any) -> str | None:
    """The card of whatever has one, by its type, as HTML; None of anything else."""
    return next((drawn(shown).html() for kind, drawn in CARDS.items() if isinstance(shown, kind)), None)
