"""Every legal value has an end, and what can't be meant is refused before it takes minutes or all of the memory."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from sim.architectures import load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.library import digest, parse_scenario
from sim.config.yamlfile import Source

WORLD = 'name: x\nclock: {{start: "07:00", duration: 1min}}\ntraffic: {{rate: 6/min}}\n{}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("recovery: {reconcile_every: 1e-300s}", "recovery.reconcile_every: must be at least 100ms"),
        ("checkout: {autoscale: {min: 1, max: 9, every: 1us}}", "checkout.autoscale.every: must be at least 100ms"),
        ("relay: {poll_every: 1us}", "relay.poll_every: must be at least 1ms"),
        ("broker: {visibility: 1us}", "broker.visibility: must be at least 10ms"),
        ("checkout: {queue_limit: 99999999999}", "checkout.queue_limit: must be at most 10,000,000"),
    ],
)
def test_designs(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_design(f"from: outbox\n{text}\n")


def test_batches() -> None:
    with pytest.raises(ConfigError, match=r"completer\.batch: must be at most 1,000,000"):
        parse_design("from: idempotent\ncompleter: {batch: 999999999999}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customers: {polling: {every: 1us}}", "customers.polling.every: must be at least 100ms"),
        ("network: {latency: {lognormal: {median: 1e300s, sigma: 5}}}", r"median: too large for this sigma"),
        ("customers: {max_submissions: 1_000}", r'customers.max_submissions: expected a whole number \(got "1_000"\)'),
        ("network: {latency: {'(read from the file)': [1]}}", r"network.latency.\(read from the file\): unknown key"),
        ('faults: [{crash: payment, after: charge, times: 99999999999}]', "times: must be at most 1,000,000"),
        ("summary: \"\\Uffffffff\"", "not valid YAML: an escape"),
        ("summary: \"\\ud800\"", r"summary: a character that can't be printed \('\\ud800'\); leave it out"),
        ("summary: \"a\\x9bb\"", r"summary: a character that can't be printed \('\\x9b'\)"),
        ("summary: \"a\\u202eb\"", r"summary: a character that can't be printed \('\\u202e'\)"),
        ("summary: \"a\\ufffeb\"", r"summary: a character that can't be printed \('\\ufffe'\)"),
        ("story: \"a\\ab\"", r"story: a character that can't be printed \('\\x07'\)"),
    ],
)  # fmt: skip
def test_scenarios(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_scenario(WORLD.format(text))


@pytest.mark.parametrize("fault", ["brownout: provider, for: 1us, latency: x2", "crash: checkout, restart: 0s"])
def test_faults_without_a_pause(fault: str) -> None:
    """They are counted, and more than can be meant are refused as soon as the morning begins."""
    from sim.world.faults import FaultPlan
    from sim.world.streams import Streams

    scenario = parse_scenario(WORLD.format(f"faults: [{{{fault}, every: {{constant: 0s}}}}]"))
    began = time.perf_counter()
    with pytest.raises(ConfigError, match="times in a morning, which can't be meant"):
        FaultPlan(scenario, Streams(0))
    assert time.perf_counter() - began < 20


def test_thousands_of_unknown_keys() -> None:
    """Each is compared with all that are known, so they are refused at once."""
    began = time.perf_counter()
    with pytest.raises(ConfigError, match=r"x.yaml:1:1: 19,000 keys; that can't be meant"):
        Source("".join(f"k{number}: 1\n" for number in range(19_000)), "x.yaml")
    assert time.perf_counter() - began < 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["outbox", "no-inbox"])
def test_digests_do_not_depend_on_how_python_runs(name: str) -> None:
    """Without docstrings (-OO) a design is the same design, so results that are kept are found."""
    imports = "from sim.architectures import load_design; from sim.config.library import digest"
    program = f"{imports}; print(digest(load_design({name!r})))"
    done = subprocess.run([sys.executable, "-OO", "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == digest(load_design(name))
