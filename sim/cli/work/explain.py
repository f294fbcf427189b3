"""`coffee explain`: looks for a harmed purchase, and prints, draws and writes its story."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer
from rich.text import Text

from sim.architectures import load_design
from sim.cli.again import again
from sim.cli.messages import UNWRITTEN, complain, note, write_out
from sim.cli.work.console import console, print_json
from sim.cli.work.names import folder_name, scenario_called
from sim.cli.work.simulation import at_work
from sim.cli.work.tables import plain_table
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.documents.story import document, nobody
from sim.explanation import story
from sim.explanation.mermaid import sequence
from sim.explanation.remedy import candidates
from sim.explanation.story import Explanation
from sim.explanation.witness import Nobody
from sim.report.folder import check_replaceable
from sim.report.story import closing, line, write_story


def explain(
    context: typer.Context, scenario: str, design: str, violation: str | None, purchase: int | None, seed: int,
    out: Path | None, *, mermaid: bool, as_json: bool,
) -> None:  # fmt: skip
    if as_json and mermaid:
        raise ConfigError("--json and --mermaid: choose one; the JSON holds the Mermaid text too")
    world, chosen = scenario_called(scenario), load_design(design)
    command = again(context)
    folder = out or Path("reports") / "explain" / folder_name(f"{world.name}-{chosen.name}")
    written = out is not None or not (as_json or mermaid)
    if written:
        _check_folder(folder)
    changes = len(list(candidates(world, chosen)))
    with at_work("looking for a harm, and for what prevents it", changes, command, interrupted="interrupted") as progress:
        explanation = story.explain(
            world, chosen, violation=violation, purchase=purchase, seed=seed,
            most=None if written or not mermaid else 0, progress=progress,
        )  # fmt: skip
    if isinstance(explanation, Nobody):
        _print_nobody(world, chosen, explanation, violation, as_json=as_json)
        return
    if as_json:
        print_json(document(explanation))
    elif mermaid:
        write_out(sequence(explanation.moments))
    else:
        _print(explanation)
    if written:
        _write(explanation, folder, command, say=note if as_json or mermaid else None)


def _print(explanation: Explanation) -> None:
    out = console()
    out.print(Text(explanation.sentence, style="bold"))
    out.print(f"{explanation.design.name} in {explanation.scenario.name}, seed {explanation.witness.seed}", style="dim")
    out.print()
    table = plain_table("", "time", "who", "what", "afterwards", right=[0])
    table.columns[1].no_wrap = True
    for number, moment in enumerate(explanation.moments, 1):
        at, who, what, belief = line(explanation, moment)
        style = "bold red" if moment.kind == "violation" else "red" if moment.kind in ("crash", "pause", "lost") else ""
        table.add_row(str(number), at, who, Text(what, style=style), Text(belief, style="dim"))
    out.print(table)
    out.print()
    for text in closing(explanation):
        out.print(text)


def _write(explanation: Explanation, folder: Path, command: str, *, say: Callable[[str], None] | None) -> None:
    """The files of the story; `say` prints where they are, stdout if it is None."""
    try:
        write_story(explanation, folder, command=command)
    except ConfigError as error:
        complain(*error.messages)
        raise typer.Exit(UNWRITTEN) from None
    where = f"diagram: {folder / 'sequence.svg'} (also as PNG, as Mermaid text, and story.txt)"
    if say is None:
        console().print(where, soft_wrap=True)
    else:
        say(where)


def _print_nobody(scenario: Scenario, design: Design, found: Nobody, kind: str | None, *, as_json: bool) -> None:
    what = kind or "violation"
    if as_json:
        print_json(nobody(scenario.name, design.name, found))
        return
    text = f"{design.name} in {scenario.name}: no {what} in {found.purchases:,} purchases of {found.mornings} mornings."
    console().print(text)
    note("--purchase N tells the story of any purchase")


def _check_folder(folder: Path) -> None:
    """Before any work: the story can be written there. Raises ConfigError."""
    ours = frozenset({"story.txt", "sequence.mmd", "sequence.svg", "sequence.png"})
    check_replaceable(folder, ours=ours.__contains__)
