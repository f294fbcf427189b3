"""Every rule warns of a design that a run harms, and not of one that the same run spares."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, ClassVar

import pytest

from sim.architectures import SURVEYED, design_names, load_design
from sim.architectures.lint import RULES, lint
from sim.architectures.lint.rule import World
from sim.architectures.naive import Naive
from sim.config.design import Design
from sim.config.library import load_scenario, parse_scenario
from sim.experiment.effort import Effort
from sim.failure_windows.matrix import bundled_windows, matrix
from sim.vocabulary import Answer
from sim.world.checkout import Reply
from sim.world.customer import Request
from sim.world.engine import Story
from sim.world.shop import Shop
from tests.architectures.lint.cases import CASES, FURTHER, GIVES_UP, GIVES_UP_ALONE, Case, of
from tests.tiers import slow
from tests.worlds import judged

REPOSITORY = Path(__file__).parents[3]
STORES = "idempotent {'app': {'key': 'submission'}, 'claim': {'stores_failures': True}}"
GIVES_UP_AT_ONCE = "outbox {'payment': {'retry': {'never': True}}, 'recovery': {'reconcile_every': None}}"
TWO_SECONDS = ("waits-two-seconds", "idempotent {'app': {'key': 'request', 'timeout': '2s'}}")
# What harms in the world of a window without being that window's trouble, or is too rare for eight mornings of it.
NOT_BY_THE_WINDOW = {
    # the refused calls, and not the webhooks: one refusal is stored, or given up after
    *((name, "W10") for name in ("cached-declines", f"outbox {GIVES_UP}", f"outbox {GIVES_UP_ALONE}")),
    (STORES, "W16"),  # one person in some five thousand gets a stored failure at the last of their taps
    *((GIVES_UP_AT_ONCE, window) for window in ("W22", "W26")),  # one refused call, and the order is given up
    # payments take longer than 2 s there, and whoever gives up then sends a request that no key makes known
    *((name, window) for name in TWO_SECONDS for window in ("W17", "W26", "W27") if (name, window) != (TWO_SECONDS[0], "W26")),
    *((name, "W27") for name in ("library-new-keys", "proxy-repeats")),  # a payment takes longer there than they wait
    *(("last-seen-id", window) for window in ("W20", "W29")),  # two orders commit in another order than they were numbered
    ("looks-first", "W12"),  # the app finds the order that a worker stands still with, and sends nothing more
    ("webhooks-first", "W11"),  # a payment that was refused as it was begun is not begun once more
    # outbox charges one in some thousand there; of these three none in eight mornings
    *((name, "W11") for name in ("authorises-first", "inbox-by-order", "replays-dead-letters")),
}


def named(case: Case) -> str:
    return f"{case.rule}-{case.warned.name}"


def warned_of(design: Design, case: Case) -> bool:
    return case.rule in {hazard.rule for hazard in lint(design, case.scenario)}


def test_every_rule_has_a_case() -> None:
    """In the order of the registry."""
    assert list(dict.fromkeys(case.rule for case in CASES)) == list(RULES)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_rule_tells_two_designs_apart(case: Case) -> None:
    """It warns of the first design in its world and not of the second."""
    assert warned_of(case.warned, case)
    assert not warned_of(case.quiet, case)


LONG = [case for case in CASES if case.rule == "overloaded"][2:]  # and alike: of the others two are quick


@pytest.mark.slow
@pytest.mark.parametrize("case", [*(case for case in CASES if case not in LONG), *slow(LONG)], ids=named)
def test_whoever_is_warned_is_harmed(case: Case) -> None:
    """On the same morning the first design does the harm that the second doesn't."""
    assert case.harm(*judged(case.scenario, case.warned)) >= case.warned_at_least
    assert case.harm(*judged(case.scenario, case.quiet)) <= case.quiet_at_most


class Renamed(Naive):
    """The same story, with another knob turned."""

    defaults: ClassVar[dict[str, Any]] = {"app": {"key": "purchase"}}


class OtherStory(Renamed):
    """An architecture of one's own, of which nobody knows what it does with the key."""

    def handle(self, shop: Shop, request: Request) -> Story:
        yield shop.compute(request)
        return Reply(Answer.FAILED)


def test_only_a_built_in_story_is_known() -> None:
    """A subclass is judged as its architecture as long as it tells the same story; with another one, by its knobs alone."""
    assert [hazard.rule for hazard in lint(Renamed())] == [hazard.rule for hazard in lint(Naive())]
    assert [hazard.rule for hazard in lint(OtherStory())] == ["no-provider-key", "nobody-refunds", "no-inbox"]


def windows_of(design: Design, window: str) -> bool:
    return any(window in hazard.windows for hazard in lint(design, load_scenario(window.lower())))


@pytest.mark.parametrize("name", SURVEYED)
def test_built_in_designs_are_warned_of_the_windows_that_are_open(name: str) -> None:
    """And of no other: as the committed matrix found them by simulation."""
    with (REPOSITORY / "reports" / "gallery" / "windows" / "windows.csv").open(encoding="utf-8") as file:
        is_open = {row["window"]: row["state"] != "closed" for row in csv.DictReader(file) if row["design"] == name}
    assert list(is_open) == list(bundled_windows())
    assert {window: windows_of(load_design(name), window) for window in is_open} == is_open


@pytest.mark.deep
def test_all_designs_are_warned_of_the_windows_that_are_open() -> None:
    """Built-in, variant or further design, as simulation finds them now, with the exceptions above."""
    further = [of(base, knobs).model_copy(update={"name": f"{base} {knobs}"}) for base, knobs in FURTHER]
    designs = {design.name: design for design in [*map(load_design, design_names()), *further]}
    worlds = {label: load_scenario(f"windows/{name}") for label, name in bundled_windows().items()}
    found = matrix(worlds, list(designs.values()), Effort(8))
    differ = {
        (name, window) for (window, name), cell in found.cells.items() if windows_of(designs[name], window) != (cell.harmed > 0)
    }
    assert differ == NOT_BY_THE_WINDOW


def test_latency_by_percentiles_and_answers_that_take_their_time() -> None:
    """Both together have a slow answer, which warnings give: no longer than the two longest times together."""
    text = "name: slow\nprovider: {latency: {percentiles: {p50: 50ms, p99: 5s, p100: 6s}}, answer: {exponential: 1s}}\n"
    slow = World(parse_scenario(text)).slow_answer_s
    assert 5.0 < slow < 6.0 + 8.0
    assert [hazard.rule for hazard in lint(load_design("naive"), parse_scenario(text))]
