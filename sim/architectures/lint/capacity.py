"""Rules on time and capacity: what gets overloaded, what waits for what, and when a breaker opens too early or too late."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, exp, floor, inf, lgamma, log, log1p, log2

from sim.architectures.calls import quantile_s, share_longer
from sim.architectures.lint.rule import (
    Change,
    Found,
    World,
    about,
    charges_in_request,
    down,
    exactly,
    queued_payment,
    relay_of,
    share,
)
from sim.architectures.load import TRANSACTIONS, moments, offered_load, purchases_per_s, slower, slowest_call_s
from sim.config.design import Checkout, Completer, Design, QueuedPayment
from sim.config.scenario import Scenario
from sim.world.retry import policy
from sim.world.streams import mean, quantile

BUSY = 0.8  # of a station's capacity, when it has enough: at all of it, its queue would still grow
FLUKE = 0.01  # share of the windows of calls on a good day: in a busy morning, this is more often than once an hour


def overloaded(design: Design, world: World) -> Iterator[Found]:
    """The load is that of customers who tap once; retries come on top of it."""
    if not world.given:
        return
    for knob, (load, capacity, what) in stations(design, world.scenario).items():
        if load > capacity:
            message = f"at the worst moment first taps alone keep {load:.3g} {what} busy, of {capacity:g}"
            yield Found(knob, message, tuple(_relief(design, world.scenario, knob, load)))


def _relief(design: Design, scenario: Scenario, knob: str, load: float) -> Iterator[Change]:
    """What gives an overloaded station enough room: more of it, or faster work."""
    section, _, last = knob.partition(".")
    if last == "batch":
        bigger = (2**power for power in range(1, 21) if 2**power > relay_of(design).batch)  # type: ignore[union-attr]
        enough = (size for size in bigger if stations(_with_batch(design, size), scenario)[knob][0] <= BUSY)
        yield from ((knob, str(size)) for size in list(enough)[:1])
    elif last == "award":
        faster_s = mean(getattr(getattr(design, section), last)) * BUSY / load
        yield knob, f"{{exponential: {down(faster_s)}}}"
    else:
        yield knob, str(ceil(load / BUSY))
    if section == "read_model":
        yield "read_model.inline", "true"
    if last == "batch" and design.loyalty.inline:
        yield "loyalty.inline", "false"


def _with_batch(design: Design, size: int) -> Design:
    relay = relay_of(design)
    assert relay is not None
    return design.model_copy(update={"relay": relay.model_copy(update={"batch": size})})


def stations(design: Design, scenario: Scenario) -> dict[str, tuple[float, float, str]]:
    """Knob -> its station's load at the worst moment (Erlangs: how many are busy on average), its capacity, and their name."""
    load = offered_load(scenario, design)
    loads = {
        _pool("checkout", design.checkout): (load["checkout workers"], _most(design.checkout), "checkout workers"),
        "database.connections": (load["database connections"], float(design.database.connections), "database connections"),
    }
    payment = queued_payment(design)
    if payment is not None and "payment workers" in load:
        loads[_pool("payment", payment)] = (load["payment workers"], _most(payment), "payment workers")
    (plan, times), rates = moments(scenario), purchases_per_s(scenario)
    relay = relay_of(design)
    events = 1 if relay is None else 2  # a purchase's events: its order is settled; with a relay, also accepted
    if not design.read_model.inline:
        busy = rates * events * mean(design.read_model.apply) * slower(plan, times, "read_model")
        loads["read_model.workers"] = (float(busy.max()), float(design.read_model.workers), "projectors")
    award_s = mean(design.loyalty.award) * slower(plan, times, "loyalty")
    loads["loyalty.award"] = (float((rates * award_s).max()), 1.0, "loyalty consumers")
    if relay is not None:
        rest_s = relay.poll_every + mean(design.database.read) + mean(design.database.write)
        row_s = rest_s / relay.batch + mean(design.broker.publish)
        loads["relay.batch"] = (float((rates * (events * row_s + award_s * design.loyalty.inline)).max()), 1.0, "relays")
    return loads


