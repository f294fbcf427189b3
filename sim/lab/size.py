"""`sim.size` and `sim.cost_curve`: what to provision and what it costs, for Python and Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import COMPARED, Designs
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.documents.cost_curve import rows
from sim.experiment import cost_curve as curve
from sim.experiment import size as experiment
from sim.experiment.capacity import COMPONENTS
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.lab.comparison import as_a, framed

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import CostCurvePlots


class Sizings(experiment.Sizings):
    """Designs, each with the capacity it needs. Fewer than asked for after Ctrl-C.

    `scenario`, `sizings` (design -> its answer), `seed`, `mornings` (of the search), `fresh` (that the answer was checked on),
    `verdict`, `interrupted`; and as DataFrames `capacity`, `objectives`, `metrics`.
    """

    @cached_property
    def capacity(self) -> pd.DataFrame:
        """A row a design and component, indexed by them.

        `number`; `load`: Erlangs that the customers alone would keep busy at the worst moment; `breaks`: the objectives that
        fail with one fewer, the worst first (missing: there can't be one fewer).
        """
        return framed(
            [
                {"design": name, "component": component, "number": number, "load": sizing.load[component],
                 "breaks": ", ".join(sizing.cuts[component].broken) if component in sizing.cuts else None}
                for name, sizing in self.sizings.items()
                for component, number in sizing.capacity.items()
            ],
            ["design", "component"],
        )  # fmt: skip

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """A row a design and objective, on the fresh mornings.

        `limit`, `status` (met, violated, undecided), `mean`, `low`, `high`, `never`; `held_to`: the limit, the best that any
        capacity reaches, or nothing; `best`: that best, where no capacity meets the limit.
        """
        frame = framed(
            [
                {"design": name, "metric": one.metric, "limit": one.limit, "status": one.status,
                 **{part: getattr(one.estimate, part) for part in ("mean", "low", "high", "never")},
                 "held_to": sizing.held_to(one.metric),
                 "best": sizing.best[one.metric].value.mean if one.metric in sizing.best else None}
                for name, sizing in self.sizings.items()
                for one in sizing.result.objectives
            ],
            ["design", "metric"],
        )  # fmt: skip
        return frame.astype(dict.fromkeys(("limit", "mean", "low", "high", "never", "best"), float))

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric of the sized designs over the fresh mornings, indexed by design and metric, as in a comparison."""
        frame = framed(
            [
                {"design": name, "metric": metric, **vars(value)}
                for name, sizing in self.sizings.items()
                for metric, value in sizing.result.metrics.items()
            ],
            ["design", "metric"],
        )
        return frame.astype(dict.fromkeys(("mean", "low", "high"), float))

    def __repr__(self) -> str:
        return f"<{', '.join(self.sizings)} sized for {self.scenario.name}: {self.verdict}>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import sizings

        return sizings(self)


class CostCurve(curve.CostCurve):
    """What a correct purchase costs as the chain grows, and as the brownout lasts longer. After Ctrl-C what was finished.

    `scenario` (with the objectives that all designs are held to), `points` and `spells` (design -> them), `sized`,
    `peaks_per_s`, `lengths_s`, `interrupted`; and as a DataFrame `costs`.
    """

    @property
    def plot(self) -> CostCurvePlots:
        """The charts, such as `curve.plot.cost_by_peak()`."""
        from sim.lab.plots import CostCurvePlots

        return CostCurvePlots(self)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """A row a design and peak, or a design and length of the brownout, indexed by `design`, `varied` (peak, brownout) and
        `value` as a file would say it.

        `mornings`; the number of each component (missing: it has none); `cost_per_1000` and what it is made of in USD per 1,000
        correct purchases, each with its 95 % interval `…_low` to `…_high`; `objectives`: met, violated, undecided.
        """
        columns = [component.replace(" ", "_") for component in COMPONENTS]
        frame = framed(rows(self), ["design", "varied", "value"])
        return frame.astype({column: "Int64" for column in columns if column in frame.columns})

    def __repr__(self) -> str:
        return f"<costs of {', '.join(self.points or self.spells)} in {self.scenario.name}>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import costs

        return costs(self)


def size(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    objectives: str | Sequence[str] = (),
    mornings: int = experiment.MORNINGS,
    fresh: int = experiment.FRESH,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Sizings:
    """The fewest workers and connections with which designs meet the scenario's objectives, as `coffee size` finds them.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: names, paths or loaded designs; one or several.
        objectives: such as `"ack_latency_p95=8s"`, instead of the scenario's own of that metric, or added to them.
        mornings: on which each capacity is tried, of the seeds `seed`, `seed + 1`, …; at least 2.
        fresh: other mornings, after those, on which the answer must hold; at least 2.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: told (done, about how many).

    Raises:
        ConfigError: for names, files, numbers and objectives that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first design was sized.
    """
    world = load_scenario(scenario)
    found = experiment.size(
        experiment.with_objectives(world, objectives), designs, mornings=mornings, fresh=fresh, seed=seed, jobs=jobs,
        engine=engine, progress=progress,
    )  # fmt: skip
    return as_a(Sizings, found)


def cost_curve(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    peaks_per_s: Sequence[float] | None = None,
    brownouts_s: Sequence[float] | None = None,
    objectives: str | Sequence[str] = (),
    mornings: int = curve.MORNINGS,
    fresh: int = curve.MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> CostCurve:
    """Size designs at each peak, and bill them under brownouts of each length, as `coffee compare --cost-curve` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: names, paths or loaded designs; one or several.
        peaks_per_s: the highest rate at which people come, ascending; None: 0.5, 1, 2 and 4 times the scenario's; (): none.
        brownouts_s: lengths, ascending; None: 2, 5, 10 and 30 minutes and the scenario's own, if it has one; (): none.
        objectives: such as `"ack_latency_p95=8s"`, instead of 15 s for `ack_latency_p95` and 4 min for `confirmation_lag_p95`,
            or added to them.
        mornings: on which each capacity is tried, at the scenario's own traffic; fewer at more.
        fresh: other mornings on which each answer must hold.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: told (done, about how many).

    Raises:
        ConfigError: for names, files, numbers and objectives that can't be.
        KeyboardInterrupt: after Ctrl-C before anything was finished.
    """
    found = curve.cost_curve(
        scenario, designs, peaks_per_s=peaks_per_s, brownouts_s=brownouts_s, objectives=objectives, mornings=mornings,
        fresh=fresh, seed=seed, jobs=jobs, engine=engine, progress=progress,
    )  # fmt: skip
    return as_a(CostCurve, found)
