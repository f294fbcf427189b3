"""A purchase to tell of: the one with the fewest events among those to whom something was done wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.config.design import Design
from sim.config.errors import ArgumentError, ConfigError, nearest
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.effort import Effort
from sim.experiment.mornings import simulate
from sim.ledger.audit import Judgement
from sim.ledger.records import Tables
from sim.ledger.violations import VIOLATIONS

MORNINGS = 20  # looked through before it is said that nothing went wrong


@dataclass(frozen=True)
class Witness:
    """One purchase of one morning, and what was done wrong to it: kinds of `VIOLATIONS`, none if it is well."""

    seed: int
    purchase: int
    kinds: tuple[str, ...]
    others: int  # purchases of that morning with the first of these kinds
    struck: bool  # whether a crash struck dead what was done for this purchase
    times: int = 0  # how often it was charged, or ordered, if that is what was done wrong first; else 0


@dataclass(frozen=True)
class Nobody:
    """Nothing of the wanted kind happened."""

    purchases: int
    mornings: int


def find(
    scenario: Scenario, design: Design, *, kind: str | None = None, purchase: int | None = None, seed: int = 0,
    mornings: int = MORNINGS,
) -> Witness | Nobody:  # fmt: skip
    """The first morning from `seed` on in which a violation happened, and of its victims the one with the simplest story.

    `kind`: of `VIOLATIONS`; otherwise the first of the registry that happened. `purchase`: this one of the morning `seed`,
    whatever happened to it; with a kind too, if that happened to it. Raises ConfigError for an unknown kind or purchase, or if
    the two don't meet.
    """
    check_kind(kind)
    seeds = Effort(mornings, seed).seeds
    prices, looked_at = load_prices(scenario.prices), 0
    for morning in seeds[:1] if purchase is not None else seeds:
        tables, evidence = simulate(scenario, design, prices, morning)
        looked_at += len(tables.purchases)
        if purchase is not None:
            return of_purchase(evidence, purchase, seed, kind)
        for wanted in [kind] if kind else VIOLATIONS:
            victims = np.flatnonzero(VIOLATIONS[wanted].flags(evidence))
            if len(victims):
                chosen = simplest(tables, victims)
                kinds = (wanted, *_kinds(evidence, chosen, but=wanted))
                return Witness(
                    morning, chosen, kinds, len(victims), was_struck(tables, chosen), _times(evidence, chosen, wanted)
                )  # fmt: skip
    return Nobody(looked_at, mornings)


def check_kind(kind: str | None) -> None:
    """Raises ConfigError unless it is a kind of violation, or None."""
    if kind is not None and kind not in VIOLATIONS:
        raise ConfigError(f'unknown violation "{kind}"{nearest(kind, VIOLATIONS)}')


def simplest(tables: Tables, victims: np.ndarray) -> int:
    """Of these purchases the one with the fewest events."""
    return int(victims[np.argmin(_events(tables)[victims])])


def of_purchase(evidence: Judgement, purchase: int, seed: int, kind: str | None = None) -> Witness:
    """A purchase of the morning `seed`, with that kind of harm or whatever happened to it. Raises ArgumentError."""
    number = len(evidence.tables.purchases)
    if not 0 <= purchase < number:
        raise ArgumentError(
            "purchase", f"expected a number from 0 to {number - 1} in the morning of seed {seed} (got {purchase})"
        )
    kinds = tuple(_kinds(evidence, purchase))
    if kind is not None:
        if kind not in kinds:
            suffered = f"only {', '.join(kinds)}" if kinds else "no harm at all"
            raise ArgumentError(
                "violation",
                f"purchase {purchase} of the morning of seed {seed} suffered {suffered}, and not {kind}; leave out the kind "
                "or the purchase",
            )
        kinds = (kind, *(other for other in kinds if other != kind))
    others = int(VIOLATIONS[kinds[0]].flags(evidence).sum()) if kinds else 0
    times = _times(evidence, purchase, kinds[0]) if kinds else 0
    return Witness(seed, purchase, kinds, others, was_struck(evidence.tables, purchase), times)


def _times(evidence: Judgement, purchase: int, kind: str) -> int:
    """How often a purchase was charged or ordered, for the kinds of harm that are too much of it; 0 for others."""
    counted = {"double_charge": evidence.audit.charged, "duplicate_order": evidence.audit.ordered}
    return int(counted[kind][purchase]) if kind in counted else 0


def was_struck(tables: Tables, purchase: int) -> bool:
    """Whether a crash struck dead what was being done for a purchase."""
    return any(struck.purchase == purchase for struck in tables.crashes)


def _kinds(evidence: Judgement, purchase: int, *, but: str | None = None) -> list[str]:
    return [kind for kind, violation in VIOLATIONS.items() if kind != but and violation.flags(evidence)[purchase]]


def _events(tables: Tables) -> np.ndarray:
    """How much there is to tell of each purchase: rows of all tables that belong to it, polls counting little."""
    number = len(tables.purchases)
    rows = sum(np.bincount(getattr(tables, name)["purchase"], minlength=number) for name in ("requests", "charges", "orders"))
    polls = np.bincount(tables.reads["purchase"], minlength=number)
    return np.asarray(rows + polls / 1000)
