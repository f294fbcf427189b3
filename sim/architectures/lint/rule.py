"""What a rule is, what it looks at besides the design, and how it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from inspect import isfunction, unwrap
from math import inf
from typing import NamedTuple

from sim.architectures.idempotent import Idempotent
from sim.architectures.inquiry import Inquiry
from sim.architectures.naive import Naive
from sim.config.design import Claims, Design, Keys, QueuedPayment, Relay, Retry
from sim.config.faults import Brownout, Crash, Outage, Pause
from sim.config.scenario import Scenario
from sim.config.units import duration_text
from sim.world.retry import policy
from sim.world.streams import quantile

LONG = {"d": 86400.0, "h": 3600.0, "min": 60.0}
SLOW = 0.99  # the quantile of a provider's latency that is called its slow answer


class Found(NamedTuple):
    """A knob to change, as in a design's file, and what is wrong with it, in numbers."""

    knob: str
    message: str
    windows: tuple[str, ...] | None = None  # None: those of the rule


@dataclass(frozen=True)
class World:
    """What a scenario says about the dangers; without one, an ordinary morning whose traffic is not known."""

    scenario: Scenario
    given: bool = True

    @cached_property
    def slowdown(self) -> float:
        """By how much the worst of the brownouts slows the provider down; overlapping ones are not multiplied."""
        return max([1.0, *(fault.latency for fault in self.scenario.faults if isinstance(fault, Brownout))])

    @cached_property
    def slow_answer_s(self) -> float:
        """The 99th percentile of the provider's latency in the worst brownout."""
        return quantile(self.scenario.provider.latency, SLOW) * self.slowdown

    @property
    def slow_answer(self) -> str:
        weather = f" in a brownout of x{self.slowdown:g}" if self.slowdown != 1 else ""
        return f"the provider's slow answer takes {about(self.slow_answer_s)} (99th percentile{weather})"

    def restart_s(self, component: str) -> float:
        """The longest restart after the crashes of a component; if it has none, the usual one of any crash."""
        usual: float = Crash(crash="relay", after="publish").restart
        return max((f.restart for f in self.scenario.faults if isinstance(f, Crash) and f.crash == component), default=usual)

    def down_s(self, component: str) -> float:
        """The longest time for which outages and crashes of the scenario take a component away; of random ones the 99th
        percentile.
        """
        outages = [quantile(f.lasts, SLOW) for f in self.scenario.faults if isinstance(f, Outage) and f.outage == component]
        crashes = [f.restart for f in self.scenario.faults if isinstance(f, Crash) and f.crash == component]
        return max([*outages, *crashes], default=0.0)

    @cached_property
    def longest_pause_s(self) -> float:
        """For how long the scenario's faults have a process stand still; 0 if it has no such faults."""
        return max((fault.lasts for fault in self.scenario.faults if isinstance(fault, Pause)), default=0.0)


class Rule(NamedTuple):
    """Yields what it finds in a design. `windows`: the failure windows that are open for that reason, if any."""

    check: Callable[[Design, World], Iterator[Found]]
    windows: tuple[str, ...]
    reason: str


# What rules ask of a design. An architecture of one's own is judged by its knobs, and by its story if that is a built-in one.


def tells(design: Design, *stories: type[Design]) -> bool:
    """Whether a design goes about its work as one of these architectures does, to the last method."""
    return any(all(_method(design, name) is method for name, method in _story(kind)) for kind in stories)


def _method(design: Design, name: str) -> object:
    """As it was written: those of an architecture of one's own are guarded."""
    method = getattr(type(design), name, None)
    return unwrap(method) if isfunction(method) else method


def _story(kind: type[Design]) -> list[tuple[str, object]]:
    """Methods that an architecture defines itself, but for its picture."""
    return [(name, method) for name, method in vars(kind).items() if isfunction(method) and name[0] != "_" and name != "parts"]


def asking(design: Design) -> Inquiry | None:
    """The design if it asks the provider before it charges again."""
    return design if isinstance(design, Inquiry) and tells(design, Inquiry) else None


def charges_in_request(design: Design) -> bool:
    """Charges before it answers, and publishes by itself afterwards."""
    return tells(design, Naive, Idempotent, Inquiry)


def keys_of(design: Design) -> Keys | None:
    """What the app's key is held against; None: the design has no such knob."""
    claim = getattr(design, "claim", None)
    return claim if isinstance(claim, Keys) else None


def claims_of(design: Design) -> Claims | None:
    claim = keys_of(design)
    return claim if isinstance(claim, Claims) else None


def queued_payment(design: Design) -> QueuedPayment | None:
    """The payment's knobs if payment workers charge after the answer."""
    return design.payment if isinstance(design.payment, QueuedPayment) else None


def relay_of(design: Design) -> Relay | None:
    relay = getattr(design, "relay", None)
    return relay if isinstance(relay, Relay) else None


def knows_repeats(design: Design) -> bool:
    """Whether all requests of a purchase carry a key that stays the same, and somebody looks at it."""
    return design.app.key == "purchase" and not tells(design, Naive)


def knows_retries(design: Design) -> bool:
    """Whether at least the app's own retries carry the same key."""
    return design.app.key in ("purchase", "submission") and not tells(design, Naive)


def sends_provider_key(design: Design, world: World) -> bool:
    """Whether the provider can tell a second charge of the same order from a new one, as long as it remembers."""
    return getattr(design.payment, "key", "none") == "order" and world.scenario.provider.keys != "none"


def hears_of_charges(design: Design, world: World) -> bool:
    """Whether webhooks tell what became of every charge, so that none stays unknown for long."""
    listens = getattr(design.payment, "webhooks", "ignored") != "ignored"
    return listens and world.scenario.provider.webhooks.lost == 0


def tries(retry: Retry) -> float:
    """Calls in all, the first included; infinite without a limit."""
    attempts = policy(retry).attempts
    return inf if attempts is None else attempts


def sleeps_s(retry: Retry) -> float:
    """The longest that a policy can sleep between its first call and its last."""
    rule = policy(retry)
    if rule.attempts is None:
        return inf
    longest = (rule.delay_s(attempt, 1.0) or 0.0 for attempt in range(1, min(rule.attempts, 1000)))
    return sum(longest)


# How rules say it


def about(seconds: float) -> str:
    """`18s`, `3.7min`, `2.5h`: two digits are enough for what was computed."""
    number, unit = next(((seconds / size, unit) for unit, size in LONG.items() if seconds >= 2 * size), (seconds, ""))
    return f"{float(f'{number:.2g}'):g}{unit}" if unit else duration_text(float(f"{number:.2g}"))


def exactly(seconds: float) -> str:
    """A knob's own value."""
    return duration_text(seconds)


def times(number: float) -> str:
    return "without end" if number == inf else f"{number:,.0f}"
