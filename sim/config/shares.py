"""The fates of a call of the provider, and how calls that go wrong are dealt to them where nobody knows better."""

from __future__ import annotations

from typing import Any

from sim.config.errors import KeyedErrors
from sim.config.units import probability, probability_text

FATES = ("failed", "ambiguous", "errored")
SPLIT = {"failed": 0.5, "ambiguous": 0.25, "errored": 0.25}  # assumption
ERRORS = "calls that go wrong, where it isn't known how: half failed, a quarter ambiguous, a quarter errored (assumption)"


def dealt(value: Any) -> Any:
    """A mapping whose `errors`, if it has any, are dealt to the fates. Raises KeyedErrors."""
    if not isinstance(value, dict) or value.get("errors") is None:
        return value
    if given := [fate for fate in FATES if value.get(fate) is not None]:
        raise KeyedErrors([("errors", f"{' and '.join(given)} already said; give errors alone, or each of {', '.join(FATES)}")])
    try:
        errors = probability(value["errors"])
    except ValueError as error:
        raise KeyedErrors([("errors", str(error))]) from None
    shares = {fate: probability_text(float(f"{errors * share:.12g}")) for fate, share in SPLIT.items()}
    return {key: given for key, given in value.items() if key != "errors"} | shares
