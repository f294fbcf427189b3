"""A customer and the app in their hand: taps, automatic retries, impatience, polling, and what they are led to believe.

A customer is a state machine of callbacks and not a SimPy process. As a process one would write `yield reply | patience`, and
the code would read from top to bottom, but each customer and each request would cost a process, and each wait a condition with
two events, one of which is thrown away. With callbacks, here and in the pools of workers, the simulator runs a plain
timeout-and-retry model 2.4 times as fast as plain SimPy does (docs/speed.md).

How to read it: a customer's state is in the attributes of `Customer`. `tap` begins a submission and starts the timer of its
patience. After that everything enters by one of five callbacks: `hear` (an answer, or a request's timeout), `_retry` (the
back-off is over), `_patience_ends`, `_tap_by_mistake` (the second tap of a double tap), `_poll` (a look at the status view).
A customer who is sent to the provider is `away`, until `_finish` and `_come_back`.
Each callback first asks whether it is still wanted: nothing is ever cancelled, it only comes to nothing, since the customer has
tapped again, reloaded the app (`page`), got an order (`acknowledged`) or is through (`done`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import TYPE_CHECKING, Literal

from sim.config.errors import ConfigError
from sim.vocabulary import Answer, KeyScope, Status
from sim.world.checkout import Reply
from sim.world.crowd import Crowd
from sim.world.database import NEVER

if TYPE_CHECKING:
    from sim.world.database import Order

# Looked up once, because in Python 3.11 every access to a member of an enum costs as much as a call.
CONFIRMED, DECLINED, FAILED, CHALLENGED = Status.CONFIRMED, Status.DECLINED, Status.FAILED, Status.CHALLENGED
USED_UP = Status.USED_UP
# Of several orders, whose status is shown.
TELLING = (CONFIRMED, Status.PENDING, Status.UNKNOWN, CHALLENGED, DECLINED, USED_UP, FAILED)
TOLD = frozenset(TELLING) - {Status.PENDING, Status.UNKNOWN}  # what the status view may say that leads to something
ACCEPTED = (Answer.CONFIRMED, Answer.PENDING)
PAID, REDIRECT = Answer.CONFIRMED, Answer.REDIRECT
RETURNED = 2000  # the first of the draws of patience of those who have come back from the provider; nobody taps as often
MOST_REQUESTS = 100_000  # of one purchase, so that purchase * 100_000 + request is an idempotency key of its own


class Request:
    """One HTTP attempt. `page`: how often the app had been loaded by then. After another reload the answer is ignored."""

    __slots__ = (
        "attempt", "card", "cents", "closed", "customer", "key", "number", "page", "purchase", "row", "sent_s", "submission",
    )  # fmt: skip
    waits = True  # somebody is there who may be sent to the provider
    returning: Order | None = None  # the order of a request that comes back from the provider

    def __init__(self, customer: Customer, submission: int, attempt: int) -> None:
        crowd = customer.crowd
        self.customer = customer
        self.purchase = customer.purchase
        self.cents = customer.basket_cents
        self.card = customer.card
        self.submission = submission
        self.attempt = attempt
        self.number = customer.requests
        self.page = customer.page
        self.key = None if crowd.key == "none" else customer.fresh_key or _key(crowd.key, self)
        self.sent_s = crowd.env.now
        self.closed = False
        table = crowd.requests
        self.row = len(table.purchase)
        table.purchase.append(self.purchase)
        table.submission.append(submission if submission < 127 else 127)
        table.attempt.append(attempt if attempt < 127 else 127)
        table.fate.append(0)
        table.answer.append(0)
        table.sent_s.append(self.sent_s)
        table.answered_s.append(NEVER)

    def answered(self, reply: Reply) -> None:
        """An answer has come over the network. After the request's timeout it is ignored."""
        if self.closed:
            return
        self.closed = True
        customer, row = self.customer, self.row
        crowd = customer.crowd
        crowd.requests.answer[row] = reply.answer
        crowd.requests.answered_s[row] = crowd.env.now
        customer.hear(self, reply)

    def expired(self) -> None:
        """The app's timeout for this request is over."""
        self.closed = True
        observer = self.customer.crowd.observer
        if observer is not None:
            observer.timed_out(self)
        self.customer.hear(self, NO_ANSWER)

    @property
    def awaited(self) -> bool:
        """Whether its customer still waits for it: the app was not reloaded since, and the customer is there."""
        return self.page == self.customer.page and not self.customer.done


