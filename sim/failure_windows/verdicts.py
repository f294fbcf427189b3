"""One design in one failure window: how many purchases its mornings harmed, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from sim.config.design import Design
from sim.config.faults import Crash, Pause
from sim.config.prices import Prices
from sim.config.scenario import Scenario, Webhooks
from sim.experiment.mornings import simulate
from sim.experiment.statistics import Difference, Estimate, estimate, paired
from sim.ledger.violations import FAILURES, harmed
from sim.vocabulary import Outcome

State = Literal["closed", "narrowed", "open", "worse", "undecided"]
STATES: dict[State, str] = {
    "closed": "nobody was harmed, and the rate is below the bound at 95 %",
    "narrowed": "people are harmed, but clearly fewer than in naive",
    "open": "people are harmed, and neither clearly fewer nor clearly more than in naive",
    "worse": "clearly more people are harmed than in naive",
    "undecided": "the mornings allowed are too few to tell",
}
TOLERANCE = 0.005  # a rate below this, and below a tenth of naive's, counts as none


class MorningHarm(NamedTuple):
    """How many purchases one morning harmed, and in which ways."""

    purchases: int
    harmed: int
    kinds: dict[str, int]  # violation -> purchases
    exposed: bool

    @property
    def rate(self) -> float:
        """Share of the purchases that were harmed; NaN without purchases."""
        return self.harmed / self.purchases if self.purchases else float("nan")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one design in one window."""

    window: str
    design: str
    state: State
    harms: tuple[MorningHarm, ...]  # one for each morning simulated, in the order of their seeds
    rate: Estimate  # share of the purchases that were harmed
    difference: Difference | None  # from naive on the same mornings; None: this is naive

    @property
    def mornings(self) -> int:
        return len(self.harms)

    @property
    def purchases(self) -> int:
        return sum(harm.purchases for harm in self.harms)

    @property
    def harmed(self) -> int:
        return sum(harm.harmed for harm in self.harms)

    @property
    def exposed(self) -> bool:
        """Whether the window's faults struck this design at all; False if there is nothing in it that they could strike."""
        return self.harmed > 0 or any(harm.exposed for harm in self.harms)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """Violation -> number of purchases, the most frequent first. One purchase can be harmed in several ways."""
        sums = {kind: sum(harm.kinds.get(kind, 0) for harm in self.harms) for kind in FAILURES}
        return {kind: sums[kind] for kind in sorted(sums, key=lambda kind: -sums[kind]) if sums[kind]}


def harm_of(scenario: Scenario, design: Design, prices: Prices, seed: int) -> MorningHarm:
    """Simulate one morning, and count the purchases that were harmed."""
    tables, evidence = simulate(scenario, design, prices, seed)
    kinds = {kind: int(violation.flags(evidence).sum()) for kind, violation in FAILURES.items()}
    exposed = True
    if scenario.faults and all(isinstance(fault, Crash | Pause) for fault in scenario.faults):
        exposed = bool(tables.crashes)
    elif scenario.provider.webhooks != Webhooks():
        exposed = bool(tables.counts["webhooks_taken"])
    elif scenario.provider.challenge.p:
        exposed = bool((tables.charges["outcome"] == Outcome.CHALLENGED).any())
    return MorningHarm(len(tables.purchases), int(harmed(evidence).sum()), kinds, exposed)


def judged(window: str, design: str, harms: Sequence[MorningHarm], *, naive: Sequence[MorningHarm] | None) -> Verdict:
    """The verdict on a design from its mornings' harms.

    `naive` are the harms of naive on the same mornings, and perhaps on more; None: the design is naive itself.
    """
    rates, purchases = np.array([harm.rate for harm in harms]), sum(harm.purchases for harm in harms)
    rate = estimate(rates, share_of=purchases or None)
    if naive is None:
        return Verdict(window, design, _alone(rate), tuple(harms), rate, None)
    others = np.array([harm.rate for harm in naive[: len(harms)]])
    difference = paired(rates, others, share_of=purchases)
    return Verdict(window, design, _against(estimate(others).mean or 0.0, rate, difference), tuple(harms), rate, difference)


def _alone(rate: Estimate) -> State:
    """The state of naive itself, which can only be closed or open, or undecided."""
    if rate.mean is None or rate.high is None:
        return "undecided"
    return "open" if rate.mean > 0 else "closed" if rate.high <= TOLERANCE else "undecided"


def _against(naive: float, rate: Estimate, difference: Difference) -> State:
    if rate.mean is None or rate.high is None or rate.n < 2:
        return "undecided"
    if rate.mean == 0:
        return "closed" if rate.high <= (min(TOLERANCE, naive / 10) if naive else TOLERANCE) else "undecided"
    if difference.low is None or difference.high is None:
        return "undecided"
    if difference.high < 0:
        return "narrowed"
    if difference.low > 0:
        return "worse"
    half_width = (difference.high - difference.low) / 2
    return "open" if half_width <= max(TOLERANCE, naive / 10) else "undecided"
