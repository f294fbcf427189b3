"""The component diagram of a design as data: its components, and who calls whom.

The components that every design has are made here from its knobs; an architecture adds its own in its method `parts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sim.config.design import (
    App,
    Breaker,
    Broker,
    Checkout,
    Completer,
    Design,
    Fixed,
    Jitter,
    QueuedPayment,
    Relay,
    RenewalJob,
    Repeater,
)
from sim.config.units import clock_text, duration_text, probability_text

REPEATED_KEY = {"same": "same key", "fresh": "fresh keys", "none": "no key"}  # of a client library's repeats
Kind = Literal["person", "app", "service", "worker", "store", "queue", "external"]


@dataclass(frozen=True)
class Component:
    """A box of the diagram.

    `station` is the component's name in a morning's table of stations, if it has one. `place` is the row and column, counted
    from the top left, at which the box is drawn if that place is free; a box without a place is drawn where there is room.
    """

    name: str
    kind: Kind
    label: str
    notes: tuple[str, ...] = ()
    station: str | None = None
    place: tuple[int, int] | None = None


@dataclass(frozen=True)
class Flow:
    """An arrow of the diagram, from the component that acts to its target; dashed where nobody waits for an answer."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Diagram:
    """All components and flows of a design. Raises ValueError for two components of one name and flows to or from none."""

    components: tuple[Component, ...]
    flows: tuple[Flow, ...] = ()

    def __post_init__(self) -> None:
        names = [component.name for component in self.components]
        if len(set(names)) < len(names):
            raise ValueError(f"two components with the same name: {', '.join(names)}")
        for flow in self.flows:
            for end in (flow.source, flow.target):
                if end not in names:
                    raise ValueError(f"a flow names {end!r}, which is none of {', '.join(names)}")

    def plus(self, *more: Component | Flow) -> Diagram:
        components = tuple(part for part in more if isinstance(part, Component))
        flows = tuple(part for part in more if isinstance(part, Flow))
        return Diagram(self.components + components, self.flows + flows)


def parts_of(design: Design) -> Diagram:
    """The diagram of a design: as its architecture declares it, or the common one if it declares none."""
    declared = getattr(design, "parts", None)
    return declared() if declared is not None else common(design)


def common(design: Design, *, holds: str = "orders", writes: str = "orders") -> Diagram:
    """The diagram all designs share: `holds` says what is in the order database, `writes` what a checkout worker writes."""
    return Diagram(
        (*_customer_side(design), *_behind(design, holds), *_reconciler(design), *_jobs(design)),
        tuple(_common_flows(design, writes)),
    )


def charging(design: Design, *by: str, asks: bool = False) -> Iterator[Flow]:
    """Arrows to the provider from the components `by`; `asks`: they ask what became of a charge before they send another."""
    asks = asks or getattr(design.payment, "after_error", "") == "ask"
    for name in by:
        yield Flow(name, "provider", "charge or ask" if asks else "charge")


def telling(design: Design, *by: str) -> Iterator[Flow]:
    """Arrows to the broker from the components `by`, which publish events; and to loyalty, where they call it directly."""
    for name in by:
        yield Flow(name, "broker", "events")
        if design.loyalty.inline:
            yield Flow(name, "loyalty", "awards")


def reconciling(design: Design) -> tuple[str, ...]:
    """The name of the reconciler, if the design has one."""
    return () if design.recovery.reconcile_every is None else ("reconciler",)


def completer(knobs: Completer) -> Iterator[Component | Flow]:
    """The completer, which takes up orders that nobody is working on any more."""
    notes = (f"every {duration_text(knobs.every)}", f"{knobs.batch} at once")
    yield Component("completer", "worker", "completer", notes, station="completer", place=(2, 0))
    yield Flow("completer", "database", "stuck orders")


def payment_workers(knobs: QueuedPayment) -> Iterator[Component | Flow]:
    """Payment workers, which charge for the new orders that the broker brings, after the customer's answer."""
    held = () if knobs.after is None else (f"charge after {duration_text(knobs.after)}, held by the {knobs.held_by}",)
    notes = (*_workers(knobs), _breaker(knobs.breaker), *held)
    yield Component("payment", "worker", "payment workers", notes, station="payment", place=(2, 0))
    yield Flow("broker", "payment", "new orders", dashed=True)
    yield Flow("payment", "database", "outcome + event" if knobs.news == "outbox" else "outcome")


