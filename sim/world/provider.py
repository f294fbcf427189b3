"""The payment provider: slow, flaky, sometimes right when it looks wrong. Money is counted here and nowhere else.

Everything about a call is known when it is made (the draws belong to the purchase and its nth call), so a late success needs no
event: the ledger's row says when the money was taken, whoever had stopped waiting by then.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from math import inf, isnan
from typing import NamedTuple

from simpy.events import Event

from sim.config.mishaps import Mishap
from sim.config.scenario import Provider as Knobs
from sim.config.scenario import ProviderKeys
from sim.ledger.records import Captures, Charges, Holds, Refunds, Small, Times
from sim.vocabulary import Outcome
from sim.world.database import NEVER, Order
from sim.world.engine import Clock, pause
from sim.world.observer import Call, Move, Observer
from sim.world.streams import Streams
from sim.world.timetable import Timetable, Weather

WEBHOOKS = 64  # most webhooks of one call in a row, and how many draws are reserved for them
REFUNDS = 1_000_000  # where the draws for refunds begin, and for the news of them
EXPIRIES = 2_000_000  # where those for the news of authorisations that have ended begin
INQUIRIES = 500_000  # the attempt number at which the draws for inquiries begin; no purchase makes as many calls
Listener = Callable[[Order, Outcome, Callable[[], None]], None]
TOLD = (Outcome.CAPTURED, Outcome.AUTHORISED)  # what webhooks always tell
CALL, INQUIRY, REFUND, WEBHOOK = ("call",), ("inquiry",), ("refund",), ("webhook",)  # what a script is asked
FATE: dict[str, tuple[Outcome | None, bool]] = {  # of calls, by mishap: the outcome if nothing is done, and whether it is heard
    "refused": (Outcome.FAILED, True),
    "broke": (Outcome.ERROR, True),
    "lost": (None, False),
}
SLOW = ("slow", "late")
REFUSAL_S = 0.05  # how fast a provider says no that is down, over its rate limit, or still at work on the key (assumption)


class Unfinished(NamedTuple):
    """A payment that waits for its customer."""

    order: Order
    takes: bool  # it charges; else it authorises
    delivery: int  # the first of the webhooks about it


class Provider:
    """Charges cards, keeps the ledger, honours idempotency keys."""

    def __init__(
        self, env: Clock, knobs: Knobs, *, good_card: Small, charges: Charges, streams: Streams, weather: Timetable,
        observer: Observer | None = None, holds: Holds | None = None, captures: Captures | None = None,
        refunds: Refunds | None = None, other_cards: Small | None = None,
    ) -> None:  # fmt: skip
        self._env = env
        self._knobs = knobs
        self._keys = None if knobs.keys == "none" else knobs.keys
        self._good_card = good_card
        self._other_cards = good_card if other_cards is None else other_cards
        self.charges = charges
        self.holds = Holds() if holds is None else holds
        self.captures = Captures() if captures is None else captures
        self.refunds = Refunds() if refunds is None else refunds
        self._holds_of: dict[int, list[int]] = {}  # order -> rows of its authorisations
        self._hold_of: dict[int, int] = {}  # row of a call -> row of the authorisation that it made
        self._challenge = streams.uniform("provider.challenge") if knobs.challenge.p else None
        self._unfinished: dict[int, Unfinished] = {}  # by row of the call
        self._moves: dict[object, tuple[Outcome, float]] = {}  # key of a capture -> its result, and when it was done
        self._given_back: set[object] = set()  # keys of refunds that are done or under way
        self._refunds_of: dict[int, list[int]] = {}  # row of a charge -> rows of its refunds
        self._refund_fate = (
            streams.uniform("provider.refund.fate") if knobs.refunds.failed or knobs.refunds.unanswered else None
        )
        self._refund_calls: Counter[int] = Counter()
        self._weather = weather
        self._latency_s = streams.times("provider.latency", knobs.latency)
        self._fate = streams.uniform("provider.fate")
        self._calls = array("i", bytes(4 * len(good_card)))
        self._stored: dict[object, int] = {}  # idempotency key -> row of the call that it stands for
        self._result: Small = array("b")  # by row: what happened at the provider, and when
        self._done_s: Times = array("d")
        self._seen_s: Times = array("d")  # from when on the provider knew of it
        self._webhook_delay_s = streams.times("provider.webhook.delay", knobs.webhooks.delay)
        self._webhook_fate = streams.uniform("provider.webhook.fate")
        self._answer_s = None if knobs.answer.constant == 0 else streams.times("provider.answer", knobs.answer)
        self._late = streams.uniform("provider.late") if knobs.late.p else None
        self._late_s = streams.times("provider.late.by", knobs.late.by)
        self._listener: Listener | None = None
        self._rows_of: dict[int, list[int]] = {}  # order -> rows of its calls, up to the last inquiry
        self._indexed = 0
        self._inquiries: Counter[int] = Counter()
        self.authorisations = 0  # how often a card's bank was asked: not for calls that were refused before, nor for repeats
        self._rate_limit = None if knobs.rate_limit is None else knobs.rate_limit / streams.cell.of
        self._tokens = inf  # full at first
        self._tokens_s = 0.0
        self._observer = observer
        self._script = streams.script_about(CALL, INQUIRY, REFUND, WEBHOOK)

    def charge(
        self, order: Order, timeout_s: float, key: object = None, *, caller: str = "checkout", takes: bool = True,
        begins: bool = False,
    ) -> Event:  # fmt: skip
        """Ask for the order's money; an event whose value is the Outcome as the caller sees it, within `timeout_s`.

        `caller`: which component asks. `takes`: charge; else authorise, so that the money is only held. `begins`: leave the
        payment to the customer, who makes it at the provider.
        """
        now = self._env.now
        purchase = order.purchase
        attempt = self._calls[purchase]
        self._calls[purchase] = attempt + 1
        weather = self._weather.at(now)
        latency_s = self._latency_s(purchase, attempt) * weather.slower
        row = len(self._result)
        captured_s, hidden_s, mishap = NEVER, 0.0, None
        if self._script is not None and (mishap := self._script.strikes(CALL, purchase)) is not None and mishap.how in SLOW:
            latency_s += mishap.later_s
            if mishap.how == "late":
                hidden_s = mishap.later_s
        if weather.down or (self._rate_limit is not None and not self._within_rate_limit(self._rate_limit, now)):
            outcome, latency_s, answered = Outcome.FAILED, REFUSAL_S, not weather.hangs
        else:
            luck, answered = self._luck(purchase, attempt, weather, mishap)
            known = None if key is None or self._keys is None else self._recall(self._keys, key, now)
            if luck is not None:
                outcome = luck
            elif known is not None:
                outcome, latency_s = self._repeated(known, order.cents, now, latency_s)
            else:
                if self._late is not None and self._late(purchase, attempt) < self._knobs.late.p:
                    late_s = self._late_s(purchase, attempt)
                    hidden_s += late_s
                    latency_s += late_s
                self.authorisations += 1
                if mishap is not None and mishap.how == "declined":  # rightly: nobody is to blame that there is no order
                    self._good_card[purchase] = 0
                    outcome = Outcome.DECLINED
                elif begins:
                    outcome = self._wait_for_customer(row, order, takes, latency_s, attempt)
                elif (self._other_cards if order.card else self._good_card)[purchase]:
                    if self._challenge is not None and self._challenge(purchase, attempt) < self._knobs.challenge.p:
                        outcome = self._wait_for_customer(row, order, takes, latency_s, attempt)
                    elif takes:
                        outcome, captured_s = Outcome.CAPTURED, now + latency_s
                    else:
                        outcome = Outcome.AUTHORISED
                        self._hold(row, order, now + latency_s)
                else:
                    outcome = Outcome.DECLINED
            if key is not None and known is None:
                self._stored[key] = row
            if self._listener is not None and known is None and (outcome in TOLD or self._tells_failure(outcome)):
                self._send_webhook(order, Outcome(outcome), latency_s, WEBHOOKS * attempt)
            if self._answer_s is not None:
                latency_s += self._answer_s(purchase, attempt)
        self._result.append(outcome)
        self._done_s.append(now + latency_s)
        self._seen_s.append(now + hidden_s)
        if latency_s > timeout_s or not answered:
            outcome, latency_s = Outcome.UNKNOWN, timeout_s
        ledger = self.charges
        ledger.purchase.append(purchase)
        ledger.order.append(order.id)
        ledger.outcome.append(outcome)
        ledger.cents.append(order.cents)
        ledger.sent_s.append(now)
        ledger.answered_s.append(now + latency_s)
        ledger.captured_s.append(captured_s)
        ledger.refunded_s.append(NEVER)
        if self._observer is not None:
            result = Outcome(self._result[row])
            hold = self._hold_of.get(row)
            held_s = NEVER if hold is None else self.holds.authorised_s[hold]
            call = Call(
                key, timeout_s, result, self._done_s[row], captured_s, Outcome(outcome), now + latency_s, takes, begins, held_s
            )  # fmt: skip
            self._observer.charged(caller, order, call=call)
            return self._observed(self._observer, caller, order, pause(self._env, latency_s, outcome))
        return pause(self._env, latency_s, outcome)

    def _observed(self, observer: Observer, caller: str, order: Order, answer: Event) -> Event:
        """The answer that the caller waits for; the observer hears if the caller is still there when it comes."""
        waiting = answer.callbacks  # a process that dies while it waits takes itself out of this list

        def arrive(_: Event) -> None:
            if waiting is None or len(waiting) > 1:
                observer.heard(caller, order)

        if waiting is None:  # it is there at once
            arrive(answer)
        else:
            waiting.append(arrive)
        return answer

    def _luck(self, purchase: int, attempt: int, weather: Weather, mishap: Mishap | None = None) -> tuple[Outcome | None, bool]:
        """The outcome of a call that fails before anything is charged, else None; and whether the answer arrives.

        Replays of a key are calls too, and can fail like any other.
        """
        if mishap is not None and mishap.how in FATE:
            return FATE[mishap.how]
        failed = self._knobs.failed if weather.failed is None else weather.failed
        ambiguous = self._knobs.ambiguous if weather.ambiguous is None else weather.ambiguous
        errored = self._knobs.errored if weather.errored is None else weather.errored
        fate = self._fate(purchase, attempt)
        if fate < failed:
            return Outcome.FAILED, True
        if fate >= 1 - errored:
            return Outcome.ERROR, True
        return None, fate >= failed + ambiguous

    def _tells_failure(self, outcome: Outcome) -> bool:
        return outcome == Outcome.FAILED and self._knobs.webhooks.failures

    def _recall(self, keys: ProviderKeys, key: object, now: float) -> int | None:
        """The row of the call that a key still stands for. One that was refused before any charge frees its key at its end."""
        row = self._stored.get(key)
        if row is None or now >= self.charges.sent_s[row] + keys.ttl:
            return None
        freeing = (Outcome.FAILED,) if keys.stores_errors else (Outcome.FAILED, Outcome.ERROR)
        return None if self._result[row] in freeing and now >= self._done_s[row] else row

    def _repeated(self, row: int, cents: int, now: float, latency_s: float) -> tuple[Outcome, float]:
        """What a second call with the same key gets, and when: the first call's result, if that is there."""
        assert self._keys is not None
        hold = self._hold_of.get(row)
        if cents != (self.charges.cents[row] if hold is None else self.holds.cents[hold]) and self._keys.mismatch == "error":
            return Outcome.MISMATCH, latency_s
        if now >= self._done_s[row]:
            return Outcome(self._result[row]), latency_s
        if self._keys.in_flight == "conflict":
            return Outcome.CONFLICT, min(REFUSAL_S, self._done_s[row] - now)
        return Outcome(self._result[row]), max(latency_s, self._done_s[row] - now)

    def on_news(self, listener: Listener) -> None:
        """Have webhooks sent to `listener(order, outcome, not_taken)`, which calls `not_taken` if it couldn't handle one."""
        self._listener = listener

    def _send_webhook(self, order: Order, outcome: Outcome, after_s: float, delivery: int) -> None:
        """One delivery, late by a random delay, perhaps lost, perhaps followed by another; at most 64 of a call in a row."""
        hooks = self._knobs.webhooks
        mishap = None if self._script is None else self._script.strikes(WEBHOOK, order.purchase)
        how = None if mishap is None else mishap.how
        fate = self._webhook_fate(order.purchase, 2 * delivery)
        if fate >= hooks.lost and how != "lost":
            delay_s = after_s + self._webhook_delay_s(order.purchase, delivery)
            if mishap is not None and how == "late":
                delay_s += mishap.later_s
            self._env.call(delay_s, self._deliver_webhook, (order, outcome, delivery))
        again = self._webhook_fate(order.purchase, 2 * delivery + 1) < hooks.duplicated or how == "twice"
        if again and (delivery + 1) % WEBHOOKS:
            self._send_webhook(order, outcome, after_s, delivery + 1)

    def _deliver_webhook(self, what: tuple[Order, Outcome, int]) -> None:
        order, outcome, delivery = what
        assert self._listener is not None
        if self._observer is not None:
            self._observer.delivered_webhook(order, outcome, again=delivery % WEBHOOKS > 0)
        self._listener(order, outcome, lambda: self._send_webhook(order, outcome, self._knobs.webhooks.retry, delivery + 1))

    def inquire(self, order: Order, timeout_s: float, *, caller: str = "checkout") -> Event:
        """Ask what became of all calls for an order; an event whose value is CAPTURED or DECLINED, AUTHORISED while money is
        held for it, CHALLENGED while its customer has not finished, CONFLICT while a call is being worked on, FAILED if nothing
        was charged *so far*, UNKNOWN if the provider doesn't say within `timeout_s`.

        A call that hangs out of the provider's sight is not known to it yet.
        """
        latency_s, outcome = self._inquiry(order, timeout_s)
        if self._observer is not None:
            answered_s = self._env.now + latency_s
            self._observer.inquired(caller, order, outcome=outcome, answered_s=answered_s, timeout_s=timeout_s)
            return self._observed(self._observer, caller, order, pause(self._env, latency_s, outcome))
        return pause(self._env, latency_s, outcome)

    def _inquiry(self, order: Order, timeout_s: float) -> tuple[float, Outcome]:
        """How long the caller waits for the answer, and what it says."""
        turn = INQUIRIES + self._inquiries[order.id]
        self._inquiries[order.id] += 1
        weather = self._weather.at(self._env.now)
        if self._script is not None and self._script.strikes(INQUIRY, order.purchase) is not None:
            return timeout_s, Outcome.UNKNOWN
        if weather.down:
            return timeout_s if weather.hangs else REFUSAL_S, Outcome.UNKNOWN
        latency_s = self._latency_s(order.purchase, turn) * weather.slower
        luck, answered = self._luck(order.purchase, turn, weather)
        if latency_s > timeout_s or not answered:
            return timeout_s, Outcome.UNKNOWN
        if luck is not None:
            return latency_s, Outcome.UNKNOWN
        return latency_s, self._known_of(order)

    def _known_of(self, order: Order) -> Outcome:
        """What the provider itself knows of an order now."""
        self._index()
        now, rows = self._env.now, self._rows_of.get(order.id, [])
        results = {self._result[row] for row in rows if self._done_s[row] <= now}
        if any(self.charges.captured_s[row] <= now for row in rows):
            return Outcome.CAPTURED
        if any(self._seen_s[row] <= now < self._done_s[row] for row in rows):
            return Outcome.CONFLICT
        if any(self._held(hold) for hold in self._holds_of.get(order.id, ())):
            return Outcome.AUTHORISED
        if any(row in self._unfinished and self._done_s[row] <= now for row in rows):  # a repeat of it says so for ever
            return Outcome.CHALLENGED
        return Outcome.DECLINED if Outcome.DECLINED in results else Outcome.FAILED

    def _index(self) -> None:
        """Add the calls since the last inquiry to `_rows_of`."""
        for row in range(self._indexed, len(self._result)):
            self._rows_of.setdefault(self.charges.order[row], []).append(row)
        self._indexed = len(self._result)

    def _within_rate_limit(self, rate: float, now: float) -> bool:
        """A token bucket that holds one second's worth."""
        burst = max(rate, 1.0)
        self._tokens = min(burst, self._tokens + (now - self._tokens_s) * rate)
        self._tokens_s = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def ledger(self, young: list[int], next_row: int, *, before_s: float) -> tuple[list[int], list[int], int]:
        """Charges taken up to `before_s` and still kept, among the rows `young` and those from `next_row` on.

        Returns their rows, the rows that are too young yet, and the next new row. (What the listing itself takes is left out.)
        """
        captured, refunded = self.charges.captured_s, self.charges.refunded_s
        due, still_young = [], []
        for row in (*young, *range(next_row, len(captured))):
            if captured[row] <= before_s:
                if isnan(refunded[row]):
                    due.append(row)
            elif not isnan(captured[row]) or row in self._unfinished:
                still_young.append(row)
        return due, still_young, len(captured)

    @property
    def unlocked(self) -> bool:
        """Whether two refunds at the same time may give back more than was taken."""
        return self._knobs.refunds.check == "look_then_act"

    @property
    def down(self) -> bool:
        """Whether the provider is in an outage now."""
        return self._weather.at(self._env.now).down

    def idle(self, now: float) -> bool:
        """Whether all calls are done, no customer is to finish one, and nothing is held that may still be taken or released."""
        if self._unfinished or any(done_s > now for done_s in self._done_s):
            return False
        return not any(self._rest(hold) for hold in range(len(self.holds)))

    # Payments that are left to the customer

    def _wait_for_customer(self, row: int, order: Order, takes: bool, latency_s: float, attempt: int) -> Outcome:
        """From now on the payment waits for its customer, for as long as it lasts."""
        self._unfinished[row] = Unfinished(order, takes, WEBHOOKS * attempt)
        self._env.call(latency_s + self._knobs.challenge.lasts, self._give_up, row)
        return Outcome.CHALLENGED

    def _give_up(self, row: int) -> None:
        if row in self._unfinished:
            self._end(row, Outcome.DECLINED, by_customer=False)

    def finish(self, order: Order) -> bool:
        """The customer finishes the last payment of an order that waits for them. False if the provider is down."""
        if self.down:
            return False
        row = max((row for row, one in self._unfinished.items() if one.order is order), default=None)
        if row is not None:
            if not (self._other_cards if order.card else self._good_card)[order.purchase]:
                outcome = Outcome.DECLINED
            elif self._unfinished[row].takes:
                outcome = Outcome.CAPTURED
                self.charges.captured_s[row] = self._env.now
            else:
                outcome = Outcome.AUTHORISED
                self._hold(row, order, self._env.now)
            self._end(row, outcome, by_customer=True)
        return True

    def _end(self, row: int, outcome: Outcome, *, by_customer: bool) -> None:
        order, _, delivery = self._unfinished.pop(row)
        self._result[row] = outcome
        self._done_s[row] = self._env.now
        if self._observer is not None:
            self._observer.finished(order, row=row, outcome=outcome, by_customer=by_customer)
        if self._listener is not None:
            self._send_webhook(order, outcome, 0.0, delivery)

    # Money that is held, taken later, or given back

    def _hold(self, row: int, order: Order, authorised_s: float) -> None:
        """A call has authorised the order's money."""
        holds = self.holds
        self._hold_of[row] = number = len(holds)
        self._holds_of.setdefault(order.id, []).append(number)
        holds.charge.append(row)
        holds.purchase.append(order.purchase)
        holds.order.append(order.id)
        holds.cents.append(order.cents)
        for cents in (holds.captured_cents, holds.voided_cents, holds.expired_cents):
            cents.append(0)
        if self._listener is not None and self._knobs.webhooks.moves:
            self._env.call(authorised_s + self._knobs.authorisation.lasts - self._env.now, self._tell_end, (order, number))
        holds.authorised_s.append(authorised_s)
        holds.released_s.append(NEVER)

    def _tell_end(self, what: tuple[Order, int]) -> None:
        order, hold = what
        if self._rest(hold):
            self._tell_move(order, Outcome.VOIDED, 0.0, EXPIRIES + hold)

    def _tell_move(self, order: Order, outcome: Outcome, after_s: float, turn: int) -> None:
        """News that money is the customer's again."""
        if self._listener is not None and self._knobs.webhooks.moves:
            self._send_webhook(order, outcome, after_s, WEBHOOKS * turn)

    def _rest(self, hold: int) -> int:
        """What was authorised and is neither captured nor voided, expired or not."""
        holds = self.holds
        return holds.cents[hold] - holds.captured_cents[hold] - holds.voided_cents[hold]

    def _expires_s(self, hold: int) -> float:
        return self.holds.authorised_s[hold] + self._knobs.authorisation.lasts

    def _held(self, hold: int) -> int:
        """Cents that an authorisation holds now."""
        return self._rest(hold) if self.holds.authorised_s[hold] <= self._env.now < self._expires_s(hold) else 0

    def expire(self, until_s: float) -> None:
        """Note of every authorisation that ended by then what was left of it."""
        for hold in range(len(self.holds)):
            if (rest := self._rest(hold)) and (end_s := self._expires_s(hold)) <= until_s:
                self.holds.expired_cents[hold] = rest
                self.holds.released_s[hold] = end_s

    def held(self, *, before_s: float) -> list[int]:
        """Rows of the authorisations made up to `before_s` of which some money is still held. (Listing takes no time.)"""
        return [hold for hold in range(len(self.holds)) if self.holds.authorised_s[hold] <= before_s and self._held(hold)]

    def capture(
        self, order: Order, timeout_s: float, cents: int | None = None, key: object = None, *, caller: str = "checkout"
    ) -> Event:
        """Take money that is authorised for an order, all that is held or so many cents; an event whose value is the Outcome.

        CAPTURED; FAILED if not so much is held (any more), or the call is refused.
        """
        hold, held = -1, 0
        for hold in self._holds_of.get(order.id, ()):
            if (held := self._held(hold)) and (cents is None or cents <= held):
                break
        asked = held if cents is None else cents
        result, latency_s, answered, new = self._asked(order, key, Outcome.CAPTURED if 0 < asked <= held else Outcome.FAILED)
        now = self._env.now
        done_s = now + latency_s
        attempt = self._calls[order.purchase] - 1
        if moved := new and result is Outcome.CAPTURED:
            row = self.holds.charge[hold]
            self.holds.captured_cents[hold] += asked
            if isnan(self.charges.captured_s[row]):
                self.charges.captured_s[row], self.charges.cents[row] = done_s, asked
            else:
                self.charges.cents[row] += asked
            if not self._rest(hold):
                self.holds.released_s[hold] = done_s
            if self._listener is not None:
                self._send_webhook(order, result, latency_s, WEBHOOKS * attempt)
        outcome, answered_s = (result, done_s) if answered and latency_s <= timeout_s else (Outcome.UNKNOWN, now + timeout_s)
        captures = self.captures
        captures.hold.append(hold)
        captures.purchase.append(order.purchase)
        captures.cents.append(asked)
        captures.outcome.append(outcome)
        captures.sent_s.append(now)
        captures.answered_s.append(answered_s)
        captures.captured_s.append(done_s if moved else NEVER)
        answer = pause(self._env, answered_s - now, outcome)
        if self._observer is None:
            return answer
        row = -1 if hold < 0 else self.holds.charge[hold]
        move = Move(row, asked, timeout_s, result, done_s, outcome, answered_s, moved)
        self._observer.captured(caller, order, move=move)
        return self._observed(self._observer, caller, order, answer)

    def void(self, order: Order, timeout_s: float, *, caller: str = "checkout") -> Event:
        """Release all that is held for an order; an event whose value is VOIDED, or FAILED if all of it is captured, nothing
        was ever held, or the call is refused. A second void changes nothing.
        """
        mine = self._holds_of.get(order.id, [])
        held = {hold: cents for hold in mine if (cents := self._held(hold))}
        released = any(self._rest(hold) or self.holds.voided_cents[hold] for hold in mine)
        result, latency_s, answered, _ = self._asked(order, None, Outcome.VOIDED if released else Outcome.FAILED)
        now = self._env.now
        done_s = now + latency_s
        if moved := result is Outcome.VOIDED and bool(held):
            for hold, cents in held.items():
                self.holds.voided_cents[hold] += cents
                self.holds.released_s[hold] = done_s
            self._tell_move(order, result, latency_s, self._calls[order.purchase] - 1)
        outcome, answered_s = (result, done_s) if answered and latency_s <= timeout_s else (Outcome.UNKNOWN, now + timeout_s)
        answer = pause(self._env, answered_s - now, outcome)
        if self._observer is None:
            return answer
        row = self.holds.charge[mine[-1]] if mine else -1
        move = Move(row, sum(held.values()), timeout_s, result, done_s, outcome, answered_s, moved)
        self._observer.voided(caller, order, move=move)
        return self._observed(self._observer, caller, order, answer)

    def _asked(self, order: Order, key: object, result: Outcome) -> tuple[Outcome, float, bool, bool]:
        """A call that moves authorised money meets the weather like any other: its result, its latency, whether the answer
        arrives, and whether the result is of this call and not of an earlier one with the same key.
        """
        now, purchase = self._env.now, order.purchase
        attempt = self._calls[purchase]
        self._calls[purchase] = attempt + 1
        weather = self._weather.at(now)
        if weather.down or (self._rate_limit is not None and not self._within_rate_limit(self._rate_limit, now)):
            return Outcome.FAILED, REFUSAL_S, not weather.hangs, True
        latency_s = self._latency_s(purchase, attempt) * weather.slower
        mishap = None if self._script is None else self._script.strikes(CALL, purchase)
        if mishap is not None and mishap.how in SLOW:
            latency_s += mishap.later_s
        luck, answered = self._luck(purchase, attempt, weather, mishap)
        if mishap is not None and mishap.how == "declined":
            luck = Outcome.FAILED
        if luck is not None:
            return luck, latency_s, answered, True
        if key is not None and self._keys is not None:
            known = self._moves.get(key)
            if known is not None and now < known[1]:
                return Outcome.CONFLICT, min(REFUSAL_S, known[1] - now), answered, False
            if known is not None:
                return known[0], latency_s, answered, False
            if result is not Outcome.FAILED:
                self._moves[key] = result, now + latency_s
        return result, latency_s, answered, True

    def refund(
        self, row: int, cents: int | None = None, key: object = None, *, caller: str = "checkout", order: Order | None = None
    ) -> Event:
        """Give the money of one charge back, all that is left of it or so many cents; an event at the provider's answer.

        `order`: of whom a webhook tells, if the provider sends some for refunds.

        Its value is REFUNDED; FAILED if less is left, or the refund is refused; or UNKNOWN if the answer is lost. A repeat with
        the same `key` gives nothing back, and has the first one's outcome.
        """
        now, charges, purchase, knobs = self._env.now, self.charges, self.charges.purchase[row], self._knobs.refunds
        delay_s = self._latency_s(purchase, REFUNDS)
        if key is not None and key in self._given_back:
            return pause(self._env, delay_s, Outcome.REFUNDED)  # a purchase's refunds all take as long: the first one is done
        mine = self._refunds_of.get(row, [])
        seen = [one for one in mine if knobs.check == "locked" or self.refunds.refunded_s[one] <= now]
        left = charges.cents[row] - sum(self.refunds.cents[one] for one in seen) if charges.captured_s[row] <= now else 0
        asked = left if cents is None else cents
        turn = self._refund_calls[purchase]
        self._refund_calls[purchase] += 1
        fate = 1.0 if self._refund_fate is None else self._refund_fate(purchase, turn)
        mishap = None if self._script is None else self._script.strikes(REFUND, purchase)
        refused = fate < knobs.failed if mishap is None else mishap.how == "refused"
        unanswered = fate < knobs.failed + knobs.unanswered if mishap is None else mishap.how == "unanswered"
        if refused or not 0 < asked <= left:
            if self._observer is not None:
                self._observer.refund_refused(caller, purchase, cents=asked)
            return pause(self._env, delay_s, Outcome.FAILED)
        self._refunds_of.setdefault(row, []).append(len(self.refunds))
        self.refunds.charge.append(row)
        self.refunds.purchase.append(purchase)
        self.refunds.cents.append(asked)
        self.refunds.refunded_s.append(now + delay_s)
        if (
            isnan(charges.refunded_s[row])
            and sum(self.refunds.cents[one] for one in self._refunds_of[row]) >= charges.cents[row]
        ):
            charges.refunded_s[row] = now + delay_s
        if order is not None:
            self._tell_move(order, Outcome.REFUNDED, delay_s, REFUNDS + turn)
        if key is not None:
            self._given_back.add(key)
        if self._observer is not None:
            self._observer.refunded(caller, purchase, cents=asked)
        return pause(self._env, delay_s, Outcome.UNKNOWN if unanswered else Outcome.REFUNDED)
