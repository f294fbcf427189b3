"""The payment provider: slow, flaky, sometimes right when it looks wrong. Money is counted here and nowhere else.

Everything about a call is known when it is made (the draws belong to the purchase and its nth call), so a late success needs no
event: the ledger's row says when the money was taken, whoever had stopped waiting by then.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from math import inf, isnan

from simpy.events import Event

from sim.config.scenario import Provider as Knobs
from sim.config.scenario import ProviderKeys
from sim.ledger.records import Charges, Small, Times
from sim.vocabulary import Outcome
from sim.world.database import NEVER, Order
from sim.world.engine import Clock, pause
from sim.world.observer import Call, Observer
from sim.world.streams import Streams
from sim.world.timetable import Timetable, Weather

WEBHOOKS = 64  # most webhooks of one call in a row, and how many draws are reserved for them
INQUIRIES = 500_000  # the attempt number at which the draws for inquiries begin; no purchase makes as many calls
Listener = Callable[[Order, Outcome, Callable[[], None]], None]
REFUSAL_S = 0.05  # how fast a provider says no that is down, over its rate limit, or still at work on the key (assumption)


class Provider:
    """Charges cards, keeps the ledger, honours idempotency keys."""

    def __init__(
        self, env: Clock, knobs: Knobs, *, good_card: Small, charges: Charges, streams: Streams, weather: Timetable,
        observer: Observer | None = None,
    ) -> None:  # fmt: skip
        self._env = env
        self._knobs = knobs
        self._keys = None if knobs.keys == "none" else knobs.keys
        self._good_card = good_card
        self.charges = charges
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

    def charge(self, order: Order, timeout_s: float, key: object = None, *, caller: str = "checkout") -> Event:
        """Ask for the order's money; an event whose value is the Outcome as the caller sees it, within `timeout_s`.

        `caller`: which component asks.
        """
        now = self._env.now
        purchase = order.purchase
        attempt = self._calls[purchase]
        self._calls[purchase] = attempt + 1
        weather = self._weather.at(now)
        latency_s = self._latency_s(purchase, attempt) * weather.slower
        row = len(self._result)
        captured_s = NEVER
        answered = True
        hidden_s = 0.0
        if weather.down or (self._rate_limit is not None and not self._within_rate_limit(self._rate_limit, now)):
            outcome, latency_s, answered = Outcome.FAILED, REFUSAL_S, not weather.hangs
        else:
            luck, answered = self._luck(purchase, attempt, weather)
            known = None if key is None or self._keys is None else self._recall(self._keys, key, now)
            if luck is not None:
                outcome = luck
            elif known is not None:
                outcome, latency_s = self._repeated(known, order.cents, now, latency_s)
            else:
                if self._late is not None and self._late(purchase, attempt) < self._knobs.late.p:
                    hidden_s = self._late_s(purchase, attempt)
                    latency_s += hidden_s
                self.authorisations += 1
                if self._good_card[purchase]:
                    outcome, captured_s = Outcome.CAPTURED, now + latency_s
                else:
                    outcome = Outcome.DECLINED
            if key is not None and known is None:
                self._stored[key] = row
            if self._listener is not None and known is None and (outcome == Outcome.CAPTURED or self._tells_failure(outcome)):
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
            call = Call(key, timeout_s, result, self._done_s[row], captured_s, Outcome(outcome), now + latency_s)
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

    def _luck(self, purchase: int, attempt: int, weather: Weather) -> tuple[Outcome | None, bool]:
        """The outcome of a call that fails before anything is charged, else None; and whether the answer arrives.

        Replays of a key are calls too, and can fail like any other.
        """
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
        if cents != self.charges.cents[row] and self._keys.mismatch == "error":
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
        fate = self._webhook_fate(order.purchase, 2 * delivery)
        if fate >= hooks.lost:
            delay_s = after_s + self._webhook_delay_s(order.purchase, delivery)
            self._env.call(delay_s, self._deliver_webhook, (order, outcome, delivery))
        again = self._webhook_fate(order.purchase, 2 * delivery + 1) < hooks.duplicated
        if again and (delivery + 1) % WEBHOOKS:
            self._send_webhook(order, outcome, after_s, delivery + 1)

    def _deliver_webhook(self, what: tuple[Order, Outcome, int]) -> None:
        order, outcome, delivery = what
        assert self._listener is not None
        if self._observer is not None:
            self._observer.delivered_webhook(order, outcome, again=delivery % WEBHOOKS > 0)
        self._listener(order, outcome, lambda: self._send_webhook(order, outcome, self._knobs.webhooks.retry, delivery + 1))

    def inquire(self, order: Order, timeout_s: float, *, caller: str = "checkout") -> Event:
        """Ask what became of all calls for an order; an event whose value is CAPTURED or DECLINED, CONFLICT while a call is
        being worked on, FAILED if nothing was charged *so far*, UNKNOWN if the provider doesn't say within `timeout_s`.

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
            elif not isnan(captured[row]):
                still_young.append(row)
        return due, still_young, len(captured)

    @property
    def down(self) -> bool:
        """Whether the provider is in an outage now."""
        return self._weather.at(self._env.now).down

    def refund(self, row: int, *, caller: str = "checkout") -> Event:
        """Give the money of one charge back; refunding twice changes nothing. An event at the provider's answer."""
        delay_s = self._latency_s(self.charges.purchase[row], 1_000_000)
        if isnan(self.charges.refunded_s[row]):
            self.charges.refunded_s[row] = self._env.now + delay_s
            if self._observer is not None:
                self._observer.refunded(caller, self.charges.purchase[row], cents=self.charges.cents[row])
        return pause(self._env, delay_s)
