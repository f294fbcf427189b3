"""What happened to one real purchase, moment by moment, in the words and lanes of simulated ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.explanation.moments import Kind, StoryLine
from sim.ledger.violations import VIOLATIONS
from sim.real.provider.calls import Call
from sim.real.provider.webhooks import Delivery
from sim.real.rehearse.app import Purchase, Request
from sim.real.rehearse.books import Charged, Ordered
from sim.real.rehearse.mishaps import told
from sim.real.rehearse.stage import Run

PARTY = {"double_charge": "provider", "orphan_charge": "provider", "blocked": "provider", "wrong_amount": "provider",
         "duplicate_order": "database", "unpaid_order": "database"}  # fmt: skip
MEANS = {
    "confirmed": "“paid”", "pending": "“we have your order”", "declined": "“card declined”", "conflict": "“in progress”",
    "mismatch": "“another order has this key”", "failed": "“payment failed”", "unavailable": "“try again”",
}  # fmt: skip

JUST_S = 0.002  # an answer that was on its way at a kill was not heard
LONGEST_KEY = 16  # that is shown whole


@dataclass(frozen=True)
class RealStory:
    """A purchase to tell of, as far as `sim.report.sequence` draws it."""

    moments: list[StoryLine]
    sentence: str
    note: str

    def clock(self, at_s: float) -> str:
        """`1.204 s`, from the first tap on."""
        return f"{at_s:.3f} s"

    def lines(self) -> list[str]:
        """The story as text, a line a moment."""
        made = []
        for moment in self.moments:
            who = f"{moment.who} → {moment.to}" if moment.to else moment.who
            belief = f"   [{moment.belief[0]}: {moment.belief[1]}]" if moment.belief else ""
            mark = "VIOLATION: " if moment.kind == "violation" else ""
            made.append(f"{self.clock(moment.at_s):>9}  {who}: {mark}{moment.text}{belief}")
        return made


def tell(run: Run, service: str) -> RealStory:
    """The story of a run."""
    what = VIOLATIONS[run.broken[0]].clause if run.broken else "was served as it should be"
    killed = [at_s for at_s, _ in run.kills]
    lines = list(of_purchase(run.purchase, run.calls, run.charges, run.deliveries, run.since_s, killed=killed))
    lines += [_line(at_s - run.since_s, "checkout", f"killed ({how})", kind="crash") for at_s, how in run.kills]
    end_s = run.until_s - run.since_s
    lines += _ends(run.orders, end_s)
    for kind in run.broken[:1]:
        text = f"this customer {VIOLATIONS[kind].clause}"
        lines.append(_line(_harmed_s(run, kind), PARTY.get(kind, "customer"), text, kind="violation"))
    lines.sort(key=lambda line: line.at_s)  # stable: what is told later at the same moment is later
    return RealStory(lines, f"The customer {what}.", f"{service}: {told(run.plan)}")


def _harmed_s(run: Run, kind: str) -> float:
    """When it was done: at the second charge, or in the end, when nothing has mended it."""
    taken = sorted(one.taken_s for one in run.charges if one.taken_s is not None)
    return (taken[1] if kind == "double_charge" else run.until_s) - run.since_s


def of_purchase(
    purchase: Purchase,
    calls: Sequence[Call],
    charges: Sequence[Charged],
    deliveries: Sequence[Delivery],
    since_s: float,
    *,
    killed: Sequence[float] = (),
) -> Iterator[StoryLine]:
    """Its moments, in seconds since the first tap; not yet in order."""
    for at_s, words in purchase.taps:
        yield _line(at_s - since_s, "customer", words.removeprefix("the customer "))
    for request in purchase.requests:
        yield from _of_request(request, since_s)
    for call in calls:
        yield from _of_call(call, since_s, killed)
    taken = sorted((one for one in charges if one.taken_s is not None), key=lambda one: one.taken_s or 0.0)
    for number, charge in enumerate(taken, 1):
        cents = f"{charge.captured_cents / 100:.2f}"
        yield _line((charge.taken_s or 0.0) - since_s, "provider", f"takes {cents}", belief=("provider", f"charged {number}×"))
        if charge.refunded_s is not None:
            yield _line(charge.refunded_s - since_s, "provider", "gives it back", belief=("provider", "refunded"))
    for each in deliveries:
        again = " again" if each.attempt > 1 else ""
        yield _line(each.at_s - since_s, "provider", f"webhook{again}: {each.kind}", to="checkout", kind="message")
        if each.status:
            yield _line(each.until_s - since_s, "checkout", str(each.status), to="provider", kind="answer")


def _of_request(request: Request, since_s: float) -> Iterator[StoryLine]:
    tap = f" of tap {request.submission}" if request.submission > 1 else ""
    text = f"orders, request {request.attempt}{tap}, key {_short(request.key)}"
    yield _line(request.sent_s - since_s, "app", text, to="checkout", kind="message")
    if request.lost:
        yield _line(request.sent_s - since_s, "checkout", "the answer is lost", to="app", kind="lost")
    elif request.answered_s is not None:
        said = f"{request.status} {MEANS[request.meaning]}"
        yield _line(request.answered_s - since_s, "checkout", said, to="app", kind="answer")


def _of_call(call: Call, since_s: float, killed: Sequence[float]) -> Iterator[StoryLine]:
    path = call.path.removeprefix("/v1/").removeprefix("/plain/")
    key = f", key {_short(call.key)}" if call.key else ", no key"
    yield _line(
        call.at_s - since_s, "checkout", f"{call.method} {path}{key if call.nth else ''}", to="provider", kind="message"
    )
    if call.until_s is None:
        return
    if any(call.at_s <= at_s <= (call.done_s or call.until_s) + JUST_S for at_s in killed):
        yield _line(call.until_s - since_s, "provider", "nobody is there to hear", to="checkout", kind="lost")
    elif call.status:
        said = f"{call.status}{' (replayed)' if call.replayed else ''}"
        yield _line(call.until_s - since_s, "provider", said, to="checkout", kind="answer")
    else:
        yield _line(call.until_s - since_s, "provider", "the answer is lost", to="checkout", kind="lost")


def _ends(orders: Sequence[Ordered] | None, end_s: float) -> list[StoryLine]:
    if orders is None:
        return []
    paid = sum(order.confirmed for order in orders)
    rest = len(orders) - paid
    text = f"{paid} confirmed order{'' if paid == 1 else 's'}" + (f", {rest} pending or given up" if rest else "")
    return [_line(end_s, "database", f"in the end: {text}")]


def _short(key: str) -> str:
    """The end of a long key: enough to see whether it is the same one."""
    return key if len(key) <= LONGEST_KEY else f"…{key[-8:]}"


def _line(
    at_s: float, who: str, text: str, *, to: str | None = None, kind: Kind = "act", belief: tuple[str, str] | None = None
) -> StoryLine:
    return StoryLine(max(at_s, 0.0), who, text, to, kind, belief, until_s=max(at_s, 0.0))
