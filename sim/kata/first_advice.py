"""The rules of the first exercise, stage by stage."""

from __future__ import annotations

import numpy as np

from sim import words
from sim.config.design import Autoscale, Checkout, Database, QueuedPayment
from sim.kata.first import STAGES
from sim.kata.look import NO_KNOB, Look
from sim.kata.saying import FRESH_START, Advice, Rule, harm, leading, machines
from sim.ledger.costs import PARTS

SHORT_S = 3_600.0  # an inbox that forgets sooner than this is suspected when points were awarded twice
ENOUGH = {"checkout": 8, "payment": QueuedPayment().workers}  # workers of an outbox that passes the check


# Stage 1


def naive_orders(look: Look) -> Advice | None:
    metric = look.missed(*STAGES[0].criteria)
    if look.architecture != "naive" or metric is None:
        return None
    key = look.knob("app.key")
    unread = "" if key == "none" else f"The app sends a key for each {key}, and nobody looks at it. "
    return Advice(
        "naive_orders", metric, harm(look, metric),
        (
            "The same customer's request arrives a second time. How could the checkout know? And how the provider?",
            f"{unread}naive takes every request for a new order, and the provider gets no key with its charges. Two knobs "
            "belong together: the architecture claims a key (`coffee show idempotent --story`: one request wins), "
            "and the app sends one (`app.key`). Begin with the architecture, `from:` in design.yaml.",
            "In design.yaml: `from: idempotent`",
        ),
    )  # fmt: skip


def app_key(look: Look) -> Advice | None:
    metric, scope = look.missed(*STAGES[0].criteria), look.knob("app.key")
    if metric is None or scope == "purchase":
        return None
    why = {
        "none": "The app sends no key, so there is nothing to recognise a second request by",
        "request": "Each request has a key of its own, so a retry looks like somebody else's order",
        "submission": "Each tap has a key of its own, so a second tap or one after a refresh looks like somebody else's order",
        "page": "The key is forgotten when the app is reloaded, so a tap after a refresh looks like somebody else's order",
    }[scope]
    return Advice(
        "app_key", "app.key", harm(look, metric),
        (
            "The customer wants one coffee. How many requests and taps may that take, and what stays the same in all of them?",
            f"{why}. The scope of the app's key, `app.key`, is the knob. It must survive a retry, a second tap and a refresh.",
            "In design.yaml, below app: `key: purchase`",
        ),
    )  # fmt: skip


def provider_key(look: Look) -> Advice | None:
    if look.missed("double_charge_rate") is None or look.knob("payment.key") in ("order", NO_KNOB):
        return None
    return Advice(
        "provider_key", "payment.key", harm(look, "double_charge_rate"),
        (
            "Who is the last that could refuse a second charge?",
            f"The provider keeps keys too, and `payment.key` says what they name. It is {look.knob('payment.key')}: the "
            "provider can't know that a call is a second try.",
            "In design.yaml, below payment: `key: order`",
        ),
    )  # fmt: skip


def forgets_keys(look: Look) -> Advice | None:
    metric, ttl = look.missed(*STAGES[0].criteria), look.knob("claim.ttl")
    if metric is None or ttl in (None, NO_KNOB):
        return None
    return Advice(
        "forgets_keys", "claim.ttl", harm(look, metric),
        (
            "How late can a second request of the same purchase arrive?",
            f"`claim.ttl` is how long the checkout remembers a key: {words.seconds(ttl)}.",
            "In design.yaml, below claim: `ttl: none`",
        ),
    )  # fmt: skip


def checks_first(look: Look) -> Advice | None:
    metric = look.missed(*STAGES[0].criteria)
    if metric is None or look.knob("claim.guard") in ("unique", None, NO_KNOB):
        return None
    return Advice(
        "checks_first", "claim.guard", harm(look, metric),
        (
            "Two requests with the same key arrive within a millisecond. Which of them wins?",
            "The key is looked up and then inserted, so two requests at the same moment can both find nothing. "
            "`claim.guard` leaves out the unique constraint, by which the database would decide.",
            "In design.yaml, below claim: `guard: unique`",
        ),
    )  # fmt: skip


