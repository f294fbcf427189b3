"""`coffee lint`: prints which knobs are dangerous, and why; and the same as warnings before a run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from sim.architectures import ARCHITECTURES, design_names, load_design
from sim.architectures.lint import Hazard
from sim.architectures.lint import lint as hazards_of
from sim.cli.messages import DONE, FAILED, note
from sim.cli.work.console import console, print_json, print_rows
from sim.cli.work.names import load, scenario_called
from sim.cli.work.texts import assigned
from sim.config.bundled import full_name, is_path, names
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.documents.lint import LintOfScenario, document, of_scenario
from sim.experiment.altering import changed
from sim.experiment.room import TOO_SMALL
from sim.failure_windows.needs import missing


def lint(design: str, scenario: str | None, settings: Sequence[str], *, as_json: bool) -> None:
    if scenario is None and _is_scenario(design):
        world, _ = changed(scenario_called(design), [], assigned(settings))
        _lint_scenario(world, design, as_json=as_json)
        return
    if scenario is not None and isinstance(load(design), Scenario):
        design, scenario = scenario, design  # in the order of the other commands
    known = Scenario(name="ordinary") if scenario is None else scenario_called(scenario)
    altered, [chosen] = changed(known, [load_design(design)], assigned(settings))
    if scenario is None and altered != known:
        raise ConfigError("--set names a key of a scenario, and no scenario is given")
    given = None if scenario is None else altered
    hazards = hazards_of(chosen, given)
    if as_json:
        print_json(document(chosen.name, None if given is None else given.name, hazards))
    else:
        print_hazards(console(), chosen, given, hazards, design)
    raise typer.Exit(FAILED if hazards else DONE)


def _is_scenario(name: str) -> bool:
    return (is_path(name) or full_name(name) in names()) and isinstance(load(name), Scenario)


def _lint_scenario(world: Scenario, called: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_meant(world))
    else:
        print_what_it_means(console(), world, called)


def _meant(world: Scenario, designs: Iterable[str] = ARCHITECTURES) -> LintOfScenario:
    """How many people come, what can't go wrong, and which of these designs it is too much for."""
    found = {name: [hazard for hazard in hazards_of(name, world) if hazard.rule in TOO_SMALL] for name in designs}
    return of_scenario(world, [(need.window, need.what) for need in missing(world)], found)


def print_what_it_means(out: Console, world: Scenario, called: str, designs: Iterable[str] = ARCHITECTURES) -> None:
    """What a scenario's file means, beyond what it says; also for these designs, as they are bundled."""
    meant = _meant(world, designs)
    peak = "" if meant["peak_per_s"] is None else f", at most {meant['peak_per_s']:.3g} a second"
    out.print(Text.assemble((world.name, "bold"), f": about {meant['purchases']:,.0f} purchases a morning{peak}"))
    if meant["hidden"]:
        out.print("\nFailure windows that can't show, since the scenario has none of this", style="bold")
        print_rows(out, [(f"  {one['window']}", one["needs"]) for one in meant["hidden"]], most=(6,))
    if meant["overloaded"]:
        out.print("\nToo small for this traffic, as they are bundled", style="bold")
        print_rows(out, [(f"  {one['design']}", one["message"]) for one in meant["overloaded"]], most=(16,))
        out.print(f"\nWith room for it: {shlex.join(['coffee', 'compare', called, '--fit-to-traffic'])}", soft_wrap=True)


def warn(design: Design, scenario: Scenario, *, names: Sequence[str], settings: Sequence[str] = ()) -> None:
    """Warnings on stderr, a line each, before a run; `names` and `settings` are for the command that prints their reasons."""
    hazards = hazards_of(design, scenario)
    for hazard in hazards:
        note(f"warning: {hazard}")
    if hazards:
        given = [part for text in settings for part in ("--set", text)]
        note(f"why, and what to change: {shlex.join(['coffee', 'lint', *names, *given])}")


def warn_in_short(design: Design, scenario: Scenario, *, names: Sequence[str], settings: Sequence[str] = ()) -> None:
    """One line on stderr with the names of the rules, before several designs are run, and the command that explains them.

    A bundled design is what it is; of one only that it is too small is said.
    """
    bundled = names[-1] in design_names()
    hazards = [hazard for hazard in hazards_of(design, scenario) if not bundled or hazard.rule in TOO_SMALL]
    if hazards:
        given = [part for text in settings for part in ("--set", text)]
        rules = ", ".join(dict.fromkeys(hazard.rule for hazard in hazards))
        note(f"warnings for {design.name}: {rules}; why: {shlex.join(['coffee', 'lint', *names, *given])}")


def print_hazards(out: Console, design: Design, scenario: Scenario | None, hazards: Sequence[Hazard], called: str) -> None:
    """Each warning with its reason, and the failure windows left open; `called`: the design, as a command calls it."""
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
    _print_windows(out, sorted({int(window[1:]) for hazard in hazards for window in hazard.windows}), hazards, called)


def _change(knob: str) -> str:
    return "the architecture (from)" if knob == "from" else knob


def _print_windows(out: Console, numbers: Sequence[int], hazards: Sequence[Hazard], called: str) -> None:
    """The failure windows that stay open, and how to see one."""
    if not numbers:
        return
    out.print("\nFailure windows left open", style="bold")
    rows = []
    for number in numbers:
        rules = ", ".join(hazard.rule for hazard in hazards if f"W{number}" in hazard.windows)
        summary = load_scenario(full_name(f"w{number}")).summary
        rows.append((f"  W{number}", summary.partition(" ")[2], rules))
    print_rows(out, rows, most=(6, 56))
    first = next(int(window[1:]) for hazard in hazards for window in hazard.windows)  # of the first warning that opens one
    shown = [first, *(number for number in numbers if number != first)][:2]
    chosen = [part for number in shown for part in ("-w", f"w{number}")]
    out.print(
        f"\nSimulated: {shlex.join(['coffee', 'windows', called, *chosen])}; one customer's story: "
        f"{shlex.join(['coffee', 'explain', f'w{first}', called])}",
        soft_wrap=True,
    )
