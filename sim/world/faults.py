"""The fault plan of one morning: spells of bad weather per component, crashes at a time, crashes right after a step.

All cells of a morning meet the same spells, and crashes at the same times; what is struck after a step is each one's own.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator

from sim.config.errors import ConfigError
from sim.config.fates import too_many
from sim.config.faults import Brownout, Crash, Duplicates, Errors, Outage, Pause, Rebalance, Rerun, Scheduled, Slow, Spike
from sim.config.scenario import Scenario
from sim.config.shares import FATES
from sim.ledger.records import Numbers
from sim.vocabulary import Answer
from sim.world.cell import Cell
from sim.world.engine import Crash as Death
from sim.world.engine import Thrown
from sim.world.script import NO_PURCHASE
from sim.world.streams import BLOCK, Draw, Streams, sample
from sim.world.timetable import UP, Spell, Timetable

MOST_SPELLS = 100_000  # of one fault in a morning: a slip of a unit should be an error, not an endless wait
LEAST_S = 1e-3  # how long a fault that comes again and again lasts at least, and how far its crashes are apart
CONSUMERS = ("loyalty", "read_model")  # of events; in closed form, a crash of one is a spell of down time


class Strike:
    """A crash, an error or a pause with a probability, each time that a component has taken a step, or used the database."""

    def __init__(self, fault: Crash | Errors | Pause, draw: Draw, cell: Cell, during: Timetable | None = None) -> None:
        self._fault = fault
        self._during = during  # none: all morning
        self.pause_s = fault.lasts if isinstance(fault, Pause) else 0.0
        self._p = fault.p
        self._left = None if fault.times is None else cell.share(fault.times)
        self._draw = draw
        self._taken: Numbers = array("i")  # how often each purchase has taken the step
        self._chores = 0  # how often it was taken for no purchase

    @property
    def death(self) -> Death | None:
        """What ends the process or its story; none: it only pauses. (A new one each time: exceptions keep their traces.)"""
        return _death(self._fault)

    def hits(self, purchase: int, now: float) -> bool:
        if purchase < 0:
            whose, turn = self._chores, NO_PURCHASE
            self._chores += 1
        else:
            taken = self._taken
            if purchase >= len(taken):
                taken.extend(array("i", [0]) * (purchase + BLOCK - len(taken)))
            whose, turn = purchase, taken[purchase]
            taken[purchase] = turn + 1
        if self._draw(whose, turn) >= self._p or self._left == 0 or not (self._during is None or self._during.at(now).down):
            return False
        if self._left is not None:
            self._left -= 1
        return True


def _death(fault: Crash | Errors | Pause) -> Death | None:
    match fault:
        case Crash():
            return Death(fault.restart, _heard(fault))
        case Errors():
            return Thrown()
    return None


def _heard(fault: Crash) -> Answer:
    """What a caller who waits for the process hears when it dies."""
    return Answer.UNAVAILABLE if fault.how == "resets" else Answer.NONE


class Failing:
    """A fault of the database: which of its work it may fail, and whether that is done all the same."""

    def __init__(self, strike: Strike, fault: Errors) -> None:
        self.strike = strike
        self.writes, self.reads = fault.on != "reads", fault.on != "writes"
        self.committed = fault.how == "committed"


class FaultPlan:
    """Everything that will go wrong in a morning. It does not depend on the architecture."""

    def __init__(
        self, scenario: Scenario, streams: Streams, *, strike: Callable[..., Strike] = Strike
    ) -> None:  # fmt: skip
        self._horizon_s = scenario.clock.horizon_s
        self._clock = scenario.clock
        self._weather_streams = streams.shared
        spells: defaultdict[str, list[Spell]] = defaultdict(list)
        self.windows: list[tuple[str, float, float]] = []  # (what, from, to)
        self.crashes: list[tuple[str, float, float, Answer]] = []  # (component, at, restart, what who waits for it hears)
        self.rebalances: list[tuple[str, float]] = []  # (consumer or "all", at)
        self.deaths: list[tuple[str, float, float]] = []  # of consumers: (consumer, at, restart)
        self.killed = {fault.crash for fault in scenario.faults if isinstance(fault, Crash)}  # components, at whatever moment
        self.strikes: defaultdict[str, dict[str, list[Strike]]] = defaultdict(dict)  # by component and step
        self.failing: list[Failing] = []  # faults of the database
        self.p_duplicate = 0.0
        self.reruns: list[float] = []  # when the renewals' job begins once more
        for number, fault in enumerate(scenario.faults):
            if isinstance(fault, Duplicates):
                self.p_duplicate = 1 - (1 - self.p_duplicate) * (1 - fault.p)
            elif isinstance(fault, Rebalance):
                for begin in self._begins(number, fault):
                    self.rebalances.append((fault.rebalance, begin))
                    self.windows.append((f"rebalance {fault.rebalance}", begin, begin))
            elif isinstance(fault, Errors):
                during = self._errors_during(number, fault)
                one = strike(fault, streams.uniform(f"fault.{number}.strike"), streams.cell, during)
                if fault.after is not None:
                    self.strikes[fault.errors].setdefault(fault.after, []).append(one)
                else:
                    self.failing.append(Failing(one, fault))
            elif isinstance(fault, Pause) or (isinstance(fault, Crash) and fault.after is not None):
                struck: str = fault.pause if isinstance(fault, Pause) else fault.crash
                assert fault.after is not None
                draw = streams.uniform(f"fault.{number}.strike")
                self.strikes[struck].setdefault(fault.after, []).append(strike(fault, draw, streams.cell))
            elif isinstance(fault, Rerun):
                assert fault.at is not None
                self.reruns.append(self._clock.since_start_s(fault.at))
                self.windows.append((f"rerun {fault.rerun}", self.reruns[-1], self.reruns[-1]))
            elif isinstance(fault, Crash):
                for begin in self._begins(number, fault):
                    self._add_crash(fault, begin, spells)
            else:
                for begin, end in self._spans(number, fault):
                    component, spell = _spell(fault, begin, end)
                    spells[component].append(spell)
                    self.windows.append((f"{_kind(fault)} {component}", begin, min(end, self._horizon_s)))
        self._weather = {component: Timetable(these) for component, these in spells.items()}
        self._check_fates(scenario)

    def _errors_during(self, number: int, fault: Errors) -> Timetable | None:
        """When a process throws or the database fails; none: all morning."""
        if fault.lasts is None:
            return None
        spans = list(self._spans(number, fault))
        self.windows += [(f"errors {fault.errors}", begin, min(end, self._horizon_s)) for begin, end in spans]
        return Timetable([Spell(begin, end, down=True) for begin, end in spans])

    def weather(self, component: str) -> Timetable:
        return self._weather.get(component, UP)

    def _check_fates(self, scenario: Scenario) -> None:
        """Raises ConfigError if brownouts that last at the same time leave a call more than one fate."""
        if "provider" not in self._weather:
            return
        for weather in self._weather["provider"].kinds:
            given = {fate: getattr(weather, fate) for fate in FATES}
            own = {fate: getattr(scenario.provider, fate) for fate in FATES}
            if message := too_many({fate: (fate, own[fate] if share is None else share) for fate, share in given.items()}):
                raise ConfigError(f"{scenario.name}: while several brownouts last, {message}")

    def _add_crash(self, fault: Crash, begin: float, spells: defaultdict[str, list[Spell]]) -> None:
        up = begin + fault.restart
        self.windows.append((f"crash {fault.crash}", begin, min(up, self._horizon_s)))
        if fault.crash in CONSUMERS:
            spells[fault.crash].append(Spell(begin, up, down=True))
            self.deaths.append((fault.crash, begin, fault.restart))
        else:
            self.crashes.append((fault.crash, begin, fault.restart, _heard(fault)))

    def _begins(self, number: int, fault: Crash | Rebalance) -> Iterator[float]:
        if fault.at is not None:
            yield self._clock.since_start_s(fault.at)
            return
        assert fault.every is not None
        rng = self._weather_streams.generator("fault", number)
        time = float(sample(fault.every, rng, 1)[0])
        for _ in range(MOST_SPELLS):
            if time >= self._horizon_s:
                return
            yield time
            time += (fault.restart if isinstance(fault, Crash) else 0.0) + max(float(sample(fault.every, rng, 1)[0]), LEAST_S)
        raise _too_often(number)

    def _spans(self, number: int, fault: Scheduled | Errors) -> Iterator[tuple[float, float]]:
        assert fault.lasts is not None
        rng = self._weather_streams.generator("fault", number)
        if fault.at is not None:
            begin = self._clock.since_start_s(fault.at)
            yield begin, begin + float(sample(fault.lasts, rng, 1)[0])
            return
        assert fault.every is not None
        time = 0.0
        for _ in range(MOST_SPELLS):
            begin = time + float(sample(fault.every, rng, 1)[0])
            if begin >= self._horizon_s:
                return
            time = begin + max(float(sample(fault.lasts, rng, 1)[0]), LEAST_S)
            yield begin, time
        raise _too_often(number)


def _too_often(number: int) -> ConfigError:
    return ConfigError(
        f"faults[{number}]: comes more than {MOST_SPELLS:,} times in a morning, which can't be meant: "
        "let it come less often (every), or stay longer (for, restart)"
    )


def _kind(fault: Scheduled) -> str:
    return type(fault).__name__.lower()


def _spell(fault: Scheduled, begin: float, end: float) -> tuple[str, Spell]:
    match fault:
        case Brownout():
            shares = {fate: getattr(fault, fate) for fate in FATES}
            return "provider", Spell(begin, end, slower=fault.latency, **shares)
        case Outage():
            return fault.outage, Spell(begin, end, down=True, hangs=fault.how == "hangs")
        case Slow():
            return fault.slow, Spell(begin, end, slower=fault.times)
        case Spike():
            return "traffic", Spell(begin, end, slower=fault.times)
    raise TypeError(f"no spell for {fault!r}")
