"""The hunt for the smallest world that breaks a promise. Hypothesis draws the worlds and shrinks what it finds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ConfigError, nearest
from sim.config.library import parse_scenario
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.counterexamples.judging import judged
from sim.counterexamples.reached import Reached
from sim.experiment import frames
from sim.experiment.effort import check_whole
from sim.experiment.extras import how_to_install
from sim.experiment.mornings import Progress
from sim.experiment.workers import hearing
from sim.ledger.promises import PROMISES, charged_at_most_once
from sim.ledger.violations import FAILURES, harmed
from sim.world.observer import Observer

if TYPE_CHECKING:
    import pandas as pd

ROUND = 500  # worlds drawn in one go; Hypothesis remembers all it has tried, so a long hunt begins afresh now and then
NAME = "hunted"
WAITING = {"lasts": "5min"}  # for customers to finish payments: by default an abandoned one would outlast a drawn world
Broken = dict[str, list[int]]  # a promise or a kind of harm -> the purchases


@dataclass(frozen=True)
class Catch:
    """A world that breaks promises, as a scenario file says it."""

    world: dict[str, Any]
    broken: Broken  # promises
    harm: Broken  # kinds of harm that the plain architecture would have spared
    customers: int


@dataclass(frozen=True)
class Hunt(showing.Shown):
    """What came of a hunt.

    `design`, `promises`, `worlds` (tried), `catch` (None: the design survived), `scenario` (the smallest world that was found);
    and as a DataFrame `victims`.
    """

    design: Design
    promises: tuple[str, ...]
    plain: Design | None  # the architecture as it is, if the design is a variant of it: what it is compared with
    seed: int
    worlds: int  # tried before the first that broke a promise, or in all
    shrunk: int  # tried after it, for a smaller one
    seconds: float
    catch: Catch | None
    reached: dict[str, int]  # how often each thing happened in all worlds; 0: it could have, and never did
    cut_short: bool  # time was up, or Ctrl-C came, before it was as small as it gets
    interrupted: bool  # by Ctrl-C

    @property
    def scenario(self) -> Scenario | None:
        """The smallest world that was found, which every other verb takes; None if the design survived."""
        return None if self.catch is None else parse_scenario(as_yaml(self.catch, name=f"breaks-{self.design.name}"))

    @cached_property
    def victims(self) -> pd.DataFrame:
        """A row a purchase that a broken promise befell, indexed by `what` (the promise, or the kind of harm that the plain
        architecture would have spared) and `purchase`; no rows if the design survived.

        `kind`: promise or harm.
        """
        caught = {"promise": self.catch.broken, "harm": self.catch.harm} if self.catch else {}
        rows = [
            {"what": what, "purchase": purchase, "kind": kind}
            for kind, found in caught.items()
            for what, purchases in found.items()
            for purchase in purchases
        ]
        return frames.framed(rows, ["what", "purchase"], ["kind"])

    def __repr__(self) -> str:
        came = "survived" if self.catch is None else f"broke {', '.join([*self.catch.broken, *self.catch.harm])}"
        return f"<{self.design.name} {came}: {self.worlds:,} worlds from seed {self.seed}>"


class _TimeUp(KeyboardInterrupt):
    """Hypothesis lets this one through at once."""


def promises_of(design: Design, names: Sequence[str] = ()) -> list[str]:
    """Those named, or those that the design makes and that of one charge, which nobody is let off. Raises ConfigError."""
    for name in names:
        if name not in PROMISES:
            raise ConfigError(f'unknown promise "{name}"{nearest(name, PROMISES)}')
    made = (*design.promises, charged_at_most_once)
    return list(names) or [name for name, promise in PROMISES.items() if promise in made]


def hunt(
    design: Design, promises: Sequence[str], *, seed: int = 0, seconds: float = 60.0, worlds: int | None = None,
    progress: Progress | None = None,
) -> Hunt:  # fmt: skip
    """Draw worlds until one breaks a promise, then shrink it; for at most so many seconds and so many worlds.

    The same seed draws the same worlds, so it finds the same case, unless time cuts it short. After Ctrl-C it tells of
    the worlds tried so far. Raises ConfigError, also if Hypothesis isn't installed; KeyboardInterrupt before the first world.
    """
    check_whole("seed", seed, 0)
    if worlds is not None:
        check_whole("worlds", worlds, 1)
    try:
        from hypothesis import HealthCheck, Phase, Verbosity, configuration, find, settings
        from hypothesis.errors import NoSuchExample
    except ImportError:
        raise ConfigError(f"to hunt needs Hypothesis, which is not installed: {how_to_install('hunt')}") from None

    from sim.counterexamples.worlds import worlds as drawn

    configuration.set_hypothesis_home_dir(tempfile.gettempdir())  # it would leave a folder in the user's
    begin = time.monotonic()
    trial = _Trial(design, promises, seed, begin + seconds, progress)
    stopped: KeyboardInterrupt | None = None
    try:
        with hearing() as trial.heed:  # Python drops a Ctrl-C in a callback of the garbage collection, and Hypothesis has one
            for number in count():
                left = ROUND if worlds is None else min(ROUND, worlds - trial.tried)
                if trial.catch is not None or left < 1:
                    break
                rules = settings(
                    max_examples=left, database=None, deadline=None, suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate, Phase.shrink], verbosity=Verbosity.quiet, report_multiple_bugs=False,
                )  # fmt: skip
                with suppress(NoSuchExample):
                    find(drawn(), trial, settings=rules, random=Random(f"{seed}/{number}"))  # noqa: S311  no secret
    except KeyboardInterrupt as stop:
        if not trial.tried:
            raise
        stopped = stop
    return Hunt(
        design=design,
        promises=tuple(promises),
        plain=plain_of(design),
        seed=seed,
        worlds=trial.first or trial.tried,
        shrunk=trial.tried - (trial.first or trial.tried),
        seconds=time.monotonic() - begin,
        catch=trial.catch,
        reached=trial.reached.counted(design),
        cut_short=stopped is not None and trial.catch is not None,
        interrupted=stopped is not None and not isinstance(stopped, _TimeUp),
    )


class _Trial:
    """Tries one world after the other, and remembers the last that broke a promise: it is the smallest so far."""

    def __init__(self, design: Design, promises: Sequence[str], seed: int, until: float, progress: Progress | None) -> None:
        self.design = design
        self.promises = promises
        self.seed = seed
        self.until = until
        self.progress = progress
        self.heed: Callable[[], None] = lambda: None  # raises what Ctrl-C should have
        self.tried = 0
        self.first = 0  # how many had been tried when the first one broke a promise
        self.catch: Catch | None = None
        self.reached = Reached()

    def __call__(self, world: dict[str, Any]) -> bool:
        self.heed()
        if time.monotonic() > self.until:
            raise _TimeUp
        self.tried += 1
        if self.progress is not None:
            self.progress(self.tried, self.tried)
        broken, harm = self._caught(world, self.reached)
        if not (broken or harm):
            return False
        self.first = self.first or self.tried
        short = _shorter(world)
        if short != world and (broken, harm) == self._caught(short):
            world = short
        self.catch = Catch(world, broken, harm, len(world["traffic"]["times"]))
        return True

    def _caught(self, world: dict[str, Any], observer: Observer | None = None) -> tuple[Broken, Broken]:
        scenario = Scenario.model_validate({"name": NAME, **world})
        return caught(scenario, self.design, self.promises, seed=self.seed, observer=observer)


def _shorter(world: dict[str, Any]) -> dict[str, Any]:
    """Without how long payments wait for customers, which most worlds don't need to say."""
    provider = {key: value for key, value in world["provider"].items() if (key, value) != ("challenge", WAITING)}
    return {**world, "provider": provider}