def relay(knobs: Relay) -> Iterator[Component | Flow]:
    """The relay, which carries the rows of the outbox to the broker."""
    notes = [f"{knobs.batch} rows a poll"]
    if knobs.marks == "before":
        notes.append("marks rows, then publishes")
    if knobs.finds == "by_id":
        notes.append("finds rows by last seen id")
    yield Component("relay", "worker", "outbox relay", tuple(notes), place=(2, 2))
    yield Flow("relay", "database", f"polls, {duration_text(knobs.poll_every)}")


def _customer_side(design: Design) -> Iterator[Component]:
    yield Component("customer", "person", "customer", place=(0, 0))
    yield Component("app", "app", "app", tuple(_app(design.app)), place=(0, 1))
    if (proxy := design.proxy) is not None:
        notes = (f"waits {duration_text(proxy.timeout)}", _tries(proxy))
        yield Component("proxy", "service", "proxy", notes, place=(1, 0))
    checkout = design.checkout
    about = [*_workers(checkout), f"{checkout.instances} processes" if checkout.instances > 1 else "1 process"]
    if checkout.queue == "per_instance":
        about.append("a queue each")
    if checkout.deadline_drop:
        about.append("drops late work")
    if checkout.leaver_drop:
        about.append("drops work of those who left")
    if _listens(design):
        about.append(f"webhooks: {_webhooks(design)}")
    yield Component("checkout", "service", "checkout", tuple(about), station="checkout", place=(1, 1))


def _app(app: App) -> Iterator[str]:
    yield "sends no key" if app.key == "none" else f"key: {app.key}"
    if app.agent_key == "given" and app.key != "none":
        yield "takes keys from agents"
    if app.other_card == "same_key" and app.key != "none":
        yield "same key for another card"
    if app.before_retry == "look":
        yield "looks before a retry"
    rule = getattr(app.retry, app.retry.chosen)
    if not isinstance(rule, Jitter | Fixed) or rule.attempts == 1:
        yield "no retries"
        return
    yield f"up to {rule.attempts} tries" if rule.attempts else "tries for ever"
    if app.retry_budget is not None:
        yield f"budget {probability_text(app.retry_budget)}"


def _behind(design: Design, holds: str) -> Iterator[Component]:
    view, loyalty = design.read_model, design.loyalty
    shown = "reads the orders" if view.inline else "built from events"
    cached = (f"cached for {duration_text(view.cache)}",) if view.cache else ()
    station = None if view.inline else "read_model"
    yield Component("read_model", "store", "status view", (shown, *cached), station=station, place=(0, 2))
    notes = [holds, f"{design.database.connections} connections"]
    if (replica := design.database.replica) is not None:
        notes.append(f"replica: {', '.join(replica.reads)}")
    if (guard := design.taking.guard) != "atomic":
        notes.append(guard.replace("_", " "))
    if design.taking.when == "at_settlement":
        notes.append("takes when it is paid")
    yield Component("database", "store", "order database", tuple(notes), station="database", place=(2, 1))
    yield Component("broker", "queue", "broker", ("at least once", *_in_bulk(design.broker)), place=(1, 2))
    by_order = " by order" if loyalty.inbox is not None and loyalty.inbox.by == "order" else ""
    inbox = f"inbox{by_order}: {duration_text(loyalty.inbox.window)}" if loyalty.inbox is not None else "no inbox"
    yield Component("loyalty", "service", "loyalty", (inbox,), station="loyalty", place=(3, 2))
    key = {"order": "key: order", "attempt": "new key each try"}.get(getattr(design.payment, "key", ""), "gets no key")
    sdk = getattr(design.payment, "sdk", None)
    repeated = () if sdk is None or sdk.tries == 1 else (f"library: {_tries(sdk)}, {REPEATED_KEY[sdk.key]}",)
    yield Component("provider", "external", "payment provider", (key, *repeated), place=(3, 0))


