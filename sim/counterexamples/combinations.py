"""Every combination of mishaps up to a bound: what `hunt` can't say, that a design is not broken up to there.

A morning is a function of its mishaps, since all else in it is drawn from named streams. So a run is replayed from its start
with a set of mishaps, and the questions that it asked after the last of them are the moments at which one more can strike. Each
set is made once, in the order in which its mishaps take effect, fewest mishaps first: the first that breaks a promise has the
fewest. Nothing is left out because it seems to change nothing.
"""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import floor, isnan
from typing import Any, Literal, NamedTuple

import numpy as np

from sim.config import showing
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.mishaps import MISHAPS, Mishap
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.counterexamples.alphabet import ALPHABET, NOT_IN_IT, Written, acts_at, kinds_of, mishaps_at
from sim.counterexamples.hunt import plain_of, promises_of
from sim.counterexamples.judging import judged
from sim.counterexamples.recorder import Recorder
from sim.experiment.effort import check_whole
from sim.experiment.mornings import Progress
from sim.experiment.workers import Crew, crew
from sim.ledger.audit import Audit, Judged
from sim.ledger.promises import PROMISES
from sim.ledger.violations import FAILURES, harmed
from sim.vocabulary import Fate
from sim.world.streams import Draw

CLEAN = 500  # runs after which garbage is collected: the parts of a morning know each other
MOST_MISHAPS, MOST_PURCHASES = 6, 4
SEED = 0  # of the few draws that are left: how long a database takes, the back-off before a retry
WORLD = """\
clock: {{start: "07:00", duration: 1min, drain: 20min}}
traffic: {{times: [{times}]}}
customers: {{patience: {{constant: 1h}}, after_patience: {{tap_again: 0%, refresh: 0%, leave: 100%}}}}
provider: {{latency: {{constant: 500ms}}, challenge: {{lasts: 5min}}}}
"""
Ending = tuple[tuple[int, ...], ...]  # by purchase: charged, kept, ordered, awarded, orphan, unsettled, differing


Verdict = Literal["holds", "broken", "not tried", "undecided"]
Stopped = Literal["", "time", "interrupted"]


class Choice(NamedTuple):
    """A mishap that can strike: its kind in the alphabet, what a file says, and as a value."""

    kind: str
    written: Written
    mishap: Mishap


Chosen = tuple[Choice, ...]


class Run(NamedTuple):
    """One run: how it ended, which promises it broke, and else the harm that only a variant does."""

    ending: Ending
    broken: dict[str, list[int]]
    harm: dict[str, list[int]]
    reached: tuple[str, ...]
    judged: Judged
    recorder: Recorder
    moments: tuple[float, ...]  # seconds at which something had just changed, or a time limit was over


