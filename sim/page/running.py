"""Runs for the page: lines of JSON as they come. A run that nobody waits for any more is stopped, processes and all."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sim.config.errors import ConfigError
from sim.experiment.mornings import Summary
from sim.lab.apart import Apart, Died
from sim.ledger.laws import BrokenLaw
from sim.page import PRELOADED
from sim.page.numbers import numbers
from sim.page.scene import scene
from sim.page.shelf import Shelf
from sim.page.wish import Wish, asked, wish
from sim.page.work import Made, explained, morning

LOOK_S = 0.2  # between two looks whether anybody still waits
MOST_KEPT = 600  # mornings that are remembered: an evening of turning knobs; 60 KB each
MOST_TAPES = 24  # of them with a tape: 80 KB each
Key = tuple[str, int]  # digest of scenario and design, seed
Line = dict[str, Any]
T = TypeVar("T")


class Memory:
    """Mornings that were simulated since the server began: whoever turns a knob back waits for nothing."""

    def __init__(self) -> None:
        self._summaries: OrderedDict[Key, Summary] = OrderedDict()
        self._tapes: OrderedDict[Key, bytes] = OrderedDict()

    def keep(self, key: Key, made: Made) -> None:
        self._summaries[key] = made.summary
        if made.tape is not None:
            self._tapes[key] = made.tape
        for kept, most in ((self._summaries, MOST_KEPT), (self._tapes, MOST_TAPES)):
            while len(kept) > most:
                kept.popitem(last=False)

    def get(self, key: Key, *, taped: bool) -> Made | None:
        summary, tape = self._summaries.get(key), self._tapes.get(key)
        if summary is None or (taped and tape is None):
            return None
        return Made(summary, tape)

    def summaries(self, digest: str, seeds: range) -> list[Summary]:
        """Of the first of these seeds, as far as they are known without a gap."""
        found = []
        for seed in seeds:
            if (summary := self._summaries.get((digest, seed))) is None:
                break
            found.append(summary)
        return found


@dataclass(frozen=True)
class Task:
    """One morning of one side."""

    side: int
    seed: int


class Runs:
    """Answers wishes, each with processes of its own."""

    def __init__(self, shelf: Shelf, memory: Memory | None = None) -> None:
        self.shelf, self.memory = shelf, memory or Memory()
        self._first: asyncio.Task[None] | None = None
        self._ended = False

    def begin(self, data: dict[str, Any]) -> None:
        """Simulate the first morning of a wish before anybody asks for it."""
        self._first = asyncio.create_task(self._simulate_first({**data, "mornings": 1}))

    def end(self) -> None:
        """Nobody waits for anything any more."""
        self._ended = True

    async def _simulate_first(self, data: dict[str, Any]) -> None:
        async for _ in self.lines(data, self._has_ended):
            pass

    async def _has_ended(self) -> bool:
        return self._ended

    async def lines(self, data: Any, gone: Callable[[], Awaitable[bool]]) -> AsyncIterator[Line]:
        """The scene, then tapes and numbers as they come, and at last `done`; or what is wrong, in the command line's words.

        `gone` tells whether nobody waits any more.
        """
        try:
            what, before, looked_at = _parted(data)
            wanted = await asyncio.to_thread(wish, asked(what), self.shelf)
            earlier = [] if before is None else await asyncio.to_thread(self._digests, before)
            yield {"line": "scene", **await asyncio.to_thread(scene, wanted)}
            if looked_at:
                yield {"line": "done"}
                return
            if self._first not in (None, asyncio.current_task()):
                await asyncio.wait([self._first])  # it is of the same wish, or over soon
            async for line in self._simulated(wanted, earlier, gone):
                yield line
        except ConfigError as error:
            yield {"line": "error", "messages": list(error.messages)}
        except BrokenLaw as law:
            yield {"line": "error", "messages": [f"the books of a simulated morning do not add up ({law}); please report it"]}
        except Died as died:
            yield {"line": "error", "messages": [_ended(died.code)]}

    async def story(self, data: Any, gone: Callable[[], Awaitable[bool]]) -> dict[str, Any]:
        """What happened to one purchase in one side of a wish: the JSON of `coffee explain`; or what is wrong."""
        try:
            what, side, purchase, most = _about(data)
            wanted = await asyncio.to_thread(wish, asked(what), self.shelf)
            if not 0 <= side < len(wanted.sides):
                raise ConfigError(f"there is no side {side}")
            engine = Apart(PRELOADED)
            try:
                finished = Finished(gone)
                finished.watch(
                    engine.submit(explained, wanted.scenario, wanted.sides[side].design, wanted.seed, purchase, most)
                )
                found = await finished.next()
                return {"messages": ["nobody waits any more"]} if found is None else dict(found.result())
            finally:
                engine.shutdown(wait=False)
        except ConfigError as error:
            return {"messages": list(error.messages)}
        except Died as died:
            return {"messages": [_ended(died.code)]}

    async def step(self, folder: Path, name: str, data: Any, gone: Callable[[], Awaitable[bool]]) -> dict[str, Any]:
        """One step of the kata in a folder, and how things stand then; or what is wrong."""
        from sim.page import exercise

        given = data if isinstance(data, dict) else {}
        try:
            if name in exercise.SIMULATING:
                engine = Apart(PRELOADED)
                try:
                    finished = Finished(gone)
                    finished.watch(engine.submit(exercise.stepped, folder, name, given))
                    found = await finished.next()
                    made = {} if found is None else dict(found.result())
                finally:
                    engine.shutdown(wait=False)
            else:
                made = await asyncio.to_thread(exercise.stepped, folder, name, given)
            return {**made, "standing": await asyncio.to_thread(exercise.standing, folder)}
        except ConfigError as error:
            return {"messages": list(error.messages)}
        except Died as died:
            return {"messages": [_ended(died.code)]}

    def _digests(self, data: Any) -> list[str]:
        """Of the sides of a wish that was answered before; none if it can't be any more, as its file has changed."""
        try:
            earlier = wish(asked(data), self.shelf)
        except ConfigError:
            return []
        return [side.digest(earlier.scenario) for side in earlier.sides]

    async def _simulated(self, wanted: Wish, earlier: list[str], gone: Callable[[], Awaitable[bool]]) -> AsyncIterator[Line]:
        digests = [side.digest(wanted.scenario) for side in wanted.sides]
        tasks = [Task(side, seed) for seed in wanted.seeds for side in range(len(wanted.sides))]
        done: list[dict[int, Summary]] = [{} for _ in wanted.sides]
        told = 0
        engine, finished = Apart(PRELOADED), Finished(gone)
        try:
            running: dict[Future[Made], Task] = {}
            for task in tasks:
                taped = task.seed == wanted.seed
                if (known := self.memory.get((digests[task.side], task.seed), taped=taped)) is not None:
                    done[task.side][task.seed] = known.summary
                    if taped:
                        yield tape_line(task, known)
                else:
                    side = wanted.sides[task.side]
                    work = engine.submit(morning, wanted.scenario, side.design, task.seed, taped=taped)
                    running[finished.watch(work)] = task
            while True:
                complete = _complete(done, wanted.seeds)
                if complete > told:
                    told = complete
                    yield await asyncio.to_thread(self._numbers, wanted, done, told, earlier)
                if not running:
                    break
                if (future := await finished.next()) is None:
                    return
                task, made = running.pop(future), future.result()
                self.memory.keep((digests[task.side], task.seed), made)
                done[task.side][task.seed] = made.summary
                if made.tape is not None:
                    yield tape_line(task, made)
            yield {"line": "done"}
        finally:
            engine.shutdown(wait=False)

    def _numbers(self, wanted: Wish, done: list[dict[int, Summary]], mornings: int, earlier: list[str]) -> Line:
        seeds = wanted.seeds[:mornings]
        own = [[known[seed] for seed in seeds] for known in done]
        same = len(earlier) == len(wanted.sides)
        before = [
            self.memory.summaries(earlier[number], seeds)
            if same and earlier[number] != side.digest(wanted.scenario) else []
            for number, side in enumerate(wanted.sides)
        ]  # fmt: skip
        return {"line": "numbers", "of": wanted.mornings, **numbers(wanted.scenario, wanted.sides, own, before)}


