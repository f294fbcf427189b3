"""`sim.windows`: failure windows × designs, for Python and Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sim.architectures import ARCHITECTURES, Designs
from sim.config.library import load_scenario
from sim.documents.windows import rows
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.failure_windows import matrix as experiment
from sim.lab.comparison import as_a, framed

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import WindowsPlots


class Windows(experiment.Matrix):
    """Failure windows × designs. After Ctrl-C it holds the windows that were finished.

    `windows` (label -> scenario), `designs`, `cells` ((window, design) -> cell), `seed`, `mornings` (for a cell at most),
    `interrupted`; and as a DataFrame `states`.
    """

    @property
    def plot(self) -> WindowsPlots:
        """The charts, such as `windows.plot.matrix()`."""
        from sim.lab.plots import WindowsPlots

        return WindowsPlots(self)

    @cached_property
    def states(self) -> pd.DataFrame:
        """A row a cell, indexed by window and design.

        `name` of the window's scenario; `state`: closed (nobody was harmed), narrowed, open, worse (clearly fewer people than
        in naive, about as many, clearly more), undecided; `exposed`: there was something to strike; `mornings`, `purchases`,
        `harmed`; `mean`: the share of the purchases harmed in any way, with its 95 % interval `low` to `high`; `commonest`:
        kind of harm; `published`: what is published of the design's mechanisms, and whether the cell `differs`.
        """
        return framed([dict(row) for row in rows(self)], ["window", "design"])

    def __repr__(self) -> str:
        return f"<{len(self.windows)} failure windows × {', '.join(self.designs)}>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import windows

        return windows(self)


def windows(
    designs: Designs = tuple(ARCHITECTURES),
    windows: str | Sequence[str] = (),
    *,
    mornings: int = experiment.MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Windows:
    """Which of the ways to lose money does a design close? As `coffee windows` finds out.

    Every design meets the same mornings of a window, in which one thing goes wrong and nothing else.

    Args:
        designs: names, paths of YAML files, or what `sim.load_design` returned; one or several.
        windows: such as `"w4"` or `"crash-before-commit"`; none: all fifteen.
        mornings: for a cell at most; they are added, twice as many each time, until the cell is decided.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: told (decided cells, of).

    Raises:
        ConfigError: for names, files and numbers that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first window was finished.
    """
    worlds = {label: load_scenario(f"{experiment.FOLDER}/{name}") for label, name in experiment.chosen_windows(windows).items()}
    found = experiment.matrix(worlds, designs, mornings=mornings, seed=seed, jobs=jobs, engine=engine, progress=progress)
    return as_a(Windows, found)
