"""Lives a morning on real parts: starts the processes, kills and restarts them by plan, and gathers what they leave."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.experiment.mornings import Progress
from sim.ledger.records import Struck
from sim.orphans import temporary_folder
from sim.real.loopback import listening
from sim.real.twin import brokers, databases, store
from sim.real.twin.gathering import gather
from sim.real.twin.lived import Lived, Used
from sim.real.twin.load import Load
from sim.real.twin.process import Ports, Pulse, Task
from sim.real.twin.refusals import wanted
from sim.real.twin.roles import main
from sim.real.twin.shop import Role, Wanted
from sim.real.twin.starting import no_main_module
from sim.vocabulary import Status
from sim.world.faults import FaultPlan
from sim.world.streams import Streams

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess  # not on Windows, where the twin is refused in a sentence

READY_S = 120.0  # of the machine, for all processes to be there
SOON_S = 0.3  # from then on until the morning begins
HANDED_OVER_S = 30.0  # for what the processes hand over in the end
LOOK_S = 0.5  # between two looks at the time
SERVICES = ("provider", "queue", "front", "customers")  # one process each, which no plan kills


class Failed(RuntimeError):
    """A process of the twin has ended by itself: a bug of ours, or a machine that ended it."""


@dataclass
class Child:
    """A process and all its lives."""

    task: Task
    process: ForkServerProcess | None = None
    says: Connection | None = None
    starts: int = 0
    ready: bool = False
    killed: bool = False  # this life ends as the plan says
    restart_s: float = 0.0  # of the morning, after its death
    back_at: float = inf  # on the machine's clock: when it is started again
    pulses: list[Pulse] = field(default_factory=list)  # the last of each life
    chores: list[tuple[str, float]] = field(default_factory=list)
    collected: dict[str, Any] | None = None

    def hear(self, pulse: Pulse) -> None:
        self.pulses[-1] = pulse
        self.chores += pulse.chores

    @property
    def role(self) -> Role:
        return self.task.role

    @property
    def used(self) -> Used:
        memory_mib = max((pulse.memory_mib for pulse in self.pulses), default=0.0)
        return Used(self.role.name, sum(pulse.cpu_s for pulse in self.pulses), memory_mib, self.starts)


def live(
    scenario: Scenario, design: Design, seed: int, *, speed: float = 1.0, database: str = "sqlite", broker: str = "embedded",
    progress: Progress | None = None,
) -> Lived:  # fmt: skip
    """Live one morning of a design on real parts.

    Args:
        scenario: the world; its network, provider, customers and faults are real, and have the same draws as a simulated one.
        design: whose stories run.
        seed: which morning.
        speed: how many seconds of the scenario pass in one of the machine.
        database: "sqlite", or the address of a PostgreSQL server on this machine, in which a schema is made and dropped again.
        broker: "embedded", or the address of a NATS server with JetStream on this machine, likewise.
        progress: called with the seconds of the morning that have passed, and how many there are.

    Raises:
        ConfigError: for what the twin can't do, before anything is started.
        Failed: a process has ended by itself.
    """
    if not 0 < speed <= 1000:
        raise ConfigError(f"speed: expected more than 0 and at most 1000 (got {speed:g})")
    asked = wanted(scenario, design, seed)
    consumers, visibility_s = consumers_of(design, asked), design.broker.visibility / speed
    with (
        temporary_folder("coffee-twin-") as folder,
        databases.prepared(database, _in_the_shop(design, asked)) as database_there,
        brokers.prepared(broker, consumers, visibility_s) as broker_there,
    ):
        store.create(folder)
        twin = Supervisor(
            scenario, design, seed, speed=speed, folder=folder, database=database_there, broker=broker_there, asked=asked,
            consumers=consumers,
        )  # fmt: skip
        return twin.live(progress)


def _in_the_shop(design: Design, asked: Wanted) -> int:
    """How many processes open the order database, at most."""
    others = 3  # the front, loyalty, and this one, which gathers what is left
    consumers = sum(asked.consumers.values()) + design.read_model.workers
    return design.checkout.workers + len(asked.backgrounds) + consumers + others


def consumers_of(design: Design, asked: Wanted) -> dict[str, tuple[list[int], int]]:
    """Who hears of events: of orders with which status, and how many processes each has."""
    consumers = {name: ([int(Status.PENDING)], workers) for name, workers in asked.consumers.items()}
    consumers["loyalty"] = ([int(Status.CONFIRMED)], 1)
    if not design.read_model.inline:
        consumers["read_model"] = ([int(status) for status in Status], design.read_model.workers)
    return consumers


class Supervisor:
    """All processes of one morning."""

    def __init__(
        self, scenario: Scenario, design: Design, seed: int, *, speed: float, folder: Path, database: tuple[str, str],
        broker: tuple[str, str], asked: Wanted, consumers: dict[str, tuple[list[int], int]],
    ) -> None:  # fmt: skip
        self._scenario, self._design, self._seed, self._speed = scenario, design, seed, speed
        self._folder = folder
        (self._database, self._database_name), (self._broker, self._broker_name) = database, broker
        self._consumers = consumers
        self._plan = FaultPlan(scenario, Streams(seed))
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["sim.real.twin.roles"])
        self._sockets = {name: listening(0, "port") for name in Ports._fields}
        self._struck: list[Struck] = []  # at a time
        self._kills = 0
        self._origin = inf
        self._children = [Child(task) for task in self._tasks(asked)]

    def _tasks(self, asked: Wanted) -> list[Task]:
        design = self._design
        roles = [Role(kind, kind) for kind in SERVICES if kind != "queue" or self._broker == brokers.EMBEDDED]
        roles += [Role("checkout", "checkout", number + 1) for number in range(design.checkout.workers)]
        roles += [Role("background", component, machine) for component, machine in asked.backgrounds]
        roles += [Role("consume", name, number + 1) for name, workers in asked.consumers.items() for number in range(workers)]
        roles.append(Role("loyalty", "loyalty"))
        if not design.read_model.inline:
            roles += [Role("read_model", "read_model", number + 1) for number in range(design.read_model.workers)]
        ports = Ports(*(self._sockets[name].getsockname()[1] for name in Ports._fields))
        listens = {"front": ("front", "workers"), "provider": ("provider",), "queue": ("queue",)}
        return [
            Task(
                role, self._scenario, design, self._seed, self._speed, self._folder, self._database, self._broker, ports,
                tuple(self._sockets[name] for name in listens.get(role.kind, ())), self._consumers, asked.listens,
            )
            for role in roles
        ]  # fmt: skip

    def live(self, progress: Progress | None) -> Lived:
        began = monotonic()
        try:
            for child in self._children:
                self._start(child)
            self._watch_until(lambda: all(child.ready for child in self._children), READY_S, "start")
            self._origin = monotonic() + SOON_S
            busy = Load()
            for child in self._children:
                assert child.says is not None
                child.says.send(("begin", self._origin))
            self._morning(progress)
            load = busy.share
            self._collect()
        finally:
            self._end()
        return self._lived(load, monotonic() - began)

    def _start(self, child: Child) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=main, args=(replace(child.task, origin_s=self._origin), theirs), daemon=True)
        with no_main_module():
            process.start()
        theirs.close()
        child.process, child.says = process, ours
        child.starts += 1
        child.killed, child.back_at, child.restart_s = False, inf, 0.0
        child.pulses.append(Pulse())

    # While the morning lasts

    def _morning(self, progress: Progress | None) -> None:
        horizon_s = self._scenario.clock.horizon_s
        kills = sorted(self._kills_at_times(), key=lambda kill: kill[0])
        while (now_s := self._now_s) < horizon_s:
            while kills and kills[0][0] <= now_s:
                self._kill(*kills.pop(0))
            for child in self._children:
                if child.back_at <= monotonic():
                    self._start(child)
            next_s = min([horizon_s, *(kill[0] for kill in kills[:1])])
            due = min(self._origin + next_s / self._speed, *(child.back_at for child in self._children))
            self._watch(min(max(due - monotonic(), 0.0), LOOK_S))
            if progress is not None:
                progress(int(max(self._now_s, 0.0)), int(horizon_s))

    @property
    def _now_s(self) -> float:
        return (monotonic() - self._origin) * self._speed

    def _kills_at_times(self) -> list[tuple[float, str, float]]:
        """When a component is killed, and after how many seconds it is started again."""
        kills = [(at_s, component, restart_s) for component, at_s, restart_s, _ in self._plan.crashes]
        return [*kills, *((at_s, component, restart_s) for component, at_s, restart_s in self._plan.deaths)]

    def _kill(self, _: float, component: str, restart_s: float) -> None:
        """Kill the component's first instance."""
        mine = [child for child in self._children if child.role.component == component and self._is_first(child.role)]
        if mine:
            self._struck.append(Struck(component, self._now_s))
        for child in mine:
            if child.back_at < inf:  # it is down already
                child.back_at = max(child.back_at, monotonic() + restart_s / self._speed)
                continue
            assert child.process is not None
            child.killed, child.restart_s = True, max(child.restart_s, restart_s)
            child.process.kill()

    def _is_first(self, role: Role) -> bool:
        match role.kind:
            case "checkout":
                return (role.number - 1) % self._design.checkout.instances == 0
            case "background":
                return role.number == 1
        return True

    def _watch_until(self, reached: Callable[[], bool], within_s: float, what: str) -> None:
        end = monotonic() + within_s
        while not reached():
            if monotonic() > end:
                raise Failed(f"the processes of the twin did not {what} within {within_s:g} s")
            self._watch(LOOK_S)

    def _watch(self, within_s: float) -> None:
        """Hear what the processes say, for so long at most; note who has died."""
        by_says = {child.says: child for child in self._children if child.says is not None}
        for says in wait(list(by_says), within_s):
            self._hear(by_says[says])  # type: ignore[index]

    def _hear(self, child: Child) -> None:
        assert child.says is not None
        try:
            kind, what = child.says.recv()
        except (EOFError, OSError):  # OSError: in the middle of a message
            self._died(child)
            return
        match kind:
            case "ready":
                child.ready = True
            case "pulse":
                child.hear(what)
            case "dies":
                child.killed, child.restart_s = True, max(child.restart_s, what)
            case "collected":
                pulse, child.collected = what
                child.hear(pulse)
            case "refused":
                raise ConfigError(what)
            case "failed":
                raise Failed(f"{child.role.name} of the twin has failed:\n{what}")

    def _died(self, child: Child) -> None:
        assert child.process is not None
        assert child.says is not None
        child.says.close()
        child.says = None
        child.process.join()
        if not child.killed:
            raise Failed(f"{child.role.name} of the twin has ended by itself, with {child.process.exitcode}")
        self._kills += 1
        child.back_at = monotonic() + child.restart_s / self._speed

    # The end

    def _collect(self) -> None:
        alive = [child for child in self._children if child.says is not None]
        for child in alive:
            assert child.says is not None
            with suppress(BrokenPipeError):  # it has just been killed, as the plan says
                child.says.send(("end", None))
        self._watch_until(
            lambda: all(child.collected is not None or child.says is None for child in alive), HANDED_OVER_S, "end"
        )

    def _end(self) -> None:
        for child in self._children:
            if child.process is not None:
                child.process.kill()
        for child in self._children:
            if child.process is not None:
                child.process.join()
                child.process.close()
            if child.says is not None:
                child.says.close()
        for bound in self._sockets.values():
            bound.close()

    def _lived(self, load: float, wall_s: float) -> Lived:
        collected = {child.role.kind: child.collected or {} for child in self._children if child.role.kind in SERVICES}
        if self._broker != brokers.EMBEDDED:
            collected["queue"] = brokers.jetstream().recorded(self._broker, self._consumers)
        shop = databases.open_shop(self._folder, self._database)
        tables = gather(
            self._scenario, self._design, plan=self._plan, folder=self._folder, shop=shop, collected=collected,
            pulses=[pulse for child in self._children for pulse in child.pulses],
            chores=[chore for child in self._children for chore in child.chores], killed=self._struck,
        )  # fmt: skip
        shop.close()
        return Lived(
            scenario=self._scenario, design=self._design, seed=self._seed, speed=self._speed, tables=tables,
            parts={
                "database": self._database_name,
                "broker": self._broker_name,
                "provider": "the scenario's provider over HTTP (aiohttp)",
            },
            late_s=collected["customers"]["late_s"], used=tuple(child.used for child in self._children), load=load,
            wall_s=wall_s, kills=self._kills,
        )  # fmt: skip
