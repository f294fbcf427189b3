"""Run a stranger's class in a process of its own, and the world here: each story is told there, step by step."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, cast

import pydantic
from pydantic import BaseModel
from simpy import Interrupt
from simpy.events import Event

from sim.architectures.guard import LAST_RESORT_S, Slip, said
from sim.architectures.own import Lines
from sim.config.design import Design, Origin
from sim.config.errors import ConfigError
from sim.config.files import read_text
from sim.documents.text import shown
from sim.kata.apart import words
from sim.kata.apart.asked import EVENTS, MOST_WORKERS, STORIES, Asked, Known, Unasked, section
from sim.kata.apart.looks import LOOKS, About
from sim.kata.apart.pipe import MOST_BYTES, Ended, Pipe, Silent, Strange
from sim.orphans import end_with_parent
from sim.world.database import Order
from sim.world.engine import Crash, Story
from sim.world.shop import Shop

PATIENCE_S = LAST_RESORT_S + 10.0  # real time; by then the process has ended itself, if it is honest
MOST_WRONG, MOST_TEXT, MOST_NAME = 100, 2000, 100  # mistakes of a file that are told, and characters of each and of a name
PROCESS = "the process of this class"
NO_SENSE = f"{PROCESS} says what no story says"
DUMP = re.compile(r"^(?:Timeout \(.*|Fatal Python error: (.*))$", re.MULTILINE)  # what Python says when it ends a process
CALLING = 0  # stands for the story that has just called


@contextmanager
def started(command: list[str]) -> Iterator[tuple[Pipe, Callable[[], str]]]:
    """A pipe to the process of a command, which ends with this context; and a function that ends it and tells its stderr.

    The command gets two more arguments: the numbers of the files to read from and to write to.
    """
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  our own interpreter
            [*command, str(theirs_in), str(theirs_out)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            pass_fds=(theirs_in, theirs_out), preexec_fn=end_with_parent,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)

        def stderr() -> str:
            process.kill()
            process.wait()
            errors.seek(0)
            return errors.read(1 << 20).decode("utf-8", "replace")

        pipe = Pipe(ours_in, ours_out, patience_s=PATIENCE_S, most=MOST_BYTES)
        try:
            yield pipe, stderr
        finally:
            pipe.over = True
            process.kill()
            process.wait()
            os.close(ours_in)
            os.close(ours_out)


class Judged(Design):
    """A design whose stories are told in another process."""

    teller: ClassVar[Teller]

    def handle(self, shop: Shop, request: Any) -> Story:
        return self.teller.story("handle", "handle", shop, request)

    def set_up(self, shop: Shop) -> None:
        self.teller.begin(shop)


class Returning(Judged):
    """One that has a story of its own for customers who come back from the provider."""

    def come_back(self, shop: Shop, request: Any) -> Story:
        return self.teller.story("handle", "come_back", shop, request)


def _payment_with(kind: type[BaseModel], said: Any) -> type[BaseModel]:
    """A section of payments, with the knobs that the world looks for and that the class's own section has besides."""
    names = said.keys() & words.LOOKED_FOR.keys() - kind.model_fields.keys() if isinstance(said, dict) else set()
    more: dict[str, Any] = {name: (words.LOOKED_FOR[name].annotation, words.LOOKED_FOR[name]) for name in sorted(names)}
    return pydantic.create_model(kind.__name__, __base__=kind, **more)