class Return(Request):
    """The request of somebody who comes back from the provider, where they have finished an order's payment."""

    __slots__ = ("returning",)
    returning: Order

    def __init__(self, customer: Customer, order: Order, submission: int, attempt: int) -> None:
        super().__init__(customer, submission, attempt)
        self.returning = order
        self.card = order.card
        self.cents = order.cents
        table = customer.crowd.at_provider.returns
        table.purchase.append(self.purchase)
        table.request.append(self.row)
        table.order.append(order.id)


NO_ANSWER = Reply(Answer.NONE)


def _key(scope: KeyScope, request: Request) -> int | None:
    """The idempotency key: the same number for all requests that the app takes for the same intent."""
    base = request.purchase * MOST_REQUESTS
    match scope:
        case "purchase":
            return base
        case "submission":
            return base + request.submission
        case "page":
            return base + request.page
        case "request":
            return base + request.number
    return None


class Customer:
    """One purchase, from the first tap to the last look at the status view."""

    __slots__ = (
        "acknowledged", "away", "basket_cents", "card", "confirmed", "crowd", "done", "fresh_key", "impatient", "looks",
        "order", "page", "polling_since_s", "purchase", "requests", "sent_to", "submissions", "typing",
    )  # fmt: skip

    def __init__(self, crowd: Crowd, purchase: int) -> None:
        self.crowd = crowd
        self.purchase = purchase
        self.submissions = 0
        self.requests = 0
        self.looks = 0
        self.page = 0
        self.basket_cents = crowd.cents
        self.card = 0  # 1: the other one
        self.typing = False  # the other card in
        self.fresh_key: int | None = None  # that the app has taken instead of the usual one: after a 409, or for another card
        self.order: Order | None = None
        self.polling_since_s = -1.0
        self.acknowledged = False  # the app has an order, or is told to wait for one
        self.confirmed = False
        self.impatient = False  # has ordered again because the view was stale
        self.done = False  # nothing more to do: declined, left, or seen as confirmed
        self.away = False  # at the provider
        self.sent_to = -1  # the order for whose payment the customer was sent there last
        crowd.purchases.submitted_s[purchase] = crowd.env.now
        self.tap()

    # Submissions and requests

    def tap(self, *, twice: bool = True) -> None:
        """Tap Pay. A customer who has tapped too often leaves instead."""
        crowd = self.crowd
        if self.submissions >= crowd.most_submissions:
            self._leave()
            return
        self.submissions += 1
        if crowd.observer is not None:
            crowd.observer.tapped(self, by_mistake=not twice)
        crowd.purchases.submissions[self.purchase] = self.submissions
        submission = self.submissions
        crowd.budget.first()
        self._send(submission, 1)
        patience_s = crowd.patience_s(self.purchase, submission)
        if crowd.env.now + patience_s < crowd.horizon_s:  # a later end would not be simulated
            crowd.env.call(patience_s, self._patience_ends, submission)
        if twice and (habit := crowd.double_tap) is not None and habit.draw(self.purchase, submission) < habit.p:
            crowd.env.call(habit.gap_s, self._tap_by_mistake, submission)

    def _tap_by_mistake(self, submission: int) -> None:
        """The second tap of a double tap. It is no decision, so a customer who has tapped too often does not leave for it."""
        waiting = not (self.acknowledged or self.done) and submission == self.submissions
        if waiting and self.submissions < self.crowd.most_submissions:
            self.tap(twice=False)

    def _send(self, submission: int, attempt: int, returning: Order | None = None) -> Request:
        """Send a request; `returning`: after having finished this order's payment at the provider."""
        if self.requests >= MOST_REQUESTS:
            raise ConfigError(
                f"one customer would send more than {MOST_REQUESTS:,} requests; that can't be meant: let app.retry end "
                "(attempts: 3), or wait longer between two tries"
            )
        request = Request(self, submission, attempt) if returning is None else Return(self, returning, submission, attempt)
        self.requests += 1
        crowd = self.crowd
        crowd.checkout.send(request)
        crowd.timeouts.set(request)
        return request

    def hear(self, request: Request, reply: Reply) -> None:
        """An answer, or the timeout of a request (Answer.NONE)."""
        if request.page != self.page or self.done:
            return
        answer = reply.answer
        if answer in ACCEPTED:
            self._acknowledge(request.cents, reply)
        elif answer is REDIRECT:
            assert reply.order is not None
            self._go_to_provider(reply.order)
        elif self.acknowledged:
            return
        elif answer is Answer.DECLINED:
            self._declined(request.card)
        elif answer is Answer.USED_UP:
            self._told_used_up()
        elif answer is Answer.MISMATCH:
            assert reply.order is not None
            self._acknowledge(reply.order.cents, reply)
        elif not (answer in self.crowd.retried and self._try_again(request)):
            if answer is Answer.CONFLICT and self.crowd.app.on_conflict == "wait":
                self.acknowledged = True  # "still processing": not a promise, but something to wait for
                self._watch(reply.order)
            elif answer is Answer.CONFLICT and self.crowd.app.on_conflict == "new_key":
                self.fresh_key = self.purchase * MOST_REQUESTS + MOST_REQUESTS - self.requests  # none of another scope's
                self._send(request.submission, request.attempt + 1)
            else:
                self._told_failed(request.submission)

    def _try_again(self, request: Request) -> bool:
        crowd = self.crowd
        draw = crowd.backoff(self.purchase, request.number)
        delay_s = crowd.retry.delay_s(request.attempt, draw)
        if delay_s is None or not crowd.budget.allows():
            return False
        crowd.env.call(delay_s, self._retry, request)
        return True

    def _retry(self, request: Request) -> None:
        if request.page == self.page and not (self.done or self.acknowledged):
            self._looking_first(lambda: self._send_again(request))

    def _send_again(self, request: Request) -> None:
        if request.page == self.page:
            self._send(request.submission, request.attempt + 1, request.returning)

    def _looking_first(self, then: Callable[[], None]) -> None:
        """Do it at once; or, with an app that looks first, only if the shop has no order of this purchase already."""
        crowd = self.crowd
        if crowd.app.before_retry != "look":
            then()
            return
        if crowd.observer is not None:
            crowd.observer.looks(self)
        self.looks += 1
        crowd.view.polls += 1  # it costs the shop as much as a look at the status
        crowd.checkout.look(self.purchase, self.looks, lambda found: self._looked(found, then))

    def _looked(self, found: list[tuple[Order, Status]] | None, then: Callable[[], None]) -> None:
        if self.done or self.acknowledged:  # an answer came meanwhile
            return
        order, status = min(found or [], key=lambda each: TELLING.index(each[1]), default=(None, None))
        if self.crowd.observer is not None:
            self.crowd.observer.looked(self, order, status=status)
        if order is None or status is FAILED:
            then()
        elif status is DECLINED:
            if order.card == self.card:
                self._declined(order.card)
            else:
                then()
        elif status is USED_UP:
            self._told_used_up()
        elif status is CHALLENGED:
            if order.id == self.sent_to:  # has been there, and tells the shop so
                then()
            else:
                self._go_to_provider(order)
        else:
            answer = Answer.CONFIRMED if status is CONFIRMED else Answer.PENDING
            self._acknowledge(order.cents, Reply(answer, order))

    def act(self, what: Literal["taps_again", "orders_more", "refreshes", "leaves"]) -> bool:
        """Do this now, as a script says it; False if there is no reason any more. (The app doesn't look first.)"""
        if self.done or self.away or self.typing:
            return False
        if what == "leaves":
            self._leave()
        elif what == "refreshes":
            if self.confirmed:
                return False
            self._refresh()
        else:
            if self.acknowledged:
                return False
            if what == "orders_more":
                self._order_more()
            self.tap(twice=False)
        return True

    # What the customer believes and does

    def _acknowledge(self, cents: int, reply: Reply) -> None:
        """The app shows an order of so many cents."""
        crowd, purchase = self.crowd, self.purchase
        purchases = crowd.purchases
        if crowd.observer is not None and not self.acknowledged:
            crowd.observer.showed_order(self, reply)
        purchases.shown_cents[purchase] = cents
        if isnan(purchases.acknowledged_s[purchase]):
            purchases.acknowledged_s[purchase] = crowd.env.now
        self.acknowledged = True
        self.typing = False
        if reply.answer is PAID:
            self._told_confirmed()
        if not self.confirmed or self.order is None:
            self._watch(reply.order)
        elif self.polling_since_s < 0:
            self._watch(self.order)

    def _told_confirmed(self) -> None:
        if self.confirmed:
            return
        crowd = self.crowd
        self.confirmed = True
        crowd.purchases.told_confirmed_s[self.purchase] = crowd.env.now
        if crowd.observer is not None:
            crowd.observer.told_confirmed(self)

    def _told_failed(self, submission: int) -> None:
        self.crowd.purchases.told_failed[self.purchase] = 1
        if self.crowd.observer is not None:
            self.crowd.observer.told_failed(self)
        if submission == self.submissions:
            self._after_failure(submission)

    def _after_failure(self, submission: int) -> None:
        """The customer reads that it has failed."""
        if not self._takes_other_card():
            reaction_s = self.crowd.reaction_s(self.purchase, submission)
            self.crowd.env.call(reaction_s, self._patience_ends, submission)

    def _told_used_up(self) -> None:
        """Nothing is left of what the customer wants: a failure for good."""
        if self.confirmed:  # of another order
            return
        self.done = True
        self.crowd.purchases.told_failed[self.purchase] = 1
        if self.crowd.observer is not None:
            self.crowd.observer.told_used_up(self)

    def _declined(self, card: int) -> None:
        """The shop says that a card is declined. News of the first one is none when the other is there."""
        if card == self.card and not self._takes_other_card():
            self.done = True

    def _takes_other_card(self) -> bool:
        """Whether the customer begins to type another card in. Meanwhile only the news of an order is heard."""
        other = self.crowd.other_card
        if other is None or self.card or self.done or other.draw(self.purchase, 0) >= other.p:
            return False
        self.typing = self.acknowledged = True
        self.crowd.env.call(other.typing_s(self.purchase, 0), self._pay_with_other_card)
        return True

    def _pay_with_other_card(self, _: None) -> None:
        crowd = self.crowd
        if not self.typing or self.done or crowd.other_card is None:
            return
        self.typing = self.acknowledged = False
        self.card = 1
        self.order, self.polling_since_s = None, -1.0
        crowd.purchases.other_card_s[self.purchase] = crowd.env.now
        crowd.purchases.good_card[self.purchase] |= crowd.other_card.good[self.purchase]
        if crowd.app.other_card == "new_key" and crowd.key in ("purchase", "page"):
            self.fresh_key = self.purchase * MOST_REQUESTS + MOST_REQUESTS // 2 + self.requests
        if crowd.observer is not None:
            crowd.observer.took_other_card(self)
        self._looking_first(self.tap)

    def _patience_ends(self, submission: int) -> None:
        if submission == self.submissions and not (self.acknowledged or self.done):
            self._react(submission)

    def _react(self, submission: int) -> None:
        """The customer has lost patience: they tap again, reload the app, or leave."""
        habit = self.crowd.people.after_patience
        draw = self.crowd.reaction(self.purchase, submission)
        if draw < habit.tap_again:
            self._change_basket()
            self._looking_first(self.tap)
        elif draw < habit.tap_again + habit.refresh:
            self._change_basket()
            self._looking_first(self._refresh)
        else:
            self._leave()

    def _change_basket(self) -> None:
        crowd = self.crowd
        if crowd.appetite is not None and crowd.appetite(self.purchase, 0) < crowd.people.changes_basket.p:
            self._order_more()

    def _order_more(self) -> None:
        crowd, before = self.crowd, self.basket_cents
        self.basket_cents = crowd.cents + crowd.people.changes_basket.adds
        if crowd.observer is not None and self.basket_cents != before:
            crowd.observer.changed_basket(self, added_cents=self.basket_cents - before)

    def _refresh(self) -> None:
        """The customer reloads the app, which forgets its requests and their keys, but not a key that is kept with the cart."""
        if self.crowd.observer is not None:
            self.crowd.observer.refreshed(self)
        self.page += 1
        self.crowd.checkout.left(self.purchase)
        self.acknowledged = False
        self.tap()

    def _leave(self) -> None:
        self.done = True
        self.crowd.checkout.left(self.purchase)
        if not self.confirmed:
            self.crowd.purchases.left_s[self.purchase] = self.crowd.env.now
        if self.crowd.observer is not None:
            self.crowd.observer.left(self)

    # The payment at the provider

    def _go_to_provider(self, order: Order) -> None:
        """Be sent there to finish an order's payment. While the customer is away, nothing else is waited for."""
        if self.away or order.id == self.sent_to:
            self.acknowledged = True
            self._watch(order)
            return
        crowd, there = self.crowd, self.crowd.at_provider
        if crowd.observer is not None:
            crowd.observer.redirected(self, order)
        self.away = self.acknowledged = True
        self.sent_to = order.id
        gives_up = there.draw(self.purchase, 0) < there.knobs.abandoned
        crowd.env.call(there.takes_s(self.purchase, order.number), self._abandon if gives_up else self._finish, order)

    def _abandon(self, order: Order) -> None:
        """Nobody is to blame: from now on the purchase counts like one whose card is declined."""
        self.crowd.purchases.good_card[self.purchase] = 0
        if self.crowd.observer is not None:
            self.crowd.observer.abandoned(self, order)
        self.away = False
        self._leave()

    def _finish(self, order: Order) -> None:
        crowd, there = self.crowd, self.crowd.at_provider
        if not there.finish(order):
            crowd.env.call(1.0, self._finish, order)  # the page doesn't load
            return
        if there.draw(self.purchase, 1 + 2 * order.number) < there.knobs.returns:
            self._come_back(order)
            if there.draw(self.purchase, 2 + 2 * order.number) < there.knobs.returns_twice:
                crowd.env.call(1.0, self._load_again, order)
            return
        if crowd.observer is not None:
            crowd.observer.closed_page(self, order)
        self.done = True  # knows from the provider that it is paid, and expects the coffee

    def _come_back(self, order: Order) -> None:
        """To a page that knows nothing of the answers to older requests."""
        crowd = self.crowd
        if crowd.observer is not None:
            crowd.observer.came_back(self, order)
        self.page += 1
        self.away = self.acknowledged = False
        self._send(self.submissions, 1, order)
        patience_s = crowd.patience_s(self.purchase, RETURNED + self.page)
        if crowd.env.now + patience_s < crowd.horizon_s:
            crowd.env.call(patience_s, self._load_again_or_leave, (order, self.page))

    def _load_again(self, order: Order) -> None:
        if not self.done and not self.away and self.sent_to == order.id:
            self._come_back(order)

    def _load_again_or_leave(self, what: tuple[Order, int]) -> None:
        """Patience with the shop's answer is over."""
        order, page = what
        if page != self.page or self.acknowledged or self.done or self.away:
            return
        habit = self.crowd.people.after_patience
        draw = self.crowd.reaction(self.purchase, RETURNED + page)
        if draw < habit.tap_again + habit.refresh and page < self.crowd.most_submissions:
            self._come_back(order)
        else:
            self._leave()

    # The status view

    def _watch(self, order: Order | None) -> None:
        if order is not None:
            self.order = order
        if self.polling_since_s < 0 and self.order is not None:
            self.polling_since_s = self.crowd.env.now
            self.crowd.env.call(self.crowd.poll_every_s, self._poll)

    def _poll(self, _: None) -> None:
        crowd = self.crowd
        if (self.done and not self.confirmed) or self.order is None:
            return
        if self.away:  # another page is open
            crowd.env.call(crowd.poll_every_s, self._poll)
            return
        crowd.view.look(self.order, self._polled)

    def _polled(self, order: Order, status: int, behind_s: float) -> None:
        """The status view has answered: at once if it is simulated; else later, and more may have happened meanwhile."""
        crowd, now = self.crowd, self.crowd.env.now
        if crowd.observer is not None:
            crowd.observer.polled(self, order, status=status, behind_s=behind_s)
        reads = crowd.reads
        reads.purchase.append(self.purchase)
        reads.stale.append(behind_s > 0)
        reads.read_s.append(now)
        reads.behind_s.append(behind_s)
        if (self.done and not self.confirmed) or self.order is None or (status in TOLD and self._heeds(order, status)):
            return
        if now - self.polling_since_s < crowd.give_up_s:
            crowd.env.call(crowd.poll_every_s, self._poll)
            self._lose_faith(now)

    def _heeds(self, order: Order, status: int) -> bool:
        """Do what the status view's answer leads to; False if it is no news."""
        if status == CONFIRMED:
            self._see()
        elif status == DECLINED:
            self.polling_since_s = -1.0
            self._declined(order.card)
        elif status == USED_UP:
            self._told_used_up()
        elif status == FAILED and not self.confirmed:
            self._see_failed()
        elif status == CHALLENGED and order.id != self.sent_to:
            self.crowd.env.call(self.crowd.poll_every_s, self._poll)
            self._go_to_provider(order)
        else:
            return False
        return True

    def _see(self) -> None:
        purchases, now = self.crowd.purchases, self.crowd.env.now
        purchases.seen_s[self.purchase] = now
        if isnan(purchases.acknowledged_s[self.purchase]):
            purchases.acknowledged_s[self.purchase] = now
        self._told_confirmed()
        self.acknowledged = self.done = True

    def _see_failed(self) -> None:
        self.polling_since_s = -1.0
        self.acknowledged = False
        self._told_failed(self.submissions)

    def _lose_faith(self, now: float) -> None:
        """The view has stayed behind for so long that some people order again."""
        habit = self.crowd.reordering
        if habit is not None and not self.impatient and now - self.polling_since_s >= habit.knobs.after:
            self.impatient = True
            if habit.draw(self.purchase, 0) < habit.knobs.p:
                self._refresh()
