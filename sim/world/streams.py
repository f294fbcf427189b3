"""Common random numbers: every draw has a name (its purpose) and an owner (a purchase and an attempt).

A draw is a pure function of (seed, purpose, purchase, attempt), so every design meets the same people and the same
provider on the same morning, even when one makes more calls than another. Draws are made in blocks of consecutive
purchases, because a scalar numpy draw costs more than a simulated event; blocks may be forgotten and drawn again.

In a morning of several cells each has draws of its own, but for what they `share`: the weather.
"""

from __future__ import annotations

import zlib
from array import array
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from math import exp, log
from statistics import NormalDist

import numpy as np

from sim.config.mishaps import Point
from sim.config.model import Distribution
from sim.world.cell import WHOLE, Cell
from sim.world.percentiles import Percentiles
from sim.world.script import NO_PURCHASE, WORK, Script

_BITS = 9
BLOCK = 1 << _BITS
_MASK = BLOCK - 1
_KEEP = 512  # blocks a stream remembers, 4 KiB each: enough for what a nationwide rush has under way at once

Draw = Callable[[int, int], float]  # (purchase, attempt) -> value


class Streams:
    """All random numbers of one morning, or of one of its cells.

    `known`: the streams by purpose, for whoever simulates the same scenario and design again and again with the same seed.
    """

    def __init__(
        self, seed: int, cell: Cell = WHOLE, *, script: Script | None = None, known: dict[str, Draw] | None = None
    ) -> None:
        self.seed = seed
        self.cell = cell
        self.script = script  # what goes wrong besides; none: nothing
        self._key = () if cell.of == 1 else (cell.number,)
        self._known = known

    @property
    def shared(self) -> Streams:
        """What is the same in all cells of the morning."""
        return Streams(self.seed)

    def generator(self, purpose: str, *key: int) -> np.random.Generator:
        """The generator of one named block of draws. Nobody else in the package makes one."""
        return _generator(self.seed, self._key, purpose, *key)

    def uniform(self, purpose: str) -> Draw:
        """Uniform on [0, 1)."""
        return self._remembered(purpose, None)

    def script_about(self, *questions: Point) -> Script | None:
        """The script, if it has to be asked such questions: see `Script.about`."""
        return None if self.script is None else self.script.about(*questions)

    def times(self, purpose: str, distribution: Distribution) -> Draw:
        """Seconds from a distribution."""
        return self._with_mishaps(purpose, self._remembered(purpose, distribution))

    def _remembered(self, purpose: str, distribution: Distribution | None) -> Draw:
        if self._known is None:
            return self._stream(purpose, distribution)
        if purpose not in self._known:
            self._known[purpose] = self._stream(purpose, distribution)
        return self._known[purpose]

    def _with_mishaps(self, purpose: str, draw: Draw) -> Draw:
        """The draw, longer where the script says so."""
        if purpose not in WORK:
            return draw
        what = ("work", WORK[purpose])
        script = self.script_about(what)
        if script is None:
            return draw

        def longer(purchase: int, attempt: int) -> float:
            usual_s = draw(purchase, attempt)
            if attempt == NO_PURCHASE:
                return usual_s
            mishap = script.strikes(what, purchase)
            return usual_s if mishap is None else usual_s + mishap.later_s

        return longer

    def _stream(self, purpose: str, distribution: Distribution | None) -> Draw:
        """A function rather than an object that can be called: a third of what a morning's draws cost."""
        if distribution is not None and distribution.constant is not None:
            constant = distribution.constant
            return lambda _purchase, _attempt: constant
        blocks: dict[int, dict[int, array[float]]] = {}  # by attempt, then by purchases
        kept: deque[tuple[int, int]] = deque()
        seed, cell = self.seed, self._key

        def draw(purchase: int, attempt: int) -> float:
            try:
                return blocks[attempt][purchase >> _BITS][purchase & _MASK]
            except KeyError:
                block = purchase >> _BITS
                if len(kept) >= _KEEP:
                    old_attempt, old_block = kept.popleft()
                    del blocks[old_attempt][old_block]
                kept.append((attempt, block))
                make = _first_block if block == 0 else _block
                drawn = make(seed, cell, purpose, distribution, attempt, block)
                blocks.setdefault(attempt, {})[block] = drawn
                return drawn[purchase & _MASK]

        return draw


