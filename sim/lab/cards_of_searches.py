"""How what was searched, moved, hunted or proven shows itself in Jupyter."""

from __future__ import annotations

from sim import words
from sim.colours import colours
from sim.config.writing import flow
from sim.counterexamples.alphabet import NOT_IN_IT
from sim.counterexamples.combinations import Every
from sim.counterexamples.hunt import Hunt
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.inputs import called, shown
from sim.experiment.optimise import Optimum
from sim.experiment.screening import COLUMNS, Screening
from sim.experiment.sensitivity import Effect
from sim.experiment.swings import Swings
from sim.experiment.what_if import LOOKED_AT, WhatIf, said
from sim.lab.plots import hints
from sim.ledger.violations import VIOLATIONS
from sim.report.card import Card, Cell, Table
from sim.validation.cases import Validity
from sim.vocabulary import METRICS

MOST_ROWS = 12  # of a table; the DataFrame has all


def cells(about: CellsCompared) -> Card:
    """The undivided back end, and what each number of cells changes."""
    whole = about.whole.results[about.design.name]
    changed = {number: about.differences(number) for number in about.dealt}
    rows = [
        [Cell(metric), Cell(words.estimate(whole.metrics[metric], METRICS[metric].unit))]
        + [Cell(words.difference(differences[metric], METRICS[metric].unit)) for differences in changed.values()]
        for metric in METRICS
    ]
    return Card(
        title=f"{about.design.name} in {about.scenario.name}, divided into cells",
        subtitle=f"{words.mornings(about.whole.mornings)} from seed {about.whole.seed}; cells less the whole",
        tables=[Table(["metric", "whole", *(f"{number} cells" for number in about.dealt)], rows)],
        hints=hints(CellsCompared, ["metrics", "changes"]),
    )


def swings(about: Swings) -> Card:
    """For each metric the inputs that clearly move it, the largest effect first."""
    tables = []
    for metric in about.metrics:
        clear = [swing for swing in about.ranked(metric) if swing.clear(metric)]
        rows = [
            [Cell(called(swing.input)), Cell(shown(swing.input.value)), _end(swing.low, metric), _end(swing.high, metric)]
            for swing in clear[:MOST_ROWS]
        ]
        caption = f"{metric}: {len(clear)} of {len(about.swings)} inputs move it clearly"
        tables.append(Table(["input", "value", "low end", "high end"], rows, caption, folded=metric != about.metrics[0]))
    return Card(
        title=f"What moves {about.design.name} in {about.scenario.name}",
        subtitle=f"one input at a time, {words.mornings(about.mornings)} from seed {about.seed}; brackets: 95 % intervals",
        tables=tables,
        closing=["With many inputs some seem clear by chance: one in twenty."],
        hints=hints(Swings, ["effects"]),
    )


def what_if(about: WhatIf) -> Card:
    """The changes that clearly move something, the one that saves most first."""
    rows = [
        [Cell(f"{one.input.name}={shown(one.value)}", shown(one.input.value)), *(_moved(one, metric) for metric in LOOKED_AT)]
        for one in about.clear[:MOST_ROWS]
    ]
    return Card(
        title=f"What if one changes {about.design.name} in {about.scenario.name}",
        subtitle=f"one change at a time, {words.mornings(about.mornings)} from seed {about.seed}; "
        "brackets: intervals that allow for the number of changes",
        tables=[
            Table(["change", *LOOKED_AT], rows, f"{len(about.clear)} of {len(about.effects)} changes clearly move something")
        ],
        hints=hints(WhatIf, ["changes"]),
    )


def _moved(effect: Effect, metric: str) -> Cell:
    return _end(effect, metric) if said(effect, metric) else Cell("·")


def _end(end: Effect | None, metric: str) -> Cell:
    """What an input does at one of its ends, with the value there in small print."""
    if end is None:
        return Cell("–")
    return Cell(words.effect(end, metric), shown(end.value))


def screening(about: Screening) -> Card:
    """For each metric what the inputs do together, the most influential first."""
    names = COLUMNS[about.method]
    tables, closing = [], []
    for metric in about.metrics:
        if isinstance(reason := about.indices[metric], str):
            closing.append(f"{metric}: {reason}.")
            continue
        rows = [
            [Cell(called(factor.input)), *(Cell(words.number(value)) for value in vars(index).values() if value is not None)]
            for factor, index in about.ranked(metric)[:MOST_ROWS]
        ]
        tables.append(Table(["input", *names], rows, metric))
    return Card(
        title=f"What moves {about.design.name} in {about.scenario.name}",
        subtitle=f"{about.method}, {about.points:,} points, {words.mornings(about.mornings)} each, from seed {about.seed}",
        tables=tables,
        closing=closing,
        hints=hints(Screening, ["effects"]),
    )