# Stage 2


def waits_for_the_provider(look: Look) -> Advice | None:
    metric, pool = look.missed(*STAGES[1].criteria), look.pool("checkout")
    if metric is None or not look.pays_in_request or pool is None:
        return None
    queue = (
        "nobody ever waited for a checkout worker" if not pool.longest
        else f"somebody waited for a checkout worker in {words.share(pool.queueing)} of the time"
    )  # fmt: skip
    return Advice(
        "waits_for_the_provider", "checkout",
        f"{leading(look, metric)}; {queue}, and the {pool.servers} workers computed or waited for others in "
        f"{words.share(pool.busy)} of their time.",
        (
            "What does a checkout worker do between the request and the answer, and which of it must the customer wait for?",
            f'{look.architecture} answers when the payment provider has. "We have your order" needs the order written down, '
            "not the money. `coffee show outbox --story`: it accepts in "
            "one transaction, answers, and charges afterwards.",
            "In design.yaml: `from: outbox`",
        ),
    )  # fmt: skip


def too_few_workers(look: Look) -> Advice | None:
    metric, pool = look.missed(*STAGES[1].criteria), look.pool("checkout")
    if metric is None or pool is None or pool.queueing < 0.005:
        return None
    return Advice(
        "too_few_workers", "checkout",
        f"{leading(look, metric)}.",
        (
            "What stands between a request and its answer when the answer itself is quick?",
            f"Somebody waited for one of {pool.servers} checkout workers in {words.share(pool.queueing)} of the time, "
            f"{pool.longest} at the worst moment. `checkout.workers` and `checkout.queue_limit` say how many are served at "
            "once, and how many may wait.",
            f"In design.yaml, below checkout: `workers: {max(Checkout().workers, 2 * pool.servers)}`",
        ),
    )  # fmt: skip


# Stage 3


def cached_view(look: Look) -> Advice | None:
    cache_s = look.knob("read_model.cache")
    if look.missed("stale_read_rate") is None or not cache_s or cache_s is NO_KNOB:
        return None
    people = np.mean([summary.counted["looked"] for summary in look.result.summaries])
    return Advice(
        "cached_view", "stale_read_rate",
        f"{look.shown('stale_read_rate')} of the {people:,.0f} people who looked for their order were shown less than the "
        "order database knew.",
        (
            f"Customers ask every {words.seconds(look.scenario.customers.polling.every)}. What do they get in between two "
            "updates?",
            f"`read_model.cache` keeps an answer, also \"nothing yet\", for {words.seconds(cache_s)}. Is the view slow enough "
            f"to need it?{_busy(look)}",
            "In design.yaml, below read_model: `cache: 0s`",
        ),
    )  # fmt: skip


def _busy(look: Look) -> str:
    pool = look.pool("read_model")
    return f" Its projector was busy {words.share(pool.busy)} of the time." if pool is not None else ""


def no_outbox(look: Look) -> Advice | None:
    metric = look.missed(*STAGES[2].criteria)
    if metric is None or not (look.pays_in_request or look.knob("payment.news") == "direct"):
        return None
    knob = "`from: outbox`" if look.pays_in_request else "below payment: `news: outbox`"
    return Advice(
        "no_outbox", metric,
        f"{leading(look, metric)}. On average {look.shown('unconverged_orders')} orders of a morning still differ between the "
        "stores when it has drained.",
        (
            "A process dies right after it has committed a payment. Who tells the status view?",
            "A process that commits and then publishes may die in between. The news must be written in the same transaction as "
            "the change that it reports: `coffee show outbox --story`.",
            f"In design.yaml: {knob}",
        ),
    )  # fmt: skip


