"""`coffee fit`: from what was measured to a scenario and a design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json


def fit(
    logs: Annotated[
        list[Path], typer.Argument(metavar="LOG", help="CSV, JSON lines, or OTLP/JSON spans.", show_default=False)
    ],
    out_scenario: Annotated[
        Path | None,
        typer.Option("--out-scenario", metavar="FILE", help="Write the scenario to this .yaml file.", show_default=False),
    ] = None,
    out_design: Annotated[
        Path | None,
        typer.Option("--out-design", metavar="FILE", help="Write the design to this .yaml file.", show_default=False),
    ] = None,
    base: Annotated[
        str, typer.Option("--from", metavar="DESIGN", help="The design that the fitted one starts from; no log tells which.")
    ] = "idempotent",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="A column by another name; repeatable.", show_default=False),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help="What every line is, in files that don't say it: request, handled or call.",
            show_default=False,
        ),
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option(
            "--provider", metavar="TEXT", help="Spans to addresses or with names that hold this are calls to the provider.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite files of these names.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Fit a scenario and a design to logs.

    Each value comes with its 95 % interval and the number of lines that it rests on; what the log doesn't tell stays at its
    default and is listed as assumed. A call that our side gave up on is not taken for a latency: it was slower than that, or
    its answer was lost. docs/from-your-logs.md has the columns, and what is done with them.

    Examples:
      coffee fit requests.csv calls.csv
      coffee fit calls.jsonl --kind call --out-scenario measured.yaml
      coffee fit spans.json --provider api.stripe.com --out-scenario measured.yaml --out-design ours.yaml
    """
    from sim.cli.work import fit as work

    outs = (out_scenario, out_design)
    work.fit(logs, outs, base, column or [], kind=kind, provider=provider, force=force, as_json=as_json)