def optimum(about: Optimum) -> Card:
    """The front, and who may be on it as well."""
    ink = colours([base.name for base in about.space.bases])
    perhaps = about.perhaps()
    rows = [
        [Cell(final.candidate.name, "perhaps on the front" if final in perhaps else "")]
        + [Cell(words.estimate(final.estimates[metric], METRICS[metric].unit)) for metric in about.minimised]
        for final in [*about.front, *perhaps][:MOST_ROWS]
    ]
    limits = ", ".join(f"{limit.metric} {words.limit(limit.metric, limit.limit)}" for limit in about.constraints)
    return Card(
        title=f"The front in {about.scenario.name}",
        subtitle=f"{len(about.tried):,} designs tried; intervals are of {words.mornings(about.mornings)} new to all",
        sentences=[(ink[final.candidate.base], final.candidate.name, "is beaten by nobody.") for final in about.front],
        tables=[Table(["design", *about.minimised], rows)] if rows else [],
        closing=[f"Held to: {limits}."] + ([] if about.front else ["No design that was tried holds every limit."]),
        hints=hints(Optimum, ["designs"]),
    )


def hunt(about: Hunt) -> Card:
    """Whether the design survived, or whom the smallest world harms."""
    name, catch = about.design.name, about.catch
    if catch is None:
        kept = ", ".join(promise.replace("_", " ") for promise in about.promises)
        sentences, rows = [(colours([name])[name], name, f"survived {about.worlds:,} worlds and kept: {kept}.")], []
    else:
        broken = [(promise.replace("_", " "), hit) for promise, hit in catch.broken.items()]
        broken += [(f"this customer {VIOLATIONS[kind].clause}", hit) for kind, hit in catch.harm.items()]
        rows = [[Cell(what, state="violated"), Cell(f"{len(hit)} of {catch.customers}")] for what, hit in broken]
        sentences = [(colours([name])[name], name, f"fell in world {about.worlds:,}.")]
    return Card(
        title=f"The hunt for {name}",
        subtitle=f"seed {about.seed}; surviving is evidence, not proof",
        sentences=sentences,
        tables=[Table(["broken", "customers"], rows)] if rows else [],
        hints={"tables": [".victims"], "world": [".scenario"]},
    )


def every(about: Every) -> Card:
    """Whether the design survived every combination of mishaps up to the bound, or which one breaks it."""
    name, found = about.design.name, about.found
    rows = [[Cell(str(level.mishaps)), Cell(f"{level.runs:,}"), Cell(f"{level.endings:,}")] for level in about.levels]
    listed = [Table(["mishaps", "runs", "endings that differ"], rows)]
    if found is not None:
        what = [*found.broken, *(VIOLATIONS[kind].clause for kind in found.harm)]
        sentence = f"broke with {len(found.mishaps)}: {', '.join(what).replace('_', ' ')}."
        listed.append(Table(["the mishaps that do it"], [[Cell(flow(mishap), state="violated")] for mishap in found.mishaps]))
    else:
        sentence = {"holds": "keeps its promises.", "not tried": "keeps its promises, in what was tried."}.get(
            about.verdict, "is undecided: time was up, or too little happened."
        )
    left = f" Left out: {', '.join(about.not_tried)}." if about.not_tried else ""
    return Card(
        title=f"Every combination of mishaps for {name}",
        subtitle=f"at most {about.mishaps}, with {about.world.purchases} at the same time; nothing is said of what is beyond",
        sentences=[(colours([name])[name], name, sentence)],
        tables=listed,
        closing=[f"Not tried: {NOT_IN_IT}.{left}"],
        hints={"world": [".scenario"]},
    )


def validity(about: Validity) -> Card:
    """Every number that theory knows, beside what was simulated."""
    rows = [
        [Cell(made.case.name), Cell(row.what), Cell(("at least " if row.at_least else "") + words.number(row.expected)),
         Cell(words.number(row.simulated.value), f"± {words.number(row.simulated.se)}"),
         Cell(f"{'✓' if row.agrees else '✗'} {row.status}")]
        for made in about.cases
        for row in made.rows
    ]  # fmt: skip
    return Card(
        title="Cases with a known answer",
        subtitle="all numbers agree" if about.agrees else "some numbers differ",
        tables=[Table(["case", "what", "expected", "simulated", ""], rows)],
        hints=hints(Validity, ["numbers"]),
    )
