"""Rules on publishing after the commit: who learns of the outcome, how often, and how late."""

from __future__ import annotations

from collections.abc import Iterator

from sim.architectures.lint.rule import (
    Change,
    Found,
    World,
    about,
    charges_in_request,
    down,
    exactly,
    has_story_of,
    knows_repeats,
    queued_payment,
    relay_of,
    sends_provider_key,
    up,
)
from sim.architectures.naive import Naive
from sim.architectures.webhooks_first import WebhooksFirst
from sim.config.design import Design
from sim.config.units import clock_text
from sim.world.streams import mean

INBOX = (("loyalty.inbox", "{window: 7d}"),)
WEEK_S = 7 * 86_400.0


def dual_write(design: Design, _: World) -> Iterator[Found]:
    """Trusted webhooks are no dual write: the provider delivers one again until the shop has published its event."""
    payment = queued_payment(design)
    if charges_in_request(design) or has_story_of(design, WebhooksFirst):
        if getattr(design.payment, "webhooks", "ignored") == "trusted":
            return
        message = "the outcome is committed and then published: a crash in between loses the news"
        yield Found("from", message, (("from", "outbox"),))
    elif payment is not None and payment.news == "direct":
        message = "payment workers commit and then publish: a crash in between loses the news"
        yield Found("payment.news", message, (("payment.news", "outbox"),))


def marks_before_publishing(design: Design, _: World) -> Iterator[Found]:
    relay = relay_of(design)
    if relay is not None and relay.marks == "before":
        message = "rows are marked as published before they are: a relay that dies in between loses them"
        yield Found("relay.marks", message, (("relay.marks", "after"),))


def finds_by_id(design: Design, _: World) -> Iterator[Found]:
    relay = relay_of(design)
    if relay is not None and relay.finds == "by_id":
        message = "a row that commits after one with a higher id is never found, and its order never paid"
        yield Found("relay.finds", message, (("relay.finds", "unmarked"),))


def no_inbox(design: Design, _: World) -> Iterator[Found]:
    if design.loyalty.inbox is not None:
        return
    relayed = relay_of(design) is not None
    if not design.loyalty.inline:
        windows = None if relayed else ("W30", "W32")  # without a relay only the broker repeats
        yield Found("loyalty.inbox", "the broker delivers at least once, and loyalty awards on every delivery", INBOX, windows)
    elif relayed:
        message = "a relay that dies calls loyalty again for the same rows, and each call awards"
        yield Found("loyalty.inbox", message, INBOX, ("W8",))


def inbox_forgets(design: Design, world: World) -> Iterator[Found]:
    inbox = design.loyalty.inbox
    if inbox is None:
        return
    by_broker_s, by_relay_s = redelivered_s(design, world)
    again_s = max(by_broker_s, by_relay_s)
    if inbox.window < again_s:
        message = f"handled messages are forgotten after {exactly(inbox.window)}, and can come again after {about(again_s)}"
        enough = INBOX if again_s <= WEEK_S else (("loyalty.inbox.window", up(again_s)),)
        late = (("W8", by_relay_s), ("W32", by_broker_s))
        yield Found("loyalty.inbox", message, enough, tuple(window for window, late_s in late if inbox.window < late_s))


def acknowledges_late(design: Design, world: World) -> Iterator[Found]:
    """Where repeats do harm: at a loyalty service without an inbox; at payment workers without a key of the provider."""
    broker, payment = design.broker, queued_payment(design)
    if broker.commit_every is not None:
        knob, message = "broker.commit_every", f"what was handled in the last {exactly(broker.commit_every)}"
        enough: tuple[Change, ...] = (("broker.commit_every", "none"),) if broker.commits == "each" else ()
    elif broker.commits == "after_batch" and broker.batch > 1:
        knob, message = "broker.commits", f"up to {broker.batch} messages of a batch"
        enough = (("broker.commits", "each"), ("broker.batch", "1"))
    else:
        return
    awards = design.loyalty.inbox is None and not design.loyalty.inline
    charges = payment is not None and not sends_provider_key(design, world)
    if awards or charges:
        who = " and ".join([*["loyalty"] * awards, *["payment workers"] * charges])
        verb = "know" if charges else "knows"
        windows = None if awards else ("W30",)
        yield Found(knob, f"{message} may come again, and {who} {verb} nothing of it", enough, windows)


