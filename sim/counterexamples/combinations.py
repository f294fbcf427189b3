"""Every combination of mishaps up to a bound: what `hunt` can't say, that a design is not broken up to there.

A morning is a function of its mishaps, since all else in it is drawn from named streams. So a run is replayed from its start
with a set of mishaps, and the questions that it asked after the last of them are the moments at which one more can strike. Each
set is made once, in the order in which its mishaps take effect, fewest mishaps first: the first that breaks a promise has the
fewest. Nothing is left out because it seems to change nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sim.config import showing
from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.counterexamples.alphabet import ALPHABET, Written, kinds_of
from sim.counterexamples.hunt import promises_of
from sim.counterexamples.runs import Chosen, Ending, Run, World, kept, own_garbage, sets
from sim.experiment.effort import check_whole
from sim.experiment.workers import Crew, crew

MOST_MISHAPS, MOST_PURCHASES = 6, 4
Progress = Callable[[int, int, int], None]  # (mishaps of a run, such runs done, about how many there are)
Verdict = Literal["holds", "broken", "not tried", "undecided"]
Stopped = Literal["", "time", "interrupted"]


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


def branch(world: World, first: Chosen, depth: int) -> Branch:
    """Every set of so many mishaps that begins with `first`."""
    with own_garbage():
        return _branch(sets(kept(world), first, depth))


def branch_in_time(world: World, first: Chosen, depth: int, until_s: float) -> Branch | None:
    """The same; None if time is up before its end. `until_s` is of `time.monotonic`, which is one for all processes."""
    with own_garbage(), suppress(_TimeUp):
        return _branch(_in_time(sets(kept(world), first, depth), until_s))
    return None


class _TimeUp(Exception):
    """The runs of a branch are not over in time."""


def _in_time(its_runs: Iterable[tuple[Chosen, Run]], until_s: float) -> Iterator[tuple[Chosen, Run]]:
    for one in its_runs:
        if time.monotonic() > until_s:
            raise _TimeUp
        yield one


def branches_of_one(world: World, firsts: Sequence[Chosen]) -> Iterator[Branch]:
    """The same for a depth of one: each is one run, or none if its mishap strikes nobody."""
    for first, run in zip(firsts, world.runs(firsts), strict=True):
        yield _branch([] if run is None else [(first, run)])


def _branch(its_runs: Iterable[tuple[Chosen, Run]]) -> Branch:
    runs, by_kinds, endings, reached = 0, Counter[str](), set(), Counter[str]()
    hashed = hashlib.sha256()
    for chosen, run in its_runs:
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
    if jobs is not None:
        check_whole("jobs", jobs, 1)
    with own_garbage():
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
        self._until_s = math.inf if seconds is None else self._began_s + seconds
        self._progress = progress
        self._levels: list[Level] = []
        self._shares: list[float] = []  # of the level that is tried: about how many runs each branch has
        self._reached: Counter[str] = Counter()
        self._found: Found | None = None
        self.stopped: Stopped = ""
        self._firsts = [(choice,) for choice in world.extensions(())]

    @property
    def goes_on(self) -> bool:
        return self._found is None and not self.stopped

    def branches(self, workers: Crew, depth: int) -> list[Branch]:
        """All branches of a level, or those up to the first that breaks something; fewer if time is up."""
        tasks = [(number, (self.world, first, depth, self._until_s)) for number, first in enumerate(self._firsts)]
        done: dict[int, Branch] = {}
        self._tell(depth, done)
        made: Iterable[tuple[int, Branch | None]] = enumerate(branches_of_one(self.world, self._firsts))
        for number, one in made if depth == 1 else workers.results(branch_in_time, tasks):
            if one is None:
                self.stopped = "time"
                break
            done[number] = one
            self._tell(depth, done)
            if (whole := _in_order(done)) and whole[-1].found is not None:
                return whole
            if time.monotonic() > self._until_s and len(done) < len(tasks):
                self.stopped = "time"
                break
        return _in_order(done)

    def _tell(self, depth: int, done: dict[int, Branch]) -> None:
        """How many runs with so many mishaps there are is known when all are done; before that it is estimated."""
        if self._progress is None:
            return
        runs, of = sum(one.runs for one in done.values()), sum(self._shares)
        if done:  # as many more or fewer than expected as in the branches that are done
            of *= runs / sum(self._shares[number] for number in done)
        self._progress(depth, runs, runs if len(done) == len(self._firsts) else max(runs + 1, round(of)))

    def level(self, depth: int, branches: Sequence[Branch]) -> bool:
        """Add a level that is finished, or ends with what breaks; False if it is neither."""
        self._found = branches[-1].found if branches else None
        if self.stopped and self._found is None:
            return False
        self.stopped = ""
        self._levels.append(_level(depth, branches))
        self._shares = _shares(depth + 1, branches, len(self._firsts))
        for one in branches:
            self._reached.update(one.reached)
        return True

    def result(self, mishaps: int) -> Every:
        seconds = time.monotonic() - self._began_s
        return Every(self.world, mishaps, tuple(self._levels), self._found, dict(self._reached), seconds, self.stopped)


def _shares(depth: int, before: Sequence[Branch], branches: int) -> list[float]:
    """About how many runs with so many mishaps each branch has. `before`: the branches with one mishap fewer.

    A run is a set of `depth - 1` of the moments after the branch's first mishap, and the runs with one mishap fewer tell how
    many moments these are. With two mishaps nothing tells it: a moment for each of the branches that follow, and one more.
    """
    if depth < 3:
        return [float(branches - number) if depth == 2 else 1.0 for number in range(branches)]
    moments = [(max(1, one.runs) * math.factorial(depth - 2)) ** (1 / (depth - 2)) for one in before]
    return [many ** (depth - 1) / math.factorial(depth - 1) for many in moments]


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
