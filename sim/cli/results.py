"""`coffee results`: what a file of results holds, for other tools, and without what is of no use any more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import note
from sim.cli.options import Json
from sim.cli.sweep import RESULTS

if TYPE_CHECKING:
    from sim.documents.stored import StoredMornings
    from sim.experiment.store import Store


def results(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="A file that `coffee sweep` has written.")] = RESULTS,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every morning as CSV.", show_default=False),
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
    """What is in a file of results.

    Tells the mornings by scenario, design and varied keys, and the version that simulated them; and `content`, a digest of
    everything, which is the same for two files that hold the same mornings, however these came there.

    In the CSV an empty value is "nothing to count", and inf is "never". Any tool that reads SQLite can ask the file itself; its
    view `results` has a row a morning.

    Examples:
      coffee results
      coffee results reports/results.sqlite --csv mornings.csv
      coffee results --prune old --prune scenario=morning-rush
      sqlite3 reports/results.sqlite "SELECT design_name, varied, avg(cost_per_1000) FROM results GROUP BY 1, 2"
    """
    from sim.cli.console import console, print_json
    from sim.documents.stored import document, write_csv
    from sim.experiment.store import Store
    from sim.experiment.store_listing import removing, write_parquet

    conditions = [removing(what) for what in prune or []]
    with Store(file) as store:
        removed = [store.remove(*condition) for condition in conditions]
        for what, gone in zip(prune or [], removed, strict=True):
            note(f"removed {what}: {gone:,} morning{'' if gone == 1 else 's'}")
        for path, write in ((csv, write_csv), (parquet, write_parquet)):
            if path is not None:
                rows = write(store, path)
                note(f"{path}: {rows:,} row{'' if rows == 1 else 's'}")
        found = document(store, removed=dict(zip(prune or [], removed, strict=True)))
        if as_json:
            print_json(found)
        else:
            console().print(f"content {found['content']}", style="dim")
            _print(store, found["results"])


def _print(store: Store, found: list[StoredMornings]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sim.cli.console import console
    from sim.config.writing import flow
    from sim.experiment.store import version

    out = console()
    if not found:
        out.print(f"{store.path} holds no results")
        return
    out.print()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for column in ("scenario", "varied", "design", "mornings", "seeds", "version"):
        table.add_column(column, overflow="fold", justify="right" if column == "mornings" else "left")
    for row in found:
        varied = "\n".join(
            f"{key}={flow(value) if not isinstance(value, str) else value}" for key, value in row["varied"].items()
        )
        first, last = row["seeds"]
        seeds = f"{first}" if first == last else f"{first} to {last}"
        kept = row["version"] if row["version"] == version() else f"{row['version']} (another)"
        table.add_row(row["scenario"], varied, row["design"], f"{row['mornings']:,}", seeds, kept)
    out.print(table)
