"""`coffee sensitivity`: which inputs move the metrics."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.options import DesignName, EngineName, Jobs, Json, OldDesign, ScenarioName, Seed, whole_number
from sim.experiment.effort import Effort
from sim.vocabulary import shown_in


class Method(StrEnum):
    """How inputs are changed."""

    ONE = "one"
    MORRIS = "morris"
    SOBOL = "sobol"


METHODS: dict[Method, Literal["morris", "sobol"]] = {Method.MORRIS: "morris", Method.SOBOL: "sobol"}


def sensitivity(
    context: typer.Context,
    scenario: ScenarioName,
    design: DesignName,
    _old: OldDesign = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input", "-i", metavar="KEY[=A..B]", show_default=False,
            help="Change this key of the scenario or design: halve and double, or from A to B. Can be repeated. [default: all]",
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", "-m", metavar="NAME", show_default=False,
            help=f"A metric to measure. Can be repeated. [default: {', '.join(shown_in('swings'))}]",
        ),
    ] = None,
    method: Annotated[Method, typer.Option(help="Change one input at a time, or all (needs the extra lab).")] = Method.ONE,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", metavar="N", parser=whole_number, show_default=False,
            help="Trajectories of morris [default: 10], base points of sobol [default: 64].",
        ),
    ] = None,
    mornings: Annotated[
        int | None,
        typer.Option(
            "--mornings", "-n", metavar="N", parser=whole_number, show_default=False,
            help="How many mornings for every value. [default: 4, or 2 with morris or sobol]",
        ),
    ] = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    engine: EngineName = "local",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write chart, CSV and JSON to this folder.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Which inputs move the metrics?

    Halves and doubles every number of the scenario and the design, one at a time and on the same mornings, and ranks the
    effects. An effect is not clear if its 95 % interval holds zero. With many inputs some seem clear by chance: one in twenty.

    morris and sobol change all inputs at once between their ends, and so find effects of several inputs together. morris: mu*
    is the mean size of an input's effect over its whole range, sigma how much that effect depends on the other inputs. sobol:
    first is the share of the variance that an input explains alone, total the share that it explains together with others.
    Screen with morris, then give sobol the few inputs that matter.

    Examples:
      coffee sensitivity morning-rush outbox
      coffee sensitivity morning-rush naive -i app.timeout=2s..16s -i provider.latency --metric double_charge_rate
      coffee sensitivity morning-rush outbox --out reports/sensitivity
      coffee sensitivity morning-rush idempotent --method morris --samples 6
      coffee sensitivity morning-rush idempotent --method sobol -i payment.timeout=1s..10s -i checkout.workers=8..64
    """
    from sim.cli.work import sensitivity as work

    usual = 4 if method is Method.ONE else 2
    effort = Effort(usual if mornings is None else mornings, seed, jobs=jobs, engine=engine)
    work.sensitivity(
        context, scenario, design, inputs or [], metrics or [], METHODS.get(method), samples, effort, out, as_json=as_json
    )  # fmt: skip
