"""Rules on the app's key, and on how the shop remembers keys: can it tell a repeated request from a new one?"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from sim.architectures.lint.rule import (
    SLOW,
    Change,
    Found,
    World,
    about,
    architectures,
    charges_in_request,
    claims_of,
    exactly,
    has_story_of,
    keys_of,
    knows_copies,
    knows_repeats,
    knows_retries,
    queued_payment,
    sends_provider_key,
    sleeps_s,
    tries,
    up,
)
from sim.architectures.naive import Naive
from sim.config.design import Completer, Design
from sim.world.streams import quantile

WITHOUT_KEY = ("W1", "W2", "W3", "W4", "W12", "W14", "W15", "W19", "W24", "W25", "W33")  # windows that are open then
LOOKING = ("W1", "W4", "W14", "W19", "W24")  # and if the app looks before it sends anything again, which two taps at once don't
CART_KEY: tuple[Change, ...] = (("app.key", "purchase"),)


def no_key(design: Design, world: World) -> Iterator[Found]:
    """Fewer windows are open with payment workers: the answer comes before customers lose patience, or a charge can be lost."""
    windows = None if queued_payment(design) is None else ("W2", "W14", "W19", "W25")
    if has_story_of(design, Naive):
        sent = "the app sends no key" if design.app.key == "none" else f"nobody looks at the app's key ({design.app.key})"
        open_ = LOOKING if design.app.before_retry == "look" else None
        yield Found("from", f"{sent}, so every request is a new order", architectures(world), open_)
    elif design.app.key == "none":
        yield Found("app.key", "the app sends no key, so every request is a new order", CART_KEY, windows)
    elif design.app.key == "request":
        yield Found("app.key", "each request has a key of its own, so the app's own retry is a new order", CART_KEY, windows)


def key_per_tap(design: Design, _: World) -> Iterator[Found]:
    if design.app.key == "submission" and not has_story_of(design, Naive):
        windows = None if queued_payment(design) is None else ("W14", "W25")
        message = "each tap on Pay has a key of its own, so a second tap or a refresh is a new order"
        yield Found("app.key", message, CART_KEY, windows)


def key_per_page(design: Design, world: World) -> Iterator[Found]:
    if design.app.key == "page" and not has_story_of(design, Naive) and world.scenario.customers.after_patience.refresh > 0:
        yield Found("app.key", "the key is forgotten when the app is reloaded, so a refresh is a new order", CART_KEY)


def agents_make_keys(design: Design, _: World) -> Iterator[Found]:
    """Not with payment workers: the answer comes before any deadline, and the order with it."""
    if design.app.agent_key == "given" and design.app.key not in ("none", "request") and not has_story_of(design, Naive):
        message = "an agent's every call has a key of its own, so a second plan is a new order"
        windows = None if queued_payment(design) is None and design.app.before_retry == "nothing" else ()
        yield Found("app.agent_key", message, (("app.agent_key", "derived"),), windows)


def key_outlives_card(design: Design, _: World) -> Iterator[Found]:
    if design.app.other_card == "same_key" and knows_repeats(design):
        message = "another card is sent with the key of the first, whose answer is given again"
        yield Found("app.other_card", message, (("app.other_card", "new_key"),))


def new_key_after_conflict(design: Design, _: World) -> Iterator[Found]:
    claims = claims_of(design)
    answers_409 = claims is not None and claims.in_flight == "conflict"
    if design.app.on_conflict == "new_key" and answers_409 and knows_retries(design):
        yield Found(
            "app.on_conflict", "a request that is told to wait goes again with a new key, beside the first, and both are paid",
            (("app.on_conflict", "wait"),),
        )  # fmt: skip


def key_forgotten(design: Design, world: World) -> Iterator[Found]:
    keys = keys_of(design)
    if keys is None or keys.ttl is None or not knows_retries(design):
        return
    app_s, last_s = last_retry_s(design), last_request_s(design, world)
    if keys.ttl < last_s:
        who = "people" if last_s > app_s else "the app"
        windows: tuple[str, ...] = ("W11",) if keys.ttl >= app_s else ("W2", "W11")
        if keys.ttl < app_s and queued_payment(design) is None:
            windows = ("W2", "W4", "W11", "W12", *["W33"] * (keys.ttl < last_plan_s(world)))
        again = "for ever" if last_s == inf else f"again after {about(last_s)}"
        message = f"keys are forgotten after {exactly(keys.ttl)}, and {who} can try {again}"
        yield Found("claim.ttl", message, (("claim.ttl", "none"),), windows)


def last_retry_s(design: Design) -> float:
    """The longest time (s) from a tap's first request to its last."""
    return sleeps_s(design.app.retry) + (tries(design.app.retry) - 1) * design.app.timeout


def last_plan_s(world: World) -> float:
    """The longest time (s) from an agent's first plan to its last; 0 without agents."""
    agents = world.scenario.customers.agents
    return (agents.plans - 1) * (agents.deadline + quantile(agents.thinks, SLOW)) if agents.share else 0.0


def last_request_s(design: Design, world: World) -> float:
    """The longest time (s) from a key's first request to its last, with customers at the 99th percentile of patience."""
    submission_s = last_retry_s(design)
    if not knows_repeats(design):
        return submission_s
    people = world.scenario.customers
    failed_s = submission_s + design.app.timeout + quantile(people.reaction, SLOW)
    waits_s = max(quantile(people.patience, SLOW), failed_s)
    stale_s = people.reorder_when_stale.after if people.reorder_when_stale.p else 0.0
    return (world.taps - 1) * waits_s + submission_s + stale_s


