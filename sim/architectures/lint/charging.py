"""Rules on charging: which key the provider gets, what becomes of a call without an answer, and who repairs the rest."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sim.architectures.lint.rule import (
    SLOW,
    Found,
    World,
    about,
    asking,
    exactly,
    has_story_of,
    hears_of_charges,
    knows_repeats,
    knows_retries,
    queued_payment,
    sends_provider_key,
    times,
    tries,
)
from sim.architectures.naive import Naive
from sim.config.design import Completer, Design, KeyedPayment
from sim.config.scenario import ProviderKeys
from sim.config.units import probability_text
from sim.world.streams import mean, quantile, share_above


def no_provider_key(design: Design, world: World) -> Iterator[Found]:
    """Designs that ask before charging, instead of sending a key, have their own rules."""
    if sends_provider_key(design, world) or asking(design) is not None:
        return
    key = getattr(design.payment, "key", None)
    if key is None:
        yield Found("from", "the provider gets no key, so it can't know that a second call is for the same coffee")
    elif key == "order":
        yield Found("from", "payment.key is order, and this provider honours no keys: every later call is a new charge")
    else:
        sent = "no key" if key == "none" else "a new key with each call, which is as good as none"
        yield Found("payment.key", f"the provider gets {sent}, so a later call for the same order is a new charge")


def asks_without_a_key(design: Design, world: World) -> Iterator[Found]:
    inquiry = asking(design)
    if inquiry is None:
        return
    taken_over_s = inquiry.claim.lock + inquiry.completer.after
    if 0 < world.longest_pause_s < taken_over_s:
        return
    better = "" if world.scenario.provider.keys == "none" else "; this provider honours keys, which idempotent sends"
    yield Found(
        "from", f"a worker that stands still for {about(taken_over_s)} is taken over, and charges when it wakes up{better}"
    )


def asks_too_early(design: Design, world: World) -> Iterator[Found]:
    inquiry = asking(design)
    if inquiry is None:
        return
    asked_s = inquiry.payment.timeout + inquiry.completer.after
    late_s = quantile(world.scenario.provider.late.by, SLOW)
    if asked_s < late_s:
        yield Found(
            "completer.after",
            f"the provider is asked {about(asked_s)} after a call, and a call that is stuck on its way is {about(late_s)} late",
        )


def provider_forgets_first(design: Design, world: World) -> Iterator[Found]:
    keys = world.scenario.provider.keys
    lasts_s = getattr(design.payment, "key_lasts", None)
    if hears_of_charges(design, world):
        return
    if isinstance(keys, ProviderKeys) and sends_provider_key(design, world) and lasts_s is not None and lasts_s > keys.ttl:
        yield Found(
            "payment.key_lasts",
            f"old keys are sent without asking for {exactly(lasts_s)}, and the provider forgets them after {exactly(keys.ttl)}",
        )


def same_key_after_error(design: Design, world: World) -> Iterator[Found]:
    keys = world.scenario.provider.keys
    stored = isinstance(keys, ProviderKeys) and keys.stores_errors
    if stored and sends_provider_key(design, world) and getattr(design.payment, "after_error", "ask") == "same_key":
        assert isinstance(keys, ProviderKeys)
        yield Found(
            "payment.after_error", f"the provider stores an error (500) with its key and replays it for {exactly(keys.ttl)}"
        )


def new_key_too_soon(design: Design, world: World) -> Iterator[Found]:
    payment, provider = design.payment, world.scenario.provider
    if not (isinstance(payment, KeyedPayment) and payment.after_error == "ask" and sends_provider_key(design, world)):
        return
    late_s = payment.timeout + quantile(provider.late.by, SLOW)
    if payment.lands_within < late_s:
        yield Found(
            "payment.lands_within",
            f"after an error (500) a new key is taken {exactly(payment.lands_within)} after a call without an answer, and "
            f"such a call may charge up to {about(late_s)} later",
        )


def timeout_told_as_failure(design: Design, world: World) -> Iterator[Found]:
    if has_story_of(design, Naive):
        yield Found(
            "from",
            f"after {exactly(design.payment.timeout)} without an answer the app is told 'failed', charged or not; "
            f"{world.slow_answer}",
        )


def timeout_too_short(design: Design, world: World) -> Iterator[Found]:
    provider = world.scenario.provider
    late = share_above(provider.latency, max(0.0, design.payment.timeout - mean(provider.answer)))
    if late > 1 - SLOW:
        share, timeout = probability_text(float(f"{late:.2g}")), exactly(design.payment.timeout)
        yield Found("payment.timeout", f"on a good day {share} of the provider's answers take longer than {timeout}")


def unknown_left_behind(design: Design, _: World) -> Iterator[Found]:
    """Nothing in the design finds out what became of a call without an answer."""
    if has_story_of(design, Naive) and design.recovery.reconcile_every is None:
        message = "nobody compares the provider's ledger with orders that were given up"
        yield Found("recovery.reconcile_every", message, ("W4", "W5"))
    payment = queued_payment(design)
    if payment is not None and tries(payment.retry) < inf:
        calls = "one call" if tries(payment.retry) == 1 else f"{times(tries(payment.retry))} calls"
        windows = ("W6", "W16") if design.recovery.reconcile_every is not None else ("W5", "W6", "W13", "W16")
        message = f"an order is given up after {calls} without an answer, and nobody takes it up again"
        yield Found("payment.retry", message, windows)


def nobody_refunds(design: Design, world: World) -> Iterator[Found]:
    may_charge_twice = not sends_provider_key(design, world) and not has_story_of(design, Naive)
    if may_charge_twice and design.recovery.reconcile_every is None:
        yield Found(
            "recovery.reconcile_every", "the provider can charge an order twice, and nobody gives the second charge back"
        )


def webhooks_trusted(design: Design, _: World) -> Iterator[Found]:
    if getattr(design.payment, "webhooks", "ignored") == "trusted":
        yield Found("payment.webhooks", "each webhook overwrites the order's state and is published, whatever came before it")


def retries_multiply(design: Design, world: World) -> Iterator[Found]:
    """Three layers repeat without knowing of each other: customers, the app, and the shop that calls the provider again."""
    budgeted = design.app.retry_budget is not None
    layers = {
        "taps": 1.0 if knows_repeats(design) else float(world.scenario.customers.max_submissions),
        "requests": 1.0 if knows_retries(design) or budgeted else tries(design.app.retry),
        "charges": _charges_an_order(design),
    }
    if min(layers.values()) <= 1:
        return
    calls = 1.0
    for number in layers.values():
        calls *= number
    counted = " × ".join(
        f"{times(number)} {what}" if number < inf else f"{what} without end" for what, number in layers.items()
    )
    total = "" if calls == inf else f" = {times(calls)} calls of the provider"
    yield Found("app.key", f"three layers repeat unaware of each other: a purchase can become {counted}{total}")


def _charges_an_order(design: Design) -> float:
    payment = queued_payment(design)
    if payment is not None:
        return tries(payment.retry)
    return inf if isinstance(getattr(design, "completer", None), Completer) else 1.0  # until it is settled


def endless_retries(design: Design, _: World) -> Iterator[Found]:
    if tries(design.app.retry) == inf and design.app.retry_budget is None:
        yield Found("app.retry", "the app tries for ever, with neither a limit of attempts nor a budget")
