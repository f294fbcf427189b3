"""The payment provider: its ledger, its idempotency keys and its moods."""

from __future__ import annotations

from collections import Counter
from math import nan

from sim.config.design import Design
from sim.config.scenario import Scenario
from tests.theory.oracle.records import Charge, Customer, Order
from tests.theory.oracle.stores import Stores

REFUSAL_S = 0.05  # of a provider that is down, over its rate limit, or still at work on the key


class Provider(Stores):
    """What will become of a call is known when it is made."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.purchases: list[Customer] = []
        self.charges: list[Charge] = []
        self.calls: Counter[int] = Counter()  # by purchase
        self.stands_for: dict[int, Charge] = {}  # idempotency keys
        self.tokens, self.tokens_s = max(scenario.provider.rate_limit or 0.0, 1.0), 0.0
        times, uniform, provider = self.streams.times, self.streams.uniform, scenario.provider
        self.latency_s = times("provider.latency", provider.latency)
        self.fate = uniform("provider.fate")
        self.late = uniform("provider.late")
        self.late_s = times("provider.late.by", provider.late.by)
        self.answer_s = times("provider.answer", provider.answer)

    def call_provider(self, order: Order) -> tuple[str, float]:
        """What the caller will see, and after how many seconds. The ledger's row is complete at once."""
        provider, purchase = self.scenario.provider, order.purchase
        call = self.calls[purchase]
        self.calls[purchase] += 1
        weather = self.weather("provider", self.now)
        failed = provider.failed if weather.failed is None else weather.failed
        ambiguous = provider.ambiguous if weather.ambiguous is None else weather.ambiguous
        errored = provider.errored if weather.errored is None else weather.errored
        seconds = self.latency_s(purchase, call) * weather.slower
        luck = self.fate(purchase, call)
        keys = provider.keys != "none" and self.keyed and self.knobs.payment.key == "order"
        first = self.first_call(order) if keys else None
        captured_s, heard = nan, True
        if weather.down or not self.token():
            result, seconds, keys = "failed", REFUSAL_S, False
        else:
            heard = not failed <= luck < failed + ambiguous
            if luck < failed:
                result = "failed"
            elif luck >= 1 - errored:
                result, heard = "error", True
            elif first is not None:
                result, seconds = self.repeat(first, order, seconds)
            else:
                if self.late(purchase, call) < provider.late.p:
                    seconds += self.late_s(purchase, call)
                result = "captured" if self.purchases[purchase].good_card else "declined"
                captured_s = self.now + seconds if result == "captured" else nan
            seconds += self.answer_s(purchase, call)
        done_s = self.now + seconds
        timeout_s = self.design.payment.timeout
        seen = (result, seconds) if heard and seconds <= timeout_s else ("unknown", timeout_s)
        charge = Charge(
            purchase, order.id, order.cents, self.now, seen[0], self.now + seen[1], captured_s, result, done_s
        )  # fmt: skip
        self.charges.append(charge)
        if keys and first is None:
            self.stands_for[order.id] = charge
        return seen

    def first_call(self, order: Order) -> Charge | None:
        """The call that this order's key stands for: not if it is too old, nor once it was refused before any charge."""
        keys, charge = self.scenario.provider.keys, self.stands_for.get(order.id)
        assert keys != "none"
        if charge is None or self.now >= charge.sent_s + keys.ttl:
            return None
        forgotten = charge.result == "failed" or (charge.result == "error" and not keys.stores_errors)
        return None if forgotten and self.now >= charge.done_s else charge

    def repeat(self, first: Charge, order: Order, seconds: float) -> tuple[str, float]:
        keys = self.scenario.provider.keys
        assert keys != "none"
        if first.cents != order.cents and keys.mismatch == "error":
            return "mismatch", seconds
        if self.now < first.done_s and keys.in_flight == "conflict":
            return "conflict", min(REFUSAL_S, first.done_s - self.now)
        return first.result, max(seconds, first.done_s - self.now)

    def token(self) -> bool:
        """A bucket that holds one second's worth of calls."""
        rate = self.scenario.provider.rate_limit
        if rate is None:
            return True
        self.tokens = min(max(rate, 1.0), self.tokens + (self.now - self.tokens_s) * rate)
        self.tokens_s = self.now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