def plain_of(design: Design) -> Design | None:
    """The architecture with its default knobs; None if that is what the design is."""
    plain = type(design).model_validate({"name": design.name, "summary": design.summary})
    return None if plain == design else plain


def caught(
    scenario: Scenario, design: Design, promises: Iterable[str], *, seed: int, observer: Observer | None = None
) -> tuple[Broken, Broken]:
    """Promises that one morning breaks and by which purchases; if none, the harm that a variant alone does, by kind.

    The `observer` hears of the design's morning, not of that of the plain architecture.
    """
    found = judged(scenario, design, seed, observer=observer)
    broken = not_empty({name: PROMISES[name](found.audit) for name in promises})
    if broken or not harmed(found).any() or (plain := plain_of(design)) is None:
        return broken, {}
    spared = ~harmed(judged(scenario, plain, seed))
    return {}, not_empty({kind: np.flatnonzero(harm.flags(found) & spared) for kind, harm in FAILURES.items()})


def not_empty(found: dict[str, np.ndarray]) -> Broken:
    """Without those that befell nobody."""
    return {name: purchases.tolist() for name, purchases in found.items() if len(purchases)}


def as_yaml(catch: Catch, *, name: str, comment: Sequence[str] = ()) -> str:
    """The scenario file of a catch, which any other command can replay."""
    lines = [*(f"# {line}" for line in comment), f"name: {flow(name)}"]
    what = f"Breaks {', '.join(catch.broken)}" if catch.broken else f"Harm: {', '.join(catch.harm)}"
    lines.append(f"summary: {flow(what.replace('_', ' '))}")
    for section, content in catch.world.items():
        if section == "faults":
            lines += ["faults:", *(f"  - {flow(fault)}" for fault in content)] if content else []
        else:
            lines.append(f"{section}: {flow(content)}")
    return "\n".join(lines) + "\n"
