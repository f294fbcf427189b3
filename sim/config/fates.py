"""The fates of a call of the provider: shares that are drawn with one number, so that together they can't exceed 100 %.

A brownout replaces those that it gives; the others stay the provider's own, or another brownout's that lasts at that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.config.faults import Brownout
from sim.config.shares import FATES
from sim.config.units import probability_text

if TYPE_CHECKING:
    from sim.config.scenario import Hours, Provider

BLUR = 1e-9  # of a sum of decimal fractions


def too_many(shares: Mapping[str, tuple[str, float]]) -> str | None:
    """What is wrong with shares by fate, each with the key that gives it; None if they fit into 100 %."""
    total = sum(share for _, share in shares.values())
    if total <= 1 + BLUR:
        return None
    terms = " + ".join(f"{key} {probability_text(share)}" for key, share in shares.values() if share)
    return f"a call has one fate, but {terms} = {total * 100:.6g}%; together they can be at most 100%"


def too_many_in(faults: Sequence[Any], provider: Provider, clock: Hours) -> list[tuple[tuple[Any, ...], str]]:
    """The same for every brownout, alone and with another one that may last when it begins; each with its path.

    (Three at once are checked when a morning has drawn them.)
    """
    own = {fate: (f"provider.{fate}", getattr(provider, fate)) for fate in FATES}
    spells = [_Spell(number, fault, clock) for number, fault in enumerate(faults) if isinstance(fault, Brownout)]
    giving = [spell for spell in spells if spell.shares]
    errors: list[tuple[tuple[Any, ...], str]] = []
    for spell in giving:
        alone = own | spell.shares
        together = (own | other.shares | spell.shares for other in giving if spell.may_begin_within(other))
        held = next((shares for shares in (alone, *together) if too_many(shares)), None)
        if held is not None:
            missing = [fate for fate in FATES if fate not in spell.shares and held[fate][1]]
            remedy = f"; give the brownout its own {' and '.join(missing)}" if missing else ""
            errors.append(((spell.number,), f"{too_many(held)}{remedy}"))
    return errors


@dataclass(frozen=True)
class _Spell:
    """A brownout: the shares that it gives, and when it may begin and last."""

    number: int
    fault: Brownout
    clock: Hours

    @cached_property
    def shares(self) -> dict[str, tuple[str, float]]:
        return dict(self._given())

    def _given(self) -> Iterator[tuple[str, tuple[str, float]]]:
        for fate in FATES:
            share = getattr(self.fault, fate)
            if share is not None:
                yield fate, (f"faults[{self.number}].{fate}", share)

    @property
    def _begins_s(self) -> tuple[float, float]:
        """The earliest and the latest moment."""
        if self.fault.at is None:
            return 0.0, self.clock.horizon_s
        return (self.clock.since_start_s(self.fault.at),) * 2

    def may_begin_within(self, other: _Spell) -> bool:
        """Whether this one may begin while the other lasts. (Of two that begin together the later in the file is the later.)"""
        if other is self:
            return False
        longest_s = other.fault.lasts.constant
        if longest_s is None:
            longest_s = float("inf") if other.fault.lasts.uniform is None else other.fault.lasts.uniform[1]
        (earliest_s, latest_s), (from_s, until_s) = self._begins_s, other._begins_s
        in_order = latest_s > from_s or (latest_s == from_s and self.number > other.number)
        return in_order and earliest_s < until_s + longest_s
