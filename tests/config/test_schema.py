"""The JSON Schemas accept what the loader accepts, and refuse what is plainly wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pydantic
import pytest

from sim.architectures import ARCHITECTURES, load_design, parse_design
from sim.config import schema as schema_of
from sim.config.errors import ConfigError
from sim.config.keys import Kind, below, fields
from sim.config.library import FOLDER, names, parse_scenario
from sim.config.loader import Document, read_text
from sim.config.scenario import Scenario
from sim.config.schema import design_schema, scenario_schema
from sim.config.template import design_template, scenario_template
from sim.config.units import CENTS, CLOCK, DURATION, SECONDS, Unit
from sim.config.yamlfile import Source


@cache
def validator(schema: str) -> Any:
    """Of scenarios or of designs; the library, which takes seconds to load, is loaded when it is used."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(scenario_schema() if schema == "scenario" else design_schema(ARCHITECTURES))


def data(text: str) -> dict[str, Any]:
    return Document(text, "x.yaml").data


def taken(which: str, text: str) -> tuple[bool, bool]:
    """Whether the schema takes a file, and whether the loader does."""
    by_schema = validator(which).is_valid(Source(text, "x.yaml").data)
    try:
        (parse_scenario if which == "scenario" else parse_design)(text)
    except ConfigError:
        return by_schema, False
    return by_schema, True


def test_the_schemas_are_schemas() -> None:
    """Both are valid by the draft that they name, and say nothing of what is only filled in after reading."""
    for made in (validator("scenario"), validator("design")):
        made.check_schema(made.schema)
        assert made.schema["$schema"].endswith("2020-12/schema")
        assert "read from the file" not in str(made.schema)
        assert "samples" not in str(made.schema)


@pytest.mark.parametrize("name", names())
def test_bundled_scenarios_fit(name: str) -> None:
    """Every bundled scenario fits the schema, and so does the copy that `coffee new` makes of it."""
    from pathlib import Path

    from sim.config.library import load_scenario

    path = FOLDER / f"{name}.yaml"
    document = Document(read_text(path), path.name, beside=path.parent)
    assert not list(validator("scenario").iter_errors(document.data))
    copy = scenario_template(document, load_scenario(name), name="mine", target=Path("mine.yaml"))
    assert not list(validator("scenario").iter_errors(data(copy)))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_new_designs_fit(name: str) -> None:
    """The file that `coffee new` makes of a design fits the schema, empty sections and all."""
    assert not list(
        validator("design").iter_errors(data(design_template(load_design(name), name="mine", start=("from", name))))
    )


@pytest.mark.parametrize(
    "text",
    [
        "traffic: {rate: 5}",
        "traffic: {rate: 5/s, profile: {}}",
        "traffic: {arrivals: {file: x.csv, times: [1]}}",
        "provider: {declined: 150%}",
        "provider: {latency: {samples: [1]}}",
        "provider: {latency: 20ms}",
        "provider: {keys: no}",
        "clock: {start: noon}",
        "objectives: {ack_latency_p95: 3%}",
        "objectives: {double_charge_rate: 1s}",
        "objectives: {ack_latency: 3s}",
        "faults: [{outage: provider, at: '07:00'}]",
        "faults: [{crash: checkout, after: comit}]",
        "faults: {outage: provider}",
        "customers: {max_submissions: 0}",
        "customers: {polling: {evry: 1s}}",
        "zebra: 1",
    ],
)
def test_wrong_scenarios_do_not_fit(text: str) -> None:
    """Wrong units, unknown keys, two things where one is wanted: an editor would mark them."""
    assert list(validator("scenario").iter_errors(data(f"name: x\n{text}\n")))


@pytest.mark.parametrize("text", ["name: x", "from: outbx", "from: naive\nrelay: {}", "from: outbox\nrelay: {batch: 1.5}"])
def test_wrong_designs_do_not_fit(text: str) -> None:
    """A design starts from one of the architectures, and has that one's knobs."""
    assert list(validator("design").iter_errors(data(text)))


def test_defaults_are_as_in_files() -> None:
    """A schema's defaults are written with their units, and an architecture's own defaults are its own."""
    definitions = validator("design").schema["$defs"]
    assert definitions["Outbox"]["properties"]["app"]["default"]["key"] == "purchase"
    assert definitions["Naive"]["properties"]["app"]["default"]["key"] == "none"
    assert definitions["Relay"]["properties"]["poll_every"]["default"] == "500ms"
    assert validator("scenario").schema["$defs"]["Scenario"]["properties"]["clock"]["default"] == {
        "start": "06:30",
        "duration": "2h",
        "drain": "30min",
    }


@pytest.mark.parametrize(
    ("design", "legal"),
    [("recovery: {reconcile_every: none}", True), ("recovery: {reconcile_every: 0s}", False), ("payment: {timeout: 0}", False),
     ("payment: {timeout: 0.0e5min}", False), ("payment: {timeout: .5s}", True), ("read_model: {cache: 0s}", True),
     ("app: {retry_budget: none}", True), ("relay: {poll_every: 0ms}", False)],
)  # fmt: skip
def test_zero_is_refused_by_both(design: str, legal: bool) -> None:
    """Where a file may not say zero, neither the schema nor the loader takes it; and where it may, both do."""
    assert taken("design", f"from: outbox\n{design}\n") == (legal, legal)


