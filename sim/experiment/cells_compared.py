"""What cells change: the same mornings with one large back end and with several small ones, and the differences between them.

The weather of a morning is the same in both, the customers are not: differences are paired by the weather alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import load_design
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ArgumentError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.cells import check_cells
from sim.experiment.compare import Comparison, Result, compare
from sim.experiment.effort import Effort, in_words
from sim.experiment.mornings import Progress
from sim.experiment.statistics import Difference
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CellsCompared(showing.Shown):
    """One design on the same mornings: as one large back end, and divided into so many cells.

    `whole` and `dealt` (number of cells -> it) are comparisons of the one design; and as DataFrames `metrics`, `changes`.
    """

    whole: Comparison
    dealt: dict[int, Comparison]

    @property
    def scenario(self) -> Scenario:
        return self.whole.scenario

    @property
    def design(self) -> Design:
        return result_of(self.whole).design

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Every metric by number of cells (1: the whole) and metric: `mean`, `low`, … as in a comparison."""
        return frames.metrics({cells: result_of(made) for cells, made in {1: self.whole, **self.dealt}.items()}, "cells")

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Cells less the whole, by number of cells and metric: `difference`, and its 95 % interval `low` to `high`."""
        return frames.differences({cells: self.differences(cells) for cells in self.dealt}, "cells")

    def differences(self, cells: int) -> dict[str, Difference]:
        """Metric -> cells less the whole, morning by morning."""
        ours, theirs = result_of(self.dealt[cells]), result_of(self.whole)
        return {metric: ours.difference(metric, theirs) for metric in METRICS}

    def __repr__(self) -> str:
        cells = ", ".join(map(str, self.dealt))
        return f"<{self.design.name} in {self.scenario.name}, whole and in {cells} cells: {in_words(self.whole.mornings)}>"


def result_of(comparison: Comparison) -> Result:
    """Of the only design."""
    return next(iter(comparison.results.values()))


def compare_cells(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    cells: Sequence[int] = (2, 4, 8),
    effort: Effort = Effort(),
    *,
    progress: Progress | None = None,
) -> CellsCompared:
    """Run a design on the same mornings as a whole and in each number of cells. Raises ConfigError, or KeyboardInterrupt."""
    effort.check()
    world = load_scenario(scenario)
    chosen = load_design(design)
    if not cells or min(cells) < 2 or len(set(cells)) < len(cells):
        given = ",".join(map(str, cells))
        raise ArgumentError("cells", f'expected different whole numbers of at least 2, like 2,4,8 (got "{given}")')
    efforts = {number: replace(effort, cells=number) for number in (1, *cells)}
    for number in cells:
        check_cells([chosen], number)
    done, of = 0, effort.mornings * (1 + sum(cells))
    made: dict[int, Comparison] = {}

    def tell(more: int, _: int) -> None:
        if progress is not None:
            progress(done + more, of)

    for number, dealt in efforts.items():
        made[number] = compare(world, [chosen], dealt, progress=tell)
        if made[number].interrupted:
            raise KeyboardInterrupt
        done += effort.mornings * number
    return CellsCompared(made[1], {number: made[number] for number in cells})