def _pool(section: str, pool: Checkout | QueuedPayment) -> str:
    """The knob that says how many workers there are at most."""
    return f"{section}.workers" if pool.autoscale is None else f"{section}.autoscale.max"


def _most(pool: Checkout | QueuedPayment) -> float:
    return float(pool.workers if pool.autoscale is None else pool.autoscale.max)


def queue_outlasts_patience(design: Design, world: World) -> Iterator[Found]:
    """With a scenario, the rule warns only if workers are overloaded: a queue that never fills keeps nobody waiting."""
    checkout = design.checkout
    load, workers, _ = stations(design, world.scenario)[_pool("checkout", checkout)]
    if checkout.deadline_drop or (world.given and load <= workers):
        return
    held_s = _held_s(design, world.scenario) / workers
    wait_s = inf if checkout.queue_limit is None else checkout.queue_limit * held_s
    patience_s = quantile(world.scenario.customers.patience, 0.5)
    who, bears_s = ("the app", design.app.timeout) if design.app.timeout < patience_s else ("half of the people", patience_s)
    if wait_s > bears_s:
        full = (
            "without a limit the queue can grow for ever"
            if wait_s == inf
            else f"whoever is last in a full queue waits for {about(wait_s)}"
        )
        shorter = str(floor(bears_s / held_s / 2))  # half of what they bear: the work itself takes time too
        enough = (("checkout.queue_limit", shorter), ("checkout.deadline_drop", "true"))
        yield Found("checkout.queue_limit", f"{full}, and {who} will have given up after {about(bears_s)}", enough)


def _held_s(design: Design, scenario: Scenario) -> float:
    """How long (s) a request holds a checkout worker on average during the provider's worst brownout."""
    own_s = mean(design.checkout.service) + mean(design.database.write)
    if not charges_in_request(design):
        return own_s
    return own_s + (TRANSACTIONS - 1) * mean(design.database.write) + slowest_call_s(scenario, design)


def answer_waits_for_provider(design: Design, world: World) -> Iterator[Found]:
    """An answer that waits for the charge can't be faster than the provider is on a good day."""
    if not charges_in_request(design):
        return
    for metric, limit in world.scenario.objectives.items():
        stem, _, percentile = metric.rpartition("_p")
        if stem != "ack_latency":
            continue
        least_s = min(quantile_s(world.scenario.provider, int(percentile) / 100), design.payment.timeout)
        if least_s > limit:
            message = f"the answer waits for the provider, {about(least_s)} at {metric}; the objective is {exactly(limit)}"
            yield Found("from", message, (("from", "outbox"),))


