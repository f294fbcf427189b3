"""Another value at one place of a scenario or design, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.errors import ConfigError
from sim.config.knobs import knobs
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.experiment.altering import altered, changed, has, split, value_of

RUSH = load_scenario("morning-rush")


@pytest.mark.parametrize("model", [RUSH, *map(load_design, ARCHITECTURES)], ids=lambda m: m.name)
def test_a_value_set_to_itself_changes_nothing(model: Scenario) -> None:
    """Every key of a file can be set to the value that it has."""
    for knob in knobs(model, model):
        assert has(model, knob.path) or knob.path[0] in ("name", "summary", "story"), knob.path
        assert altered(model, knob.path, knob.value) == model, knob.path


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("faults[0].for", "2min", lambda s, _: s.faults[0].lasts.constant == 120),
        ("faults.0.latency", "x3", lambda s, _: s.faults[0].latency == 3),
        ("provider.latency.lognormal.median", "1s", lambda s, _: s.provider.latency.lognormal.median == 1),
        ("provider.latency.constant", "1s", lambda s, _: s.provider.latency.constant == 1),
        ("traffic.profile.purchases", 7, lambda s, _: s.traffic.profile.purchases == 7),
        ("objectives.ack_latency_p95", "2s", lambda s, _: s.objectives["ack_latency_p95"] == 2),
        ("checkout.queue_limit", "none", lambda _, d: d[0].checkout.queue_limit is None and d[1].checkout.queue_limit is None),
        ("relay.poll_every", "1s", lambda _, d: d[1].relay.poll_every == 1 and not hasattr(d[0], "relay")),
        ("app.retry.fixed.delay", "1s", lambda _, d: d[0].app.retry.fixed.delay == 1),
    ],
)  # fmt: skip
def test_keys_lead_into_scenarios_and_designs(key: str, value: object, found: object) -> None:
    """A dotted key leads to one place, also in lists, in one-of mappings and where only some designs have it."""
    scenario, designs = changed(RUSH, [load_design("naive"), load_design("outbox")], {key: value})
    assert found(scenario, designs)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("checkout.wokers", 3, 'checkout.wokers: unknown key; did you mean "checkout.workers"?'),
        ("workers", 3, 'workers: unknown key; did you mean "checkout.workers"?'),
        ("faults[9].for", "2min", "faults[9].for: unknown key"),
        ("name", "x", "name: unknown key"),
        ("checkout.workers", "many", 'checkout.workers: expected a whole number (got "many")'),
        ("checkout.workers", 0, "checkout.workers: must be at least 1 (got 0)"),
        ("checkout.workers", 1, "checkout: 2 instances need at least as many workers"),
        ("faults[0].for", 3, "faults[0].for.constant: a bare number: add the unit"),
        ("faults[0].at", "11:00", "faults[0].at: outside of the simulated morning"),
        ("provider.declined", "-4%", "provider.declined: must not be negative"),
    ],
)
def test_what_cannot_be_is_said_of_its_key(key: str, value: object, message: str) -> None:
    """Errors name the key, what was expected and the nearest valid name."""
    with pytest.raises(ConfigError) as error:
        changed(RUSH, [load_design("naive")], {key: value})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("keys", [("provider.failed", "provider.ambiguous"), ("provider.ambiguous", "provider.failed")])
def test_one_change_makes_room_for_another(keys: tuple[str, str]) -> None:
    """Of two shares of one draw one may grow by what the other loses, in whatever order they are named; not by more."""
    before = altered(RUSH, split("provider.failed"), "80%")
    shares = {"provider.failed": "10%", "provider.ambiguous": "85%"}
    after, _ = changed(before, [], {key: shares[key] for key in keys})
    assert (after.provider.failed, after.provider.ambiguous) == (0.1, 0.85)
    too_much = {"provider.failed": "20%", "provider.ambiguous": "85%"}
    with pytest.raises(ConfigError, match=r"^provider: a call has one fate, but failed 20% \+ ambiguous 85% = 105%"):
        changed(before, [], {key: too_much[key] for key in keys})


def test_what_was_read_from_files_stays(tmp_path: Path) -> None:
    """A scenario with files of its own keeps their content, wherever one is by then."""
    (tmp_path / "arrivals.csv").write_text("seconds\n25200\n25210\n")
    (tmp_path / "latency.csv").write_text("seconds\n0.1\n0.2\n")
    (tmp_path / "own.yaml").write_text(
        "name: own\nclock: {start: '07:00', duration: 1h}\n"
        "traffic: {arrivals: {file: arrivals.csv}}\nprovider: {latency: {empirical: latency.csv}}\n"
    )
    own = load_scenario(str(tmp_path / "own.yaml"))
    for path, value in ((split("traffic.price"), "7 USD"), (split("provider.declined"), "1%"), (split("clock.drain"), "1min")):
        other = altered(own, path, value)
        assert other != own
        assert other.traffic.arrivals == own.traffic.arrivals
        assert other.provider.latency.samples == (0.1, 0.2)


def test_values_are_read_as_in_files() -> None:
    """Numbers, words, `none` and mappings."""
    assert [value_of(text) for text in ("16", "250ms", "none", "{exponential: 4ms}", "true")] == [
        16, "250ms", "none", {"exponential": "4ms"}, True,
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="not closed"):
        value_of("{exponential: 4ms")
