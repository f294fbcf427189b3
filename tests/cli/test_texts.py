"""What options say as text is read as values, or refused with what was given and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.cli.work.texts import assigned, lengths_of, peaks_of, removing
from sim.config.errors import ConfigError


def test_peaks_and_lengths() -> None:
    """Rates per second and lengths in seconds, in the order given."""
    assert peaks_of("60/min, 2/s,180/min") == (1.0, 2.0, 3.0)
    assert lengths_of("30s,2min") == (30.0, 120.0)


def test_values_at_keys() -> None:
    """A key and a value as its file would say it, which may hold another =."""
    assert assigned(["app.timeout = 4s", "a=b=c"]) == {"app.timeout": "4s", "a": "b=c"}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: peaks_of("60"), '--peak: a bare number: add the unit; expected a rate like "5/s", "12/min", "400/h" (got '),
        (lambda: peaks_of("fast"), "--peak: expected a rate"),
        (lambda: peaks_of("60/min,60/min"), '--peak: twice the same (got "60/min")'),
        (lambda: peaks_of("1/s,60/min"), '--peak: twice the same (got "60/min")'),
        (lambda: peaks_of("90/min,60/min"), "--peak: expected in ascending order (got 90/min before 60/min)"),
        (lambda: peaks_of("0/min,60/min"), '--peak: must be more than 0 (got "0/min")'),
        (lambda: lengths_of("5"), "--brownout: a bare number: add the unit"),
        (lambda: lengths_of("5min,2min"), "--brownout: expected in ascending order (got 5min before 2min)"),
        (lambda: assigned(["app.timeout"]), '--set app.timeout: expected KEY=VALUE, such as "app.timeout=4s"'),
        (lambda: assigned(["a=1", "a=2"]), "--set a=2: a is set twice"),
        (lambda: removing("design"), '--prune: expected old, scenario=NAME or design=NAME (got "design")'),
    ],
)  # fmt: skip
def test_texts_that_say_nothing(ask: Callable[[], Any], message: str) -> None:
    """Errors say the option, what was given and what was expected."""
    with pytest.raises(ConfigError) as error:
        ask()
    assert str(error.value).startswith(message)
