"""What has been published about failure windows: which mechanism closes which window, and what that lets us expect of a design.

The matrix is put together from descriptions of designs that handle money (see SOURCES). Each of its columns is about a single
mechanism; a design has several, which are read from its knobs. Where the simulation differs from the matrix,
`sim.failure_windows.differences` gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sim.config.design import Claims, Design, Keys
from sim.failure_windows.verdicts import State
from sim.vocabulary import OPENINGS, Opening

SOURCES = (
    ("Stripe, idempotent requests", "https://docs.stripe.com/api/idempotent_requests"),
    ("Stripe, webhooks", "https://docs.stripe.com/webhooks/process-undelivered-events"),
    ("Brandur Leach, idempotency keys (Rocket Rides)", "https://brandur.org/idempotency-keys"),
    (
        "Airbnb, avoiding double payments in a distributed payments system",
        "https://medium.com/airbnb-engineering/avoiding-double-payments-in-a-distributed-payments-system-2981f6b070bb",
    ),
    ("W14 and W15: Why an idempotency key isn't an idempotency guarantee", "technewstoday.info"),
)
Mark = Literal["✓", "◐", "✗", "!", "–"]
MARKS: dict[Mark, str] = {
    "✓": "closes",
    "◐": "narrows",
    "✗": "no effect",
    "!": "can make it worse",
    "–": "nothing to do with it",
}


def _key(design: Design) -> Keys | None:
    """The knobs of how the shop remembers the app's keys; None: the app sends none, or the shop ignores them."""
    claim = getattr(design, "claim", None)
    return claim if isinstance(claim, Keys) and design.app.key not in ("none", "request") else None


def _unique(design: Design) -> bool:
    key = _key(design)
    return key is not None and design.app.key == "purchase" and getattr(key, "guard", "unique") == "unique"


def _fingerprint(design: Design) -> bool:
    key = _key(design)
    return key is not None and key.fingerprint


def _payment(design: Design, knob: str) -> object:
    """The value of a payment knob; None if the design doesn't have the knob."""
    return getattr(design.payment, knob, None)


def _listens(design: Design) -> bool:
    return _payment(design, "webhooks") in ("checked", "trusted")


def _keeps_the_order_id(design: Design) -> bool:
    return _key(design) is not None and design.app.key == "purchase"


def _charges_later(design: Design) -> bool:
    return _payment(design, "retry") is not None


class Mechanism(NamedTuple):
    """A mechanism: the name of its column in the matrix, and the test of whether a design has it."""

    title: str
    has: Callable[[Design], bool]


MECHANISMS: dict[str, Mechanism] = {
    "ui_disable": Mechanism("button disabled", lambda _: False),
    "key_per_submission": Mechanism(
        "key per submission", lambda d: _key(d) is not None and d.app.key in ("submission", "page")
    ),
    "key_per_cart": Mechanism("key per cart", lambda d: _key(d) is not None and d.app.key == "purchase"),
    "unique_insert": Mechanism("unique insert before the charge", _unique),
    "provider_key": Mechanism("provider key from the order", lambda d: _payment(d, "key") == "order"),
    "completer": Mechanism("completer", lambda d: hasattr(d, "completer") or _charges_later(d)),
    "outbox": Mechanism("outbox", lambda d: hasattr(d, "relay") and _payment(d, "news") != "direct"),
    "consumer_inbox": Mechanism("inbox of the consumers", lambda d: d.loyalty.inbox is not None),
    "webhook_inbox": Mechanism("webhooks checked", lambda d: _payment(d, "webhooks") == "checked"),
    "reconciler": Mechanism("reconcile and refund", lambda d: d.recovery.reconcile_every is not None),
    "fingerprint": Mechanism("fingerprint of the basket", _fingerprint),
}