@dataclass(frozen=True)
class World:
    """The world of all runs, less its mishaps, and what is asked of the design in it."""

    design: Design
    promises: tuple[str, ...]
    purchases: int
    kinds: tuple[str, ...]

    @cached_property
    def scenario(self) -> Scenario:
        return parse_scenario(f"name: every\n{self.text}")

    @property
    def text(self) -> str:
        """Its sections, as a scenario file says them."""
        return WORLD.format(times=", ".join(['"07:00:00"'] * self.purchases))

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process without what is cached, of which some can't go there."""
        return World, (self.design, self.promises, self.purchases, self.kinds)

    @cached_property
    def _known(self) -> dict[str, Draw]:
        return {}

    @cached_property
    def plain(self) -> Design | None:
        return plain_of(self.design)

    def run(self, chosen: Chosen) -> Run | None:
        """Run it with these mishaps; None if one of them struck nobody: the run is that of the others."""
        _tidy_up()
        recorder = Recorder([choice.mishap for choice in chosen])
        found = judged(self.scenario, self.design, SEED, script=recorder, known=self._known)
        if recorder.in_vain:
            return None
        tables = found.tables
        broken = _not_empty({name: PROMISES[name](found.audit) for name in self.promises})
        harm = {} if broken or self.plain is None else self._harm(self.plain, found, chosen)
        fates, requests = tables.requests.fate, tables.requests
        reached = tuple(
            what
            for what, happened in (
                ("confirmed", bool((found.audit.ordered > 0).any())),
                ("retried", any(attempt > 1 for attempt in requests.attempt)),
                ("replayed", Fate.REPLAYED in fates),
            )
            if happened
        )
        return Run(_ending(found.audit), broken, harm, reached, found, recorder, self._moments(tables, recorder))

    def _harm(self, plain: Design, found: Judged, chosen: Chosen) -> dict[str, list[int]]:
        """What was done to purchases that the plain architecture does to none, with any set of as many mishaps of these kinds.

        The same mishaps alone would be no fair comparison: in another design the nth step comes at another moment.
        """
        if not harmed(found).any():
            return {}
        done = _not_empty({kind: np.flatnonzero(harm.flags(found)) for kind, harm in FAILURES.items()})
        world = World(plain, (), self.purchases, kinds_of([choice.kind for choice in chosen]) if chosen else ())
        return {kind: purchases for kind, purchases in done.items() if not _does(world, len(chosen), kind)}

    def _moments(self, tables: Any, recorder: Recorder) -> tuple[float, ...]:
        """When something had just changed that anybody can read, and when a time limit had just ended."""
        times = {asked.at_s for asked in recorder.log}
        rest_s = max(times, default=0.0)
        times.update(at for at in (*tables.charges.captured_s, *tables.requests.answered_s) if not isnan(at))
        times.update(asked.at_s + wait_s for asked in recorder.log for wait_s in self._limits.get(asked.what, ()))
        return tuple(sorted(at for at in times if at <= rest_s))

    @cached_property
    def _limits(self) -> dict[tuple[str, ...], tuple[float, ...]]:
        """Time limits that begin at a question: the lock of a claim, and how long a message is invisible."""
        limits: dict[tuple[str, ...], tuple[float, ...]] = {
            ("message", consumer): (self.design.broker.deliver + self.design.broker.visibility,)
            for consumer in ("payment", "loyalty", "read_model")
        }
        lock_s = getattr(getattr(self.design, "claim", None), "lock", None)
        if lock_s is not None:
            limits["step", "checkout", "claim"] = (lock_s,)
        return limits

    def extensions(self, run: Run, chosen: Chosen) -> Iterator[Choice]:
        """What one more can strike after the last mishap has, in the order in which it would take effect."""
        log, position, after_s = run.recorder.log, 0, -1.0
        if chosen:
            last = chosen[-1].mishap
            if last.after_s is not None:
                after_s = last.after_s
                position = next((number for number, asked in enumerate(log) if asked.at_s > after_s), len(log))
            else:
                position = run.recorder.struck[-1] + 1
                after_s = log[position - 1].at_s
        moments = iter([at for at in run.moments if at > after_s or (position and at == after_s)])
        moment = next(moments, None)
        for asked in log[position:]:
            while moment is not None and moment < asked.at_s:
                yield from self._acts(run, moment)
                moment = next(moments, None)
            yield from _choices(asked.what, asked.purchase, asked.turn, self.kinds)
        while moment is not None:
            yield from self._acts(run, moment)
            moment = next(moments, None)

    def _acts(self, run: Run, moment: float) -> Iterator[Choice]:
        """What can happen right after a moment."""
        known = next((asked.known for asked in reversed(run.recorder.log) if asked.at_s <= moment), ())
        at = f"{(floor(moment * 1e6) + 1) / 1e6:.6f}s"
        for purchase in range(self.purchases):
            done, confirmed, acknowledged = known[purchase] if purchase < len(known) else (False, False, False)
            for kind, written in acts_at(at, purchase, self.kinds, done=done, confirmed=confirmed, waits=not acknowledged):
                yield Choice(kind, written, _mishap(written))


