"""`coffee lint`: what can be known to be dangerous before any run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, FAILED, note
from sim.cli.options import Json, Settings

if TYPE_CHECKING:
    from sim.architectures.lint import Hazard
    from sim.config.design import Design
    from sim.config.scenario import Scenario


def lint(
    design: Annotated[
        str, typer.Argument(metavar="DESIGN", help="A design's name, or a YAML file of yours.", show_default=False)
    ],
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO", show_default=False,
            help="Whose traffic, weather and objectives count. [default: an ordinary provider, unknown traffic]",
        ),
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Warn of what a design's knobs make dangerous, before any run.

    Each warning names the rule, the knob to change, the numbers, the reason, and the failure windows that it leaves open. With
    a scenario the numbers are its own, and traffic and objectives are looked at, too. Nothing is simulated, so silence is no
    proof. docs/lint.md lists all rules.

    Exit codes: 0 nothing to warn of, 1 warnings.

    Examples:
      coffee lint mine.yaml
      coffee lint naive morning-rush
      coffee lint mine.yaml morning-rush --json
    """
    from sim.architectures import load_design
    from sim.architectures.lint import lint as hazards_of
    from sim.cli.console import print_json
    from sim.cli.names import scenario_called
    from sim.config.errors import ConfigError
    from sim.config.scenario import Scenario
    from sim.documents.lint import document
    from sim.experiment.altering import assigned, changed

    known = Scenario(name="ordinary") if scenario is None else scenario_called(scenario)
    altered, [chosen] = changed(known, [load_design(design)], assigned(settings or []))
    if scenario is None and altered != known:
        raise ConfigError("--set names a key of a scenario, and no scenario is given")
    world = None if scenario is None else altered
    hazards = hazards_of(chosen, world)
    if as_json:
        print_json(document(chosen.name, None if world is None else world.name, hazards))
    else:
        _print(chosen, world, hazards, design)
    raise typer.Exit(FAILED if hazards else DONE)


def warn(design: Design, scenario: Scenario, *, more: Sequence[str]) -> None:
    """Warnings on stderr, a line each, before a run; `more`: the names for the command that tells their reasons."""
    from sim.architectures.lint import lint as hazards_of

    hazards = hazards_of(design, scenario)
    for hazard in hazards:
        note(f"warning: {hazard}")
    if hazards:
        note(f"why, and what to change: {shlex.join(['coffee', 'lint', *more])}")


def _print(design: Design, scenario: Scenario | None, hazards: Sequence[Hazard], called: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from sim.cli.console import console

    out = console()
    where = f" in {scenario.name}" if scenario is not None else ""
    if not hazards:
        out.print(f"{design.name}{where}: nothing to warn of")
        return
    out.print(Text.assemble((f"{design.name}{where}", "bold"), f": {len(hazards)} warning{'s' if len(hazards) > 1 else ''}"))
    for hazard in hazards:
        out.print()
        out.print(Text.assemble((hazard.rule, "bold yellow"), "  change ", (_change(hazard.knob), "bold")))
        out.print(Padding(Text(f"{hazard.message}."), (0, 0, 0, 2)))
        out.print(Padding(Text(hazard.reason, style="dim"), (0, 0, 0, 2)))
    _print_windows(sorted({int(window[1:]) for hazard in hazards for window in hazard.windows}), hazards, called)


def _change(knob: str) -> str:
    return "the architecture (from)" if knob == "from" else knob


def _print_windows(numbers: Sequence[int], hazards: Sequence[Hazard], called: str) -> None:
    """The failure windows that stay open, and how to see one."""
    from sim.cli.console import console, print_rows
    from sim.config.bundled import full_name
    from sim.config.library import load_scenario

    if not numbers:
        return
    out = console()
    out.print("\nFailure windows left open", style="bold")
    rows = []
    for number in numbers:
        rules = ", ".join(hazard.rule for hazard in hazards if f"W{number}" in hazard.windows)
        summary = load_scenario(full_name(f"w{number}")).summary
        rows.append((f"  W{number}", summary.partition(" ")[2], rules))
    print_rows(out, rows, most=(6, 56))
    chosen = [part for number in numbers[:2] for part in ("-w", f"w{number}")]
    out.print(
        f"\nSimulated: {shlex.join(['coffee', 'windows', called, *chosen])}; one customer's story: "
        f"{shlex.join(['coffee', 'explain', f'w{numbers[0]}', '--design', called])}",
        soft_wrap=True,
    )
