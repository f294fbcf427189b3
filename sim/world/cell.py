"""A cell: one of several complete and independent copies of the back end, each with its share of the customers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Cell `number` (from 0) of the `of` cells that a morning is divided into."""

    number: int = 0
    of: int = 1

    def share(self, whole: int) -> int:
        """How many of `whole` things are this cell's. The remainder of the division goes to the first cells, one each."""
        return whole // self.of + (self.number < whole % self.of)


WHOLE = Cell()  # the undivided back end


def cells_of(number: int) -> list[Cell]:
    """The `number` cells that a morning is divided into."""
    return [Cell(each, number) for each in range(number)]