_runs = 0  # in this process, since garbage was collected


def _tidy_up() -> None:
    global _runs
    _runs += 1
    if _runs >= CLEAN:
        gc.collect()
        _runs = 0


@contextmanager
def _own_garbage() -> Iterator[None]:
    """Collect garbage now and then, and only what runs have left: to look at all else that there is costs more than a run."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        gc.enable()


def _mishap(written: Written) -> Mishap:
    return next(model for kind, model in MISHAPS.items() if kind in written).model_validate(written)


@lru_cache(maxsize=4096)
def _choices(what: tuple[str, ...], purchase: int, turn: int, kinds: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(kind, written, _mishap(written)) for kind, written in mishaps_at(what, purchase, turn, kinds))


def _ending(judged: Audit) -> Ending:
    facts = (
        judged.charged, judged.kept, judged.ordered, judged.awarded, judged.orphan, judged.unsettled, judged.differing
    )  # fmt: skip
    return tuple(zip(*(fact.astype(int).tolist() for fact in facts), strict=True))


def _not_empty(found: dict[str, np.ndarray]) -> dict[str, list[int]]:
    return {name: purchases.tolist() for name, purchases in found.items() if len(purchases)}


class Found(NamedTuple):
    """A set of mishaps that breaks something."""

    mishaps: tuple[Written, ...]
    broken: dict[str, list[int]]  # promises
    harm: dict[str, list[int]]  # that the plain architecture does with no set of as many mishaps of these kinds


class Branch(NamedTuple):
    """All runs with so many mishaps that begin with the same one."""

    runs: int
    by_kinds: Counter[str]  # the kinds of their mishaps, joined
    endings: frozenset[Ending]
    reached: Counter[str]
    digest: str  # of all sets and endings, in order
    found: Found | None  # the first; the branch ends there


@lru_cache(maxsize=8)
def _kept(world: World) -> World:
    """The first of all equal worlds of this process, with what it has cached."""
    return world


def branch(world: World, first: Chosen, depth: int) -> Branch:
    """Every set of so many mishaps that begins with `first`."""
    with _own_garbage():
        return _branch(_kept(world), first, depth)


def _branch(world: World, first: Chosen, depth: int) -> Branch:
    runs, by_kinds, endings, reached = 0, Counter[str](), set(), Counter[str]()
    hashed = hashlib.sha256()
    for chosen, run in _sets(world, first, depth):
        runs += 1
        by_kinds[" ".join(choice.kind for choice in chosen)] += 1
        endings.add(run.ending)
        reached.update(run.reached)
        written = [choice.written for choice in chosen]
        hashed.update(json.dumps([written, run.ending, sorted(run.broken), sorted(run.harm)]).encode())
        if run.broken or run.harm:
            found = Found(tuple(written), run.broken, run.harm)
            return Branch(runs, by_kinds, frozenset(endings), reached, hashed.hexdigest(), found)
    return Branch(runs, by_kinds, frozenset(endings), reached, hashed.hexdigest(), None)


def _sets(world: World, chosen: Chosen, depth: int) -> Iterator[tuple[Chosen, Run]]:
    run = world.run(chosen)
    if run is None:
        return
    if len(chosen) == depth:
        yield chosen, run
        return
    for choice in world.extensions(run, chosen):
        yield from _sets(world, (*chosen, choice), depth)


@lru_cache(maxsize=64)
def _does(world: World, depth: int, kind: str) -> bool:
    """Whether a design does a kind of harm with any set of at most so many mishaps."""
    if depth and _does(world, depth - 1, kind):
        return True
    flags = FAILURES[kind].flags
    return any(flags(run.judged).any() for _, run in _sets(world, (), depth))


@dataclass(frozen=True)
class Level:
    """All runs with so many mishaps."""

    mishaps: int
    runs: int
    by_kinds: dict[str, int]  # the kinds of their mishaps, joined -> runs
    endings: int  # that differ
    digest: str
    branches: tuple[str, ...]  # the digest of each, in order


@dataclass(frozen=True)
class Every(showing.Shown):
    """What came of trying every combination of mishaps up to a bound.

    `design`, `promises`, `purchases`, `mishaps` (the bound), `levels` (finished, from no mishap on), `found` (None: nothing),
    `verdict`, and `scenario`, the world with the mishaps that break it.
    """

    world: World
    mishaps: int
    levels: tuple[Level, ...]
    found: Found | None
    reached: dict[str, int]
    seconds: float
    stopped: Stopped  # why not all levels were finished

    @property
    def design(self) -> Design:
        return self.world.design

    @property
    def runs(self) -> int:
        return sum(level.runs for level in self.levels)

    @property
    def missing(self) -> tuple[str, ...]:
        """What never happened in any run, so that keeping the promises says little."""
        could = {"confirmed": True, "retried": not self.design.app.retry.never, "replayed": _knows_keys(self.design)}
        return tuple(what for what, meets in could.items() if meets and not self.reached.get(what) and self.mishaps)

    @property
    def not_tried(self) -> tuple[str, ...]:
        """Kinds of mishaps that were left out of the alphabet."""
        return tuple(kind for kind in ALPHABET if kind not in self.world.kinds)

    @property
    def never_came_up(self) -> tuple[str, ...]:
        """Kinds of mishaps for which no run within the bound had a moment."""
        used = {kind for level in self.levels for kinds in level.by_kinds for kind in kinds.split()}
        return tuple(kind for kind in self.world.kinds if kind not in used)

    @property
    def verdict(self) -> Verdict:
        """`broken`; `holds`: nothing up to the bound; `not tried`: nothing, with a part of the alphabet; else `undecided`."""
        if self.found is not None:
            return "broken"
        if self.stopped or self.missing:
            return "undecided"
        return "not tried" if self.not_tried else "holds"

    @property
    def scenario(self) -> Scenario | None:
        """The world with the fewest mishaps that break it, which every other verb takes; None if none does."""
        return None if self.found is None else parse_scenario(as_yaml(self))

    def __repr__(self) -> str:
        bound = f"{self.mishaps} mishaps, {self.world.purchases} purchases"
        return f"<{self.design.name}, every set up to {bound}: {self.verdict}, {self.runs:,} runs>"


def _knows_keys(design: Design) -> bool:
    return hasattr(design, "claim") and design.app.key != "none"


def as_yaml(every: Every, comment: Sequence[str] = ()) -> str:
    """The scenario file of what was found."""
    found = every.found
    assert found is not None
    broken = ", ".join([*found.broken, *found.harm]).replace("_", " ")
    lines = [*(f"# {line}" for line in comment), f"name: {flow(f'breaks-{every.design.name}')}"]
    lines += [f"summary: {flow(f'The fewest mishaps with which {every.design.name} breaks: {broken}')}"]
    lines += [every.world.text.rstrip()]
    lines += ["mishaps:", *(f"  - {flow(one)}" for one in found.mishaps)] if found.mishaps else []
    return "\n".join(lines) + "\n"


def every(
    design: Design, promises: Sequence[str], *, mishaps: int = 2, purchases: int = 1, kinds: Sequence[str] = (),
    jobs: int | None = None, seconds: float | None = None, progress: Progress | None = None,
) -> Every:  # fmt: skip
    """Try every combination of at most so many mishaps, fewest first, until one breaks a promise, time is up, or none is left.

    `promises`: by name; none: those of `held_to`. `jobs`: processes; None: one a processor. Which set is found, and every
    number, depends neither on them nor on the machine. Raises ConfigError and ArgumentError; KeyboardInterrupt before the run
    without mishaps is over.
    """
    check_whole("mishaps", mishaps, 0, MOST_MISHAPS)
    check_whole("purchases", purchases, 1, MOST_PURCHASES)
    with _own_garbage():
        return _every(World(design, held_to(design, promises), purchases, kinds_of(kinds)), mishaps, jobs, seconds, progress)


def _every(world: World, mishaps: int, jobs: int | None, seconds: float | None, progress: Progress | None) -> Every:
    search = _Search(world, seconds, progress)
    search.level(0, [branch(search.world, (), 0)])
    try:
        with crew(1 if mishaps < 2 else jobs) as workers:
            for depth in range(1, mishaps + 1):
                if not search.goes_on or not search.level(depth, search.branches(workers, depth)):
                    break
    except KeyboardInterrupt:
        search.stopped = "interrupted"
    return search.result(mishaps)


def held_to(design: Design, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The promises that a design is held to: those named; else its own, and that of one charge unless it says that it mends.

    It says so by comparing the provider's ledger with its orders, and giving back what was charged twice. Raises ConfigError.
    """
    made = promises_of(design, names)
    own = [promise.__name__ for promise in design.promises]
    mends = design.recovery.reconcile_every is not None
    return tuple(name for name in made if names or name in own or not mends)


