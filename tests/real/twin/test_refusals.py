"""What the twin can't do is refused before anything starts, and the message names the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.real.twin.supervisor import live
from tests.real.twin.lives import both, counted, patient
from tests.worlds import design

OWN = '''
from sim.config.design import Design
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply


class Mine(Design):
    """One order a request, and a hasty answer."""

    def handle(self, shop, request):
        yield shop.compute(request)
        order = yield from shop.insert(request)
        outcome = yield from shop.charge(order)
        {slip}
        changed = yield from shop.settle(order, outcome)
        if changed:
            yield from shop.publish(order)
        return Reply(Answer.CONFIRMED if outcome is Outcome.CAPTURED else Answer.FAILED, order)
'''


@pytest.mark.parametrize(
    ("text", "name", "knobs", "key"),
    [
        ("accounts: {croissants: 40}", "idempotent", {}, "w: accounts: the twin has no accounts"),
        ('renewals: {count: 3, at: "07:00"}', "idempotent", {}, "w: renewals: the twin has no renewals"),
        ('faults: [{rebalance: all, at: "07:00"}]', "outbox", {}, r"w: faults\[0\].rebalance: the twin has no rebalances"),
        ("", "naive", {"checkout": {"queue": "per_instance"}}, "naive: checkout.queue: the twin has no queue for each"),
        ("", "naive", {"proxy": {}}, "naive: proxy: the twin has no proxy"),
        ("", "naive", {"payment": {"in_transaction": True}}, "naive: payment.in_transaction: the twin has no calls inside"),
        ("", "naive", {"payment": {"sdk": {}}}, "naive: payment.sdk: the twin has no client library"),
        ("", "naive", {"database": {"replica": {}}}, "naive: database.replica: the twin has no replicas"),
        ("", "naive", {"loyalty": {"inline": True}}, "naive: loyalty.inline: the twin has no direct calls"),
        ("", "outbox", {"broker": {"dead_letters": {}}}, "outbox: broker.dead_letters: the twin has no dead letters"),
        ("", "outbox", {"broker": {"batch": 10}}, "outbox: broker: the twin has no commits in bulk"),
        ("", "outbox", {"payment": {"after": "1min"}}, "outbox: payment.after: the twin has no messages that wait"),
        ("", "outbox", {"payment": {"autoscale": {"min": 1, "max": 30}}}, "outbox: payment.autoscale: the twin has no autosc"),
        ("", "naive", {"checkout": {"autoscale": {"min": 2, "max": 30}}}, "naive: checkout.autoscale: the twin has no autosc"),
    ],
)
def test_what_it_has_not_is_named(text: str, name: str, knobs: dict[str, Any], key: str) -> None:
    scenario = parse_scenario(f'name: w\nclock: {{start: "07:00", duration: 1min}}\n{text}')
    with pytest.raises(ConfigError, match=key):
        live(scenario, design(name, knobs), 0)


@pytest.mark.parametrize("speed", [0.0, -1.0, 2000.0, float("nan")])
def test_time_passes_and_not_too_fast(speed: float) -> None:
    with pytest.raises(ConfigError, match="speed: expected more than 0 and at most 1000"):
        live(patient(), design("naive"), 0, speed=speed)


@pytest.mark.slow
def test_an_architecture_of_ones_own_runs_from_the_same_source(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(slip="pass"))
    _, real, model = both(patient(), load_design(tmp_path / "mine.py"))
    assert counted(real) == counted(model) == {"charged": [1], "ordered": [1], "awarded": [1]}


@pytest.mark.slow
def test_its_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(slip="order.nonsense()"))
    with pytest.raises(ConfigError, match=r"mine\.py:14: AttributeError: .*nonsense.*customer 0"):
        live(patient(), load_design(tmp_path / "mine.py"), 0, speed=10.0)


def test_a_long_path_for_temporary_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a Unix socket in it would be too long."""
    monkeypatch.setattr("tempfile.tempdir", "/" + "x" * 79)
    with pytest.raises(ConfigError, match="set TMPDIR to one of at most 72"):
        live(patient(), load_design("naive"), 0)
