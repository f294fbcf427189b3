"""The types of rules and their findings, questions that several rules ask of a design, and how messages write numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from inspect import isfunction, unwrap
from math import ceil, floor, inf, log10
from typing import NamedTuple

import numpy as np

from sim.architectures.calls import quantile_s
from sim.architectures.idempotent import Idempotent
from sim.architectures.inquiry import Inquiry
from sim.architectures.load import TRANSACTIONS
from sim.architectures.naive import Naive
from sim.config.design import Claims, Design, Keys, QueuedPayment, Relay, Retry
from sim.config.faults import Brownout, Crash, Outage, Pause
from sim.config.scenario import Scenario
from sim.config.units import duration_text, share_text
from sim.world.retry import policy
from sim.world.streams import Streams, quantile, sample

LONG = {"d": 86400.0, "h": 3600.0, "min": 60.0}
SLOW = 0.99  # the quantile of the provider's calls that is called its slow answer
ROUNDS = 200_000  # of the shop's own work, drawn to find how long a slow one takes: two digits of the 99th percentile
Change = tuple[str, str]  # a key and its new value, as a design's file writes them; `from` and the name of an architecture


class Found(NamedTuple):
    """One finding of a rule: the knob to change, as a design's file writes it, and what is wrong with it, in numbers.

    `enough`: changes of which each alone silences the rule. There are none if no value of the knob is known to do so.
    """

    knob: str
    message: str
    enough: tuple[Change, ...] = ()
    windows: tuple[str, ...] | None = None  # None: those of the rule


@dataclass(frozen=True)
class World:
    """What rules look at besides the design: a scenario; or, if none is `given`, an ordinary morning of unknown traffic."""

    scenario: Scenario
    given: bool = True

    @cached_property
    def slowdown(self) -> float:
        """The factor by which the worst brownout slows the provider down; overlapping brownouts are not multiplied."""
        return max([1.0, *(fault.latency for fault in self.scenario.faults if isinstance(fault, Brownout))])

    @cached_property
    def slow_answer_s(self) -> float:
        """The 99th percentile of the provider's calls in the worst brownout."""
        return quantile_s(self.scenario.provider, SLOW, slower=self.slowdown)

    @property
    def slow_answer(self) -> str:
        weather = f" in a brownout of x{self.slowdown:g}" if self.slowdown != 1 else ""
        return f"the provider's slow answer takes {about(self.slow_answer_s)} (99th percentile{weather})"

    @property
    def honours_keys(self) -> bool:
        return self.scenario.provider.keys != "none"

    @property
    def taps(self) -> int:
        """The most taps on Pay of one customer, as these people behave."""
        people = self.scenario.customers
        if people.after_patience.tap_again + people.after_patience.refresh > 0:
            return people.max_submissions
        decided = 1 + (people.reorder_when_stale.p > 0)
        return min(people.max_submissions, decided * (1 + (people.double_tap.p > 0)))

    def around_s(self, design: Design) -> float:
        """How long (s) a request takes besides its call of the provider: the way to the shop and back, and the shop's own work.

        The 99th percentile of their sum, without any queue.
        """
        parts = [*[self.scenario.network.latency] * 2, design.checkout.service, *[design.database.write] * TRANSACTIONS]
        rng = Streams(0).generator("lint.around")
        return float(np.quantile(sum(sample(part, rng, ROUNDS) for part in parts), SLOW))

    def restart_s(self, component: str) -> float:
        """The longest restart (s) after a component's crashes; if the scenario has none, the default restart of a crash."""
        usual: float = Crash(crash="relay", after="publish").restart
        return max((f.restart for f in self.scenario.faults if isinstance(f, Crash) and f.crash == component), default=usual)

    def down_s(self, component: str) -> float:
        """The longest time (s) for which outages and crashes take a component down; of random outages the 99th percentile."""
        outages = [quantile(f.lasts, SLOW) for f in self.scenario.faults if isinstance(f, Outage) and f.outage == component]
        crashes = [f.restart for f in self.scenario.faults if isinstance(f, Crash) and f.crash == component]
        return max([*outages, *crashes], default=0.0)

    @cached_property
    def longest_pause_s(self) -> float:
        """The longest time (s) for which the scenario's pauses stop a process; 0 if there are none."""
        return max((fault.lasts for fault in self.scenario.faults if isinstance(fault, Pause)), default=0.0)


class Rule(NamedTuple):
    """A check that yields what it finds in a design, why that does harm, and the failure windows that it opens, if any."""

    check: Callable[[Design, World], Iterator[Found]]
    windows: tuple[str, ...]
    reason: str


# Questions of rules to a design. A user's own architecture is judged by its knobs, and by its story if that is a built-in's.


def has_story_of(design: Design, *stories: type[Design]) -> bool:
    """Whether a design's story is that of one of these architectures, with every method the same."""
    return any(all(_method(design, name) is method for name, method in _story(kind)) for kind in stories)


