"""`coffee results`: prints what a file of results holds, exports it, and removes results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.cli.messages import note, write_out
from sim.cli.work.console import console, print_json
from sim.cli.work.tables import plain_table
from sim.cli.work.texts import removing
from sim.config.errors import ConfigError
from sim.config.writing import flow
from sim.documents.stored import StoredMornings, document, write_csv
from sim.documents.text import csv_text
from sim.experiment.store import Store, version
from sim.experiment.store_listing import COLUMNS, mornings, write_parquet


def results(file: Path, csv: Path | None, parquet: Path | None, prune: Sequence[str], *, as_json: bool) -> None:
    if csv == Path("-") and as_json:
        raise ConfigError("--csv - and --json: only one can be on stdout")
    if parquet == Path("-"):
        raise ConfigError("--parquet: expected a file; only --csv can be -, for stdout")
    conditions = [removing(what) for what in prune]
    with Store(file) as store:
        removed = [store.remove(*condition) for condition in conditions]
        for what, gone in zip(prune, removed, strict=True):
            note(f"removed {what}: {gone:,} morning{'' if gone == 1 else 's'}")
        for path, write in ((csv, write_csv), (parquet, write_parquet)):
            if path == Path("-"):
                write_out(csv_text(mornings(store), COLUMNS))
            elif path is not None:
                rows = write(store, path)
                note(f"{path}: {rows:,} row{'' if rows == 1 else 's'}")
        found = document(store, removed=dict(zip(prune, removed, strict=True)))
        if csv == Path("-"):
            return
        if as_json:
            print_json(found)
        else:
            console().print(f"content {found['content']}", style="dim")
            _print(store, found["results"])


def _print(store: Store, found: list[StoredMornings]) -> None:
    out = console()
    if not found:
        out.print(f"{store.path} holds no results")
        return
    out.print()
    table = plain_table("scenario", "varied", "design", "mornings", "seeds", "version", right=[3])
    for row in found:
        varied = "\n".join(
            f"{key}={flow(value) if not isinstance(value, str) else value}" for key, value in row["varied"].items()
        )
        first, last = row["seeds"]
        seeds = f"{first}" if first == last else f"{first} to {last}"
        kept = row["version"] if row["version"] == version() else f"{row['version']} (another)"
        table.add_row(row["scenario"], varied, row["design"], f"{row['mornings']:,}", seeds, kept)
    out.print(table)
