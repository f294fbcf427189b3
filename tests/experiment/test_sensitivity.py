"""Assumptions are found, altered and judged one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.library import load_scenario, parse_scenario
from sim.config.prices import LINES, load_prices
from sim.config.scenario import Scenario
from sim.experiment import measuring
from sim.experiment.altering import altered
from sim.experiment.effort import Effort
from sim.experiment.measuring import measured
from sim.experiment.mornings import count
from sim.experiment.sensitivity import Effect, assumptions, sensitivity
from sim.experiment.workers import crew

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_effect_by_hand(effects: list[Effect]) -> None:
    """A network of half the latency saves twice 10 ms of every acknowledgement, and nothing else changes."""
    halved = {e.design: e for e in effects if e.input.name == "network.latency" and e.value == "{constant: 10ms}"}
    for design in ("naive", "outbox"):
        assert halved[design].differences["ack_latency_p95"].difference == pytest.approx(-0.02, abs=1e-9)
        assert halved[design].clear("ack_latency_p95")
        assert halved[design].differences["double_charge_rate"].difference == 0
        assert not halved[design].clear("double_charge_rate")
        assert not halved[design].turned


@pytest.mark.slow
def test_a_verdict_that_turns(effects: list[Effect]) -> None:
    """naive answers within 700 ms as things are, and no more if the provider is half as fast; outbox doesn't wait for it."""
    turned = {(e.design, e.input.name, e.value): e.turned for e in effects if e.turned}
    assert turned == {("naive", "provider.latency", "{constant: 1s}"): {"ack_latency_p95": ("met", "violated")}}


@pytest.mark.slow
def test_each_design_has_its_own_assumptions(effects: list[Effect]) -> None:
    """Payment workers are altered in outbox alone, the checkout's in both."""
    of = {name: {e.design for e in effects if e.input.name == name} for name in ("payment.workers", "checkout.workers")}
    assert of == {"payment.workers": {"outbox"}, "checkout.workers": {"naive", "outbox"}}


@pytest.mark.slow
def test_prices_that_are_assumed_are_assumptions(effects: list[Effect]) -> None:
    """They move the cost by what the bill says, and nothing else; a list price is none, nor a share doubled beyond 1."""
    of = {(e.design, e.input.name, e.value): e for e in effects}
    doubled = of["naive", "prices.database_hour", "0.45"]
    assert doubled.clear("infra_cost_per_1000")
    moved = {metric for metric, difference in doubled.differences.items() if difference.difference}
    assert moved == {"infra_cost_per_1000", "cost_per_1000", "monthly_cost"}
    assert doubled.differences["monthly_cost"].difference == pytest.approx(730 * 0.225), "another database all month"
    assert not {name for _, name, _ in of} & {"prices.dispute", "prices.fee_share", "prices.vcpu_hour"}
    assert {value for _, name, value in of if name == "prices.p_contact_double_charge"} == {"0.4"}
    assert {value for _, name, value in of if name == "prices.p_dispute"} == {"0.025", "0.1"}


def test_what_is_called_an_assumption_is_one_in_the_usual_table() -> None:
    """The lines whose source says so, and no others."""
    scenario = parse_scenario(CALM)
    told = {known.path[1] for known, _ in assumptions(scenario) if known.path[0] == "prices"}
    prices = load_prices(scenario.prices)
    assert told == {line for line in LINES if getattr(prices, line).source.startswith("assumption")}


def test_runs_that_differ_by_prices_are_simulated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And their values are those of the same runs one by one."""
    simulated = []
    monkeypatch.setattr(measuring, "count", lambda *run: simulated.append(run) or count(*run))
    world, naive = parse_scenario(CALM), load_design("naive")
    dear = altered(world, ("prices", "contact"), 80)
    slow = altered(world, ("provider", "latency"), {"constant": "1s"})
    runs = [(world, naive), (dear, naive), (slow, naive), (altered(slow, ("prices", "contact"), 80), naive)]
    with crew(1, "local") as workers:
        together = measured(workers, runs, range(2))
        assert len(simulated) == 2 * 2
        alone = [measured(workers, [run], range(2))[0] for run in runs]
    for mine, others in zip(together, alone, strict=True):
        assert all(np.array_equal(mine[name], others[name], equal_nan=True) for name in mine)
