"""The mishaps of a scenario in words."""

from __future__ import annotations

from sim.config.mishaps import (
    Acted,
    Answered,
    Called,
    Delivered,
    Died,
    GivenBack,
    Inquired,
    Mishap,
    Sent,
    Slowed,
    StoodStill,
    Threw,
    Told,
)
from sim.config.units import duration_text

CALLS = {
    "refused": "is refused",
    "broke": "is answered with a 500, and nothing is charged",
    "lost": "is done, and its answer is lost",
    "slow": "takes {by} longer",
    "late": "is stuck for {by}, out of the provider’s sight",
    "declined": "is declined",
}
ON_THE_WAY = {"lost": "is lost", "late": "comes {by} late", "twice": "comes twice", "repeated": "comes again"}
ACTS = {
    "taps_again": "taps Pay again",
    "orders_more": "changes the basket and taps again",
    "refreshes": "reloads the app and taps again",
    "leaves": "gives up",
}


def mishap(what: Mishap) -> str:
    """A mishap as a clause and whose it is, e.g. `call 1 to the provider is refused (customer 0)`."""
    return f"{clause(what)} (customer {what.purchase})"


def clause(what: Mishap) -> str:
    """What happens, e.g. `the customer taps Pay again 528ms after the first tap`."""
    by = duration_text(what.later_s)
    match what:
        case Called():
            return f"call {what.call} to the provider {CALLS[what.goes].format(by=by)}"
        case Inquired():
            return f"question {what.inquiry} to the provider goes unanswered"
        case GivenBack():
            return f"refund {what.refund} is {'refused' if what.goes == 'refused' else 'made, and its answer is lost'}"
        case Sent():
            return f"request {what.request} {ON_THE_WAY[what.goes].format(by=by)}"
        case Answered():
            return f"answer {what.answer} of the checkout {ON_THE_WAY[what.goes].format(by=by)}"
        case Delivered():
            return f"message {what.message} to {_who(what.to)} {ON_THE_WAY[what.goes].format(by=by)}"
        case Told():
            return f"webhook {what.webhook} {ON_THE_WAY[what.goes].format(by=by)}"
        case Died() if what.at is not None:
            return f"an instance of {_who(what.crash)} dies {_after(what.at)}"
        case Died():
            return f"{_who(what.crash)} dies after {_step(what.after or '', what.nth)}"
        case Threw():
            return f"{_who(what.errors)} throws an error after {_step(what.after, what.nth)}"
        case StoodStill():
            return f"{_who(what.pause)} stands still for {duration_text(what.lasts)} after {_step(what.after, what.nth)}"
        case Slowed():
            return f"{_who(what.slow)} takes {by} longer for its {_nth(what.nth)} piece of work"
        case Acted():
            return f"the customer {ACTS[what.customer]} {_after(what.at)}"
    raise TypeError(f"no words for {what!r}")


def _after(at_s: float) -> str:
    return "right after the first tap" if at_s < 0.0005 else f"{duration_text(round(at_s, 3))} after the first tap"


def _step(step: str, nth: int) -> str:
    return f"step “{step}”" + ("" if nth == 1 else f" (the {_nth(nth)} time)")


def _nth(number: int) -> str:
    """`1st`, `22nd`, `113th`."""
    teens = 11 <= number % 100 <= 13
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _who(component: str) -> str:
    return {"read_model": "the status view", "payment": "a payment worker", "loyalty": "loyalty"}.get(
        component, f"the {component}"
    )
