"""Why a purchase went wrong: one cause for each, so that the causes add up to all of them.

A purchase is *lost* if somebody with a good card got nothing; else *harmed* if anything else was done wrong to it; else *late*
if the app showed the answer later than the scenario asks for. A cause is read from the tables, like everything in the audit. Of
a lost purchase it is what stood in the way at the end: the order if there is one, and what the provider said to its last call;
else the requests that never became an order. Of a harmed one it is what led to the gravest harm, and of a late one what the
customer was waiting for when the answer was due.
"""

from __future__ import annotations

import numpy as np

from sim.ledger.audit import Audit
from sim.ledger.records import PROXY, SDK, DeadLetters, Tables
from sim.vocabulary import Fate, Outcome, Status

KINDS = {
    "lost": "somebody with a good card got nothing",
    "harmed": "they got it, and something else was done wrong to them; or were told yes, and then no",
    "late": "all was right, but for the answer, which came late",
}
RIGHT = "served as they should be, or declined at once"  # the others
CAUSES: dict[str, dict[str, str]] = {  # kind -> cause -> what it says of the purchases, as the rest of a sentence about people
    "lost": {
        "charged": "were charged, and no order came of it",
        "unsettled": "have an order that is still neither confirmed nor given up",
        "provider down": "have an order that was given up while the provider was down",
        "provider refused": "have an order that was given up after the provider had refused the charge",
        "provider broke down": "have an order that was given up after the provider had broken down over the charge",
        "provider silent": "have an order that was given up without an answer of the provider",
        "dead letter": "have an order whose message is in the dead-letter queue: nobody works on it any more",
        "never finished": "were to finish the payment at the provider, and the shop never learnt that they had",
        "refused": "were told that nothing was left, and not all was sold in the end: others had it in hand",
        "given up": "have an order that was given up before anybody asked the provider",
        "shop down": "could not reach the checkout: it was down",
        "queue full": "were turned away: the queue was full, or no instance was up",
        "dropped": "had waited so long that the checkout dropped their request, had left by then, or saw its instance die",
        "died": "were being served when the process died",
        "waiting": "were still waiting to be served",
        "not run": "were renewals, and the job never made an order of them",
        "network": "never reached the shop: the network lost their requests, or the checkout hung",
    },
    "harmed": {
        "app repeated": "were charged or served twice: the app sent their request again, and it became another order",
        "proxy repeated": "were charged or served twice: a proxy sent their request again, and it became another order",
        "tapped again": "were charged or served twice: they tapped again or reloaded, and it became another order",
        "job repeated": "were renewals, and charged or served twice: the job ran again, and it became another order",
        "planned again": "were charged or served twice: an agent called again, and it became another order",
        "other card": "were charged or served twice: they took another card, and the first one was charged, too",
        "shop repeated": "were charged or served twice: the shop made another order, or sent one twice, by itself",
        "charged unheard": "were charged twice for one order: the shop called again, not knowing how the first call would end",
        "charged after an error": "were charged twice for one order: the shop called again after the provider had broken down",
        "charged after a refusal": "were charged twice for one order: a call was refused, and an earlier one had charged",
        "charged when done": "were charged twice for one order: the shop called again, told or not that it was paid",
        "library repeated": "were charged twice for one order: the provider's client library called again by itself",
        "oversold": "got an order that can’t be made: more was sold than there was",
        "unpaid": "got an order that nobody had paid for",
        "blocked": "have money blocked on their card for nothing: authorised, and neither captured nor released",
        "wrong amount": "paid for another basket than the app had confirmed",
        "told wrongly": "were told the opposite of the truth",
        "left unheard": "were charged, and had left before anybody told them so",
        "yes, then no": "were told “we have your order”, and then their card was declined",
        "points twice": "got more points than they had earned: the news of their order was handled twice",
        "points missing": "got no points: the news of their order was lost",
        "points buried": "got no points: the news of their order is in the dead-letter queue",
        "left open": "have an order that is still open, or not the same in every store",
    },
    "late": {
        "provider slow": "were waiting for the provider to answer",
        "provider failed": "were waiting for another try, after the provider had refused a call or broken down over it",
        "turned away": "had been turned away, and came back",
        "network": "had lost a request or an answer to the network, or to a process that died",
        "queue": "were waiting for a worker or a connection",
    },
}
NAMES: tuple[tuple[str, str], ...] = tuple((kind, cause) for kind, causes in CAUSES.items() for cause in causes)
NONE = -1
_CODES = {name: code for code, name in enumerate(NAMES)}
_BY_OUTCOME = {
    Outcome.FAILED: "provider refused",
    Outcome.MISMATCH: "provider refused",
    Outcome.ERROR: "provider broke down",
    Outcome.UNKNOWN: "provider silent",
    Outcome.CONFLICT: "provider silent",
    Outcome.CHALLENGED: "never finished",
}
_BY_FATE = {  # the one that says most of several requests comes first
    Fate.WAITING: "waiting",
    Fate.EXECUTED: "died",
    Fate.REPLAYED: "died",
    Fate.DROPPED: "dropped",
    Fate.REJECTED: "queue full",
    Fate.LOST: "network",
}
_AGAIN_AFTER = {  # outcome of the call before the second charge -> cause
    Outcome.UNKNOWN: "charged unheard",
    Outcome.CONFLICT: "charged unheard",
    Outcome.ERROR: "charged after an error",
    Outcome.FAILED: "charged after a refusal",
    Outcome.MISMATCH: "charged after a refusal",
    Outcome.DECLINED: "charged after a refusal",
    Outcome.CAPTURED: "charged when done",
    Outcome.AUTHORISED: "charged when done",
    Outcome.VOIDED: "charged when done",  # no outcome of a call that charges, like the next
    Outcome.REFUNDED: "charged when done",
    Outcome.USED_UP: "charged when done",
    Outcome.CHALLENGED: "charged unheard",
}


