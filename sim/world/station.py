"""A plain FIFO station in closed form: when somebody arrives, the time at which they will be served is already known.

It needs no process and costs one event a visit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappush, heapreplace
from typing import Any

import numpy as np
from simpy.events import Event

from sim.ledger.records import StationRecord
from sim.world.engine import Awaited, Clock, Done
from sim.world.timetable import UP, Timetable

BUSIEST = 5  # minutes in a row, of which a station's busiest are told


class Presence:
    """Counts who is in a station, so that Little's law can be checked against the sum of their stays."""

    def __init__(self, env: Clock, name: str, servers: int) -> None:
        self._env = env
        self.name = name
        self.servers = servers
        self.present = 0
        self._since_s = 0.0
        self._area_s = 0.0
        self._sojourn_s = 0.0
        self._noted_s = 0.0
        self._busy_s = 0.0
        self._waiting_s = 0.0
        self._queue_max = 0
        self._arrivals = 0
        self._notes = [(0.0, 0.0, 0.0)]  # server-seconds, busy server-seconds and seconds with a queue, until a note was taken

    def _enter(self, now: float) -> None:
        present = self.present
        if present:
            past_s = now - self._since_s
            self._area_s += present * past_s
            if present > self.servers:
                self._waiting_s += past_s
        self._since_s = now
        self._arrivals += 1
        self.present = present + 1
        if present >= self.servers + self._queue_max:
            self._queue_max = present + 1 - self.servers

    def _exit(self, now: float, arrived_s: float) -> None:
        present = self.present
        past_s = now - self._since_s
        self._area_s += present * past_s
        if present > self.servers:
            self._waiting_s += past_s
        self._since_s = now
        self.present = present - 1
        self._sojourn_s += now - arrived_s

    def _look_back(self, now: float) -> None:
        """Count the time since somebody came or left."""
        self._area_s += self.present * (now - self._since_s)
        if self.present > self.servers:
            self._waiting_s += now - self._since_s
        self._since_s = now

    def note(self) -> None:
        """Remember how busy it has been so far."""
        now = self._env.now
        waiting_s = self._waiting_s + (now - self._since_s if self.present > self.servers else 0.0)
        there_s = self._notes[-1][0] + self.servers * (now - self._noted_s)
        self._noted_s = now
        self._notes.append((there_s, self.held_s, waiting_s))

    def _busiest(self) -> tuple[float, float]:
        """Of the busiest minutes in a row: the share of the servers' time that was busy, and of the time with a queue."""
        there_s, busy_s, waiting_s = np.array(self._notes).T
        span = min(BUSIEST, len(self._notes) - 1)
        if not span:
            return 0.0, 0.0
        busy = (busy_s[span:] - busy_s[:-span]) / np.maximum(there_s[span:] - there_s[:-span], 1e-9)
        queued = (waiting_s[span:] - waiting_s[:-span]) / (60.0 * span)
        at = int(np.argmax(busy + queued))
        return min(float(busy[at]), 1.0), min(float(queued[at]), 1.0)

    @property
    def held_s(self) -> float:
        """Server-seconds spent serving so far."""
        raise NotImplementedError

    def _stayed_s(self) -> float:
        """Seconds spent so far by those still inside."""
        raise NotImplementedError

    @property
    def last_s(self) -> float:
        """When the last one left so far; now, if somebody is inside."""
        return self._env.now if self.present else self._since_s

    def record(self, worked_s: float | None = None) -> StationRecord:
        """What happened until now; those still inside count for the time they have spent.

        `worked_s`: until when the servers are paid for; None: until now.
        """
        horizon_s = self._env.now
        worked_s = horizon_s if worked_s is None else worked_s
        area_s = self._area_s + self.present * (horizon_s - self._since_s)
        busiest, queued = self._busiest()
        return StationRecord(
            name=self.name,
            servers=self.servers,
            arrivals=self._arrivals,
            served=self._arrivals - self.present,
            busy_s=self._busy_s,
            provisioned_s=self.servers * worked_s,
            worked_s=worked_s,
            waiting_s=self._waiting_s,
            queue_max=self._queue_max,
            area_s=area_s,
            sojourn_s=self._sojourn_s + self._stayed_s(),
            busiest_share=busiest,
            busiest_queueing_share=queued,
        )


