"""`sim.compare`: designs side by side, for Python and Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sim.architectures import COMPARED, Designs
from sim.config.scenario import Scenario
from sim.experiment import compare as experiment
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.ledger.steps import STEP_S
from sim.words import mornings as so_many_mornings

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import ComparisonPlots

R = TypeVar("R")


class Comparison(experiment.Comparison):
    """Designs on the same mornings. The first design is the baseline of the paired differences.

    `scenario`, `results` (design -> its mornings), `seed` (of the first morning), `mornings`, `interrupted` (after Ctrl-C), and
    the same as tidy DataFrames: `metrics`, `objectives`, `differences`, `by_morning`, `by_minute`, `stations`.
    """

    @property
    def plot(self) -> ComparisonPlots:
        """The charts, such as `comparison.plot.morning()`."""
        from sim.lab.plots import ComparisonPlots

        return ComparisonPlots(self)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric over the mornings, indexed by design and metric.

        `mean`, and its 95 % interval `low` to `high`; `n`: mornings in which there was something to count; `never`: the share
        of them in which the value is infinite, and then there is no mean. Rates are shares of the purchases, times in seconds,
        money in USD. Missing: nothing to count, or no interval from one morning.
        """
        frame: pd.DataFrame = super().metrics
        return frame.astype({"mean": float, "low": float, "high": float})

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """The scenario's objectives, indexed by design and metric.

        `limit`, `status` (met, violated, undecided), and the metric's `mean`, `low`, `high` and `never`.
        """
        return framed(
            [
                {"design": name, "metric": objective.metric, "limit": objective.limit, "status": objective.status,
                 **{part: getattr(objective.estimate, part) for part in ("mean", "low", "high", "never")}}
                for name, result in self.results.items()
                for objective in result.objectives
            ],
            ["design", "metric"],
            ["limit", "status", "mean", "low", "high", "never"],
        ).astype(dict.fromkeys(("limit", "mean", "low", "high", "never"), float))  # fmt: skip

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Each design against the first one, morning by morning, indexed by design and metric.

        `difference`, and its 95 % interval `low` to `high`.
        """
        return framed(
            [
                {"design": name, "metric": metric, **vars(value)}
                for name in list(self.results)[1:]
                for metric, value in self.paired(name).items()
            ],
            ["design", "metric"],
            ["difference", "low", "high"],
        ).astype(float)

    @cached_property
    def by_morning(self) -> pd.DataFrame:
        """A row a design and morning, indexed by design and seed, with a column a metric.

        NaN: nothing to count, inf: never.
        """
        return framed(
            [
                {"design": name, "seed": summary.seed, **summary.metrics}
                for name, result in self.results.items()
                for summary in result.summaries
            ],
            ["design", "seed"],
        )

    @cached_property
    def by_minute(self) -> pd.DataFrame:
        """A row a design, morning and minute, indexed by design, seed and `minute` (since the start of the morning).

        `arrivals` and `ack_p95_s` (seconds; inf: never) of the purchases submitted within the minute; at its end `backlog`:
        orders accepted and not settled, `behind`: confirmed orders that the status view doesn't show, `double_charges`:
        purchases charged more than once so far.
        """
        import pandas as pd

        parts = {
            (name, summary.seed): pd.DataFrame(vars(summary.series))
            for name, result in self.results.items()
            for summary in result.summaries
        }
        assert STEP_S == 60
        return pd.concat(parts, names=["design", "seed", "minute"])

    @cached_property
    def stations(self) -> pd.DataFrame:
        """Where work can queue, a row a design, morning and station, indexed by them.

        `servers`, `arrivals`, `served`; `busy_s` and `provisioned_s` in server-seconds, `busy_share` their ratio; `waiting_s`:
        seconds in which somebody waited; `queue_max`.
        """
        columns = ("servers", "arrivals", "served", "busy_s", "provisioned_s", "busy_share", "waiting_s", "queue_max")
        return framed(
            [
                {"design": name, "seed": summary.seed, "station": station.name, **{c: getattr(station, c) for c in columns}}
                for name, result in self.results.items()
                for summary in result.summaries
                for station in summary.stations
            ],
            ["design", "seed", "station"],
        )

    def __repr__(self) -> str:
        return f"<{', '.join(self.results)} in {self.scenario.name}: {so_many_mornings(self.mornings)} from seed {self.seed}>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import comparison

        return comparison(self)


def as_a(kind: type[R], found: Any) -> R:
    """The same result as one of a subclass that adds no fields."""
    return kind(**{field.name: getattr(found, field.name) for field in fields(found)})


def framed(rows: list[dict[str, Any]], index: list[str], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Rows as a DataFrame; `columns`: what it has even without rows."""
    import pandas as pd

    return pd.DataFrame(rows, columns=[*index, *columns] if columns else None).set_index(index)


def compare(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    mornings: int = 10,
    cells: int = 1,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    precision: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run designs on the same mornings, as `coffee compare` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: likewise one or several; the first is the baseline of the paired differences.
        mornings: how many, of the seeds `seed`, `seed + 1`, …; with a `precision` the first ones.
        cells: independent copies of the back end that each morning is dealt to, each with its share of customers and capacity.
            A process holds the tables of one cell at a time, about 1 KB a purchase.
        seed: of the first morning.
        jobs: processes; None: one a processor. The numbers don't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        precision: add mornings, up to 200 in all, until every objective is decided or its metric known to that relative
            precision (.05: within 5 %).
        progress: told (done, of) as mornings are finished.

    Returns:
        The comparison; after Ctrl-C with the finished mornings, and `interrupted` is true.

    Raises:
        ConfigError: for names, files and numbers that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first morning was finished.
    """
    found = experiment.compare(
        scenario, designs, mornings=mornings, cells=cells, seed=seed, jobs=jobs, engine=engine, precision=precision,
        progress=progress,
    )  # fmt: skip
    return as_a(Comparison, found)
