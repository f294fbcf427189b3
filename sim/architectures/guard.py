"""Report mistakes that a user's own architecture makes while it runs, with file, line, customer and time; and end its loops.

Built-in architectures are not guarded, so the guard costs them no time.
"""

from __future__ import annotations

import ctypes
import faulthandler
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext, suppress
from enum import Enum
from functools import wraps
from itertools import count
from math import isfinite
from types import CodeType, FrameType, FunctionType, GeneratorType, ModuleType, TracebackType
from typing import Any

from pydantic import ValidationError
from pydantic.errors import PydanticErrorMixin
from simpy import Environment, Interrupt
from simpy.events import Event

from sim.architectures.parts import Diagram
from sim.architectures.seal import Changed, Seal
from sim.config.design import Design, Origin
from sim.config.errors import ConfigError, closest
from sim.config.scenario import Scenario
from sim.config.units import clock_text
from sim.ledger.laws import BrokenLaw
from sim.ledger.records import Tables
from sim.vocabulary import Answer
from sim.world.cell import WHOLE, Cell
from sim.world.checkout import Reply
from sim.world.database import Order, OutboxRow
from sim.world.engine import Crash, Story
from sim.world.morning import Morning
from sim.world.observer import Observer
from sim.world.shop import STEPS, Shop

MOST_STEPS = 100_000  # of one story within WITHIN_S of simulated time: the busiest relay takes a hundredth of this
WITHIN_S = 30.0
LOOK_S = 1.0  # real time between two looks at whether the story has come to its next `yield`
LOOKS = 3  # looks in a row that find the same step. A step takes microseconds, so this is not just a slow machine
LAST_RESORT_S = 20.0  # real time after which the process is ended, for code that Python can't interrupt, like 9**9**9
STDERR = 2
VALUES = (bool, int, float, complex, str, bytes, type(None))


class Endless(BaseException):
    """Thrown into code that doesn't come to an end. It is a BaseException, so `except Exception` in that code lets it pass."""


class Slip(Exception):
    """A mistake in a user's file: what is wrong, in which line, with which customer, and when (seconds of the morning)."""

    def __init__(self, text: str, line: int | None, purchase: int | None, at_s: float) -> None:
        super().__init__(text)
        self.text, self.line, self.purchase, self.at_s = text, line, purchase, at_s


class Watch:
    """A context manager that ends code of this thread if a single step of it takes too long."""

    def __init__(self) -> None:
        self.inside = 0  # number of the step under way; 0: none
        self.steps = 0
        self._watched = threading.get_ident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        _postpone()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        faulthandler.cancel_dump_traceback_later()
        self._throw(None)  # withdraw an Endless that has been sent and has not arrived yet

    def enter(self) -> None:
        self.steps += 1
        self.inside = self.steps

    def _look(self) -> None:
        seen = times = 0
        while not self._over.wait(LOOK_S):
            now = self.inside
            times = times + 1 if now and now == seen else 0
            seen = now
            if not times:
                _postpone()
            elif times % LOOKS == 0:  # thrown again after as many looks, in case the code caught it
                self._throw(Endless)

    def _throw(self, error: type[Endless] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._watched), error and ctypes.py_object(error))


def _postpone() -> None:
    """Restart the timer of the last resort. Unless postponed, it ends the process, and prints its stack on stderr.

    The timer runs in C, so it also works where the interpreter never comes back from a single instruction.
    """
    faulthandler.dump_traceback_later(LAST_RESORT_S, exit=True, file=STDERR)


_here = threading.local()  # the watch and the seal of this thread's morning
BEHIND = "a story uses the steps of the shop, and changes nothing behind them"


def morning(scenario: Scenario, design: Design, seed: int, cell: Cell = WHOLE, *, observer: Observer | None = None) -> Tables:
    """Simulate a morning, inside `answering`; of a user's own architecture under seal, unless somebody else observes it.

    An architecture that runs in another process can reach nothing that a seal would be on.
    """
    if design.origin is None or design.origin.over is not None or observer is not None:
        tables = Morning(scenario, design, seed, cell, observer=observer).run()
        if design.origin is not None and design.origin.over is not None:
            design.origin.over()
        return tables
    seal = _here.seal = Seal()
    try:
        tables = Morning(scenario, design, seed, cell, observer=seal).run()
        seal.check(tables)
    except Changed as changed:
        raise Slip(f"{changed} was changed: {BEHIND}", None, None, 0.0) from None
    finally:
        _here.seal = None
    return tables


