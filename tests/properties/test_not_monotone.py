"""Where more of a good thing does harm: tiny worlds outside of the classes in `test_monotone.py`, one for each temptation."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.validation.bare import NO_TIME, bare_design, bare_world
from sim.vocabulary import Fate, Outcome
from tests.properties.test_monotone import bare, per_purchase
from tests.properties.world import Data, World

BRIEF: Data = {"constant": "100ms"}


def simulated(architecture: str, scenario: Data, design: Data, *, at: tuple[str, ...] = ("07:00",)) -> tuple[Tables, Evidence]:
    """One customer, unless more come, and constant times."""
    world = {"name": "tiny", **bare_world(1, 1.0, {"traffic": {"times": at}, **scenario, "clock": {"duration": "1min"}})}
    return World({**world, "traffic": {"times": list(at)}}, bare_design(architecture, design), 0).simulated()


def test_more_patience_more_charges() -> None:
    """Who leaves early stops the app's retries; who waits lets it charge the card three times."""

    def charged(patience: str) -> int:
        app = {"timeout": "2s", "retry": {"fixed": {"delay": "1s", "attempts": 3}}}
        customers = {"patience": {"constant": patience}}
        scenario = {"customers": customers, "provider": {"latency": {"constant": "5s"}}}
        return int(simulated("naive", scenario, {"app": app, "payment": {"timeout": "1min"}})[1].audit.charged[0])

    assert (charged("1s"), charged("1h")) == (1, 3)


def test_more_workers_more_failures() -> None:
    """Few workers are a throttle: ten of them run into the provider's rate limit, one doesn't."""

    def failed(workers: int) -> int:
        checkout = {"workers": workers, "instances": 1, "service": {"constant": "1s"}}
        provider = {"rate_limit": "2/s", "latency": NO_TIME}
        tables, _ = simulated("naive", {"provider": provider}, {"checkout": checkout}, at=("07:00",) * 10)
        return int((tables.charges["outcome"] == Outcome.FAILED).sum())

    assert (failed(1), failed(10)) == (0, 8)


def test_a_longer_memory_of_the_provider_less_coffee() -> None:
    """An error that is stored with the key is replayed for as long as the key lives: forgetting it sooner heals sooner."""

    def confirmed(ttl: str) -> list[int]:
        provider = {"latency": BRIEF, "errored": "50%", "keys": {"ttl": ttl, "stores_errors": True}}
        payment = {
            "after_error": "same_key",
            "workers": 100,
            "breaker": None,
            "retry": {"fixed": {"delay": "5s", "attempts": 8}},
        }
        return bare("outbox", {"provider": provider}, {"payment": payment}, 1).simulated()[1].audit.ordered.tolist()

    short, long = sum(confirmed("3s")), sum(confirmed("24h"))
    assert short > 1.5 * long > 0


def test_a_longer_memory_of_the_provider_more_charges() -> None:
    """Where calls outlast our timeout, a key that lives longer can charge somebody more often.

    A short-lived key lets the second call through, which charges again, is answered, and ends the matter. With a longer life
    the second call is refused as being in flight, so more are made, and those that charge again outlast our timeout as well.
    """

    def charged(ttl: str) -> np.ndarray:
        provider = {"latency": {"lognormal": {"median": "2s", "sigma": 1.5}}, "keys": {"ttl": ttl, "in_flight": "conflict"}}
        payment = {"timeout": "1s", "workers": 1000, "breaker": None, "retry": {"fixed": {"delay": "5s"}}}
        return bare("outbox", {"provider": provider}, {"payment": payment}, 1).simulated()[1].audit.charged

    short, long = charged("5s"), charged("8s")
    assert (long > short).any()
    assert long.sum() < short.sum()  # it helps most people all the same


def test_more_retries_fewer_requests() -> None:
    """An app that waits and tries again after a minute spares the provider a customer who taps all through the outage."""

    def requests(attempts: int) -> int:
        customers = {"after_patience": {"tap_again": "100%", "refresh": 0, "leave": 0}, "max_submissions": 8}
        faults: list[Any] = [{"outage": "provider", "at": "07:00", "for": "30s"}]
        app = {"retry": {"fixed": {"delay": "1min", "attempts": attempts}}}
        return len(simulated("naive", {"customers": customers, "faults": faults}, {"app": app})[0].requests)

    assert (requests(1), requests(2)) == (8, 2)


def test_a_longer_timeout_of_the_app_more_requests() -> None:
    """Who waits long for an answer that is lost tries again when the weather has turned."""

    def requests(timeout: str) -> int:
        faults: list[Any] = [
            {"brownout": "provider", "at": "07:00", "for": "1s", "latency": "x1", "ambiguous": "100%"},
            {"outage": "provider", "at": "07:00:05", "for": "30s"},
        ]
        app = {"timeout": timeout, "retry": {"fixed": {"delay": "1s", "attempts": 3}}}
        tables, _ = simulated("naive", {"faults": faults}, {"app": app, "payment": {"timeout": "1min"}})
        return len(tables.requests)

    assert (requests("1s"), requests("6s")) == (2, 3)


def test_a_longer_queue_fewer_in_time() -> None:
    """A queue that refuses nobody lets everybody wait for longer than the app does: nobody is served in time but the first."""

    def answered(limit: int | None) -> tuple[int, int]:
        checkout = {"workers": 1, "instances": 1, "service": {"constant": "1s"}, "queue_limit": limit}
        at = tuple(f"07:00:{second:02d}" for second in range(40) for _ in range(2))
        design = {"checkout": checkout, "app": {"timeout": "3s"}}
        tables, _ = simulated("naive", {}, design, at=at)
        in_time = int((tables.requests["answer"] == 201).sum())
        return in_time, int(per_purchase(tables, tables.requests["purchase"][tables.requests["fate"] == Fate.REJECTED]).sum())

    (short, refused), (long, none) = answered(1), answered(None)
    assert (short > 35, refused > 35, long < 10, none) == (True, True, True, 0)
