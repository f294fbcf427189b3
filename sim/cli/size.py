"""`coffee size`: the cheapest capacity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import (
    Brownouts,
    DesignNames,
    EngineName,
    Jobs,
    Json,
    Objectives,
    OldDesigns,
    Peaks,
    ScenarioName,
    Seed,
    whole_number,
)
from sim.config.errors import ConfigError


def size(
    context: typer.Context,
    scenario: ScenarioName,
    designs: DesignNames = None,
    more: OldDesigns = None,
    objectives: Objectives = None,
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
            help="Other mornings on which the answer must hold. [default: 50, but at most 5 times --mornings; "
            "10 with --peak or --brownout]",
        ),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Save the one sized design as a YAML file.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write a page with the answer to this folder.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find the cheapest capacity that meets the objectives.

    How many checkout workers, payment workers and database connections does a design need, what breaks with one fewer, does one
    more help, and what does a correct purchase cost, failures included? The answer is checked on mornings that the search has
    not used. Objectives that no capacity meets are named; the answer is then as good as with more than enough capacity. Exits
    like `check`; curves exit with 0. Before long work starts, an estimate of its time is printed on stderr.

    --peak and --brownout print cost curves, by default for objectives that every design can meet: how much capacity each design
    needs as the chain grows, and what a longer brownout adds to the bill.

    Examples:
      coffee size morning-rush
      coffee size morning-rush outbox --write sized.yaml
      coffee size calm-tuesday naive --objective ack_latency_p95=800ms
      coffee size morning-rush --peak 18/min,36/min,72/min --brownout 2min,10min,30min
    """  # fmt: skip
    from sim.cli.work import size as work

    chosen, goals = [*(designs or []), *(more or [])], objectives or []
    is_curve = peak is not None or brownout is not None
    if write is not None and (is_curve or len(chosen) != 1):
        raise ConfigError("--write saves one sized design; give one design, and neither --peak nor --brownout")
    if is_curve:
        if out is not None:
            raise ConfigError("--out is for the capacity of designs; curves are drawn by `coffee compare --cost-curve`")
        work.curve(context, scenario, chosen, goals, peak, brownout, mornings, fresh, seed, jobs, engine, as_json=as_json)
    else:
        work.size(context, scenario, chosen, goals, mornings, fresh, seed, jobs, engine, write, out, as_json=as_json)