class Stay(Awaited):
    """One visit to a station; the event is its end."""

    def __init__(self, arrived_s: float, start_s: float, finish_s: float, effect: Callable[[], Any] | None) -> None:
        self.callbacks = []
        self.arrived_s = arrived_s
        self.start_s = start_s
        self.finish_s = finish_s
        self.effect = effect


class Station(Presence):
    """`servers` servers behind one FIFO queue. Work that has been handed over goes on when its caller dies."""

    def __init__(self, env: Clock, name: str, servers: int, weather: Timetable = UP) -> None:
        super().__init__(env, name, servers)
        self._free_at = [0.0] * servers
        self._span = weather.span if weather.spells else None

    @property
    def held_s(self) -> float:
        """Work is counted when it is handed over; what is still ahead is not done yet."""
        now = self._env.now
        return self._busy_s - sum(free_s - now for free_s in self._free_at if free_s > now)

    def serve(self, service_s: float, effect: Callable[[], Any] | None = None, travel_s: float = 0.0) -> Event:
        """An event at the end of the service, whose value is what `effect` returns then, whether or not anybody still waits.

        `travel_s`: time on the way to the queue.
        """
        env = self._env
        now = env.now
        arrives_s, start = now + travel_s, self._free_at[0]
        if start < arrives_s:
            start = arrives_s
        if self._span is None:
            finish = start + service_s
        else:
            start, finish = self._span(start, service_s)
        if finish <= now:
            self._arrivals += 1
            return Done(None if effect is None else effect())
        heapreplace(self._free_at, finish)
        self._busy_s += finish - start
        # In a hot place: `self._enter(now)`, ...
        present, servers = self.present, self.servers
        if present:
            past_s = now - self._since_s
            self._area_s += present * past_s
            if present > servers:
                self._waiting_s += past_s
        self._since_s = now
        self._arrivals += 1
        self.present = present + 1
        if present >= servers + self._queue_max:
            self._queue_max = present + 1 - servers
        stay = Stay(now, start, finish, effect)
        heappush(env._queue, (now + (finish - now), next(env._eid), self._leave, stay))  # ... and `env.call`
        return stay

    def visit(self, service_s: float, effect: Callable[[], Any], give_up: Callable[[], None], patience_s: float | None) -> None:
        """Like `serve`, for somebody who gives up after `patience_s`, in the queue or being served; None: never.

        Who gives up in the queue is not served at all. (How long they would wait is known; nobody behind them waits longer.)
        """
        env = self._env
        now = env.now
        if patience_s is None:
            self.serve(service_s, effect)
            return
        start = max(self._free_at[0], now)
        start, finish = (start, start + service_s) if self._span is None else self._span(start, service_s)
        ends_s = now + patience_s
        if start <= ends_s:
            self.serve(service_s, effect)
            if finish > ends_s:
                env.call(patience_s, _quietly, give_up)
            return
        self._enter(now)
        env.call(patience_s, self._leave, Stay(now, ends_s, ends_s, give_up))

    def _leave(self, stay: Stay) -> None:
        # In a hot place: `self._exit(now, stay.arrived_s)`
        now, present = self._env.now, self.present
        past_s = now - self._since_s
        self._area_s += present * past_s
        if present > self.servers:
            self._waiting_s += past_s
        self._since_s = now
        self.present = present - 1
        self._sojourn_s += now - stay.arrived_s
        stay.happen(None if stay.effect is None else stay.effect())

    def _inside(self) -> list[Stay]:
        """Those who have not left, in order of arrival."""
        return self._env.pending(self._leave)

    def _stayed_s(self) -> float:
        return sum(self._env.now - stay.arrived_s for stay in self._inside())

    @property
    def busy_s(self) -> float:
        """Server-seconds of all that has been handed over so far, also of what is not done yet."""
        return self._busy_s

    def record(self, worked_s: float | None = None) -> StationRecord:
        record = super().record(worked_s)
        now = self._env.now  # work that would go on after the morning has not been done
        for stay in self._inside():
            record.busy_s -= stay.finish_s - max(stay.start_s, now)
        return record


