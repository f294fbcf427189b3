"""A morning that keeps no tables: who is done with is judged, counted and forgotten, some thousand purchases at a time.

When is a purchase done with? When its customer is gone and nobody but the database knows its orders. CPython counts who refers
to an object, and the model makes no reference cycles, so that is known for sure without a word of it in the stories. Three find
orders to which they kept no reference: a completer (those that are open), a reconciler (by charges that may have to be given
back), and requests (by their key, but then their customer is there).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.audit import audit
from sim.ledger.paged import BITS, Paged
from sim.ledger.records import TYPECODES, UNTOLD, Awards, Charges, Purchases, Reads, Requests, Tables
from sim.ledger.tally import Tally, pooled, tally
from sim.vocabulary import Status
from sim.world.cell import WHOLE, Cell
from sim.world.customer import Crowd, Customer
from sim.world.database import Order
from sim.world.forgetting import (
    ForgetfulDatabase,
    ForgetfulLoyalty,
    ForgetfulProvider,
    ForgetfulView,
    forgetful,
    others,
)
from sim.world.morning import Morning, Parts

OWNED = ("requests", "charges", "awards", "reads")  # tables whose rows belong to a purchase


@dataclass(slots=True)
class Cohort:
    """Consecutive arrivals from `begin` to `end`, and how long everything was when the first of them came."""

    begin: int
    end: int
    since: dict[str, int]
    customers: list[Customer] = field(default_factory=list)  # who may still be there
    orders: list[Order] | None = None  # all that they made, once all are gone
    known: list[Order] = field(default_factory=list)  # the same, those last of which somebody knew when it was looked at


class StreamedMorning(Morning):
    """One scenario, one design, one seed; single use: its `tally()` is that of the tables, which are never there at once."""

    def __init__(self, scenario: Scenario, design: Design, seed: int, cell: Cell = WHOLE, *, bits: int = BITS) -> None:
        self._size = 1 << bits  # of a cohort, and of a page of rows
        self._cohorts: list[Cohort] = []
        self._tallies: list[Tally] = []
        self._completes = hasattr(design, "completer")
        self._reconciles = design.recovery.reconcile_every is not None
        self._column = partial(Paged, bits=bits)
        kinds = {
            "database": ForgetfulDatabase, "provider": ForgetfulProvider, "view": ForgetfulView, "loyalty": ForgetfulLoyalty,
        }  # fmt: skip
        self.parts = Parts(customer=self._admit, **{part: forgetful(kind, bits) for part, kind in kinds.items()})
        super().__init__(scenario, design, seed, cell)
        self._database = cast(ForgetfulDatabase, self._shop.database)
        self._provider = cast(ForgetfulProvider, self._shop.provider)

    def tally(self) -> Tally:
        """Simulate from the first arrival to the end of the drain, and count."""
        self.run()
        return pooled(self._tallies)

    def _blank(self, scenario: Scenario, number: int) -> Tables:  # noqa: ARG002
        owned = {name: kind(column=self._column) for name, kind in zip(OWNED, (Requests, Charges, Awards, Reads), strict=True)}
        clock = scenario.clock
        return Tables(clock.horizon_s, clock.duration, Purchases(column=self._column), **cast(dict[str, Any], owned))

    def _admit(self, crowd: Crowd, number: int) -> Customer:
        if number % self._size == 0:
            self._next_cohort(number)
        customer = Customer(crowd, number)
        self._cohorts[-1].customers.append(customer)
        return customer

    def _next_cohort(self, begin: int) -> None:
        """Part with those that are over, and make room for the next."""
        over = [cohort for cohort in self._cohorts if self._over(cohort)]
        for cohort in over:
            self._part(cohort)
            self._cohorts.remove(cohort)
        tables = self.tables
        since = {name: len(getattr(tables, name).purchase) for name in OWNED}
        since |= {"orders": len(self._database.orders), "events": self._database.events}
        self._cohorts.append(Cohort(begin, min(begin + self._size, len(self._arrivals)), since))
        for name, kind in Purchases.__annotations__.items():
            if name != "good_card":  # known of everybody from the start
                getattr(tables.purchases, name).extend(array(TYPECODES[kind], [UNTOLD[TYPECODES[kind]]]) * self._size)
        cast(ForgetfulLoyalty, self._loyalty).forget_before(self._cohorts[0].since["events"])

    # Is it over?

    def _over(self, cohort: Cohort) -> bool:
        """Nothing that is written of these purchases will ever change."""
        customers, known, opened = cohort.customers, cohort.known, self._database.open
        while customers and not others(customers, len(customers) - 1):
            customers.pop()
        if customers:
            return False
        if cohort.orders is None:
            cohort.orders = self._database.made_for(cohort.begin, cohort.end, since=cohort.since["orders"])
            known.extend(cohort.orders)
        self._database.give_up_lost()
        for index in reversed(range(len(known))):  # known to the cohort, and to the database, which has open ones twice
            is_open = known[index].id in opened
            if others(known, index) > 2 + is_open or (is_open and self._completes):
                known.append(known.pop(index))  # to be looked at first the next time
                return False
        return not self._reconciles or self._reconciled(cohort, cohort.orders)

    def _reconciled(self, cohort: Cohort, orders: list[Order]) -> bool:
        """No more charges of an order are kept than a reconciler leaves, however often it reads the ledger; and it has none in
        hand.
        """
        charges: Any = self.tables.charges
        rows = self._rows("charges", cohort)
        kept = ~np.isnan(charges.captured_s.take(rows)) & np.isnan(charges.refunded_s.take(rows))
        number = np.searchsorted(_ids(orders), charges.order.take(rows[kept]))
        confirmed = np.array([order.status is Status.CONFIRMED for order in orders], dtype=int)
        too_many = np.bincount(number, minlength=len(orders)) > confirmed
        return not too_many.any() and not np.isin(rows, self._provider.listed).any()

    # It is: judge, count, forget.

    def _part(self, cohort: Cohort) -> None:
        assert cohort.orders is not None
        tables, orders, ids = self.tables, cohort.orders, _ids(cohort.orders)
        part = Tables(tables.horizon_s, tables.arrivals_end_s, Purchases(), faults=tables.faults)
        rows = {name: self._rows(name, cohort) for name in OWNED} | {"purchases": np.arange(cohort.begin, cohort.end)}
        for name, mine in rows.items():
            for column, values in vars(getattr(tables, name)).items():
                taken = np.asarray(values)[mine] if isinstance(values, array) else values.take(mine)
                if column == "purchase":
                    taken = taken - cohort.begin
                elif column == "order":
                    taken = np.searchsorted(ids, taken)
                setattr(getattr(part, name), column, taken)
        part.orders = cast(ForgetfulView, self._view).parted(self._database, orders, ids)
        setattr(part.orders, "purchase", part.orders["purchase"] - cohort.begin)  # noqa: B010
        self._tallies.append(tally(part, audit(part)))
        self._database.forget(orders, ids)
        self._provider.forget(rows["charges"], orders)
        for name, mine in rows.items():
            for values in vars(getattr(tables, name)).values():
                if not isinstance(values, array):
                    values.forget(mine)
        tables.crashes.clear()

    def _rows(self, name: str, cohort: Cohort) -> np.ndarray:
        return getattr(self.tables, name).purchase.between(cohort.begin, cohort.end, since=cohort.since[name])

    def _collected(self) -> Tables:
        """Part with whoever is left, and count what a morning has only once."""
        for cohort in self._cohorts:
            if cohort.orders is None:
                cohort.orders = self._database.made_for(cohort.begin, cohort.end, since=cohort.since["orders"])
            self._part(cohort)
        once = Tables(self.tables.horizon_s, self.tables.arrivals_end_s, Purchases(), faults=self.tables.faults)
        self._close(once)
        self._tallies.append(tally(once, audit(once)))
        return once


def _ids(orders: list[Order]) -> np.ndarray:
    return np.array([order.id for order in orders], dtype=int)
