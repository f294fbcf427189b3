"""Public reports of money that was captured or given back twice: the simulator must come to what happened there."""

from __future__ import annotations

from math import sqrt

from sim.architectures.naive import Naive
from sim.config.design import Design, Keys, RequestPayment
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.engine import Story
from sim.world.shop import Shop

MORNINGS = 4
DOUBLE_TAPS = """
name: double-capture-compensates
clock: {start: "12:00", duration: 60min, drain: 30min}
traffic: {rate: 10/min, price: 80 USD}
customers:
  patience: {constant: 1h}
  after_patience: {tap_again: 100%, refresh: 0%, leave: 0%}
  double_tap: {p: 3%, gap: 200ms}
provider: {latency: {uniform: [500ms, 1500ms]}}
"""
REFUNDS = """
name: refund-twice
clock: {start: "12:00", duration: 10min, drain: 10min}
traffic: {rate: 6/min, price: 100 USD}
customers: {patience: {constant: 1h}}
provider: {latency: {uniform: [300ms, 900ms]}, refunds: {check: CHECK}}
"""


def metrics(scenario: Scenario, design: Design) -> dict[str, float]:
    """The means of four mornings."""
    result = compare(scenario, [design], Effort(mornings=MORNINGS, jobs=1)).results[design.name]
    return {name: estimate.mean or 0.0 for name, estimate in result.metrics.items()}


class Compensates(Design):
    """Two requests finish one payment, each with a capture of its own; whoever comes second undoes what is done."""

    name: str = "compensates"
    claim: Keys = Keys()
    payment: RequestPayment = RequestPayment(key="none")

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        order, known = yield from shop.accept(request, self.claim)
        if known:
            yield shop.sleep(2.0)  # by then the first request has authorised
        elif (yield from shop.authorise(order)) is not Outcome.AUTHORISED:
            return Reply(Answer.FAILED, order)
        outcome = yield from shop.capture(order)
        yield from self.finish(shop, order, outcome)
        return Reply(Answer.CONFIRMED, order)

    def finish(self, shop: Shop, order: Order, outcome: Outcome) -> Story:
        if outcome is Outcome.CAPTURED:
            yield from shop.settle(order, outcome)
            yield from shop.publish(order)
        else:  # captured already, taken for a failure
            yield shop.sleep(2.0)
            rows = [row for row, number in enumerate(shop.provider.charges.order) if number == order.id]
            for row in rows:
                yield from shop.refund(row)

    def set_up(self, shop: Shop) -> None:
        pass


class Forgives(Compensates):
    """Captured already is a success."""

    name: str = "forgives"

    def finish(self, shop: Shop, order: Order, outcome: Outcome) -> Story:
        if outcome is Outcome.CAPTURED:
            yield from super().finish(shop, order, outcome)


def test_whoever_captures_second_and_undoes_it_gives_paid_orders_back() -> None:
    """Every double tap is confirmed and refunded: 3 % of the purchases (medusa 13301, 12674)."""
    world = parse_scenario(DOUBLE_TAPS)
    found = metrics(world, Compensates(app={"key": "purchase", "retry": {"never": True}}))
    number = found["purchases"] * MORNINGS
    assert abs(found["unpaid_order_rate"] - 0.03) < 3 * sqrt(0.03 * 0.97 / number)
    assert found["double_charge_rate"] == 0


def test_captured_already_is_a_success() -> None:
    """Then nobody is harmed."""
    found = metrics(parse_scenario(DOUBLE_TAPS), Forgives(app={"key": "purchase", "retry": {"never": True}}))
    assert found["unpaid_order_rate"] == found["double_charge_rate"] == found["blocked_rate"] == 0
    assert found["confirmed_share"] == 1


class TwoClerks(Naive):
    """naive, and two clerks who each give 60 USD of every charge back, at the same moment."""

    name: str = "two-clerks"

    def clerk(self, shop: Shop) -> Story:
        done = 0
        while True:
            yield shop.sleep(300.0)
            number = len(shop.provider.charges)
            for row in range(done, number):
                yield from shop.refund(row, 6000)
            done = number

    def set_up(self, shop: Shop) -> None:
        shop.background("reconciler", self.clerk)
        shop.background("completer", self.clerk)


def test_a_provider_that_looks_then_acts_gives_more_back_than_was_taken() -> None:
    """Two refunds of 60 for a payment of 100 both pass: 20 USD too much of each purchase (hyperswitch 13182, eventyay 1405)."""
    found = metrics(parse_scenario(REFUNDS.replace("CHECK", "look_then_act")), TwoClerks())
    late = 0.15  # who came so late that the clerks were not there any more in time
    assert 20_000 * (1 - late) < found["over_refunded_per_1000"] <= 20_000
    assert found["unpaid_order_rate"] > 1 - late


def test_a_provider_that_locks_gives_no_more_back_than_was_taken() -> None:
    """The second refund is refused, so 40 USD are kept."""
    found = metrics(parse_scenario(REFUNDS.replace("CHECK", "locked")), TwoClerks())
    assert found["over_refunded_per_1000"] == 0
    assert found["unpaid_order_rate"] == 0
