"""What an architecture of one's own does wrong while it runs, said with file, line, customer and time; and bounds on loops.

Built-in architectures are not guarded, so they pay nothing for it.
"""

from __future__ import annotations

import ctypes
import faulthandler
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
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
from sim.config.design import Design, Origin
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.config.units import clock_text
from sim.ledger.laws import BrokenLaw
from sim.vocabulary import Answer
from sim.world.checkout import Reply
from sim.world.database import Order, OutboxRow
from sim.world.engine import Crash, Story
from sim.world.shop import Shop

MOST_STEPS = 100_000  # that one story may take within half a minute of the morning: the busiest relay takes a hundredth of it
WITHIN_S = 30.0
LOOK_S = 1.0  # of the real time, between two looks at whether a story has come to its next `yield`
LOOKS = 3  # that find it where it was: a story does microseconds of work between two yields, so this is not a slow machine
LAST_RESORT_S = 20.0  # of the real time, for what Python can't interrupt, like 9**9**9: the process is ended then
STDERR = 2
VALUES = (bool, int, float, complex, str, bytes, type(None))


class Endless(BaseException):
    """Thrown into code that doesn't come to an end, past what catches an Exception."""


class Slip(Exception):
    """A mistake in somebody's file: what, where, with which customer, and when (seconds of the morning)."""

    def __init__(self, text: str, line: int | None, purchase: int | None, at_s: float) -> None:
        super().__init__(text)
        self.text, self.line, self.purchase, self.at_s = text, line, purchase, at_s


class Watch:
    """Ends code of one thread that doesn't come to an end by itself. A context manager."""

    def __init__(self) -> None:
        self.inside = 0  # number of the step under way; 0: none
        self.steps = 0
        self._whom = threading.get_ident()
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
        self._throw(None)  # what has not arrived yet

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
            elif times % LOOKS == 0:  # again, if it was caught
                self._throw(Endless)

    def _throw(self, what: type[Endless] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._whom), what and ctypes.py_object(what))


def _postpone() -> None:
    """The last resort, which needs nothing of Python: the process ends, and the lines that it was in are on stderr."""
    faulthandler.dump_traceback_later(LAST_RESORT_S, exit=True, file=STDERR)


_here = threading.local()  # the watch of this thread's morning


@contextmanager
def answering(scenario: Scenario, design: Design, seed: int) -> Iterator[None]:
    """A morning is simulated in here: what an architecture of one's own does wrong in it is said. Raises ConfigError."""
    origin = design.origin
    if origin is None:
        yield
        return
    before = _remembered(design)
    try:
        with Watch() as _here.watch:
            yield
        after = _remembered(design)
        if (forgot := next((name for name in before | after if before.get(name) != after.get(name)), None)) is not None:
            raise Slip(
                f"{forgot} was changed: it outlives the process and the morning, so results would depend on what ran before; "
                "what must survive belongs into the database, what a process may remember into set_up",
                None, None, 0.0,
            )  # fmt: skip
    except Slip as slip:
        raise ConfigError(_told(slip, origin, scenario, seed)) from None
    except BrokenLaw as law:
        raise ConfigError(
            f"{origin.file}: {origin.name}: the books of the morning of seed {seed} do not add up ({law}); change orders, "
            "events and charges by the steps of the shop only"
        ) from None
    except (Exception, SystemExit, Endless) as error:
        if isinstance(error, ConfigError):
            raise
        unplaced = Slip(said(error) + _hint(error), line_of(error.__traceback__, origin.file), None, 0.0)
        raise ConfigError(_told(unplaced, origin, scenario, seed)) from None
    finally:
        _here.watch = None


def _remembered(design: Design) -> dict[str, Any]:
    """What the file's functions could keep something in, as it is now: global variables, and attributes of classes."""
    module = sys.modules[type(design).__module__]
    found: dict[str, Any] = {}
    for name, value in _named(module):
        found[name] = _picture(value, module, ())
        if isinstance(value, type) and value.__module__ == module.__name__:
            found |= {f"{name}.{key}": _picture(attribute, module, ()) for key, attribute in _named(value)}
    return found


def _named(owner: Any) -> list[tuple[str, Any]]:
    """What is not Python's own, as `__name__`, `_abc_impl` and the `_value2member_map_` of an enumeration are."""
    return [(name, value) for name, value in vars(owner).items() if not (name.startswith(("__", "_abc_")) or _is_sunder(name))]


def _is_sunder(name: str) -> bool:
    return name[:1] == name[-1:] == "_"


class _Same:
    """Equal to itself alone; keeps it, so that nothing else can be taken for it."""

    def __init__(self, what: Any) -> None:
        self._what = what

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._what is self._what


