"""Columns whose oldest rows can be forgotten: like arrays to those who append and look up by row, but made of pages."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

BITS = 11  # of a row's number within its page
OBJECTS = "O"  # a typecode that arrays don't have


class Paged:
    """A column of numbers (by an array's typecode) or objects. A page is dropped when all its rows have been forgotten.

    To look up a row of a dropped page is a mistake, and raises.
    """

    __slots__ = ("_bits", "_code", "_forgotten", "_last", "_mask", "_size", "pages")

    def __init__(self, code: str, values: Sequence[Any] = (), *, bits: int = BITS) -> None:
        self._code = code
        self._bits = bits
        self._size = 1 << bits
        self._mask = self._size - 1
        self.pages: list[Any] = []  # None where dropped
        self._forgotten: list[int] = []  # how many rows of each page
        self._turn()
        self.extend(values)

    def append(self, value: Any) -> None:
        last = self._last
        if len(last) == self._size:
            last = self._turn()
        last.append(value)

    def extend(self, values: Sequence[Any]) -> None:
        done = 0
        while done < len(values):
            last = self._last if len(self._last) < self._size else self._turn()
            room = self._size - len(last)
            last.extend(values[done : done + room])
            done += room

    def __len__(self) -> int:
        return (len(self.pages) - 1 << self._bits) + len(self._last)

    def __getitem__(self, row: int) -> Any:
        return self.pages[row >> self._bits][row & self._mask]

    def __setitem__(self, row: int, value: Any) -> None:
        self.pages[row >> self._bits][row & self._mask] = value

    def _turn(self) -> Any:
        self._last: Any = [] if self._code == OBJECTS else array(self._code)
        self.pages.append(self._last)
        self._forgotten.append(0)
        return self._last

    def there(self, row: int) -> bool:
        return self.pages[row >> self._bits] is not None

    def objects(self, *, since: int) -> list[Any]:
        """All that are left of the rows of a page that has `since`, and of later ones."""
        pages = self.pages[since >> self._bits :]
        return [thing for page in pages if page is not None for thing in page if thing is not None]

    def take(self, rows: np.ndarray) -> np.ndarray:
        """The values of these rows, which are in order. A copy."""
        pages, inside = rows >> self._bits, rows & self._mask
        numbers, begins = np.unique(pages, return_index=True)
        ends = np.append(begins, len(rows))[1:]
        parts = [
            np.asarray(self.pages[number])[inside[begin:end]]
            for number, begin, end in zip(numbers.tolist(), begins, ends, strict=True)
        ]
        return np.concatenate([np.empty(0, dtype=self._code), *parts])

    def between(self, low: int, high: int, *, since: int) -> np.ndarray:
        """The rows from `since` on whose values are at least `low` and less than `high`, in order."""
        found = [np.empty(0, dtype=int)]
        for number in range(since >> self._bits, len(self.pages)):
            if self.pages[number] is not None:
                values = np.asarray(self.pages[number])
                found.append(np.flatnonzero((values >= low) & (values < high)) + (number << self._bits))
        return np.concatenate(found)

    def forget(self, rows: np.ndarray) -> None:
        """Nobody will ask for these rows again; each is forgotten once."""
        numbers, counts = np.unique(rows >> self._bits, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            self._forgotten[number] += count
            if self._forgotten[number] == self._size:
                self.pages[number] = None

    def forget_before(self, row: int) -> None:
        """Nobody will ask for any earlier row again."""
        number = (row >> self._bits) - 1
        while number >= 0 and self.pages[number] is not None:
            self.pages[number] = None
            number -= 1
