"""The hunt: what is broken is found and shrunk to the least it needs; what is sound survives."""

from __future__ import annotations

import signal
from contextlib import suppress
from functools import partial

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.counterexamples.hunt import as_yaml, caught, hunt, promises_of
from sim.counterexamples.reached import KINDS, Reached
from tests.architectures.mutants import OutboxInMemory
from tests.tiers import slow
from tests.worlds import ONE_CUSTOMER, design, world

BROKEN = {  # what is wrong with a variant shows in one of these ways
    "naive": "charged_at_most_once",
    "inquiry": "charged_at_most_once",
    "no-provider-key": "charged_at_most_once",
    "key-per-submission": "charged_at_most_once",
    "check-then-insert": "charged_at_most_once",
    "forgetful-keys": "charged_at_most_once",
    "same-key-for-ever": "every_order_settles",
    "no-inbox": "awarded_exactly_once",
    "short-inbox": "awarded_exactly_once",
    "dual-write": "awarded_exactly_once",
    "mark-before-publish": "every_order_settles",
    "last-seen-id": "every_order_settles",
    "cached-declines": "never_confirmed",
    "no-fingerprint": "wrong_amount",
    "trusted-webhooks": "over_award",
    "no-reconciler": "charged_at_most_once",
}
SEEDS = {
    "trusted-webhooks": 2,
    "last-seen-id": 3,
    "check-then-insert": 1,
    "no-fingerprint": 2,
}  # with 0 another harm is found first
SOUND = ("outbox", "idempotent", "asks-before-late-retry")
WORLDS = 3000  # enough for each of them; a minute draws several times as many


LONG = ("mark-before-publish", "no-fingerprint", "same-key-for-ever", "dual-write", "last-seen-id")  # until they are caught


@pytest.mark.slow
@pytest.mark.parametrize("name", slow(BROKEN, but=BROKEN.keys() - LONG))
def test_what_is_broken_is_caught(name: str) -> None:
    """With a handful of customers and at most two faults once it is shrunk; its file breaks the same promise again."""
    design = load_design(name)
    found = hunt(design, promises_of(design), worlds=WORLDS, seconds=300, seed=SEEDS.get(name, 0))
    assert found.catch is not None
    assert BROKEN[name] in found.catch.broken | found.catch.harm
    assert not found.cut_short
    assert found.catch.customers <= 3
    assert len(found.catch.world.get("faults", [])) <= 2
    scenario = parse_scenario(as_yaml(found.catch, name="again"))
    assert caught(scenario, design, found.promises, seed=SEEDS.get(name, 0)) == (found.catch.broken, found.catch.harm)


def test_an_outbox_in_memory_is_caught_with_one_customer_and_one_crash() -> None:
    """The least that it needs: a checkout that dies (or throws) right after the order was accepted."""
    found = hunt(OutboxInMemory(name="mutant"), ["every_order_settles"], worlds=WORLDS, seconds=300, seed=3)
    assert found.catch is not None
    assert (found.catch.customers, len(found.catch.world["faults"])) == (1, 1)
    fault = found.catch.world["faults"][0]
    assert fault.get("crash", fault.get("errors")) == "checkout"
    assert found.catch.world["faults"][0].get("after", "accept") == "accept"


@pytest.mark.parametrize(
    ("name", "worlds"),
    [("outbox", 80), *(pytest.param(name, 250, marks=pytest.mark.slow) for name in SOUND)],
)
def test_what_is_sound_survives(name: str, worlds: int) -> None:
    """As many worlds are tried as asked for, and none breaks a promise."""
    design = load_design(name)
    found = hunt(design, promises_of(design), worlds=worlds, seconds=300)
    assert found.catch is None
    assert found.worlds == worlds


def test_the_same_seed_finds_the_same_world() -> None:
    """To the last value; and another seed another world, or the same smallest one by another way."""
    design = load_design("no-provider-key")
    first, again = (hunt(design, promises_of(design), seed=3, worlds=500, seconds=300) for _ in range(2))
    assert (first.catch, first.worlds, first.shrunk) == (again.catch, again.worlds, again.shrunk)


