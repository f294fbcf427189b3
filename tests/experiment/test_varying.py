"""`--vary KEY=VALUES`: lists, ranges, mappings, and what is said of those that make no sense."""

from __future__ import annotations

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import load_scenario
from sim.experiment.sweep import axes_of
from sim.experiment.varying import separated, varied

MODELS = [load_scenario("morning-rush"), load_design("naive"), load_design("outbox")]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("checkout.workers=8,16, 32", (8, 16, 32)),
        ("checkout.queue_limit=none,10", ("none", 10)),
        ("checkout.workers=2..32:4", (2, 12, 22, 32)),
        ("checkout.workers=2..9:3", (2, 6, 9)),
        ("relay.batch=log:1..1000:4", (1, 10, 100, 1000)),
        ("app.timeout=2s..10s:5", ("2s", "4s", "6s", "8s", "10s")),
        ("app.timeout=500ms..1min:3", ("500ms", "0.504min", "1min")),
        ("app.timeout=log:100ms..10s:3", ("100ms", "1s", "10s")),
        ("app.timeout=log:500ms..20s:6", ("500ms", "1.05s", "2.19s", "4.57s", "9.56s", "20s")),
        ("provider.declined=0%..5%:4", ("0%", "1.67%", "3.33%", "5%")),
        ("traffic.price=5 USD..7.50 USD:3", ("5 USD", "6.25 USD", "7.50 USD")),
        ("faults[0].at=07:00..07:30:4", ("07:00", "07:10", "07:20", "07:30")),
        ("faults[0].for=1min..3min:3", ("1min", "2min", "3min")),
        ("faults[0].latency=x2..x10:3", ("x2", "x6", "x10")),
        ("customers.patience.lognormal.sigma=0..1:5", (0, 0.25, 0.5, 0.75, 1)),
        ("checkout.service={exponential: 10ms},{uniform: [1ms, 2ms]}",
         ({"exponential": "10ms"}, {"uniform": ["1ms", "2ms"]})),
    ],
)  # fmt: skip
def test_values_and_ranges(text: str, values: tuple[object, ...]) -> None:
    """Both ends of a range are in it as they were written, whole numbers stay whole, the rest has few digits."""
    found = varied(text, MODELS)
    assert found.values == values
    assert [type(value) for value in found.values] == [type(value) for value in values]
    assert found.logarithmic is ("log:" in text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("checkout.wokers=1", 'checkout.wokers: unknown key; did you mean "checkout.workers"?'),
        ("checkout.workers", "vary: expected KEY=VALUES, like"),
        ("checkout.workers=", "checkout.workers=: expected at least one value"),
        ("checkout.workers=8,,16", "checkout.workers=8,,16: an empty value between commas"),
        ("app.timeout=1s,1000ms", "app.timeout: 1000ms is given twice"),
        ("checkout.workers=8..2:0", "checkout.workers=8..2:0: the first end of a range must be below the second"),
        ("checkout.workers=1..5:1", 'checkout.workers=1..5:1: a range has at least 2 values, its ends (got "1")'),
        ("checkout.workers=1..3:5", "checkout.workers=1..3:5: there are not so many whole numbers between the ends"),
        ("checkout.workers=1.5..3:2", 'checkout.workers=1.5..3:2: expected a whole number (got "1.5")'),
        ("app.timeout=1s..1e308s:3", "app.timeout=1s..1e308s:3: the ends are further apart than can be meant"),
        ("app.timeout=log:1e-300s..1s:5", "app.timeout=log:1e-300s..1s:5: the ends are further apart than can be meant"),
        ("app.timeout=2s..10:3", "app.timeout=2s..10:3: a bare number: add the unit"),
        ("app.timeout=2s..10s", "app.timeout=2s..10s: a range says how many values it has: 2s..10s:5"),
        ("app.timeout=log:0..5s:3", "app.timeout=log:0..5s:3: no geometric range begins at 0"),
        ("checkout.service=1..3:2", "checkout.service=1..3:2: a bare number: add the unit"),
        ("app.key=1..3:2", "app.key=1..3:2: only numbers have ranges"),
        ("checkout.workers=1..99999:99999", "99,999 cells; a sweep has at most 2,000"),
        ("checkout.service={constant: 1s", '"{constant: 1s":1:21: not valid YAML: a { that is not closed'),
    ],
)
def test_what_makes_no_sense_is_said(text: str, message: str) -> None:
    """Errors name the key, what was given, and what was expected."""
    with pytest.raises(ConfigError) as error:
        varied(text, MODELS)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("texts", "zipped", "message"),
    [
        (["checkout.workers=2", "checkout.workers=3"], False, "checkout.workers: varied twice"),
        (["faults[0].for=1min", "faults.0.for=2min"], False, "faults.0.for: varied twice"),
        (["checkout.service={constant: 1s}", "checkout.service.constant=2s"], False, "one lies within the other"),
        (["checkout.workers=2,4", "app.timeout=1s"], True, "equally many values (checkout.workers has 2, app.timeout has 1)"),
        (["checkout.workers=1..100:100", "relay.batch=1..30:30"], False, "3,000 cells; a sweep has at most 2,000"),
        ([], False, "vary: expected at least one KEY=VALUES"),
    ],
)
def test_what_does_not_go_together_is_said(texts: list[str], zipped: bool, message: str) -> None:
    """A key twice or within another, values side by side that are not equally many, too many cells, none at all."""
    with pytest.raises(ConfigError) as error:
        axes_of(texts, MODELS, zipped=zipped)
    assert message in str(error.value)


def test_commas_within_brackets_and_quotes_belong_to_the_value() -> None:
    """Only commas outside of them separate values."""
    assert separated("{a: [1, 2], b: 3},'x, y',4") == ["{a: [1, 2], b: 3}", "'x, y'", "4"]
