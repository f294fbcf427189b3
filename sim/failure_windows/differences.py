"""Where a simulated verdict differs from what the published matrix makes us expect, and why. Timelines showed the reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sim.architectures.idempotent import Idempotent
from sim.architectures.inquiry import Inquiry
from sim.architectures.lint.rule import has_story_of
from sim.architectures.naive import Naive
from sim.architectures.outbox import Outbox
from sim.config.design import Design
from sim.failure_windows.published import Expectation, expected, mechanisms
from sim.failure_windows.verdicts import State, Verdict
from sim.ledger.violations import VIOLATIONS

if TYPE_CHECKING:
    from sim.failure_windows.matrix import Matrix

OWN_STORY = "The design tells a story of its own, and what is published goes by its knobs alone."
NO_REASON = "No published mechanism explains it."
STORIES = (Naive, Idempotent, Outbox, Inquiry)
MESSAGES_COME_BACK_S = 30.0  # the time after which W8 repeats a message: its relay needs 20 s to restart
KEYS_EXPIRE_S = 30 * 60.0  # the time after which the provider of W11 forgets a key


class Difference(NamedTuple):
    """A verdict that is not as expected."""

    cell: Verdict
    expectation: Expectation
    reason: str


class Reason(NamedTuple):
    """Why a simulated state differs from the published one, in the designs for which `holds`.

    `more` are further sentences, for designs with the parts that they speak of.
    """

    windows: tuple[str, ...]
    states: tuple[State, ...]
    holds: Callable[[Design], bool]
    text: str
    more: tuple[tuple[Callable[[Design], bool], str], ...] = ()

    def said_of(self, design: Design) -> str:
        return " ".join([self.text, *(text for holds, text in self.more if holds(design))])


def _has(*names: str) -> Callable[[Design], bool]:
    return lambda design: set(names) <= set(mechanisms(design))


def _lacks(*names: str) -> Callable[[Design], bool]:
    return lambda design: not set(names) & set(mechanisms(design))


def _all(*conditions: Callable[[Design], bool]) -> Callable[[Design], bool]:
    return lambda design: all(holds(design) for holds in conditions)


def _tells(*stories: type[Design]) -> Callable[[Design], bool]:
    return lambda design: has_story_of(design, *stories)


def _claim(knob: str) -> Callable[[Design], bool]:
    return lambda design: bool(getattr(getattr(design, "claim", None), knob, None))


def _guard(value: str) -> Callable[[Design], bool]:
    return lambda design: getattr(getattr(design, "claim", None), "guard", "") == value


def _payment(knob: str, *values: str) -> Callable[[Design], bool]:
    return lambda design: getattr(design.payment, knob, None) in values


def _breaks(design: Design) -> bool:
    """Whether payment workers charge, behind a breaker."""
    return getattr(design.payment, "breaker", None) is not None


def _short_inbox(design: Design) -> bool:
    return design.loyalty.inbox is not None and design.loyalty.inbox.window < MESSAGES_COME_BACK_S


def _late_key(design: Design) -> bool:
    """Whether the design still charges old orders without asking first, though the provider has forgotten their keys."""
    return getattr(design.payment, "key_lasts", 0.0) >= KEYS_EXPIRE_S


QUEUES = _tells(Outbox)  # payment workers come back to an order, instead of a completer
COMPLETES = _tells(Idempotent, Inquiry)
GIVEN_BACK = (
    _has("reconciler"),
    "The reconciler gives the money back later; a second charge is counted when it is made.",
)
PERMANENT = (
    _all(_has("key_per_cart"), lambda design: not _claim("ttl")(design)),
    "The permanent row stops only a customer who comes back.",
)
REASONS = (
    # The shop's own keys
    Reason(
        ("W1", "W3", "W4", "W12", "W15"), ("narrowed", "open", "worse"), _guard("check_then_mark"),
        "The matrix takes a key for known as soon as a request brings it. Here it is written down when the payment is over: "
        "until then the next request with it is a new purchase.",
    ),
    Reason(
        ("W2", "W3", "W4", "W5", "W7", "W12"), ("narrowed", "open", "worse"), _claim("ttl"),
        "The matrix takes the shop's keys for permanent (“✓ within TTL”). Here the shop itself forgets them before the "
        "customer has come back, so the next try looks like a new purchase: an order of its own.",
        ((_has("provider_key"), "With it comes a provider key of its own."),),
    ),
    Reason(
        ("W6", "W10", "W11"), ("narrowed", "open", "worse"), _claim("stores_failures"),
        "A failure is stored with the app's key like a success: one refused call, and every later try under that key is "
        "answered with it for ever. The matrix has no such column.",
        ((_has("reconciler"), "The reconciler can't help, since there is no charge to find."),),
    ),
    Reason(
        ("W1", "W3"), ("open", "worse"), _lacks("key_per_cart"),
        "Without a key that all taps on Pay share, every tap is an order of its own, confirmed and paid once: there is nothing "
        "to give back in anybody's books.",
        ((_has("reconciler"), "The reconciler would narrow it only where it can see that two charges belong together."),),
    ),
    Reason(
        ("W14",), ("narrowed",), _guard("check_then_insert"),
        "The race is lost only when both look-ups come before the first insert. The taps of this window are one millisecond "
        "apart, so that happens now and then, not every time: the gap makes it rare, not safe.",
    ),
    Reason(
        ("W15",), ("open", "worse"), _has("key_per_submission"),
        "With a key for each tap the second tap is a purchase of its own, so nobody gets a wrong amount and everybody who taps "
        "again pays twice.",
        ((_has("fingerprint"), "A fingerprint is compared under the same key only."),),
    ),
    Reason(
        ("W15",), ("narrowed",), _all(_has("key_per_cart"), _lacks("fingerprint")),
        "Worse than a design with a fingerprint, but in naive every impatient customer pays twice, and here only those "
        "are harmed who added something: they are shown a basket that they were not charged for.",
    ),
    Reason(
        ("W2", "W3", "W12", "W15"), ("closed",), lambda design: design.app.before_retry == "look",
        "The app looks for an order before it pays again. The matrix has no column for that.",
    ),
    # Crashes around the charge
    Reason(
        ("W5", "W13"), ("narrowed", "open", "worse"), lambda d: d.payment.sdk is not None and d.payment.sdk.key != "same",
        "The shop keeps one key an order, and the provider's client library puts another in its place when it calls again by "
        "itself: at once, before anybody could ask what became of the first call.",
        (GIVEN_BACK,),
    ),
    Reason(
        ("W11",), ("narrowed",), lambda design: design.proxy is not None,
        "Each time that the proxy sends a request again it holds one more worker. In this window they run out, and whoever "
        "waits for one until the outage was not charged before it.",
    ),
    Reason(
        ("W10",), ("open", "worse"), lambda design: design.proxy is not None,
        "No webhook does this. Some calls of this window take longer than the proxy waits: it is W17 by another road.",
    ),
    Reason(
        ("W4", "W5"), ("narrowed", "open", "worse"), _all(_has("completer"), _lacks("provider_key")),
        "The matrix counts recovery points as a mechanism of their own, but they close this window only together with a "
        "key that the order keeps. Whoever finishes a charge without it charges again.",
        ((_has("outbox"), "This is what an outbox alone doesn't protect."), GIVEN_BACK),
    ),
    Reason(
        ("W4", "W5", "W11"), ("narrowed", "open", "worse"), _all(_has("reconciler"), _lacks("completer", "provider_key")),
        "The matrix lets the reconciler close it, but it comes after the customer has tried again: a second charge is counted "
        "when it is made.",
    ),
    Reason(
        ("W6",), ("narrowed", "open", "worse"), _payment("after_error", "same_key"),
        "Nothing was charged, so there is nothing in the provider's ledger to find, and nothing that a webhook could report. "
        "Only asking, and then a new key, ends it, as the matrix says in its note on the provider's key.",
    ),
    # News after the commit
    Reason(
        ("W7",), ("open", "worse"), lambda design: _lacks("outbox")(design) and not _lacks("reconciler", "completer")(design),
        "After this crash the order is confirmed and the money is right; what is missing is an event, and nobody looks for "
        "events. The orders would have to be compared with the points and with the status view.",
        (
            (_has("reconciler"), "The reconciler looks for charges without an order."),
            (COMPLETES, "The completer looks for orders that are not settled."),
            (QUEUES, "Payment workers come back to orders that are not settled."),
        ),
    ),
    Reason(
        ("W7",), ("closed",), _payment("webhooks", "trusted"),
        "Others are told when the webhook arrives, by another process than the one that died after its commit. That is "
        "luck, not safety: see W9 and W10.",
    ),
    Reason(
        ("W8",), ("narrowed", "open", "worse"), lambda design: getattr(getattr(design, "relay", None), "marks", "") == "before",
        "The matrix's outbox marks after it has published. Marking first trades the repetition for a loss: orders whose "
        "row was marked and never published are never paid, and no inbox could bring them back.",
    ),
    Reason(
        ("W8",), ("narrowed", "open", "worse"), _short_inbox,
        "There is an inbox, but it forgets sooner than the message comes back: a relay needs twenty seconds to be up "
        "again. (The matrix says so in W11: “✗ beyond inbox window”.)",
    ),
    Reason(
        ("W9",), ("open", "worse"), _payment("webhooks", "trusted"),
        "Others are told at each delivery of a webhook, so points are given twice. And naive, which the cell is compared with, "
        "doesn't listen to webhooks and has nothing to lose here.",
        ((_has("unique_insert"), "The unique row keeps the order single, and no more."),),
    ),
    Reason(
        ("W10",), ("open", "worse"), _payment("webhooks", "trusted"),
        "A late webhook turns a paid order into a failed one, and the customer has no order. Naive doesn't listen to webhooks "
        "and has nothing to lose here.",
        ((_has("reconciler"), "The reconciler finds that order and gives the money back: the books agree again."),),
    ),
    # Keys that have expired at the provider
    Reason(
        ("W11",), ("narrowed",), _all(_late_key, _breaks),
        "It is our own payment worker that comes back, with a key that the provider has forgotten. It is narrowed only because "
        "the breaker opens when the answers stop, so that fewer orders are charged before the outage.",
        (PERMANENT, GIVEN_BACK),
    ),
    Reason(
        ("W11",), ("narrowed", "open", "worse"), _all(_late_key, QUEUES),
        "It is our own payment worker that comes back, with a key that the provider has forgotten. Asking before an old key is "
        "used closes it.",
        (PERMANENT, GIVEN_BACK),
    ),
    Reason(
        ("W11",), ("narrowed", "open", "worse"), _all(_late_key, COMPLETES),
        "It is our own completer that comes back, with a key that the provider has forgotten. Asking before an old key is used "
        "closes it.",
        (PERMANENT, GIVEN_BACK),
    ),
    # Two workers on one payment
    Reason(
        ("W4", "W5", "W7", "W12"), ("narrowed", "open", "worse"), _lacks("key_per_cart", "key_per_submission"),
        "A worker that stands still or dies gives no answer, the app or the customer tries again, and every try is a new "
        "order: the same fault bites through W2.",
        ((_all(_tells(Naive), _lacks("outbox")), "(There is no lock that could expire.)"),),
    ),
    Reason(
        ("W12",), ("closed",), _all(_tells(Inquiry), _lacks("provider_key")),
        "The matrix is right that two workers without a provider key can both charge. But the one who takes over waits "
        "here for lock and patience together, and asks the provider first; the pause of this window is not that long. A longer "
        "one opens it again, so the design doesn't promise one charge.",
    ),
    Reason(
        ("W13",), ("open",), _all(_tells(Naive), _lacks("reconciler")),
        "Nobody asks the provider too early, but the customer is told that the payment failed and tries again while the "
        "first charge is still on its way: not a reconciler that races it, a person.",
    ),
    Reason(
        ("W13",), ("open", "worse"), _all(_tells(Inquiry), _lacks("reconciler")),
        "It is the completer that asks the provider too early: it hears that nothing was charged so far, charges again, and "
        "then the first call lands.",
    ),
    Reason(
        ("W13",), ("closed",), _all(_tells(Inquiry), _lacks("provider_key")),
        "The matrix warns of asking too early. This design waits for longer than the slowest charge of this window takes;"
        " a slower one would open it again.",
    ),
    Reason(
        ("W15",), ("open",), _lacks("key_per_cart", "key_per_submission"),
        "Where no two taps share a key, none can stand for two amounts, so that harm is absent. But the same impatient taps "
        "are orders of their own and charged each: this is W1 by another road.",
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
    """The known reason; or what can be said without one. Reasons are known of the stories of built-in architectures alone."""
    if not has_story_of(design, *STORIES):
        return f"{OWN_STORY} {_outcome(cell)}"
    known = (r for r in REASONS if cell.window in r.windows and cell.state in r.states and r.holds(design))
    reason = next(known, None)
    return reason.said_of(design) if reason is not None else f"{NO_REASON} {_outcome(cell)}"


def _outcome(cell: Verdict) -> str:
    """`The commonest harm, 110 of 113: the customer was charged twice.`"""
    kind = next(iter(cell.kinds), None)
    if kind is None:
        return "Nobody was harmed."
    return f"The commonest harm, {cell.kinds[kind]:,} of {cell.harmed:,}: the customer {VIOLATIONS[kind].clause}."
