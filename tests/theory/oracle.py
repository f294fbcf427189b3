"""A second simulator of the checkout, deliberately plain, that must agree with the first one event for event.

One heap of (time, sequence, what to do), and what to do next is always a method of the same class. It knows no SimPy, no
generators and no closed forms: a queue is a deque, a worker is a number, a dead process is a flag. It shares nothing with
`sim` but the files' values, the arrival times, and the random draws by their names and owners.

It tells `naive` and `idempotent` with customers, app, network, pool, order database, provider, reconciler, completer, broker,
status view and loyalty, in any weather of theirs. It leaves out outbox and inquiry, webhooks, inquiries about charges (after a
500, or when a key may have been forgotten), check-then-insert, the loyalty inbox, calling loyalty inline, cached views, traffic
spikes, and crashes of what isn't a pool of workers. `Oracle` refuses a world with any of these.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf, isnan, nan
from typing import Any

from sim.config.design import Design, Retry
from sim.config.model import Distribution
from sim.config.scenario import Scenario
from sim.world.streams import Streams, sample
from sim.world.timetable import UP
from sim.world.traffic import arrival_times

STATUS_AFTER = {"captured": "confirmed", "declined": "declined", "failed": "failed", "mismatch": "failed",
                "unknown": "unknown", "conflict": "unknown", "error": "unknown"}  # fmt: skip
NAIVE_ANSWER = {"captured": "confirmed", "declined": "declined"}  # all else: failed
KEYED_ANSWER = {**NAIVE_ANSWER, "unknown": "pending", "conflict": "pending", "error": "pending"}
REPLAYED = {"confirmed": "confirmed", "declined": "declined", "unknown": "pending"}  # status -> stored answer
KINDS = ("brownout", "outage", "slow", "crash", "pause", "duplicates")  # of faults
SETTLED = ("confirmed", "declined", "failed")
REFUSAL_S = 0.05  # of a provider that is down or over its rate limit
LEAST_S = 1e-3  # from one beginning of a random fault to the next
CHORES, REFUNDS = 1_000_000, 1_000_000  # owners of draws that belong to no purchase's turn


@dataclass(eq=False)
class Customer:
    """A purchase: first what is recorded of it, then what the app and its user have in mind."""

    purchase: int
    good_card: int
    submitted_s: float = nan
    acknowledged_s: float = nan
    told_confirmed_s: float = nan
    seen_s: float = nan
    left_s: float = nan
    told_failed: int = 0
    shown_cents: int = 0
    submissions: int = 0
    basket_cents: int = 0
    requests: int = 0
    orders: int = 0
    page: int = 0
    order: Order | None = None  # the one whose status is polled
    polling_since_s: float = nan
    acknowledged: bool = False
    reordered: bool = False
    done: bool = False


@dataclass(eq=False)
class Request:
    customer: Customer
    purchase: int
    submission: int
    attempt: int
    number: int
    page: int
    cents: int
    sent_s: float
    key: tuple[int, ...] | None
    fate: str = "lost"
    answer: str = "none"
    answered_s: float = nan
    closed: bool = False


@dataclass(eq=False)
class Order:
    id: int
    purchase: int
    number: int  # among those of its purchase
    cents: int
    created_s: float
    changed_s: float
    confirmed_s: float = nan
    status: str = "pending"
    version: int = 1
    busy_until_s: float = 0.0
    view_status: str | None = None
    view_version: int = 0
    view_changed_s: float = nan
    visible_s: float = nan


@dataclass(eq=False)
class Charge:
    """A row of the provider's ledger; `result` and `done_s` are what the provider knows, `outcome` what its caller saw."""

    purchase: int
    order: int
    cents: int
    sent_s: float
    outcome: str
    answered_s: float
    captured_s: float
    result: str
    done_s: float
    refunded_s: float = nan


@dataclass
class Award:
    purchase: int
    order: int
    awarded_s: float


@dataclass
class Read:
    purchase: int
    stale: bool
    read_s: float
    behind_s: float


@dataclass
class Struck:
    component: str
    at_s: float
    step: str = ""
    purchase: int = -1
    pause_s: float = 0.0


