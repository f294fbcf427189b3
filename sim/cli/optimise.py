"""`coffee optimise`: of the designs that keep to the limits, those that no other beats in two metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import EngineName, Jobs, Json, ScenarioName, Seed, whole_number
from sim.experiment.effort import Effort


def optimise(
    context: typer.Context,
    scenario: ScenarioName,
    space: Annotated[
        Path, typer.Option("--design-space", "-s", metavar="FILE", help="A YAML file: what to choose from.", show_default=False)
    ],
    minimise: Annotated[
        list[str] | None,
        typer.Option(
            "--minimise", "-m", metavar="NAME", show_default=False,
            help="One of two metrics to make small, or large if more of it is better. Give it twice. "
            "[default: cost_per_1000, confirmation_lag_p99]",
        ),
    ] = None,
    subject_to: Annotated[
        list[str] | None,
        typer.Option(
            "--subject-to", metavar="METRIC=LIMIT", show_default=False,
            help="A limit that must hold; replaces the default ones. Can be repeated. "
            "[default: double_charge_rate=0, duplicate_order_rate=0]",
        ),
    ] = None,
    mornings: Annotated[
        int,
        typer.Option(
            "--mornings", "-n", metavar="N", parser=whole_number, help="How many mornings to search on, and then to measure on."
        ),
    ] = 8,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", parser=whole_number, help="Designs that a sampler may try in a large space.")
    ] = 96,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write chart, CSV and JSON to this folder.", show_default=False),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", "-w", metavar="DIR", help="Write the front's designs to this new folder.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Find the designs that no other design beats in two metrics.

    Finds, of all designs that hold every limit, those that no other beats in both metrics: the Pareto front. The metrics are
    cost and confirmation lag unless --minimise names others. A limit of 0, or of 100 %, is violated by one case; any other
    limit holds when the whole 95 % interval is within it.

    \b
    The design space is a file:
      from: [idempotent, outbox]            designs to start from
      vary:
        checkout.workers: [8, 16, 32]       values to try
        relay.poll_every: [100ms, 2s]       in the designs that have it
        payment.timeout: 2s..10s            any value between
        app.timeout: log:2s..32s:5          or five values, as in `coffee sweep`

    Up to 32 designs are all tried on all mornings. Up to 512 begin with two mornings, and the better half goes on with twice as
    many. Of more, or with ranges, a sampler tries --trials designs (needs the extra lab). The best designs then meet fresh
    mornings, and only these count: a design that looked good before may have been lucky. Exits with 1 if no design holds every
    limit.

    Examples:
      coffee optimise morning-rush --design-space space.yaml
      coffee optimise morning-rush -s space.yaml --subject-to double_charge_rate=0 --subject-to ack_latency_p95=1s
      coffee optimise morning-rush -s space.yaml -m infra_cost_per_1000 -m ack_latency_p95 --out reports/front
      coffee optimise morning-rush -s space.yaml --write front && coffee compare morning-rush front/*.yaml
    """  # noqa: D301  a backspace keeps the lines of a paragraph apart
    from sim.cli.work import optimise as work

    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    work.optimise(
        context, scenario, space, minimise or [], subject_to or [], effort, trials, out, write, as_json=as_json
    )  # fmt: skip
