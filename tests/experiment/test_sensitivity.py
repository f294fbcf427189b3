"""Assumptions are found, altered and judged one at a time."""

from __future__ import annotations

import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.library import load_scenario, parse_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import altered
from sim.experiment.effort import Effort
from sim.experiment.sensitivity import Effect, assumptions, sensitivity

CALM = """
name: calm
clock: {start: "07:00", duration: 4min, drain: 4min}
traffic: {rate: 20/min}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 500ms}}
objectives: {ack_latency_p95: 700ms}
"""


@pytest.fixture(scope="session")
def effects() -> list[Effect]:
    return sensitivity(parse_scenario(CALM), ["naive", "outbox"], Effort(3, jobs=1))


@pytest.mark.parametrize("model", [load_scenario("morning-rush"), *map(load_design, ARCHITECTURES)], ids=lambda m: m.name)
def test_every_assumption_can_be_altered(model: Scenario) -> None:
    """Halved and doubled values are legal, and change that key and no other, but for shares that add up to 1."""
    known = list(assumptions(model))
    assert len(known) >= 10
    assert sum(bool(values) for _, values in known) >= 0.8 * len(known)
    for one, values in known:
        for value in values:
            changed = altered(model, one.path, value)
            pairs = zip(known, assumptions(changed), strict=True)
            different = {old.name for (old, _), (new, _) in pairs if old.value != new.value}
            assert one.name in different
            assert all(name == one.name or "after_patience" in one.name for name in different)


def test_what_people_do_adds_up() -> None:
    """More who tap again are taken from those who refresh and who leave, in proportion."""
    changed = altered(load_scenario("morning-rush"), ("customers", "after_patience", "tap_again"), "70%")
    assert isinstance(changed, Scenario)
    what = changed.customers.after_patience
    assert (what.tap_again, what.refresh, what.leave) == pytest.approx((0.7, 0.3 * 40 / 65, 0.3 * 25 / 65))


def test_an_effect_by_hand(effects: list[Effect]) -> None:
    """A network of half the latency saves twice 10 ms of every acknowledgement, and nothing else changes."""
    halved = {e.design: e for e in effects if e.input.name == "network.latency" and e.value == "{constant: 10ms}"}
    for design in ("naive", "outbox"):
        assert halved[design].differences["ack_latency_p95"].difference == pytest.approx(-0.02, abs=1e-9)
        assert halved[design].clear("ack_latency_p95")
        assert halved[design].differences["double_charge_rate"].difference == 0
        assert not halved[design].clear("double_charge_rate")
        assert not halved[design].turned


def test_a_verdict_that_turns(effects: list[Effect]) -> None:
    """naive answers within 700 ms as things are, and no more if the provider is half as fast; outbox doesn't wait for it."""
    turned = {(e.design, e.input.name, e.value): e.turned for e in effects if e.turned}
    assert turned == {("naive", "provider.latency", "{constant: 1s}"): {"ack_latency_p95": ("met", "violated")}}


def test_each_design_has_its_own_assumptions(effects: list[Effect]) -> None:
    """Payment workers are altered in outbox alone, the checkout's in both."""
    of = {name: {e.design for e in effects if e.input.name == name} for name in ("payment.workers", "checkout.workers")}
    assert of == {"payment.workers": {"outbox"}, "checkout.workers": {"naive", "outbox"}}
