"""Form-encoded bodies with nested keys (`metadata[order]=7`, `expand[]=customer`) as plain data."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from sim.real.provider.refusal import invalid

MOST_FIELDS, DEEPEST = 1_000, 8
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def parsed(text: str) -> dict[str, Any]:
    """Nested mappings and lists of texts. Raises Refusal."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise invalid(f"The body is no form: {error}.") from None
    result: dict[str, Any] = {}
    for key, value in pairs:
        found = _KEY.fullmatch(key)
        if found is None:
            raise invalid(f"Invalid parameter name: {key}", key)
        steps = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        if len(steps) > DEEPEST:
            raise invalid(f"Nested too deeply: {key}", key)
        _put(result, steps, value, key)
    return {key: _lists(value) for key, value in result.items()}


def _put(inside: dict[str, Any], steps: list[str], value: str, key: str) -> None:
    for step in steps[:-1]:
        inside = inside.setdefault(step or str(len(inside)), {})
        if not isinstance(inside, dict):
            raise invalid(f"Invalid parameter: {key} is given as a value and as a mapping", key)
    last = steps[-1] or str(len(inside))
    if isinstance(inside.get(last), dict):
        raise invalid(f"Invalid parameter: {key} is given as a value and as a mapping", key)
    inside[last] = value


def _lists(value: Any) -> Any:
    """Mappings whose keys are 0, 1, 2, … become lists."""
    if not isinstance(value, dict):
        return value
    made = {key: _lists(child) for key, child in value.items()}
    return list(made.values()) if list(made) == [str(place) for place in range(len(made))] else made