def lost(tables: Tables, audit: Audit) -> np.ndarray:
    """Purchases with a good card and without a confirmed order: flags, shape (purchases,)."""
    return (tables.purchases["good_card"] == 1) & (audit.ordered == 0)


def causes(tables: Tables, audit: Audit, late_s: float) -> np.ndarray:
    """The cause of each purchase that went wrong, an index into NAMES, and NONE of the others: shape (purchases,).

    An answer is late if the app shows it more than `late_s` seconds after the first tap.
    """
    gone, wronged = lost(tables, audit), _harmed(audit)
    late = _late(tables, late_s)
    code = np.full(len(gone), NONE)
    if late.any():
        code[late] = _of_late(tables, late_s)[late]
    if wronged.any():
        code[wronged] = _of_harmed(tables, audit)[wronged]
    if gone.any():
        code[gone] = _of_lost(tables, audit)[gone]
    return code


def _harmed(audit: Audit) -> np.ndarray:
    """Whoever had anything done wrong to them, the lost included."""
    return (
        (audit.charged > 1) | (audit.ordered > 1) | audit.orphan | audit.unpaid | audit.oversold | (audit.blocked > 0)
        | audit.mistaken | audit.misinformed | audit.abandoned | audit.retracted | audit.over_awarded | audit.under_awarded
        | audit.differing | audit.unsettled
    )  # fmt: skip


def _late(tables: Tables, late_s: float) -> np.ndarray:
    """Whoever has a good card and was not answered in time."""
    purchases = tables.purchases
    in_time = purchases["acknowledged_s"] - purchases["submitted_s"] <= late_s
    return (purchases["good_card"] == 1) & ~in_time & tables.waits


def _of_lost(tables: Tables, audit: Audit) -> np.ndarray:
    number, code = len(tables.purchases), _codes("lost")
    requests, orders, charges = tables.requests, tables.orders, tables.charges
    cause = np.where(tables.waits, code["network"], code["not run"])
    for fate, name in reversed(_BY_FATE.items()):
        cause[requests["purchase"][requests["fate"] == fate]] = code[name]
    down = _during(tables, "outage checkout", requests["sent_s"]) & (requests["fate"] == Fate.REJECTED)
    met = np.zeros(number, bool)
    met[requests["purchase"][down]] = True
    cause[met & (cause == code["queue full"])] = code["shop down"]

    last = np.full(len(orders), -1)
    last[charges["order"]] = np.arange(len(charges))  # in the order in which they were sent: the last one stays
    called = last >= 0
    outcome = np.where(called, charges["outcome"][last] if len(charges) else -1, -1)
    in_outage = called & _during(tables, "outage provider", charges["sent_s"])[last] if len(charges) else called
    for name, which in (
        ("given up", ~called),
        *((name, outcome == known) for known, name in _BY_OUTCOME.items()),
        (
            "provider silent",
            np.isin(outcome, (Outcome.CAPTURED, Outcome.AUTHORISED)),
        ),  # its answer was heard by nobody who could settle the order
        ("provider down", in_outage & ~np.isin(outcome, (Outcome.CAPTURED, Outcome.AUTHORISED))),
        ("refused", orders["status"] == Status.USED_UP),
        ("unsettled", np.isin(orders["status"], (Status.PENDING, Status.UNKNOWN))),
        ("dead letter", np.isin(np.arange(len(orders)), _buried(tables, "order", "payment"))),
        ("never finished", orders["status"] == Status.CHALLENGED),
    ):
        cause[orders["purchase"][which]] = code[name]
    cause[audit.kept > 0] = code["charged"]
    return cause