def _parted(data: Any) -> tuple[Any, Any, bool]:
    """A wish, the one before it, and whether it is only looked at and not simulated."""
    if not isinstance(data, dict):
        return data, None, False
    what = {key: value for key, value in data.items() if key not in ("before", "look", "kata")}
    return what, data.get("before"), data.get("look") is True


def _about(data: Any) -> tuple[Any, int, int, int | None]:
    """A wish, which side of it, which purchase, and how many changes that would have prevented the harm are looked for."""
    what = dict(data) if isinstance(data, dict) else {}
    numbers = [what.pop(name, None) for name in ("side", "purchase", "most")]
    if not all(isinstance(number, int) for number in numbers):
        raise ConfigError("expected side, purchase and most, each a whole number")
    return what, *numbers


def _complete(done: list[dict[int, Summary]], seeds: range) -> int:
    """How many mornings, from the first one on, all sides have finished."""
    for number, seed in enumerate(seeds):
        if not all(seed in known for known in done):
            return number
    return len(seeds)


class Finished:
    """Futures of other threads, as they are finished."""

    def __init__(self, gone: Callable[[], Awaitable[bool]]) -> None:
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Future[Any]] = asyncio.Queue()

    def watch(self, future: Future[T]) -> Future[T]:
        future.add_done_callback(self._tell)
        return future

    def _tell(self, future: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody listens
            self._loop.call_soon_threadsafe(self._queue.put_nowait, future)

    async def next(self) -> Future[Any] | None:
        """The next one that is finished; None if nobody waits any more."""
        while True:
            try:
                return await asyncio.wait_for(self._queue.get(), LOOK_S)
            except TimeoutError:
                if await self._gone():
                    return None


def tape_line(task: Task, made: Made) -> Line:
    """The line that brings the tape of a morning, with what is drawn beside it."""
    assert made.tape is not None
    series = made.summary.series
    return {
        "line": "tape",
        "side": task.side,
        "seed": task.seed,
        "tape": base64.b64encode(made.tape).decode("ascii"),
        "minutes": {
            "arrivals": series.arrivals.tolist(),
            "backlog": series.backlog.tolist(),
            "double_charges": series.double_charges.tolist(),
        },
        "busy": {station.name: station.busy_share for station in made.summary.stations},
    }


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        return "the process that simulated was killed, probably out of memory"
    return f"the process that simulated ended with exit code {code}, which is a bug of the simulator"
