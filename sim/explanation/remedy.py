"""What would have closed it: changes of the design, tried on the same purchase of the same morning, cheapest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from typing import Any

from sim.architectures import architecture_of, load_design
from sim.architectures.guard import answering
from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.writing import flow, written
from sim.experiment.mornings import Progress, examine
from sim.explanation.witness import Witness, was_struck
from sim.ledger.metrics import Evidence
from sim.ledger.violations import VIOLATIONS
from sim.world.database import Order, OutboxRow
from sim.world.morning import Morning
from sim.world.observer import Call, Observer

# Knobs that close a window, cheapest change first: what is kept, then what is sent, then who looks after it, then patience.
CHANGES: tuple[dict[str, Any], ...] = (
    {"app": {"key": "purchase"}},
    {"payment": {"key": "order"}},
    {"claim": {"check_first": False}},
    {"claim": {"fingerprint": True}},
    {"claim": {"stores_failures": False}},
    {"claim": {"ttl": None}},
    {"loyalty": {"inbox": {"window": "7d"}}},
    {"relay": {"marks": "after"}},
    {"relay": {"finds": "unmarked"}},
    {"payment": {"news": "outbox"}},
    {"payment": {"after_error": "ask"}},
    {"payment": {"key_lasts": "20min"}},
    {"completer": {"after": "3min"}},
    {"payment": {"webhooks": "checked"}},
    {"payment": {"webhooks": "ignored"}},
    {"recovery": {"reconcile_every": "60s"}},
    {"app": {"retry": {"never": True}}},
    {"app": {"timeout": "30s"}},
    {"payment": {"timeout": "30s"}},
)
SAFER = ("idempotent", "outbox")


class Bystander(Observer):
    """Ends a morning as soon as the witness is past help: charged twice, which no refund undoes, or awarded twice.

    Any other harm may still be made good, by a reconciler for one, so it is judged at the end of the morning.
    """

    def __init__(self, purchase: int) -> None:
        self._purchase = purchase
        self._charges = 0
        self._awards = 0
        self.past_help = False

    def charged(self, caller: str, order: Order, *, call: Call) -> None:  # noqa: ARG002
        if order.purchase == self._purchase and not isnan(call.captured_s):
            self._charges += 1
            self._look()

    def awarded(self, row: OutboxRow, *, known: bool) -> None:
        if row.order.purchase == self._purchase and not known:
            self._awards += 1
            self._look()

    def _look(self) -> None:
        if not self.past_help and max(self._charges, self._awards) > 1:
            self.past_help = True
            self.env.stop()


@dataclass(frozen=True)
class Remedy:
    """A change that leaves the same purchase on the same morning unharmed."""

    text: str  # as it stands in a design file
    knobs: dict[str, Any]  # of the same architecture, as in a file; or from another
    architecture: str | None  # another one to start from
    before: int  # purchases of that morning harmed in the same way
    after: int
    spared: bool = False  # what had struck this purchase dead finds nothing to strike there


def remedies(
    scenario: Scenario, design: Design, witness: Witness, *, most: int | None = None, progress: Progress | None = None
) -> Iterator[Remedy]:
    """Those changes that really close it, at most so many; each is a morning simulated anew."""
    found, tried = 0, list(candidates(design))
    for number, (text, knobs, architecture, changed) in enumerate(tried, 1):
        if progress is not None:
            progress(number, len(tried))
        evidence = _unless_past_help(scenario, changed, witness)
        if evidence is None or any(violation.flags(evidence)[witness.purchase] for violation in VIOLATIONS.values()):
            continue
        after = int(VIOLATIONS[witness.kinds[0]].flags(evidence).sum())
        spared = witness.struck and not was_struck(evidence.tables, witness.purchase)
        yield Remedy(text, knobs, architecture, witness.others, after, spared)
        found += 1
        if found == most:
            return


def _unless_past_help(scenario: Scenario, design: Design, witness: Witness) -> Evidence | None:
    """The evidence of the witness's morning with another design, or None as soon as it can be of no help."""
    bystander = Bystander(witness.purchase)
    with answering(scenario, design, witness.seed):
        tables = Morning(scenario, design, witness.seed, observer=bystander).run()
        return None if bystander.past_help else examine(tables, scenario, design, load_prices(scenario.prices))


def candidates(design: Design) -> Iterator[tuple[str, dict[str, Any], str | None, Design]]:
    """Single changes of knobs that the design has and that differ, then the other architectures."""
    has = type(design).model_fields
    for change in CHANGES:
        [(section, knobs)] = change.items()
        [knob] = knobs
        if section not in has or knob not in type(getattr(design, section)).model_fields:
            continue
        before = getattr(design, section)
        after = before.model_copy(update={knob: getattr(type(before).model_validate(knobs), knob)})
        if after != before:
            text = f"{section}: {flow({knob: written(after)[knob]})}"
            yield text, change, None, design.model_copy(update={section: after})
    for name in SAFER:
        if name != architecture_of(design):
            yield f"from: {name}", {}, name, load_design(name)