class Teller:
    """Has the stories of a class told by its process, and takes their steps here."""

    def __init__(self, pipe: Pipe, stderr: Callable[[], str], code: str) -> None:
        self._pipe, self._stderr, self._code = pipe, stderr, code
        text = read_text(Path(code))
        self._origin = Origin(text, code, "", over=self._over)
        self._asked = Asked(Lines(code, text, ""))
        self.digest = ""  # of the design, as the class's process says; it decides nothing

    def design(self, file: str) -> Design:
        """Raises ConfigError, for what is wrong in the file and for what can't be a design."""
        try:
            reply = self._ask(["load", file])
        except Slip as slip:
            where = self._code if slip.line is None else f"{self._code}:{slip.line}"
            raise ConfigError(f"{where}: {slip.text}") from None
        match reply:
            case ["wrong", list(texts)]:
                raise ConfigError(*(str(text)[:MOST_TEXT] for text in texts[:MOST_WRONG]))
            case ["design", {"class": str(name), "payment": str(payment), "digest": str(digest), "knobs": dict(knobs)} as told]:
                pass
            case _:
                raise ConfigError(f"{self._code}: {NO_SENSE}")
        kinds = {kind.__name__: kind for kind in words.PAYMENTS}
        fields: dict[str, Any] = {
            key: (kind, kind()) for key, kind in words.BILLED.items() if key in str(told.get("billed", ""))
        }
        if payment in kinds:
            paid = _payment_with(kinds[payment], knobs.get("payment"))
            fields["payment"] = (paid, paid())
        base = Returning if told.get("returns") is True else Judged
        kind = cast("type[Judged]", pydantic.create_model("Judged", __base__=base, **fields))
        self._origin = Origin(self._origin.text, self._code, shown(name)[:MOST_NAME], over=self._over)
        self._asked.lines = Lines(self._code, self._origin.text, name)
        kind.teller, kind.origin = self, self._origin
        self.digest = digest[:MOST_NAME]
        return cast("Design", section(kind, knobs, self._asked.lines, "knobs"))

    def begin(self, shop: Shop) -> None:
        """A morning begins."""
        self._asked = Asked(self._asked.lines, Known(shop, views={shop.component: shop}))
        match self._ask(["morning", shop.env.now]):
            case ["done"]:
                return
            case other:
                self._refuse(other)

    def _over(self) -> None:
        """A morning is over; whether the class has remembered anything of it."""
        known = self._asked.known
        if known is None:
            return
        known.over = True
        match self._ask(["over"]):
            case ["done"]:
                return
            case other:
                self._refuse(other)

    def story(self, kind: str, what: str | int, shop: Shop, *arguments: Any) -> Story:
        """A story, told there and taken here. `kind` says what it may end with."""
        known = self._asked.known
        assert known is not None
        known.stories += 1
        number = known.stories
        purchase = next((argument.purchase for argument in arguments if hasattr(argument, "purchase")), None)
        about: About = {}
        told = [
            known.told_of_request(one, about) if what in ("handle", "come_back") else known.told(one, about)
            for one in arguments
        ]
        known.views.setdefault(shop.component, shop)
        env = shop.env
        message = ["tell", number, what, shop.component, told, env.now, [words.seen(order) for order in about.values()]]
        thrown: Crash | None = None
        while True:
            reply = self._ask(message)
            if thrown is not None and reply == ["dead"]:
                raise thrown
            try:
                value, orders = yield from self._taken(kind, shop, reply)
            except _End as result:
                return result.value
            except Crash as crash:
                if crash.lives:  # an error of the database: the story may go on
                    thrown, message = crash, ["throw", number, True, env.now]
                    continue
                self._die(known, number)
                raise
            except Interrupt:
                self._die(known, number)
                raise
            except GeneratorExit:
                if not known.over and not self._pipe.over:
                    self._ask(["close", number])
                raise
            except (Slip, ConfigError):
                raise
            except Unasked as error:
                raise self._slip(str(error), self._line(number), purchase) from None
            except Exception as error:
                raise self._slip(said(error), self._line(number), purchase) from error
            thrown, message = None, ["go", number, value, env.now, [words.seen(order) for order in orders.values()]]

    def _die(self, known: Known, story: int) -> None:
        """The process of a story has died, whatever the story says to that."""
        if not known.over and not self._pipe.over:
            reply = self._ask(["throw", story, False, self._now()])
            if reply != ["dead"]:
                self._refuse(reply)

    def _taken(self, kind: str, shop: Shop, reply: Any) -> Story:
        """Take the step that a story asks for. Raises _End at its end."""
        match reply:
            case ["step", component, name, list(positional), dict(named)]:
                return (yield from self._step(shop, component, name, positional, named))
            case ["wait", event]:
                value = yield self._event(event)
                return value, {}
            case ["end", result]:
                raise _End(self._asked.result(kind, result))
        self._refuse(reply)

    def _step(self, shop: Shop, component: Any, name: Any, positional: list[Any], named: dict[str, Any]) -> Story:
        """Take a step of the shop. Returns what it came to as a message has it, and the orders that it was about."""
        known = self._asked.known
        assert known is not None
        about: About = {}
        view = self._view(shop, component)
        if name in EVENTS:
            value = yield self._begun(view, name, positional, named)
        elif name in STORIES:
            arguments, by_name = self._asked.arguments(name, positional, named)
            row: Any = arguments[0] if arguments else by_name.get("row")
            if name == "refund" and not 0 <= row < len(known.shop.provider.charges):
                raise Unasked("refund: a charge that there isn't")
            for argument in arguments:
                if isinstance(argument, Order):
                    about[argument.id] = argument
            value = yield from getattr(view, name)(*arguments, **by_name)
        else:
            raise Unasked(f"no step: {str(name)[:MOST_NAME]}")
        return known.told(value, about), about

    def _view(self, shop: Shop, component: Any) -> Shop:
        """A story takes its steps in its own component, or with the shop that `set_up` was given."""
        known = self._asked.known
        assert known is not None
        if component == shop.component:
            return shop
        if component == known.shop.component:
            return known.shop
        raise Unasked("a step with the shop of another story; take it with the one that this story was given")

    def _begun(self, view: Shop, name: str, positional: list[Any], named: dict[str, Any]) -> Event:
        """Begin something to wait for."""
        if name == "query":
            [purchase] = positional
            known = self._asked.known
            if type(purchase) is not int or known is None or not 0 <= purchase < known.purchases:
                raise Unasked("query: a purchase that there isn't")
            return view.database.query(purchase)
        arguments, by_name = self._asked.arguments(name, positional, named)
        if name == "sleep" and not (seconds := (*arguments, *by_name.values())[0]) >= 0:
            raise Unasked(f"a wait of {seconds:g} s; expected 0 s or more")
        event: Event = getattr(view, name)(*arguments, **by_name)
        return event

    def _event(self, number: Any) -> Event:
        known = self._asked.known
        assert known is not None
        if type(number) is not int or not 0 <= number < len(known.events):
            raise Unasked(NO_SENSE)
        event: Event = known.events[number]
        return event

    # What takes no time

    def _answer(self, name: Any, component: Any, positional: Any, named: Any) -> tuple[Any, About]:
        known = self._asked.known
        if known is None or known.over or not isinstance(positional, list) or not isinstance(named, dict):
            raise Unasked(NO_SENSE)
        about: About = {}
        if isinstance(name, str) and name in LOOKS:
            return LOOKS[name](known, self._asked, about, *positional), about
        shop = known.views.get(str(component), known.shop)
        if name in EVENTS:
            known.events.append(self._begun(shop, name, positional, named))
            return len(known.events) - 1, about
        return self._set_up(shop, name, positional, named), about

    def _set_up(self, shop: Shop, name: Any, positional: list[Any], named: dict[str, Any]) -> Any:
        """The steps that take no time: most begin stories. A story or a function of the class is a number here."""
        match name, positional:
            case "pay_draw", [order]:
                return shop.pay_draw(self._asked.of_kind(Order, order, name))
            case "workers", _:
                arguments, by_name = self._asked.arguments(name, positional, named)
                _check_pool(*arguments[1:2], *(by_name[key] for key in ("number", "instances") if key in by_name))
                shop.workers(*arguments, **by_name)
            case "start", [int(number)]:
                shop.start(self.story("start", number, shop))
            case "background", [str(place), int(number)]:
                machine = self._asked.of_kind(int, named.get("machine", 1), "background: machine")
                shop.background(_named(place), lambda seen: self.story("background", number, seen), machine=machine)
            case "listen", [int(number)]:
                shop.listen(lambda seen, order, outcome: self.story("listen", number, seen, order, outcome))
            case "consume", [str(place), int(number)]:
                due = named.pop("due_s", None)
                by_name = self._asked.named("consume", named, ("workers", "autoscale", "held_by"))
                _check_pool(by_name.get("workers", 1))
                shop.consume(
                    _named(place), lambda seen, order: self.story("consume", number, seen, order),
                    due_s=None if type(due) is not int else lambda order: self._due(due, order), **by_name,
                )  # fmt: skip
            case _:
                raise Unasked(f"no step: {str(name)[:MOST_NAME]}({len(positional)} arguments)")
        return None

    def _due(self, number: int, order: Order) -> float:
        match self._ask(["due", number, order.id, self._now(), [words.seen(order)]]):
            case ["value", value]:
                due_s: float = self._asked.of_kind(float, value, "consume: due_s")
                return due_s
            case other:
                self._refuse(other)
                return 0.0

    # Speaking with the process

    def _ask(self, message: list[Any]) -> Any:
        """Say something, answer what is called for meanwhile, and return what is said to it."""
        try:
            self._pipe.send(message)
            while True:
                reply = self._pipe.receive()
                match reply:
                    case ["call", component, name, positional, named]:
                        value, about = self._answered(name, component, positional, named)
                        self._pipe.send(["answer", value, [words.seen(order) for order in about.values()]])
                    case _:
                        return reply
        except Ended:
            raise self._ended(f"{PROCESS} has ended") from None
        except Silent:
            raise self._ended(f"{PROCESS} said nothing for {PATIENCE_S:g} s") from None
        except Strange as strange:
            raise self._slip(f"{NO_SENSE}: {strange}") from None

    def _answered(self, name: Any, component: Any, positional: Any, named: Any) -> tuple[Any, About]:
        try:
            return self._answer(name, component, positional, named)
        except (Slip, ConfigError, KeyboardInterrupt, Crash):
            raise
        except Unasked as error:
            raise self._slip(str(error), self._line(CALLING), None) from None
        except Exception as error:
            raise self._slip(said(error), self._line(CALLING), None) from error

    def _ended(self, text: str) -> Slip:
        """The process has ended, and where it was if it has said so."""
        told = self._stderr()
        line = re.search(rf'File "{re.escape(self._code)}", line (\d+)', told)
        if (dump := DUMP.search(told)) is None:
            last = shown(told.strip().rpartition("\n")[2])[:200]
        else:  # the last line is then the outermost one of the process, and not one of the class
            last = f"it was in one line for {LAST_RESORT_S:g} s without a `yield`" if dump[1] is None else shown(dump[1])[:200]
        return self._slip(f"{text}{': ' if last else ''}{last}", None if line is None else int(line[1]))

    def _refuse(self, told: Any) -> None:
        """Raises Slip for what is wrong in the class's file, as its process says."""
        match told:
            case ["slip", str(text), line, purchase]:
                place = line if type(line) is int else None
                raise self._slip(shown(text)[:MOST_TEXT], place, purchase if type(purchase) is int else None)
        raise self._slip(NO_SENSE)

    def _line(self, story: int) -> int | None:
        match self._ask(["where", story]):
            case ["value", int(line)]:
                return line
        return None

    def _slip(self, text: str, line: int | None = None, purchase: int | None = None) -> Slip:
        """With it the morning ends, and nothing more is said to the process."""
        self._pipe.over = True
        return Slip(text, line, purchase, self._now())

    def _now(self) -> float:
        return 0.0 if self._asked.known is None else self._asked.known.shop.env.now


class _End(Exception):
    """A story has come to its end."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _named(component: str) -> str:
    if len(component) > MOST_NAME:
        raise Unasked(f"a name of more than {MOST_NAME} characters")
    return component


def _check_pool(*numbers: int) -> None:
    for number in numbers:
        if not 1 <= number <= MOST_WORKERS:
            raise Unasked(f"{number} workers; expected 1 to {MOST_WORKERS:,}")
