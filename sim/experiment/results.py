"""What a store holds: a listing, and every morning as CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from sim.config.errors import ArgumentError, ConfigError
from sim.config.files import write_text
from sim.experiment.extras import how_to_install
from sim.experiment.store import KEPT, KEY, VALUES, Store

COLUMNS = f"scenario_name, design_name, varied, seed, {', '.join(KEPT)}, version, scenario, design"
ALL = f"SELECT {COLUMNS} FROM results ORDER BY scenario_name, design_name, varied, {KEY}"  # noqa: S608  names of ours
LISTING = """
SELECT scenario_name AS scenario, varied, design_name AS design, version, count(*) AS mornings,
    min(seed) AS first, max(seed) AS last
FROM results GROUP BY scenario_name, results.scenario, varied, design_name, results.design, version
ORDER BY scenario_name, design_name, version, varied, results.scenario, results.design
"""


def listing(store: Store) -> list[dict[str, Any]]:
    """What there is, by scenario, varied keys, design and version: how many mornings, and the first and last seed."""
    found = store.rows(LISTING)
    return [
        {"scenario": row["scenario"], "varied": json.loads(row["varied"]), "design": row["design"], "version": row["version"],
         "mornings": row["mornings"], "seeds": [row["first"], row["last"]]}
        for row in found
    ]  # fmt: skip


def write_csv(store: Store, path: Path) -> int:
    """Every morning in order; empty: nothing to count, inf: never. Returns how many rows. Raises ConfigError."""
    rows = store.rows(ALL)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=COLUMNS.split(", "), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue(), replace=True)
    return len(rows)


def write_parquet(store: Store, path: Path) -> int:
    """The same as Parquet; NULL: nothing to count. Raises ConfigError, also if duckdb isn't installed."""
    try:
        import duckdb
    except ImportError:
        raise ArgumentError("parquet", f"needs duckdb, which is not installed: {how_to_install('lab')}; CSV does not") from None
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"{path}: {'a folder, not a file' if path.is_dir() else f'there is no folder {path.parent}'}")
    import pandas as pd

    frame = pd.DataFrame(store.rows(ALL), columns=COLUMNS.split(", ")).astype(dict.fromkeys(VALUES, float))
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as draft, duckdb.connect() as lab:
            lab.register("frame", frame)
            wanted = ", ".join(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" if name in VALUES else name
                               for name in COLUMNS.split(", "))  # fmt: skip
            made = Path(draft) / "results.parquet"
            lab.execute(f"CREATE TABLE mornings AS SELECT {wanted} FROM frame")  # noqa: S608
            lab.table("mornings").write_parquet(made.as_posix())
            os.replace(made, path)
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    return len(frame)