def _of_harmed(tables: Tables, audit: Audit) -> np.ndarray:
    """By the gravest harm: the last of these that is true."""
    code, number = _codes("harmed"), len(tables.purchases)
    cause = np.full(number, code["left open"])
    for name, which in (
        ("points missing", audit.under_awarded),
        ("points buried", audit.under_awarded & np.isin(np.arange(number), _buried(tables, "purchase", "loyalty"))),
        ("points twice", audit.over_awarded),
        ("yes, then no", audit.retracted),
        ("left unheard", audit.abandoned),
        ("told wrongly", audit.misinformed),
        ("blocked", audit.blocked > 0),
        ("wrong amount", audit.mistaken),
        ("unpaid", audit.unpaid),
        ("oversold", audit.oversold),
    ):
        cause[which] = code[name]
    twice = (audit.ordered > 1) | (audit.charged > 1)
    cause[twice] = np.where(tables.waits, code["shop repeated"], code["job repeated"])[twice]
    orders = _Groups(tables.orders["purchase"], number)
    served_twice = np.flatnonzero(twice & (orders.sizes > 1))
    second = np.full(number, NONE)
    second[served_twice] = orders.row(served_twice, 1)
    one_order = _charged_again(tables, twice, second, cause)
    by_request = np.bincount(tables.requests["purchase"][_made_something(tables)], minlength=number) > 0
    for_another = np.setdiff1d(np.flatnonzero(twice & (second != NONE) & by_request), one_order)
    cause[for_another] = _what_made(tables, for_another, orders.place(second[for_another]))
    return cause


def _charged_again(tables: Tables, twice: np.ndarray, second_order: np.ndarray, cause: np.ndarray) -> np.ndarray:
    """Note why those who were charged twice for one order were, and for which order the others were; returns the former."""
    code, charges = _codes("harmed"), tables.charges
    captured = np.flatnonzero(~np.isnan(charges["captured_s"]))  # in the order in which they were sent
    groups = _Groups(charges["purchase"][captured], len(cause))
    charged_twice = np.flatnonzero(twice & (groups.sizes > 1))
    first, second = (captured[groups.row(charged_twice, place)] for place in (0, 1))
    second_order[charged_twice] = charges["order"][second]
    same = charges["order"][first] == charges["order"][second]
    calls = _Groups(charges["order"], len(tables.orders))
    before = calls.row(charges["order"][second[same]], calls.place(second[same]) - 1)
    heard = charges["answered_s"][before] <= charges["sent_s"][second[same]]
    outcomes = np.where(heard, charges["outcome"][before], Outcome.UNKNOWN)
    by_itself = np.isin(second[same], _repeated(tables, SDK)[0])
    why = np.array([code[_AGAIN_AFTER[outcome]] for outcome in Outcome])[outcomes]
    cause[charged_twice[same]] = np.where(by_itself, code["library repeated"], why)
    return charged_twice[same]


