"""What architectures declare of themselves is what they are made of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sim.architectures import ARCHITECTURES, design_names, load_design
from sim.architectures.parts import Component, Diagram, Flow, common, parts_of
from sim.config.design import Design
from tests.worlds import design, morning, world

KNOBS: list[tuple[str, dict[str, Any], str]] = [
    ("naive", {"app": {"key": "submission"}}, "key: submission"),
    ("naive", {"app": {"retry": {"never": True}}}, "no retries"),
    ("naive", {"app": {"retry": {"fixed": {"attempts": 1}}}}, "no retries"),
    ("naive", {"app": {"retry": {"fixed": {"attempts": 2}}}}, "up to 2 tries"),
    ("naive", {"app": {"retry": {"exponential": {}}}}, "tries for ever"),
    ("naive", {"app": {"retry_budget": "10%"}}, "budget 10%"),
    ("naive", {"checkout": {"workers": 7}}, "7 workers"),
    ("naive", {"checkout": {"instances": 1}}, "1 process"),
    ("naive", {"checkout": {"instances": 3}}, "3 processes"),
    ("naive", {"checkout": {"queue": "per_instance"}}, "a queue each"),
    ("naive", {"checkout": {"deadline_drop": True}}, "drops late work"),
    ("naive", {"checkout": {"leaver_drop": True}}, "drops work of those who left"),
    ("naive", {"database": {"connections": 3}}, "3 connections"),
    ("naive", {"read_model": {"inline": True}}, "reads the orders"),
    ("naive", {"read_model": {"inline": True}}, "read_model -> database: reads"),
    ("naive", {"read_model": {"cache": "5s"}}, "cached for 5s"),
    ("naive", {"loyalty": {"inbox": {"window": "3d"}}}, "inbox: 3d"),
    ("naive", {"loyalty": {"inline": True}}, "checkout -> loyalty: awards"),
    ("naive", {"recovery": {"reconcile_every": "2min"}}, "reconciler: every 2min"),
    ("naive", {"recovery": {"reconcile_every": "2min"}}, "reconciler -> broker: events"),
    ("idempotent", {"payment": {"webhooks": "checked"}}, "webhooks: checked"),
    ("idempotent", {"payment": {"webhooks": "trusted"}}, "webhooks: trusted"),
    ("idempotent", {"payment": {"webhooks": "checked"}}, "provider -> checkout: webhooks"),
    ("idempotent", {"payment": {"key": "none"}}, "gets no key"),
    ("idempotent", {"payment": {"after_error": "same_key"}}, "checkout -> provider: charge"),
    ("idempotent", {"completer": {"every": "9s"}}, "completer: every 9s"),
    ("idempotent", {"loyalty": {"inline": True}}, "checkout -> loyalty: awards"),
    ("idempotent", {"loyalty": {"inline": True}}, "completer -> loyalty: awards"),
    ("idempotent", {"loyalty": {"inline": True}}, "reconciler -> loyalty: awards"),
    ("outbox", {"payment": {"key": "attempt"}}, "new key each try"),
    ("outbox", {"payment": {"workers": 5}}, "5 workers"),
    ("outbox", {"payment": {"breaker": None}}, "no breaker"),
    ("outbox", {"payment": {"breaker": {"failures": "30%"}}}, "breaker at 30%"),
    ("outbox", {"payment": {"news": "direct"}}, "payment -> broker: events"),
    ("outbox", {"payment": {"news": "direct"}}, "payment -> database: outcome"),
    ("outbox", {"payment": {"webhooks": "checked"}}, "provider -> checkout: webhooks"),
    ("outbox", {"relay": {"batch": 7}}, "7 rows a poll"),
    ("outbox", {"relay": {"marks": "before"}}, "marks rows, then publishes"),
    ("outbox", {"relay": {"finds": "by_id"}}, "finds rows by last seen id"),
    ("outbox", {"relay": {"poll_every": "2s"}}, "relay -> database: polls, 2s"),
    ("outbox", {"loyalty": {"inbox": None}}, "no inbox"),
    ("outbox", {"loyalty": {"inline": True}}, "relay -> loyalty: awards"),
    ("inquiry", {"completer": {"batch": 2}}, "2 at once"),
]


def said(chosen: Design) -> set[str]:
    """Everything that a picture of it says."""
    parts = parts_of(chosen)
    notes = {note for component in parts.components for note in component.notes}
    named = {f"{component.name}: {note}" for component in parts.components for note in component.notes}
    return notes | named | {f"{flow.source} -> {flow.target}: {flow.label}" for flow in parts.flows}


@pytest.mark.parametrize(("name", "knobs", "text"), KNOBS, ids=[f"{name} {text}" for name, _, text in KNOBS])
def test_a_knob_shows(name: str, knobs: dict[str, Any], text: str) -> None:
    """What a knob adds or changes is in the picture, and without the knob it isn't."""
    assert text in said(design(name, knobs, constant=False))
    assert text not in said(design(name, constant=False))


