"""What an option says as text, such as `60/min,120/min`, read as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from sim.config.errors import ConfigError, got
from sim.config.units import duration_s, rate_per_s
from sim.experiment.altering import value_of
from sim.experiment.store import version


def assigned(texts: Sequence[str]) -> dict[str, Any]:
    """`--set KEY=VALUE` as values at keys. Raises ConfigError for one that isn't, or for a key that is given twice."""
    return {key: value_of(value) for key, value in settings_of(texts).items()}


def settings_of(texts: Sequence[str]) -> dict[str, str]:
    """The same as the texts that stand there."""
    values: dict[str, str] = {}
    for text in texts:
        key, sign, value = (part.strip() for part in text.partition("="))
        if not (key and sign and value):
            raise ConfigError(f'--set {text}: expected KEY=VALUE, such as "app.timeout=4s"')
        if key in values:
            raise ConfigError(f"--set {text}: {key} is set twice")
        values[key] = value
    return values


def peaks_of(text: str) -> tuple[float, ...]:
    """Peaks (per s) as `--peak` gives them: `60/min,120/min`. Raises ConfigError."""
    return _ascending("--peak", text, rate_per_s)


def lengths_of(text: str) -> tuple[float, ...]:
    """Lengths of a brownout (s) as `--brownout` gives them: `2min,10min`. Raises ConfigError."""
    return _ascending("--brownout", text, duration_s)


def removing(what: str) -> tuple[str, ...]:
    """The condition of what `--prune` removes: `old`, `scenario=NAME`, `design=NAME`. Raises ConfigError."""
    if what == "old":
        return ("version <> ?", version())
    kind, sign, name = what.partition("=")
    if kind not in ("scenario", "design") or not sign or not name:
        raise ConfigError(f'--prune: expected old, scenario=NAME or design=NAME (got "{what}")')
    return (f"{kind}_name = ?", name)


def _ascending(option: str, text: str, parse: Callable[[str], float]) -> tuple[float, ...]:
    """Raises ConfigError unless each is more than the one before, and the first more than nothing."""
    parts, values = [part.strip() for part in text.split(",")], []
    for part in parts:
        try:
            values.append(parse(part))
        except ValueError as error:
            raise ConfigError(f"{option}: {error}{got(part)}") from None
    if values[0] <= 0:
        raise ConfigError(f"{option}: must be more than 0{got(parts[0])}")
    for (low, high), (first, second) in zip(pairwise(values), pairwise(parts), strict=True):
        if high <= low:
            what, order = f"twice the same{got(second)}", f"expected in ascending order (got {first} before {second})"
            raise ConfigError(f"{option}: {what if high == low else order}")
    return tuple(values)
