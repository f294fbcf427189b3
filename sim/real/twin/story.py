"""What happened to one purchase on real parts, as far as the tables tell: in the words and lanes of simulated stories.

A simulated story hears of everything. Of a real morning there are the tables alone: requests, calls of the provider, orders,
points, looks at the status view, and kills. They don't say which process called the provider; it is drawn as the checkout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np

from sim.explanation.moments import Notes, StoryLine
from sim.explanation.onset import violated_s
from sim.explanation.story import Explanation, tell, with_violation
from sim.explanation.trace import OUTCOMES, SAYS, money
from sim.explanation.witness import Witness, of_purchase
from sim.ledger.records import Tables
from sim.real.twin.comparison import Twin
from sim.vocabulary import Answer, Fate, Outcome, Status

UNTOLD = ("misinformed",)  # harms whose moment the tables don't have


@dataclass(frozen=True)
class OfTwin(Explanation):
    """One purchase in one of the two worlds."""

    where: str = ""

    @property
    def note(self) -> str:
        """`on real parts: naive in twin-rush, the morning of seed 0`."""
        return f"{self.where}: {super().note}"


def stories(twin: Twin, purchase: int) -> tuple[OfTwin, OfTwin]:
    """The story of a purchase in the model, which is simulated once more, and on real parts."""
    lived = twin.lived
    scenario, design, seed = lived.scenario, lived.design, lived.seed
    model, real = (of_purchase(world, purchase, seed) for world in (twin.model, twin.real))
    return (
        OfTwin(scenario, design, model, tell(scenario, design, model), [], where="in the model"),
        OfTwin(scenario, design, real, told(lived.tables, real, app_s=design.app.timeout), [], where="on real parts"),
    )


def told(tables: Tables, witness: Witness, *, app_s: float) -> list[StoryLine]:
    """The moments of a purchase by the tables. `app_s`: how long the app waits for an answer."""
    purchase, notes = witness.purchase, Notes()
    _of_customer(tables, purchase, notes)
    _of_requests(tables, purchase, notes, app_s)
    _of_orders(tables, purchase, notes)
    _of_charges(tables, purchase, notes)
    for at_s in _mine(tables.awards, "awarded_s", purchase):
        notes.note(at_s, "loyalty", "gives points")
    for struck in tables.crashes:
        if struck.purchase == purchase:
            does = f"stands still for {struck.pause_s:g} s" if struck.pause_s else "throws" if struck.lives else "is killed"
            after = f" after {struck.step}" if struck.step else ""
            notes.note(struck.at_s, struck.component, does + after, kind="pause" if struck.pause_s else "crash")
    moments = notes.in_order(np.inf)
    _of_looks(tables, purchase, moments)
    if not witness.kinds:
        return moments
    kind = witness.kinds[0]
    happened_s = None if kind in UNTOLD else violated_s(tables, moments, kind, purchase)
    missed_s = max((one.until_s for one in moments), default=0.0)  # what never came is missed in the end
    return with_violation(moments, kind, missed_s if happened_s is None else happened_s)


def _mine(table: object, column: str, purchase: int) -> Iterator[float]:
    """The times in a column of the purchase's rows that ever were."""
    rows = table["purchase"] == purchase  # type: ignore[index]
    yield from (float(at_s) for at_s in table[column][rows] if not isnan(at_s))  # type: ignore[index]


def _of_customer(tables: Tables, purchase: int, notes: Notes) -> None:
    row = {name: float(column[purchase]) for name, column in tables.purchases.columns().items()}
    shows = {
        "acknowledged_s": ("shows “we have your order”", "has an order"),
        "told_confirmed_s": ("shows “paid”", "has paid, awaits one order"),
    }
    for column, (text, belief) in shows.items():
        if not isnan(row[column]):
            notes.note(row[column], "app", text, to="customer", kind="answer", belief=("customer", belief))
    if not isnan(row["left_s"]):
        notes.note(row["left_s"], "customer", "gives up and leaves", belief=("customer", "has left"))


