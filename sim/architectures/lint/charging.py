"""Rules on charging: which key the provider gets, what becomes of a call without an answer, and who repairs the rest."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, inf

from sim.architectures.calls import quantile_s, share_longer
from sim.architectures.lint.rule import (
    SLOW,
    Found,
    World,
    about,
    architectures,
    asking,
    down,
    exactly,
    has_story_of,
    hears_of_charges,
    knows_repeats,
    knows_retries,
    queued_payment,
    sends_provider_key,
    share,
    times,
    tries,
    up,
)
from sim.architectures.naive import Naive
from sim.config.design import Completer, Design, KeyedPayment, Repeater
from sim.config.scenario import ProviderKeys
from sim.world.streams import quantile

ENDLESS = "{full_jitter: {base: 500ms, cap: 20s}}"
RECONCILED = (("recovery.reconcile_every", "60s"),)
MARGIN = 1.02  # two digits of a computed quantile may be a little too few


def no_provider_key(design: Design, world: World) -> Iterator[Found]:
    """Designs that ask before charging, instead of sending a key, have their own rules."""
    if sends_provider_key(design, world) or asking(design) is not None:
        return
    key, others = getattr(design.payment, "key", None), architectures(world)
    by_broker = queued_payment(design) is not None  # only then a rebalance repeats a charge
    windows = None if by_broker else ("W4", "W5", "W11", "W12", "W13", "W16", "W26")
    if key is None:
        message = "the provider gets no key, so it can't know that a second call is for the same purchase"
        yield Found("from", message, others, windows)
    elif not world.honours_keys:
        message = f"payment.key is {key}, and this provider honours no keys: every later call is a new charge"
        yield Found("from", message, others, windows)
    else:
        sent = "no key" if key == "none" else "a new key with each call, which prevents nothing"
        message = f"the provider gets {sent}, so a later call for the same order is a new charge"
        yield Found("payment.key", message, (("payment.key", "order"),), windows)


def held_too_long(design: Design, world: World) -> Iterator[Found]:
    """With a key of the provider all copies but one are refused, or told that it is done."""
    payment = queued_payment(design)
    if payment is None or payment.after is None or payment.held_by == "broker" or sends_provider_key(design, world):
        return
    visible_s = design.broker.visibility
    if payment.after > visible_s:
        yield Found(
            "payment.held_by",
            f"a worker holds a message for {exactly(payment.after)}, and it is delivered again every {exactly(visible_s)}: "
            f"{times(ceil(payment.after / visible_s))} charges",
            (("payment.held_by", "broker"), ("broker.visibility", up(payment.after * MARGIN))),
        )


def library_takes_keys(design: Design, world: World) -> Iterator[Found]:
    """Repeats after a refusal or an error charge once all the same; after silence, or while a call is at work, they may not."""
    sdk = design.payment.sdk
    if sdk is None or sdk.tries == 1 or not {"timeout", "conflict"} & set(sdk.on):
        return
    keyed = sends_provider_key(design, world)
    if keyed and sdk.key == "same":
        return
    sent = {"same": "and no key with any call", "fresh": "with a fresh key each time", "none": "and no key with the repeats"}
    yield Found(
        "payment.sdk",
        f"the provider's client library calls up to {sdk.tries} times by itself, {sent[sdk.key]}: a call whose answer was lost "
        "is charged again",
        (("payment.sdk.tries", "1"), *((("payment.sdk.key", "same"),) if keyed else ())),
    )


def asks_without_a_key(design: Design, world: World) -> Iterator[Found]:
    inquiry = asking(design)
    if inquiry is None:
        return
    taken_over_s = inquiry.claim.lock + inquiry.completer.after
    longest_s = world.longest_pause_s
    if 0 < longest_s < taken_over_s:
        return
    message = f"a worker that stands still for {about(taken_over_s)} is taken over, and charges when it wakes up"
    enough = architectures(world) if world.honours_keys else ()
    if longest_s:
        enough = (*enough, ("completer.after", up(longest_s + 1 - min(inquiry.claim.lock, longest_s))))
    if world.honours_keys:
        yield Found("from", f"{message}; this provider honours keys, which idempotent sends", enough)
    else:
        yield Found("completer.after", message, enough)


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
            (("completer.after", up(late_s - inquiry.payment.timeout + world.slow_answer_s)),),
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
            (("payment.key_lasts", down(keys.ttl * 2 / 3)),),  # with a margin: the call itself takes time
        )


def same_key_after_error(design: Design, world: World) -> Iterator[Found]:
    keys = world.scenario.provider.keys
    stored = isinstance(keys, ProviderKeys) and keys.stores_errors
    if stored and sends_provider_key(design, world) and getattr(design.payment, "after_error", "ask") == "same_key":
        assert isinstance(keys, ProviderKeys)
        yield Found(
            "payment.after_error", f"the provider stores an error (500) with its key and replays it for {exactly(keys.ttl)}",
            (("payment.after_error", "ask"),),
        )  # fmt: skip


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
            (("payment.lands_within", up(late_s + world.slow_answer_s)),),
        )


def timeout_told_as_failure(design: Design, world: World) -> Iterator[Found]:
    if has_story_of(design, Naive):
        yield Found(
            "from",
            f"after {exactly(design.payment.timeout)} without an answer the app is told 'failed', charged or not; "
            f"{world.slow_answer}",
            architectures(world),
        )


def timeout_too_short(design: Design, world: World) -> Iterator[Found]:
    provider = world.scenario.provider
    late = share_longer(provider, design.payment.timeout)
    if late > 1 - SLOW:
        timeout = exactly(design.payment.timeout)
        message = f"on a good day {share(late)} of the provider's answers take longer than {timeout}"
        slow_s = dict.fromkeys(up(seconds * MARGIN) for seconds in (quantile_s(provider, SLOW), world.slow_answer_s))
        yield Found("payment.timeout", message, tuple(("payment.timeout", text) for text in slow_s))


def unknown_left_behind(design: Design, _: World) -> Iterator[Found]:
    """Nothing in the design finds out what became of a call without an answer."""
    if has_story_of(design, Naive) and design.recovery.reconcile_every is None:
        message = "nobody compares the provider's ledger with orders that were given up"
        yield Found("recovery.reconcile_every", message, RECONCILED, ("W4", "W5"))
    payment = queued_payment(design)
    if payment is not None and tries(payment.retry) < inf:
        calls = "one call" if tries(payment.retry) == 1 else f"{times(tries(payment.retry))} calls"
        windows = ("W6", "W16") if design.recovery.reconcile_every is not None else ("W5", "W6", "W13", "W16")
        message = f"an order is given up after {calls} without an answer, and nobody takes it up again"
        yield Found("payment.retry", message, (("payment.retry", ENDLESS),), windows)


def cancels_without_asking(design: Design, _: World) -> Iterator[Found]:
    knobs = design.recovery
    if knobs.cancel_after is not None and not knobs.asks_first:
        yield Found(
            "recovery.asks_first",
            f"what looks unpaid after {exactly(knobs.cancel_after)} is given up, and the provider, who knows, isn't asked",
            (("recovery.asks_first", "true"), ("recovery.cancel_after", "none")),
        )


def nobody_refunds(design: Design, world: World) -> Iterator[Found]:
    may_charge_twice = not sends_provider_key(design, world) and not has_story_of(design, Naive)
    if may_charge_twice and design.recovery.reconcile_every is None:
        yield Found(
            "recovery.reconcile_every", "the provider can charge an order twice, and nobody gives the second charge back",
            RECONCILED,
        )  # fmt: skip


def webhooks_trusted(design: Design, _: World) -> Iterator[Found]:
    if getattr(design.payment, "webhooks", "ignored") == "trusted":
        message = "each webhook overwrites the order's state and is published, whatever came before it"
        yield Found("payment.webhooks", message, (("payment.webhooks", "checked"),))


def finishes_apart(design: Design, _: World) -> Iterator[Found]:
    finishes = getattr(design.payment, "finishes", "once")
    if finishes != "once" and getattr(design.payment, "webhooks", "") == "checked":
        when = "that comes before the answer " if finishes == "each_path" else ""
        message = f"a webhook {when}makes an order of its own"
        yield Found("payment.finishes", message, (("payment.finishes", "once"),))


def relies_on_the_return(design: Design, world: World) -> Iterator[Found]:
    challenged = world.scenario.provider.challenge.p > 0
    if challenged and has_story_of(design, Naive) and design.recovery.reconcile_every is None:
        message = "a payment that the customer finishes at the provider is heard of when they come back, and by nobody else"
        yield Found("recovery.reconcile_every", message, RECONCILED)


def holds_left_behind(design: Design, world: World) -> Iterator[Found]:
    authorises = getattr(design.payment, "capture", None) is not None
    if authorises and design.recovery.reconcile_every is None and not sends_provider_key(design, world):
        message = "a second authorisation of an order is a second hold, and nobody releases the first one"
        yield Found("payment.key", message, (("payment.key", "order"),))


def believes_the_return(design: Design, _: World) -> Iterator[Found]:
    if getattr(design.payment, "returns", "asked") == "believed":
        message = "whoever opens the page that the provider sends customers back to has paid, says the shop"
        yield Found("payment.returns", message, (("payment.returns", "asked"),))


def retries_multiply(design: Design, world: World) -> Iterator[Found]:
    """Three layers repeat without knowing of each other: customers, the app, and the shop that calls the provider again."""
    budgeted = design.app.retry_budget is not None
    layers = {
        "taps": 1.0 if knows_repeats(design) else float(world.taps),
        "requests": 1.0 if knows_retries(design) or budgeted else tries(design.app.retry) * _repeated(design.proxy),
        "charges": _charges_an_order(design) * _repeated(design.payment.sdk),
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
    message = f"three layers repeat unaware of each other: a purchase can become {counted}{total}"
    yield Found("app.key", message, (("app.key", "purchase"),))


def _repeated(repeater: Repeater | None) -> float:
    return 1.0 if repeater is None else float(repeater.tries)


def _charges_an_order(design: Design) -> float:
    payment = queued_payment(design)
    if payment is not None:
        return tries(payment.retry)
    return inf if isinstance(getattr(design, "completer", None), Completer) else 1.0  # until it is settled


def endless_retries(design: Design, _: World) -> Iterator[Found]:
    if tries(design.app.retry) == inf and design.app.retry_budget is None:
        enough = (("app.retry", "{full_jitter: {attempts: 3}}"), ("app.retry_budget", "10%"))
        yield Found("app.retry", "the app tries for ever, with neither a limit of attempts nor a budget", enough)
