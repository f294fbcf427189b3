"""The order database: the only memory that survives a crash. One transaction is one visit to a connection.

A transaction's effect happens at its commit, whether or not the process that asked for it is still alive.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from itertools import islice
from math import isnan
from typing import Any, Literal, NamedTuple

from simpy.events import Event

from sim.config.design import Database as Knobs
from sim.config.design import Replica as ReplicaKnobs
from sim.ledger.records import Orders, Small, Struck, Times
from sim.vocabulary import SETTLED, Outcome, Status
from sim.world.accounts import Books
from sim.world.engine import Awaited, Clock
from sim.world.fallible import Fallible
from sim.world.faults import Failing
from sim.world.observer import Observer
from sim.world.script import NO_PURCHASE
from sim.world.station import Connections, Hold, Station
from sim.world.streams import Streams
from sim.world.timetable import Timetable

NEVER = float("nan")
NOBODY = -1  # stands for the purchase of operations that belong to none; as an index it is the last place of `_operations`
# Looked up once, because in Python 3.11 every access to a member of an enum costs as much as a call.
PENDING, UNKNOWN, CONFIRMED, DECLINED, FAILED, CHALLENGED, USED_UP = Status
FINAL = (CONFIRMED, DECLINED, USED_UP)
_AFTER = {
    Outcome.CAPTURED: Status.CONFIRMED,
    Outcome.AUTHORISED: Status.CONFIRMED,  # the money is safe: the kitchen may begin
    Outcome.DECLINED: Status.DECLINED,
    Outcome.FAILED: Status.FAILED,
    Outcome.MISMATCH: Status.FAILED,
    Outcome.UNKNOWN: Status.UNKNOWN,
    Outcome.CONFLICT: Status.UNKNOWN,
    Outcome.ERROR: Status.UNKNOWN,
    Outcome.CHALLENGED: Status.CHALLENGED,
    Outcome.VOIDED: Status.FAILED,
    Outcome.REFUNDED: Status.FAILED,
    Outcome.USED_UP: Status.USED_UP,
}


class Order:
    """A row of the orders table. Until `busy_until_s` it is claimed by a process that works on it."""

    __slots__ = (
        "attempts",
        "busy_until_s",
        "card",
        "cents",
        "changed_s",
        "confirmed_s",
        "created_s",
        "id",
        "key",
        "key_is_spent",
        "known_s",
        "number",
        "past",
        "purchase",
        "status",
        "unheard",
        "unmarked",
        "version",
    )

    def __init__(self, id_: int, purchase: int, number: int, cents: int, now: float) -> None:
        self.id = id_
        self.key: object = id_  # the provider's idempotency key, if one is sent
        self.number = number  # among the orders of its purchase
        self.purchase = purchase
        self.cents = cents
        self.card = 0  # of its customer: the first one, or the other (1)
        self.status = PENDING
        self.version = 1
        self.created_s = self.changed_s = self.known_s = now  # `known_s`: since when the app's key finds it
        self.confirmed_s = NEVER
        self.busy_until_s = 0.0
        self.attempts = 0  # charge attempts that came back
        self.key_is_spent = False  # it stands for an error by now, and an earlier call with it may still charge
        # When the calls with its present key began that nobody has had a plain answer to: under way, or never answered.
        self.unheard: tuple[float, ...] = ()
        self.past: list[tuple[float, Status, int]] | None = None  # (since, status, version), where a replica shows the past
        self.unmarked: int | None = None  # the app's key, where it is written down only when the payment is over

    @property
    def settled(self) -> bool:
        return self.status in SETTLED

    def may_still_be_charged(self, now: float, lands_within_s: float) -> bool:
        """Whether a call with its present key may still charge the card, although it seems that nothing was charged so far.

        That is a call that began less than `lands_within_s` ago and of which nobody has heard the end (its process waits, has
        stopped waiting, or has died), or one that found another in flight.
        """
        return any(now < began_s + lands_within_s for began_s in self.unheard)


class OutboxRow:
    """An event for other services: an order as it was at one moment. Its `id` stays the same however often it is delivered.

    Without an outbox (a dual write) it is only in the memory of its publisher, and `row` is 0.
    """

    __slots__ = ("id", "marked", "order", "purchase", "row", "status", "told", "turn", "version")

    def __init__(self, number: int, order: Order, row: int = 0) -> None:
        self.id = number
        self.row = row  # its id in the outbox, drawn when the transaction began: ids are not in the order of the commits
        self.order = order
        self.purchase = order.purchase
        self.status = order.status
        self.version = order.version
        self.turn = (order.number * 64 + order.version) * 64  # the first of the event's draws, among those of its purchase
        self.marked = False  # as published
        self.told = False  # delivered to the broker at least once


class Replica:
    """A copy of the orders as they were a while ago: the lag is drawn at each read."""

    def __init__(self, env: Clock, knobs: ReplicaKnobs, streams: Streams) -> None:
        self._env = env
        self.reads = knobs.reads
        self._lag_s = streams.times("database.replica.lag", knobs.lag)
        self._turns: Counter[int] = Counter()

    def as_of_s(self, purchase: int) -> float:
        """The moment that a read shows, which is made for a purchase now."""
        turn = self._turns[purchase]
        self._turns[purchase] = turn + 1
        return self._env.now - self._lag_s(purchase, turn)

    def shows(self, order: Order, as_of_s: float) -> tuple[Status, int] | None:
        """An order's status and version at that moment; None if it was not there yet."""
        assert order.past is not None
        return next(((status, version) for since_s, status, version in reversed(order.past) if since_s <= as_of_s), None)