# One mark for each mechanism, in the order above. The published column "inbox/dedupe" is split in two here, as an inbox of the
# loyalty service can't close a window of webhooks. W14 and W15 come from a text that names what closes them, and little else.
_ROWS = """
W1   ◐ ✗ ✓ ✓ ✓ – ✗ – – ◐ –
W2   ✗ ✓ ✓ ✓ ✓ – ✗ – – ◐ –
W3   ✗ ✗ ✓ ✓ ✓ – ✗ – – ◐ –
W4   ✗ ✗ ✗ ◐ ✓ ✓ ✗ – – ✓ –
W5   ✗ ✗ ✗ ✗ ✓ ✓ ◐ – ✓ ✓ –
W6   ✗ ! ! – ! ◐ – – ✓ ✓ –
W7   ✗ ✗ ✗ ✗ ✗ ◐ ✓ – – ◐ –
W8   – – – – – – ! ✓ – – –
W9   – – – ◐ – – – – ✓ – –
W10  – – – ✓ – – – – ◐ ◐ –
W11  – ✗ ✓ ✓ ✗ ✗ – ✗ ✗ ✓ –
W12  – ! ! ◐ ✓ ! – – – ◐ –
W13  – – – – ✓ – – – – ! –
W14  – ✗ ✗ ✓ – – – – – – –
W15  – – ! – – – – – – – ✓
"""
PUBLISHED: dict[str, dict[str, Mark]] = {
    row.split()[0]: dict(zip(MECHANISMS, row.split()[1:], strict=True))  # type: ignore[arg-type]
    for row in _ROWS.strip().splitlines()
}


GITHUB = "https://github.com/"
# Windows of which no matrix speaks, so nothing is expected: where they were reported, as repository#number.
# W16 was found by drawn worlds; W20, W28 and W29 are well known, and no report of them was found that says what they did to
# payments; W22 and W23 are in every provider's guide.
REPORTS: dict[str, str] = {
    "W16": "",
    "W17": "rancher/rancher#35424; NatLabRockies/api-umbrella#18; CodeForPhilly/paws-data-pipeline#325",
    "W18": "stripe/stripe-php#637",
    "W19": "dotnet/efcore#22904",
    "W20": "",
    "W21": "mercurjs/mercur#1400; medusajs/medusa#2341; razorpay/razorpay-magento#212",
    "W22": "",
    "W23": "",
    "W24": "magento/magento2#13952 #36417; spree/spree#9265; woocommerce/woocommerce-gateway-stripe#1302",
    "W25": "nammayatri/nammayatri#14788; opengovsg/FormSG#8371",
    "W26": "woocommerce/woocommerce#14587 #20928 #22304; Adyen/adyen-magento2#798",
    "W27": "saleor/saleor#543; vendurehq/vendure#3508; django-oscar/django-oscar#2102",
    "W28": "",
    "W29": "",
    "W30": "",
    "W31": "celery/kombu#337; celery/celery#2481 #7009",
    "W32": "",
    "W33": "",
    "W34": "",
}


def reported(window: str) -> list[tuple[str, str]]:
    """The public reports of a window that no matrix speaks of, each with its address."""
    found = []
    for report in filter(None, REPORTS.get(window, "").split("; ")):
        repository, *numbers = report.replace("#", " ").split()
        found += [(f"{repository}#{number}", f"{GITHUB}{repository}/issues/{number}") for number in numbers]
    return found


OPENS: dict[Opening, tuple[str, ...]] = {  # where the gap is that a window stands for
    "app": ("W1", "W3", "W15", "W33", "W34"),
    "network": ("W2", "W17"),
    "checkout": ("W4", "W12", "W14", "W24", "W26", "W28"),
    "provider": ("W5", "W6", "W11", "W13", "W16", "W18", "W21", "W22", "W23"),
    "messages": ("W7", "W8", "W9", "W10", "W29", "W30", "W31", "W32"),
    "store": ("W19", "W20", "W25", "W27"),
}