def _method(design: Design, name: str) -> object:
    """A design's method as it was written, without the guard around those of a user's own architecture."""
    method = getattr(type(design), name, None)
    return unwrap(method) if isfunction(method) else method


def _story(kind: type[Design]) -> list[tuple[str, object]]:
    """The public methods that an architecture's class itself defines, except the one for its diagram."""
    return [(name, method) for name, method in vars(kind).items() if isfunction(method) and name[0] != "_" and name != "parts"]


def asking(design: Design) -> Inquiry | None:
    """The design, if it asks the provider what happened before it charges again; else None."""
    return design if isinstance(design, Inquiry) and has_story_of(design, Inquiry) else None


def charges_in_request(design: Design) -> bool:
    """Whether the design charges before it answers, and then publishes without an outbox."""
    return has_story_of(design, Naive, Idempotent, Inquiry)


def keys_of(design: Design) -> Keys | None:
    """The knobs of how the shop remembers the app's keys; None: the design has no such knobs."""
    claim = getattr(design, "claim", None)
    return claim if isinstance(claim, Keys) else None


def claims_of(design: Design) -> Claims | None:
    claim = keys_of(design)
    return claim if isinstance(claim, Claims) else None


def queued_payment(design: Design) -> QueuedPayment | None:
    """The payment's knobs, if payment workers charge after the answer; else None."""
    return design.payment if isinstance(design.payment, QueuedPayment) else None


def relay_of(design: Design) -> Relay | None:
    relay = getattr(design, "relay", None)
    return relay if isinstance(relay, Relay) else None


def knows_repeats(design: Design) -> bool:
    """Whether all requests of a purchase, or at least of a page, carry the same key, and the shop looks at it."""
    return design.app.key in ("purchase", "page") and not has_story_of(design, Naive)


def knows_retries(design: Design) -> bool:
    """Whether at least the app's own retries carry the same key, and the shop looks at it."""
    return design.app.key in ("purchase", "page", "submission") and not has_story_of(design, Naive)


def knows_copies(design: Design) -> bool:
    """Whether the shop looks at the key of a request that somebody in between sends twice: the same, whatever its scope."""
    return design.app.key != "none" and not has_story_of(design, Naive)


def sends_provider_key(design: Design, world: World) -> bool:
    """Whether the provider can tell a second charge of an order from a new one, as long as it remembers the key."""
    return getattr(design.payment, "key", "none") == "order" and world.scenario.provider.keys != "none"


def hears_of_charges(design: Design, world: World) -> bool:
    """Whether webhooks report the outcome of every charge, so that none stays unknown for long."""
    listens = getattr(design.payment, "webhooks", "ignored") != "ignored"
    return listens and world.scenario.provider.webhooks.lost == 0


def tries(retry: Retry) -> float:
    """The number of calls in all, the first included; infinite without a limit."""
    attempts = policy(retry).attempts
    return inf if attempts is None else attempts


def sleeps_s(retry: Retry) -> float:
    """The longest time (s) that a policy can sleep in all between its first call and its last."""
    rule = policy(retry)
    if rule.attempts is None:
        return inf
    longest = (rule.delay_s(attempt, 1.0) or 0.0 for attempt in range(1, min(rule.attempts, 1000)))
    return sum(longest)


def architectures(world: World) -> tuple[Change, ...]:
    """Those to start from instead of one that sends the provider no key."""
    return (("from", "idempotent"), ("from", "outbox")) if world.honours_keys else (("from", "inquiry"),)


# How messages write numbers


def share(part: float) -> str:
    """A computed share as text with two digits: `2.8%`, `0.55%`, `99.7%`."""
    return f"{share_text(part)}%"


def up(seconds: float) -> str:
    """The next longer time with two digits, as a file writes it: `11min` for 10 minutes and a bit."""
    return _rounded(seconds, lambda steps: ceil(steps - 1e-9))


def down(seconds: float) -> str:
    """The next shorter time with two digits, as a file writes it."""
    return _rounded(seconds, lambda steps: floor(steps + 1e-9))


def _rounded(seconds: float, whole: Callable[[float], int]) -> str:
    size = next((size for size in LONG.values() if seconds >= 2 * size), 1.0)
    step = 10.0 ** (floor(log10(seconds / size)) - 1)
    return exactly(float(f"{whole(seconds / size / step) * step:.2g}") * size)


def about(seconds: float) -> str:
    """A computed time as text with two digits: `18s`, `3.7min`, `2.5h`."""
    number, unit = next(((seconds / size, unit) for unit, size in LONG.items() if seconds >= 2 * size), (seconds, ""))
    return f"{float(f'{number:.2g}'):g}{unit}" if unit else duration_text(float(f"{number:.2g}"))


def exactly(seconds: float) -> str:
    """A knob's value as text, as a file writes it."""
    return duration_text(seconds)


def times(number: float) -> str:
    return "without end" if number == inf else f"{number:,.0f}"
