"""A second simulator of the checkout, deliberately plain, that must agree with the first one event for event.

One heap of (time, sequence, what to do), and one class in seven chapters, of which each knows those before it: weather, stores,
provider, workers, stories, proxy, people. It knows no SimPy, no generators and no closed forms: a queue is a deque, a worker is
a number, a dead process is a flag. It shares nothing with `sim` but the files' values, the arrival times, and the random draws
by their names and owners.

It tells `naive` and `idempotent` with customers, app, network, proxy, pool, order database, provider, the client library that
calls it, payments that customers finish there, reconciler, completer, broker, status view and loyalty, in any weather of
theirs. It leaves out outbox, inquiry and webhooks-first, webhooks, new keys (after a 500, or when a key may have been
forgotten), guards other than a unique key, a look before a retry, the canceller, replicas, a database that fails or is held,
accounts, renewals, agents, another card, messages in bulk, the loyalty inbox, calling loyalty inline, cached views, traffic
spikes, processes that throw errors or cut their connections, and crashes of what isn't a pool of workers. `Oracle` refuses a
world with any of these.
"""

from __future__ import annotations

from typing import Any

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.world.timetable import UP
from sim.world.traffic import arrival_times
from tests.theory.oracle.people import People
from tests.theory.oracle.records import Customer
from tests.theory.oracle.weather import KINDS


class Oracle(People):
    """One morning. `run()` it, then read `purchases`, `requests`, `charges`, `orders`, `awards`, `reads` and `crashes`."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        refuse(scenario, design)
        super().__init__(scenario, design, seed)

    def run(self) -> Oracle:
        arrivals = arrival_times(self.scenario, UP, self.streams)
        cards = self.streams.generator("customer.card").random(len(arrivals)) >= self.scenario.provider.declined
        for purchase, (arrival_s, good_card) in enumerate(zip(arrivals.tolist(), cards.tolist(), strict=True)):
            self.purchases.append(Customer(purchase, int(good_card), basket_cents=self.scenario.traffic.price))
            self.after(arrival_s, self.arrive, self.purchases[-1])
        self.run_until(self.scenario.clock.horizon_s)
        if self.design.read_model.inline:
            self.show_the_write_model()
        return self


def refuse(scenario: Scenario, design: Design) -> None:
    """Raises AssertionError for what the oracle leaves out."""
    knobs: Any = design
    people, broker = scenario.customers, design.broker
    assert (scenario.renewals, people.agents.share, people.after_decline.other_card) == (None, 0, 0)
    assert not scenario.accounts
    assert (broker.batch, broker.commits, broker.commit_every, broker.dead_letters) == (1, "each", None, None)
    assert type(design).__name__ in ("Naive", "Idempotent")
    assert design.loyalty.inbox is None
    assert not design.loyalty.inline
    assert not design.read_model.cache
    assert (design.app.before_retry, design.app.on_conflict) == ("nothing", "wait")
    assert design.app.key != "page"
    assert (design.database.replica, design.database.timeout, design.payment.in_transaction) == (None, None, False)
    assert design.recovery.cancel_after is None
    if hasattr(design, "claim"):
        assert knobs.payment.webhooks == "ignored"
        assert knobs.payment.key_lasts > scenario.clock.horizon_s
        assert knobs.payment.after_error == "same_key" or not scenario.provider.errored
        assert (knobs.claim.guard, knobs.claim.in_flight) == ("unique", "conflict")
    for fault in scenario.faults:
        assert any(hasattr(fault, kind) for kind in KINDS)
        assert getattr(fault, "how", None) in (None, "vanishes", "refuses")
        struck = getattr(fault, "crash", None) or getattr(fault, "pause", None)
        assert struck in (None, "checkout", "payment", "relay") or (struck == "completer" and fault.after is not None)
