"""Cases on how automatic retries add to the load: amplification, budgets, and a collapse that outlives its cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.config.design import merged
from sim.ledger.records import Tables
from sim.validation.agreement import Row, exactly, mean_of
from sim.validation.bare import bare_design, bare_world
from sim.validation.case import Case, Mornings

TWO_RETRIES = {"fixed": {"delay": "1s", "attempts": 3}}


def requests_each(runs: Mornings) -> np.ndarray:
    """The number of requests of each purchase, all mornings together."""
    return np.concatenate([np.bincount(t.requests["purchase"], minlength=len(t.purchases)) for t, _ in runs])


def amplification(name: str, p: float) -> Case:
    """Calls fail with probability p, and the app retries twice."""

    def measure(runs: Mornings) -> Iterator[Row]:
        each = requests_each(runs)
        yield Row("requests a purchase", 1 + p + p**2, mean_of(each) if p < 1 else exactly(each.mean()), 0.01)

    return Case(
        name,
        f"naive, calls fail with probability {p:g}, 2 retries",
        "geometric: 1 + p + p^2",
        bare_world(4_000, 10.0, {"provider": {"failed": f"{p:.0%}"}}),
        bare_design("naive", {"app": {"retry": TWO_RETRIES}}),
        measure,
        more=5,
    )


def layers() -> Case:
    """The customer taps four times, the app sends each tap four times, and the provider refuses every call."""

    def measure(runs: Mornings) -> Iterator[Row]:
        yield Row("requests a purchase", 16.0, exactly(requests_each(runs).mean()))

    customers = {"after_patience": {"tap_again": "100%", "refresh": 0, "leave": 0}, "max_submissions": 4}
    return Case(
        "layers",
        "naive, everything fails: 4 attempts of the app under 4 taps of the customer",
        "layers multiply: 4 x 4 (SRE book, Addressing Cascading Failures)",
        bare_world(300, 1.0, {"customers": customers, "provider": {"failed": "100%"}}),
        bare_design("naive", {"app": {"retry": {"fixed": {"delay": "1s", "attempts": 4}}}}),
        measure,
    )


def budget(name: str, p: float) -> Case:
    """A retry budget allows 10 % of the first requests as retries; the ten tokens that it starts with come on top."""

    def measure(runs: Mornings) -> Iterator[Row]:
        extra = sum(10 / len(tables.purchases) for tables, _ in runs) / len(runs)
        most = 1.10 + extra
        load = float(np.mean([requests_each([run]).mean() for run in runs]))
        yield Row("requests a purchase / the most allowed", 1.0, exactly(round(load / most, 3)))

    return Case(
        name,
        f"naive, calls fail with probability {p:g}, 2 retries within a budget of 10 %",
        "SRE book, Handling Overload: at most 1.1 times, however much fails",
        bare_world(4_000, 10.0, {"provider": {"failed": f"{p:.0%}"}}),
        bare_design("naive", {"app": {"retry": TWO_RETRIES, "retry_budget": "10%"}}),
        measure,
        more=3,
    )


def _gaps_s(tables: Tables, attempts: int) -> np.ndarray:
    """Seconds between the attempts of each purchase, shape (purchases, attempts - 1); every purchase made `attempts`."""
    order = np.lexsort((tables.requests["sent_s"], tables.requests["purchase"]))
    return np.diff(tables.requests["sent_s"][order].reshape(-1, attempts), axis=1)


def backoff() -> Case:
    """Equal jitter sleeps v/2 + U(0, v/2), with v doubling up to its cap: 3v/4 on average."""

    def measure(runs: Mornings) -> Iterator[Row]:
        sleeps_s = np.concatenate([_gaps_s(tables, 6) for tables, _ in runs])
        for n, v in enumerate((0.5, 1.0, 2.0, 4.0, 5.0), 1):
            yield Row(f"sleep before retry {n} (s)", 0.75 * v, mean_of(sleeps_s[:, n - 1]), 0.01)

    return Case(
        "backoff",
        "equal jitter from 500 ms to 5 s, six attempts, everything fails",
        "3v/4; from the second on what stripe-python sleeps: .75, 1.5, 3, 3.75 s",
        bare_world(1_000, 1.0, {"provider": {"failed": "100%"}}),
        bare_design("naive", {"app": {"retry": {"equal_jitter": {"base": "500ms", "cap": "5s", "attempts": 6}}}}),
        measure,
        more=4,
    )


# Ten workers that take 100 ms serve 100/s; the app waits for 1 s, then tries once more at once. Bronson et al. (HotOS 2021)
# describe a database that serves 300/s, also with 1 s and one retry: it recovers from any slow spell at a load below 150/s, and
# at 280/s it never does.
CAPACITY_PER_S = 100.0
AT_ONCE = {"fixed": {"delay": "0s", "attempts": 2}}
BACK_OFF = {"full_jitter": {"base": "10s", "cap": "10s", "attempts": 2}}
METASTABLE = "Bronson et al., Metastable Failures in Distributed Systems (HotOS 2021): stuck if mu / (1 + R) < lambda < mu"


def spell(
    name: str, title: str, share: float, knobs: dict[str, Any], *, stuck: bool, slow: bool = True, until_s: float = 50.0
) -> Case:
    """The checkout is ten times slower for 5 s, and then has time to recover: are customers answered in the last 10 s?"""

    def measure(runs: Mornings) -> Iterator[Row]:
        answered = []
        for tables, _ in runs:
            last = tables.purchases["submitted_s"] > until_s - 10.0
            answered.append(float((~np.isnan(tables.purchases["acknowledged_s"][last])).mean()))
        recovered = np.mean([share > 0.5 for share in answered])
        yield Row("mornings that recover", 0.0 if stuck else 1.0, exactly(float(recovered)))
        collapsed = np.mean([evidence.metrics["collapsed_share"] for _, evidence in runs])
        yield Row("collapsed_share", float(stuck), exactly(float(collapsed)))

    per_s = share * CAPACITY_PER_S
    fault = {"slow": "checkout", "at": "07:00:05", "for": "5s", "times": "x10"}
    app = {"timeout": "1s", "retry": knobs.pop("retry", AT_ONCE)}
    checkout = {"workers": 10, "service": {"exponential": "100ms"}}
    return Case(
        name,
        f"lambda = {share:g} mu, R = 1{title}",
        METASTABLE,
        bare_world(round(per_s * until_s), per_s, {"clock": {"drain": "5min"}, "faults": [fault] if slow else []}),
        bare_design("naive", merged({"app": app, "checkout": checkout}, knobs)),
        measure,
        more=10,
    )


CASES = (
    amplification("retries-20", 0.2),
    amplification("retries-50", 0.5),
    amplification("retries-outage", 1.0),
    layers(),
    backoff(),
    budget("budget-20", 0.2),
    budget("budget-50", 0.5),
    budget("budget-outage", 1.0),
    spell("calm-above-threshold", ", and no spell", 0.6, {}, stuck=False, slow=False),
    spell("collapse", "", 0.6, {}, stuck=True),
    spell("collapse-high", "", 0.9, {}, stuck=True),
    spell("just-above-threshold", "", 0.55, {}, stuck=True, until_s=120.0),
    spell("just-below-threshold", "", 0.45, {}, stuck=False, until_s=120.0),
    spell("below-threshold", "", 0.4, {}, stuck=False),
    spell("backoff-in-a-crowd", ", a back-off of up to 10 s", 0.6, {"retry": BACK_OFF}, stuck=True),
    spell("deadline-drop", ", stale work is dropped", 0.6, {"checkout": {"deadline_drop": True}}, stuck=False),
    spell("queue-limit", ", a queue of at most 30", 0.6, {"checkout": {"queue_limit": 30}}, stuck=False),
    spell("retry-budget", ", retries within a budget of 10 %", 0.6, {"app": {"retry_budget": "10%"}}, stuck=False),
)
