"""The payment provider: its ledger, its idempotency keys and its moods."""

from __future__ import annotations

from collections import Counter
from math import nan

from sim.config.design import Design
from sim.config.scenario import Scenario
from tests.theory.oracle.records import Charge, Customer, Order
from tests.theory.oracle.stores import Stores

INQUIRIES = 500_000  # where the draws for inquiries are among a purchase's calls
REFUSAL_S = 0.05  # of a provider that is down, over its rate limit, or still at work on the key


class Provider(Stores):
    """What will become of a call is known when it is made."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.purchases: list[Customer] = []
        self.charges: list[Charge] = []
        self.calls: Counter[int] = Counter()  # by purchase
        self.stands_for: dict[object, Charge] = {}  # idempotency keys
        self.tokens, self.tokens_s = max(scenario.provider.rate_limit or 0.0, 1.0), 0.0
        times, uniform, provider = self.streams.times, self.streams.uniform, scenario.provider
        self.latency_s = times("provider.latency", provider.latency)
        self.fate = uniform("provider.fate")
        self.late = uniform("provider.late")
        self.late_s = times("provider.late.by", provider.late.by)
        self.answer_s = times("provider.answer", provider.answer)
        self.challenge = uniform("provider.challenge")
        self.unfinished: dict[Charge, Order] = {}  # payments that wait for their customers
        self.inquiries: Counter[int] = Counter()  # by order

    def call_provider(self, order: Order, key: object, timeout_s: float) -> tuple[str, float]:
        """What the caller will see, and after how many seconds. The ledger's row is complete, unless the customer pays."""
        provider, purchase = self.scenario.provider, order.purchase
        call = self.calls[purchase]
        self.calls[purchase] += 1
        weather = self.weather("provider", self.now)
        failed = provider.failed if weather.failed is None else weather.failed
        ambiguous = provider.ambiguous if weather.ambiguous is None else weather.ambiguous
        errored = provider.errored if weather.errored is None else weather.errored
        seconds, hidden_s = self.latency_s(purchase, call) * weather.slower, 0.0
        luck = self.fate(purchase, call)
        keys = provider.keys != "none" and key is not None
        first = self.first_call(key) if keys else None
        captured_s, heard, gives_up_s = nan, True, nan
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
                    hidden_s = self.late_s(purchase, call)
                    seconds += hidden_s
                if not self.purchases[purchase].good_card:
                    result = "declined"
                elif self.challenge(purchase, call) < provider.challenge.p:
                    result, gives_up_s = "challenged", seconds + provider.challenge.lasts
                else:
                    result, captured_s = "captured", self.now + seconds
            seconds += self.answer_s(purchase, call)
        done_s = self.now + seconds
        seen = (result, seconds) if heard and seconds <= timeout_s else ("unknown", timeout_s)
        charge = Charge(
            purchase, order.id, order.cents, self.now, seen[0], self.now + seen[1], captured_s, result, done_s,
            self.now + hidden_s,
        )  # fmt: skip
        self.charges.append(charge)
        if keys and first is None:
            self.stands_for[key] = charge
        if result == "challenged" and first is None:
            self.unfinished[charge] = order
            self.after(gives_up_s, self.give_up, charge)
        return seen

    def first_call(self, key: object) -> Charge | None:
        """The call that a key stands for: not if it is too old, nor once it was refused before any charge."""
        keys, charge = self.scenario.provider.keys, self.stands_for.get(key)
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

    def inquire(self, order: Order) -> tuple[str, float]:
        """What the provider says of an order's calls so far, and after how many seconds."""
        provider, purchase, timeout_s = self.scenario.provider, order.purchase, self.design.payment.timeout
        turn = INQUIRIES + self.inquiries[order.id]
        self.inquiries[order.id] += 1
        weather = self.weather("provider", self.now)
        if weather.down:
            return "unknown", REFUSAL_S
        failed = provider.failed if weather.failed is None else weather.failed
        ambiguous = provider.ambiguous if weather.ambiguous is None else weather.ambiguous
        errored = provider.errored if weather.errored is None else weather.errored
        seconds, luck = self.latency_s(purchase, turn) * weather.slower, self.fate(purchase, turn)
        if seconds > timeout_s or failed <= luck < min(failed + ambiguous, 1 - errored):
            return "unknown", timeout_s
        return "unknown" if luck < failed or luck >= 1 - errored else self.known_of(order), seconds

    def known_of(self, order: Order) -> str:
        calls = [charge for charge in self.charges if charge.order == order.id]
        over = [charge for charge in calls if charge.done_s <= self.now]
        if any(charge.captured_s <= self.now for charge in calls):
            return "captured"
        if any(charge.seen_s <= self.now < charge.done_s for charge in calls):
            return "conflict"
        if any(charge in self.unfinished for charge in over):
            return "challenged"
        return "declined" if any(charge.result == "declined" for charge in over) else "failed"

    # A payment that is left to its customer

    def finish_payment(self, order: Order) -> bool:
        if self.weather("provider", self.now).down:
            return False
        charge = next((one for one in reversed(self.unfinished) if self.unfinished[one] is order), None)
        if charge is not None:
            good = self.purchases[order.purchase].good_card
            charge.captured_s = self.now if good else nan
            self.end(charge, "captured" if good else "declined")
        return True

    def give_up(self, charge: Charge) -> None:
        if charge in self.unfinished:
            self.end(charge, "declined")

    def end(self, charge: Charge, result: str) -> None:
        del self.unfinished[charge]
        charge.result, charge.done_s = result, self.now

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