def replay_passes_inbox(design: Design, _: World) -> Iterator[Found]:
    dead, inbox = design.broker.dead_letters, design.loyalty.inbox
    if dead is None or not dead.is_replayed or dead.ids == "same" or design.loyalty.inline:
        return
    if inbox is not None and inbox.by == "message":
        yield Found(
            "broker.dead_letters.ids",
            "dead letters are replayed under new ids, and the inbox remembers ids",
            (("broker.dead_letters.ids", "same"), ("loyalty.inbox.by", "order")),
        )


def dead_letters_left(design: Design, world: World) -> Iterator[Found]:
    dead, clock = design.broker.dead_letters, world.scenario.clock
    if dead is None or dead.replay_every is not None:
        return
    nobody = "nobody replays it"
    if dead.replay_at is not None:
        if not world.given or 0 <= clock.since_start_s(dead.replay_at) <= clock.horizon_s:
            return
        nobody = f"the morning has no {clock_text(dead.replay_at)} at which they would be replayed"
    yield Found(
        "broker.dead_letters",
        f"a message is dead after {dead.after} deliveries, and {nobody}",
        (("broker.dead_letters", "none"), ("broker.dead_letters.replay_every", "5min")),
    )


def redelivered_s(design: Design, world: World) -> tuple[float, float]:
    """The longest times (s) from a message's first handling to its repetition by the broker, and by a relay after a crash."""
    down_s, relay = world.down_s("loyalty"), relay_of(design)
    by_broker_s = 0.0 if design.loyalty.inline else design.broker.visibility + design.broker.deliver + down_s
    dead = design.broker.dead_letters
    if dead is not None and dead.is_replayed and not design.loyalty.inline:
        until_s = 0.0 if dead.replay_at is None else max(world.scenario.clock.since_start_s(dead.replay_at), 0.0)
        by_broker_s += max(dead.replay_every or 0.0, until_s) + dead.after * design.broker.visibility
    if relay is None:
        return by_broker_s, 0.0
    return by_broker_s, world.restart_s("relay") + relay.poll_every + relay.batch * mean(design.broker.publish) + down_s


def slow_relay(design: Design, world: World) -> Iterator[Found]:
    """A row's wait for the next poll is uniform over a period, so its q-quantile is q periods."""
    relay, payment = relay_of(design), queued_payment(design)
    if relay is None:
        return
    lags = ["confirmation_lag"]
    if not design.read_model.inline and (payment is None or payment.news == "outbox"):
        lags.append("read_model_lag")
    for metric, limit in world.scenario.objectives.items():
        stem, _, percentile = metric.rpartition("_p")
        if stem in lags and (least_s := int(percentile) / 100 * relay.poll_every) > limit:
            yield Found(
                "relay.poll_every",
                f"polls every {exactly(relay.poll_every)}, so {metric} is at least {about(least_s)}; "
                f"the objective is {exactly(limit)}",
                (("relay.poll_every", down(limit / 2)),) if limit else (),  # the rest of the way takes its time too
            )


def inline_loyalty(design: Design, _: World) -> Iterator[Found]:
    if design.loyalty.inline:
        who = "the relay and every payment after it" if relay_of(design) is not None else "a checkout worker and its customer"
        yield Found("loyalty.inline", f"{who} wait for as long as loyalty is down", (("loyalty.inline", "false"),))


def stale_view(design: Design, world: World) -> Iterator[Found]:
    stale = world.scenario.customers.reorder_when_stale
    if knows_repeats(design) or not stale.p or (design.read_model.inline and not design.read_model.cache):
        return
    relay = relay_of(design)
    cache_s, polls_s = design.read_model.cache, 2 * relay.poll_every if relay is not None else 0.0
    behind_s = cache_s + polls_s
    if behind_s >= stale.after:
        knob, rest_s = ("read_model.cache", polls_s) if cache_s >= polls_s else ("relay.poll_every", cache_s)
        left_s = (stale.after - rest_s) / 2  # for the cache, or for each of two polls; what is below it silences the rule
        changes = ((knob, down(left_s * 0.9)),) if left_s > 0 else ()
        keyed = () if has_story_of(design, Naive) else (("app.key", "purchase"),)
        yield Found(
            knob,
            f"the status view can be {about(behind_s)} behind, and people order again after {exactly(stale.after)}; "
            "no stable key tells the shop that it is the same purchase",
            (*changes, *keyed),
        )