class _Search:
    """What has been tried so far."""

    def __init__(self, world: World, seconds: float | None, progress: Progress | None) -> None:
        self.world = world
        self._began_s = time.monotonic()
        self._seconds = seconds
        self._progress = progress
        self._levels: list[Level] = []
        self._reached: Counter[str] = Counter()
        self._found: Found | None = None
        self.stopped: Stopped = ""
        usual = world.run(())
        assert usual is not None
        self._firsts = [(choice,) for choice in world.extensions(usual, ())]

    @property
    def goes_on(self) -> bool:
        return self._found is None and not self.stopped

    def branches(self, workers: Crew, depth: int) -> list[Branch]:
        """All branches of a level, or those up to the first that breaks something; fewer if time is up."""
        tasks = [(number, (self.world, first, depth)) for number, first in enumerate(self._firsts)]
        done: dict[int, Branch] = {}
        for number, one in workers.results(branch, tasks):
            done[number] = one
            if self._progress is not None:
                self._progress(len(done), len(tasks))
            if (whole := _in_order(done)) and whole[-1].found is not None:
                return whole
            if self._seconds is not None and time.monotonic() - self._began_s > self._seconds and len(done) < len(tasks):
                self.stopped = "time"
                break
        return _in_order(done)

    def level(self, depth: int, branches: Sequence[Branch]) -> bool:
        """Add a level that is finished, or ends with what breaks; False if it is neither."""
        self._found = branches[-1].found if branches else None
        if self.stopped and self._found is None:
            return False
        self.stopped = ""
        self._levels.append(_level(depth, branches))
        for one in branches:
            self._reached.update(one.reached)
        return True

    def result(self, mishaps: int) -> Every:
        seconds = time.monotonic() - self._began_s
        return Every(self.world, mishaps, tuple(self._levels), self._found, dict(self._reached), seconds, self.stopped)


def _in_order(done: dict[int, Branch]) -> list[Branch]:
    """The branches from the first on, up to one that is missing, or to the first that has found something."""
    whole: list[Branch] = []
    while len(whole) in done and not (whole and whole[-1].found is not None):
        whole.append(done[len(whole)])
    return whole


def _level(mishaps: int, branches: Sequence[Branch]) -> Level:
    by_kinds: Counter[str] = Counter()
    endings: set[Ending] = set()
    for one in branches:
        by_kinds.update(one.by_kinds)
        endings |= one.endings
    digests = tuple(one.digest[:16] for one in branches)
    return Level(
        mishaps=mishaps,
        runs=sum(one.runs for one in branches),
        by_kinds=dict(sorted(by_kinds.items())),
        endings=len(endings),
        digest=hashlib.sha256("".join(one.digest for one in branches).encode()).hexdigest(),
        branches=digests,
    )


__all__ = ["NOT_IN_IT", "Every", "Found", "Level", "World", "as_yaml", "every"]
