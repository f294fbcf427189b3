"""One run with a set of mishaps: how it ended, and what one more mishap could strike."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import floor, isnan
from typing import Any, NamedTuple

import numpy as np

from sim.config.design import Design
from sim.config.library import parse_scenario
from sim.config.mishaps import MISHAPS, Mishap
from sim.config.scenario import Scenario
from sim.counterexamples.alphabet import Written, acts_at, kinds_of, mishaps_at
from sim.counterexamples.hunt import plain_of
from sim.counterexamples.judging import at_rest, judged_together
from sim.counterexamples.recorder import Recorder
from sim.ledger.audit import Audit
from sim.ledger.promises import PROMISES
from sim.ledger.records import Tables
from sim.ledger.violations import FAILURES
from sim.vocabulary import Fate
from sim.world.script import Script
from sim.world.streams import Draw

CLEAN = 10  # runs after which garbage is collected, while it is still in the cache: the parts of a morning know each other
TOGETHER = 64  # runs that are judged at once
SEED = 0  # of the few draws that are left: how long a database takes, the back-off before a retry
WORLD = """\
clock: {{start: "07:00", duration: 1min, drain: 20min}}
traffic: {{times: [{times}]}}
customers: {{patience: {{constant: 1h}}, after_patience: {{tap_again: 0%, refresh: 0%, leave: 100%}}}}
provider: {{latency: {{constant: 500ms}}, challenge: {{lasts: 5min}}}}
"""
Ending = tuple[tuple[int, ...], ...]  # by purchase: charged, kept, ordered, awarded, orphan, unsettled, differing


class Choice(NamedTuple):
    """A mishap that can strike: its kind in the alphabet, what a file says, and as a value."""

    kind: str
    written: Written
    mishap: Mishap


Chosen = tuple[Choice, ...]


class Run(NamedTuple):
    """One run: how it ended, and to which of its purchases what was done."""

    ending: Ending
    broken: dict[str, list[int]]  # promises
    harm: dict[str, list[int]]  # if none is broken: kinds of FAILURES that the plain architecture does not do
    done: dict[str, list[int]]  # kinds of FAILURES
    reached: tuple[str, ...]
    tables: Tables


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
        return next(self.runs([chosen]))

    def runs(self, sets: Sequence[Chosen]) -> Iterator[Run | None]:
        """Run it with each of these sets; None for those of which a mishap struck nobody."""
        for begin in range(0, len(sets), TOGETHER):
            ran = [(chosen, self._tables(chosen)) for chosen in sets[begin : begin + TOGETHER]]
            judged = self._judged([(chosen, tables) for chosen, tables in ran if tables is not None])
            for _, tables in ran:
                yield None if tables is None else next(judged)

    def _tables(self, chosen: Chosen, script: Script | None = None) -> Tables | None:
        """What is left behind with these mishaps; None if one of them struck nobody."""
        _tidy_up()
        script = script or Script([choice.mishap for choice in chosen])
        tables = at_rest(self.scenario, self.design, SEED, script=script, known=self._known)
        return None if script.in_vain else tables

    def _judged(self, ran: Sequence[tuple[Chosen, Tables]]) -> Iterator[Run]:
        """Judge worlds that have been run, at least one."""
        together, each = judged_together([tables for _, tables in ran]), self.purchases
        broken = _by_run({name: PROMISES[name](together.audit) for name in self.promises}, each)
        done = _by_run({kind: np.flatnonzero(harm.flags(together)) for kind, harm in FAILURES.items()}, each)
        endings = _facts(together.audit)
        confirmed = together.audit.ordered > 0
        for number, (chosen, tables) in enumerate(ran):
            mine = slice(number * each, (number + 1) * each)
            reached = tuple(
                what
                for what, happened in (
                    ("confirmed", confirmed[mine].any()),
                    ("retried", max(tables.requests.attempt, default=1) > 1),
                    ("replayed", Fate.REPLAYED in tables.requests.fate),
                )
                if happened
            )
            here, promises = done.get(number, {}), broken.get(number, {})
            harm = {} if promises or not here or self.plain is None else self._harm(self.plain, here, chosen)
            yield Run(tuple(endings[mine]), promises, harm, here, reached, tables)

    def _harm(self, plain: Design, done: dict[str, list[int]], chosen: Chosen) -> dict[str, list[int]]:
        """What was done to purchases that the plain architecture does to none, with any set of as many mishaps of these kinds.

        The same mishaps alone would be no fair comparison: in another design the nth step comes at another moment.
        """
        world = World(plain, (), self.purchases, kinds_of([choice.kind for choice in chosen]) if chosen else ())
        return {kind: purchases for kind, purchases in done.items() if not _does(world, len(chosen), kind)}

    def _moments(self, tables: Tables, recorder: Recorder) -> tuple[float, ...]:
        """When something had just changed that anybody can read, and when a time limit had just ended: seconds."""
        times = {asked.at_s for asked in recorder.log}
        rest_s = max(times, default=0.0)
        times.update(at for at in (*tables.charges.captured_s, *tables.requests.answered_s) if not isnan(at))
        times.update(asked.at_s + wait_s for asked in recorder.log for wait_s in self._limits.get(asked.what, ()))
        apart = {floor(at * 1e6): at for at in sorted(times) if at <= rest_s}  # acts come at the next microsecond
        return tuple(apart.values())

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

    def extensions(self, chosen: Chosen) -> list[Choice]:
        """What one more can strike after the last of these has, in the order in which it would take effect."""
        recorder = Recorder([choice.mishap for choice in chosen])
        tables = self._tables(chosen, recorder)
        return [] if tables is None else list(self._extensions(chosen, recorder, self._moments(tables, recorder)))

    def _extensions(self, chosen: Chosen, recorder: Recorder, all_moments: Sequence[float]) -> Iterator[Choice]:
        log, position, after_s = recorder.log, 0, -1.0
        if chosen:
            last = chosen[-1].mishap
            if last.after_s is not None:
                after_s = last.after_s
                position = next((number for number, asked in enumerate(log) if asked.at_s > after_s), len(log))
            else:
                position = recorder.last + 1
                after_s = log[position - 1].at_s
        moments = iter([at for at in all_moments if at > after_s or (position and at == after_s)])
        moment = next(moments, None)
        for asked in log[position:]:
            while moment is not None and moment < asked.at_s:
                yield from self._acts(recorder, moment)
                moment = next(moments, None)
            yield from _choices(asked.what, asked.purchase, asked.turn, self.kinds)
        while moment is not None:
            yield from self._acts(recorder, moment)
            moment = next(moments, None)

    def _acts(self, recorder: Recorder, moment: float) -> Iterator[Choice]:
        """What can happen right after a moment."""
        known = next((asked.known for asked in reversed(recorder.log) if asked.at_s <= moment), ())
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
def own_garbage() -> Iterator[None]:
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


def _facts(judged: Audit) -> list[tuple[int, ...]]:
    """By purchase, what of an ending belongs to it."""
    facts = (
        judged.charged, judged.kept, judged.ordered, judged.awarded, judged.orphan, judged.unsettled, judged.differing
    )  # fmt: skip
    return list(zip(*(fact.astype(int).tolist() for fact in facts), strict=True))


def _by_run(found: dict[str, np.ndarray], each: int) -> dict[int, dict[str, list[int]]]:
    """Purchases of runs that were judged together, `each` a run: by run and name, numbered as in their run."""
    by_run: dict[int, dict[str, list[int]]] = {}
    for name, purchases in found.items():
        for purchase in purchases.tolist():
            by_run.setdefault(purchase // each, {}).setdefault(name, []).append(purchase % each)
    return by_run


@lru_cache(maxsize=8)
def kept(world: World) -> World:
    """The first of all equal worlds of this process, with what it has cached."""
    return world


def sets(world: World, chosen: Chosen, depth: int) -> Iterator[tuple[Chosen, Run]]:
    """Every set of so many mishaps that begins with `chosen`, in order, and its run."""
    further = [chosen] if len(chosen) == depth else [(*chosen, choice) for choice in world.extensions(chosen)]
    if len(chosen) + 1 < depth:
        for longer in further:
            yield from sets(world, longer, depth)
        return
    for each, run in zip(further, world.runs(further), strict=True):
        if run is not None:
            yield each, run


@lru_cache(maxsize=64)
def _does(world: World, depth: int, kind: str) -> bool:
    """Whether a design does a kind of harm with any set of at most so many mishaps."""
    if depth and _does(world, depth - 1, kind):
        return True
    return any(kind in run.done for _, run in sets(world, (), depth))