@contextmanager
def answering(scenario: Scenario, design: Design, seed: int) -> Iterator[None]:
    """Simulate a morning inside this context: mistakes of a user's own architecture become a ConfigError.

    Where the code runs is watched. A built-in architecture is not checked.
    """
    origin = design.origin
    if origin is None:
        yield
        return
    try:
        with watched(design) if origin.over is None else nullcontext():
            yield
    except Slip as slip:
        raise ConfigError(_message(slip, origin, scenario, seed)) from None
    except BrokenLaw as law:
        raise ConfigError(
            f"{origin.file}: {origin.name}: the books of the morning of seed {seed} do not add up ({law}); change orders, "
            "events and charges by the steps of the shop only"
        ) from None
    except (Exception, SystemExit, Endless) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(_message(slip_of(error, origin.file), origin, scenario, seed)) from None


def slip_of(error: BaseException, file: str) -> Slip:
    """The slip behind an error of which nothing is known but its traceback."""
    return Slip(said(error) + _hint(error), line_of(error.__traceback__, file), None, 0.0)


@contextmanager
def watched(design: Design) -> Iterator[None]:
    """Run code of a user's own architecture inside this context: its loops are ended.

    Raises Slip if global variables or class attributes of the user's file have changed.
    """
    before = _globals_of(design)
    try:
        with Watch() as _here.watch:
            yield
    finally:
        _here.watch = None
    after = _globals_of(design)
    if (changed := next((name for name in before | after if before.get(name) != after.get(name)), None)) is not None:
        raise Slip(
            f"{changed} was changed: it outlives the process and the morning, so results would depend on what ran before; "
            "what must survive belongs into the database, what a process may remember into set_up",
            None, None, 0.0,
        )  # fmt: skip


def _globals_of(design: Design) -> dict[str, Any]:
    """Snapshots of all places where the file's functions could remember something: global variables and class attributes."""
    module = sys.modules[type(design).__module__]
    snapshots: dict[str, Any] = {}
    for name, value in _named(module):
        snapshots[name] = _snapshot(value, module, ())
        if isinstance(value, type) and value.__module__ == module.__name__:
            snapshots |= {f"{name}.{key}": _snapshot(attribute, module, ()) for key, attribute in _named(value)}
    return snapshots


def _named(owner: Any) -> list[tuple[str, Any]]:
    """The attributes of a module or class, without Python's own (`__name__`, `_abc_impl`, an enum's `_value2member_map_`)."""
    return [(name, value) for name, value in vars(owner).items() if not (name.startswith(("__", "_abc_")) or _is_sunder(name))]


def _is_sunder(name: str) -> bool:
    return name[:1] == name[-1:] == "_"


