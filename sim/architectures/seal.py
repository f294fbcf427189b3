"""A seal on the books of a morning: a story in a user's file uses the steps of the shop, and changes nothing behind them.

The provider's ledger is written twice, the second time where no story comes by; the parts of the shop, their classes and the
modules that count are the same afterwards as before. It catches what is reached for by mistake or out of curiosity. Code in the
same process can always get around it, which is why a class is graded from another process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import BaseModel

from sim.ledger.records import Tables
from sim.vocabulary import Outcome
from sim.world.database import Order
from sim.world.observer import Call, Move, Observer
from sim.world.shop import Shop

COUNTING = ("sim.ledger.", "sim.world.", "sim.kata.", "sim.vocabulary")  # modules that nobody has a reason to change
COLUMNS = ("purchase", "order", "cents", "sent_s", "captured_s", "answered_s", "outcome")


class Changed(Exception):
    """What was changed behind the steps of the shop."""


class Seal(Observer):
    """Keeps a copy of what the provider is asked for, and remembers what the parts are made of."""

    def __init__(self) -> None:
        self._calls: list[tuple[float, ...]] = []
        self._refunds = 0
        self._before: dict[str, Any] | None = None
        self._shop: Shop | None = None

    def charged(self, caller: str, order: Order, *, call: Call) -> None:  # noqa: ARG002
        self._calls.append(
            (order.purchase, order.id, order.cents, self.env.now, call.captured_s, call.answered_s, float(call.outcome))
        )

    def finished(self, order: Order, *, row: int, outcome: Outcome, by_customer: bool) -> None:  # noqa: ARG002
        if outcome is Outcome.CAPTURED:
            purchase, number, cents, sent_s, _, *rest = self._calls[row]
            self._calls[row] = (purchase, number, cents, sent_s, self.env.now, *rest)

    def captured(self, caller: str, order: Order, *, move: Move) -> None:  # noqa: ARG002
        if move.moved:
            purchase, number, cents, sent_s, captured_s, *rest = self._calls[move.row]
            if np.isnan(captured_s):
                cents, captured_s = 0, move.done_s
            self._calls[move.row] = (purchase, number, cents + move.cents, sent_s, captured_s, *rest)

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:  # noqa: ARG002
        self._refunds += 1

    def put_on(self, shop: Shop) -> None:
        """Before set_up."""
        self._shop = shop
        self._before = dict(_made_of(shop))

    def check(self, tables: Tables) -> None:
        """Raises Changed if the ledger differs from the copy, or a part from what it was."""
        if self._shop is not None and self._before is not None:
            after = dict(_made_of(self._shop))
            for name, value in self._before.items():
                if name not in after or not _same(after[name], value):
                    raise Changed(name)
        ledger = np.column_stack([tables.charges[name].astype(float) for name in COLUMNS])
        if not np.array_equal(ledger, np.array(self._calls, float).reshape(-1, len(COLUMNS)), equal_nan=True):
            raise Changed("the provider's ledger")
        if len(tables.refunds) != self._refunds or (~np.isnan(tables.charges["refunded_s"])).sum() > self._refunds:
            raise Changed("the provider's refunds")


def _made_of(shop: Shop) -> Iterator[tuple[str, Any]]:
    """The functions and settings of the shop, its parts and their classes, what will strike, and the functions that count."""
    for name, part in (("shop", shop), *((f"shop.{name}", part) for name, part in vars(shop).items())):
        if type(part).__module__.startswith("sim.world."):
            yield from _fixed(name, vars(part) if hasattr(part, "__dict__") else {})
            yield from _fixed(type(part).__name__, vars(type(part)))
            yield f"a step of {name}", _hidden(part)
    yield (
        "the faults",
        {
            (component, step): tuple(map(id, strikes))
            for component, steps in shop._plan.strikes.items()
            for step, strikes in steps.items()
        },
    )
    for name, module in sys.modules.items():
        if name.startswith(COUNTING) and isinstance(module, ModuleType):
            yield from _fixed(name, vars(module))
            for key, value in vars(module).items():
                if isinstance(value, dict) and key.isupper():
                    yield f"{name}.{key}", dict(value)


def _hidden(part: Any) -> dict[str, Any]:
    """What stands before a method of the part's class, so that it is never reached."""
    own = vars(part) if hasattr(part, "__dict__") else {}
    return {key: value for key, value in own.items() if callable(getattr(type(part), key, None))}


def _fixed(owner: str, attributes: Any) -> Iterator[tuple[str, Any]]:
    for key, value in list(attributes.items()):
        if (callable(value) or isinstance(value, BaseModel | property)) and key != "watch":
            yield f"{owner}.{key}", value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(one[key] is other[key] or one[key] == other[key] for key in one)
    return one is other or (isinstance(one, Callable) and one == other)  # type: ignore[arg-type]
