"""A cell: one of several complete and independent copies of the back end, each with its share of the customers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """The cell of this number, from 0, of so many."""

    number: int = 0
    of: int = 1

    def share(self, whole: int) -> int:
        """Its share of so many things; what does not divide goes to the first cells, one each."""
        return whole // self.of + (self.number < whole % self.of)


WHOLE = Cell()  # everything in one


def cells_of(number: int) -> list[Cell]:
    """All cells of a morning that is dealt to so many."""
    return [Cell(each, number) for each in range(number)]
