"""Rules on time and room: what fills up, who waits for whom, and what stops too early or too late."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, exp, inf, lgamma, log, log1p, log2

from sim.architectures.lint.rule import Found, World, about, charges_in_request, exactly, queued_payment, relay_of
from sim.architectures.load import TRANSACTIONS, moments, offered_load, purchases_per_s, slower, slowest_call_s
from sim.config.design import Checkout, Design, QueuedPayment
from sim.config.scenario import Scenario
from sim.config.units import probability_text
from sim.world.retry import policy
from sim.world.streams import mean, quantile, share_above

FLUKE = 0.01  # of the windows of calls on a good day: more often than once an hour in a busy morning


def overloaded(design: Design, world: World) -> Iterator[Found]:
    """Customers alone, who tap once: retries come on top."""
    if not world.given:
        return
    for knob, (load, capacity, what) in stations(design, world.scenario).items():
        if load > capacity:
            yield Found(knob, f"at the worst moment first taps alone keep {load:.3g} {what} busy, of {capacity:g}")


def stations(design: Design, scenario: Scenario) -> dict[str, tuple[float, float, str]]:
    """Knob -> how many would be busy on average at the worst moment (Erlangs), how many there are at most, and of what."""
    load = offered_load(scenario, design)
    found = {
        "checkout.workers": (load["checkout workers"], _most(design.checkout), "checkout workers"),
        "database.connections": (load["database connections"], float(design.database.connections), "database connections"),
    }
    payment = queued_payment(design)
    if payment is not None and "payment workers" in load:
        found["payment.workers"] = (load["payment workers"], _most(payment), "payment workers")
    (plan, times), rates = moments(scenario), purchases_per_s(scenario)
    relay = relay_of(design)
    events = 1 if relay is None else 2  # of a purchase: its order has been accepted, and settled
    if not design.read_model.inline:
        busy = rates * events * mean(design.read_model.apply) * slower(plan, times, "read_model")
        found["read_model.apply"] = (float(busy.max()), 1.0, "projectors")
    award_s = mean(design.loyalty.award) * slower(plan, times, "loyalty")
    found["loyalty.award"] = (float((rates * award_s).max()), 1.0, "loyalty consumers")
    if relay is not None:
        rest_s = relay.poll_every + mean(design.database.read) + mean(design.database.write)
        row_s = rest_s / relay.batch + mean(design.broker.publish)
        found["relay.batch"] = (float((rates * (events * row_s + award_s * design.loyalty.inline)).max()), 1.0, "relays")
    return found


def _most(pool: Checkout | QueuedPayment) -> float:
    return float(pool.workers if pool.autoscale is None else pool.autoscale.max)


def queue_outlasts_patience(design: Design, world: World) -> Iterator[Found]:
    """Where traffic is known, only if there is too much of it: a queue that never fills keeps nobody waiting."""
    checkout = design.checkout
    load, workers, _ = stations(design, world.scenario)["checkout.workers"]
    if checkout.deadline_drop or (world.given and load <= workers):
        return
    wait_s = inf if checkout.queue_limit is None else checkout.queue_limit * _held_s(design, world.scenario) / workers
    patience_s = quantile(world.scenario.customers.patience, 0.5)
    who, bears_s = ("the app", design.app.timeout) if design.app.timeout < patience_s else ("half of the people", patience_s)
    if wait_s > bears_s:
        full = "without a limit the queue grows as long as it likes" if wait_s == inf else f"a full queue takes {about(wait_s)}"
        yield Found("checkout.queue_limit", f"{full}, and {who} will have given up after {about(bears_s)}")


def _held_s(design: Design, scenario: Scenario) -> float:
    """How long a request holds a checkout worker in the provider's worst weather, on average."""
    own_s = mean(design.checkout.service) + mean(design.database.write)
    if not charges_in_request(design):
        return own_s
    return own_s + (TRANSACTIONS - 1) * mean(design.database.write) + slowest_call_s(scenario, design)


def answer_waits_for_provider(design: Design, world: World) -> Iterator[Found]:
    """An answer that comes after the charge can't be quicker than the provider is on a good day."""
    if not charges_in_request(design):
        return
    for metric, limit in world.scenario.objectives.items():
        stem, _, percentile = metric.rpartition("_p")
        if stem != "ack_latency":
            continue
        least_s = min(quantile(world.scenario.provider.latency, int(percentile) / 100), design.payment.timeout)
        if least_s > limit:
            yield Found(
                "from", f"the answer waits for the provider, {about(least_s)} at {metric}; the objective is {exactly(limit)}"
            )


def breaker_opens_by_chance(design: Design, world: World) -> Iterator[Found]:
    payment = queued_payment(design)
    if payment is None or payment.breaker is None:
        return
    breaker, provider = payment.breaker, world.scenario.provider
    refused = provider.failed + provider.ambiguous + provider.errored
    p = min(1.0, refused + (1 - refused) * share_above(provider.latency, payment.timeout))
    needed = max(1, ceil(breaker.failures * breaker.window))
    chance = at_least(needed, breaker.window, p)
    if chance > FLUKE:
        share = probability_text(float(f"{p:.1g}"))
        yield Found(
            "payment.breaker",
            f"on a good day {share} of the calls fail, and {needed} of {breaker.window} open the breaker for "
            f"{exactly(breaker.open)}: the luck of {chance:.0%} of all windows",
        )


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) of a binomial X of n trials with probability p."""
    if p <= 0 or p >= 1:
        return float(p >= 1 and k <= n)
    terms = (lgamma(n + 1) - lgamma(j + 1) - lgamma(n - j + 1) + j * log(p) + (n - j) * log1p(-p) for j in range(k))
    return max(0.0, 1 - sum(exp(term) for term in terms))


def breaker_opens_too_late(design: Design, world: World) -> Iterator[Found]:
    """An outage is over before there have been as many calls as the breaker looks at."""
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
        )


def _calls_each(design: Design, within_s: float) -> float:
    """How often an order that fails at once is tried within a time, on average: back-off doubles up to its cap."""
    payment = queued_payment(design)
    assert payment is not None
    rule = policy(payment.retry)
    slept = (1 + rule.floor) / 2
    if not rule.base_s:
        return rule.attempts or inf
    doubling = log2(rule.cap_s / rule.base_s) if rule.cap_s > rule.base_s else 0.0
    return min(rule.attempts or inf, 1 + doubling + within_s / (slept * rule.cap_s))


def scales_by_cpu(design: Design, _: World) -> Iterator[Found]:
    """Workers that wait for the provider are held and compute nothing."""
    payment = queued_payment(design)
    pools = {"payment": payment.autoscale if payment is not None else None}
    if charges_in_request(design):
        pools["checkout"] = design.checkout.autoscale
    for name, scale in pools.items():
        if scale is not None and scale.measures == "cpu" and scale.max > scale.min:
            yield Found(
                f"{name}.autoscale", f"{name} workers that wait for a slow provider burn no cpu, so none are added for it"
            )
