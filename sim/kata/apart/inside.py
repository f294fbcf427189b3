"""The process of a stranger's class: `python -P -m sim.kata.apart.inside CODE SECONDS READ WRITE`.

READ and WRITE are the numbers of two open pipes.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

from sim.architectures import load_design
from sim.architectures.guard import Guard, Slip, line_at, line_of, said, slip_of, watched
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import digest
from sim.config.writing import written
from sim.kata.apart import words
from sim.kata.apart.front import Ask, Past, Room, Shop, plain
from sim.kata.apart.pipe import Ended, Pipe
from sim.kata.submission import limit
from sim.world.engine import Crash, Story, Thrown


class Class:
    """Answers the messages of the other side, one after the other; those that come in the middle of a story at once."""

    def __init__(self, pipe: Pipe, code: str) -> None:
        self._pipe, self._code = pipe, code
        self._watching = ExitStack()
        self._stories: dict[int, tuple[Story, Ask | None]] = {}  # that wait, and for what

    def heed(self, message: list[Any]) -> None:
        name, *arguments = message
        try:
            answer = getattr(self, f"_{name}")(*arguments)
        except Slip as slip:
            answer = ["slip", slip.text, slip.line, slip.purchase]
        except ConfigError as error:
            answer = ["wrong", error.messages]
        self._pipe.send(answer)

    def _load(self, file: str) -> list[Any]:
        try:
            self._design = design = load_design(file)
            told = {
                "class": type(design).__name__, "payment": words.known(type(design.payment)).__name__,
                "billed": [name for name in words.BILLED if hasattr(design, name)],
                "returns": getattr(design, "come_back", None) is not None, "digest": digest(design), "knobs": _knobs(design),
            }  # fmt: skip
        except ConfigError:
            raise
        except Exception as error:
            line = line_of(error.__traceback__, self._code)
            raise ConfigError(f"{file}{'' if line is None else f':{line}'}: {said(error)}") from None
        return ["design", told]

    def _morning(self, now: float) -> list[Any]:
        room = self._room = Room(self._pipe, self.heed)
        room.env.now = now
        self._stories.clear()
        self._watching.enter_context(watched(self._design))
        shop = self._shop = Shop(room, self._design)
        self._views = {shop.component: shop}
        try:
            self._design.set_up(shop)  # type: ignore[attr-defined]
        except (Exception, SystemExit) as error:
            raise slip_of(error, self._code) from None
        self._views = {shop.component: shop}
        return ["done"]

    def _over(self) -> list[Any]:
        self._watching.close()
        return ["done"]

    def _tell(self, number: int, what: Any, component: str, values: list[Any], now: float, seen: list[Any]) -> list[Any]:
        room = self._room
        room.hear(now, seen)
        if component not in self._views:
            self._views[component] = self._shop.seen_from(component)
        shop, arguments = self._views[component], [room.value(value) for value in values]
        if what == "handle":
            story = self._design.handle(shop, *arguments)  # type: ignore[attr-defined]
        elif what == "come_back":
            story = shop.watch("handle", self._design.come_back)(shop, *arguments)  # type: ignore[attr-defined]
        else:
            kept = room.kept[what]
            story = kept if isinstance(kept, _GENERATOR) else kept(shop, *arguments)
            if story is kept:
                del room.kept[what]  # started once
        return self._next(number, story, None)

    def _go(self, number: int, value: Any, now: float, seen: list[Any]) -> list[Any]:
        self._room.hear(now, seen)
        story, ask = self._stories.pop(number)
        came = self._room.value(value)
        if ask is not None:
            ask.over, ask.came = True, came
        return self._next(number, story, came)

    def _throw(self, number: int, lives: bool, now: float) -> list[Any]:
        self._room.hear(now, [])
        story, _ = self._stories.pop(number)
        return self._next(number, story, Thrown() if lives else Crash(0.0))

    def _close(self, number: int) -> list[Any]:
        story, _ = self._stories.pop(number)
        story.close()
        return ["done"]

    def _due(self, number: int, order: int, now: float, seen: list[Any]) -> list[Any]:
        self._room.hear(now, seen)
        try:
            return ["value", self._room.kept[number](self._room.order(order))]
        except (Exception, SystemExit) as error:
            raise slip_of(error, self._code) from None

    def _where(self, number: int) -> list[Any]:
        if number in self._stories:
            return ["value", line_at(self._stories[number][0], self._code)]
        frame = sys._getframe()
        while frame.f_back is not None and frame.f_code.co_filename != self._code:
            frame = frame.f_back
        return ["value", frame.f_lineno if frame.f_code.co_filename == self._code else None]

    def _next(self, number: int, story: Story, came: Any) -> list[Any]:
        """Let a story go on until it waits for something that the other side must do."""
        guard: Any = self._shop.watch
        inside = guard.watch.inside if isinstance(guard, Guard) else 0
        try:
            while True:
                ask = story.throw(came) if isinstance(came, Crash) else story.send(came)
                if not isinstance(ask, Ask):
                    raise Slip("it waits for what the shop has not given it", line_at(story, self._code), None, 0.0)
                if not ask.over:
                    break
                came = ask.came
            message = self._room.ask(ask)
        except StopIteration as stop:
            return ["end", self._room.result(stop.value)]
        except Crash:
            return ["dead"]
        except (TypeError, Past) as error:
            text = said(error) if isinstance(error, TypeError) else "it waits for what another story waits for"
            raise Slip(text, line_at(story, self._code), None, 0.0) from None
        finally:
            if isinstance(guard, Guard):
                guard.watch.inside = inside
        self._stories[number] = story, ask
        return message


_GENERATOR = type(_ for _ in ())


def _knobs(design: Design) -> dict[str, Any]:
    """What a file would say of the sections that every design has, and of what the world looks for in a payment besides."""
    values = {name: getattr(design, name) for name in Design.model_fields}
    told: dict[str, Any] = {
        name: value if isinstance(value, str) else "none" if value is None else plain(value, words.known(type(value)))
        for name, value in values.items()
    }
    payment = told["payment"]
    for name in words.LOOKED_FOR.keys() & type(design.payment).model_fields.keys() - payment.keys():
        payment[name] = written(getattr(design.payment, name))
    return told


def main(code: str, seconds: str, reads: str, writes: str) -> None:
    """`seconds`: most time of a processor."""
    limit(int(seconds))
    pipe = Pipe(int(reads), int(writes))
    answering = Class(pipe, code)
    try:
        while True:
            answering.heed(pipe.receive())
    except Ended:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
