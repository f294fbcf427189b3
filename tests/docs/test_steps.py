"""The page on the steps of a story has all of them, says what they cost, and its example runs."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from docs.filled.steps import EVENTS, GROUPS, struck
from sim.architectures import slips
from sim.config.faults import Step
from sim.world.customer import Request
from sim.world.database import Order
from sim.world.shop import STEPS, Shop
from tests.cli.coffee import coffee
from tests.docs.test_tutorial import ROOT
from tests.docs.test_write_an_architecture import blocks

PAGE = (ROOT / "docs/steps.md").read_text(encoding="utf-8")
COSTS = {  # by what a step is charged for
    "a database write": r"database\.transaction\(",
    "a database read": r"database\.query\(",
    "a call to the provider": r"yield self\.provider\.|self\._library\.call\(",
    "a message to the broker": r"broker\.publish\(",
    "a call to loyalty": r"self\.call_loyalty\(",
}
ELSEWHERE = {"apply"}  # what consumers of the shop's own do, which have no story


def test_every_step_has_a_section() -> None:
    """Whatever a story can call is in one group, with a docstring; and how it is waited for is what the guard says."""
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(STEPS)
    assert all(f"\n### shop.{name}\n" in PAGE for name in STEPS)
    assert EVENTS == slips.EVENTS


def _with_helpers(name: str) -> str:
    """The source of a method of the shop, with all of its own that it calls."""
    found: dict[str, str] = {}
    left = [name]
    while left:
        method = getattr(Shop, one := left.pop(), None)
        if one not in found and inspect.isfunction(method):
            found[one] = inspect.getsource(method)
            left += re.findall(r"self\.(_\w+)", found[one])
    return "".join(found.values())


@pytest.mark.parametrize("name", STEPS)
def test_a_step_costs_what_it_does(name: str) -> None:
    """What the code asks of database, provider, broker and loyalty is named under its costs, and nothing else is."""
    source = _with_helpers(name)
    costs = PAGE.partition(f"### shop.{name}\n")[2].partition("**Costs:** ")[2].partition("\n")[0]
    assert costs
    assert [words for words, call in COSTS.items() if re.search(call, source)] == [words for words in COSTS if words in costs]


def test_every_crash_point_belongs_to_a_step() -> None:
    """Each step name that a fault may strike after is on the page, but for those of the shop's own consumers."""
    assert {step for name in STEPS for step in struck(name)} == set(get_args(Step)) - ELSEWHERE


def test_what_a_story_is_given_is_there() -> None:
    """Each attribute of a request and of an order that the page names is one."""
    given = PAGE.partition("## What a story is given")[2].partition("###")[0]
    for owner, kind in (("request", Request), ("order", Order)):
        names = {part.partition("`")[0].partition("(")[0] for part in given.split(f"`{owner}.")[1:]}
        assert names
        assert {name for name in names if not hasattr(kind, name)} == set()


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The page's file is in the current folder; its commands with what is shown after them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    part = PAGE.partition("## Parts and promises")[2]
    [code] = blocks(part, "python")
    Path("my_checkout.py").write_text(code, encoding="utf-8")
    return list(zip(blocks(part, "sh"), blocks(part, "text"), strict=True))


def shown(command: str, text: str, code: int) -> None:
    done = coffee(*shlex.split(command)[1:])
    assert done.exit_code == code, done.output
    printed = " ".join(done.output.split())
    assert [line for line in text.splitlines() if " ".join(line.split()) not in printed] == []


def test_parts_are_drawn_as_shown(example: list[tuple[str, str]]) -> None:
    """The example's own box is in the picture, and its promises are named."""
    shown(*example[0], code=0)


@pytest.mark.slow
def test_the_promise_is_broken_as_shown(example: list[tuple[str, str]]) -> None:
    """A hunt finds a world that breaks one of the two promises."""
    shown(*example[1], code=1)
