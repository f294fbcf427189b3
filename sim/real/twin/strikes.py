"""Faults after a step, which several processes take, each of which may be killed: what is counted is kept in a file."""

from __future__ import annotations

from typing import Any

from sim.ledger.records import Struck
from sim.real.twin.store import Store
from sim.world.faults import Strike
from sim.world.script import NO_PURCHASE


class Journal:
    """What has struck so far, of all processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._strikes = 0

    def strike(self, *arguments: Any) -> Strike:
        """Make a strike that counts here. (Each process makes them in the same order.)"""
        self._strikes += 1
        return DurableStrike(self._store, self._strikes, *arguments)

    def append(self, struck: Struck) -> None:
        values = (struck.component, struck.at_s, struck.step, struck.purchase, struck.pause_s, struck.lives)
        self._store.rows("INSERT INTO struck VALUES (?, ?, ?, ?, ?, ?)", values)

    def all(self) -> list[Struck]:
        rows = self._store.rows("SELECT * FROM struck ORDER BY at_s")
        return [Struck(*what, lives=bool(lives)) for *what, lives in rows]  # type: ignore[misc]  # mypy can't count them


class DurableStrike(Strike):
    """Strikes as in the simulator; how often a step was taken, and how often it has struck, outlives the process."""

    def __init__(self, store: Store, number: int, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._store = store
        self._number = number

    def hits(self, purchase: int, now: float) -> bool:
        with self._store.transaction():
            taken = self._store.value(
                "INSERT INTO taken VALUES (?, ?, 1) ON CONFLICT (strike, purchase) DO UPDATE SET times = times + 1 "
                "RETURNING times",
                (self._number, max(purchase, -1)),
            )
            if self._during is not None and not self._during.at(now).down:
                return False
            whose, turn = (taken - 1, NO_PURCHASE) if purchase < 0 else (purchase, taken - 1)
            if self._draw(whose, turn) >= self._p:
                return False
            if self._left is None:
                return True
            hits = self._store.value(
                "INSERT INTO hits VALUES (?, 1) ON CONFLICT (strike) DO UPDATE SET times = times + 1 RETURNING times",
                (self._number,),
            )
            return bool(hits <= self._left)
