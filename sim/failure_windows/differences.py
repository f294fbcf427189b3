"""Where a simulated verdict differs from what the published matrix makes us expect, and why. Timelines showed the reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sim.config.design import Design
from sim.failure_windows.published import Expectation, expected, mechanisms
from sim.failure_windows.verdicts import State, Verdict

if TYPE_CHECKING:
    from sim.failure_windows.matrix import Matrix

UNEXPLAINED = "unexplained"
MESSAGES_COME_BACK_S = 30.0  # the time after which W8 repeats a message: its relay needs 20 s to restart
KEYS_EXPIRE_S = 30 * 60.0  # the time after which the provider of W11 forgets a key


class Difference(NamedTuple):
    """A verdict that is not as expected."""

    cell: Verdict
    expectation: Expectation
    reason: str


class Reason(NamedTuple):
    """Why a simulated state differs from the published one, in the designs for which `holds`."""

    windows: tuple[str, ...]
    states: tuple[State, ...]
    holds: Callable[[Design], bool]
    text: str


def _lacks(*names: str) -> Callable[[Design], bool]:
    return lambda design: not set(names) & set(mechanisms(design))


def _claim(knob: str) -> Callable[[Design], bool]:
    return lambda design: bool(getattr(getattr(design, "claim", None), knob, None))


def _payment(knob: str, value: str) -> Callable[[Design], bool]:
    return lambda design: getattr(design.payment, knob, None) == value


def _queued(design: Design) -> bool:
    """Whether payment workers charge, behind a breaker."""
    return getattr(design.payment, "breaker", None) is not None


def _short_inbox(design: Design) -> bool:
    return design.loyalty.inbox is not None and design.loyalty.inbox.window < MESSAGES_COME_BACK_S


def _late_key(design: Design) -> bool:
    """Whether the design still charges old orders without asking first, though the provider has forgotten their keys."""
    return getattr(design.payment, "key_lasts", 0.0) >= KEYS_EXPIRE_S


REASONS = (
    # The shop's own keys
    Reason(
        ("W2", "W3", "W4", "W5", "W7", "W12"), ("narrowed", "open", "worse"), _claim("ttl"),
        "The matrix takes the shop's keys for permanent (“✓ within TTL”). Here the shop itself forgets them before the "
        "customer has come back, so the next try looks like a new purchase: an order of its own, and with it a provider "
        "key of its own.",
    ),
    Reason(
        ("W6", "W10", "W11"), ("narrowed", "open", "worse"), _claim("stores_failures"),
        "A failure is stored with the app's key like a success: one refused call, and every later try under that key is "
        "answered with it for ever. The matrix has no such column; the reconciler can't help, since there is no charge to"
        " find.",
    ),
    Reason(
        ("W1", "W3"), ("open", "worse"), _lacks("key_per_cart"),
        "The reconciler narrows it where it can see that two charges belong together. With a key for each tap every tap "
        "is an order of its own, confirmed and paid once: there is nothing to give back in anybody's books.",
    ),
    Reason(
        ("W14",), ("narrowed",), _claim("check_first"),
        "The race is lost only when both look-ups come before the first insert. At one millisecond apart, against inserts"
        " of four, that is every fifth time or so, not every time. The gap makes it rare, not safe.",
    ),
    Reason(
        ("W15",), ("open", "worse"), lambda design: "key_per_submission" in mechanisms(design),
        "A fingerprint is compared under the same key only. With a key for each tap the second tap is a purchase of its "
        "own, so nobody gets a wrong amount and everybody who taps again pays twice.",
    ),
    Reason(
        ("W15",), ("narrowed",), _lacks("fingerprint"),
        "Worse than a design with a fingerprint, but in naive every impatient customer pays twice, and here only those "
        "are harmed who added something: they are shown a basket that they were not charged for.",
    ),
    # Crashes around the charge
    Reason(
        ("W4", "W5"), ("narrowed", "open", "worse"), _lacks("provider_key"),
        "The matrix counts recovery points as a mechanism of their own, but they close this window only together with a "
        "key that the order keeps. Whoever finishes a charge without it charges again: this is what an outbox alone "
        "doesn't protect. The reconciler gives the money back later; a second charge is counted when it is made.",
    ),
    Reason(
        ("W6",), ("narrowed", "open", "worse"), _payment("after_error", "same_key"),
        "The matrix lets the reconciler close it, but nothing was charged, so there is nothing in the provider's ledger "
        "to find. Only asking, and then a new key, ends it, as the matrix says in its note on the provider's key.",
    ),
    # News after the commit
    Reason(
        ("W7",), ("open", "worse"), _lacks("outbox"),
        "Completer and reconciler look for orders that are not settled and for charges without an order. After this crash"
        " the order is confirmed and the money is right; what is missing is an event, and neither of them looks for "
        "events. They would have to compare the orders with the points and with the status view.",
    ),
    Reason(
        ("W7",), ("closed",), _payment("webhooks", "trusted"),
        "Others are told when the webhook arrives, by another process than the one that died after its commit. That is "
        "luck, not safety: see W9 and W10.",
    ),
    Reason(
        ("W8",), ("narrowed", "open", "worse"), lambda design: getattr(getattr(design, "relay", None), "marks", "") == "before",
        "The matrix's outbox marks after it has published. Marking first trades the repetition for a loss: orders whose "
        "row was marked and never published are never paid, and no inbox can bring them back.",
    ),
    Reason(
        ("W8",), ("narrowed", "open", "worse"), _short_inbox,
        "There is an inbox, but it forgets sooner than the message comes back: a relay needs twenty seconds to be up "
        "again. (The matrix says so in W11: “✗ beyond inbox window”.)",
    ),
    Reason(
        ("W9",), ("open", "worse"), _payment("webhooks", "trusted"),
        "The unique row keeps the order single, but others are told at each delivery, so points are given twice. And "
        "naive, which the cell is compared with, doesn't listen to webhooks and has nothing to lose here.",
    ),
    Reason(
        ("W10",), ("open", "worse"), _payment("webhooks", "trusted"),
        "The reconciler finds a paid order that the late webhook has turned into a failed one, and gives the money back: "
        "the books agree again, and the customer has no coffee. Naive doesn't listen to webhooks and has nothing to lose "
        "here.",
    ),
    # Keys that have expired at the provider
    Reason(
        ("W11",), ("narrowed",), lambda design: _late_key(design) and _queued(design),
        "A permanent row stops a customer who comes back, but here it is our own payment worker that comes back, with a "
        "key that the provider has forgotten. The reconciler gives the money back; a second charge is counted when it is "
        "made. It is narrowed only because the breaker opens when the answers stop, so that fewer orders are charged "
        "before the outage.",
    ),
    Reason(
        ("W11",), ("narrowed", "open", "worse"), _late_key,
        "A permanent row stops a customer who comes back, but here it is our own completer that comes back, with a key "
        "that the provider has forgotten. The reconciler gives the money back; a second charge is counted when it is "
        "made. Asking before an old key is used closes it.",
    ),
    # Two workers on one payment
    Reason(
        ("W12",), ("open",), _lacks("key_per_cart", "key_per_submission", "completer"),
        "Without a lock none can expire. But a worker that stands still gives no answer, the app tries again, and every "
        "try is a new order: the same fault bites through W2.",
    ),
    Reason(
        ("W12",), ("closed",), _lacks("provider_key"),
        "The matrix is right that two workers without a provider key can both charge. But the one who takes over waits "
        "here for lock and patience together, three and a half minutes, and asks the provider first; the pause of this "
        "window is not that long. A longer one opens it again, so the design doesn't promise one charge.",
    ),
    Reason(
        ("W13",), ("open",), _lacks("reconciler"),
        "Nobody asks the provider too early, but the customer is told that the payment failed and tries again while the "
        "first charge is still on its way: not a reconciler that races it, a person.",
    ),
    Reason(
        ("W13",), ("closed",), _lacks("provider_key"),
        "The matrix warns of asking too early. This design waits for longer than the slowest charge of this window takes;"
        " a slower one would open it again.",
    ),
    Reason(
        ("W15",), ("open",), _lacks("key_per_cart", "key_per_submission"),
        "Without a key no key can stand for two amounts, so that harm is absent. But the same impatient taps are orders "
        "of their own and charged each: this is W1 by another road.",
    ),
)  # fmt: skip


def difference(cell: Verdict, design: Design) -> Difference | None:
    """How a verdict differs from the published one; None if it doesn't, if it is undecided, or if nothing is published."""
    expectation = expected(cell.window, design)
    if expectation is None or cell.state == "undecided" or cell.state in expectation.states:
        return None
    return Difference(cell, expectation, _reason(cell, design))


def differences(matrix: Matrix) -> list[Difference]:
    """All differences of a matrix, window by window."""
    every = (difference(cell, matrix.designs[cell.design]) for window in matrix.windows for cell in matrix.row(window))
    return [differs for differs in every if differs is not None]


def _reason(cell: Verdict, design: Design) -> str:
    for reason in REASONS:
        if cell.window in reason.windows and cell.state in reason.states and reason.holds(design):
            return reason.text
    return UNEXPLAINED