class _Same:
    """Compares a value by identity. It keeps the value alive, so that no later value can have the same id."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._value is self._value


def _snapshot(value: Any, module: ModuleType, within: tuple[int, ...]) -> Any:
    """A snapshot of a value, to be compared with a later one; `within` has the ids of the values that contain it.

    Objects of classes from other modules are compared by identity only.
    """
    if isinstance(value, VALUES):
        return type(value), value
    if isinstance(value, set | frozenset | bytearray):
        return _Same(value), type(value)(value)
    if isinstance(value, count):
        return _Same(value), repr(value)
    if id(value) in within:
        return _Same(value)
    inside = _inside(value, module)
    return _Same(value), None if inside is None else [_snapshot(part, module, (*within, id(value))) for part in inside]


def _inside(value: Any, module: ModuleType) -> list[Any] | None:
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    if isinstance(value, list | tuple | deque):
        return list(value)
    if isinstance(value, FunctionType):
        return [value.__defaults__, value.__kwdefaults__, vars(value)]
    if type(value).__module__ == module.__name__ and not isinstance(value, type) and hasattr(value, "__dict__"):
        return [vars(value)]
    return None


def _message(slip: Slip, origin: Origin, scenario: Scenario, seed: int) -> str:
    where = f"{origin.file}:{slip.line}" if slip.line is not None else f"{origin.file}: {origin.name}"
    customer = f"customer {slip.purchase}, " if slip.purchase is not None else ""
    at = f"{clock_text(scenario.clock.start + slip.at_s)}, " if slip.at_s else ""
    return f"{where}: {slip.text} ({customer}{at}seed {seed})"


class Guard:
    """Runs the stories of one morning, and raises a Slip for a mistake in one of them."""

    def __init__(self, origin: Origin, env: Environment) -> None:
        self._origin = origin
        self._env = env
        self.watch: Watch = getattr(_here, "watch", None) or Watch()  # outside of `answering`: a watch that is never started

    def __call__(self, kind: str, story: Callable[..., Story]) -> Callable[..., Story]:
        """Wrap a story of a kind (`background`, `consume`, …) in this guard."""
        return lambda *arguments: self.tell(kind, story, arguments)

    def tell(self, kind: str, make: Callable[..., Story], arguments: tuple[Any, ...]) -> Story:
        """Run the story `make(*arguments)`, and raise a Slip for a mistake in it. Crashes and interrupts pass through."""
        purchase = next((argument.purchase for argument in arguments if hasattr(argument, "purchase")), None)
        env, watch = self._env, self.watch
        steps, since_s = 0, env.now
        value: Any = None
        thrown: Interrupt | Crash | None = None  # by a crash at a time, or by a database that fails
        story: Any = None
        try:
            story = make(*arguments)
            if not isinstance(story, Generator):
                raise self._slip(
                    f"{kind}: not a story, since there is no `yield` in it", _beginning(make, self._origin.file), purchase
                )
            while True:
                watch.enter()
                try:
                    target = story.send(value) if thrown is None else story.throw(thrown)
                except StopIteration as stop:
                    result = stop.value
                    break
                finally:
                    watch.inside = 0
                if not isinstance(target, Event):
                    raise self._slip(_not_an_event(target), self._line(story), purchase)
                if getattr(target, "env", env) is not env:
                    raise self._slip("an event of another environment, which never comes", self._line(story), purchase)
                if not (delay_s := getattr(target, "delay_s", 0.0)) >= 0:
                    raise self._slip(f"a wait of {delay_s:g} s; expected 0 s or more", self._line(story), purchase)
                steps += 1
                if steps > MOST_STEPS:
                    if env.now - since_s < WITHIN_S:
                        text = f"an endless loop: {MOST_STEPS:,} steps within {WITHIN_S:.0f} s of the morning; "
                        raise self._slip(
                            f"{text}let it wait for something, like `yield shop.sleep(0.5)`", self._line(story), purchase
                        )
                    steps, since_s = 0, env.now
                thrown = None
                try:
                    value = yield target
                except (Interrupt, Crash) as error:
                    thrown = error
                except GeneratorExit:
                    story.close()
                    return None
        except (Crash, Interrupt, Slip, KeyboardInterrupt):
            raise
        except BaseException as error:
            if isinstance(error.__cause__, StopIteration):  # Python turns a StopIteration in a generator into a RuntimeError
                error = error.__cause__
            line, customer = line_of(error.__traceback__, self._origin.file), _customer(error.__traceback__, self._origin.file)
            line = _beginning(make, self._origin.file) if line is None and story is None else line
            raise self._slip(said(error) + _hint(error), line, customer if purchase is None else purchase) from error
        if (wrong := wrong_end(kind, result)) is not None:
            raise self._slip(f"{kind}: {wrong}", _beginning(make, self._origin.file), purchase)
        return result

    def _slip(self, text: str, line: int | None, purchase: int | None) -> Slip:
        return Slip(text, line, purchase, self._env.now)

    def _line(self, story: Any) -> int | None:
        """The line of the user's file at which a story waits."""
        return line_at(story, self._origin.file)


def line_at(story: Any, file: str) -> int | None:
    """The line of a file at which a story waits; also of one that a guard tells."""
    line = None
    while (frame := getattr(story, "gi_frame", None)) is not None:
        line = frame.f_lineno if frame.f_code.co_filename == file else line
        story = frame.f_locals["story"] if frame.f_code is Guard.tell.__code__ else story.gi_yieldfrom
    return line


def guarded(kind: type[Design], origin: Origin) -> None:
    """Replace a class's methods `handle`, `set_up` and `parts` by guarded ones."""
    handle, set_up, parts = (getattr(kind, name, None) for name in ("handle", "set_up", "parts"))

    def handled(self: Design, shop: Shop, request: Any) -> Story:
        guard = shop.watch
        assert handle is not None
        return guard.tell("handle", handle, (self, shop, request)) if isinstance(guard, Guard) else handle(self, shop, request)

    def prepared(self: Design, shop: Shop) -> None:
        guard = shop.watch = Guard(origin, shop.env)
        if getattr(_here, "seal", None) is not None:
            _here.seal.put_on(shop)
        guard.watch.enter()
        if set_up is not None:
            set_up(self, shop)
        guard.watch.inside = 0

    def drawn(self: Design) -> Diagram:
        assert parts is not None
        try:
            diagram = parts(self)
        except (Exception, SystemExit) as error:
            raise ConfigError(f"{placed(error, origin.file)}: parts: {said(error)}") from None
        if not isinstance(diagram, Diagram):
            raise ConfigError(
                f"{origin.file}:{_beginning(parts, origin.file)}: parts: expected Diagram, not {type(diagram).__name__}"
            )
        return diagram

    kind.handle = wraps(handle)(handled) if handle is not None else handled  # type: ignore[attr-defined]
    kind.set_up = wraps(set_up)(prepared) if set_up is not None else prepared  # type: ignore[attr-defined]
    if parts is not None:
        kind.parts = drawn  # type: ignore[attr-defined]