def payment_backlog(look: Look) -> Advice | None:
    metric, pool = look.missed("confirmation_lag_p99", "convergence_time", "stale_read_rate"), look.pool("payment")
    if metric is None or pool is None or pool.queueing < 0.01:
        return None
    return Advice(
        "payment_backlog", "payment",
        f"{leading(look, metric)}.",
        (
            "A call takes ten times as long in the brownout. How many must be under way at once?",
            f"Orders waited for one of {pool.servers} payment workers in {words.share(pool.queueing)} of the time, "
            f"{pool.longest} of them at the worst moment. `payment.workers`, `payment.retry` and `payment.breaker` decide how "
            "fast a backlog shrinks.",
            f"In design.yaml, below payment: `workers: {max(QueuedPayment().workers, 2 * pool.servers)}`",
        ),
    )  # fmt: skip


def slow_projector(look: Look) -> Advice | None:
    metric, pool = look.missed(*STAGES[2].criteria), look.pool("read_model")
    if metric is None or pool is None or pool.busy < 0.3:
        return None
    return Advice(
        "slow_projector", "read_model",
        f"{leading(look, metric)}.",
        (
            "All orders of a backlog are confirmed within seconds. How soon does the view know?",
            f"The status view's projectors were busy {words.share(pool.busy)} of the time, with {pool.longest} events waiting "
            "at the worst moment. `read_model.apply` is the time for one event, and `read_model.workers` says how many are "
            "applied at once.",
            "In design.yaml, below read_model: `apply: {exponential: 20ms}`",
        ),
    )  # fmt: skip


def slow_relay(look: Look) -> Advice | None:
    metric, every_s = look.missed(*STAGES[2].criteria), look.knob("relay.poll_every")
    if metric is None or every_s is NO_KNOB or every_s <= 1:
        return None
    return Advice(
        "slow_relay", "relay.poll_every",
        f"{leading(look, metric)}.",
        (
            "An order is confirmed. What happens until the customer can see it?",
            f"`relay.poll_every` is how long an event may lie in the outbox: {words.seconds(every_s)}.",
            "In design.yaml, below relay: `poll_every: 500ms`",
        ),
    )  # fmt: skip


# Stage 4


def no_inbox(look: Look) -> Advice | None:
    if look.missed("loyalty_over_award_rate") is None or look.knob("loyalty.inbox") is not None:
        return None
    return Advice(
        "no_inbox", "loyalty", harm(look, "loyalty_over_award_rate"),
        (
            "The same message arrives twice. Who could notice?",
            "Messages come at least once (the broker delivers one twice, or a process dies and sends it again), and loyalty "
            "awards each time. An inbox remembers which messages were handled, in the transaction that handles them: "
            "`loyalty.inbox`.",
            "In design.yaml, below loyalty: `inbox: {window: 7d}`",
        ),
    )  # fmt: skip


def short_inbox(look: Look) -> Advice | None:
    window_s = look.knob("loyalty.inbox.window")
    if look.missed("loyalty_over_award_rate") is None or window_s is NO_KNOB or window_s >= SHORT_S:
        return None
    return Advice(
        "short_inbox", "loyalty.inbox", harm(look, "loyalty_over_award_rate"),
        (
            "What makes a message come again, and after what time?",
            f"The inbox forgets a message after {words.seconds(window_s)}, and one can come again later than that. "
            "`broker.visibility` and the restart of a crashed relay or consumer bound it from below; `loyalty.inbox.window` "
            "must be longer than anything you can think of.",
            "In design.yaml, below loyalty: `inbox: {window: 7d}`",
        ),
    )  # fmt: skip


def lost_news(look: Look) -> Advice | None:
    direct = look.knob("payment.news") == "direct"
    if look.missed("loyalty_under_award_rate") is None or not (look.pays_in_request or direct):
        return None
    knob = "`from: outbox`" if look.pays_in_request else "below payment: `news: outbox`"
    return Advice(
        "lost_news", "loyalty_under_award_rate",
        harm(look, "loyalty_under_award_rate"),
        (
            "A process dies between the commit and the message. Who will ever send it?",
            "The process that commits the payment informs loyalty afterwards, and may die in between. The message must be "
            "written in the same transaction as the payment that it reports: `coffee show outbox --story`.",
            f"In design.yaml: {knob}",
        ),
    )  # fmt: skip