def test_time_is_kept() -> None:
    """When the time is up there is no catch, or the smallest so far."""
    design = load_design("outbox")
    found = hunt(design, promises_of(design), seconds=0.3)
    assert found.catch is None
    assert found.seconds < 5
    assert found.worlds >= 1


def test_ctrl_c_leaves_what_was_tried() -> None:
    """The worlds so far, and that it was not the end of them; nothing if there were none."""
    design = load_design("outbox")

    def press(tried: int, _: int, at: int) -> None:
        if tried == at:
            raise KeyboardInterrupt

    found = hunt(design, promises_of(design), seconds=300, progress=partial(press, at=7))
    assert (found.catch, found.worlds, found.interrupted, found.cut_short) == (None, 7, True, False)


def test_ctrl_c_is_not_lost_where_python_drops_it() -> None:
    """As in a callback of the garbage collection: the hunt ends at the next world, and the usual handler is back."""
    design = load_design("outbox")

    def drop(tried: int, _: int) -> None:
        if tried == 5:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    found = hunt(design, promises_of(design), worlds=200, seconds=300, progress=drop)
    assert (found.worlds, found.interrupted) == (5, True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_reached_is_counted() -> None:
    """One customer whose order is committed and never told of: each thing that happened, once."""
    scenario = world(ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, times: 1}]\n")
    reached = Reached()
    caught(scenario, design("idempotent"), [], seed=0, observer=reached)
    counted = reached.counted(design("idempotent"))
    assert {kind: times for kind, times in counted.items() if times} == {
        "automatic_retries": 1, "known_keys": 1, "checkout_crash_after_commit": 1,
    }  # fmt: skip
    never = [kind for kind, times in counted.items() if not times]
    assert {"lost_answers", "stale_claims_taken_over", "checkout_crash_after_charge", "checkout_pause_after_commit"} <= set(
        never
    )


NOT_WITHOUT = ("dead_letters", "held_messages")  # a knob for them


@pytest.mark.parametrize(
    ("name", "cannot"),
    [
        (
            "naive",
            {
                "known_keys",
                "stale_claims_taken_over",
                "stuck_orders_taken_up",
                "keys_known_to_the_provider",
                "refunds",
                "webhooks",
                "repeated_webhooks",
                "messages_known_to_the_inbox",
                *NOT_WITHOUT,
            },
        ),
        ("outbox", {"stale_claims_taken_over", "stuck_orders_taken_up", "webhooks", "repeated_webhooks", *NOT_WITHOUT}),
        ("checked-webhooks", {"messages_known_to_the_inbox", *NOT_WITHOUT}),
    ],
)
def test_what_cannot_happen_to_a_design_is_not_missed(name: str, cannot: set[str]) -> None:
    """Nobody waits for a webhook of a design that listens to none; what can happen is there, be it as 0."""
    found = hunt(load_design(name), ["charged_at_most_once"], worlds=5, seconds=300)
    assert found.reached.keys() & KINDS.keys() == KINDS.keys() - cannot


def test_a_long_hunt_reaches_more_than_a_short_one() -> None:
    """Two worlds lose no answer, 120 do; and what the first two reached, the 120 have."""
    short, long = (hunt(load_design("outbox"), ["charged_at_most_once"], worlds=n, seconds=300).reached for n in (2, 120))
    assert short["lost_answers"] == 0 < long["lost_answers"]
    assert all(long[kind] >= times for kind, times in short.items())


def test_promises_are_those_of_the_design_and_that_of_one_charge() -> None:
    """Nobody is let off charging once; other promises can be asked for by name."""
    assert promises_of(load_design("naive")) == ["charged_at_most_once", "every_confirmed_order_was_paid"]
    assert promises_of(load_design("naive"), ["all_stores_agree"]) == ["all_stores_agree"]
    with pytest.raises(ConfigError, match='unknown promise "charged_once"; did you mean "charged_at_most_once"'):
        promises_of(load_design("naive"), ["charged_once"])
