"""Rules on the app's key, and on how the shop remembers keys: can it tell a repeated request from a new one?"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sim.architectures.lint.rule import (
    SLOW,
    Found,
    World,
    about,
    charges_in_request,
    claims_of,
    exactly,
    has_story_of,
    keys_of,
    knows_repeats,
    knows_retries,
    queued_payment,
    sends_provider_key,
    sleeps_s,
    tries,
)
from sim.architectures.load import TRANSACTIONS
from sim.architectures.naive import Naive
from sim.config.design import Design
from sim.world.streams import mean, quantile


def no_key(design: Design, _: World) -> Iterator[Found]:
    """Fewer windows are open with payment workers: the answer comes before customers lose patience, or a charge can be lost."""
    windows = None if queued_payment(design) is None else ("W2", "W14")
    if has_story_of(design, Naive):
        sent = "the app sends no key" if design.app.key == "none" else f"nobody looks at the app's key ({design.app.key})"
        yield Found("from", f"{sent}, so every request is a new order")
    elif design.app.key == "none":
        yield Found("app.key", "the app sends no key, so every request is a new order", windows)
    elif design.app.key == "request":
        yield Found("app.key", "each request has a key of its own, so the app's own retry is a new order", windows)


def key_per_tap(design: Design, _: World) -> Iterator[Found]:
    if design.app.key == "submission" and not has_story_of(design, Naive):
        windows = None if queued_payment(design) is None else ("W14",)
        yield Found("app.key", "each tap on Pay has a key of its own, so a second tap or a refresh is a new order", windows)


def key_forgotten(design: Design, world: World) -> Iterator[Found]:
    keys = keys_of(design)
    if keys is None or keys.ttl is None or not knows_retries(design):
        return
    app_s, last_s = last_retry_s(design), last_request_s(design, world)
    if keys.ttl < last_s:
        who = "people" if last_s > app_s else "the app"
        windows = ("W11",) if keys.ttl >= app_s else None if queued_payment(design) is None else ("W2", "W11")
        again = "for ever" if last_s == inf else f"again after {about(last_s)}"
        message = f"keys are forgotten after {exactly(keys.ttl)}, and {who} can try {again}"
        yield Found("claim.ttl", message, windows)


def last_retry_s(design: Design) -> float:
    """The longest time (s) from a tap's first request to its last."""
    return sleeps_s(design.app.retry) + (tries(design.app.retry) - 1) * design.app.timeout


def last_request_s(design: Design, world: World) -> float:
    """The longest time (s) from a key's first request to its last, with customers at the 99th percentile of patience."""
    submission_s = last_retry_s(design)
    if not knows_repeats(design):
        return submission_s
    people = world.scenario.customers
    failed_s = submission_s + design.app.timeout + quantile(people.reaction, SLOW)
    waits_s = max(quantile(people.patience, SLOW), failed_s)
    stale_s = people.reorder_when_stale.after if people.reorder_when_stale.p else 0.0
    return (people.max_submissions - 1) * waits_s + submission_s + stale_s


def check_then_insert(design: Design, _: World) -> Iterator[Found]:
    claims = claims_of(design)
    if claims is not None and claims.check_first and knows_repeats(design):
        yield Found(
            "claim.check_first", "the key is looked up and then inserted, with no unique constraint between two requests"
        )


def no_fingerprint(design: Design, _: World) -> Iterator[Found]:
    keys = keys_of(design)
    if keys is not None and not keys.fingerprint and knows_repeats(design):
        windows = None if queued_payment(design) is None else ()  # the answer comes before customers could change the basket
        yield Found("claim.fingerprint", "the same key with another basket is answered with the first one", windows)


def failures_stored(design: Design, _: World) -> Iterator[Found]:
    claims = claims_of(design)
    if claims is not None and claims.stores_failures and knows_retries(design):
        kept = "for ever" if claims.ttl is None else f"for {exactly(claims.ttl)}"
        message = f"a failed payment is stored with its key and replayed to valid retries {kept}"
        yield Found("claim.stores_failures", message, None if knows_repeats(design) else ())


def app_gives_up_first(design: Design, world: World) -> Iterator[Found]:
    """While the app still waits, the shop's own timeout reaches it as an answer, and no retry races with a charge."""
    around_s = (
        2 * mean(world.scenario.network.latency) + mean(design.checkout.service) + TRANSACTIONS * mean(design.database.write)
    )
    hears_s = design.payment.timeout + around_s
    if not charges_in_request(design) or knows_retries(design) or design.app.timeout >= hears_s:
        return
    slow = world.slow_answer if world.slow_answer_s > design.app.timeout else "the provider's answer may never come"
    yield Found(
        "app.timeout",
        f"the app stops waiting after {exactly(design.app.timeout)}, and hears after {about(hears_s)} that the shop has given "
        f"up after {exactly(design.payment.timeout)}: {slow}, and without a key the retry is a new order",
    )


def lock_too_short(design: Design, world: World) -> Iterator[Found]:
    """Only for designs without a provider key: with one, a second worker's call is refused, however short the lock."""
    if sends_provider_key(design, world):
        return
    claims = claims_of(design)
    timeout_s = design.payment.timeout
    if claims is not None and claims.lock < timeout_s:
        yield Found(
            "claim.lock",
            f"a claim lasts {exactly(claims.lock)}, and its holder may wait {exactly(timeout_s)} for the provider, with no key",
        )
    if hasattr(design.payment, "workers") and design.broker.visibility < timeout_s:
        yield Found(
            "broker.visibility",
            f"a message comes again after {exactly(design.broker.visibility)}, and its first worker may wait "
            f"{exactly(timeout_s)} for the provider, without a key",
        )
