"""Two mechanisms at once: what neither shows alone."""

from __future__ import annotations

from tests.cases import harmed

CHALLENGED = """
name: challenged
clock: {start: "12:00", duration: 10min, drain: 40min}
traffic: {rate: 20/min, price: 40 USD}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 500ms}, challenge: {p: 100%, takes: {constant: 20s}}}
"""


def test_a_return_passes_through_a_proxy() -> None:
    """Behind a proxy a customer who comes back is a return as well: the order is confirmed, though nobody else tells of it."""
    alone = "from: naive\napp: {timeout: 30s}\n"
    for design in (alone, alone + "proxy: {timeout: 20s}\n"):
        assert harmed(CHALLENGED, design, "never_confirmed", "double_charge", "orphan_charge", mornings=1)[0] == 0


def test_a_begun_payment_may_be_repeated_by_the_client_library() -> None:
    """A library that repeats with a fresh key has two authorisations made of one: one is taken, and the other is released."""
    world = CHALLENGED.replace("challenge: {p: 100%, takes: {constant: 20s}}", "ambiguous: 30%").replace("500ms", "600ms")
    fresh = (
        "from: outbox\npayment: {capture: {after: 1min}, sdk: {key: KEY, timeout: 1s}}\nrecovery: {reconcile_every: RECOVERY}\n"
    )
    twice = fresh.replace("KEY", "fresh").replace("RECOVERY", "none")
    assert harmed(world, twice, "blocked", mornings=1)[0] > 0
    assert harmed(world, twice.replace("fresh", "same"), "blocked", mornings=1)[0] == 0
    assert harmed(world, fresh.replace("KEY", "fresh").replace("RECOVERY", "60s"), "blocked", mornings=1)[0] == 0