@dataclass
class Spell:
    component: str
    begin_s: float
    end_s: float
    slower: float = 1.0
    down: bool = False
    failed: float | None = None
    ambiguous: float | None = None


@dataclass(eq=False)
class Strike:
    """A crash or a pause after a step, with a probability."""

    fault: Any
    luck: Callable[[int, int], float]
    turns: Counter[int] = field(default_factory=Counter)  # by purchase
    struck: int = 0


@dataclass(eq=False)
class Line:
    """Servers behind one queue, first come, first served."""

    component: str
    idle: int
    queue: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)


@dataclass(eq=False)
class Pool:
    """Numbered workers; the one that became idle last is the first to be given work."""

    name: str
    workers: int
    instances: int
    idle: list[int]
    queue: deque[Job] = field(default_factory=deque)
    running: dict[int, Job] = field(default_factory=dict)
    down_until_s: dict[int, float] = field(default_factory=dict)


@dataclass(eq=False)
class Job:
    """What a process is working on. When it is dead, whatever it waited for still happens, but nobody goes on."""

    component: str
    begin: Callable[[Job], None]
    request: Request | None = None
    order: Order | None = None
    pool: Pool | None = None
    then: Callable[[], None] | None = None
    worker: int = -1
    outcome: str = ""
    dead: bool = False

    @property
    def purchase(self) -> int:
        owner = self.request or self.order
        assert owner is not None
        return owner.purchase


