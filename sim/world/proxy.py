"""A repeater between app and checkout: it sends a request again that nobody asked it to, while the first is still at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.config.design import Design
from sim.config.design import Proxy as Knobs
from sim.config.scenario import Network
from sim.ledger.records import PROXY, Repeats
from sim.vocabulary import Answer, Fate
from sim.world.checkout import EXECUTED, REPLAYED, RESET, THROWN, UNAVAILABLE, WAITING, Checkout, Reply
from sim.world.engine import Alarms, Clock, Crash
from sim.world.pool import Job

if TYPE_CHECKING:
    from typing import Any

    from sim.world.customer import Request

Why = Literal["timeout", "reset", "unavailable"]
GATEWAY = Reply(Answer.UNAVAILABLE)  # what the proxy itself says when nobody has answered it
WORKED = (EXECUTED, REPLAYED)


class Passage:
    """A request at the proxy."""

    __slots__ = ("at_work", "over", "request", "tries")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.tries = 0  # sent so far
        self.at_work = 0  # tries that wait for a worker, or have one
        self.over = False  # the app has its answer


class Try:
    """One sending of a request to the checkout."""

    __slots__ = ("closed", "passage", "proxied", "timed_out")

    def __init__(self, proxied: Proxied, passage: Passage) -> None:
        self.proxied = proxied
        self.passage = passage
        self.closed = False  # it was answered
        self.timed_out = False

    def expired(self) -> None:
        self.timed_out = True
        if not self.passage.over:
            self.proxied.hears_nothing(self.passage)


class Proxied(Checkout):
    """A checkout behind a proxy. The network is between the app and the proxy; from there to the checkout it takes no time.

    A request has the fate of the try that came farthest; `copies` counts what workers finished besides.
    """

    def __init__(self, *about: Any, knobs: Knobs, repeats: Repeats, **more: Any) -> None:
        super().__init__(*about, **more)
        self._knobs = knobs
        self._repeats = repeats
        self._timeouts = Alarms(self._env, knobs.timeout)
        self.copies = 0

    def _arrive(self, request: Request) -> None:
        self._send_try(Passage(request))

    def _send_try(self, passage: Passage) -> None:
        passage.tries += 1
        one = Try(self, passage)
        self._timeouts.set(one)
        request = passage.request
        if (refused := self._refused()) is not None:
            self._note(one, refused)
            if refused is Fate.REJECTED:
                self._hear(one, UNAVAILABLE, "unavailable")
        else:
            passage.at_work += 1
            self._note(one, WAITING)
            job = Job(self._story(request), self._done, self._died, one, None if self._patience_s is None else self._too_late)
            self._pool.submit(job)
            if self._waiting is not None and job.waits:
                self._waiting[request.purchase].append(job)

    def _note(self, one: Try, fate: Fate) -> None:
        """Note what has become of a try, unless another of the same request has come farther."""
        row = one.passage.request.row
        before = self._fate[row]
        if fate in WORKED:
            self.copies += before in WORKED
            self._fate[row] = EXECUTED if before == EXECUTED else fate
        elif before not in WORKED:
            self._fate[row] = WAITING if one.passage.at_work else fate

    # What becomes of a try

    def _too_late(self, one: Try) -> bool:
        return self._is_late(one.passage.request) and self._drop(one)

    def _drop(self, one: Try) -> bool:
        one.passage.at_work -= 1
        self._note(one, Fate.DROPPED)
        self.dropped += 1
        return True

    def _done(self, one: Try, reply: Reply) -> None:
        one.passage.at_work -= 1
        self._note(one, REPLAYED if reply.replayed else EXECUTED)
        self._hear(one, reply, "unavailable" if reply.answer is Answer.UNAVAILABLE else None)

    def _died(self, one: Try, crash: Crash) -> None:
        if crash.begun:
            one.passage.at_work -= 1
            self._note(one, EXECUTED)
        else:
            self._drop(one)
        self._tell_death(one.passage.request, crash)
        if crash.lives:
            self._hear(one, THROWN, None)
        elif crash.answer:
            self._hear(one, RESET, "reset")

    # What the proxy makes of it

    def _hear(self, one: Try, reply: Reply, why: Why | None) -> None:
        """The proxy has a reply to a try; `why`: for what it may send the request again."""
        one.closed = True
        passage = one.passage
        if passage.over or (one.timed_out and self._knobs.late == "ignored"):
            if self._observer is not None:
                self._observer.proxy_ignored(passage.request, reply)
        elif why is None or not self._repeats_after(why, passage):
            passage.over = True
            self._answer(passage.request, reply)

    def hears_nothing(self, passage: Passage) -> None:
        """The timeout of a try is over."""
        if not self._repeats_after("timeout", passage):
            passage.over = True
            request = passage.request
            if not request.closed:
                if self._fate[request.row] == Fate.LOST:  # nobody has got it, and its sender hears so
                    self._fate[request.row] = Fate.REJECTED
                self._answer(request, GATEWAY)

    def _repeats_after(self, why: Why, passage: Passage) -> bool:
        """Whether the request is sent once more: not if the app has hung up, which closes its connection to the proxy."""
        request, knobs = passage.request, self._knobs
        if why not in knobs.on or passage.tries >= knobs.tries or request.closed or not request.awaited:
            return False
        if self._observer is not None:
            self._observer.proxy_repeated(request, why=why, tries=passage.tries + 1)
        self._repeats.note(PROXY, request.row, self._env.now)
        self._env.call(0.0, self._send_try, passage)
        return True


def checkout_of(env: Clock, design: Design, network: Network, *, repeats: Repeats, **more: Any) -> Checkout:
    """The front door of a design, behind a proxy if it has one."""
    if design.proxy is None:
        return Checkout(env, design, network, **more)
    return Proxied(env, design, network, knobs=design.proxy, repeats=repeats, **more)
