"""`coffee size`: searches the cheapest capacity of designs or their cost curves, and prints and writes them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from sim import words
from sim.architectures import COMPARED, start_of
from sim.cli.again import again
from sim.cli.messages import DONE, INTERRUPTED, note
from sim.cli.work.check import CODES
from sim.cli.work.console import console, print_json
from sim.cli.work.names import scenario_called
from sim.cli.work.simulation import at_work
from sim.cli.work.sizing_sentences import counted, sentences
from sim.cli.work.sizings import print_curve, print_sizings
from sim.cli.work.texts import lengths_of, peaks_of
from sim.config.files import check_new, write_text
from sim.config.template import design_template
from sim.documents import cost_curve as curve_document
from sim.documents import sizing as sizing_document
from sim.experiment import size as experiment
from sim.experiment.cost_curve import MORNINGS, cost_curve
from sim.experiment.effort import Effort
from sim.experiment.estimates import holds
from sim.experiment.size import FEWEST, Forecast, Sizing, Sizings, with_objectives
from sim.report.folder import check_replaceable
from sim.report.result import Told
from sim.report.sizing import FILES, JSON, write_folder

LONG_S = 30.0  # work that takes less is not announced


def size(
    context: typer.Context, scenario: str, designs: Sequence[str], objectives: Sequence[str], mornings: int | None,
    fresh: int | None, seed: int, jobs: int | None, engine: str, write: Path | None, out: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    """The capacity of each design, and its file and a page if they are asked for."""
    world, chosen = scenario_called(scenario), list(designs or COMPARED)
    if write is not None:
        check_new(write)
    if out is not None:
        check_replaceable(out, ours=FILES.__contains__)
    world = with_objectives(world, objectives)
    too_early = "interrupted before the first design was sized; there are no results"
    with at_work("sizing", 1, again(context, designs=chosen), smaller=None, interrupted=too_early) as progress:
        effort = Effort(experiment.MORNINGS if mornings is None else mornings, seed, jobs=jobs, engine=engine)
        news = News(effort.mornings, len(chosen))
        sizings = experiment.size(
            world, chosen, effort, fresh=fresh, progress=progress, forecast=news.forecast, sized=news.sized
        )
    if write is not None:
        _save(next(iter(sizings.sizings.values())), write)
    if as_json:
        print_json(sizing_document.document(sizings, file=None if write is None else str(write)))
    else:
        print_sizings(console(), sizings)
        if write is not None:
            try_it = shlex.join(["coffee", "compare", scenario, chosen[0], str(write)])
            console().print(f"{write}: the sized design; try it: {try_it}", soft_wrap=True)
    if out is not None and sizings.sizings:
        note(f"written: {write_folder(sizings, out, _told(sizings, again(context, designs=chosen)))}")
    left = [name for name in sizings.asked if name not in sizings.sizings]
    _leave(
        sizings.wall_s,
        DONE if holds(sizings.verdict) else CODES[sizings.verdict],
        unfinished=f"there is no answer for {', '.join(left)}" if left else "",
    )


def curve(
    context: typer.Context, scenario: str, designs: Sequence[str], objectives: Sequence[str], peak: str | None,
    brownout: str | None, mornings: int | None, fresh: int | None, seed: int, jobs: int | None, engine: str, *, as_json: bool,
) -> None:  # fmt: skip
    """What each design costs at each peak, and under brownouts of each length."""
    world, chosen = scenario_called(scenario), list(designs or COMPARED)
    peaks = () if peak is None else peaks_of(peak)
    lengths = () if brownout is None else lengths_of(brownout)
    too_early = "interrupted before the first capacity was found; there are no results"
    with at_work("sizing", 1, again(context, designs=chosen), smaller=None, interrupted=too_early) as progress:
        effort = Effort(MORNINGS if mornings is None else mornings, seed, jobs=jobs, engine=engine)
        found = cost_curve(
            world, chosen, effort, peaks_per_s=peaks, brownouts_s=lengths, objectives=objectives,
            fresh=MORNINGS if fresh is None else fresh, progress=progress, forecast=News(effort.mornings, len(chosen)).forecast,
        )  # fmt: skip
    if as_json:
        print_json(curve_document.document(found))
    else:
        print_curve(console(), found)
    _leave(found.wall_s, DONE, unfinished="the rest of the curve is missing" if found.interrupted else "")


def _told(found: Sizings, command: str) -> Told:
    from sim.lab.cards import sizings as card  # matplotlib takes a second to import

    last, several = found.seed + found.mornings, len(found.sizings) > 1
    return Told(
        "how much capacity is enough?", card(found), found.scenario, [one.design for one in found.sizings.values()],
        f"{found.mornings} for the search, seeds {found.seed} to {last - 1}; {found.fresh} for the answer, seeds {last} to "
        f"{last + found.fresh - 1}", command, JSON,
        [f"{name}: {sentence}" if several else sentence for name, one in found.sizings.items() for sentence in sentences(one)],
    )  # fmt: skip


class News:
    """What is said on stderr about work that takes long: how long it will take, and each design that is finished."""

    def __init__(self, mornings: int, designs: int, first: str = f"-n {FEWEST} for a first look") -> None:
        self._left, self._first = designs, first if mornings > FEWEST else ""
        self._long = False

    def forecast(self, forecast: Forecast) -> None:
        """Nothing, if it will not take long."""
        self._long = forecast.seconds >= LONG_S
        if self._long:
            at_a_time = f", {forecast.at_a_time} at a time" if forecast.at_a_time > 1 else ""
            first = f"; {self._first}" if self._first else ""
            note(
                f"sizing takes up to about {words.about(forecast.seconds)}: some {forecast.mornings:,} mornings of "
                f"{forecast.morning_s:.2g} s{at_a_time}{first}"
            )

    def sized(self, sizing: Sizing, wall_s: float) -> None:
        """One design's answer, while others are still to come."""
        self._left -= 1
        if self._long and self._left:
            note(f"{sizing.asked.name}: {counted(sizing.capacity)} ({words.about(wall_s)}); {self._left} to go")


def _leave(wall_s: float, code: int, *, unfinished: str) -> None:
    """Say how it went, and end with `code`, or with that of an interruption."""
    if unfinished:
        note(f"interrupted; {unfinished}")
        raise typer.Exit(INTERRUPTED)
    note(f"sized in {wall_s:.0f} s")
    raise typer.Exit(code)


def _save(sizing: Sizing, file: Path) -> None:
    write_text(file, design_template(sizing.design, name=file.stem, start=start_of(sizing.design, file.parent)))
