"""How much is simulated, and where: one value for the numbers that every verb and command takes."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from sim.config.errors import ArgumentError
from sim.experiment.engines import Engine, check_engine

MOST_MORNINGS = 1_000_000
MOST_CELLS = 10_000


@dataclass(frozen=True)
class Effort:
    """The results depend on `mornings`, `seed` and `cells` only. Raises ArgumentError for what cannot be.

    `mornings`: how many, of the seeds `seed`, `seed + 1`, …; `cells`: independent copies of the back end that each morning is
    divided into; `jobs`: processes, None for one a processor; `engine`: where they run.
    """

    mornings: int = 10
    seed: int = 0
    cells: int = 1
    jobs: int | None = None
    engine: Engine = "local"

    def __post_init__(self) -> None:
        _whole("mornings", self.mornings, 1, MOST_MORNINGS)
        _whole("seed", self.seed, 0, 2**63)
        _whole("cells", self.cells, 1, MOST_CELLS)
        if self.jobs is not None:
            _whole("jobs", self.jobs, 1)
        check_engine(self.engine)

    @property
    def seeds(self) -> range:
        """The seed of each morning."""
        return range(self.seed, self.seed + self.mornings)


def _whole(argument: str, value: object, least: int, most: int | None = None) -> None:
    if isinstance(value, Integral) and least <= int(value) and (most is None or int(value) <= most):
        return
    limits = f"of at least {least}" if argument in ("seed", "jobs") else f"from {least} to {most:,}"
    raise ArgumentError(argument, f"expected a whole number {limits} (got {value!r})")