def _what_made(tables: Tables, purchases: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Who had sent what became the order with that place: the app by itself, a proxy, the customer, or an agent.

    Where every request makes an order, it is the one that was sent at the same place.
    """
    code, requests = _codes("harmed"), tables.requests
    worked = np.setdiff1d(np.flatnonzero(_made_something(tables)), tables.returns["request"])
    again, again_s = _repeated(tables, PROXY)
    sent = np.concatenate([worked, again])
    in_order = np.argsort(np.concatenate([requests["sent_s"][worked], again_s]), kind="stable")
    groups = _Groups(requests["purchase"][sent[in_order]], len(tables.purchases))
    which = in_order[groups.row(purchases, np.minimum(places, groups.sizes[purchases] - 1))]
    by_person = np.where(tables.purchases["agent"][purchases] == 1, code["planned again"], code["tapped again"])
    with_other_card = requests["sent_s"][sent[which]] >= tables.purchases["other_card_s"][purchases]
    by_person[with_other_card] = code["other card"]
    by_app = np.where(requests["attempt"][sent[which]] > 1, code["app repeated"], by_person)
    return np.where(which >= len(worked), code["proxy repeated"], by_app)


def _repeated(tables: Tables, who: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of requests that a proxy sent again, or of calls that a client library made by itself; and when."""
    repeats = tables.repeats
    by_them = repeats["who"] == who
    return repeats["row"][by_them], repeats["sent_s"][by_them]


def _buried(tables: Tables, column: str, consumer: str) -> np.ndarray:
    """What a consumer could not handle, and is still in the dead-letter queue: orders or purchases."""
    letters = tables.dead_letters
    mine = np.isnan(letters["replayed_s"]) & (letters["consumer"] == DeadLetters.CONSUMERS.index(consumer))
    return letters[column][mine]


def _made_something(tables: Tables) -> np.ndarray:
    """Requests that may have made an order: flags."""
    return np.isin(tables.requests["fate"], (Fate.EXECUTED, Fate.WAITING))


class _Groups:
    """Rows by who they belong to, in their order."""

    def __init__(self, owners: np.ndarray, number: int) -> None:
        self.sizes = np.bincount(owners, minlength=number)
        self._begins = np.cumsum(self.sizes) - self.sizes
        self._rows = np.argsort(owners, kind="stable")
        self._places = np.empty(len(owners), int)
        self._places[self._rows] = np.arange(len(owners)) - self._begins[owners[self._rows]]

    def row(self, owner: np.ndarray, place: np.ndarray | int) -> np.ndarray:
        """Each owner's row with that place."""
        return self._rows[self._begins[owner] + place]

    def place(self, row: np.ndarray) -> np.ndarray:
        """The place of each row among those of its owner."""
        return self._places[row]


def _of_late(tables: Tables, late_s: float) -> np.ndarray:
    """By what was going on when the answer was due: the last of these that is true."""
    code, number = _codes("late"), len(tables.purchases)
    requests, charges = tables.requests, tables.charges
    due_s = tables.purchases["submitted_s"] + late_s
    request_due_s, call_due_s = due_s[requests["purchase"]], due_s[charges["purchase"]]
    by_then = requests["sent_s"] <= request_due_s
    served = np.isin(requests["fate"], (Fate.EXECUTED, Fate.REPLAYED))
    unheard = (requests["fate"] == Fate.LOST) | (served & ~(requests["answered_s"] <= request_due_s))
    over = charges["answered_s"] <= call_due_s
    failed = np.isin(charges["outcome"], (Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.CONFLICT))
    begun = tables.orders["purchase"][tables.orders["created_s"] <= due_s[tables.orders["purchase"]]]
    cause = np.full(number, code["queue"])
    lost_request = requests["purchase"][by_then & (requests["fate"] == Fate.LOST)]
    cause[lost_request] = code["network"]
    cause[np.intersect1d(begun, requests["purchase"][by_then & unheard])] = code["network"]
    cause[requests["purchase"][by_then & (requests["fate"] == Fate.REJECTED)]] = code["turned away"]
    if not any(station.name == "payment" for station in tables.stations):  # payment workers charge after the answer
        cause[charges["purchase"][over & failed]] = code["provider failed"]
        cause[charges["purchase"][(charges["sent_s"] <= call_due_s) & ~over]] = code["provider slow"]
    return cause


def _codes(kind: str) -> dict[str, int]:
    return {cause: _CODES[kind, cause] for cause in CAUSES[kind]}


def _during(tables: Tables, fault: str, times_s: np.ndarray) -> np.ndarray:
    """Which of the times lie in a fault of this name: flags."""
    spells = [(begin, end) for what, begin, end in tables.faults if what == fault]
    found = np.zeros(len(times_s), bool)
    if spells and len(times_s):
        begins, ends = np.array(sorted(spells)).T
        latest = np.maximum.accumulate(ends)
        place = np.searchsorted(begins, times_s, side="right") - 1
        found = (place >= 0) & (times_s < latest[np.maximum(place, 0)])
    return found
