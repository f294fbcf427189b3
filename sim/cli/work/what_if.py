"""What single changes of a design do, as a table: of `coffee run --what-if`."""

from __future__ import annotations

from rich.text import Text

from sim import words
from sim.cli.work.console import console
from sim.cli.work.tables import CHANGES, plain_table
from sim.experiment.inputs import shown
from sim.experiment.sensitivity import Effect
from sim.experiment.what_if import LOOKED_AT, WhatIf, said


def print_changes(found: WhatIf) -> None:
    """A row for each change that clearly moves something, the one that saves most first, and a line about the others."""
    out = console()
    out.print()
    if found.clear:
        table = plain_table("what if", *LOOKED_AT)
        table.columns[0].no_wrap = True
        for one in found.clear:
            change = f"{one.input.name} {shown(one.input.value)} → {shown(one.value)}"
            table.add_row(change, *(_cell(one, metric) for metric in LOOKED_AT))
        out.print(table)
    out.print(
        f"Each change alone, on the same {words.mornings(found.mornings)}; shown if clear. Tried: {len(found.effects)} changes."
    )
    if found.unclear:
        names = ", ".join(f"{one.input.name}={shown(one.value)}" for one in found.unclear)
        out.print(f"No clear difference, or hardly any: {names}", style="dim", highlight=False, markup=False)


def _cell(effect: Effect, metric: str) -> Text:
    judged = said(effect, metric)
    if not judged:
        return Text("·", style="dim")
    return Text(words.effect(effect, metric).partition(" [")[0], style=CHANGES[judged])
