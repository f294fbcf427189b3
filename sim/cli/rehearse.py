"""`coffee rehearse`: a service of one's own under our customers, our provider and our audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json, Seed, whole_number


def rehearse(
    context: typer.Context,
    service: Annotated[
        Path,
        typer.Argument(metavar="SERVICE", help="The adapter: a YAML file that says how to order.", show_default=False),
    ],
    every: Annotated[
        int | None,
        typer.Option(
            "--every", metavar="N", parser=whole_number, show_default=False,
            help="Try every combination of at most N mishaps, 0 to 3, a purchase each. [default: 1, without --rush]",
        ),
    ] = None,
    rush: Annotated[
        str | None,
        typer.Option("--rush", metavar="TIME", help="Instead: a load for so long, such as 60s.", show_default=False),
    ] = None,
    rate: Annotated[str, typer.Option("--rate", metavar="RATE", help="With --rush: how many customers come.")] = "10/s",
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario", metavar="SCENARIO", show_default=False,
            help="With --rush: the scenario whose provider and double taps there are. [default: a flaky one]",
        ),
    ] = None,
    seed: Seed = 0,
    most: Annotated[
        int, typer.Option("--most", metavar="N", parser=whole_number, help="With --every: try at most so many combinations.")
    ] = 1000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", show_default=False,
            help="Let a host that is not this machine be ordered from. Can be repeated.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="FOLDER", show_default=False,
            help="Write each run that did harm to this folder, as a scenario file.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write a page, one HTML file.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Rehearse a checkout service of your own.

    Is anybody charged twice? Starts your service and a payment provider in Stripe's shape beside it, orders from it over
    HTTP as an app does (time limit, retries, double taps), and lets things go wrong: a call of the provider is refused,
    breaks, is late, is declined, or charges and its answer is lost; an answer to the app is lost; the customer taps twice
    or again; the service is killed between the charge and its commit. Then it counts charges at the provider, orders in
    your service, and what the app was told.

    Your service needs no change but the provider's address. Only this machine is ordered from, unless --allow-host says so;
    nothing reaches a real provider, and a live key is refused.

    Exits with 0 if nobody was harmed in any of these runs, 1 if somebody was, 3 if nobody can say (the service hangs, dies, or
    never becomes ready), 2 on wrong usage or errors in the file.

    Examples:
      coffee rehearse shop.yaml
      coffee rehearse shop.yaml --every 2 --out rehearsal.html
      coffee rehearse shop.yaml --rush 60s --rate 20/s
      coffee rehearse shop.yaml --every 1 --json --keep broken
    """
    from sim.cli.work import rehearse as work

    load = work.Load(rush, rate, scenario, seed)
    work.rehearse(context, service, every, load, most, tuple(allow_host or ()), keep, out, as_json=as_json)
