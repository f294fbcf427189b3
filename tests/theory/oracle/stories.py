"""naive, idempotent, and what puts things right afterwards, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from sim.config.design import Design
from sim.config.scenario import Scenario
from tests.theory.oracle.records import Charge, Order, Repeat, Request
from tests.theory.oracle.stores import SETTLED, turn_of
from tests.theory.oracle.workers import Job, Workers

NAIVE_ANSWER = {"captured": "confirmed", "declined": "declined", "challenged": "redirect"}  # all else: failed
KEYED_ANSWER = {**NAIVE_ANSWER, "unknown": "pending", "conflict": "pending", "error": "pending"}
# status -> stored answer
REPLAYED = {"confirmed": "confirmed", "declined": "declined", "unknown": "pending", "challenged": "redirect"}
SDK = {"unknown": "timeout", "failed": "failed", "error": "error", "conflict": "conflict"}  # what a client library calls it
REFUNDS = 1_000_000  # where the draws for refunds are among a purchase's calls


class Stories(Workers):
    """naive computes, inserts, charges, settles, publishes; idempotent claims a key instead of inserting."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.service_s = self.streams.times("checkout.service", design.checkout.service)
        self.looked_at: set[Charge] = set()  # by the reconciler
        self.kept: set[Order] = set()
        self.requests: list[Request] = []
        self.repeated: list[Repeat] = []
        if self.keyed:
            self.after(self.knobs.completer.every, self.look_for_stuck_orders)
        if design.recovery.reconcile_every is not None:
            self.after(design.recovery.reconcile_every, self.reconcile)

    def turned_away(self) -> bool:
        pool, limit = self.pools["checkout"], self.design.checkout.queue_limit
        full = limit is not None and not pool.idle and len(pool.queue) >= limit
        return full or len(pool.down_until_s) == pool.workers

    def reach_checkout(self, request: Request) -> None:
        if self.turned_away():
            request.fate = "rejected"
            self.send_answer(request, "unavailable", None)
        else:
            self.submit(Job("checkout", self.begin, request, pool=self.pools["checkout"]))

    def begin(self, job: Job) -> None:
        assert job.request is not None
        slower = self.weather("checkout", self.now).slower
        first = self.claim if self.keyed else self.insert
        if job.request.returning is not None:
            first = self.come_back
        self.after(self.service_s(job.purchase, job.request.number) * slower, self.go_on, job, first)

    def insert(self, job: Job) -> None:
        def commit() -> None:
            assert job.request is not None
            job.order = self.new_order(job.request)
            self.took(job, "insert", self.charge)

        self.write(job.purchase, commit)

    def claim(self, job: Job) -> None:
        def commit() -> None:
            answer = self.claimed(job)
            if job.dead:
                return
            if answer:
                self.finish(job, answer, replayed=True)
            else:
                self.took(job, "claim", self.pay)

        self.write(job.purchase, commit)

    def claimed(self, job: Job) -> str | None:
        """Within the transaction: the stored answer; or None, and the key is ours to work on."""
        rules, request = self.knobs.claim, job.request
        assert request is not None
        order = self.by_key.get(request.key) if request.key else None
        if order is not None and rules.ttl is not None and self.now >= order.created_s + rules.ttl:
            order = None
        job.order = order or self.new_order(request)
        if order is not None:
            if rules.fingerprint and order.cents != request.cents:
                return "mismatch"
            if order.status == "failed" and rules.stores_failures:
                return "failed"
            if order.status in REPLAYED:
                return REPLAYED[order.status]
            if order.busy_until_s > self.now:
                return "conflict"
            if order.status == "failed":
                self.change(order, "pending")
            else:
                self.change(order, "unknown")  # whoever had it may have charged it
        job.order.busy_until_s = self.now + rules.lock
        return None

    def pay(self, job: Job) -> None:
        assert job.order is not None
        if job.order.status == "challenged":  # its customer's turn
            self.ask(job, self.settle)
        else:
            self.charge(job)

    def charge(self, job: Job) -> None:
        assert job.order is not None
        job.calls = 0
        self.call(job, job.order.id if self.keyed and self.knobs.payment.key == "order" else None)

    def call(self, job: Job, key: object) -> None:
        """Once more, and after it perhaps again."""
        assert job.order is not None
        sdk, payment = self.design.payment.sdk, self.design.payment
        timeout_s = payment.timeout if sdk is None or sdk.timeout is None else sdk.timeout
        job.calls += 1
        job.outcome, seconds = self.call_provider(job.order, key, timeout_s)

        def called() -> None:
            if job.dead:
                return
            if sdk is None or job.calls == sdk.tries or SDK.get(job.outcome) not in sdk.on:
                self.took(job, "charge", self.settle)
            else:
                self.after(sdk.delay, call_again)

        def call_again() -> None:
            assert sdk is not None
            if not job.dead:
                self.repeated.append(Repeat(1, len(self.charges), self.now))
                fresh = (job.order, self.now)
                self.call(job, {"same": key, "none": None, "fresh": fresh}[sdk.key])

        self.after(seconds, called)

    def ask(self, job: Job, then: Callable[[Job], None]) -> None:
        assert job.order is not None
        job.outcome, seconds = self.inquire(job.order)
        self.after(seconds, self.took, job, "inquire", then)

    def come_back(self, job: Job) -> None:
        """Somebody has been at the provider: the order says what became of it, or else the provider does."""
        assert job.request is not None
        order = job.order = job.request.returning
        assert order is not None

        def reply(job: Job, *, replayed: bool = False) -> None:
            answer = order.status if order.status in SETTLED else "pending"
            self.finish(job, answer, replayed=replayed)

        def asked(job: Job) -> None:
            if job.outcome == "failed":
                reply(job)
            else:
                job.last = reply
                self.settle(job)

        def read() -> None:
            if job.dead:
                return
            if order.status in SETTLED:
                reply(job, replayed=True)
            else:
                self.ask(job, asked)

        self.read(order.purchase, read)

    def settle(self, job: Job) -> None:
        unheard = job.outcome in ("unknown", "error")
        outcome = "failed" if unheard and not self.keyed else job.outcome  # naive tells a timeout as a failure

        def commit() -> None:
            assert job.order is not None
            changed = self.note(job.order, outcome)
            job.order.busy_until_s = self.now
            self.took(job, "commit", self.publish if changed else job.last or self.reply)

        self.write(job.purchase, commit)

    def publish(self, job: Job) -> None:
        """A dual write; the event says what the order is now, and is the broker's although its publisher may die."""
        order = job.order
        assert order is not None
        event = (order, order.status, order.version)

        def accepted() -> None:
            self.deliver("loyalty", event, 0)
            self.deliver("read_model", event, 0)
            self.took(job, "publish", job.last or self.reply)

        self.after(self.publish_s(order.purchase, turn_of(event, 0)), accepted)

    def reply(self, job: Job) -> None:
        assert job.order is not None
        if not self.keyed:
            answer = NAIVE_ANSWER.get(job.outcome, "failed")
        elif job.outcome == "failed" and job.order.status not in SETTLED:
            answer = "pending"  # this call was refused, an earlier one is still unknown
        else:
            answer = KEYED_ANSWER.get(job.outcome, "failed")
        self.finish(job, answer)

    # Recovery

    def look_for_stuck_orders(self) -> None:
        completer = self.knobs.completer

        def commit() -> None:
            stuck = [order for order in self.open if order.busy_until_s + completer.after <= self.now][: completer.batch]
            for order in stuck:
                if order.status == "pending":
                    self.change(order, "unknown")
                order.busy_until_s = self.now + self.knobs.claim.lock
            for order in stuck:
                self.submit(Job("completer", self.pay, order=order, pool=self.pools["completer"]))
            self.after(completer.every, self.look_for_stuck_orders)

        self.write(-1, commit)

    def reconcile(self) -> None:
        """Every charge of a certain age is looked at once."""
        due: list[Charge] = []
        if not self.weather("provider", self.now).down:
            old = [charge for charge in self.charges if charge.captured_s <= self.now - self.design.recovery.grace]
            due = [charge for charge in old if charge not in self.looked_at]
        self.looked_at.update(due)
        self.reconcile_next(due)

    def reconcile_next(self, due: list[Charge]) -> None:
        if not due:
            self.after(self.design.recovery.reconcile_every or inf, self.reconcile)
            return
        charge = due.pop(0)
        order = self.orders[charge.order]
        if order.status in SETTLED:
            self.keep_or_refund(charge, due)
        else:
            job = Job("reconciler", self.settle, order=order, outcome="captured")
            job.then = lambda: self.keep_or_refund(charge, due)
            job.begin(job)

    def keep_or_refund(self, charge: Charge, due: list[Charge]) -> None:
        order = self.orders[charge.order]
        if order.status == "confirmed" and order not in self.kept:
            self.kept.add(order)
            self.reconcile_next(due)
        elif self.weather("provider", self.now).down:
            self.after(1.0, self.keep_or_refund, charge, due)
        else:
            seconds = self.latency_s(charge.purchase, REFUNDS)
            charge.refunded_s = self.now + seconds
            self.after(seconds, self.reconcile_next, due)
