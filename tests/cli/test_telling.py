"""`list`, `show` and `schema` tell what there is, for people and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sim.architectures import ARCHITECTURES, design_names
from sim.cli.app import COMMANDS
from sim.config.library import names
from sim.config.presets import PRESETS
from sim.config.schema import design_schema, scenario_schema
from sim.documents.schema import results_schema
from sim.vocabulary import METRICS
from tests.cli.coffee import coffee


def test_list() -> None:
    """Every scenario, design and metric has its line; percentiles of one time share theirs."""
    text = coffee("list").stdout
    scenarios = [name.rpartition("/")[2] for name in names()]
    metrics = [name for name in METRICS if not name.endswith(("_p95", "_p99", "_p50"))]
    for name in [*scenarios, *design_names(), *PRESETS, *metrics]:
        assert f"\n  {name} " in text
    assert "ack_latency_p50/p95/p99" in text
    assert not any(line.endswith(" ") for line in text.splitlines())


def test_list_as_json() -> None:
    """As JSON the same, with units and directions of metrics."""
    document = json.loads(coffee("list", "--json").stdout)
    assert list(document) == ["scenarios", "designs", "presets", "metrics"]
    assert list(document["scenarios"]) == names()
    assert document["metrics"]["double_charge_rate"]["unit"] == "share"
    assert list(document["designs"])[:3] == ["naive", "idempotent", "outbox"]


def test_list_of_one_kind() -> None:
    """A kind has its sections, a word the lines that have it; a word that is nowhere is told what was meant."""
    designs = coffee("list", "designs").stdout
    assert "\n  outbox " in designs
    assert "\n  no-inbox " in designs
    assert "morning-rush" not in designs
    webhooks = coffee("list", "webhook").stdout
    assert "\n  w09-webhook-twice " in webhooks
    assert "\n  trusted-webhooks " in webhooks
    assert "naive" not in webhooks.replace("coffee", "")
    nowhere = coffee("list", "desigs")
    said = 'error: nothing has "desigs" in its line or its story; did you mean "designs"?\n'
    assert (nowhere.exit_code, nowhere.stderr) == (2, said)


@pytest.mark.parametrize("name", METRICS)
def test_show_a_metric(name: str) -> None:
    """What it counts, its unit, which way is better, its formula, and what an objective of it means."""
    text = " ".join(coffee("show", name).stdout.split())
    assert METRICS[name].summary in text
    assert " ".join(METRICS[name].formula.split()) in text
    assert f"{name} in a scenario's objectives is {METRICS[name].limits} what you give" in text


def test_show_a_key() -> None:
    """What it means, its default, where it may stand, and what may stand in it; a section shows all of its keys."""
    text = " ".join(coffee("show", "app.retry").stdout.split())
    assert "default {full_jitter: {base: 500ms, cap: 8s, attempts: 3}}" in text
    assert "in files of designs that start from naive, idempotent, outbox, inquiry" in text
    assert "full_jitter {base, cap, attempts}" in text
    assert "percentiles two or more, like {p50: 700ms, p95: 2.4s, p99: 6s}" in " ".join(
        coffee("show", "provider.latency").stdout.split()
    )
    payment = json.loads(coffee("show", "payment", "--json").stdout)
    assert {(one["key"], tuple(one["files"])) for one in payment["keys"]} >= {
        ("payment.timeout", ("naive", "idempotent", "outbox", "inquiry", "webhooks-first")),
        ("payment.workers", ("outbox",)),
    }
    assert 'did you mean "app.retry"?' in coffee("show", "app.retri").stderr
    assert coffee("show", "app.retry", "--story").exit_code == 2


@pytest.mark.parametrize("columns", ["60", "80", "120"])
@pytest.mark.parametrize("name", ["morning-rush", "outbox"])
def test_show_fits(name: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the width, no line of knobs is longer (a design's source keeps its own lines)."""
    monkeypatch.setenv("COLUMNS", columns)
    text = coffee("show", name, "--all").stdout
    knobs = text.partition("\napp  " if name == "outbox" else "\nclock  ")[2]
    assert knobs
    assert max(len(line) for line in knobs.splitlines()) <= int(columns)


