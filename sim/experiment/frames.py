"""Results as tidy DataFrames. pandas is imported when the first one is asked for: simulating does not need it.

What the columns mean is said where people read it, at the properties of the results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.ledger.steps import STEP_S

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.compare import Result
    from sim.experiment.statistics import Difference, Estimate

INTERVAL = ("mean", "low", "high")
ESTIMATE = (*INTERVAL, "n", "never", "harmed")
STATION = ("servers", "arrivals", "served", "busy_s", "provisioned_s", "busy_share", "waiting_s", "queue_max")


def framed(rows: Sequence[Mapping[str, Any]], index: Sequence[str], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as a DataFrame; `columns`: what it has even without rows."""
    import pandas as pd

    return pd.DataFrame(rows, columns=[*index, *columns] if columns else None).set_index(list(index))


def estimate(value: Estimate) -> dict[str, float | None]:
    """An estimate as columns."""
    return {column: getattr(value, column) for column in ESTIMATE}


def metrics(results: Mapping[Any, Result], by: str = "design") -> pd.DataFrame:
    """Every metric of each result; None, where there is no mean or no interval, becomes NaN."""
    rows = [
        {by: name, "metric": metric, **estimate(value)}
        for name, result in results.items()
        for metric, value in result.metrics.items()
    ]
    return framed(rows, [by, "metric"]).astype(dict.fromkeys(INTERVAL, float))


def objectives(results: Mapping[str, Result]) -> pd.DataFrame:
    """How each result stands against the objectives."""
    columns = ["limit", "status", *INTERVAL, "never"]
    rows = [
        {"design": name, "metric": objective.metric, "limit": objective.limit, "status": objective.status,
         **{part: getattr(objective.estimate, part) for part in (*INTERVAL, "never")}}
        for name, result in results.items()
        for objective in result.objectives
    ]  # fmt: skip
    return framed(rows, ["design", "metric"], columns).astype(dict.fromkeys(("limit", *INTERVAL, "never"), float))


def differences(paired: Mapping[Any, Mapping[str, Difference]], by: str) -> pd.DataFrame:
    """Every metric's paired difference, of whatever the differences are of."""
    rows = [{by: name, "metric": metric, **vars(value)} for name, found in paired.items() for metric, value in found.items()]
    return framed(rows, [by, "metric"], ["difference", "low", "high"]).astype(float)


def by_morning(results: Mapping[str, Result]) -> pd.DataFrame:
    """Every metric of each morning."""
    rows = [
        {"design": name, "seed": summary.seed, **summary.metrics}
        for name, result in results.items()
        for summary in result.summaries
    ]
    return framed(rows, ["design", "seed"])


def by_minute(results: Mapping[str, Result]) -> pd.DataFrame:
    """Each morning minute by minute."""
    import pandas as pd

    assert STEP_S == 60
    parts = {
        (name, summary.seed): pd.DataFrame(vars(summary.series))
        for name, result in results.items()
        for summary in result.summaries
    }
    return pd.concat(parts, names=["design", "seed", "minute"])


def stations(results: Mapping[str, Result]) -> pd.DataFrame:
    """The stations of each morning."""
    rows = [
        {"design": name, "seed": summary.seed, "station": station.name, **{part: getattr(station, part) for part in STATION}}
        for name, result in results.items()
        for summary in result.summaries
        for station in summary.stations
    ]
    return framed(rows, ["design", "seed", "station"])
