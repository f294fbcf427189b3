"""What options say as text, read as values; and what is said of text that makes no sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.cli.work.texts import assigned, lengths_of, peaks_of, removing
from sim.config.errors import ConfigError
from sim.experiment.store import version


def test_texts_are_values() -> None:
    """Rates are per second, times in seconds, values at keys as a file would say them, conditions as SQL."""
    assert peaks_of("60/min, 2/s") == (1.0, 2.0)
    assert lengths_of("2min,10min") == (120.0, 600.0)
    assert assigned(["app.timeout = 4s", "app.retry={never: true}"]) == {"app.timeout": "4s", "app.retry": {"never": True}}
    assert removing("old") == ("version <> ?", version())
    assert removing("design=outbox") == ("design_name = ?", "outbox")


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (peaks_of, "60", '--peak: a bare number: add the unit; expected a rate like "5/s", "12/min", "400/h" (got '),
        (peaks_of, "fast", "--peak: expected a rate"),
        (peaks_of, "60/min,60/min", '--peak: twice the same (got "60/min")'),
        (peaks_of, "1/s,60/min", '--peak: twice the same (got "60/min")'),
        (peaks_of, "90/min,60/min", "--peak: expected in ascending order (got 90/min before 60/min)"),
        (peaks_of, "0/min,60/min", '--peak: must be more than 0 (got "0/min")'),
        (lengths_of, "5", "--brownout: a bare number: add the unit"),
        (lengths_of, "5min,2min", "--brownout: expected in ascending order (got 5min before 2min)"),
        (removing, "outbox", '--prune: expected old, scenario=NAME or design=NAME (got "outbox")'),
        (removing, "design=", '--prune: expected old, scenario=NAME or design=NAME (got "design=")'),
    ],
)
def test_errors_name_the_option(read: Callable[[str], Any], text: str, message: str) -> None:
    """And what was given, and what was expected."""
    with pytest.raises(ConfigError) as error:
        read(text)
    assert str(error.value).startswith(message)
