"""How much is simulated, and where: one value for the numbers that every verb and command takes."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from sim.config.errors import ArgumentError
from sim.experiment.engines import Engine, check_engine

MOST_MORNINGS = 1_000_000
MOST_CELLS = 10_000
LAST_SEED = 2**63 - 1  # a store of mornings keeps seeds as integers of 64 bits


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
        self._keep("mornings", check_whole("mornings", self.mornings, 1, MOST_MORNINGS))
        self._keep("seed", check_whole("seed", self.seed, 0))
        if self.seed + self.mornings - 1 > LAST_SEED:
            raise ArgumentError("seed", f"too large for {self.mornings:,} mornings (got {self.seed})")
        self._keep("cells", check_whole("cells", self.cells, 1, MOST_CELLS))
        if self.jobs is not None:
            self._keep("jobs", check_whole("jobs", self.jobs, 1))
        check_engine(self.engine)

    def _keep(self, argument: str, value: int) -> None:
        """As an integer of Python: one of numpy's with 8 bits would begin anew after 127 or 255."""
        object.__setattr__(self, argument, value)

    @property
    def seeds(self) -> range:
        """The seed of each morning."""
        return range(self.seed, self.seed + self.mornings)

    def check(self, *, fewest: int = 1) -> None:
        """What is asked of the effort by work that divides no morning into cells. Raises ArgumentError.

        `fewest`: mornings; one alone has no interval.
        """
        check_whole("mornings", self.mornings, fewest, MOST_MORNINGS)
        if self.cells != 1:
            raise ArgumentError("cells", f"expected 1: only run, compare and cells divide a morning (got {self.cells})")


def check_whole(argument: str, value: object, least: int, most: int | None = None) -> int:
    """The value as an integer. Raises ArgumentError unless it is a whole number within the limits."""
    if isinstance(value, Integral) and least <= int(value) and (most is None or int(value) <= most):
        return int(value)
    limits = f"of at least {least}" if most is None else f"from {least} to {most:,}"
    raise ArgumentError(argument, f"expected a whole number {limits} (got {value!r})")


def in_words(mornings: int) -> str:
    """`1 morning`, `3 mornings`."""
    return "1 morning" if mornings == 1 else f"{mornings:,} mornings"