class Used(NamedTuple):
    """How much the database has been used at a time."""

    at_s: float
    reads: int
    writes: int
    busy_s: float


class Database:
    """Orders, their unique keys and the outbox, behind a pool of connections."""

    new_order: type[Order] = Order

    def __init__(
        self, env: Clock, knobs: Knobs, *, purchases: int, streams: Streams, weather: Timetable,
        failing: Sequence[Failing] = (), struck: list[Struck] | None = None, held: bool = False, open_s: float = 0.0,
        observer: Observer | None = None, books: Books | None = None,
    ) -> None:  # fmt: skip
        self._env = env
        self.books = books  # accounts that can be used up; none: there are none in this world
        plain = Station(env, "database", knobs.connections, weather)
        self.station: Station | Connections = Connections(env, "database", knobs.connections, weather) if held else plain
        self._serve = plain.serve
        self._fallible = None  # an error may come of work, or its caller's time may be over before, or it keeps a connection
        if failing or held or knobs.timeout is not None:
            struck = [] if struck is None else struck
            self._fallible = Fallible(
                env, self.station, timeout_s=knobs.timeout, failing=failing, struck=struck, observer=observer
            )
        self._write_s = streams.times("database.write", knobs.write)
        self._read_s = streams.times("database.read", knobs.read)
        self._operations = array("i", bytes(4 * (purchases + 1)))  # how many each has made
        self._orders_of = array("i", bytes(4 * purchases))  # how many each has
        self._by_key: dict[int, Order] = {}
        self._by_purchase: defaultdict[int, list[Order]] = defaultdict(list)  # up to the last look
        self._indexed = 0
        self._replica = None if knobs.replica is None else Replica(env, knobs.replica, streams)
        self._waiting: defaultdict[int, list[Awaited]] = defaultdict(list)  # for an order to be released
        self.orders: list[Order] = []
        self.open: dict[int, Order] = {}  # orders that are not settled, by id
        self.outbox: deque[OutboxRow] = deque()  # rows that are not marked as published
        self.marked_too_early: list[OutboxRow] = []  # marked as published before the broker had them
        self.never_seen: list[OutboxRow] = []  # rows that a relay which looks for higher ids only has passed over
        self._last_seen = 0
        self._drawn = 0  # ids of rows
        self._poller: Callable[[], None] | None = None
        self.events = 0
        self.rows_written = 0  # to the outbox
        self.reads = 0
        self.writes = 0
        self._open_s = open_s  # when the shop closes: until then there is always work to come
        self._chores: list[Used] = []  # how much it had been used before each of NOBODY's operations since the last purchase's

    def transaction(self, purchase: int, effect: Callable[[], Any]) -> Event:
        """One atomic write on behalf of a purchase (or NOBODY); an event whose value is what `effect` returned."""
        if purchase < 0 or self._chores:
            self._note_chore(purchase)
        self.writes += 1
        turn = self._operations[purchase]
        self._operations[purchase] = turn + 1
        service_s = self._write_s(purchase, turn) if purchase >= 0 else self._write_s(turn, NO_PURCHASE)
        if self._fallible is not None:
            return self._fallible.do(purchase, service_s, effect, writes=True)
        return self._serve(service_s, effect)

    def query(self, purchase: int, effect: Callable[[], Any] | None = None) -> Event:
        """One read; like `transaction`."""
        if purchase < 0 or self._chores:
            self._note_chore(purchase)
        self.reads += 1
        turn = self._operations[purchase]
        self._operations[purchase] = turn + 1
        service_s = self._read_s(purchase, turn) if purchase >= 0 else self._read_s(turn, NO_PURCHASE)
        if self._fallible is not None:
            return self._fallible.do(purchase, service_s, effect, writes=False)
        return self._serve(service_s, effect)

    def hold(self, purchase: int) -> tuple[Hold, Event]:
        """Ask for a connection to keep until it is let go; and an event, which happens when it is there, or is an error."""
        assert self._fallible is not None
        return self._fallible.hold(purchase)

    def let_go(self, hold: Hold) -> None:
        assert self._fallible is not None
        self._fallible.let_go(hold)

    def _note_chore(self, purchase: int) -> None:
        """Remember how much the database had been used before a chore; forget it when a purchase's work comes after all."""
        if self._env.now <= self._open_s:
            return
        if purchase < 0:
            self._chores.append(Used(self._env.now, self.reads, self.writes, self.station.busy_s))
        else:
            self._chores.clear()

    def used_until(self, worked_s: float) -> Used | None:
        """How much it had been used when the first of the chores began that came after all work; None if none came.

        Whoever looks for work at times goes on looking when there is none, for as long as one lets them.
        """
        return next((used for used in self._chores if used.at_s > worked_s), None)

    # What follows is done inside a transaction or query: it takes no time of its own.

    def create(self, purchase: int, cents: int, key: int | None = None) -> Order:
        """A new pending order; a later look-up by `key` finds it."""
        number = self._orders_of[purchase]
        self._orders_of[purchase] = number + 1
        order = self.new_order(len(self.orders), purchase, number, cents, self._env.now)
        if self._replica is not None:
            order.past = [(order.created_s, order.status, order.version)]
        self.orders.append(order)
        self.open[order.id] = order
        if key is not None:
            self._by_key[key] = order
        return order

    def with_key(self, key: int | None, ttl_s: float | None = None) -> Order | None:
        """The order that a key stands for, unless it is older than `ttl_s` and forgotten."""
        order = None if key is None else self._by_key.get(key)
        return None if order is None or (ttl_s is not None and self._env.now >= order.created_s + ttl_s) else order

    def looked_up(self, key: int | None, ttl_s: float | None, purchase: int) -> Order | None:
        """`with_key`, where it is read before it is written: from a replica, if there is one for that."""
        order, replica = self.with_key(key, ttl_s), self.replica("claim")
        if order is None or replica is None:
            return order
        return order if order.known_s <= replica.as_of_s(purchase) else None

    def orders_of(self, purchase: int) -> list[tuple[Order, Status]]:
        """A purchase's orders as a look before a retry finds them, each with its status."""
        for order in islice(self.orders, self._indexed, None):
            self._by_purchase[order.purchase].append(order)
        self._indexed = len(self.orders)
        mine = self._by_purchase[purchase]
        replica = self.replica("look")
        if replica is None:
            return [(order, order.status) for order in mine]
        as_of_s = replica.as_of_s(purchase)
        return [(order, then[0]) for order in mine if (then := replica.shows(order, as_of_s)) is not None]

    def replica(self, reads: Literal["status", "claim", "look"]) -> Replica | None:
        """The replica that is asked for this; None: the primary is."""
        return self._replica if self._replica is not None and reads in self._replica.reads else None

    def release(self, order: Order) -> None:
        """Nobody works on the order any more: whoever waits for that may go on."""
        order.busy_until_s = self._env.now
        if self._waiting:
            self._wake(order)

    def when_released(self, order: Order) -> Event:
        """An event that happens when the order is released, or its claim is over."""
        released = Awaited()
        self._waiting[order.id].append(released)
        self._env.call(max(order.busy_until_s - self._env.now, 0.0), self._wake, order)
        return released

    def _wake(self, order: Order) -> None:
        for released in self._waiting.pop(order.id, ()):
            released.happen()

    def reopen(self, order: Order) -> None:
        """A failed order is tried once more."""
        if order.status is Status.FAILED:
            self._change(order, Status.PENDING)
            self.open[order.id] = order

    def doubt(self, order: Order) -> None:
        """A worker must have died, and another takes its order over. Whether the first had called the provider is unknown."""
        if order.status is Status.PENDING:
            self._change(order, UNKNOWN)

    def call_begins(self, order: Order, began_s: float) -> None:
        """A call to the provider begins: from now on the order's row says so."""
        order.unheard += (began_s,)

    def call_ended(self, order: Order, heard: tuple[float, ...]) -> None:
        """One more attempt came back, and these calls can't land any more: they began then."""
        order.attempts += 1
        if order.unheard == heard:
            order.unheard = ()
            return
        left = list(order.unheard)
        for began_s in heard:
            if began_s in left:  # else the order has got a new key meanwhile
                left.remove(began_s)
        order.unheard = tuple(left)

    def renew_key(self, order: Order) -> None:
        """Give the order a new key: its next call to the provider is a new one. Safe only if the old key will never charge."""
        order.key = (order.id, order.attempts)
        order.key_is_spent, order.unheard = False, ()

    def overwrite(self, order: Order, outcome: Outcome) -> None:
        """Write an outcome down, even over a final one."""
        self._become(order, _AFTER[outcome])

    def settle(self, order: Order, outcome: Outcome) -> bool:
        """Note what the provider said; False if that changes nothing.

        Confirmed, declined and used up are final. A refused call says nothing about an earlier one that went unanswered, so
        an unknown order stays unknown until somebody learns the truth. One that waits for its customer goes on waiting.
        """
        status = _AFTER[outcome]
        known = order.status
        if known in FINAL or known is status or (known is UNKNOWN and status is FAILED):
            return False
        if known is CHALLENGED and status not in FINAL:
            return False
        self._become(order, status)
        return True

    def cancel(self, order: Order) -> bool:
        """Give an order up, whatever is unknown of it; False if it is settled. (News of its payment would still confirm it.)"""
        if order.settled:
            return False
        self._become(order, FAILED)
        return True

    def _become(self, order: Order, status: Status) -> None:
        self._change(order, status)
        if status in SETTLED:
            self.open.pop(order.id, None)
            if order.unmarked is not None and status is not FAILED:
                self._by_key.setdefault(order.unmarked, order)
                order.known_s = self._env.now
        else:
            self.open[order.id] = order
        if status is CONFIRMED and isnan(order.confirmed_s):
            order.confirmed_s = self._env.now
        if self.books is not None:
            self.books.became(order, status)

    def _change(self, order: Order, status: Status) -> None:
        order.status = status
        order.version += 1
        order.changed_s = self._env.now
        if order.past is not None:
            order.past.append((order.changed_s, status, order.version))

    def event(self, order: Order, row: int = 0) -> OutboxRow:
        """The order as it is now, with an id of its own."""
        return OutboxRow(self.new_event(), order, row)

    def new_event(self) -> int:
        """The id of a new event."""
        self.events += 1
        return self.events

    def draw_row(self) -> int:
        """The id of a transaction's outbox row, from a sequence; transactions commit in another order than they begin."""
        self._drawn += 1
        return self._drawn

    def add_to_outbox(self, order: Order, row: int) -> None:
        self.rows_written += 1
        event = self.event(order, row)
        if row <= self._last_seen:
            self.never_seen.append(event)
            return
        self.outbox.append(event)
        if self._poller is not None:
            wake, self._poller = self._poller, None
            wake()

    def when_row_written(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, when the next outbox row has been committed."""
        self._poller = wake

    def unpublished(self, batch: int, *, by_id: bool = False) -> list[OutboxRow]:
        return list(islice(sorted(self.outbox, key=lambda row: row.row) if by_id else self.outbox, batch))

    def mark_published(self, rows: list[OutboxRow]) -> None:
        """Take rows out of the outbox; those that no broker has heard of yet are remembered for the audit.

        A relay that died may have marked some already: its transaction committed after the next relay had read them.
        """
        for row in rows:
            if row.marked:
                continue
            row.marked = True
            self.outbox.remove(row)
            if not row.told:
                self.marked_too_early.append(row)

    def look_beyond(self, rows: list[OutboxRow]) -> None:
        """From now on the relay looks for higher ids only; whatever commits with a lower one is never seen."""
        self._last_seen = max(row.row for row in rows)
        late = [row for row in self.outbox if row.row <= self._last_seen]
        self.never_seen.extend(late)
        for row in late:
            row.marked = True
            self.outbox.remove(row)

    def table(self, orders: Sequence[Order], view_status: Small, view_changed_s: Times, visible_s: Times) -> Orders:
        """Some orders as a table, beside what the status view shows of them."""
        table = Orders()
        table.purchase.extend([order.purchase for order in orders])
        table.status.extend([order.status for order in orders])
        table.created_s.extend([order.created_s for order in orders])
        table.confirmed_s.extend([order.confirmed_s for order in orders])
        table.changed_s.extend([order.changed_s for order in orders])
        table.view_status, table.view_changed_s, table.visible_s = view_status, view_changed_s, visible_s
        return table
