"""The shop as a class sees it in a process of its own: steps are messages, and orders are what was last heard of them.

Nothing here guards anything: the class runs in the same process and may do with it what it likes. What it says is checked
outside.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

from pydantic import BaseModel
from simpy.events import Event

from sim.config.keys import Kind, below
from sim.config.writing import written
from sim.kata.apart import words
from sim.kata.apart.pipe import Pipe
from sim.vocabulary import Answer, Outcome, Status
from sim.world import database, shop
from sim.world.checkout import Reply
from sim.world.engine import Story

LASTING = ("order", "purchase")  # columns of the provider's tables that never change


class Past(Exception):
    """The story waits for something that nothing can be heard of any more."""


class Now:
    """The clock of the morning."""

    def __init__(self) -> None:
        self.now = 0.0


class Request:
    """A request, as it was when its story began."""

    returning: database.Order | None = None

    def __init__(self, number: int, values: dict[str, Any]) -> None:
        vars(self).update(values, number_=number)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"request.{name} can't be changed", name=name, obj=self)


class Row(database.OutboxRow):
    """An outbox row, as it was read."""

    __slots__ = ()

    def __init__(self, order: Order, values: list[Any]) -> None:
        self.order = order
        self.id, self.row, self.purchase, status, self.version, self.turn = values
        self.status = Status(status)


def _lasting(name: str) -> property:
    place = words.SEEN.index(name)

    def value(order: Order) -> Any:
        if not order._values:
            order._room.look(order)
        return order._values[place]

    return property(value)


def _changing(name: str) -> property:
    place = words.SEEN.index(name)

    def value(order: Order) -> Any:
        if order._as_of != order._room.turn:
            order._room.look(order)
        return order._values[place]

    return property(value)


class Order(database.Order):
    """An order. What may change is asked for when it is read, unless it has been heard of since the story went on."""

    __slots__ = ("_as_of", "_number", "_room", "_values")

    id = property(lambda order: order._number)
    purchase, number, cents, created_s = map(_lasting, words.SEEN[1 : words.LASTING])
    (
        card, status, version, changed_s, known_s, confirmed_s, busy_until_s, attempts, key_is_spent, unheard, key, unmarked,
    ) = map(_changing, words.SEEN[words.LASTING :])  # fmt: skip

    def __init__(self, room: Room, number: int) -> None:
        self._room, self._number = room, number
        self._as_of, self._values = -1, ()

    def hear(self, values: list[Any]) -> None:
        self._as_of, self._values = self._room.turn, words.heard(values)


class Ask(Event):
    """Something to wait for: a step, and what came of it."""

    def __init__(self, component: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.component, self.name, self.arguments, self.named = component, name, arguments, named
        self.number: int | None = None  # if it was begun before anybody waited for it
        self.asked = self.over = False
        self.came: Any = None
        if name == "sleep" and arguments and isinstance(arguments[0], int | float):
            self.delay_s = arguments[0]


class Room:
    """What the class has heard of one morning, and how it speaks of it."""

    def __init__(self, pipe: Pipe, heed: Callable[[list[Any]], None]) -> None:
        self._pipe, self._heed = pipe, heed
        self.env = Now()
        self.turn = 0  # counts the moments at which anything may have changed
        self.orders: dict[int, Order] = {}
        self.requests: dict[int, Request] = {}
        self.rows: dict[int, Row] = {}
        self.kept: dict[int, Any] = {}  # stories and functions that the other side knows by their numbers
        self._numbers = itertools.count(1)
        self._knobs: dict[BaseModel, int] = {}
        self._waiting: list[Ask] = []  # begun, and not said yet

    # What is heard

    def hear(self, now: float, seen: list[list[Any]]) -> None:
        """The story goes on at a time."""
        self.turn += 1
        self.env.now = now
        self.see(seen)

    def see(self, seen: list[list[Any]]) -> None:
        for values in seen:
            self.order(values[0]).hear(values)

    def order(self, number: int) -> Order:
        order = self.orders.get(number)
        if order is None:
            order = self.orders[number] = Order(self, number)
        return order

    def look(self, order: Order) -> None:
        self.call("", "order", (order.id,), {})

    def value(self, said: Any) -> Any:
        """What a value of a message means."""
        if isinstance(said, list):
            return [self.value(one) for one in said]
        if not isinstance(said, dict):
            return said
        [(kind, what)] = said.items()
        match kind:
            case "order":
                return self.order(what)
            case "outcome":
                return Outcome(what)
            case "tuple":
                return tuple(self.value(one) for one in what)
            case "claim":
                order, answer, taken_over = what
                return shop.Claim(self.order(order), None if answer is None else Answer(answer), taken_over)
            case "row":
                number, order, *values = what
                if number not in self.rows:
                    self.rows[number] = Row(self.order(order), [number, *values])
                return self.rows[number]
            case "request":
                number, values = what
                if number not in self.requests:
                    self.requests[number] = Request(number, {key: self.value(one) for key, one in values.items()})
                return self.requests[number]
        raise AssertionError(kind)

    # What is said

    def said(self, value: Any) -> Any:
        """A value in a message. Raises TypeError for one that no step takes."""
        if isinstance(value, Outcome):
            return {"outcome": int(value)}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, database.Order):
            return {"order": value.id}
        if isinstance(value, Request):
            return {"request": vars(value)["number_"]}
        if isinstance(value, database.OutboxRow):
            return {"row": value.id}
        if isinstance(value, list | tuple):
            return [self.said(one) for one in value]
        if isinstance(value, BaseModel):
            return self._said_of_knobs(value)
        raise TypeError(f"a step doesn't take {type(value).__name__}")

    def _said_of_knobs(self, knobs: BaseModel) -> Any:
        if (number := self._knobs.get(knobs)) is not None:
            return {"knobs": number}
        number = self._knobs[knobs] = len(self._knobs)
        return {"knobs": number, "are": plain(knobs, words.known(type(knobs)))}

    def keep(self, what: Any) -> int:
        number = next(self._numbers)
        self.kept[number] = what
        return number

    def call(self, component: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Say something that takes no time, and return the answer."""
        self.begin_waiting()
        return self._call(component, name, arguments, named)

    def _call(self, component: str, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        values = [self.said(one) for one in arguments], {key: self.said(one) for key, one in named.items()}
        self._pipe.send(["call", component, name, *values])
        while (message := self._pipe.receive())[0] != "answer":
            self._heed(message)  # of another story, which begins at once
        _, value, seen = message
        if name == "start":
            self.turn += 1  # the other story may have changed what was known
        self.see(seen)
        return self.value(value)

    def event(self, component: str, name: str, *arguments: Any, **named: Any) -> Ask:
        """Something to wait for, which begins now."""
        ask = Ask(component, name, arguments, named)
        self._waiting.append(ask)
        return ask

    def begin_waiting(self, besides: Ask | None = None) -> None:
        """Say of what was begun and is not waited for at once."""
        waiting, self._waiting = self._waiting, []
        if waiting and waiting[-1] is besides:
            waiting.pop()  # nothing has begun since, so it may as well begin with the wait
        for ask in waiting:
            if ask.number is None:
                ask.number = self._call(ask.component, ask.name, ask.arguments, ask.named)

    def ask(self, ask: Ask) -> list[Any]:
        """The message of a story that waits for something. Raises Past."""
        self.begin_waiting(ask)
        if ask.number is not None:
            return ["wait", ask.number]
        if ask.asked:
            raise Past
        ask.asked = True
        values = [self.said(one) for one in ask.arguments], {key: self.said(one) for key, one in ask.named.items()}
        return ["step", ask.component, ask.name, *values]

    def result(self, value: Any) -> Any:
        """What a story ends with, which its guard has looked at."""
        if isinstance(value, Reply):
            return [int(value.answer), None if value.order is None else value.order.id, bool(value.replayed)]
        return value if isinstance(value, int | float) else None


def plain(value: BaseModel, kind: type[BaseModel]) -> dict[str, Any]:
    """What a file would say of the knobs that a `kind` of ours has."""
    named = {name: info.alias or name for name, info in kind.model_fields.items()}
    return {key: written(getattr(value, name), below(Kind(kind), key)) for name, key in named.items()}


class Columns:
    """A table of the provider, of which single values can be read."""

    order: Column

    def __init__(self, room: Room, table: str, columns: tuple[str, ...]) -> None:
        for column in columns:
            setattr(self, column, Column(room, table, column))


class Column:
    def __init__(self, room: Room, table: str, name: str) -> None:
        self._room, self._table, self._name = room, table, name
        self._lasts = name in LASTING
        self._known: dict[int, Any] = {}  # of a column that lasts

    def __getitem__(self, row: int) -> Any:
        if row in self._known:
            return self._known[row]
        value = self._room.call("", "cell", (self._table, self._name, row), {})
        if self._lasts and row >= 0:
            self._known[row] = value
        return value

    def __len__(self) -> int:
        length: int = self._room.call("", "length", (self._table,), {})
        return length


class Provider:
    def __init__(self, room: Room) -> None:
        self._room = room
        self.charges = Columns(room, "charges", words.TABLES["charges"])
        self.holds = Columns(room, "holds", words.TABLES["holds"])

    @property
    def down(self) -> bool:
        down: bool = self._room.call("", "down", (), {})
        return down

    def ledger(self, young: list[int], next_row: int, *, before_s: float) -> tuple[list[int], list[int], int]:
        rows, orders, still_young, beyond = self._room.call("", "ledger", (young, next_row, before_s), {})
        self.charges.order._known.update(zip(rows, orders, strict=True))
        return rows, still_young, beyond

    def held(self, *, before_s: float) -> list[int]:
        rows: list[int] = self._room.call("", "held", (before_s,), {})
        return rows


class Orders:
    def __init__(self, room: Room) -> None:
        self._room = room

    def __getitem__(self, number: int) -> Order:
        if number not in self._room.orders:
            order: Order = self._room.call("", "order", (number,), {})
            return order
        return self._room.orders[number]

    def __len__(self) -> int:
        length: int = self._room.call("", "length", ("orders",), {})
        return length

    def __iter__(self) -> Iterator[Order]:
        return (self[number] for number in range(len(self)))


class Database:
    def __init__(self, room: Room, component: str) -> None:
        self._room, self._component = room, component
        self.orders = Orders(room)

    def query(self, purchase: int) -> Ask:
        return self._room.event(self._component, "query", purchase)


class Shop(shop.Shop):
    """The shop, as seen from one component."""

    def __init__(self, room: Room, design: Any) -> None:
        self.env = room.env  # type: ignore[assignment]
        self.design = design
        self.provider = Provider(room)  # type: ignore[assignment]
        self.database = Database(room, self.component)  # type: ignore[assignment]
        self.watch = shop._as_it_is
        self._room = room

    def seen_from(self, component: str) -> Shop:
        seen = copy(self)
        seen.component = component
        seen.database = Database(self._room, component)  # type: ignore[assignment]
        return seen

    def sleep(self, seconds: float) -> Event:
        return self._room.event(self.component, "sleep", seconds)

    def compute(self, request: Any) -> Event:
        return self._room.event(self.component, "compute", request)

    def pay_draw(self, order: database.Order) -> float:
        draw: float = self._room.call(self.component, "pay_draw", (order,), {})
        return draw

    def workers(self, *arguments: Any, **named: Any) -> Any:
        self._room.call(self.component, "workers", arguments, named)

    def background(self, component: str, story: Callable[..., Story], *, machine: int = 1) -> None:
        kept = self._room.keep(self.watch("background", story))
        self._room.call(self.component, "background", (component, kept), {"machine": machine})

    def consume(
        self, component: str, story: Callable[..., Story], *, due_s: Callable[[Any], float] | None = None, **named: Any
    ) -> None:
        kept = self._room.keep(self.watch("consume", story))
        named["due_s"] = None if due_s is None else self._room.keep(due_s)
        self._room.call(self.component, "consume", (component, kept), named)

    def listen(self, story: Callable[..., Story]) -> None:
        self._room.call(self.component, "listen", (self._room.keep(self.watch("listen", story)),), {})

    def start(self, story: Story) -> None:
        kept = self._room.keep(self.watch("start", lambda: story)())
        self._room.call(self.component, "start", (kept,), {})


def _step(name: str) -> Callable[..., Story]:
    def step(self: Shop, *arguments: Any, **named: Any) -> Story:
        return (yield Ask(self.component, name, arguments, named))

    step.__name__ = name
    return step


for _name in shop.STEPS:
    if _name not in vars(Shop):
        setattr(Shop, _name, _step(_name))