def _of_requests(tables: Tables, purchase: int, notes: Notes, app_s: float) -> None:
    requests, taps = tables.requests, 0
    for number, row in enumerate(np.flatnonzero(requests["purchase"] == purchase), 1):
        sent_s, answered_s = float(requests["sent_s"][row]), float(requests["answered_s"][row])
        tap, attempt = int(requests["submission"][row]), int(requests["attempt"][row])
        if tap > taps:
            text = f"taps Pay{' again' if taps else ''}"
            notes.note(sent_s, "customer", text, to="app", kind="message", belief=("customer", "is waiting"))
            taps = tap
        lost = requests["fate"][row] == Fate.LOST
        again = f", attempt {attempt}" if attempt > 1 else ""
        text = f"request {number}{again}{' (lost on the way)' if lost else ''}"
        notes.note(sent_s, "app", text, to="checkout", kind="lost" if lost else "message")
        if isnan(answered_s):
            notes.note(sent_s + app_s, "app", f"has no answer to request {number}")
        else:
            says = SAYS[Answer(int(requests["answer"][row]))]
            notes.note(answered_s, "checkout", f"request {number}: {says}", to="app", kind="answer")


def _of_charges(tables: Tables, purchase: int, notes: Notes) -> None:
    charges = tables.charges
    rows = [int(row) for row in np.flatnonzero(charges["purchase"] == purchase)]
    for row in rows:
        sent_s, answered_s = float(charges["sent_s"][row]), float(charges["answered_s"][row])
        order, cents = int(charges["order"][row]), money(int(charges["cents"][row]))
        notes.note(sent_s, "checkout", f"charge {cents} for order {order}", to="provider", kind="message")
        outcome = Outcome(int(charges["outcome"][row]))
        if isnan(answered_s):
            continue
        if outcome is Outcome.UNKNOWN:
            notes.note(answered_s, "checkout", f"stops waiting for the charge of order {order}")
        else:
            notes.note(answered_s, "provider", OUTCOMES[outcome], to="checkout", kind="answer")
    moves = [(float(charges["captured_s"][row]), "takes the money") for row in rows]
    moves += [(float(charges["refunded_s"][row]), "gives it back") for row in rows]
    taken = 0
    for at_s, text in sorted(move for move in moves if not isnan(move[0])):
        taken += text == "takes the money"
        belief = f"charged {taken}×" if text == "takes the money" else "refunded"
        notes.note(at_s, "provider", text, belief=("provider", belief))


def _of_orders(tables: Tables, purchase: int, notes: Notes) -> None:
    orders = tables.orders
    for row in np.flatnonzero(orders["purchase"] == purchase):
        order, status = int(row), Status(int(orders["status"][row]))
        created_s, confirmed_s, changed_s = (float(orders[name][row]) for name in ("created_s", "confirmed_s", "changed_s"))
        is_confirmed = status is Status.CONFIRMED
        notes.note(created_s, "database", f"order {order} is written")
        since_s = confirmed_s if is_confirmed else changed_s
        if not isnan(since_s) and (is_confirmed or since_s > created_s):
            belief = ("database", f"order {order} {status.name}")
            notes.note(since_s, "database", f"order {order} is {status.name}", belief=belief)
        if not isnan(visible_s := float(orders["visible_s"][row])):
            notes.note(visible_s, "read_model", f"shows order {order} as paid")


def _of_looks(tables: Tables, purchase: int, moments: list[StoryLine]) -> None:
    """All looks at the status view are one line, at the first of them."""
    looks = list(_mine(tables.reads, "read_s", purchase))
    if looks:
        text = "looks at the status"
        line = StoryLine(looks[0], "app", text, "read_model", "poll", times=len(looks), until_s=looks[-1])
        moments.append(line)
        moments.sort(key=lambda one: one.at_s)