@pytest.mark.parametrize(
    ("text", "legal"),
    [
        ("provider: {latency: {percentiles: {}}}", False),
        ("provider: {latency: {percentiles: {p50: 1s}}}", False),
        ("provider: {latency: {percentiles: {p0: 0s, p50: 1s}}}", False),
        ("provider: {latency: {percentiles: {p0: 0s, p50: 1s, p100: 2s}}}", False),
        ("provider: {latency: {percentiles: {q50: 1s, p99: 2s}}}", False),
        ("provider: {latency: {percentiles: {p50: 1s, p99: 2s}}}", True),
        ("provider: {latency: {percentiles: {p0: 0s, p50: 1s, p99.9: 2s, p100: 3s}}}", True),
        ("traffic: {rate: 5/s, price: 6.505 USD}", False),
        ("traffic: {rate: 5/s, price: 6.50000 USD}", True),
        ("traffic: {shape: {'07:00': 5/s}}", False),
        ("traffic: {shape: {seven: 5/s, '08:00': 1/s}}", False),
        ("traffic: {steps: {'07:00': 5/s, '07:10': 1/s}}", True),
        ("faults: [{outage: provider, for: 1min}]", False),
        ("faults: [{outage: provider, at: '07:00', every: {constant: 5min}, for: 1min}]", False),
        ("faults: [{outage: provider, at: none, every: {constant: 5min}, for: 1min}]", True),
        ("faults: [{outage: database, at: '07:00', for: 1min, how: hangs}]", False),
        ("faults: [{outage: checkout, at: '07:00', for: 1min, how: hangs}]", True),
        ("faults: [{rebalance: all}]", False),
        ("faults: [{crash: checkout}]", False),
        ("faults: [{crash: checkout, at: '07:00', after: charge}]", False),
        ("faults: [{crash: payment, after: charge, how: resets}]", False),
        ("faults: [{crash: checkout, after: charge, how: resets}]", True),
        ("faults: [{rerun: renewals, at: none}]", False),
        ("faults: [{errors: database, after: charge}]", False),
        ("faults: [{errors: checkout}]", False),
        ("faults: [{errors: checkout, after: charge, on: reads}]", False),
        ("faults: [{errors: checkout, after: charge, at: '07:00'}]", False),
        ("faults: [{errors: checkout, after: charge, for: 1min}]", False),
        ("faults: [{errors: checkout, after: charge, at: '07:00', for: 1min}]", True),
        ("faults: [{errors: database, on: reads, how: committed}]", True),
        ("mishaps: [{crash: checkout}]", False),
        ("mishaps: [{crash: checkout, after: charge, at: 1s}]", False),
        ("mishaps: [{crash: loyalty, at: 1s}]", False),
        ("mishaps: [{crash: loyalty, after: award}]", True),
    ],
)  # fmt: skip
def test_what_goes_together_is_known_to_both(text: str, legal: bool) -> None:
    """Which keys exclude or need each other, and how many there must be."""
    clock = "clock: {start: '06:55', duration: 20min}\n"
    traffic = "" if text.startswith("traffic") else "traffic: {rate: 1/s}\n"
    whole = f"name: x\n{clock}{traffic}{text}\n"
    assert taken("scenario", whole) == (legal, legal)


@pytest.mark.parametrize(("retry", "legal"), [("never: false", False), ("never: true", True), ("never: none", False)])
def test_never_is_never(retry: str, legal: bool) -> None:
    assert taken("design", f"from: naive\napp: {{retry: {{{retry}}}}}\n") == (legal, legal)


def bounded() -> Iterator[tuple[str, str, str]]:
    """Every key with a unit and a bound: whose file it is in, its section and its name."""
    roots = {"design": list(ARCHITECTURES.values()), "scenario": [Scenario]}
    for which, models in roots.items():
        for model in schema_of._models(models):
            for key, info in fields(model).items():
                kind = below(Kind(model), key)
                if kind is not None and kind.unit is not None and bounds(info) != (None, None):
                    yield which, model.__name__, key


def bounds(info: Any) -> tuple[float | None, float | None]:
    return schema_of.bound_of(info, "ge", "gt"), schema_of.bound_of(info, "le", "lt")


def near(unit: Unit, bound: float) -> Iterator[str]:
    """Texts at a bound, and a little and much beyond it on both sides, in every unit."""
    for number in (bound, bound * 0.5, bound * 0.9, bound * 1.1, bound * 2, bound * 1000, bound / 1000):
        if unit.pattern == DURATION.pattern:
            yield from (f"{number / size:.12f}".rstrip("0") + name for name, size in SECONDS.items())
        elif unit is CLOCK:
            yield from (f"{int(number // 3600):02}:{int(number % 3600 // 60):02}", f"{int(number // 3600)}:00:01")
        else:
            yield unit.text(round(number) if unit is CENTS else number)


@pytest.mark.parametrize("which", ["design", "scenario"])
def test_what_the_schema_calls_legal_is_within_the_bounds(which: str) -> None:
    """Of every key that has any; and what is legal is so for the schema too."""
    definitions = validator(which).schema["$defs"]
    roots = [Scenario] if which == "scenario" else list(ARCHITECTURES.values())
    models = {model.__name__: model for model in schema_of._models(roots)}
    from jsonschema import Draft202012Validator

    tried = 0
    for section, key in [(section, key) for file, section, key in bounded() if file == which]:
        info, kind = fields(models[section])[key], below(Kind(models[section]), key)
        assert kind is not None
        assert kind.unit is not None
        said = Draft202012Validator({"$defs": definitions, **definitions[section]["properties"][key]})
        model = pydantic.create_model("One", it=(info.annotation, info))
        for text in dict.fromkeys(text for bound in bounds(info) if bound is not None for text in near(kind.unit, bound)):
            try:
                model.model_validate({info.alias or "it": text})
                legal = True
            except pydantic.ValidationError:
                legal = False
            fits = said.is_valid(text)
            assert legal or not fits, f"{section}.{key}: {text} is refused by the loader only"
            assert fits or not legal, f"{section}.{key}: {text} is refused by the schema only"
            tried += 1
    assert tried > 100
