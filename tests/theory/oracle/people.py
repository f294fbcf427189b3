"""Customers, and the app in their hands."""

from __future__ import annotations

from math import isnan, nan
from typing import Any

from sim.config.design import Design, Retry
from sim.config.scenario import Scenario
from tests.theory.oracle.proxy import Proxied
from tests.theory.oracle.records import Customer, Order, Read, Request, Return

RETURNED = 2000  # where the draws of patience are of those who have come back from the provider


class People(Proxied):
    """Taps, automatic retries, impatience, the way to the provider and back, and looks at the status view."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.returns: list[Return] = []
        self.reads: list[Read] = []
        self.retries_saved = 10.0
        times, uniform, people = self.streams.times, self.streams.uniform, scenario.customers
        self.patience_s = times("customer.patience", people.patience)
        self.reaction_s = times("customer.reaction", people.reaction)
        self.habit = uniform("customer.after_patience")
        self.slip = uniform("customer.double_tap")
        self.doubt = uniform("customer.reorder")
        self.appetite = uniform("customer.basket")
        self.jitter = uniform("app.backoff")
        self.at_provider_s = times("customer.challenge", scenario.provider.challenge.takes)
        self.at_provider = uniform("customer.challenge.fate")

    def arrive(self, customer: Customer) -> None:
        customer.submitted_s = self.now
        self.tap(customer)

    def tap(self, customer: Customer, *, by_mistake: bool = False) -> None:
        people = self.scenario.customers
        if customer.submissions == people.max_submissions:
            self.leave(customer)
            return
        customer.submissions += 1
        submission = customer.submissions
        if self.design.app.retry_budget is not None:
            self.retries_saved = min(10.0, self.retries_saved + self.design.app.retry_budget)
        self.send(customer, submission, 1)
        self.after(self.patience_s(customer.purchase, submission), self.lose_patience, customer, submission)
        if not by_mistake and self.slip(customer.purchase, submission) < people.double_tap.p:
            self.after(people.double_tap.gap, self.tap_by_mistake, customer, submission)

    def tap_by_mistake(self, customer: Customer, submission: int) -> None:
        waiting = not customer.acknowledged and not customer.done and customer.submissions == submission
        if waiting and submission < self.scenario.customers.max_submissions:
            self.tap(customer, by_mistake=True)

    def lose_patience(self, customer: Customer, submission: int) -> None:
        if customer.acknowledged or customer.done or customer.submissions != submission:
            return
        habits, luck = self.scenario.customers.after_patience, self.habit(customer.purchase, submission)
        if luck >= habits.tap_again + habits.refresh:
            self.leave(customer)
            return
        change = self.scenario.customers.changes_basket
        if self.appetite(customer.purchase, 0) < change.p:
            customer.basket_cents = self.scenario.traffic.price + change.adds
        if luck < habits.tap_again:
            self.tap(customer)
        else:
            self.refresh(customer)

    def refresh(self, customer: Customer) -> None:
        customer.page += 1
        customer.acknowledged = False
        self.tap(customer)

    def leave(self, customer: Customer) -> None:
        customer.done = True
        if isnan(customer.told_confirmed_s):
            customer.left_s = self.now

    def send(self, customer: Customer, submission: int, attempt: int, *, returning: Order | None = None) -> None:
        purchase, number = customer.purchase, customer.requests
        key = {"none": None, "purchase": (purchase,), "submission": (purchase, submission), "request": (purchase, number)}
        cents = customer.basket_cents if returning is None else returning.cents
        request = Request(
            customer, purchase, submission, attempt, number, customer.page, cents, self.now,
            key[self.design.app.key], self.get_answer, returning,
        )  # fmt: skip
        customer.requests += 1
        if returning is not None:
            self.returns.append(Return(purchase, len(self.requests), returning.id))
        self.requests.append(request)
        self.after(self.design.app.timeout, self.time_out, request)
        if self.network_luck(purchase, 2 * number) >= self.scenario.network.request_lost:
            request.fate = "waiting"
            self.after(self.network_s(purchase, 2 * number), self.reach_checkout, request)

    def time_out(self, request: Request) -> None:
        if not request.closed:
            request.closed = True
            self.hear(request, "none", None)

    def get_answer(self, request: Request, answer: str, order: Order | None) -> None:
        if not request.closed:
            request.closed = True
            request.answer, request.answered_s = answer, self.now
            self.hear(request, answer, order)

    def hear(self, request: Request, answer: str, order: Order | None) -> None:
        customer = request.customer
        if request.page != customer.page or customer.done:
            return
        if answer in ("confirmed", "pending"):
            self.show(customer, order, request.cents, confirmed=answer == "confirmed")
        elif answer == "redirect":
            assert order is not None
            self.go_to_provider(customer, order)
        elif customer.acknowledged:
            return
        elif answer == "declined":
            customer.done = True
        elif answer == "mismatch":
            assert order is not None
            self.show(customer, order, order.cents, confirmed=False)
        elif not self.retry(request):
            if answer == "conflict":
                customer.acknowledged = True
                self.watch(customer, order)
            else:
                self.tell_failed(customer, request.submission)

    def retry(self, request: Request) -> bool:
        delay_s = backoff_s(self.design.app.retry, request.attempt, self.jitter(request.purchase, request.number))
        if delay_s is None:
            return False
        if self.design.app.retry_budget is not None:
            if self.retries_saved < 1:
                return False
            self.retries_saved -= 1
        self.after(delay_s, self.send_again, request)
        return True

    def send_again(self, request: Request) -> None:
        customer = request.customer
        if request.page == customer.page and not customer.done and not customer.acknowledged:
            self.send(customer, request.submission, request.attempt + 1, returning=request.returning)

    # The payment at the provider

    def go_to_provider(self, customer: Customer, order: Order) -> None:
        customer.acknowledged = True
        if customer.away or order is customer.sent_to:
            self.watch(customer, order)
            return
        customer.away, customer.sent_to = True, order
        abandons = self.at_provider(customer.purchase, 0) < self.scenario.provider.challenge.abandoned
        seconds = self.at_provider_s(customer.purchase, order.number)
        self.after(seconds, self.abandon if abandons else self.pay_there, customer, order)

    def abandon(self, customer: Customer, order: Order) -> None:
        customer.good_card, customer.away = 0, False
        self.leave(customer)

    def pay_there(self, customer: Customer, order: Order) -> None:
        challenge = self.scenario.provider.challenge
        if not self.finish_payment(order):
            self.after(1.0, self.pay_there, customer, order)
        elif self.at_provider(customer.purchase, 1 + 2 * order.number) >= challenge.returns:
            customer.done = True
        else:
            self.return_from(customer, order)
            if self.at_provider(customer.purchase, 2 + 2 * order.number) < challenge.returns_twice:
                self.after(1.0, self.load_again, customer, order)

    def return_from(self, customer: Customer, order: Order) -> None:
        customer.page += 1
        customer.away = customer.acknowledged = False
        self.send(customer, customer.submissions, 1, returning=order)
        patience_s = self.patience_s(customer.purchase, RETURNED + customer.page)
        self.after(patience_s, self.lose_patience_there, customer, order, customer.page)

    def load_again(self, customer: Customer, order: Order) -> None:
        if not customer.done and not customer.away and customer.sent_to is order:
            self.return_from(customer, order)

    def lose_patience_there(self, customer: Customer, order: Order, page: int) -> None:
        if page != customer.page or customer.acknowledged or customer.done or customer.away:
            return
        habits, luck = self.scenario.customers.after_patience, self.habit(customer.purchase, RETURNED + page)
        if luck < habits.tap_again + habits.refresh and page < self.scenario.customers.max_submissions:
            self.return_from(customer, order)
        else:
            self.leave(customer)

    # What the app shows

    def show(self, customer: Customer, order: Order | None, cents: int, *, confirmed: bool) -> None:
        customer.shown_cents = cents
        customer.acknowledged = True
        if isnan(customer.acknowledged_s):
            customer.acknowledged_s = self.now
        if confirmed and isnan(customer.told_confirmed_s):
            customer.told_confirmed_s = self.now
        sure = not isnan(customer.told_confirmed_s) and customer.order is not None
        self.watch(customer, None if sure else order)

    def tell_failed(self, customer: Customer, submission: int) -> None:
        customer.told_failed = 1
        if submission == customer.submissions:
            self.after(self.reaction_s(customer.purchase, submission), self.lose_patience, customer, submission)

    def watch(self, customer: Customer, order: Order | None) -> None:
        customer.order = order or customer.order
        if customer.order is not None and isnan(customer.polling_since_s):
            customer.polling_since_s = self.now
            self.after(self.scenario.customers.polling.every, self.poll, customer)

    def poll(self, customer: Customer) -> None:
        order, people = customer.order, self.scenario.customers
        confirmed = not isnan(customer.told_confirmed_s)
        if order is None or (customer.done and not confirmed):
            return
        if customer.away:
            self.after(people.polling.every, self.poll, customer)
            return
        inline = self.design.read_model.inline
        status, version = (order.status, order.version) if inline else (order.view_status, order.view_version)
        stale = version < order.version
        self.reads.append(Read(customer.purchase, stale, self.now, self.now - order.changed_s if stale else 0.0))
        if status == "confirmed":
            customer.seen_s = self.now
            self.show_confirmed(customer)
        elif status == "declined":
            customer.done = True
        elif status == "failed" and not confirmed:
            customer.polling_since_s = nan
            customer.acknowledged = False
            self.tell_failed(customer, customer.submissions)
        elif status == "challenged" and order is not customer.sent_to:
            self.after(people.polling.every, self.poll, customer)
            self.go_to_provider(customer, order)
        elif self.now - customer.polling_since_s < people.polling.give_up:
            self.after(people.polling.every, self.poll, customer)
            if self.now - customer.polling_since_s >= people.reorder_when_stale.after and not customer.reordered:
                customer.reordered = True
                if self.doubt(customer.purchase, 0) < people.reorder_when_stale.p:
                    self.refresh(customer)

    def show_confirmed(self, customer: Customer) -> None:
        if isnan(customer.acknowledged_s):
            customer.acknowledged_s = self.now
        if isnan(customer.told_confirmed_s):
            customer.told_confirmed_s = self.now
        customer.acknowledged = customer.done = True


def backoff_s(retry: Retry, attempt: int, luck: float) -> float | None:
    """How long the app sleeps after that attempt; None: it gives up."""
    knobs: Any = retry.fixed or retry.exponential or retry.full_jitter or retry.equal_jitter
    if knobs is None or (knobs.attempts is not None and attempt >= knobs.attempts):
        return None
    if retry.fixed is not None:
        return retry.fixed.delay
    longest_s = min(knobs.cap, knobs.base * 2.0 ** (attempt - 1))
    if retry.full_jitter is not None:
        return luck * longest_s
    return longest_s if retry.exponential is not None else longest_s / 2 + luck * longest_s / 2
