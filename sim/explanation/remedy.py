"""What would have closed it: changes of the design, tried on the same purchase of the same morning, cheapest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isnan
from typing import Any, NamedTuple

from sim.architectures import architecture_of, load_design
from sim.architectures.guard import answering
from sim.architectures.lint import lint
from sim.architectures.lint.keys import holds_s
from sim.architectures.lint.rule import Change, World, up
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.faults import Crash, Duplicates, Fault, Pause, Rebalance
from sim.config.knobs import knobs as knobs_of
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.template import META
from sim.config.writing import flow
from sim.experiment.altering import altered, has, value_of
from sim.experiment.mornings import Progress, examine
from sim.explanation.witness import Witness, was_struck
from sim.ledger.metrics import Evidence
from sim.ledger.violations import VIOLATIONS
from sim.world.database import Order, OutboxRow
from sim.world.morning import Morning
from sim.world.observer import Call, Observer

# Changes that are tried whatever the design is; each knob's place here is also that of the values that lint knows to be enough.
# The cheapest come first: what is kept, then what is sent, then who looks after it, then capacity and patience.
CHANGES: tuple[Change, ...] = (
    ("app.key", "purchase"),
    ("payment.key", "order"),
    ("claim.guard", "unique"),
    ("renewal_job.key", "period"),
    ("renewal_job.looks_first", "true"),
    ("taking.guard", "atomic"),
    ("taking.gives_back", "with_settlement"),
    ("taking.when", "at_request"),
    ("taking.reserve.late", "refused"),
    ("taking.reserve.for", ""),
    ("taking.reserve", "none"),
    ("taking.reserve", "{for: 10min}"),
    ("database.replica", "none"),
    ("claim.fingerprint", "true"),
    ("claim.stores_failures", "false"),
    ("claim.ttl", "none"),
    ("claim.lock", ""),
    ("loyalty.inbox", "{window: 7d}"),
    ("loyalty.inbox.by", "order"),
    ("loyalty.inline", ""),
    ("broker.dead_letters", "none"),
    ("broker.commit_every", "none"),
    ("broker.commits", "each"),
    ("broker.batch", "1"),
    ("payment.held_by", "broker"),
    ("relay.marks", "after"),
    ("relay.finds", "unmarked"),
    ("payment.news", "outbox"),
    ("payment.after_error", "ask"),
    ("payment.key_lasts", ""),
    ("completer.after", ""),
    ("broker.visibility", ""),
    ("payment.webhooks", "checked"),
    ("payment.webhooks", "ignored"),
    ("payment.retry", "{full_jitter: {base: 500ms, cap: 20s}}"),
    ("recovery.reconcile_every", "60s"),
    ("recovery.asks_first", "true"),
    ("recovery.cancel_after", "none"),
    ("app.on_conflict", "wait"),
    ("app.agent_key", "derived"),
    ("app.other_card", "new_key"),
    ("app.before_retry", "look"),
    ("app.retry", "{never: true}"),
    ("app.timeout", ""),
    ("payment.timeout", ""),
)
PLACES = {key: place for place, (key, _) in reversed([*enumerate(CHANGES)])}
PATIENT_S = 30.0  # longer than most people wait for anything
ASKED_LATE_S = 180.0  # longer than any call hangs, unless the scenario says otherwise


class Candidate(NamedTuple):
    """A change to try, and the design with it."""

    text: str  # as it stands in a design file
    knobs: dict[str, Any]  # of the same architecture, as in a file; or from another
    architecture: str | None  # another one to start from
    design: Design
    unlisted: bool = False  # none of `CHANGES`, nor known to lint: a knob that has a few values was given another


class Bystander(Observer):
    """Ends a morning as soon as the harm is done to the witness once more, if it is one that nothing undoes.

    No refund undoes a second charge, and no points are taken back. Any other harm may still be made good, by a reconciler for
    one, so it is judged at the end of the morning.
    """

    def __init__(self, purchase: int, kind: str) -> None:
        self._purchase = purchase
        self._kind = kind
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
        times = {"double_charge": self._charges, "over_award": self._awards}.get(self._kind, 0)
        if not self.past_help and times > 1:
            self.past_help = True
            self.env.stop()


@dataclass(frozen=True)
class Remedy:
    """A change with which the harm is not done to the same purchase on the same morning."""

    text: str  # as it stands in a design file
    knobs: dict[str, Any]  # of the same architecture, as in a file; or from another
    architecture: str | None  # another one to start from
    before: int  # purchases of that morning harmed in the same way
    after: int
    spared: bool = False  # what had struck this purchase dead finds nothing to strike there
    instead: tuple[str, ...] = ()  # kinds of other harm that are done to the purchase with it; none: it is unharmed


def remedies(
    scenario: Scenario, design: Design, witness: Witness, *, most: int | None = None, progress: Progress | None = None
) -> Iterator[Remedy]:
    """Those changes that leave the purchase unharmed, at most so many; each is a morning simulated anew."""
    unharmed = (remedy for remedy in closing(scenario, design, witness, progress=progress) if not remedy.instead)
    return islice(unharmed, most)


def closing(scenario: Scenario, design: Design, witness: Witness, *, progress: Progress | None = None) -> Iterator[Remedy]:
    """All changes that close the harm, those too that cause another; each is a morning simulated anew."""
    tried = list(candidates(scenario, design))
    for number, candidate in enumerate(tried, 1):
        if progress is not None:
            progress(number, len(tried))
        evidence = _unless_past_help(scenario, candidate.design, witness)
        if evidence is None or VIOLATIONS[witness.kinds[0]].flags(evidence)[witness.purchase]:
            continue
        after = int(VIOLATIONS[witness.kinds[0]].flags(evidence).sum())
        if candidate.unlisted and 2 * after > witness.others:  # it spares this customer by chance, and most others not
            continue
        yield Remedy(
            candidate.text,
            candidate.knobs,
            candidate.architecture,
            witness.others,
            after,
            witness.struck and not was_struck(evidence.tables, witness.purchase),
            tuple(kind for kind, violation in VIOLATIONS.items() if violation.flags(evidence)[witness.purchase]),
        )


def _unless_past_help(scenario: Scenario, design: Design, witness: Witness) -> Evidence | None:
    """The evidence of the witness's morning with another design, or None as soon as it can be of no help."""
    bystander = Bystander(witness.purchase, witness.kinds[0])
    with answering(scenario, design, witness.seed):
        tables = Morning(scenario, design, witness.seed, observer=bystander).run()
        return None if bystander.past_help else examine(tables, scenario, design, load_prices(scenario.prices))