def by_place(windows: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Windows by where they open, in words; at the end, without words, those of which it isn't known."""
    left = list(windows)
    found = [(OPENINGS[place], [window for window in left if window in opens]) for place, opens in OPENS.items()]
    known = {window for _, there in found for window in there}
    return [(place, there) for place, there in (*found, ("", [one for one in left if one not in known])) if there]


class Condition(NamedTuple):
    """The condition of a mark: the matrix's words, the test of whether a design meets it, and the mark if it doesn't."""

    text: str
    holds: Callable[[Design], bool]
    otherwise: Mark


CONDITIONS: dict[tuple[str, str], Condition] = {
    ("W1", "provider_key"): Condition("if it is the same order", _keeps_the_order_id, "✗"),
    ("W3", "provider_key"): Condition("only if the order survives the refresh", _keeps_the_order_id, "✗"),
    ("W10", "unique_insert"): Condition("row and state machine", lambda d: _payment(d, "webhooks") != "trusted", "✗"),
    ("W11", "key_per_cart"): Condition("if the row is permanent", lambda d: d.claim.ttl is None, "✗"),  # type: ignore[attr-defined]
    ("W11", "unique_insert"): Condition("if the row is permanent", lambda d: d.claim.ttl is None, "✗"),  # type: ignore[attr-defined]
}
# The published "!" of W6 is for a key that never changes: "needs lookup, or a new key after verifying".
_VERIFIES = {("W6", name) for name in ("key_per_submission", "key_per_cart", "provider_key")}

# Windows that a mechanism opens: in a design without the mechanism, the window's faults have nothing to strike.
OPENED_BY: dict[str, tuple[str, Callable[[Design], bool]]] = {
    "W6": ("keys at the provider", lambda d: _payment(d, "key") in ("order", "attempt")),
    "W8": ("a relay", lambda d: hasattr(d, "relay")),
    "W9": ("listening to webhooks", _listens),
    "W10": ("listening to webhooks", _listens),
    "W12": ("locks", lambda d: isinstance(getattr(d, "claim", None), Claims) or _charges_later(d)),
    "W13": ("asking the provider", lambda d: d.recovery.reconcile_every is not None),
    "W15": ("a key of the app", lambda d: _key(d) is not None),
}


@dataclass(frozen=True)
class Expectation:
    """What the published matrix says of a design in a window, given the design's mechanisms."""

    states: tuple[State, ...]
    marks: dict[str, Mark]  # mechanism -> mark, for the design's mechanisms that have to do with the window
    nothing_to_strike: str = ""  # what the design lacks, if the window has nothing to strike in it


def mechanisms(design: Design) -> list[str]:
    """The names of the matrix's mechanisms that a design has, read from its knobs."""
    return [name for name, mechanism in MECHANISMS.items() if mechanism.has(design)]


def mark(window: str, mechanism: str, design: Design) -> Mark:
    """The matrix's mark for a mechanism that the design has; the design's knobs decide the mark's condition, if any."""
    if (window, mechanism) in _VERIFIES and _payment(design, "after_error") == "ask":
        return "✓" if mechanism == "provider_key" else "–"
    condition = CONDITIONS.get((window, mechanism))
    if condition is not None and not condition.holds(design):
        return condition.otherwise
    return PUBLISHED[window][mechanism]


def published(window: str, design: Design) -> list[State]:
    """The states that the published matrix leads to; empty if it has no such window."""
    expectation = expected(window, design)
    return list(expectation.states) if expectation else []


def expected(window: str, design: Design) -> Expectation | None:
    """What the matrix makes us expect of a design in a window; None if nothing is published about the window."""
    if window not in PUBLISHED:
        return None
    given = {name: mark(window, name, design) for name in mechanisms(design)}
    marks: dict[str, Mark] = {name: sign for name, sign in given.items() if sign != "–"}
    opened_by = OPENED_BY.get(window)
    if opened_by is not None and not opened_by[1](design):
        return Expectation(("closed",), {}, opened_by[0])
    return Expectation(_states(set(marks.values())), marks)


def _states(marks: set[Mark]) -> tuple[State, ...]:
    """The states to expect when several mechanisms act together: one that closes the window is enough."""
    if "✓" in marks:
        return ("closed",)
    if "!" in marks:
        return ("narrowed", "open", "worse") if "◐" in marks else ("open", "worse")
    return ("narrowed",) if "◐" in marks else ("open",)
