"""`coffee results`: what a file of results holds; exported, and pruned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Json
from sim.cli.sweep import RESULTS


def results(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="A file that `coffee sweep` has written.")] = RESULTS,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every morning as CSV; - is stdout.", show_default=False),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", metavar="FILE", help="Write every morning as Parquet (needs duckdb).", show_default=False),
    ] = None,
    prune: Annotated[
        list[str] | None,
        typer.Option(
            "--prune",
            metavar="WHAT",
            show_default=False,
            help="Remove results: `old` (of other versions than this one), `scenario=NAME` or `design=NAME`. Can be repeated.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show, export or prune what `coffee sweep` has kept.

    Prints the mornings by scenario, design and varied keys, with the version that simulated them. `content` is a digest of
    everything: two files with the same mornings have the same digest, in whatever order they were simulated.

    In the CSV an empty value is "nothing to count", and inf is "never". Any tool that reads SQLite can query the file; its
    view `results` has a row for each morning.

    Examples:
      coffee results
      coffee results reports/results.sqlite --csv mornings.csv
      coffee results --prune old --prune scenario=morning-rush
      sqlite3 reports/results.sqlite "SELECT design_name, varied, avg(cost_per_1000) FROM results GROUP BY 1, 2"
    """
    from sim.cli.work import results as work

    work.results(file, csv, parquet, prune or [], as_json=as_json)