def _picture(value: Any, module: ModuleType, within: tuple[int, ...]) -> Any:
    """What a value says, to be compared later; `within`: ids of what it is part of. The insides of a stranger's class are not
    looked at.
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
    return _Same(value), None if inside is None else [_picture(one, module, (*within, id(value))) for one in inside]


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


def _told(slip: Slip, origin: Origin, scenario: Scenario, seed: int) -> str:
    where = f"{origin.file}:{slip.line}" if slip.line is not None else f"{origin.file}: {origin.name}"
    customer = f"customer {slip.purchase}, " if slip.purchase is not None else ""
    at = f"{clock_text(scenario.clock.start + slip.at_s)}, " if slip.at_s else ""
    return f"{where}: {slip.text} ({customer}{at}seed {seed})"


class Guard:
    """Looks after the stories of one morning."""

    def __init__(self, origin: Origin, env: Environment) -> None:
        self._origin = origin
        self._env = env
        self.watch: Watch = getattr(_here, "watch", None) or Watch()  # one that nobody has started looks at nothing

    def __call__(self, kind: str, story: Callable[..., Story]) -> Callable[..., Story]:
        """A story of a kind (`background`, `consume`, …), guarded."""
        return lambda *about: self.tell(kind, story, about)

    def tell(self, kind: str, make: Callable[..., Story], about: tuple[Any, ...]) -> Story:
        """Tell a story, and raise a Slip where it goes wrong. What kills a process passes through."""
        purchase = next((one.purchase for one in about if hasattr(one, "purchase")), None)
        env, watch = self._env, self.watch
        steps, since_s = 0, env.now
        value: Any = None
        thrown: Interrupt | None = None
        story: Any = None
        try:
            story = make(*about)
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
                except Interrupt as interrupt:
                    thrown = interrupt
                except GeneratorExit:
                    story.close()
                    return None
        except (Crash, Interrupt, Slip, KeyboardInterrupt):
            raise
        except BaseException as error:
            if isinstance(error.__cause__, StopIteration):  # a generator may not raise it, so Python makes something else of it
                error = error.__cause__
            line, found = line_of(error.__traceback__, self._origin.file), _customer(error.__traceback__, self._origin.file)
            line = _beginning(make, self._origin.file) if line is None and story is None else line
            raise self._slip(said(error) + _hint(error), line, found if purchase is None else purchase) from error
        if (wrong := _wrong(kind, result)) is not None:
            raise self._slip(f"{kind}: {wrong}", _beginning(make, self._origin.file), purchase)
        return result

    def _slip(self, text: str, line: int | None, purchase: int | None) -> Slip:
        return Slip(text, line, purchase, self._env.now)

    def _line(self, story: Any) -> int | None:
        """Where a story waits, in the file."""
        line = None
        while (frame := getattr(story, "gi_frame", None)) is not None:
            line = frame.f_lineno if frame.f_code.co_filename == self._origin.file else line
            story = story.gi_yieldfrom
        return line


def guarded(kind: type[Design], origin: Origin) -> None:
    """Put a guard on the stories of a class, and on its picture."""
    handle, set_up, parts = (getattr(kind, name, None) for name in ("handle", "set_up", "parts"))

    def handled(self: Design, shop: Shop, request: Any) -> Story:
        guard = shop.watch
        assert handle is not None
        return guard.tell("handle", handle, (self, shop, request)) if isinstance(guard, Guard) else handle(self, shop, request)

    def prepared(self: Design, shop: Shop) -> None:
        guard = shop.watch = Guard(origin, shop.env)
        guard.watch.enter()
        if set_up is not None:
            set_up(self, shop)
        guard.watch.inside = 0

    def drawn(self: Design) -> Diagram:
        assert parts is not None
        try:
            found = parts(self)
        except (Exception, SystemExit) as error:
            raise ConfigError(f"{placed(error, origin.file)}: parts: {said(error)}") from None
        if not isinstance(found, Diagram):
            raise ConfigError(
                f"{origin.file}:{_beginning(parts, origin.file)}: parts: expected Diagram, not {type(found).__name__}"
            )
        return found

    kind.handle = wraps(handle)(handled) if handle is not None else handled  # type: ignore[attr-defined]
    kind.set_up = wraps(set_up)(prepared) if set_up is not None else prepared  # type: ignore[attr-defined]
    if parts is not None:
        kind.parts = drawn  # type: ignore[attr-defined]


def _wrong(kind: str, result: Any) -> str | None:
    """Why a story of this kind can't end with that."""
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
    if "'generator' object" in text:
        return "; a `yield from` is missing where that was made"
    if isinstance(error, TypeError) and "object is not iterable" in text and any(f"'{e}'" in text for e in EVENTS):
        return "; something to wait for takes `yield`, a story `yield from`"
    if isinstance(error, ValidationError) and "frozen" in text:
        return "; what must survive belongs into the database, what a process may remember into set_up"
    return ""


EVENTS = ("Coming", "Done", "Timer", "Starter", "Timeout", "Event")


def said(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, Endless):
        return "an endless loop without a `yield`"
    if isinstance(error, ValidationError):
        found = [(".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")) for item in error.errors()]
        return "; ".join(f"{error.title}: {key}: {message}" for key, message in found)
    if isinstance(error, PydanticErrorMixin):
        return str(error.message).replace("\n", " ")
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _frames(traceback: TracebackType | None, file: str) -> Iterator[tuple[FrameType, int]]:
    """Frames of the file with their lines, outermost first."""
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == file:
            yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def line_of(traceback: TracebackType | None, file: str) -> int | None:
    """The line of the file in which something went wrong, or in which it called what did."""
    return next((line for _, line in reversed(list(_frames(traceback, file)))), None)


def _customer(traceback: TracebackType | None, file: str) -> int | None:
    """Whose order somebody had in hand."""
    for frame, _ in reversed(list(_frames(traceback, file))):
        for value in frame.f_locals.values():
            order = value.order if isinstance(value, OutboxRow) else value
            if isinstance(order, Order):
                return order.purchase
    return None


def placed(error: BaseException, file: str) -> str:
    """`file:line` of an error, or the file if none of its lines is to blame."""
    line = line_of(error.__traceback__, file)
    return file if line is None else f"{file}:{line}"


def _beginning(function: Any, file: str) -> int | None:
    """The line of the file in which a function begins."""
    code: CodeType | None = getattr(function, "__code__", None)
    return code.co_firstlineno if code is not None and code.co_filename == file else None