def careless_relay(look: Look) -> Advice | None:
    metric = look.missed(*STAGES[2].criteria, *STAGES[3].criteria)
    key, value = ("relay.marks", "after") if look.knob("relay.marks") == "before" else ("relay.finds", "unmarked")
    if metric is None or look.knob(key) in (value, NO_KNOB):
        return None
    return Advice(
        "careless_relay", key,
        f"{look.witness(metric)} {leading(look, metric)}.".strip(),
        (
            "The relay dies in the middle of its work. Which messages does it send when it is back?",
            f"`coffee show outbox --story` shows the relay's story. With `{key}: {look.knob(key)}` it can miss a row.",
            f"In design.yaml, below relay: `{key.split('.')[1]}: {value}`",
        ),
    )  # fmt: skip


# Stage 5


def idle_workers(look: Look) -> Advice | None:
    pools = {name: pool for name in ("checkout", "payment") if (pool := look.pool(name)) is not None}
    large = {name: pool for name, pool in pools.items() if pool.servers > ENOUGH[name]}
    if look.missed("infra_cost_per_1000") is None or not large:
        return None
    name = max(large, key=lambda name: (large[name].servers * (1 - large[name].busy), name))
    pool = large[name]
    scale = look.knob(f"{name}.autoscale")
    knob = "autoscale.min" if isinstance(scale, Autoscale) else "workers"
    return Advice(
        "idle_workers", name,
        machines(look),
        (
            "Which pool was made larger for a reason that no longer holds? What would fail first if you took some of it away?",
            f"The {pool.servers} {name} workers were used in {words.share(pool.busy)} of the time that is paid for. "
            f"`{name}.{knob}`: with the answer no longer waiting for the provider, how many are at work at the same time?"
            if name == "checkout" else f"`{name}.{knob}`: how many calls are under way at once in the brownout?",
            f"In design.yaml, below {name}: `workers: {ENOUGH[name]}`" if knob == "workers"
            else f"In design.yaml, below {name}: take autoscale away and say `workers: {ENOUGH[name]}`",
        ),
    )  # fmt: skip


def idle_database(look: Look) -> Advice | None:
    connections, pool, usual = look.knob("database.connections"), look.pool("database"), Database().connections
    if look.missed("infra_cost_per_1000") is None or pool is None or connections <= usual:
        return None
    return Advice(
        "idle_database", "database",
        machines(look),
        (
            "How many transactions are under way at the same time?",
            f"The {connections} connections of the database were used in {words.share(pool.busy)} of the time. "
            "`database.connections`: a database is paid by whole instances, as many as the connections need.",
            f"In design.yaml, below database: `connections: {usual}`",
        ),
    )  # fmt: skip


def costly_failures(look: Look) -> Advice | None:
    if look.missed("cost_per_1000") is None:
        return None
    costs = {part: float(np.mean([summary.costs[part] for summary in look.result.summaries])) for part in PARTS["failures"]}
    part = max(costs, key=lambda part: (costs[part], part))
    if not costs[part]:
        return None
    return Advice(
        "costly_failures", "cost_per_1000",
        f"1,000 correct purchases cost {look.shown('cost_per_1000')}, {look.shown('failure_cost_per_1000')} of it for what "
        f"went wrong. Most of that is “{part}”: {words.quantity(costs[part], 'USD')} a morning.",
        (
            "Which failure is behind the largest part, and which stage does it belong to?",
            "`coffee show outbox` loses no order and no message. What does your file say differently from its defaults?",
            FRESH_START,
        ),
    )  # fmt: skip


RULES: dict[int, tuple[Rule, ...]] = {
    1: (naive_orders, app_key, provider_key, forgets_keys, checks_first),
    2: (waits_for_the_provider, too_few_workers),
    3: (cached_view, no_outbox, careless_relay, slow_relay, slow_projector, payment_backlog),
    4: (no_inbox, short_inbox, lost_news, careless_relay),
    5: (idle_workers, idle_database, costly_failures),
}
