"""The front door of the checkout service, and the network between it and the app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, cast

from simpy.events import Event

from sim.config.design import Design
from sim.config.scenario import Network as Knobs
from sim.ledger.records import Requests, Small
from sim.vocabulary import Answer, Fate, Status
from sim.world.database import Database, Order
from sim.world.engine import Clock, Crash, Story
from sim.world.observer import Observer
from sim.world.pool import Job, Pool
from sim.world.streams import Streams
from sim.world.timetable import Timetable

if TYPE_CHECKING:
    from sim.world.customer import Request, Return


@dataclass(slots=True)  # a third of what a NamedTuple costs to make
class Reply:
    """The checkout service's reply to a request; `replayed` when no new work was done for it."""

    answer: Answer
    order: Order | None = None
    replayed: bool = False


UNAVAILABLE = Reply(Answer.UNAVAILABLE)
RESET = Reply(Answer.UNAVAILABLE)  # nobody replies: the connection is cut
THROWN = Reply(Answer.FAILED)  # what a server says whose story has ended with an error
REQUEST, ANSWER = ("request",), ("answer",)  # what a script is asked
WAITING, EXECUTED, REPLAYED = Fate.WAITING, Fate.EXECUTED, Fate.REPLAYED  # looked up once: of every request


class Checkout:
    """Takes requests from the network, gives them to workers, sends the replies back."""

    def __init__(
        self, env: Clock, design: Design, network: Knobs, *, requests: Requests, streams: Streams, pool: Pool,
        weather: Timetable, handle: Callable[[Request], Story], come_back: Callable[[Return], Story], database: Database,
        observer: Observer | None = None,
    ) -> None:  # fmt: skip
        self._env = env
        self._pool = pool
        self._handle = handle
        self._come_back = come_back
        self._database = database
        self._look_s = streams.times("network.look", network.latency)
        self._limit = inf if design.checkout.queue_limit is None else design.checkout.queue_limit
        self._patience_s = design.app.timeout if design.checkout.deadline_drop else None
        self.dropped = 0  # at the deadline, or because the customer had left
        self._weather = weather if weather.spells else None
        self._waiting: defaultdict[int, list[Job]] | None = defaultdict(list) if design.checkout.leaver_drop else None
        self._fate: Small = requests.fate
        self._latency_s = streams.times("network.latency", network.latency)
        self._lost = streams.uniform("network.lost") if network.request_lost or network.answer_lost else None
        self._p_request_lost = network.request_lost
        self._p_answer_lost = network.answer_lost
        self._observer = observer
        self._script = streams.script_about(REQUEST, ANSWER)

    def send(self, request: Request) -> None:
        """From the app, over the network."""
        lost = self._lost is not None and self._lost(request.purchase, 2 * request.number) < self._p_request_lost
        later_s = 0.0
        if self._script is not None and (mishap := self._script.strikes(REQUEST, request.purchase)) is not None:
            lost, later_s = lost or mishap.how == "lost", mishap.later_s
        if self._observer is not None:
            self._observer.sent(request, lost=lost)
        if lost:
            self._fate[request.row] = Fate.LOST
            return
        self._fate[request.row] = WAITING
        delay_s = self._latency_s(request.purchase, 2 * request.number) + later_s
        if delay_s > 0.0:
            self._env.call(delay_s, self._arrive, request)
        else:
            self._arrive(request)

    def look(self, purchase: int, turn: int, tell: Callable[[list[tuple[Order, Status]] | None], object]) -> None:
        """Tell the app which orders a purchase has, over the network; None: the checkout can't be reached.

        The look costs a read and no worker, and is never lost (assumption: it is repeated until it is answered).
        """
        way_s = self._look_s(purchase, turn)
        if not self.up:
            self._env.call(way_s, tell, None)
            return

        def answer(read: Event) -> None:
            self._env.call(way_s, tell, read._value if read._ok else None)

        def ask(_: None) -> None:
            read = self._database.query(purchase, lambda: self._database.orders_of(purchase))
            if read.callbacks is None:
                answer(read)
            else:
                read.callbacks.append(answer)

        self._env.call(way_s, ask)

    def _arrive(self, request: Request) -> None:
        if (refused := self._refused()) is not None:
            self._fate[request.row] = refused
            if refused is Fate.REJECTED:
                self._answer(request, UNAVAILABLE)
            return
        skip = None if self._patience_s is None else self._too_late
        job = Job(self._story(request), self._done, self._died, request, skip)
        self._pool.submit(job)
        if self._waiting is not None and job.waits:
            self._waiting[request.purchase].append(job)

    def _refused(self) -> Fate | None:
        """What becomes of a request that nobody takes in: lost, or answered with a refusal. None: it is taken in."""
        if self._weather is not None:
            weather = self._weather.at(self._env.now)
            if weather.hangs:
                return Fate.LOST
            if weather.down:
                return Fate.REJECTED
        return None if self._pool.takes(self._limit) else Fate.REJECTED

    def _story(self, request: Request) -> Story:
        """What a worker does with it."""
        return self._handle(request) if request.returning is None else self._come_back(cast("Return", request))

    @property
    def up(self) -> bool:
        """Whether it can be reached, and any of its workers is there."""
        return self._pool.up and not (self._weather is not None and self._weather.at(self._env.now).down)

    def left(self, purchase: int) -> None:
        """The customer has left, or reloaded the app: its connections are closed, and a checkout that looks may see it."""
        if self._waiting is None:
            return
        for job in self._waiting.pop(purchase, ()):
            if self._pool.withdraw(job):
                self._drop(job.about)

    def _too_late(self, request: Any) -> bool:
        return self._is_late(request) and self._drop(request)

    def _is_late(self, request: Request) -> bool:
        assert self._patience_s is not None
        return self._env.now >= request.sent_s + self._patience_s

    def _drop(self, request: Any) -> bool:
        """Nobody works on a request that was in the queue."""
        self._fate[request.row] = Fate.DROPPED
        self.dropped += 1
        return True

    def _done(self, request: Any, reply: Reply) -> None:
        self._fate[request.row] = REPLAYED if reply.replayed else EXECUTED
        self._answer(request, reply)

    def _died(self, request: Any, crash: Crash) -> None:
        """The app finds out by its timeout, unless it hears at once that the connection is cut or an error was thrown."""
        if crash.begun:
            self._fate[request.row] = EXECUTED
        else:
            self._drop(request)
        self._tell_death(request, crash)
        if crash.answer:
            self._answer(request, THROWN if crash.lives else RESET)

    def _tell_death(self, request: Request, crash: Crash) -> None:
        if self._observer is not None and not crash.lives:
            self._observer.request_died(request)

    def _answer(self, request: Request, reply: Reply) -> None:
        lost = self._lost is not None and self._lost(request.purchase, 2 * request.number + 1) < self._p_answer_lost
        later_s = 0.0
        if self._script is not None and (mishap := self._script.strikes(ANSWER, request.purchase)) is not None:
            lost, later_s = lost or mishap.how == "lost", mishap.later_s
        if self._observer is not None:
            self._observer.answered(request, reply, lost=lost)
        if lost:
            return
        delay_s = self._latency_s(request.purchase, 2 * request.number + 1) + later_s
        if delay_s > 0.0:
            self._env.call(delay_s, request.answered, reply)
        else:
            request.answered(reply)
