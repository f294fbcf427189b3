"""A message comes until it is acknowledged, and once more if the plan says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.architectures import load_design
from sim.config.library import parse_scenario
from sim.real.twin import store
from sim.real.twin.queue import Queue
from sim.real.twin.store import File
from sim.vocabulary import Status
from sim.world.engine import Clock
from sim.world.faults import FaultPlan
from sim.world.streams import Streams

VISIBILITY_S = 30.0


class Hand:
    """A consumer's process, as the queue sees it."""

    def __init__(self) -> None:
        self.who: Any = None
        self.got: list[tuple[int, int]] = []  # event, delivery

    def say(self, **what: Any) -> None:
        if "event" in what:
            self.got.append((what["event"]["id"], what["delivery"]))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    """Makes queues; their file is closed in the end."""
    store.create(tmp_path)
    file = File(tmp_path, "queue")
    yield lambda p="0%": make(file, p)
    file.close()


def make(file: File, p: str) -> tuple[Clock, Queue]:
    scenario, clock = parse_scenario(f"name: w\nfaults: [{{duplicates: broker, p: {p}}}]"), Clock()
    queue = Queue(
        clock,  # type: ignore[arg-type]
        load_design("outbox"), plan=FaultPlan(scenario, Streams(0)), streams=Streams(0), store=file,
        consumers={"payment": ([int(Status.PENDING)], 2), "loyalty": ([int(Status.CONFIRMED)], 1)},
    )  # fmt: skip
    return clock, queue


def event(number: int, status: Status = Status.PENDING) -> dict[str, Any]:
    order = {"id": number, "purchase": number, "number": 0, "cents": 650, "card": 0}
    return {"id": number, "row": 0, "order": order, "status": int(status), "version": 1, "turn": 64}


def hear(queue: Queue, hand: Hand, **told: Any) -> None:
    queue._heard(hand, told)  # type: ignore[arg-type]


def test_each_message_goes_to_one_of_a_consumers_processes(made: Any) -> None:
    clock, queue = made()
    first, second, other = Hand(), Hand(), Hand()
    for hand, name in ((first, "payment"), (second, "payment"), (other, "loyalty")):
        hear(queue, hand, take=name)
    for number in range(3):
        hear(queue, first, publish=event(number), number=number)
    clock.run(1.0)
    assert (first.got, second.got, other.got) == ([(0, 0)], [(1, 0)], [])
    hear(queue, second, done=None)
    clock.run(2.0)
    assert second.got == [(1, 0), (2, 0)]


def test_what_a_dead_process_had_in_hand_comes_again_when_its_time_is_over(made: Any) -> None:
    clock, queue = made()
    dies, lives = Hand(), Hand()
    hear(queue, dies, take="payment")
    hear(queue, dies, publish=event(0), number=0)
    clock.run(1.0)
    queue._broke(dies)  # type: ignore[arg-type]
    hear(queue, lives, take="payment")
    clock.run(VISIBILITY_S)
    assert lives.got == []
    clock.run(VISIBILITY_S + 1.0)
    assert (dies.got, lives.got) == ([(0, 0)], [(0, 1)])
    hear(queue, lives, done=None)
    clock.run(10 * VISIBILITY_S)
    assert lives.got == [(0, 1)]


def test_who_is_too_slow_has_not_acknowledged_what_another_has_by_now(made: Any) -> None:
    clock, queue = made()
    slow, other = Hand(), Hand()
    for hand in (slow, other):
        hear(queue, hand, take="payment")
    hear(queue, slow, publish=event(0), number=0)
    clock.run(VISIBILITY_S + 1.0)
    assert (slow.got, other.got) == ([(0, 0)], [(0, 1)])
    hear(queue, slow, done=None)
    queue._broke(other)  # type: ignore[arg-type]
    clock.run(3 * VISIBILITY_S)
    assert slow.got == [(0, 0), (0, 2)]


def test_a_message_that_is_put_back_comes_after_so_many_seconds(made: Any) -> None:
    clock, queue = made()
    hand = Hand()
    hear(queue, hand, take="payment")
    hear(queue, hand, publish=event(0), number=0)
    clock.run(1.0)
    hear(queue, hand, done=5.0)
    clock.run(5.9)
    assert hand.got == [(0, 0)]
    clock.run(6.1)
    assert hand.got == [(0, 0), (0, 1)]


def test_a_fault_delivers_again_what_was_acknowledged(made: Any) -> None:
    clock, queue = made("100%")
    hand = Hand()
    hear(queue, hand, take="payment")
    hear(queue, hand, publish=event(0), number=0)
    clock.run(1.0)
    hear(queue, hand, done=None)
    clock.run(2 * VISIBILITY_S)
    assert hand.got == [(0, 0), (0, 1)]


def test_little_s_law_holds_for_who_waits_and_who_is_served(made: Any) -> None:
    clock, queue = made()
    hand = Hand()
    hear(queue, hand, take="payment")
    for number in range(4):
        hear(queue, hand, publish=event(number), number=number)
        clock.run(2.0 * (number + 1))
    hear(queue, hand, done=None)
    clock.run(20.0)
    record = queue.stations()["payment"]
    assert (record.arrivals, record.served) == (4, 1)
    assert record.area_s == pytest.approx(record.sojourn_s, rel=1e-12)
    assert record.busy_s == pytest.approx(20.0 - 0.005, rel=1e-12)  # one has always something in hand
