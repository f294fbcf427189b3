"""What dealing a morning to cells changes: the same mornings as a whole and in cells, and the differences between them.

The weather of a morning is the same both ways, its customers are others: differences are paired by the weather alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment.cells import check_cells
from sim.experiment.compare import Comparison, Result, compare
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.experiment.statistics import Difference, paired
from sim.vocabulary import METRICS


@dataclass(frozen=True)
class CellsCompared:
    """One design on the same mornings: as a whole, and dealt to so many cells."""

    whole: Comparison
    dealt: dict[int, Comparison]

    def differences(self, cells: int) -> dict[str, Difference]:
        """Metric -> cells less the whole, morning by morning."""
        ours, theirs = result_of(self.dealt[cells]), result_of(self.whole)
        return {metric: paired(ours.values(metric), theirs.values(metric)) for metric in METRICS}


def result_of(comparison: Comparison) -> Result:
    """Of the only design."""
    return next(iter(comparison.results.values()))


def compare_cells(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    cells: Sequence[int] = (2, 4, 8),
    *,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> CellsCompared:
    """Run a design on the same mornings as a whole and in each number of cells. Raises ConfigError, or KeyboardInterrupt."""
    world = load_scenario(scenario)
    chosen = load_design(design)
    if not cells or min(cells) < 2 or len(set(cells)) < len(cells):
        given = ",".join(map(str, cells))
        raise ConfigError(f'--cells: expected different whole numbers of at least 2, like 2,4,8 (got "{given}")')
    for number in cells:
        check_cells([chosen], number)
    done, of = 0, mornings * (1 + sum(cells))
    made: dict[int, Comparison] = {}

    def tell(more: int, _: int) -> None:
        if progress is not None:
            progress(done + more, of)

    for number in (1, *cells):
        made[number] = compare(
            world, [chosen], mornings=mornings, cells=number, seed=seed, jobs=jobs, engine=engine, progress=tell
        )
        if made[number].interrupted:
            raise KeyboardInterrupt
        done += mornings * number
    return CellsCompared(made[1], {number: made[number] for number in cells})
