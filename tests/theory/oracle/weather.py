"""The clock, the draws, and what goes wrong when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

from sim.config.design import Design
from sim.config.model import Distribution
from sim.config.scenario import Scenario
from sim.world.streams import Streams, sample
from tests.theory.oracle.records import Struck

KINDS = ("brownout", "outage", "slow", "crash", "pause", "duplicates")  # of faults
LEAST_S = 1e-3  # from one beginning of a random fault to the next


@dataclass
class Spell:
    component: str
    begin_s: float
    end_s: float
    slower: float = 1.0
    down: bool = False
    failed: float | None = None
    ambiguous: float | None = None
    errored: float | None = None


@dataclass(eq=False)
class Strike:
    """A crash or a pause after a step, with a probability."""

    fault: Any
    luck: Callable[[int, int], float]
    turns: Counter[int] = field(default_factory=Counter)  # by purchase
    struck: int = 0


class Weather:
    """A heap of (time, sequence, what to do), and the faults of the scenario."""

    def __init__(self, scenario: Scenario, design: Design, seed: int) -> None:
        self.scenario, self.design = scenario, design
        self.knobs: Any = design  # of either architecture
        self.keyed = hasattr(design, "claim")  # idempotent
        self.streams = Streams(seed)
        self.now = 0.0
        self.heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.sequence = count()
        self.crashes: list[Struck] = []
        self.spells: list[Spell] = []
        self.strikes: dict[tuple[str, str], list[Strike]] = {}
        self.instances_die: list[tuple[str, float, float]] = []  # component, when, restart
        self.p_duplicate = 0.0
        self.plan_the_faults()

    def after(self, delay_s: float, do: Callable[..., None], *what: Any) -> None:
        heappush(self.heap, (self.now + delay_s, next(self.sequence), do, what))

    def run_until(self, end_s: float) -> None:
        while self.heap and self.heap[0][0] < end_s:
            self.now, _, do, what = heappop(self.heap)
            do(*what)

    def plan_the_faults(self) -> None:
        for number, fault in enumerate(self.scenario.faults):
            component = next(value for key, value in fault if key in KINDS)
            if hasattr(fault, "duplicates"):
                self.p_duplicate = 1 - (1 - self.p_duplicate) * (1 - fault.p)
            elif getattr(fault, "after", None) is not None:
                strike = Strike(fault, self.streams.uniform(f"fault.{number}.strike"))
                self.strikes.setdefault((component, fault.after), []).append(strike)
            elif hasattr(fault, "crash"):
                for begin_s, _ in self.spans(number, fault):
                    if component == "checkout":
                        self.instances_die.append((component, begin_s, fault.restart))
            elif hasattr(fault, "brownout"):
                for begin_s, end_s in self.spans(number, fault):
                    fates = fault.failed, fault.ambiguous, fault.errored
                    self.spells.append(Spell(component, begin_s, end_s, fault.latency, False, *fates))
            else:
                slower, down = (fault.times, False) if hasattr(fault, "slow") else (1.0, True)
                self.spells += [Spell(component, *span, slower, down) for span in self.spans(number, fault)]
        self.spells.sort(key=lambda spell: spell.begin_s)

    def spans(self, number: int, fault: Any) -> Iterator[tuple[float, float]]:
        """From when to when: once at a clock time, or again and again, a while after the last one has ended."""
        rng = self.streams.generator("fault", number)

        def drawn_s(distribution: Distribution) -> float:
            return float(sample(distribution, rng, 1)[0])

        lasting = not hasattr(fault, "crash")
        if fault.at is not None:
            begin_s = fault.at - self.scenario.clock.start
            yield begin_s, begin_s + (drawn_s(fault.lasts) if lasting else fault.restart)
            return
        begin_s = drawn_s(fault.every)
        while begin_s < self.scenario.clock.horizon_s:
            end_s = begin_s + (max(drawn_s(fault.lasts), LEAST_S) if lasting else fault.restart)
            yield begin_s, end_s
            begin_s = end_s + (drawn_s(fault.every) if lasting else max(drawn_s(fault.every), LEAST_S))

    def weather(self, component: str, at_s: float) -> Spell:
        """All that holds at a moment: factors multiply, of probabilities the latest spell's count."""
        total = Spell(component, at_s, inf)
        for spell in self.spells:
            if spell.component == component and spell.begin_s <= at_s < spell.end_s:
                total.slower *= spell.slower
                total.down = total.down or spell.down
                total.failed = total.failed if spell.failed is None else spell.failed
                total.ambiguous = total.ambiguous if spell.ambiguous is None else spell.ambiguous
                total.errored = total.errored if spell.errored is None else spell.errored
        return total