def check_then_insert(design: Design, _: World) -> Iterator[Found]:
    claims = claims_of(design)
    if claims is not None and claims.guard != "unique" and knows_repeats(design):
        race = {
            "check_then_insert": "the key is looked up and then inserted, with no unique constraint between two requests",
            "check_then_mark": "the key is looked up, and written down when the payment is over: whoever comes "
            "meanwhile pays too",
        }
        yield Found(
            "claim.guard",
            race[claims.guard],
            (("claim.guard", "unique"),),
            None if claims.guard == "check_then_mark" else ("W14",),
        )


def reads_behind(design: Design, _: World) -> Iterator[Found]:
    """What is read from a replica before something is written: whoever came a moment ago is not there yet."""
    replica, claims = design.database.replica, claims_of(design)
    if replica is None:
        return
    behind = f"a replica is {exactly(quantile(replica.lag, SLOW))} behind (99th percentile)"
    if "claim" in replica.reads and claims is not None and claims.guard != "unique" and knows_retries(design):
        enough: tuple[Change, ...] = (("database.replica", "none"), ("claim.guard", "unique"))
        yield Found(
            "database.replica", f"keys are looked up where {behind}: a request that has just been served is new", enough
        )
    elif "look" in replica.reads and design.app.before_retry == "look" and not knows_repeats(design):
        enough = (("database.replica", "none"),)
        yield Found(
            "database.replica", f"the look before a retry asks where {behind}: it finds no order that has just come", enough
        )


def no_fingerprint(design: Design, _: World) -> Iterator[Found]:
    keys = keys_of(design)
    if keys is not None and not keys.fingerprint and knows_repeats(design):
        windows = None if queued_payment(design) is None else ()  # the answer comes before customers could change the basket
        message = "the same key with another basket is answered with the first one"
        yield Found("claim.fingerprint", message, (("claim.fingerprint", "true"),), windows)


def failures_stored(design: Design, _: World) -> Iterator[Found]:
    claims = claims_of(design)
    if claims is not None and claims.stores_failures and knows_retries(design):
        kept = "for ever" if claims.ttl is None else f"for {exactly(claims.ttl)}"
        message = f"a failed payment is stored with its key and replayed to valid retries {kept}"
        enough = (("claim.stores_failures", "false"),)
        yield Found("claim.stores_failures", message, enough, None if knows_repeats(design) else ())


def app_gives_up_first(design: Design, world: World) -> Iterator[Found]:
    """While the app still waits, the shop's own timeout reaches it as an answer, and no retry races with a charge."""
    if not charges_in_request(design) or knows_retries(design):
        return
    hears_s = design.payment.timeout + world.around_s(design)
    early_s = hears_s - design.app.timeout
    if early_s <= 0:
        return
    slow = world.slow_answer if world.slow_answer_s > design.app.timeout else "the provider's answer may never come"
    if tries(design.app.retry) > 1:
        then = "without a key the retry is a new order"
    elif world.taps > 1:
        then = "without a key the next tap is a new order"
    else:
        then = "the app shows a failure, charged or not"
    yield Found(
        "app.timeout",
        f"the app stops waiting after {exactly(design.app.timeout)}, {about(early_s)} before it would hear from a shop that "
        f"gives the provider up after {exactly(design.payment.timeout)}: {slow}, and {then}",
        (("app.timeout", up(hears_s)),),
    )


def proxy_repeats(design: Design, world: World) -> Iterator[Found]:
    """A proxy that waits for longer than the shop and the provider take, or than the app does, repeats nothing on a timeout."""
    proxy = design.proxy
    if proxy is None or proxy.tries == 1 or "timeout" not in proxy.on or knows_copies(design):
        return
    answers_s = design.payment.timeout + world.around_s(design) if charges_in_request(design) else world.around_s(design)
    if proxy.timeout >= min(answers_s, design.app.timeout):
        return
    keyed = () if has_story_of(design, Naive) else CART_KEY
    yield Found(
        "proxy.tries",
        f"a proxy that hears nothing for {exactly(proxy.timeout)} sends the same request up to {proxy.tries} times, and each "
        "is a new order",
        (("proxy.tries", "1"), ("proxy.timeout", up(answers_s)), *keyed),
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
            (("claim.lock", up(holds_s(design, world))),),
        )
    if hasattr(design.payment, "workers") and design.broker.visibility < timeout_s:
        yield Found(
            "broker.visibility",
            f"a message comes again after {exactly(design.broker.visibility)}, and its first worker may wait "
            f"{exactly(timeout_s)} for the provider, without a key",
            (("broker.visibility", up(holds_s(design, world))),),
        )


def holds_s(design: Design, world: World) -> float:
    """How long (s) one process works on an order, if the provider doesn't answer: its own work is seldom longer than this."""
    return design.payment.timeout + world.around_s(design)


def lock_too_long(design: Design, world: World) -> Iterator[Found]:
    """The order of a process that has died is nobody's until its claim ends; by then people have stopped looking for it."""
    claims = claims_of(design)
    if claims is None:
        return
    completer = getattr(design, "completer", None)
    rest_s = completer.after + completer.every if isinstance(completer, Completer) else 0.0
    looks_s = world.scenario.customers.polling.give_up
    if claims.lock + rest_s <= looks_s:
        return
    least_s = holds_s(design, world)
    enough = (("claim.lock", up(least_s)),) if least_s * 1.1 + rest_s <= looks_s else ()
    settled = design.recovery.reconcile_every is not None  # what was charged is confirmed by the reconciler
    yield Found(
        "claim.lock",
        f"the order of a worker that has died is taken up after {about(claims.lock + rest_s)}, and people stop looking for it "
        f"after {exactly(looks_s)}",
        enough,
        () if settled else None,
    )
