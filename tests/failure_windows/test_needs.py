"""`coffee lint SCENARIO` says which failure windows can't show, and which bundled designs the traffic is too much for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.architectures.lint import lint
from sim.config.bundled import full_name
from sim.config.library import load_scenario, parse_scenario
from sim.experiment.room import TOO_SMALL, with_room
from sim.failure_windows.needs import NEEDS, missing
from tests.cli.coffee import coffee

BUSY = """name: on-sale
clock: {start: "09:55", duration: 15min}
traffic: {steps: {"09:55": 1/s, "10:00": 12/s}}
customers: {after_patience: {tap_again: 0%, refresh: 50%, leave: 50%}}
provider: {latency: {constant: 700ms}}
"""


@pytest.mark.parametrize("need", NEEDS, ids=[need.window for need in NEEDS])
def test_a_window_has_what_it_needs(need) -> None:  # type: ignore[no-untyped-def]
    """Its own world has it, and a world in which nothing is said to go wrong has not."""
    assert need.has(load_scenario(full_name(need.window.lower())))
    assert not need.has(parse_scenario(BUSY))


def test_missing() -> None:
    """The flagship lacks five of them, and no other."""
    assert [need.window for need in missing(load_scenario("morning-rush"))] == ["W6", "W9", "W12", "W13", "W15"]


def test_a_scenario_alone(tmp_path: Path) -> None:
    """How many come, what can't show, and what is too small: 40 a second for 0.7 s and a little more keep 29 workers busy."""
    (tmp_path / "busy.yaml").write_text(BUSY.replace("12/s", "40/s"))
    done = coffee("lint", str(tmp_path / "busy.yaml"))
    assert done.exit_code == 0
    text = " ".join(done.stdout.split())
    assert "on-sale: about 24,300 purchases a morning, at most 40 a second" in text
    assert "W8 a relay that dies ({crash: relay, after: publish})" in text
    assert "naive checkout.workers: at the worst moment first taps alone keep 28.7 checkout workers busy, of 16" in text
    found = json.loads(coffee("lint", str(tmp_path / "busy.yaml"), "--json").stdout)
    assert (found["purchases"], found["peak_per_s"]) == (24300, 40)
    assert {one["design"] for one in found["overloaded"]} == {"naive", "idempotent", "outbox", "inquiry", "webhooks-first"}


@pytest.mark.parametrize("name", ["naive", "idempotent", "outbox", "inquiry"])
def test_room_for_the_traffic(name: str) -> None:
    """Whatever was too small is made larger, nothing else is, and the rule is silent then."""
    world, design = parse_scenario(BUSY.replace("12/s", "40/s")), load_design(name)
    roomy, changes = with_room(design, world)
    assert changes
    assert not [hazard for hazard in lint(roomy, world) if hazard.rule in TOO_SMALL]
    assert with_room(roomy, world) == (roomy, [])
    assert with_room(design, parse_scenario(BUSY.replace("12/s", "2/s"))) == (design, [])


def test_room_for_what_an_outage_leaves() -> None:
    """40 a second, each held for 5 s, for four minutes: 9,600 orders, of which 20 every 5 s take 2,400 s of 2,160."""
    outage = 'faults: [{outage: provider, at: "10:00", for: 4min, how: hangs}]'
    world = parse_scenario(f"{BUSY.replace('12/s', '40/s')}{outage}")
    roomy, changes = with_room(load_design("idempotent"), world)
    assert changes == [("checkout.workers", "251"), ("completer.batch", "28")]
    assert with_room(roomy, world) == (roomy, [])


def test_compare_fits_to_the_traffic(tmp_path: Path) -> None:
    """`--fit-to-traffic` says what it made larger, and the numbers are those of the larger designs."""
    (tmp_path / "busy.yaml").write_text(BUSY.replace("12/s", "30/s").replace("15min", "6min"))
    few = ("compare", str(tmp_path / "busy.yaml"), "naive", "-n", "1", "-j", "1", "--no-report", "--json")
    fitted = coffee(*few, "--fit-to-traffic")
    assert "made larger for this traffic: naive: checkout.workers=27" in fitted.stderr
    by_hand = coffee(*few, "--set", "checkout.workers=27")
    assert json.loads(fitted.stdout)["designs"] == json.loads(by_hand.stdout)["designs"]
    assert json.loads(fitted.stdout)["designs"] != json.loads(coffee(*few).stdout)["designs"]