def _quietly(call: Callable[[], None]) -> None:
    call()


class Hold:
    """Somebody who waits for a connection, or has one. `begin` is called when they get it."""

    __slots__ = ("arrived_s", "began_s", "begin", "give_up", "waits")

    def __init__(self, arrived_s: float, begin: Callable[[], None], give_up: Callable[[], None]) -> None:
        self.arrived_s = arrived_s
        self.began_s = -1.0  # not yet
        self.begin = begin
        self.give_up = give_up
        self.waits = True


class Connections(Presence):
    """Like a Station, one event at a time: for servers that somebody may hold for as long as they like."""

    def __init__(self, env: Clock, name: str, servers: int, weather: Timetable = UP) -> None:
        super().__init__(env, name, servers)
        self._free = servers
        self._queue: deque[Hold] = deque()
        self._inside: dict[Hold, None] = {}
        self._span = weather.span if weather.spells else None

    def visit(self, service_s: float, effect: Callable[[], Any], give_up: Callable[[], None], patience_s: float | None) -> None:
        """As of a Station."""
        env = self._env
        now = env.now

        def begin() -> None:
            finish = env.now + service_s if self._span is None else self._span(env.now, service_s)[1]
            env.call(finish - env.now, end)
            if patience_s is not None and finish > now + patience_s:
                env.call(now + patience_s - env.now, _quietly, give_up)

        def end(_: None) -> None:
            self.release(hold)
            effect()

        hold = self.hold(begin, give_up, patience_s)

    def hold(self, begin: Callable[[], None], give_up: Callable[[], None], patience_s: float | None) -> Hold:
        """Wait for a server, and call `begin` when there is one; or `give_up`, if none is there within `patience_s`."""
        hold = Hold(self._env.now, begin, give_up)
        self._enter(hold.arrived_s)
        self._inside[hold] = None
        self._queue.append(hold)
        self._env.call(0.0, self._hand_out)
        if patience_s is not None:
            self._env.call(patience_s, self._expire, hold)
        return hold

    def release(self, hold: Hold) -> None:
        """Give a server back, or stop waiting for one. (Who comes next begins in an event of its own: this may be a death.)"""
        if hold not in self._inside:
            return
        del self._inside[hold]
        now = self._env.now
        if hold.waits:
            hold.waits = False
        else:
            self._busy_s += now - hold.began_s
            self._free += 1
            self._env.call(0.0, self._hand_out)
        self._exit(now, hold.arrived_s)

    def _hand_out(self, _: None) -> None:
        while self._free and self._queue:
            hold = self._queue.popleft()
            if hold.waits:
                hold.waits = False
                hold.began_s = self._env.now
                self._free -= 1
                hold.begin()

    def _expire(self, hold: Hold) -> None:
        if hold.waits:
            self.release(hold)
            hold.give_up()

    @property
    def held_s(self) -> float:
        return self._busy_s + sum(self._env.now - hold.began_s for hold in self._inside if not hold.waits)

    busy_s = held_s

    def _stayed_s(self) -> float:
        return sum(self._env.now - hold.arrived_s for hold in self._inside)

    def record(self, worked_s: float | None = None) -> StationRecord:
        record = super().record(worked_s)
        record.busy_s = self.held_s
        return record