def test_show_a_design() -> None:
    """A design's story is its own source, then every knob with its default's description; what is assumed says so."""
    text = coffee("show", "outbox").stdout
    for part in (
        "class Outbox(Design):",
        "def handle(self, shop: Shop",
        "charged at most once",
        "poll_every",
        "(assumption)",
        "500ms",
    ):
        assert part in text


def test_show_a_scenario() -> None:
    """A scenario's story, its knobs with a star where they differ from the default, its faults and objectives."""
    text = coffee("show", "morning-rush").stdout
    for part in ("A regional chain", " *  declined ", "brownout: provider", "at most 600 USD"):
        assert part in text
    assert "rate_limit" not in text
    others = re.search(r"(\d+) other keys have their defaults: coffee show morning-rush --all\n", text)
    assert others is not None
    whole = coffee("show", "morning-rush", "--all").stdout
    assert "rate_limit" in whole
    assert "aws-us-east-1" in whole
    assert " *  rate_limit" not in whole
    assert "other keys have their defaults" not in whole
    knobs = json.loads(coffee("show", "morning-rush", "--json").stdout)["knobs"]
    assert int(others[1]) == sum(knob["value"] == knob["default"] for knob in knobs)


def test_show_a_scenario_that_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without faults and objectives it says so."""
    monkeypatch.chdir(tmp_path)
    Path("bare.yaml").write_text("name: bare\n")
    text = coffee("show", "bare.yaml", "--all").stdout
    assert re.search(r"faults.*\n +none", text)
    assert re.search(r"objectives.*\n(.*\n)? +none", text)


def test_show_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value of a provider's keys is marked as published or assumed, by itself and under a scenario that uses it."""
    monkeypatch.chdir(tmp_path)
    Path("paypal.yaml").write_text("name: x\nprovider: {preset: paypal}\n")
    for text in (coffee("show", "paypal").stdout, coffee("show", "paypal.yaml").stdout):
        assert re.search(r"ttl +24h +assumption", text)
        assert re.search(r"stores_errors +false +published", text)
        assert "https://developer.paypal.com" in text
    assert json.loads(coffee("show", "paypal", "--json").stdout)["keys"]["ttl"]["mark"] == "assumption"
    assert 'did you mean "paypal"' in coffee("show", "paypall").stderr


def test_show_as_json(tiny: str) -> None:
    """As JSON, every knob has its value and default as they would stand in a file."""
    document = json.loads(coffee("show", tiny, "--json").stdout)
    knobs = {knob["key"]: knob for knob in document["knobs"]}
    assert document["kind"] == "scenario"
    assert knobs["provider.latency"]["value"] == {"exponential": "1s"}
    assert knobs["customers.double_tap.p"] == {
        "key": "customers.double_tap.p",
        "value": "20%",
        "default": "0%",
        "description": "share of submissions tapped twice",
    }
    assert knobs["objectives"]["value"] == {"double_charge_rate": "0%", "ack_latency_p95": "1s", "confirmed_share": "50%"}
    assert json.loads(coffee("show", "naive", "--json").stdout)["source"].startswith("class Naive(Design):")


@pytest.mark.parametrize(
    "command", sorted(COMMANDS.keys() - {"serve", "play", "provider"})
)  # they open or write a page, or serve, and print no result
def test_every_command_speaks_json(command: str) -> None:
    """With the same option everywhere, also where there is nothing else."""
    assert re.search(r"^ +--json ", coffee(command, "--help").stdout, re.MULTILINE)


def test_schema() -> None:
    """The schema of either kind of file, and that of results, is printed as JSON; scenarios are the default."""
    assert json.loads(coffee("schema").stdout) == scenario_schema()
    assert coffee("schema", "--json").stdout == coffee("schema").stdout
    assert json.loads(coffee("schema", "design").stdout) == design_schema(ARCHITECTURES)
    assert json.loads(coffee("schema", "results").stdout) == results_schema()
    assert coffee("schema", "x").exit_code == 2
