"""What advice looks at in a run: its metrics, its stations, its knobs, and one purchase that was harmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim import words
from sim.architectures import ARCHITECTURES
from sim.config.design import Design, QueuedPayment
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.units import clock_text
from sim.experiment.compare import Result
from sim.experiment.estimates import holds
from sim.experiment.mornings import simulate
from sim.experiment.statistics import Estimate
from sim.explanation.witness import Witness, find, simplest
from sim.ledger.violations import VIOLATIONS
from sim.vocabulary import METRICS

NO_KNOB = object()


@dataclass(frozen=True)
class Pool:
    """The use of a station, averaged over all mornings."""

    servers: int
    busy: float  # share of the capacity paid for
    queueing: float  # share of the time in which somebody waited
    longest: int  # the longest queue


@dataclass(frozen=True)
class Look:
    """A design's run, with methods that answer questions about it."""

    scenario: Scenario
    design: Design
    result: Result

    @property
    def architecture(self) -> str:
        """The name of the built-in architecture that the design starts from; "" for the learner's own architecture."""
        return next((name for name, kind in ARCHITECTURES.items() if type(self.design) is kind), "")

    @property
    def pays_in_request(self) -> bool:
        """Whether the design's architecture is a built-in one that answers only after the provider has."""
        return bool(self.architecture) and not isinstance(self.design.payment, QueuedPayment)

    def knob(self, key: str) -> Any:
        """The knob's value at a dotted key (durations are seconds); NO_KNOB if the design has no such key."""
        value: Any = self.design
        for step in key.split("."):
            value = getattr(value, step, NO_KNOB)
        return value

    def value(self, metric: str) -> Estimate:
        return self.result.metrics[metric]

    def shown(self, metric: str) -> str:
        """A metric's mean as text: `9.9 %`, `10 s`, `never in 3 of 5 mornings`."""
        return words.mean(self.value(metric), METRICS[metric].unit)

    def missed(self, *metrics: str) -> str | None:
        """The first of the objectives on `metrics` that is not met; None if all are met."""
        statuses = {objective.metric: objective.status for objective in self.result.objectives}
        return next((metric for metric in metrics if not holds(statuses.get(metric, "met"))), None)

    def pool(self, name: str) -> Pool | None:
        """The station of this name; None if the design doesn't have it."""
        records = [record for summary in self.result.summaries for record in summary.stations if record.name == name]
        if not records:
            return None
        return Pool(
            max(record.servers for record in records),
            float(np.mean([record.busy_share for record in records])),
            float(np.mean([record.queueing_share for record in records])),
            max(record.queue_max for record in records),
        )

    def harmed(self, metric: str) -> Witness | None:
        """A purchase that counts in the metric, on the first morning that has any; None if there is none.

        In a world with renewals it is one of them if they are most of those that count on that morning, and else no renewal.
        """
        harm, mornings = METRICS[metric].harm, self.result.harmed(metric)
        if harm not in VIOLATIONS or not mornings.any():
            return None
        seed = self.result.summaries[int(np.argmax(mornings))].seed
        purchase = None
        if self.scenario.renewals is not None:
            tables, evidence = simulate(self.scenario, self.design, load_prices(self.scenario.prices), seed)
            victims = np.flatnonzero(VIOLATIONS[harm].flags(evidence))
            waiting = victims[tables.waits[victims]]
            group = waiting if 2 * len(waiting) >= len(victims) else np.setdiff1d(victims, waiting)
            purchase = simplest(tables, group)
        witness = find(self.scenario, self.design, kind=harm, purchase=purchase, seed=seed, mornings=1)
        return witness if isinstance(witness, Witness) else None

    def is_renewal(self, metric: str) -> bool:
        """Whether the purchase that `witness` tells of is a renewal; False if there is none."""
        witness = self.harmed(metric)
        if witness is None or self.scenario.renewals is None:
            return False
        tables, _ = simulate(self.scenario, self.design, load_prices(self.scenario.prices), witness.seed)
        return not tables.waits[witness.purchase]

    def witness(self, metric: str) -> str:
        """A sentence about a harmed purchase; "" if there is none.

        `Customer 118 of morning 0, who came at 07:09:12: 2 taps, 4 requests, 3 orders, 2 charges, 1 loyalty award.`
        `Renewal 1610 of morning 0, due at 07:20:00: 2 orders, 2 charges, 2 loyalty awards.`
        """
        witness = self.harmed(metric)
        if witness is None:
            return ""
        tables, _ = simulate(self.scenario, self.design, load_prices(self.scenario.prices), witness.seed)
        at_s = float(tables.purchases["submitted_s"][witness.purchase])
        captured = ~np.isnan(tables.charges["captured_s"])
        counts = {
            "tap": int(tables.purchases["submissions"][witness.purchase]),
            "request": int((tables.requests["purchase"] == witness.purchase).sum()),
            "order": int((tables.orders["purchase"] == witness.purchase).sum()),
            "charge": int((tables.charges["purchase"][captured] == witness.purchase).sum()),
            "loyalty award": int((tables.awards["purchase"] == witness.purchase).sum()),
        }
        waits = bool(tables.waits[witness.purchase])
        if not waits:  # nobody taps
            del counts["tap"], counts["request"]
        elif tables.purchases["agent"][witness.purchase]:
            counts = {"plan": counts.pop("tap")} | counts
        counted = ", ".join(f"{number} {what}{'' if number == 1 else 's'}" for what, number in counts.items())
        if METRICS[metric].harm == "oversold":  # which no count tells
            counted += ", and nothing was left for it"
        time = clock_text(float(round(self.scenario.clock.start + at_s)))
        if not waits:
            return f"Renewal {witness.purchase} of morning {witness.seed}, due at {time}: {counted}."
        who = "Agent" if "plan" in counts else "Customer"
        return f"{who} {witness.purchase} of morning {witness.seed}, who came at {time}: {counted}."
