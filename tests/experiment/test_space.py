"""A design space is read from a file, with errors that say where and what."""

from __future__ import annotations

import pytest

from sim.config.errors import ConfigError
from sim.experiment.altering import standing
from sim.experiment.space import parse_space

SPACE = """
from: [idempotent, outbox]
vary:
  checkout.workers: [8, 16]
  relay.poll_every: [100ms, 2s]
  app.retry: [{never: true}, {fixed: {delay: 1s, attempts: 2}}]
"""


def test_knobs_are_varied_where_there_are_any() -> None:
    """The relay's in outbox alone; every combination once, with a name of its own."""
    space = parse_space(SPACE)
    made = list(space.candidates())
    assert space.size == len(made) == 4 + 8
    assert len({one.name for one in made}) == 12
    assert len({one.differs for one in made if one.base == "outbox"}) == 8
    assert made[0].differs == "checkout.workers 8, app.retry {never: true}"
    assert made[-1].design.relay.poll_every == 2  # type: ignore[attr-defined]
    assert made[-1].design.app.retry.fixed.attempts == 2  # type: ignore[union-attr]


def test_what_cannot_be_together_is_left_out() -> None:
    """One worker is fine with one instance, whichever comes first in the file, and not with four."""
    space = parse_space("from: naive\nvary: {checkout.workers: [1, 8], checkout.instances: [1, 4]}")
    assert space.size == 4
    assert [one.changes for one in space.candidates()] == [
        {"checkout.workers": 1, "checkout.instances": 1},
        {"checkout.workers": 8, "checkout.instances": 1},
        {"checkout.workers": 8, "checkout.instances": 4},
    ]


def test_a_range_is_moved_along_in_ratios() -> None:
    """Half of the way from 1 s to 4 s is 2 s, and counts stay whole."""
    space = parse_space("from: outbox\nvary: {payment.timeout: 1s..4s, checkout.workers: 4..64}")
    assert space.size is None
    timeout, workers = space.variables
    (base,) = space.bases
    assert timeout.at(standing(base, timeout.path)[0], 0.5) == "2s"
    assert workers.at(standing(base, workers.path)[0], 0.5) == 16
    assert workers.at(standing(base, workers.path)[0], 0.1) == 5
    assert str(timeout) == "1s..4s"


def test_a_range_of_whole_numbers_has_an_end() -> None:
    """Its numbers are tried one by one, where there is no other range."""
    space = parse_space("from: outbox\nvary: {checkout.workers: 4..6, payment.timeout: [1s, 2s]}")
    assert space.size == 6
    assert space.variables[0].values == (4, 5, 6)


def test_values_are_spaced_as_in_a_sweep() -> None:
    """A number of values between two ends, both of them in; evenly, or in ratios."""
    space = parse_space("from: outbox\nvary: {payment.timeout: 1s..4s:4, app.timeout: log:2s..32s:5}")
    assert space.size == 20
    assert [variable.values for variable in space.variables] == [
        ("1s", "2s", "3s", "4s"), ("2s", "4s", "8s", "16s", "32s"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from: outbox\nvry: {app.timeout: [1s]}", 'space.yaml:2:1: vry: unknown key; did you mean "vary"?'),
        ("vary: {app.timeout: [1s]}", "space.yaml:1:1: from: expected designs to start from"),
        ("from: []\nvary: {app.timeout: [1s]}", "space.yaml:1:1: from: expected designs to start from"),
        ("from: [outbx]\nvary: {app.timeout: [1s]}", 'space.yaml:1:8: from: unknown design "outbx"; did you mean "outbox"?'),
        ("from: [naive, naive]\nvary: {app.timeout: [1s]}", "space.yaml:1:15: from: naive is given twice"),
        ("from: outbox", "space.yaml:1:1: vary: expected keys of a design and their values"),
        ("from: outbox\nvary: {}", "space.yaml:2:1: vary: expected keys of a design and their values"),
        ("from: outbox\nvary: {checkout.wokers: [1]}", 'vary: checkout.wokers: unknown key; did you mean "checkout.workers"?'),
        ("from: naive\nvary: {relay.poll_every: [1s]}", "vary: relay.poll_every: unknown key"),
        ("from: naive\nvary: {provider.declined: [1%]}", "a key of the scenario, which nobody can choose"),
        ("from: naive\nvary: {checkout.workers: []}", "checkout.workers: expected a list of values, like [8, 16, 32], or"),
        ("from: naive\nvary: {checkout.workers: [8, 8]}", "checkout.workers: a value is given twice"),
        ("from: naive\nvary: {checkout.workers: [8, many]}", "space.yaml:2:30: vary: checkout.workers: expected a whole"),
        ("from: naive\nvary: {checkout.workers: [0]}", "checkout.workers: must be at least 1 (got 0)"),
        ("from: naive\nvary: {app.timeout: 9s..2s}", 'app.timeout: the first end must be below the second (got "9s..2s")'),
        ("from: naive\nvary: {app.timeout: 2..9}", "app.timeout: a bare number: add the unit"),
        ("from: naive\nvary: {app.timeout: log:2s..9s}", "vary: app.timeout=log:2s..9s: a range says how many values it has"),
        ("from: naive\nvary: {app.timeout: 2s..}", "app.timeout: expected two ends, like 2s..10s"),
        ("from: naive\nvary: {app.key: none..purchase}", "app.key: a range is for a number; list the values instead"),
        ("from: naive\nvary: {checkout.workers: 8..many}", "vary: checkout.workers: "),
        ("from: naive\nvary: {checkout.queue_limit: 8..none}", "vary: checkout.queue_limit: "),
    ],
)  # fmt: skip
def test_errors_name_place_key_and_remedy(text: str, message: str) -> None:
    """File, line, column and key, what was expected, and the nearest valid name."""
    with pytest.raises(ConfigError) as error:
        parse_space(text)
    assert message in str(error.value)


def test_all_errors_at_once() -> None:
    """One line each."""
    with pytest.raises(ConfigError) as error:
        parse_space("from: [outbox, nave]\nvary: {app.timeot: [1s], app.timeout: 2s..1s}")
    assert len(error.value.messages) == 3