@pytest.mark.parametrize(
    ("name", "knobs", "text"),
    [
        ("naive", {"read_model": {"inline": True}}, "broker -> read_model: events"),
        ("naive", {"loyalty": {"inline": True}}, "broker -> loyalty: confirmed"),
        ("idempotent", {"recovery": {"reconcile_every": None}}, "reconciler -> provider: ledger, refunds"),
        ("idempotent", {"payment": {"after_error": "same_key"}}, "checkout -> provider: charge or ask"),
        ("outbox", {"payment": {"news": "direct"}}, "payment -> database: outcome + event"),
    ],
)
def test_a_knob_takes_away(name: str, knobs: dict[str, Any], text: str) -> None:
    """What a knob replaces or switches off is no longer in the picture."""
    assert text in said(design(name, constant=False))
    assert text not in said(design(name, knobs, constant=False))


def test_webhooks_and_what_nobody_waits_for() -> None:
    """A webhook is news that nobody waits for; who listens says how."""
    parts = parts_of(design("idempotent", {"payment": {"webhooks": "checked"}}, constant=False))
    assert Flow("provider", "checkout", "webhooks", dashed=True) in parts.flows


@pytest.mark.parametrize(("name", "part"), [("outbox", "relay"), ("outbox", "payment"), ("idempotent", "completer")])
def test_an_architecture_has_parts_of_its_own(name: str, part: str) -> None:
    """Relay, payment workers and completer are boxes where they exist, and naive has none of them."""
    assert part in {component.name for component in parts_of(load_design(name)).components}
    assert part not in {component.name for component in parts_of(load_design("naive")).components}


@pytest.mark.parametrize("name", design_names())
def test_everybody_is_connected(name: str) -> None:
    """In every built-in design and variant each component acts or is called."""
    parts = parts_of(load_design(name))
    assert {component.name for component in parts.components} == {
        end for flow in parts.flows for end in (flow.source, flow.target)
    }


def test_a_flow_names_two_components() -> None:
    """A flow from or to nowhere is an error of whoever declares it, and so are two components of one name."""
    here, there = Component("here", "service", "here"), Component("there", "service", "there")
    for flow in (Flow("here", "nowhere"), Flow("nowhere", "here")):
        with pytest.raises(ValueError, match=r"^a flow names 'nowhere', which is none of here, there$"):
            Diagram((here, there), (flow,))
        with pytest.raises(ValueError, match=r"^a flow names 'nowhere', which is none of here, there$"):
            Diagram((here, there)).plus(flow)
    with pytest.raises(ValueError, match=r"^two components with the same name: here, there, here$"):
        Diagram((here, there)).plus(here)


def test_what_need_not_be_said() -> None:
    """An arrow has no label and somebody waits for the answer; a box has no notes, no station and no place of its own."""
    assert Flow("here", "there") == Flow("here", "there", label="", dashed=False)
    assert Component("here", "service", "Here") == Component("here", "service", "Here", notes=(), station=None, place=None)
    assert Diagram(()).flows == ()


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_station_is_some_part(name: str, inline: bool) -> None:
    """The stations of a morning are those of the picture, so that every queue has its place in it."""
    chosen = design(name, {"read_model": {"inline": inline}, "loyalty": {"inline": inline}})
    tables, _ = morning(world(), chosen)
    stations = [component.station for component in parts_of(chosen).components if component.station is not None]
    assert sorted(stations) == sorted(station.name for station in tables.stations)


def test_a_new_architecture_need_not_declare_anything() -> None:
    """An architecture without `parts` has what every design has, reconciler and all."""

    class Plain(Design):
        """Declares nothing."""

    assert parts_of(Plain()) == common(Plain())
    names = {component.name for component in parts_of(Plain(recovery={"reconcile_every": "60s"})).components}  # type: ignore[arg-type]
    assert {"customer", "app", "checkout", "database", "provider", "broker", "loyalty", "read_model", "reconciler"} == names


@pytest.mark.parametrize(("webhooks", "heard"), [(False, False), (True, True), ("ignored", False), ("checked", True)])
def test_webhooks_are_a_switch_or_a_word(webhooks: bool | str, heard: bool) -> None:
    """However a design says that it listens, there is an arrow from the provider and a note of it."""
    naive = design("naive", constant=False)
    payment = SimpleNamespace(webhooks=webhooks)
    chosen = SimpleNamespace(**{name: getattr(naive, name) for name in type(naive).model_fields} | {"payment": payment})
    parts = common(chosen)  # type: ignore[arg-type]
    assert any(flow.source == "provider" and flow.dashed for flow in parts.flows) == heard
    assert any("webhooks: checked" in component.notes for component in parts.components) == heard
