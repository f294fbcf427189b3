"""`coffee explain`: why, told by one purchase."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import FAILED, complain, note
from sim.cli.options import Json, ScenarioName, Seed, whole_number
from sim.cli.simulation import answered_for

if TYPE_CHECKING:
    from sim.config.design import Design
    from sim.config.scenario import Scenario
    from sim.explanation.story import Explanation
    from sim.explanation.witness import Nobody


def explain(
    scenario: ScenarioName,
    design: Annotated[str, typer.Option("--design", "-d", metavar="NAME", help="A design's name, or a file.")] = "naive",
    violation: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="The kind of harm: double_charge, duplicate_order, under_award, … [default: the first that happened]",
            show_default=False,
        ),
    ] = None,
    purchase: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole_number, help="This purchase of the seed's morning, harmed or not.", show_default=False
        ),
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder of the story. [default: reports/explain/SCENARIO-DESIGN]",
            show_default=False,
        ),
    ] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print only the sequence diagram, as Mermaid text.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Explain one violated purchase, step by step.

    Looks through mornings from the seed on until something was done wrong to somebody, takes the simplest such story, and tells
    who did what, when, and what each party believed afterwards. Then it looks for the change of the design that leaves the same
    customer on the same morning unharmed. The story and its diagram (SVG, PNG, Mermaid) are written to a folder; with --json or
    --mermaid only if --out names one.

    Examples:
      coffee explain morning-rush --design naive
      coffee explain morning-rush --design idempotent --violation under_award
      coffee explain w04 --design no-provider-key --mermaid
    """
    from sim.architectures import load_design
    from sim.cli.console import print_json, write_out
    from sim.cli.names import folder_name, scenario_called
    from sim.config.errors import ConfigError
    from sim.explanation.mermaid import sequence
    from sim.explanation.witness import Nobody

    if as_json and mermaid:
        raise ConfigError("--json and --mermaid: choose one; the JSON holds the Mermaid text too")
    world, chosen = scenario_called(scenario), load_design(design)
    command = _command(scenario, design, violation, purchase, seed)
    folder = out or Path("reports") / "explain" / folder_name(f"{world.name}-{chosen.name}")
    written = out is not None or not (as_json or mermaid)
    if written:
        _check_folder(folder)
    with answered_for(command):
        explanation = _explained(world, chosen, violation, purchase, seed, most=None if written or not mermaid else 0)
    if isinstance(explanation, Nobody):
        _tell_nobody(world, chosen, explanation, violation, as_json=as_json)
        return
    if as_json:
        from sim.documents.story import document

        print_json(document(explanation))
    elif mermaid:
        write_out(sequence(explanation.moments))
    else:
        _print(explanation)
    if written:
        _write(explanation, folder, command, say=note if as_json or mermaid else None)


def _explained(
    scenario: Scenario, design: Design, violation: str | None, purchase: int | None, seed: int, *, most: int | None
) -> Explanation | Nobody:
    from sim.cli.progress import progress_bar
    from sim.explanation.remedy import candidates
    from sim.explanation.story import explain

    with progress_bar("looking for a harm, and for what closes it", len(list(candidates(design)))) as progress:
        return explain(scenario, design, violation=violation, purchase=purchase, seed=seed, most=most, progress=progress)


def _print(explanation: Explanation) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from sim.cli.console import console
    from sim.report.story import closing, line

    out = console()
    out.print(Text(explanation.sentence, style="bold"))
    out.print(f"{explanation.design.name} in {explanation.scenario.name}, seed {explanation.witness.seed}", style="dim")
    out.print()
    table = Table(
        "", "time", "who", "what", "afterwards", box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    table.columns[0].justify, table.columns[1].no_wrap = "right", True
    for number, moment in enumerate(explanation.moments, 1):
        at, who, what, belief = line(explanation, moment)
        style = "bold red" if moment.kind == "violation" else "red" if moment.kind in ("crash", "pause", "lost") else ""
        table.add_row(str(number), at, who, Text(what, style=style), Text(belief, style="dim"))
    out.print(table)
    out.print()
    for text in closing(explanation):
        out.print(text)


def _write(explanation: Explanation, folder: Path, command: str, *, say: Callable[[str], None] | None) -> None:
    """The files of the story; `say` tells where they are, if it is not to be told on stdout."""
    from sim.cli.console import console
    from sim.config.errors import ConfigError
    from sim.report.story import write_story

    try:
        write_story(explanation, folder, command=command)
    except ConfigError as error:
        complain(*error.messages)
        raise typer.Exit(FAILED) from None
    where = f"diagram: {folder / 'sequence.svg'} (also as PNG, as Mermaid text, and story.txt)"
    if say is None:
        console().print(where, soft_wrap=True)
    else:
        say(where)


def _tell_nobody(scenario: Scenario, design: Design, found: Nobody, kind: str | None, *, as_json: bool) -> None:
    from sim.cli.console import console, print_json

    what = kind or "violation"
    if as_json:
        from sim.documents.story import nobody

        print_json(nobody(scenario.name, design.name, found))
        return
    text = f"{design.name} in {scenario.name}: no {what} in {found.purchases:,} purchases of {found.mornings} mornings."
    console().print(text)
    note("--purchase N tells the story of any purchase")


def _command(scenario: str, design: str, violation: str | None, purchase: int | None, seed: int) -> str:
    options = ["--violation", violation] if violation else []
    options += ["--purchase", str(purchase)] if purchase is not None else []
    return shlex.join(["coffee", "explain", scenario, "--design", design, *options, "--seed", str(seed)])


def _check_folder(folder: Path) -> None:
    """Before any work: the story can be written there. Raises ConfigError."""
    from sim.report.folder import check_replaceable

    ours = frozenset({"story.txt", "sequence.mmd", "sequence.svg", "sequence.png"})
    check_replaceable(folder, ours=ours.__contains__)
