"""`sim.sweep`: curves over any knob, for Python and Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import COMPARED, Designs
from sim.config.scenario import Scenario
from sim.experiment import sweep as experiment
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.experiment.sweep import Vary
from sim.lab.comparison import as_a
from sim.words import mornings as so_many_mornings

if TYPE_CHECKING:
    from sim.lab.plots import SweepPlots


class Sweep(experiment.Sweep):
    """What a sweep found. A point that Ctrl-C left unfinished is not there.

    `scenario`, `designs`, `axes`, `cells`, `points`, `mornings`, `seed`, `interrupted`; and as a DataFrame `metrics`: a row a
    cell, design and metric, with a column for each varied key, then `mean`, its 95 % interval `low` to `high`, `n` and `never`.
    """

    @property
    def plot(self) -> SweepPlots:
        """The charts, such as `sweep.plot.lines("ack_latency_p95")`."""
        from sim.lab.plots import SweepPlots

        return SweepPlots(self)

    def __repr__(self) -> str:
        by = " × ".join(axis.name for axis in self.axes)
        return f"<{', '.join(self.designs)} in {self.scenario.name} by {by}: {so_many_mornings(self.mornings)} a point>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import sweep

        return sweep(self)


def sweep(
    scenario: Scenario | Path | str,
    vary: Vary | str | Sequence[str],
    designs: Designs = COMPARED,
    *,
    zipped: bool = False,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Every design at every value of some knobs, on the same mornings, as `coffee sweep` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        vary: `{"checkout.workers": [8, 16], "app.timeout": "2s..10s:5"}`, or what `coffee sweep --vary` takes, once or several
            times.
        designs: names, paths or loaded designs; one or several.
        zipped: the first value of each key goes with the first of the others, and so on; otherwise all are crossed.
        mornings: of every point, of the seeds `seed`, `seed + 1`, ….
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        results: a file that keeps every morning as it is finished, and spares those that it holds; None keeps none.
        progress: told (mornings done, of).

    Returns:
        The sweep; after Ctrl-C with the finished points, and `interrupted` is true.

    Raises:
        ConfigError: for keys and values that can't be, before anything is simulated.
    """
    found = experiment.sweep(
        scenario, vary, designs, zipped=zipped, mornings=mornings, seed=seed, jobs=jobs, engine=engine, results=results,
        progress=progress,
    )  # fmt: skip
    return as_a(Sweep, found)