def breaker_opens_by_chance(design: Design, world: World) -> Iterator[Found]:
    payment = queued_payment(design)
    if payment is None or payment.breaker is None:
        return
    breaker, provider = payment.breaker, world.scenario.provider
    refused = provider.failed + provider.ambiguous + provider.errored
    p = min(1.0, refused + (1 - refused) * share_longer(provider, payment.timeout))
    needed = max(1, ceil(breaker.failures * breaker.window))
    chance = at_least(needed, breaker.window, p)
    if chance > FLUKE:
        safer = (
            percent
            for percent in range(5, 101, 5)
            if at_least(ceil(percent / 100 * breaker.window), breaker.window, p) <= FLUKE
        )
        yield Found(
            "payment.breaker",
            f"on a good day {share(p)} of the calls fail, and {needed} of {breaker.window} open the breaker for "
            f"{exactly(breaker.open)}: by chance this happens in {share(chance)} of all windows",
            (*(("payment.breaker.failures", f"{percent}%") for percent in list(safer)[:1]), ("payment.breaker", "none")),
        )


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) of a binomial X of n trials with probability p."""
    if p <= 0 or p >= 1:
        return float(p >= 1 and k <= n)
    terms = (lgamma(n + 1) - lgamma(j + 1) - lgamma(n - j + 1) + j * log(p) + (n - j) * log1p(-p) for j in range(k))
    return max(0.0, 1 - sum(exp(term) for term in terms))


def breaker_opens_too_late(design: Design, world: World) -> Iterator[Found]:
    """The outage is over before as many calls have failed as open the breaker."""
    payment, outage_s = queued_payment(design), world.down_s("provider")
    if payment is None or payment.breaker is None or not outage_s:
        return
    calls = float(purchases_per_s(world.scenario).max()) * outage_s * _calls_each(design, outage_s)
    needed = max(1, ceil(payment.breaker.failures * payment.breaker.window))
    if calls < needed:
        yield Found(
            "payment.breaker",
            f"{needed:,} of {payment.breaker.window:,} calls must fail before it opens, and an outage of {about(outage_s)} "
            f"sees about {calls:,.0f} in all, retries included",
            (("payment.breaker.window", str(floor(calls / 2 / payment.breaker.failures))),) if calls >= 2 else (),
        )


def _calls_each(design: Design, within_s: float) -> float:
    """How often on average an order whose calls fail at once is tried within a time: the back-off doubles up to its cap."""
    payment = queued_payment(design)
    assert payment is not None
    rule = policy(payment.retry)
    slept = (1 + rule.floor) / 2
    if not rule.base_s:
        return rule.attempts or inf
    doubling = log2(rule.cap_s / rule.base_s) if rule.cap_s > rule.base_s else 0.0
    return min(rule.attempts or inf, 1 + doubling + within_s / (slept * rule.cap_s))


def completer_falls_behind(design: Design, world: World) -> Iterator[Found]:
    """Whoever comes while the provider hangs, and whose order a worker begins with, leaves one of which nobody knows whether it
    is paid.
    """
    completer = getattr(design, "completer", None)
    if not world.given or not isinstance(completer, Completer):
        return
    scenario = world.scenario
    (plan, times), rates = moments(scenario), purchases_per_s(scenario)
    opened_s, ends_s = scenario.clock.duration, scenario.clock.horizon_s
    for spell in plan.weather("provider").spells:
        until_s = min(spell.end_s, opened_s)
        if not spell.hangs or spell.begin_s >= until_s or spell.end_s >= ends_s:
            continue
        come_per_s = float(rates[(times >= spell.begin_s) & (times < until_s)].max())
        begun_per_s = min(come_per_s, _most(design.checkout) / design.payment.timeout)
        unknown, left_s = begun_per_s * (until_s - spell.begin_s), ends_s - spell.end_s
        needed_s = unknown / completer.batch * completer.every
        if needed_s > left_s:
            yield Found(
                "completer.batch",
                f"an outage of {about(spell.end_s - spell.begin_s)} leaves about {unknown:,.0f} orders of which nobody knows "
                f"whether they are paid; the completer takes up {completer.batch:,} every {exactly(completer.every)} and needs "
                f"{about(needed_s)} for them, and the clock ends after {about(left_s)}",
                (("completer.batch", str(ceil(needed_s * completer.batch / left_s / BUSY))),),
            )
            return


def calls_in_a_transaction(design: Design, _: World) -> Iterator[Found]:
    """Those who call at once may hold every connection, and somebody else needs one."""
    if not design.payment.in_transaction:
        return
    payment, connections = queued_payment(design), design.database.connections
    callers = _most(design.checkout if payment is None else payment)
    if callers > connections or (callers == connections and payment is not None):
        who = "checkout" if payment is None else "payment"
        message = (
            f"each of {callers:g} {who} workers holds a connection while it calls the provider, and there are {connections}: "
            "when it is slow, they hold them all"
        )
        enough = (("payment.in_transaction", "false"), ("database.connections", f"{callers + 1:g}"))
        yield Found("payment.in_transaction", message, enough)


def scales_by_cpu(design: Design, _: World) -> Iterator[Found]:
    """Workers that wait for the provider are in use, but compute nothing, so scaling by cpu doesn't count them."""
    payment = queued_payment(design)
    pools = {"payment": payment.autoscale if payment is not None else None}
    if charges_in_request(design):
        pools["checkout"] = design.checkout.autoscale
    for name, scale in pools.items():
        if scale is not None and scale.measures == "cpu" and scale.max > scale.min:
            message = f"{name} workers that wait for a slow provider use no cpu, so none are added for it"
            yield Found(f"{name}.autoscale", message, ((f"{name}.autoscale.measures", "held"),))
