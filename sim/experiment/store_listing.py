"""What a store holds: a listing, and every morning; and what to remove from it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from sim.config.errors import ArgumentError, ConfigError
from sim.experiment.extras import how_to_install
from sim.experiment.store import KEPT, KEY, VALUES, Store

COLUMNS = ("scenario_name", "design_name", "varied", "seed", *KEPT, "version", "scenario", "design")
ALL = f"SELECT {', '.join(COLUMNS)} FROM results ORDER BY scenario_name, design_name, varied, {KEY}"  # noqa: S608  names of ours
LISTING = """
SELECT scenario_name AS scenario, varied, design_name AS design, version, count(*) AS mornings,
    min(seed) AS first, max(seed) AS last
FROM results GROUP BY scenario_name, results.scenario, varied, design_name, results.design, version
ORDER BY scenario_name, design_name, version, varied, results.scenario, results.design
"""


class Listed(NamedTuple):
    """Mornings of one design in one scenario, simulated by one version: how many, and the first and last seed."""

    scenario: str
    varied: dict[str, Any]
    design: str
    version: str
    mornings: int
    first: int
    last: int


def listing(store: Store) -> list[Listed]:
    """What there is, by scenario, varied keys, design and version."""
    try:
        return [Listed(**row | {"varied": json.loads(row["varied"])}) for row in store.rows(LISTING)]
    except (ValueError, TypeError):
        raise ConfigError(store.damaged) from None


def mornings(store: Store) -> list[dict[str, Any]]:
    """Every morning in order, with the COLUMNS as keys; None: nothing to count, inf: never."""
    return store.rows(ALL)


def write_parquet(store: Store, path: Path) -> int:
    """The same as Parquet; NULL: nothing to count. Raises ConfigError, also if duckdb isn't installed."""
    try:
        import duckdb
    except ImportError:
        raise ArgumentError("parquet", f"needs duckdb, which is not installed: {how_to_install('lab')}; CSV does not") from None
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"{path}: {'a folder, not a file' if path.is_dir() else f'there is no folder {path.parent}'}")
    import pandas as pd

    frame = pd.DataFrame(mornings(store), columns=COLUMNS).astype(dict.fromkeys(VALUES, float))
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as draft, duckdb.connect() as lab:
            lab.register("frame", frame)
            wanted = ", ".join(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" if name in VALUES else name
                               for name in COLUMNS)  # fmt: skip
            made = Path(draft) / "results.parquet"
            lab.execute(f"CREATE TABLE mornings AS SELECT {wanted} FROM frame")  # noqa: S608
            lab.table("mornings").write_parquet(made.as_posix())
            os.replace(made, path)
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    return len(frame)
