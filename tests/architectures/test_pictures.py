"""The pictures that the architectures declare of themselves, box by box and arrow by arrow."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sim.architectures import ARCHITECTURES, load_design, parse_design
from sim.architectures.parts import Diagram, common, parts_of
from sim.config.design import Design

# Boxes: (row, column) kind name [station]: label, notes. Dashed arrows: nobody waits for an answer.
PICTURES = {
    "naive": """
        (0, 0) person customer: customer
        (0, 1) app app: app, sends no key, up to 3 tries
        (1, 1) service checkout [checkout]: checkout, 16 workers, 2 processes
        (0, 2) store read_model [read_model]: status view, built from events
        (2, 1) store database [database]: order database, orders, 16 connections
        (1, 2) queue broker: broker, at least once
        (3, 2) service loyalty [loyalty]: loyalty, no inbox
        (3, 0) external provider: payment provider, gets no key
        customer --> app: taps Pay
        app --> checkout: over the network
        app --> read_model: polls
        checkout --> database: order, then outcome
        broker - > read_model: events
        broker - > loyalty: confirmed
        checkout --> provider: charge
        checkout --> broker: events
        """,
    "idempotent": """
        (0, 0) person customer: customer
        (0, 1) app app: app, key: purchase, up to 3 tries
        (1, 1) service checkout [checkout]: checkout, 16 workers, 2 processes
        (0, 2) store read_model [read_model]: status view, built from events
        (2, 1) store database [database]: order database, orders, keys, 16 connections
        (1, 2) queue broker: broker, at least once
        (3, 2) service loyalty [loyalty]: loyalty, no inbox
        (3, 0) external provider: payment provider, key: order
        (3, 1) worker reconciler: reconciler, every 1min
        (2, 0) worker completer [completer]: completer, every 5s, 20 at once
        customer --> app: taps Pay
        app --> checkout: over the network
        app --> read_model: polls
        checkout --> database: claim, outcome
        broker - > read_model: events
        broker - > loyalty: confirmed
        reconciler --> provider: ledger, refunds
        reconciler --> database: confirms
        completer --> database: stuck orders
        checkout --> provider: charge or ask
        completer --> provider: charge or ask
        checkout --> broker: events
        completer --> broker: events
        reconciler --> broker: events
        """,
    "outbox": """
        (0, 0) person customer: customer
        (0, 1) app app: app, key: purchase, up to 3 tries
        (1, 1) service checkout [checkout]: checkout, 16 workers, 2 processes
        (0, 2) store read_model [read_model]: status view, built from events
        (2, 1) store database [database]: order database, orders, outbox, 16 connections
        (1, 2) queue broker: broker, at least once
        (3, 2) service loyalty [loyalty]: loyalty, inbox: 7d
        (3, 0) external provider: payment provider, key: order
        (3, 1) worker reconciler: reconciler, every 1min
        (2, 0) worker payment [payment]: payment workers, 24 workers, breaker at 50%
        (2, 2) worker relay: outbox relay, 100 rows a poll
        customer --> app: taps Pay
        app --> checkout: over the network
        app --> read_model: polls
        checkout --> database: order + event
        broker - > read_model: events
        broker - > loyalty: confirmed
        reconciler --> provider: ledger, refunds
        reconciler --> database: confirms
        broker - > payment: new orders
        payment --> database: outcome + event
        relay --> database: polls, 500ms
        payment --> provider: charge or ask
        relay --> broker: events
        """,
    "inquiry": """
        (0, 0) person customer: customer
        (0, 1) app app: app, key: purchase, up to 3 tries
        (1, 1) service checkout [checkout]: checkout, 16 workers, 2 processes
        (0, 2) store read_model [read_model]: status view, built from events
        (2, 1) store database [database]: order database, orders, keys, 16 connections
        (1, 2) queue broker: broker, at least once
        (3, 2) service loyalty [loyalty]: loyalty, no inbox
        (3, 0) external provider: payment provider, gets no key
        (3, 1) worker reconciler: reconciler, every 1min
        (2, 0) worker completer [completer]: completer, every 5s, 20 at once
        customer --> app: taps Pay
        app --> checkout: over the network
        app --> read_model: polls
        checkout --> database: claim, outcome
        broker - > read_model: events
        broker - > loyalty: confirmed
        reconciler --> provider: ledger, refunds
        reconciler --> database: confirms
        completer --> database: stuck orders
        checkout --> provider: charge or ask
        completer --> provider: charge or ask
        checkout --> broker: events
        completer --> broker: events
        reconciler --> broker: events
        """,
    "webhooks-first": """
        (0, 0) person customer: customer
        (0, 1) app app: app, key: purchase, up to 3 tries
        (1, 1) service checkout [checkout]: checkout, 16 workers, 2 processes, webhooks: checked
        (0, 2) store read_model [read_model]: status view, built from events
        (2, 1) store database [database]: order database, orders, keys, 16 connections
        (1, 2) queue broker: broker, at least once
        (3, 2) service loyalty [loyalty]: loyalty, no inbox
        (3, 0) external provider: payment provider, key: order
        (3, 1) worker reconciler: reconciler, every 1min
        (2, 0) worker completer [completer]: completer, every 10s, 20 at once
        customer --> app: taps Pay
        app --> checkout: over the network
        app --> read_model: polls
        checkout --> database: claim, outcome
        broker - > read_model: events
        broker - > loyalty: confirmed
        reconciler --> provider: ledger, refunds
        reconciler --> database: confirms
        provider - > checkout: webhooks
        completer --> database: stuck orders
        customer --> provider: pays
        checkout --> provider: begin or ask
        completer --> provider: ask
        checkout --> broker: events
        completer --> broker: events
        reconciler --> broker: events
        """,
}

# What a design may have besides: the knobs, and the lines of its picture that they make.
MORE: dict[str, tuple[str, str]] = {
    "a proxy and a library that repeat": (
        "from: naive\nproxy: {timeout: 5s}\npayment: {sdk: {key: fresh}}",
        """
        (1, 0) service proxy: proxy, waits 5s, up to 3 tries
        (3, 0) external provider: payment provider, gets no key, library: up to 3 tries, fresh keys
        app --> proxy: over the network
        proxy --> checkout: repeats
        """,
    ),
    "a proxy and a library that don't": (
        "from: naive\nproxy: {tries: 1}\npayment: {sdk: {tries: 1}}",
        """
        (1, 0) service proxy: proxy, waits 1min, 1 try
        app --> proxy: over the network
        proxy --> checkout: repeats
        """,
    ),
    "a library that calls twice": (
        "from: naive\npayment: {sdk: {tries: 2, key: same}}",
        "(3, 0) external provider: payment provider, gets no key, library: up to 2 tries, same key",
    ),
    "a client library that repeats without a key": (
        "from: naive\npayment: {sdk: {tries: 2, key: none}}",
        "(3, 0) external provider: payment provider, gets no key, library: up to 2 tries, no key",
    ),
    "an app that looks, and a replica": (
        "from: naive\napp: {before_retry: look}\ndatabase: {replica: {reads: [status, look]}}",
        """
        (0, 1) app app: app, sends no key, looks before a retry, up to 3 tries
        (2, 1) store database [database]: order database, orders, 16 connections, replica: status, look
        """,
    ),
    "a look before the taking, after which it is reserved for a while": (
        "from: naive\ntaking: {guard: check_then_take, reserve: {for: 10min}}",
        """
        (2, 1) store database [database]: order database, orders, 16 connections, check then take
        (3, 2) worker releaser: ends reservations, after 10min
        releaser --> database: gives back
        """,
    ),
    "a job for renewals that is told something": (
        "from: naive\nrenewal_job: {key: run, machines: 2}",
        """
        (2, 0) worker renewals: charges renewals, new keys each run, looks first, 2 machines
        renewals --> database: order, then outcome
        renewals --> provider: charges
        """,
    ),
    "a job without keys, on one machine": (
        "from: naive\nrenewal_job: {key: none, looks_first: false}",
        """
        (2, 0) worker renewals: charges renewals, no key
        renewals --> database: order, then outcome
        renewals --> provider: charges
        """,
    ),
    "a job with the renewal's key, on two machines": (
        "from: naive\nrenewal_job: {key: period, machines: 2}",
        """
        (2, 0) worker renewals: charges renewals, key: renewal, looks first, 2 machines
        renewals --> database: order, then outcome
        renewals --> provider: charges
        """,
    ),
    "keys that agents bring, and one key for both cards": (
        "from: idempotent\napp: {agent_key: given, other_card: same_key}",
        "(0, 1) app app: app, key: purchase, takes keys from agents, same key for another card, up to 3 tries",
    ),
    "the same of an app without keys": ("from: naive\napp: {agent_key: given, other_card: same_key}", ""),
    "what is taken when it is paid": (
        "from: naive\ntaking: {when: at_settlement}",
        "(2, 1) store database [database]: order database, orders, 16 connections, takes when it is paid",
    ),
    "an inbox by order": (
        "from: outbox\nloyalty: {inbox: {by: order}}",
        "(3, 2) service loyalty [loyalty]: loyalty, inbox by order: 7d",
    ),
    "batches of two that are acknowledged together": (
        "from: outbox\nbroker: {batch: 2, commits: after_batch}",
        "(1, 2) queue broker: broker, at least once, batches of 2, commits after a batch",
    ),
    "commits at times, and letters that stay dead": (
        "from: outbox\nbroker: {batch: 2, commit_every: 5s, dead_letters: {after: 3}}",
        "(1, 2) queue broker: broker, at least once, batches of 2, commits every 5s, dead after 3 tries, never replayed",
    ),
    "dead letters that are replayed": (
        "from: outbox\nbroker: {dead_letters: {after: 3, replay_every: 1h}}",
        "(1, 2) queue broker: broker, at least once, dead after 3 tries, replayed every 1h",
    ),
    "dead letters that are replayed at times and once by hand": (
        "from: outbox\nbroker: {dead_letters: {after: 3, replay_every: 1h, replay_at: '09:30'}}",
        "(1, 2) queue broker: broker, at least once, dead after 3 tries, replayed every 1h and at 09:30",
    ),
    "a charge for a later hour": (
        "from: outbox\npayment: {after: 10min, held_by: worker}",
        "(2, 0) worker payment [payment]: payment workers, 24 workers, breaker at 50%, charge after 10min, held by the worker",
    ),
    "a canceller that asks nobody": (
        "from: naive\nrecovery: {cancel_after: 10min, asks_first: false}",
        """
        (3, 1) worker canceller: cancels unpaid orders, after 10min, asks nobody
        canceller --> database: cancels
        """,
    ),
    "a canceller that asks": (
        "from: naive\nrecovery: {cancel_after: 1h}",
        """
        (3, 1) worker canceller: cancels unpaid orders, after 1h, asks first
        canceller --> database: cancels
        canceller --> provider: asks
        """,
    ),
    "a capture when the coffee is made": (
        "from: outbox\npayment: {capture: {}}",
        """
        checkout --> provider: authorise
        payment --> provider: capture
        """,
    ),
}


def told(parts: Diagram) -> list[str]:
    """A picture, line by line."""
    boxes = [
        f"{box.place} {box.kind} {box.name}{f' [{box.station}]' if box.station else ''}: {', '.join((box.label, *box.notes))}"
        for box in parts.components
    ]
    return boxes + [f"{flow.source} {'- ' if flow.dashed else '--'}> {flow.target}: {flow.label}" for flow in parts.flows]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_as_it_draws_itself(name: str) -> None:
    """With the knobs that it has by itself: who is there, where, and who calls whom for what."""
    assert told(parts_of(load_design(name))) == dedent(PICTURES[name]).strip().splitlines()


@pytest.mark.parametrize("what", MORE)
def test_what_else_a_picture_may_have(what: str) -> None:
    """These lines, and no other that the architecture alone has not."""
    knobs, lines = MORE[what]
    chosen = parse_design(knobs)
    plain = told(parts_of(type(chosen)()))
    expected = dedent(lines).strip().splitlines()
    assert [line for line in told(parts_of(chosen)) if line not in plain] == expected


def test_what_every_design_has() -> None:
    """An architecture that declares nothing has the checkout write orders, and whatever its knobs say."""
    plain = told(common(Design()))
    naive = dedent(PICTURES["naive"]).strip().splitlines()[:-2]  # its own calls come last
    assert plain == [line.replace("order, then outcome", "orders") for line in naive]


@pytest.mark.parametrize(("measures", "note"), [("held", "autoscaled, 60%"), ("cpu", "cpu-scaled, 60%")])
def test_an_autoscaler_is_told_of_in_the_box_of_its_workers(measures: str, note: str) -> None:
    """Its bounds instead of the number at the start, its target, and whether it only sees the processor."""
    scale = {"min": 4, "max": 64, "target": "60%", "measures": measures}
    chosen = ARCHITECTURES["outbox"].model_validate({"checkout": {"autoscale": scale}, "payment": {"autoscale": scale}})
    notes = {component.name: component.notes for component in parts_of(chosen).components}
    assert notes["checkout"] == ("4 to 64 workers", note, "2 processes")
    assert notes["payment"] == ("4 to 64 workers", note, "breaker at 50%")