def wrong_end(kind: str, result: Any) -> str | None:
    """Why a story of this kind can't end with `result`; None: it can."""
    if kind == "background":
        return "it has come to an end, and would begin again at once; write `while True:` around it, and let it sleep"
    if kind == "handle":
        if not isinstance(result, Reply):
            return f"it ends with {_shown(result)}; expected a Reply, like `return Reply(Answer.CONFIRMED, order)`"
        if not isinstance(result.answer, Answer) or result.answer is Answer.NONE:
            return f"Reply with {_shown(result.answer)}; expected an Answer, like Answer.CONFIRMED"
        if not isinstance(result.order, Order) and (result.order is not None or result.answer is Answer.MISMATCH):
            return f"Reply({result.answer.name}) with {_shown(result.order)}; expected the order"
    if kind == "consume" and result is not None:
        is_number = isinstance(result, int | float) and not isinstance(result, bool | Enum)
        if not is_number or not isfinite(result) or result < 0:
            return f"it ends with {_shown(result)}; expected None (done), or in how many seconds to be asked again"
    return None


def _not_an_event(target: Any) -> str:
    if isinstance(target, GeneratorType):
        return f"`yield` of a story, {target.gi_code.co_name}: write `yield from`"
    return f"`yield` of {_shown(target)}; expected something to wait for, like `yield shop.sleep(1.0)`, or `yield from` a step"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else f"{type(value).__name__} {value!r}"
    name = type(value).__name__
    return text if len(text) <= 60 and " object at 0x" not in text else f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _hint(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, AttributeError) and isinstance(error.obj, Shop):
        name = error.name or ""
        likely = f'; did you mean "{MEANT[name]}"?' if name in MEANT else closest(name, STEPS)
        return f"{likely or ';'} steps: {', '.join(STEPS)} (docs/steps.md)"
    if "'generator' object" in text:
        return "; a `yield from` is missing where that was made"
    if isinstance(error, TypeError) and "object is not iterable" in text and any(f"'{e}'" in text for e in EVENTS):
        return "; something to wait for takes `yield`, a story `yield from`"
    if isinstance(error, ValidationError) and "frozen" in text:
        return "; what must survive belongs into the database, what a process may remember into set_up"
    return ""


MEANT = {  # how a step is called elsewhere, where the name itself is far from ours
    "authorize": "authorise", "hold": "authorise", "pay": "charge", "release": "void", "ask": "inquire",
    "commit": "settle", "save": "settle", "update": "settle", "send": "publish", "emit": "publish", "wait": "sleep",
}  # fmt: skip
EVENTS = ("Coming", "Done", "Awaited", "Stay", "Timeout", "Event")


def said(error: BaseException) -> str:
    """An error's type and message in one line."""
    if isinstance(error, Endless):
        return "an endless loop without a `yield`"
    if isinstance(error, ValidationError):
        errors = [(".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")) for item in error.errors()]
        return "; ".join(f"{error.title}: {key}: {message}" for key, message in errors)
    if isinstance(error, PydanticErrorMixin):
        return str(error.message).replace("\n", " ")
    text = ""
    with suppress(Exception):  # an error of somebody's own may be unable to say what it is
        text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _frames(traceback: TracebackType | None, file: str) -> Iterator[tuple[FrameType, int]]:
    """The traceback's frames that are in `file`, with their lines, outermost first."""
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def line_of(traceback: TracebackType | None, file: str) -> int | None:
    """The line of `file` in which the error was raised, or which called the code that raised it."""
    return next((line for _, line in reversed(list(_frames(traceback, file)))), None)


def _customer(traceback: TracebackType | None, file: str) -> int | None:
    """The purchase whose order the failing code had in a local variable."""
    for frame, _ in reversed(list(_frames(traceback, file))):
        for value in frame.f_locals.values():
            order = value.order if isinstance(value, OutboxRow) else value
            if isinstance(order, Order):
                return order.purchase
    return None


def placed(error: BaseException, file: str) -> str:
    """`file:line` of an error, or `file` if the error has no line in it."""
    line = line_of(error.__traceback__, file)
    return file if line is None else f"{file}:{line}"


def _beginning(function: Any, file: str) -> int | None:
    """The line of `file` in which a function begins; None: it is in another file."""
    code: CodeType | None = getattr(function, "__code__", None)
    return code.co_firstlineno if code is not None and code.co_filename == file else None
