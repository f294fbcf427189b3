"""`coffee twin`: runs designs on real parts, compares them with the model, prints and writes what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from sim import words
from sim.architectures import COMPARED, load_designs
from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED, note
from sim.cli.work.console import console, print_json, print_title
from sim.cli.work.names import folder_name, scenario_called
from sim.cli.work.provider import check_real
from sim.cli.work.simulation import at_work, saved
from sim.cli.work.tables import plain_table
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.config.units import probability_text
from sim.report.folder import check_replaceable

if TYPE_CHECKING:
    from sim.real.twin import twins
    from sim.real.twin.comparison import Twin

PAGE, JSON = "twin.html", "twin.json"
LOG = re.compile(r"log-[\w.-]+\.csv")
CODES = {"equivalent": DONE, "different": FAILED}
STYLES = {"equivalent": "green", "different": "red", "undecided": "yellow"}
PASSWORD = re.compile(r"(?<=://)[^/@]*@")  # a user and a password in an address


def twin(
    context: typer.Context, scenario: str, designs: Sequence[str], speed: float, seed: int, margin: float | None,
    parts: tuple[str, str], out: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    check_real("the twin")
    from sim.real.twin import twins
    from sim.real.twin.comparison import MARGIN
    from sim.real.twin.documents import document

    database, broker = parts
    margin = MARGIN if margin is None else margin
    twins.check(speed=speed, seed=seed, margin=margin, database=database, broker=broker)
    world, called = scenario_called(scenario), list(designs) or list(COMPARED)
    chosen = load_designs(called)
    if out is not None:
        _check_logs(chosen)
        check_replaceable(out, ours=_ours)
    hidden = {"database": PASSWORD.sub("", database), "broker": PASSWORD.sub("", broker)}
    command = again(context, designs=called, margin=probability_text(margin), **hidden)
    too_early = "interrupted before the first design had been run; there are no results"
    _say_how_long_it_takes(world, len(chosen), speed)
    with at_work("running on real parts", 0, command, smaller=None, interrupted=too_early) as progress:
        found = twins.twin(
            world, chosen, speed=speed, seed=seed, margin=margin, database=database, broker=broker, progress=progress
        )  # fmt: skip
    page, code = (None, DONE) if out is None else saved(lambda: _write(found, out, command))
    if as_json:
        print_json(document(found, report=None if page is None else str(page)))
    else:
        _print(found)
        if page is not None:
            console().print(f"report: {page}", soft_wrap=True)
    if found.interrupted:
        note(f"interrupted after {len(found.twins)} of {len(chosen)} designs; the numbers are of these")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(code or CODES.get(found.verdict, UNDECIDED))


def _say_how_long_it_takes(world: Scenario, designs: int, speed: float) -> None:
    """On stderr. It is known beforehand: the scenario's clock, for each design, and some seconds to start processes."""
    one_s = world.clock.horizon_s / speed
    each = f", {words.about(one_s)} for each design" if designs > 1 else ""
    less = "; --speed 10 takes a tenth of it" if speed == 1 else ""
    note(f"running on real parts takes about {words.about(designs * one_s)}{each}{less}")


def _ours(name: str) -> bool:
    return name in (PAGE, JSON) or LOG.fullmatch(name) is not None


def _log(design: Design) -> str:
    return f"log-{folder_name(design.name)}.csv"


def _check_logs(designs: Sequence[Design]) -> None:
    """Each design's log has a file of its own. Raises ConfigError."""
    files: dict[str, str] = {}
    for design in designs:
        other = files.setdefault(_log(design), design.name)
        if other != design.name:
            raise ConfigError(f"{other} and {design.name}: their logs would have the same name; rename one of the designs")


def _write(found: twins.Twins, folder: Path, command: str) -> Path:
    """The page, the numbers as JSON, and the logs."""
    from sim.real.twin.documents import document
    from sim.real.twin.log import log_of
    from sim.real.twin.page import page
    from sim.report.files import files_of

    logs = {name: _log(twin.lived.design) for name, twin in found.twins.items()}
    with files_of(folder, ours=_ours) as files:
        files.json(JSON, document(found, report=PAGE))
        for name, twin in found.twins.items():
            files.csv(logs[name], log_of(twin.lived.tables, twin.lived.scenario, twin.lived.design))
        files.text(PAGE, page(found, command=command, beside=[JSON, *logs.values()]))
    return folder / PAGE


def _print(found: twins.Twins) -> None:
    from sim.real.twin.sentences import lateness, speed, title, verdict

    out, several = console(), list(found.twins.values())
    print_title(out, found.scenario.name, found.scenario.summary)
    out.print(f"the model and real parts, seed {found.seed}", style="dim")
    out.print()
    out.print(f"{title(several)}.", style="bold")
    for twin in several:
        out.print()
        out.print(f"{twin.name}: {verdict(twin)}")
        if twin.purchases:
            out.print(_rates(twin))
            out.print(_lags(twin))
        kills = f"; the scenario’s faults killed {twin.lived.kills} processes" if twin.lived.kills else ""
        out.print(f"{lateness(twin)}{kills}", style="dim")
    if said := speed(found.speed):
        out.print()
        out.print(said)


def _rates(twin: Twin) -> Table:
    """The harms that happened in either world."""
    from sim.real.twin.sentences import difference

    table = plain_table("a customer", "model", "real parts", "both", "difference in points", "", right=[1, 2, 3])
    for rate in twin.rates.values():
        if rate.model or rate.real:
            state = Text(rate.verdict, style=STYLES[rate.verdict]) if not twin.refused else ""
            table.add_row(
                rate.clause, f"{rate.model:,}", f"{rate.real:,}", f"{rate.pairs.both:,}", difference(rate), state
            )  # fmt: skip
    if not table.rows:
        table.add_row("nobody was harmed", "", "", "", "", "")
    return table


def _lags(twin: Twin) -> Table:
    from sim.real.twin.comparison import PERCENTS
    from sim.real.twin.sentences import quantile

    table = plain_table("model → real parts", "median", "p90", "p99")
    for name, lag in twin.lags.items():
        pairs = ((quantile(lag, percent, real=False), quantile(lag, percent, real=True)) for percent in PERCENTS)
        table.add_row(name, *(f"{model} → {real}" for model, real in pairs))
    return table
