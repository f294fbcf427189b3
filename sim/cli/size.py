"""`coffee size`: what to provision."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.options import Brownouts, EngineName, Jobs, Json, Objectives, Peaks, ScenarioName, Seed, whole_number

if TYPE_CHECKING:
    from sim.config.scenario import Scenario
    from sim.experiment.size import Sizing


def size(
    scenario: ScenarioName,
    design: Annotated[
        list[str] | None,
        typer.Option(
            "--design",
            "-d",
            metavar="NAME",
            help="A design, a name or a YAML or Python file. Can be repeated. [default: naive idempotent outbox]",
            show_default=False,
        ),
    ] = None,
    objective: Objectives = None,
    peak: Peaks = None,
    brownout: Brownouts = None,
    mornings: Annotated[
        int | None,
        typer.Option(
            "--mornings",
            "-n",
            metavar="N",
            parser=whole_number,
            show_default=False,
            help="Mornings on which each capacity is tried. [default: 12; 10 with --peak or --brownout]",
        ),
    ] = None,
    fresh: Annotated[
        int | None,
        typer.Option(
            "--fresh",
            metavar="N",
            parser=whole_number,
            show_default=False,
            help="Other mornings on which the answer must hold. [default: 50; 10 with --peak or --brownout]",
        ),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Save the one sized design as a YAML file.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the cheapest capacity that meets the objectives.

    How many checkout workers, payment workers and database connections does a design need, what breaks with one fewer, and
    what does a correct purchase cost? Objectives that no capacity meets are named, with the best that any reaches; for the rest
    there is an answer, and it holds on mornings that the search has not seen. Exits like `check`, by the
    objectives; curves exit with 0.

    With --peak or --brownout: cost curves, by default at objectives that every design can meet. How much does each design need
    as the chain grows, and what does a longer brownout do to the bill?

    Examples:
      coffee size morning-rush
      coffee size morning-rush --design outbox --write sized.yaml
      coffee size calm-tuesday --design naive --objective ack_latency_p95=800ms
      coffee size morning-rush --peak 18/min,36/min,72/min --brownout 2min,10min,30min
    """  # fmt: skip
    from sim.architectures import COMPARED
    from sim.cli.names import scenario_called

    world, chosen = scenario_called(scenario), list(design or COMPARED)
    is_curve = peak is not None or brownout is not None
    if write is not None:
        _check_file(write, chosen, is_curve=is_curve)
    command = shlex.join(
        [
            *("coffee", "size", scenario),
            *(part for name in chosen for part in ("--design", name)),
            *(part for text in objective or [] for part in ("--objective", text)),
            *(("--peak", peak) if peak is not None else ()),
            *(("--brownout", brownout) if brownout is not None else ()),
            *("--seed", str(seed)),
        ]
    )
    if is_curve:
        _draw_curve(
            world, chosen, objective or [], peak, brownout, mornings, fresh, seed, jobs, engine, command, as_json=as_json
        )
    else:
        _size(world, chosen, objective or [], mornings, fresh, seed, jobs, engine, command, write, as_json=as_json)


def _size(
    world: Scenario, chosen: list[str], objectives: list[str], mornings: int | None, fresh: int | None, seed: int,
    jobs: int | None, engine: str, command: str, write: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    from sim.cli.check import CODES
    from sim.cli.console import console, print_json
    from sim.documents.sizing import document
    from sim.experiment.size import FRESH, MORNINGS, size, with_objectives

    world = with_objectives(world, objectives)
    with working(command, "before the first design was sized; there are no results") as progress:
        sizings = size(
            world, chosen, mornings=MORNINGS if mornings is None else mornings, fresh=FRESH if fresh is None else fresh,
            seed=seed, jobs=jobs, engine=engine, progress=progress,
        )  # fmt: skip
    if write is not None:
        _save(next(iter(sizings.sizings.values())), write)
    if as_json:
        print_json(document(sizings, file=str(write) if write is not None else None))
    else:
        from sim.cli.sizings import print_sizings

        print_sizings(console(), sizings)
        if write is not None:
            console().print(f"{write}: the sized design; try it: coffee compare {world.name} --design {write}", soft_wrap=True)
    left = [name for name in sizings.asked if name not in sizings.sizings]
    _leave(sizings.wall_s, CODES[sizings.verdict], unfinished=f"there is no answer for {', '.join(left)}" if left else "")


def _draw_curve(
    world: Scenario, chosen: list[str], objectives: list[str], peak: str | None, brownout: str | None, mornings: int | None,
    fresh: int | None, seed: int, jobs: int | None, engine: str, command: str, *, as_json: bool,
) -> None:  # fmt: skip
    from sim.cli.console import console, print_json
    from sim.documents.cost_curve import document
    from sim.experiment.cost_curve import MORNINGS, cost_curve, lengths_of, peaks_of

    peaks = () if peak is None else peaks_of(peak)
    lengths = () if brownout is None else lengths_of(brownout)
    with working(command, "before the first capacity was found; there are no results") as progress:
        curve = cost_curve(
            world, chosen, peaks_per_s=peaks, brownouts_s=lengths, objectives=objectives, seed=seed, jobs=jobs, engine=engine,
            mornings=MORNINGS if mornings is None else mornings, fresh=MORNINGS if fresh is None else fresh, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(document(curve))
    else:
        from sim.cli.sizings import print_curve

        print_curve(console(), curve)
    _leave(curve.wall_s, DONE, unfinished="the rest of the curve is missing" if curve.interrupted else "")


@contextmanager
def working(command: str, too_early: str) -> Iterator[Callable[[int, int], None] | None]:
    """With a progress bar; what ends the work is told on stderr. Raises Exit."""
    from sim.cli.progress import progress_bar
    from sim.cli.simulation import answered_for

    try:
        with answered_for(command), progress_bar("sizing", 1) as progress:
            yield progress
    except KeyboardInterrupt:
        note(f"interrupted {too_early}")
        raise typer.Exit(INTERRUPTED) from None


def _leave(wall_s: float, code: int, *, unfinished: str) -> None:
    """Say how it went, and end with `code`, or with that of an interruption."""
    if unfinished:
        note(f"interrupted; {unfinished}")
        raise typer.Exit(INTERRUPTED)
    note(f"sized in {wall_s:.0f} s")
    raise typer.Exit(code)


def _check_file(file: Path, designs: list[str], *, is_curve: bool) -> None:
    """Before any work. Raises ConfigError."""
    from sim.config.errors import ConfigError
    from sim.config.files import check_new

    if is_curve or len(designs) > 1:
        raise ConfigError("--write saves one sized design; give one with --design, and neither --peak nor --brownout")
    check_new(file)


def _save(sizing: Sizing, file: Path) -> None:
    from sim.architectures import start_of
    from sim.config.files import write_text
    from sim.config.template import design_template

    write_text(file, design_template(sizing.design, name=file.stem, start=start_of(sizing.design, file.parent)))