def _in_bulk(broker: Broker) -> Iterator[str]:
    if broker.batch > 1:
        yield f"batches of {broker.batch}"
    if broker.commit_every is not None:
        yield f"commits every {duration_text(broker.commit_every)}"
    elif broker.commits == "after_batch":
        yield "commits after a batch"
    if (dead := broker.dead_letters) is not None:
        times = [
            *([] if dead.replay_every is None else [f"every {duration_text(dead.replay_every)}"]),
            *([] if dead.replay_at is None else [f"at {clock_text(dead.replay_at)}"]),
        ]
        yield f"dead after {dead.after} tries, " + (f"replayed {' and '.join(times)}" if times else "never replayed")


def _reconciler(design: Design) -> Iterator[Component]:
    if design.recovery.reconcile_every is not None:
        notes = (f"every {duration_text(design.recovery.reconcile_every)}",)
        yield Component("reconciler", "worker", "reconciler", notes, place=(3, 1))
    if design.recovery.cancel_after is not None:
        asks = "asks first" if design.recovery.asks_first else "asks nobody"
        after = f"after {duration_text(design.recovery.cancel_after)}"
        yield Component("canceller", "worker", "cancels unpaid orders", (after, asks), place=(3, 1))


def _jobs(design: Design) -> Iterator[Component]:
    """Those that not every world has work for, where the design says something of them."""
    job = design.renewal_job
    if job != RenewalJob():
        key = {"period": "key: renewal", "run": "new keys each run", "none": "no key"}[job.key]
        notes = (
            key,
            *(("looks first",) if job.looks_first else ()),
            *((f"{job.machines} machines",) if job.machines > 1 else ()),
        )
        yield Component("renewals", "worker", "charges renewals", notes, place=(2, 0))
    if (reserve := design.taking.reserve) is not None:
        notes = (f"after {duration_text(reserve.lasts)}",)
        yield Component("releaser", "worker", "ends reservations", notes, place=(3, 2))


def _common_flows(design: Design, writes: str) -> Iterator[Flow]:
    yield Flow("customer", "app", "taps Pay")
    if design.proxy is None:
        yield Flow("app", "checkout", "over the network")
    else:
        yield Flow("app", "proxy", "over the network")
        yield Flow("proxy", "checkout", "repeats")
    yield Flow("app", "read_model", "polls")
    yield Flow("checkout", "database", writes)
    if design.read_model.inline:
        yield Flow("read_model", "database", "reads")
    else:
        yield Flow("broker", "read_model", "events", dashed=True)
    if not design.loyalty.inline:
        yield Flow("broker", "loyalty", "confirmed", dashed=True)
    if design.recovery.reconcile_every is not None:
        yield Flow("reconciler", "provider", "ledger, refunds")
        yield Flow("reconciler", "database", "confirms")
    if design.recovery.cancel_after is not None:
        yield Flow("canceller", "database", "cancels")
        if design.recovery.asks_first:
            yield Flow("canceller", "provider", "asks")
    if design.renewal_job != RenewalJob():
        yield Flow("renewals", "database", writes)
        yield Flow("renewals", "provider", "charges")
    if design.taking.reserve is not None:
        yield Flow("releaser", "database", "gives back")
    if _listens(design):
        yield Flow("provider", "checkout", "webhooks", dashed=True)


def _listens(design: Design) -> bool:
    return getattr(design.payment, "webhooks", "ignored") not in (False, "ignored")


def _webhooks(design: Design) -> str:
    webhooks = getattr(design.payment, "webhooks", "checked")
    return webhooks if isinstance(webhooks, str) else "checked"


def _tries(repeater: Repeater) -> str:
    return f"up to {repeater.tries} tries" if repeater.tries > 1 else "1 try"


def _workers(pool: Checkout | QueuedPayment) -> Iterator[str]:
    scale = pool.autoscale
    if scale is None:
        yield f"{pool.workers} workers"
        return
    yield f"{scale.min} to {scale.max} workers"
    yield f"{'cpu-scaled' if scale.measures == 'cpu' else 'autoscaled'}, {probability_text(scale.target)}"


def _breaker(breaker: Breaker | None) -> str:
    return "no breaker" if breaker is None else f"breaker at {probability_text(breaker.failures)}"
