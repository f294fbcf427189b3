"""What can be used up: accounts with a balance in the order database, and what orders have taken out of them.

The book says what the shop believes to be left. What was there, what was sold and what was given back are facts of two tables,
from which the audit counts; a book that says something else is one of the failures that are studied here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.config.design import Taking
from sim.config.scenario import Account
from sim.ledger.records import Accounts as AccountTable
from sim.ledger.records import Small, Takings
from sim.vocabulary import SETTLED, Outcome, Status
from sim.world.cell import Cell
from sim.world.engine import Clock
from sim.world.streams import Streams

if TYPE_CHECKING:
    from sim.world.database import Order

NEVER = float("nan")


class Want(NamedTuple):
    """What a purchase wants of one account."""

    account: int  # its row in the table
    units: int


class Books:
    """The accounts of one order database. What is done is done inside a transaction or query: it takes no time of its own."""

    def __init__(
        self, env: Clock, accounts: Mapping[str, Account], rules: Taking, *, purchases: int, streams: Streams,
        table: AccountTable, takings: Takings,
    ) -> None:  # fmt: skip
        self._env = env
        self._rules = rules
        self._table = table
        self._takings = takings
        self.names = list(accounts)
        self._wants: list[list[Want]] = [[] for _ in range(purchases)]
        for kind, (name, account) in enumerate(accounts.items()):
            self._open(kind, account, _who(name, account, purchases, streams), streams.cell)
        self._rows: dict[int, list[int]] = {}  # order id -> what it has in hand: rows of `takings`, neither sold nor given back
        self._sold: dict[int, list[int]] = {}
        self._last: dict[int, list[int]] = {}  # order id -> what it took last, whatever became of it
        self._seen: dict[int, dict[int, int]] = {}  # order id -> account -> what its last look found there

    def _open(self, kind: int, account: Account, wanting: np.ndarray, cell: Cell) -> None:
        """Accounts of one kind, and whose purchases want something of each."""
        size = len(wanting) if account.shared_by == "everyone" else account.shared_by
        balance = cell.share(account.balance) if account.shared_by == "everyone" else account.balance
        for place, purchase in enumerate(wanting.tolist()):
            if place % size == 0:
                self._table.kind.append(kind)
                self._table.balance.append(balance)
                self._table.left.append(balance)
                self._table.overwritten.append(0)
            self._wants[purchase].append(Want(len(self._table.kind) - 1, account.takes))

    def wants(self, purchase: int) -> Sequence[Want]:
        return self._wants[purchase]

    def name(self, account: int) -> str:
        return self.names[self._table.kind[account]]

    def left(self, account: int) -> int:
        """In the book."""
        return self._table.left[account]

    def has(self, order: Order) -> bool:
        """Whether the order has in hand, or is confirmed with, all that its purchase wants."""
        return not self._wants[order.purchase] or order.id in self._rows or order.id in self._sold

    def look(self, order: Order) -> bool:
        """Whether the book has enough of everything, which is remembered for a later write."""
        wants = self._wants[order.purchase]
        self._seen[order.id] = {want.account: self._table.left[want.account] for want in wants}
        return self.enough(order)

    def enough(self, order: Order) -> bool:
        return all(self._table.left[want.account] >= want.units for want in self._wants[order.purchase])

    def take(self, order: Order) -> None:
        """Take it all, whatever the book says."""
        rows = self._rows[order.id] = self._last[order.id] = []
        for account, units in self._wants[order.purchase]:
            self._write(account, -units, self._seen.get(order.id, {}).get(account))
            rows.append(len(self._takings.purchase))
            for column, value in (("purchase", order.purchase), ("order", order.id), ("account", account), ("units", units)):
                getattr(self._takings, column).append(value)
            self._takings.given_back.append(0)
            self._takings.taken_s.append(self._env.now)
            self._takings.given_back_s.append(NEVER)
            self._takings.sold_s.append(NEVER)

    def _write(self, account: int, units: int, seen: int | None) -> None:
        """Change the book; who has read before writes what that leaves, over whatever others have written since."""
        table = self._table
        if seen is not None and self._rules.guard == "read_then_write":
            table.overwritten[account] += seen - table.left[account]
            table.left[account] = seen
        table.left[account] += units

    def may_sell(self, order: Order) -> bool:
        """Whether an order that is paid for may be confirmed: it has what it needs, or may take it now."""
        if self.has(order):
            return True
        if self.was_released(order) and self._rules.reserve is not None:
            return self._rules.reserve.late == "confirmed" or self.enough(order)
        return self._rules.guard != "atomic" or self.enough(order)

    def was_released(self, order: Order) -> bool:
        """Whether it has had something in hand, and has it no more."""
        return order.id in self._last and order.id not in self._rows

    def became(self, order: Order, status: Status) -> None:
        """The order's state has changed: what it has taken is sold, or given back with that."""
        if not self._wants[order.purchase]:
            return
        if status is Status.CONFIRMED:
            self._sell(order)
        elif status in SETTLED:
            self._unsell(order)
            if self._rules.gives_back == "with_settlement":
                self.give_back(order)

    def _sell(self, order: Order) -> None:
        if order.id in self._sold:
            return
        if order.id not in self._rows:
            self.take(order)
        rows = self._sold[order.id] = self._rows.pop(order.id)
        for row in rows:
            self._takings.sold_s[row] = self._env.now

    def _unsell(self, order: Order) -> None:
        """Somebody has written over a confirmed order that it is not."""
        if order.id in self._sold:
            rows = self._rows[order.id] = self._sold.pop(order.id)
            for row in rows:
                self._takings.sold_s[row] = NEVER

    def give_back(self, order: Order, *, blindly: bool = False) -> bool:
        """Give back what the order has in hand, or `blindly` what it took last, given back already or not; False: nothing."""
        rows = self._rows.pop(order.id, self._last.get(order.id, []) if blindly else [])
        for row in rows:
            units = self._takings.units[row]
            self._table.left[self._takings.account[row]] += units
            self._takings.given_back[row] += units
            if np.isnan(self._takings.given_back_s[row]):
                self._takings.given_back_s[row] = self._env.now
        return bool(rows)

    def over(self, lasts_s: float) -> list[int]:
        """Ids of orders that have had something in hand for so long."""
        taken_s, until_s = self._takings.taken_s, self._env.now - lasts_s
        return [order for order, rows in self._rows.items() if taken_s[rows[0]] <= until_s]

    def outcome(self, order: Order, outcome: Outcome) -> Outcome:
        """What may be noted of an order's payment: no success without what the order needs."""
        success = outcome is Outcome.CAPTURED or outcome is Outcome.AUTHORISED
        return Outcome.USED_UP if success and not self.may_sell(order) else outcome

    def note_rightly_refused(self, good_card: Small, refused: Sequence[tuple[float, int]], served: set[int]) -> None:
        """Let purchases that were refused since others got all there was count like ones with a bad card: nobody failed them.

        Whoever was refused although units stay unsold is a lost sale: the first of them, no more than those units would have
        served. `refused`: (when, purchase).
        """
        table, takings = self._table, self._takings
        unsold = list(table.balance)
        for account, units, sold_s in zip(takings.account, takings.units, takings.sold_s, strict=True):
            unsold[account] -= 0 if np.isnan(sold_s) else units
        for purchase in dict.fromkeys(purchase for _, purchase in sorted(refused)):
            if purchase in served or not good_card[purchase]:
                continue
            if all(unsold[account] >= units for account, units in self._wants[purchase]):
                for account, units in self._wants[purchase]:
                    unsold[account] -= units
            else:
                good_card[purchase] = 0


def _who(name: str, account: Account, purchases: int, streams: Streams) -> np.ndarray:
    """The purchases that want some of it, in the order in which they come."""
    if account.p >= 1:
        return np.arange(purchases)
    return np.flatnonzero(streams.generator(f"customer.account.{name}").random(purchases) < account.p)
