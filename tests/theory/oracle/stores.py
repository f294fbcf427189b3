"""The order database, and what the broker brings to the status view and to loyalty."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sim.config.design import Design
from sim.config.scenario import Scenario
from tests.theory.oracle.records import Award, Order, Request
from tests.theory.oracle.weather import Weather

STATUS_AFTER = {"captured": "confirmed", "declined": "declined", "failed": "failed", "mismatch": "failed",
                "unknown": "unknown", "conflict": "unknown", "error": "unknown", "challenged": "challenged"}  # fmt: skip
SETTLED = ("confirmed", "declined", "failed")
CHORES = 1_000_000  # owner of the draws for transactions that belong to no purchase

Event = tuple[Order, str, int]  # an order, its status and its version at one moment


@dataclass(eq=False)
class Line:
    """Servers behind one queue, first come, first served."""

    component: str
    idle: int
    queue: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque)


class Stores(Weather):
    """Queues are deques; a transaction has its effect when it ends, whoever has died meanwhile."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        super().__init__(scenario, design, seed)
        self.orders: list[Order] = []
        self.open: list[Order] = []  # those not settled, in the order in which they became so
        self.by_key: dict[tuple[int, ...], Order] = {}
        self.awards: list[Award] = []
        self.turns: Counter[int] = Counter()  # database operations, by purchase; -1: by nobody
        self.lines = {"database": Line("database", design.database.connections)}
        self.lines |= {"loyalty": Line("loyalty", 1), "read_model": Line("read_model", design.read_model.workers)}
        times, handle = self.streams.times, {"loyalty": design.loyalty.award, "read_model": design.read_model.apply}
        self.write_s = times("database.write", design.database.write)
        self.read_s = times("database.read", design.database.read)
        self.publish_s = times("broker.publish", design.broker.publish)
        self.handle_s = {name: times(f"{name}.service", one) for name, one in handle.items()}
        self.twice = {name: self.streams.uniform(f"broker.duplicate.{name}") for name in handle}

    def write(self, purchase: int, commit: Callable[[], None]) -> None:
        turn = self.turns[purchase]
        self.turns[purchase] += 1
        seconds = self.write_s(turn, CHORES) if purchase < 0 else self.write_s(purchase, turn)
        self.stand_in(self.lines["database"], seconds, commit)

    def read(self, purchase: int, done: Callable[[], None]) -> None:
        turn = self.turns[purchase]
        self.turns[purchase] += 1
        self.stand_in(self.lines["database"], self.read_s(purchase, turn), done)

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

    def new_order(self, request: Request) -> Order:
        customer = request.customer
        order = Order(len(self.orders), request.purchase, customer.orders, request.cents, self.now, self.now)
        customer.orders += 1
        self.orders.append(order)
        self.open.append(order)
        if request.key is not None:
            self.by_key[request.key] = order
        return order

    def note(self, order: Order, outcome: str) -> bool:
        """What the provider said; false if it is no news. Confirmed and declined are final, and what is unknown can't fail."""
        status = STATUS_AFTER[outcome]
        final = order.status in ("confirmed", "declined") or (order.status, status) == ("unknown", "failed")
        waits = order.status == "challenged" and status not in ("confirmed", "declined")
        if final or waits or order.status == status:
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

    def deliver(self, consumer: str, event: Event, delivery: int) -> None:
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


def turn_of(event: Event, delivery: int) -> int:
    """Which of its purchase's draws belongs to this delivery."""
    order, _, version = event
    return (order.number * 64 + version) * 64 + delivery
