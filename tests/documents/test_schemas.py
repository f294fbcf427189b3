"""The schemas of documents: complete, described, derived from the metrics, and there for every command with --json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.main import get_command

from sim.cli.app import app
from sim.documents.fields import described
from sim.documents.schema import DOCUMENTS, ROWS, results_schema
from sim.vocabulary import METRICS, Metric

SCHEMA = results_schema()
OF_MAPPINGS = {"EveryEstimate", "SomeEstimates", "EveryDifference", "SomeDifferences"}


def with_json() -> Iterator[str]:
    """Every command that has --json: `run`, `kata run`, …"""
    waiting: list[tuple[str, Any]] = [("", get_command(app))]
    while waiting:
        name, command = waiting.pop()
        waiting += [(f"{name} {child}".strip(), below) for child, below in getattr(command, "commands", {}).items()]
        if any("--json" in parameter.opts for parameter in command.params):
            yield name


def test_it_is_a_schema() -> None:
    """It is valid by the draft that it names."""
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    Draft202012Validator.check_schema(SCHEMA)


def test_every_command_with_json_has_one() -> None:
    """No command prints JSON that no schema describes, and none is described that there isn't; `schema` prints schemas."""
    described = {command for kind in DOCUMENTS.values() for command in kind.commands}
    assert described == set(with_json()) - {"schema"}


def test_every_kind_has_its_name() -> None:
    """Each has a definition of its own name, which two parts never share, and says which command or file it is of."""
    assert [option["$ref"].rpartition("/")[2] for option in SCHEMA["oneOf"]] == list(DOCUMENTS)
    assert not [name for name in SCHEMA["$defs"] if "__" in name]
    for name, kind in (DOCUMENTS | ROWS).items():
        about = SCHEMA["$defs"][name]["description"]
        assert all(where in about for where in (*kind.commands, *kind.files)), name
        assert kind.commands or kind.files


def test_everything_is_described() -> None:
    """Every document, every part and every field says what it is; no mapping allows keys that nobody described."""
    for name, definition in SCHEMA["$defs"].items():
        assert definition["description"] or name in OF_MAPPINGS, name
        for key, field in definition.get("properties", {}).items():
            part = SCHEMA["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            options = [option.get("description") or option.get("$ref") for option in field.get("anyOf", [])]
            assert field.get("description") or part.get("description") or any(options), (name, key)
        if "properties" in definition:
            assert definition["additionalProperties"] is False or definition["additionalProperties"]["description"], name


def test_metrics_are_those_of_the_vocabulary() -> None:
    """A mapping of every metric requires each of them, with its unit and which way is better; one of some requires none."""
    every, some = SCHEMA["$defs"]["EveryEstimate"], SCHEMA["$defs"]["SomeDifferences"]
    assert every["required"] == list(METRICS)
    assert "required" not in some
    for mapping in (every, some):
        told = {name: about["description"] for name, about in mapping["properties"].items()}
        assert told == {name: described(metric) for name, metric in METRICS.items()}
    assert SCHEMA["$defs"]["MetricName"]["enum"] == list(METRICS)
    assert "(seconds; lower is better)" in every["properties"]["ack_latency_p95"]["description"]


def test_a_new_metric_is_there_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is added to the vocabulary is in the schema."""
    spilt = Metric("share", "lower", "Money and orders", "purchases that were spilt", "0 / purchases")
    monkeypatch.setitem(METRICS, "spilt_rate", spilt)
    definitions = results_schema()["$defs"]
    assert "spilt_rate" in definitions["EveryEstimate"]["required"]
    assert "spilt_rate" in definitions["MetricName"]["enum"]
    assert "purchases that were spilt" in definitions["Setting"]["properties"]["designs"]["additionalProperties"]["properties"][
        "spilt_rate"
    ]["description"]  # fmt: skip
    assert "spilt_rate" not in SCHEMA["$defs"]["MetricName"]["enum"]
