"""The simulator's clock and the real one make the same things happen in the same order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from sim.real.twin.clock import RealClock
from sim.world.engine import Alarms, Awaited, Clock, Coming, Story
from sim.world.pool import Job, Pool

SPEED = 50.0
Log = list[tuple[float, str]]


def really(set_up: Callable[[Any, Log], None], until_s: float) -> Log:
    """What happens on a real clock."""
    log: Log = []

    async def main() -> None:
        clock = RealClock(SPEED)
        set_up(clock, log)
        clock.call(until_s, clock.end)
        clock.begin(monotonic())
        await clock.run_until_ended()

    asyncio.run(main())
    return log


def simulated(set_up: Callable[[Any, Log], None], until_s: float) -> Log:
    log: Log = []
    clock = Clock()
    set_up(clock, log)
    clock.run(until_s)
    return log


def work(clock: Any, log: Log) -> None:
    """Five stories for two workers, and alarms of which some are not needed any more."""
    pool = Pool(clock, "workers", 2)

    def story(number: int) -> Story:
        log.append((clock.now, f"{number} begins"))
        yield Coming(clock, 2.0 + number)
        return number

    for number in range(5):
        pool.submit(Job(story(number), lambda _, result: log.append((clock.now, f"{result} ends")), lambda *_: None))

    class Whom:
        def __init__(self, name: str, closed: bool) -> None:
            self.name, self.closed = name, closed

        def expired(self) -> None:
            log.append((clock.now, f"alarm {self.name}"))

    alarms = Alarms(clock, 4.5)
    for at_s, name, closed in ((0.0, "first", False), (1.0, "closed", True), (2.0, "last", False)):
        clock.call(at_s, lambda what: alarms.set(Whom(*what)), (name, closed))


def test_stories_and_alarms_happen_in_the_same_order_and_never_early() -> None:
    model, real = simulated(work, 13.0), really(work, 13.0)
    assert [what for _, what in real] == [what for _, what in model]
    assert len(model) == 12
    assert all(real_s >= model_s for (real_s, _), (model_s, _) in zip(real, model, strict=True))


def test_what_a_call_raises_ends_the_run() -> None:
    def set_up(clock: Any, _: Log) -> None:
        clock.call(0.1, lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        really(set_up, 10.0)


def test_an_error_of_a_story_for_which_nobody_waits_ends_the_run() -> None:
    from simpy import Process

    def story(clock: Any) -> Story:
        yield Coming(clock, 0.1)
        raise KeyError("lost")

    with pytest.raises(KeyError):
        really(lambda clock, _: Process(clock, story(clock)) and None, 10.0)


def test_what_comes_from_outside_wakes_a_story_although_nothing_is_due() -> None:
    def set_up(clock: Any, log: Log) -> None:
        answer = Awaited()

        def story() -> Story:
            log.append((0.0, (yield answer)))

        Pool(clock, "worker", 1).submit(Job(story(), lambda *_: None, lambda *_: None))

        async def outside() -> None:
            clock.happen(answer, "answered")
            clock.happen(answer, "answered again")  # too late

        clock.spawn(outside())

    assert really(set_up, 1.0) == [(0.0, "answered")]


def test_when_the_morning_is_over_nothing_happens_any_more_not_even_from_outside() -> None:
    log: list[str] = []

    async def main() -> float:
        clock = RealClock(SPEED, until_s=1.0)
        for at_s in (0.5, 1.0, 1.5):
            clock.call(at_s, log.append, f"{at_s}")
        clock.begin(monotonic())
        while not clock.over:
            await asyncio.sleep(0)
        clock.enter(log.append, "outside")
        return clock.now

    assert asyncio.run(main()) == 1.0
    assert log == ["0.5"]