class Oracle:
    """One morning. `run()` it, then read `purchases`, `requests`, `charges`, `orders`, `awards`, `reads` and `crashes`."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        refuse(scenario, design)
        self.scenario, self.design = scenario, design
        self.knobs: Any = design  # of either architecture
        self.keyed = hasattr(design, "claim")  # idempotent
        self.streams = Streams(seed)
        self.now = 0.0
        self.heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.sequence = count()
        self.purchases: list[Customer] = []
        self.requests: list[Request] = []
        self.charges: list[Charge] = []
        self.orders: list[Order] = []
        self.open: list[Order] = []  # those not settled, in the order in which they became so
        self.awards: list[Award] = []
        self.reads: list[Read] = []
        self.crashes: list[Struck] = []
        self.name_the_draws()
        self.pools = {"checkout": new_pool("checkout", design.checkout.workers, design.checkout.instances)}
        self.lines = {"database": Line("database", design.database.connections)}
        self.lines |= {name: Line(name, 1) for name in ("loyalty", "read_model")}
        self.by_key: dict[tuple[int, ...], Order] = {}
        self.turns: Counter[int] = Counter()  # database operations, by purchase; -1: by nobody
        self.calls: Counter[int] = Counter()  # of the provider, by purchase
        self.stands_for: dict[int, Charge] = {}  # the provider's idempotency keys
        self.tokens, self.tokens_s = max(scenario.provider.rate_limit or 0.0, 1.0), 0.0
        self.retries_saved = 10.0
        self.looked_at: set[Charge] = set()  # by the reconciler
        self.kept: set[Order] = set()
        self.spells: list[Spell] = []
        self.strikes: dict[tuple[str, str], list[Strike]] = {}
        self.p_duplicate = 0.0

    def name_the_draws(self) -> None:
        times, uniform = self.streams.times, self.streams.uniform
        people, provider, design = self.scenario.customers, self.scenario.provider, self.design
        self.patience_s = times("customer.patience", people.patience)
        self.reaction_s = times("customer.reaction", people.reaction)
        self.habit = uniform("customer.after_patience")
        self.slip = uniform("customer.double_tap")
        self.doubt = uniform("customer.reorder")
        self.appetite = uniform("customer.basket")
        self.jitter = uniform("app.backoff")
        self.network_s = times("network.latency", self.scenario.network.latency)
        self.network_luck = uniform("network.lost")
        self.service_s = times("checkout.service", design.checkout.service)
        self.write_s = times("database.write", design.database.write)
        self.latency_s = times("provider.latency", provider.latency)
        self.fate = uniform("provider.fate")
        self.late = uniform("provider.late")
        self.late_s = times("provider.late.by", provider.late.by)
        self.answer_s = times("provider.answer", provider.answer)
        self.publish_s = times("broker.publish", design.broker.publish)
        handle = {"loyalty": design.loyalty.award, "read_model": design.read_model.apply}
        self.handle_s = {name: times(f"{name}.service", one) for name, one in handle.items()}
        self.twice = {name: uniform(f"broker.duplicate.{name}") for name in handle}

    # The clock

    def run(self) -> Oracle:
        self.plan_the_faults()
        arrivals = arrival_times(self.scenario, UP, self.streams)
        cards = self.streams.generator("customer.card").random(len(arrivals)) >= self.scenario.provider.declined
        for purchase, (arrival_s, good_card) in enumerate(zip(arrivals.tolist(), cards.tolist(), strict=True)):
            self.purchases.append(Customer(purchase, int(good_card), basket_cents=self.scenario.traffic.price))
            self.after(arrival_s, self.arrive, self.purchases[-1])
        if self.keyed:
            self.pools["completer"] = new_pool("completer", self.knobs.completer.batch, 1)
            self.after(self.knobs.completer.every, self.look_for_stuck_orders)
        if self.design.recovery.reconcile_every is not None:
            self.after(self.design.recovery.reconcile_every, self.reconcile)
        while self.heap and self.heap[0][0] < self.scenario.clock.horizon_s:
            self.now, _, do, what = heappop(self.heap)
            do(*what)
        if self.design.read_model.inline:
            self.show_the_write_model()
        return self

    def after(self, delay_s: float, do: Callable[..., None], *what: Any) -> None:
        heappush(self.heap, (self.now + delay_s, next(self.sequence), do, what))

    # The weather

    def plan_the_faults(self) -> None:
        for number, fault in enumerate(self.scenario.faults):
            component = next(value for key, value in fault if key in KINDS)
            if hasattr(fault, "duplicates"):
                self.p_duplicate = 1 - (1 - self.p_duplicate) * (1 - fault.p)
            elif getattr(fault, "after", None) is not None:
                strike = Strike(fault, self.streams.uniform(f"fault.{number}.strike"))
                self.strikes.setdefault((component, fault.after), []).append(strike)
            elif hasattr(fault, "crash"):
                for begin_s, _ in self.spans(number, fault):
                    if component == "checkout":
                        self.after(begin_s, self.crash_instance, component, fault.restart)
            elif hasattr(fault, "brownout"):
                for begin_s, end_s in self.spans(number, fault):
                    self.spells.append(Spell(component, begin_s, end_s, fault.latency, False, fault.failed, fault.ambiguous))
            else:
                slower, down = (fault.times, False) if hasattr(fault, "slow") else (1.0, True)
                self.spells += [Spell(component, *span, slower, down) for span in self.spans(number, fault)]
        self.spells.sort(key=lambda spell: spell.begin_s)

    def spans(self, number: int, fault: Any) -> Iterator[tuple[float, float]]:
        """From when to when: once at a clock time, or again and again, a while after the last one has ended."""
        rng = self.streams.generator("fault", number)

        def drawn_s(distribution: Distribution) -> float:
            return float(sample(distribution, rng, 1)[0])

        lasting = not hasattr(fault, "crash")
        if fault.at is not None:
            begin_s = fault.at - self.scenario.clock.start
            yield begin_s, begin_s + (drawn_s(fault.lasts) if lasting else fault.restart)
            return
        begin_s = drawn_s(fault.every)
        while begin_s < self.scenario.clock.horizon_s:
            end_s = begin_s + (max(drawn_s(fault.lasts), LEAST_S) if lasting else fault.restart)
            yield begin_s, end_s
            begin_s = end_s + (drawn_s(fault.every) if lasting else max(drawn_s(fault.every), LEAST_S))

    def weather(self, component: str, at_s: float) -> Spell:
        """All that holds at a moment: factors multiply, of probabilities the latest spell's count."""
        total = Spell(component, at_s, inf)
        for spell in self.spells:
            if spell.component == component and spell.begin_s <= at_s < spell.end_s:
                total.slower *= spell.slower
                total.down = total.down or spell.down
                total.failed = total.failed if spell.failed is None else spell.failed
                total.ambiguous = total.ambiguous if spell.ambiguous is None else spell.ambiguous
        return total

    def took(self, job: Job, step: str, go_on: Callable[[Job], None]) -> None:
        """A step has been taken; the process may die now, or stand still for a while."""
        if job.dead:
            return
        pause_s = 0.0
        for strike in self.strikes.get((job.component, step), []):
            fault = strike.fault
            turn = strike.turns[job.purchase]
            strike.turns[job.purchase] += 1
            limit = getattr(fault, "times", None)
            if strike.luck(job.purchase, turn) >= fault.p or (limit is not None and strike.struck >= limit):
                continue
            strike.struck += 1
            if hasattr(fault, "crash"):
                self.crashes.append(Struck(job.component, self.now, step, job.purchase))
                self.die(job)
                self.take_down(job.pool, [job.worker], fault.restart)
                return
            self.crashes.append(Struck(job.component, self.now, step, job.purchase, fault.lasts))
            pause_s = max(pause_s, fault.lasts)
        if pause_s:
            self.after(pause_s, self.go_on, job, go_on)
        else:
            go_on(job)

    def go_on(self, job: Job, stage: Callable[[Job], None]) -> None:
        if not job.dead:
            stage(job)

    # The customer and the app

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

    def send(self, customer: Customer, submission: int, attempt: int) -> None:
        purchase, number = customer.purchase, customer.requests
        key = {"none": None, "purchase": (purchase,), "submission": (purchase, submission), "request": (purchase, number)}
        request = Request(
            customer, purchase, submission, attempt, number, customer.page, customer.basket_cents, self.now,
            key[self.design.app.key],
        )  # fmt: skip
        customer.requests += 1
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
            self.send(customer, request.submission, request.attempt + 1)

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

    # The checkout's door and its workers

    def reach_checkout(self, request: Request) -> None:
        pool, limit = self.pools["checkout"], self.design.checkout.queue_limit
        full = limit is not None and not pool.idle and len(pool.queue) >= limit
        if full or len(pool.down_until_s) == pool.workers:
            request.fate = "rejected"
            self.send_answer(request, "unavailable", None)
        else:
            self.submit(Job("checkout", self.compute, request, pool=pool))

    def send_answer(self, request: Request, answer: str, order: Order | None) -> None:
        turn = 2 * request.number + 1
        if self.network_luck(request.purchase, turn) >= self.scenario.network.answer_lost:
            self.after(self.network_s(request.purchase, turn), self.get_answer, request, answer, order)

    def submit(self, job: Job) -> None:
        assert job.pool is not None
        job.pool.queue.append(job)
        self.hand_out(job.pool)

    def hand_out(self, pool: Pool) -> None:
        while pool.idle and pool.queue:
            job = pool.queue.popleft()
            if job.request and self.design.checkout.deadline_drop and self.now >= job.request.sent_s + self.design.app.timeout:
                job.request.fate = "rejected"
                continue
            job.worker = pool.idle.pop()
            pool.running[job.worker] = job
            job.begin(job)

    def finish(self, job: Job, answer: str, *, replayed: bool = False) -> None:
        if job.request is not None:
            job.request.fate = "replayed" if replayed else "executed"
            self.send_answer(job.request, answer, job.order)
        if job.pool is not None:
            del job.pool.running[job.worker]
            job.pool.idle.append(job.worker)
            self.hand_out(job.pool)
        if job.then is not None:
            job.then()

    def die(self, job: Job) -> None:
        assert job.pool is not None
        del job.pool.running[job.worker]
        job.dead = True
        if job.request is not None:
            job.request.fate = "executed"

    def crash_instance(self, component: str, restart_s: float) -> None:
        """The first instance of a pool: every so many workers, the first one included."""
        pool = self.pools[component]
        mine = range(0, pool.workers, pool.instances)
        self.crashes.append(Struck(component, self.now))
        pool.idle = [worker for worker in pool.idle if worker not in mine]
        for worker in mine:
            if worker in pool.running:
                self.die(pool.running[worker])
        self.take_down(pool, list(mine), restart_s)

    def take_down(self, pool: Pool | None, workers: list[int], restart_s: float) -> None:
        assert pool is not None
        for worker in workers:
            pool.down_until_s[worker] = max(self.now + restart_s, pool.down_until_s.get(worker, 0.0))
        self.after(restart_s, self.bring_up, pool, workers)

    def bring_up(self, pool: Pool, workers: list[int]) -> None:
        for worker in workers:
            if pool.down_until_s.get(worker, inf) <= self.now:
                del pool.down_until_s[worker]
                pool.idle.append(worker)
                self.hand_out(pool)

    # The stories: naive is compute, insert, charge, settle, publish; idempotent claims a key instead of inserting

    def compute(self, job: Job) -> None:
        assert job.request is not None
        slower = self.weather("checkout", self.now).slower
        first = self.claim if self.keyed else self.insert
        self.after(self.service_s(job.purchase, job.request.number) * slower, self.go_on, job, first)

    def insert(self, job: Job) -> None:
        def commit() -> None:
            job.order = self.new_order(job)
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
                self.took(job, "claim", self.charge)

        self.write(job.purchase, commit)

    def claimed(self, job: Job) -> str | None:
        """Within the transaction: the stored answer; or None, and the key is ours to work on."""
        rules, request = self.knobs.claim, job.request
        assert request is not None
        order = self.by_key.get(request.key) if request.key else None
        if order is not None and rules.ttl is not None and self.now >= order.created_s + rules.ttl:
            order = None
        job.order = order or self.new_order(job)
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
        job.order.busy_until_s = self.now + rules.lock
        return None

    def charge(self, job: Job) -> None:
        assert job.order is not None
        job.outcome, seconds = self.call_provider(job.order)
        self.after(seconds, self.took, job, "charge", self.settle)

    def settle(self, job: Job) -> None:
        unheard = job.outcome in ("unknown", "error")
        outcome = "failed" if unheard and not self.keyed else job.outcome  # naive tells a timeout as a failure

        def commit() -> None:
            assert job.order is not None
            changed = self.note(job.order, outcome)
            job.order.busy_until_s = self.now
            self.took(job, "commit", self.publish if changed else self.reply)

        self.write(job.purchase, commit)

    def publish(self, job: Job) -> None:
        """A dual write; the event says what the order is now, and is the broker's although its publisher may die."""
        order = job.order
        assert order is not None
        event = (order, order.status, order.version)

        def accepted() -> None:
            self.deliver("loyalty", event, 0)
            self.deliver("read_model", event, 0)
            self.took(job, "publish", self.reply)

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

    # The order database

    def write(self, purchase: int, commit: Callable[[], None]) -> None:
        turn = self.turns[purchase]
        self.turns[purchase] += 1
        seconds = self.write_s(turn, CHORES) if purchase < 0 else self.write_s(purchase, turn)
        self.stand_in(self.lines["database"], seconds, commit)

    def stand_in(self, line: Line, seconds: float, done: Callable[[], None]) -> None:
        line.queue.append((seconds, done))
        self.serve_next(line)

    def serve_next(self, line: Line) -> None:
        if line.idle and line.queue:
            line.idle -= 1
            seconds, done = line.queue.popleft()
            self.after(self.end_of_service_s(line.component, seconds) - self.now, self.served, line, done)

    def served(self, line: Line, done: Callable[[], None]) -> None:
        line.idle += 1
        self.serve_next(line)
        done()

    def end_of_service_s(self, component: str, seconds: float) -> float:
        """Slower if it begins in bad weather; begun afresh after an outage."""
        start_s = self.now
        outages = [spell for spell in self.spells if spell.component == component and spell.down]
        for outage in outages:  # in order of time
            end_s = start_s + seconds * self.weather(component, start_s).slower
            if outage.begin_s < end_s and start_s < outage.end_s:
                start_s = outage.end_s
        return start_s + seconds * self.weather(component, start_s).slower

    def new_order(self, job: Job) -> Order:
        assert job.request is not None
        customer = job.request.customer
        order = Order(len(self.orders), job.purchase, customer.orders, job.request.cents, self.now, self.now)
        customer.orders += 1
        self.orders.append(order)
        self.open.append(order)
        if job.request.key is not None:
            self.by_key[job.request.key] = order
        return order

    def note(self, order: Order, outcome: str) -> bool:
        """What the provider said; false if it is no news. Confirmed and declined are final, and what is unknown can't fail."""
        status = STATUS_AFTER[outcome]
        final = order.status in ("confirmed", "declined") or (order.status, status) == ("unknown", "failed")
        if final or order.status == status:
            return False
        self.change(order, status)
        return True

    def change(self, order: Order, status: str) -> None:
        was_open, is_open = order.status not in SETTLED, status not in SETTLED
        if was_open and not is_open:
            self.open.remove(order)
        elif is_open and not was_open:
            self.open.append(order)
        order.status, order.version, order.changed_s = status, order.version + 1, self.now
        if status == "confirmed":
            order.confirmed_s = self.now

    # The payment provider

    def call_provider(self, order: Order) -> tuple[str, float]:
        """What the caller will see, and after how many seconds. The ledger's row is complete at once."""
        provider, purchase = self.scenario.provider, order.purchase
        call = self.calls[purchase]
        self.calls[purchase] += 1
        weather = self.weather("provider", self.now)
        failed = provider.failed if weather.failed is None else weather.failed
        ambiguous = provider.ambiguous if weather.ambiguous is None else weather.ambiguous
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
            elif luck >= 1 - provider.errored:
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
            return "conflict", seconds
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

    # Recovery

    def look_for_stuck_orders(self) -> None:
        completer = self.knobs.completer

        def commit() -> None:
            stuck = [order for order in self.open if order.busy_until_s + completer.after <= self.now][: completer.batch]
            for order in stuck:
                order.busy_until_s = self.now + self.knobs.claim.lock
            for order in stuck:
                self.submit(Job("completer", self.charge, order=order, pool=self.pools["completer"]))
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

    # What the broker brings to the status view and to loyalty

    def deliver(self, consumer: str, event: tuple[Order, str, int], delivery: int) -> None:
        if consumer == "loyalty" and event[1] != "confirmed":
            return
        if consumer == "read_model" and self.design.read_model.inline:
            return

        def done() -> None:
            if consumer == "loyalty":
                self.awards.append(Award(event[0].purchase, event[0].id, self.now))
            else:
                self.project(*event)
            if self.twice[consumer](event[0].purchase, turn_of(event, delivery)) < self.p_duplicate:
                self.after(self.design.broker.visibility, self.deliver, consumer, event, delivery + 1)

        seconds = self.handle_s[consumer](event[0].purchase, turn_of(event, delivery))
        self.after(self.design.broker.deliver, self.stand_in, self.lines[consumer], seconds, done)

    def project(self, order: Order, status: str, version: int) -> None:
        if version > order.view_version:
            order.view_status, order.view_version, order.view_changed_s = status, version, self.now
            if status == "confirmed":
                order.visible_s = self.now

    def show_the_write_model(self) -> None:
        for order in self.orders:
            order.view_status, order.view_changed_s, order.visible_s = order.status, order.changed_s, order.confirmed_s


def new_pool(name: str, workers: int, instances: int) -> Pool:
    return Pool(name, workers, instances, idle=list(reversed(range(workers))))


def turn_of(event: tuple[Order, str, int], delivery: int) -> int:
    """Which of its purchase's draws belongs to this delivery."""
    order, _, version = event
    return (order.number * 64 + version) * 64 + delivery


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


def refuse(scenario: Scenario, design: Design) -> None:
    """Raises AssertionError for what the oracle leaves out."""
    knobs: Any = design
    assert type(design).__name__ in ("Naive", "Idempotent")
    assert design.loyalty.inbox is None
    assert not design.loyalty.inline
    assert not design.read_model.cache
    if hasattr(design, "claim"):
        assert knobs.payment.webhooks == "ignored"
        assert knobs.payment.key_lasts > scenario.clock.horizon_s
        assert knobs.payment.after_error == "same_key" or not scenario.provider.errored
        assert not knobs.claim.check_first
    for fault in scenario.faults:
        assert not hasattr(fault, "spike")
        struck = getattr(fault, "crash", None) or getattr(fault, "pause", None)
        assert struck in (None, "checkout", "payment", "relay") or (struck == "completer" and fault.after is not None)
