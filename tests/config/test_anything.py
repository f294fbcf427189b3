"""Whatever stands in a file, the answer is a model or a list of errors with their places; never a crash."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.architectures import load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.keys import Kind, below, fields
from sim.config.library import FOLDER, parse_scenario
from sim.config.loader import read_text
from sim.config.scenario import Scenario
from sim.config.template import design_template
from sim.config.writing import flow

PLACED = re.compile(r"(?s)x\.yaml(:\d+:\d+)?: .+")
ODD = (
    None,
    True,
    -1,
    0,
    1,
    0.5,
    10**30,
    "",
    "none",
    "no",
    "1s",
    "5%",
    "x2",
    "5/s",
    "07:30",
    "6 USD",
    "nan",
    "provider",
    [],
    {},
)
SCENARIO = read_text(FOLDER / "morning-rush.yaml")
DESIGN = design_template(load_design("outbox"), name="x", start=("from", "outbox")).replace("  # ", "  ")


def keys_of(kind: Kind, depth: int = 0) -> set[str]:
    """All keys that stand anywhere in a model."""
    if depth > 5:
        return set()
    options = [kind, *kind.options.values()]
    if kind.container is not None and (child := below(kind, 0)) is not None:
        options += [child, *child.options.values()]
    found = set()
    for model in (option.model for option in options if option.model is not None):
        for key in fields(model):
            child = below(Kind(model), key)
            found |= {key} | (keys_of(child, depth + 1) if child is not None else set())
    return found


KEYS = sorted(keys_of(Kind(Scenario)) | keys_of(Kind(type(load_design("outbox")))))
VALUES = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


def assert_answered(parse: Callable[..., Any], text: str) -> None:
    messages: tuple[str, ...] = ()
    try:
        parse(text, filename="x.yaml")
    except ConfigError as error:
        messages = error.messages
    assert all(PLACED.fullmatch(message) for message in messages), messages


@pytest.mark.slow
@pytest.mark.parametrize("parse", [parse_scenario, parse_design])
@given(data=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5), start=st.sampled_from(["naive", "outbox", "zebra"]))
@example(data={"faults": [{"outage": []}], "objectives": {"": []}}, start="naive")
def test_known_keys_with_any_values(parse: Callable[..., Any], data: dict[str, Any], start: str) -> None:
    """Known keys in places where they may or may not belong, with values of every kind."""
    first = {"name": "x"} if parse is parse_scenario else {"from": start}
    assert_answered(parse, flow({**first, **data}))


@settings(max_examples=60)
@pytest.mark.parametrize(("parse", "text"), [(parse_scenario, SCENARIO), (parse_design, DESIGN)])
@given(draw=st.data())
def test_files_with_a_slip_of_the_hand(parse: Callable[..., Any], text: str, draw: st.DataObject) -> None:
    """A good file in which some characters are missing, and others have come in."""
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(text)))
        gone = draw.draw(st.integers(0, 6))
        text = text[:at] + draw.draw(st.text("{}[]:,-#&*!|>'\"%@` \n\taz09\0\x07é", max_size=3)) + text[at + gone :]
    assert_answered(parse, text)