def _block(
    seed: int, cell: tuple[int, ...], purpose: str, distribution: Distribution | None, attempt: int, block: int
) -> array[float]:
    """The draws of some consecutive purchases; without a distribution they are uniform on [0, 1)."""
    rng = _generator(seed, cell, purpose, attempt, block)
    values = rng.random(BLOCK) if distribution is None else sample(distribution, rng, BLOCK)
    return array("d", values.tobytes())


# Of the first purchases it is remembered beyond the morning: a search tries thousands of worlds with few customers, and one
# seed; drawing 512 values for one customer is most of what such a world would cost.
_first_block = lru_cache(maxsize=1024)(_block)


def _generator(seed: int, cell: tuple[int, ...], purpose: str, *key: int) -> np.random.Generator:
    entropy = [seed, zlib.crc32(purpose.encode()), *key]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=cell)))


def sample(distribution: Distribution, rng: np.random.Generator, size: int) -> np.ndarray:
    """`size` independent draws, in seconds. An empirical distribution interpolates between its sorted samples."""
    if distribution.constant is not None:
        return np.full(size, distribution.constant)
    if distribution.exponential is not None:
        return rng.exponential(distribution.exponential, size)
    if distribution.lognormal is not None:
        with np.errstate(divide="ignore"):  # a median of 0: always 0
            return rng.lognormal(np.log(distribution.lognormal.median), distribution.lognormal.sigma, size)
    if distribution.percentiles is not None:
        return Percentiles(distribution.percentiles).at(rng.standard_normal(size))
    if distribution.uniform is not None:
        return rng.uniform(*distribution.uniform, size)
    assert distribution.samples is not None, "the file of an empirical distribution is read when a scenario is loaded"
    known = np.asarray(distribution.samples)
    return np.interp(rng.random(size), np.linspace(0, 1, len(known)), known)


def mean(distribution: Distribution) -> float:
    """The expectation in seconds."""
    if distribution.lognormal is not None:
        return distribution.lognormal.median * float(np.exp(distribution.lognormal.sigma**2 / 2))
    if distribution.percentiles is not None:
        return Percentiles(distribution.percentiles).mean_s
    if distribution.uniform is not None:
        return sum(distribution.uniform) / 2
    if distribution.samples is not None:
        known = np.asarray(distribution.samples)
        return float(known[0]) if len(known) == 1 else float(np.mean((known[1:] + known[:-1]) / 2))
    return distribution.constant if distribution.constant is not None else distribution.exponential or 0.0


def quantile(distribution: Distribution, q: float) -> float:
    """The seconds that a share q of the draws stays below, 0 < q < 1."""
    if distribution.exponential is not None:
        return -distribution.exponential * log(1 - q)
    if distribution.lognormal is not None:
        return distribution.lognormal.median * exp(distribution.lognormal.sigma * NormalDist().inv_cdf(q))
    if distribution.percentiles is not None:
        return float(Percentiles(distribution.percentiles).at(np.array([NormalDist().inv_cdf(q)]))[0])
    if distribution.uniform is not None:
        return distribution.uniform[0] + q * (distribution.uniform[1] - distribution.uniform[0])
    if distribution.samples is not None:
        return float(np.quantile(distribution.samples, q))
    return distribution.constant or 0.0


def share_above(distribution: Distribution, seconds: float) -> float:
    """The share of the draws that is longer."""
    if distribution.exponential is not None:
        return exp(-seconds / distribution.exponential) if distribution.exponential else 0.0
    if distribution.lognormal is not None:
        median, sigma = distribution.lognormal.median, distribution.lognormal.sigma
        if not (median and sigma and seconds):
            return float(median > seconds)
        return 1 - NormalDist(log(median), sigma).cdf(log(seconds))
    if distribution.percentiles is not None:
        return Percentiles(distribution.percentiles).share_above(seconds)
    if distribution.uniform is not None:
        begin, end = distribution.uniform
        return float(begin > seconds) if begin == end else min(max((end - seconds) / (end - begin), 0.0), 1.0)
    if distribution.samples is not None:
        known = np.asarray(distribution.samples)
        return 1 - float(np.interp(seconds, known, np.linspace(0, 1, len(known)), left=0.0, right=1.0))
    return float((distribution.constant or 0.0) > seconds)
