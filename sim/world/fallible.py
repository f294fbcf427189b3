"""The database's work where it may fail, where its callers wait only so long, and where they may keep a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simpy.events import Event

from sim.ledger.records import Struck
from sim.world.engine import Awaited, Clock, Thrown
from sim.world.faults import Failing
from sim.world.observer import Failure, Observer
from sim.world.station import Connections, Hold, Station


class Fallible:
    """Work at the database's station, each piece with an event that happens or fails."""

    def __init__(
        self, env: Clock, station: Station | Connections, *, timeout_s: float | None, failing: Sequence[Failing],
        struck: list[Struck], observer: Observer | None,
    ) -> None:  # fmt: skip
        self._env = env
        self._station = station
        self._timeout_s = timeout_s
        self._failing = failing
        self._struck = struck
        self._observer = observer

    def do(self, purchase: int, service_s: float, effect: Callable[[], Any] | None, *, writes: bool) -> Event:
        """Work of which an error may come: it fails, or its caller's time is over before."""
        answer = Awaited()

        def end() -> None:
            failing = self._fails(purchase, writes=writes)
            done = failing is None or failing.committed
            value = effect() if effect is not None and done else None
            if answer.callbacks is None:  # nobody waits any more
                return
            if failing is None:
                answer.happen(value)
            else:
                self._tell_failure(answer, purchase, writes=writes, why="committed" if done else "rolled_back")

        def give_up() -> None:
            if answer.callbacks is not None:
                self._tell_failure(answer, purchase, writes=writes, why="timeout")

        self._station.visit(service_s, end, give_up, self._timeout_s)
        return answer

    def _fails(self, purchase: int, *, writes: bool) -> Failing | None:
        """The fault that fails a piece of work, if any does."""
        now = self._env.now
        concerned = (fault for fault in self._failing if (fault.writes if writes else fault.reads))
        struck = next((fault for fault in concerned if fault.strike.hits(purchase, now)), None)
        if struck is not None:
            self._struck.append(Struck("database", now, "write" if writes else "read", purchase, lives=True))
        return struck

    def _tell_failure(self, answer: Awaited, purchase: int, *, writes: bool, why: Failure) -> None:
        if self._observer is not None:
            self._observer.database_failed(purchase, writes=writes, why=why)
        answer.fail_with(Thrown())

    def hold(self, purchase: int) -> tuple[Hold, Event]:
        """Ask for a connection to keep until it is released; and an event, which happens when it is there, or is an error."""
        assert isinstance(self._station, Connections)
        there = Awaited()

        def give_up() -> None:
            self._tell_failure(there, purchase, writes=True, why="timeout")

        return self._station.hold(there.happen, give_up, self._timeout_s), there

    def let_go(self, hold: Hold) -> None:
        """Release a connection."""
        assert isinstance(self._station, Connections)
        self._station.release(hold)
