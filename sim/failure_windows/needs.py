"""What a scenario must have for a failure window to show: without it, a design that leaves the window open looks safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sim.config.design import Payment
from sim.config.faults import Brownout, Crash, Pause
from sim.config.scenario import Scenario
from sim.world.streams import share_above

SELDOM = 1e-4  # of the calls: fewer than one in a usual morning
PROCESSES = ("checkout", "payment", "completer")  # that charge and commit


class Need(NamedTuple):
    """The window, what it needs in words, and whether a scenario has it."""

    window: str
    what: str
    has: Callable[[Scenario], bool]


def _dies(*after: str, components: tuple[str, ...] = PROCESSES) -> Callable[[Scenario], bool]:
    """A crash after one of these steps, or at any moment."""
    return lambda scenario: any(
        isinstance(fault, Crash) and fault.crash in components and fault.after in (None, *after) for fault in scenario.faults
    )


def _fate(name: str) -> Callable[[Scenario], bool]:
    """Of the provider's calls, always or in a brownout."""
    return lambda scenario: (
        bool(getattr(scenario.provider, name))
        or any(isinstance(fault, Brownout) and getattr(fault, name) for fault in scenario.faults)
    )


def _taps_twice(scenario: Scenario) -> bool:
    return scenario.customers.double_tap.p > 0 or scenario.customers.after_patience.tap_again > 0


def _unknown(scenario: Scenario) -> bool:
    """Calls whose answer is lost, or comes after the usual timeout."""
    slowest = max([1.0, *(fault.latency for fault in scenario.faults if isinstance(fault, Brownout))])
    return _fate("ambiguous")(scenario) or share_above(scenario.provider.latency, Payment().timeout / slowest) > SELDOM


NEEDS = (
    Need("W1", "people who tap twice (customers.double_tap, or after_patience.tap_again)", _taps_twice),
    Need("W4", "a process that dies between the charge and its commit ({crash: checkout, after: charge})", _dies("charge")),
    Need("W5", "calls that charge the card and lose the answer (provider.ambiguous), or that take very long", _unknown),
    Need("W6", "calls that the provider answers with a 500 (provider.errored)", _fate("errored")),
    Need("W7", "a process that dies between the commit and the news ({crash: checkout, after: commit})", _dies("commit")),
    Need("W8", "a relay that dies ({crash: relay, after: publish})", _dies("publish", components=("relay",))),
    Need("W9", "webhooks that come twice (provider.webhooks.duplicated)", lambda one: one.provider.webhooks.duplicated > 0),
    Need(
        "W12",
        "a process that stands still ({pause: checkout, after: claim, for: 90s})",
        lambda one: any(isinstance(fault, Pause) for fault in one.faults),
    ),
    Need("W13", "calls that charge long after they were given up (provider.late)", lambda one: one.provider.late.p > 0),
    Need("W15", "people who change their basket (customers.changes_basket)", lambda one: one.customers.changes_basket.p > 0),
)


def missing(scenario: Scenario) -> Iterator[Need]:
    """What a scenario lacks, window by window."""
    return (need for need in NEEDS if not need.has(scenario))