def candidates(scenario: Scenario, design: Design) -> Iterator[Candidate]:
    """Single changes of knobs that the design has and that differ, then other architectures.

    They are those of `CHANGES`, all that lint knows to be enough for what it warns of, and every other value of the knobs of
    which these two say nothing and that have a few.
    """
    hazards = lint(design, scenario)
    enough = [change for hazard in hazards for change in hazard.enough]
    wanted = [*(change for change in CHANGES if change[1]), *_longer(scenario, design), *enough]
    listed = {key for key, _ in (*CHANGES, *wanted)}
    unlisted = [change for change in _others(design) if change[0] not in listed]
    for key, text in sorted(dict.fromkeys(change for change in (*wanted, *unlisted) if change[0] != "from"), key=_place):
        path = key.split(".")
        if has(design, path) and (changed := _with(design, path, value_of(text))) not in (None, design):
            assert changed is not None
            knobs = _nested(path, value_of(text))
            yield Candidate(f"{path[0]}: {flow(knobs[path[0]])}", knobs, None, changed, (key, text) in unlisted)
    asks = ("inquiry",) if scenario.provider.keys == "none" else ()
    for name in dict.fromkeys([*asks, "idempotent", "outbox", *(text for key, text in enough if key == "from")]):
        if name != architecture_of(design):
            yield Candidate(f"from: {name}", {}, name, _moved(design, load_design(name)))


def _moved(design: Design, other: Design) -> Design:
    """Another architecture, with those of the design's own knobs that it has: what its file says after a change of `from`."""
    plain = type(design).model_validate({"name": design.name, "summary": design.summary})
    for knob in knobs_of(design, plain):
        path = list(knob.path)
        if not knob.is_default and path[0] not in META and has(other, path):
            other = _with(other, path, knob.value) or other
    return other


def _others(design: Design) -> Iterator[Change]:
    """Every value of the knobs that have a few: one of some words, yes or no, none."""
    for knob in knobs_of(design, design):
        values = [*knob.kind.words, *(("true", "false") if knob.kind.type is bool else ()), *["none"] * knob.kind.nullable]
        yield from ((".".join(knob.path), value) for value in values)


def _place(change: Change) -> int:
    """Where in the order of `CHANGES` a knob stands, or the section that it is in; capacity stands before patience."""
    key, _ = change
    known = PLACES.get(key, PLACES.get(key.rpartition(".")[0]))
    return PLACES["app.retry"] if known is None else known


def _with(design: Design, path: list[str], value: Any) -> Design | None:
    """The design with another value; None if an architecture of one's own allows fewer values."""
    try:
        return altered(design, path, value)
    except ConfigError:
        return None


def _nested(path: list[str], value: Any) -> dict[str, Any]:
    return {path[0]: _nested(path[1:], value) if path[1:] else value}


def _longer(scenario: Scenario, design: Design) -> Iterator[Change]:
    """Times that the design may be too impatient with, where it isn't as patient already."""
    world = World(scenario)
    bounds = {
        "completer.after": ASKED_LATE_S,
        "app.timeout": max(PATIENT_S, holds_s(design, world)),
        "payment.timeout": max(PATIENT_S, world.slow_answer_s),
    }
    if not any(_repeats(fault) for fault in scenario.faults):  # so only a slow worker has a message come again
        bounds["broker.visibility"] = scenario.clock.horizon_s
    for key, bound_s in bounds.items():
        section, knob = key.split(".")
        if has(design, [section, knob]) and getattr(getattr(design, section), knob) < bound_s:
            yield key, up(bound_s)


def _repeats(fault: Fault) -> bool:
    """Whether it has the broker deliver a message again, so that a later delivery would only put the harm off."""
    return isinstance(fault, Duplicates | Rebalance | Crash | Pause)
