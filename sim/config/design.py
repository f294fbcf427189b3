"""A design: the part that you choose. It holds the knobs of every component.

An architecture is a subclass of `Design` that declares the knobs it uses. A knob that it does not declare is an unknown key:
the error names the nearest valid one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, model_validator

from sim.config import showing
from sim.config.errors import KeyedErrors
from sim.config.model import Distribution, Field, Model, OneOf
from sim.config.tidy import tidied
from sim.config.units import Clock, Duration, Probability
from sim.vocabulary import KeyScope


class Jitter(Model):
    """Exponential back-off: v = min(cap, base * 2^(n-1)) before retry n; full jitter U(0, v), equal jitter v/2 + U(0, v/2)."""

    base: Duration = Field("500ms", gt=0, description="of the first sleep (assumption)")
    cap: Duration = Field("8s", gt=0, description="of the longest sleep (assumption)")
    attempts: int | None = Field(None, ge=1, le=1000, description="calls in all, the first included; none: no limit")


class Fixed(Model):
    delay: Duration = Field("1s", description="the same every time (assumption)")
    attempts: int | None = Field(None, ge=1, le=1000, description="calls in all, the first included; none: no limit")


class Retry(OneOf):
    """When to try again, and how often. `{never: true}` gives up after the first call."""

    never: bool | None = Field(None, json_schema_extra={"not": {"const": False}})
    fixed: Fixed | None = None
    exponential: Jitter | None = Field(None, description="no jitter")
    full_jitter: Jitter | None = None
    equal_jitter: Jitter | None = None

    @model_validator(mode="after")
    def _never_means_never(self) -> Retry:
        if self.never is False:
            raise ValueError("never: true, or one of fixed, exponential, full_jitter, equal_jitter")
        return self


Retried = Literal["timeout", "conflict", "failed", "unavailable"]


class App(Model):
    """The ordering app on the customer's phone: ours, so part of the design."""

    timeout: Duration = Field("8s", gt=0, description="until the app stops waiting for an answer (assumption)")
    retry: Retry = Field(
        {"full_jitter": {"base": "500ms", "cap": "8s", "attempts": 3}},
        description="automatic retries of a submission (assumption; at most 3 tries is the SRE book's advice)",
    )
    retry_on: tuple[Retried, ...] = Field(
        ("timeout", "conflict", "failed", "unavailable"),
        description="after what it tries again: no answer in time, 409 (the same key is being worked on), 502 (payment "
        "failed), 503 (queue full, or nobody there); it believes any other answer (assumption)",
    )
    retry_budget: Probability | None = Field(None, description="retries allowed per first request, fleet-wide")
    key: KeyScope = Field(
        "none",
        description="scope of the idempotency key: a new one for each request, for each tap on Pay (submission), whenever the "
        "app is reloaded (page), or one for the cart (purchase)",
    )
    before_retry: Literal["nothing", "look"] = Field(
        "nothing",
        description="before a request is sent again, by the app or by a person: nothing, or a look whether the shop "
        "has an order of this purchase already, which is then shown instead",
    )
    on_conflict: Literal["wait", "fail", "new_key"] = Field(
        "wait",
        description="after a 409 that it doesn't try again (any more): wait and look at the status, show a failure, or "
        "send the request once more with a new key, as if it were another purchase",
    )
    other_card: Literal["new_key", "same_key"] = Field(
        "new_key",
        description="what the app sends when a customer takes another card: a new key, as another intent; or the usual one, "
        "by which a shop that remembers it gives the first card's answer again",
    )
    agent_key: Literal["derived", "given"] = Field(
        "derived",
        description="the key when an agent calls (`customers.agents`): derived like everybody's, as `key` says; or given by "
        "the agent, which makes a new one up for each call",
    )


class Repeater(Model):
    """Somebody in between who sends again what nobody has asked them to send again."""

    tries: int = Field(3, ge=1, le=100, description="sent so often in all, the first time included (assumption)")


class Proxy(Repeater):
    """A reverse proxy, mesh or load balancer between app and checkout. It sends the same request, with the same key, again.

    It answers with a 503 of its own when its last try has come to nothing, and sends no more for an app that has hung up.
    """

    timeout: Duration = Field("60s", gt=0, description="until it stops waiting for a try (nginx proxy_read_timeout: 60 s)")
    on: tuple[Literal["timeout", "reset", "unavailable"], ...] = Field(
        ("timeout", "reset"),
        description="after what it sends the request again: no answer in time, a connection that was cut, a 503 (nginx "
        "proxy_next_upstream: error timeout)",
    )
    late: Literal["ignored", "taken"] = Field(
        "ignored",
        description="an answer to a try that it has stopped waiting for: lost (nginx closes the connection), or passed on "
        "(Envoy, hedge_on_per_try_timeout)",
    )


class Sdk(Repeater):
    """The provider's client library, or the HTTP client under it, which calls again by itself within one charge."""

    timeout: Duration | None = Field(None, gt=0, description="until it stops waiting for a try; none: payment.timeout")
    on: tuple[Literal["timeout", "failed", "error", "conflict"], ...] = Field(
        ("timeout", "error", "conflict"),
        description="after what it calls again: no answer in time, a call that was refused, a 500, a 409 (stripe-python: "
        "timeouts, 409 and 5xx)",
    )
    key: Literal["same", "fresh", "none"] = Field(
        "same", description="key of the repeats: that of the first call, a new one each time, or none"
    )
    delay: Duration = Field("500ms", description="before it calls again (stripe-python: 500 ms at first)")


class Autoscale(Model):
    """Sets the number of a pool's workers by how many are in use, as the Kubernetes HorizontalPodAutoscaler does."""

    min: int = Field(ge=1, le=100_000, description="never fewer workers; paid for around the clock")
    max: int = Field(ge=1, le=100_000, description="never more workers")
    target: Probability = Field("80%", gt=0, description="of the workers in use (Kubernetes: 80 %)")
    measures: Literal["held", "cpu"] = Field(
        "held", description="a worker counts as in use while a request holds it (held), or only while it computes (cpu)"
    )
    every: Duration = Field("15s", ge=0.1, description="period of the decisions (Kubernetes: 15 s)")
    warm_up: Duration = Field("60s", description="until a new worker takes work; it is paid for meanwhile (assumption)")
    cool_down: Duration = Field("5min", description="workers not needed for this long are removed (Kubernetes: 5 min)")

    @model_validator(mode="after")
    def _ordered(self) -> Autoscale:
        if self.min > self.max:
            raise KeyedErrors([("max", f"expected at least min, which is {self.min}")])
        return self

    def check(self, workers: int) -> None:
        """Raises KeyedErrors if `workers`, with which the pool starts, is not between min and max."""
        if not self.min <= workers <= self.max:
            raise KeyedErrors([("workers", f"expected {self.min} to {self.max} workers, as autoscale says; got {workers}")])


class Checkout(Model):
    """The service that takes the orders: workers, spread over instances, behind one queue or one an instance."""

    workers: int = Field(
        16, ge=1, le=100_000, description="requests worked on at the same time; autoscaled: at the start (assumption)"
    )
    autoscale: Autoscale | None = Field(None, description="adjusts the number of workers to their use; none: it stays the same")
    instances: int = Field(2, ge=1, le=10_000, description="processes the workers are spread over; a crash takes one")
    queue: Literal["shared", "per_instance"] = Field(
        "shared",
        description="where requests wait: before all workers (shared), or before the instance to which a balancer dealt them, "
        "in turn and past those that are down (per_instance)",
    )
    service: Distribution = Field({"exponential": "10ms"}, description="a worker's own computing (assumption)")
    queue_limit: int | None = Field(200, ge=0, le=10_000_000, description="503 at once if more wait in a queue; none: no limit")
    deadline_drop: bool = Field(False, description="don't start work the app has stopped waiting for")
    leaver_drop: bool = Field(False, description="take a request out of the queue when its customer leaves, or reloads the app")

    @model_validator(mode="after")
    def _enough_workers(self) -> Checkout:
        if self.workers < self.instances:
            raise ValueError(f"{self.instances} instances need at least as many workers")
        if self.autoscale is not None:
            self.autoscale.check(self.workers)
            if self.autoscale.min < self.instances:
                raise KeyedErrors([(("autoscale", "min"), f"{self.instances} instances need at least as many workers")])
        return self


class Replica(Model):
    """A copy of the order database that is behind it: whoever reads there sees the past."""

    lag: Distribution = Field({"constant": "1s"}, description="how far behind it is when it is asked (assumption)")
    reads: tuple[Literal["status", "claim", "look"], ...] = Field(
        ("status", "claim", "look"),
        description="what is read there: the status view that is `inline`, the look-up of a key before it is inserted "
        "or marked (`claim.guard`), the look before a retry (`app.before_retry`)",
    )


class Database(Model):
    """The order database."""

    connections: int = Field(16, ge=1, le=100_000, description="transactions and queries at the same time (assumption)")
    write: Distribution = Field({"exponential": "4ms"}, description="one transaction (assumption)")
    read: Distribution = Field({"exponential": "1ms"}, description="one query (assumption)")
    replica: Replica | None = Field(None, description="a read replica that is behind; none: all is read from the primary")
    timeout: Duration | None = Field(
        None,
        gt=0,
        description="who has waited this long, for a connection or for its work on one, gets an error; work that has begun is "
        "done all the same; none: wait for ever",
    )


class Payment(Model):
    """How the provider is called from within the request."""

    timeout: Duration = Field("5s", gt=0, description="until we stop waiting for the provider (Shopify advises 5 s)")
    in_transaction: bool = Field(
        False, description="hold a connection of the database while the provider is called: both are in one transaction"
    )
    sdk: Sdk | None = Field(None, description="a client library that repeats calls by itself; none: it doesn't")


class KeyedPayment(Payment):
    key: Literal["none", "attempt", "order"] = Field("order", description="scope of the provider's idempotency key")
    key_lasts: Duration = Field(
        "24h",
        gt=0,
        description="before charging for an order older than this, ask: the provider may have forgotten the key (Stripe: 24 h)",
    )
    after_error: Literal["ask", "same_key"] = Field(
        "ask",
        description="after a 500: ask what was charged and, if nothing, take a new key; or go on with the old key",
    )
    lands_within: Duration = Field(
        "10min",
        description="a call without an answer may charge the card for this long; no new key is taken before (assumption)",
    )


class RequestPayment(KeyedPayment):
    """How the provider is called from within the request, with a key."""

    webhooks: Literal["ignored", "checked", "trusted"] = Field(
        "ignored",
        description="checked: may only move the order's state forward; trusted: overwrites it and is published as is",
    )
    finishes: Literal["once", "each_path", "unguarded"] = Field(
        "once",
        description="where the answer, the customer's return and a webhook may each finish an order: one guard for all, the "
        "order's own row; or the webhook only looks whether its order is finished, and else makes one of its own "
        "(each_path); or each webhook, and each return to a finished order, makes another (unguarded)",
    )


class RedirectPayment(RequestPayment):
    """How a payment is begun that the customer makes at the provider, and what the shop believes of it."""

    returns: Literal["asked", "believed", "ignored"] = Field(
        "asked",
        description="when the customer comes back: ask the provider; take the return for the payment; or wait for other news",
    )


class Breaker(Model):
    """Stops calls to a provider that keeps failing."""

    failures: Probability = Field("50%", gt=0, description="opens at this share of failures (resilience4j: 50 %)")
    window: int = Field(20, ge=1, le=100_000, description="over this many last calls (assumption)")
    open: Duration = Field("10s", gt=0, description="until one trial call is allowed (assumption)")


class LaterCapture(Model):
    """The money is authorised before the answer, which promises no more than the bank does, and captured later."""

    after: Duration = Field(
        "5min", description="from the order's confirmation until its money is taken: when the coffee is made (assumption)"
    )


class QueuedPayment(KeyedPayment):
    """How the provider is called by payment workers, after the answer."""

    webhooks: Literal["ignored", "checked"] = Field("ignored", description="checked: may only move the order's state forward")
    news: Literal["outbox", "direct"] = Field(
        "outbox",
        description="a payment's event: an outbox row in the transaction that settles it, or published after it (a dual write)",
    )

    capture: LaterCapture | None = Field(
        None,
        description="the checkout authorises before it answers, and payment workers take the money later; none: payment "
        "workers charge, after the answer",
    )
    after: Duration | None = Field(
        None, gt=0, description="an order is charged so long after it was placed; none: as soon as a worker has its message"
    )
    held_by: Literal["broker", "worker"] = Field(
        "broker",
        description="who holds the message until then: the broker, which delivers it late; or the payment process, which takes "
        "it and doesn't acknowledge it, so that the broker delivers it again whenever `broker.visibility` ends (Celery: eta)",
    )
    workers: int = Field(
        24, ge=1, le=100_000, description="calls under way at the same time; autoscaled: at the start (assumption)"
    )
    autoscale: Autoscale | None = Field(None, description="adjusts the number of workers to their use; none: it stays the same")
    retry: Retry = Field({"full_jitter": {"base": "500ms", "cap": "20s"}}, description="after unknown or failed calls")
    breaker: Breaker | None = Field(Breaker(), description="stop calling a provider that keeps failing; none: never stop")

    @model_validator(mode="after")
    def _within_bounds(self) -> QueuedPayment:
        if self.autoscale is not None:
            self.autoscale.check(self.workers)
        if self.after is not None and self.capture is not None:
            raise KeyedErrors(
                [("after", "what is authorised at once is captured after capture.after; leave one of the two out")]
            )
        return self


class Relay(Model):
    """Moves outbox rows to the broker."""

    poll_every: Duration = Field("500ms", ge=0.001, description="sleep between polls (Eventuate: 500 ms)")
    batch: int = Field(100, ge=1, le=1_000_000, description="rows a poll takes (MassTransit: 100)")
    marks: Literal["after", "before"] = Field("after", description="rows are marked as published after publishing, or before")
    finds: Literal["unmarked", "by_id"] = Field(
        "unmarked", description="new rows: all that are not marked, or those with a higher id than the last one seen"
    )


class DeadLetters(Model):
    """A queue for messages that were delivered so often without being handled."""

    after: int = Field(5, ge=1, le=1000, description="deliveries, the first included (Azure Service Bus: 10; assumption)")
    replay_every: Duration | None = Field(
        None, ge=0.1, description="how often all of them are sent once more, to be tried as often again; none: never"
    )
    replay_at: Clock | None = Field(
        None,
        description="clock time at which somebody sends all of them once more, by hand; one before the clock's start is on the "
        "next day; none: nobody does",
    )
    ids: Literal["same", "new"] = Field(
        "same", description="what a replayed message carries: the id that it had, or a new one, which no inbox knows"
    )

    @property
    def is_replayed(self) -> bool:
        return self.replay_every is not None or self.replay_at is not None


class Broker(Model):
    """Carries messages from the shop to its consumers, at least once."""

    publish: Distribution = Field({"constant": "3ms"}, description="until the broker has a message (assumption)")
    deliver: Duration = Field("5ms", description="from the broker to a consumer (assumption)")
    visibility: Duration = Field(
        "30s",
        ge=0.01,
        description="an unacknowledged message is delivered again after this: its consumer has died, or a payment worker is "
        "still at it (loyalty and the status view get it again after a death, or in a rebalance, and not for being slow)",
    )
    batch: int = Field(
        1, ge=1, le=100_000, description="messages that a worker takes at once, if so many wait (Kafka, max.poll.records: 500)"
    )
    commits: Literal["each", "after_batch"] = Field(
        "each",
        description="each message is acknowledged when it is handled; or all of a batch are when the last one is, and what "
        "is not acknowledged comes again after a death or a rebalance",
    )
    commit_every: Duration | None = Field(
        None,
        ge=0.01,
        description="what was handled is acknowledged this often, instead of as `commits` says (Kafka, "
        "auto.commit.interval.ms: 5 s); none: as `commits` says",
    )
    dead_letters: DeadLetters | None = Field(
        None, description="where a message goes that nobody could handle; none: it is delivered until somebody can"
    )


class ReadModel(Model):
    """The status view that the app polls: projected from events, or `inline` (read straight from the order database)."""

    inline: bool = Field(False, description="read from the order database itself; no projector")
    apply: Distribution = Field({"exponential": "20ms"}, description="one event by one projector (assumption)")
    workers: int = Field(
        1,
        ge=1,
        le=10_000,
        description="projectors behind one queue (with 20 ms each ends at 50 events a second); the bill counts none",
    )
    cache: Duration = Field("0s", description="a status is served from a cache for this long")


class Inbox(Model):
    window: Duration = Field("7d", gt=0, description="how long handled message ids are kept (NServiceBus: 7 days)")
    by: Literal["message", "order"] = Field(
        "message", description="what is remembered of a message: its own id, or the order that it is about"
    )


class Loyalty(Model):
    """The loyalty service awards points: on an event, or called `inline` by the process that would publish the event."""

    inline: bool = Field(False, description="call it and wait, before the event is published")
    inbox: Inbox | None = Field(None, description="forget nothing handled within its window; none: award on every delivery")
    award: Distribution = Field({"exponential": "10ms"}, description="one award by the single consumer (assumption)")


class Recovery(Model):
    """Automatic jobs: the reconciler confirms paid orders from the provider's ledger and refunds wrong charges.

    The canceller gives up orders that look unpaid.
    """

    reconcile_every: Duration | None = Field(None, ge=0.1, description="compare with the provider's ledger; none: never")
    grace: Duration = Field("60s", description="charges younger than this are left alone (assumption)")
    cancel_after: Duration | None = Field(
        None, gt=0, description="give an order up that looks unpaid for so long; none: never (WooCommerce: 1 h)"
    )
    cancel_every: Duration = Field("60s", ge=0.1, description="how often the timer looks for orders to cancel (assumption)")
    asks_first: bool = Field(
        True, description="ask the provider before cancelling, and cancel only what nobody has paid for so far"
    )


class Reserve(Model):
    """A time limit for what an order has taken and nobody has paid for yet."""

    lasts: Duration = Field(
        "10min", alias="for", gt=0, description="from the taking until it may be sold to others (assumption)"
    )
    every: Duration = Field("30s", ge=0.1, description="how often a timer looks for what is over (assumption)")
    late: Literal["refused", "confirmed"] = Field(
        "refused",
        description="a payment that comes after the limit: its order takes once more what it needs, and is refused if that is "
        "gone, so that the reconciler gives the money back; or it is confirmed all the same",
    )


class Taking(Model):
    """How orders take from what can be used up (the scenario's `accounts`)."""

    guard: Literal["atomic", "check_then_take", "read_then_write"] = Field(
        "atomic",
        description="the balance is checked and lowered in one transaction; or it is looked up, and lowered by another one; or "
        "it is read, and written back less what was taken, over whatever others have written meanwhile",
    )
    when: Literal["at_request", "at_settlement"] = Field(
        "at_request",
        description="before the payment, and given back if that comes to nothing; or when the payment is over, after a look "
        "whether anything is left when it begins",
    )
    reserve: Reserve | None = Field(
        None, description="a time limit for what was taken at the request; none: it is kept until the order is settled"
    )
    gives_back: Literal["with_settlement", "after_it", "never"] = Field(
        "with_settlement",
        description="what an order without success has taken: in the transaction that settles it; in another after it, which "
        "doesn't look whether that has been done already; or never",
    )


class RenewalJob(Model):
    """The job that orders and charges the scenario's `renewals`, one after the other, by the story that requests have too."""

    key: Literal["period", "run", "none"] = Field(
        "period",
        description="idempotency key of a renewal: always the same, a new one each time that the job begins, or none",
    )
    looks_first: bool = Field(
        True, description="look up whether a renewal has an order that was not given up, and leave it alone if so"
    )
    machines: int = Field(1, ge=1, le=100, description="that begin it at its hour")
    lock: Duration | None = Field(
        None,
        gt=0,
        description="the job begins only with a lock in the database, which is its own for so long, or until the job is done; "
        "a machine that doesn't get it leaves it at that. None: no lock",
    )
    tries: int = Field(3, ge=1, le=1000, description="rounds for those whose charge was refused or got no answer (assumption)")
    wait: Duration = Field("10min", description="between two rounds (assumption)")


class Keys(Model):
    """How long the checkout remembers the app's idempotency key, and what it compares."""

    ttl: Duration | None = Field(None, gt=0, description="a key is forgotten after this long; none: never, it is a column")
    fingerprint: bool = Field(True, description="the same key with another amount is refused (422), not replayed")


class Claims(Keys):
    """A table of claimed idempotency keys: a request writes its claim before it does the work."""

    lock: Duration = Field(
        "30s", gt=0, description="another request may take over a claimed key after this long (Brandur: 90 s)"
    )
    guard: Literal["unique", "check_then_insert", "check_then_mark"] = Field(
        "unique",
        description="the key is inserted under a unique constraint; or it is looked up and then inserted, which is a race of "
        "milliseconds; or it is looked up, and written down when the payment is over, which is a race as long as the payment",
    )
    in_flight: Literal["conflict", "wait"] = Field(
        "conflict",
        description="what a repeated request gets while the first is at work: 409 at once, or the first one's answer, "
        "for which it waits (and its worker)",
    )
    stores_failures: bool = Field(False, description="a failure is stored and replayed like a success")

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_said(cls, knobs: Any) -> Any:
        """Before there was `guard`, files said `check_first: true`."""
        if not isinstance(knobs, dict) or not isinstance(knobs.get("check_first"), bool):
            return knobs
        kept = {key: value for key, value in knobs.items() if key != "check_first"}
        return {"guard": "check_then_insert", **kept} if knobs["check_first"] else kept


class Completer(Model):
    """Finishes orders that no process is working on any more."""

    every: Duration = Field("5s", ge=0.1, description="period of the search for stuck orders (Brandur: 5 s)")
    after: Duration = Field("10s", description="an unknown order is taken up this long after its last attempt (assumption)")
    batch: int = Field(20, ge=1, le=1_000_000, description="orders taken up at once (assumption)")


@dataclass(frozen=True)
class Origin:
    """The Python file of an architecture that is not built in: its text, its path as the user gave it, and the class's name.

    `over`: its stories are told in another process, which hears by this of the end of a morning.
    """

    text: str
    file: str
    name: str
    over: Callable[[], None] | None = None


class Design(Model):
    """The knobs that every architecture has."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})
    name: str = ""
    summary: str = ""
    app: App = App()
    proxy: Proxy | None = Field(None, description="somebody between app and checkout who repeats requests; none: nobody does")
    checkout: Checkout = Checkout()
    database: Database = Database()
    payment: Payment = Payment()
    broker: Broker = Broker()
    read_model: ReadModel = ReadModel()
    loyalty: Loyalty = Loyalty()
    recovery: Recovery = Recovery()
    taking: Taking = Taking()
    renewal_job: RenewalJob = RenewalJob()

    promises: ClassVar[tuple[Any, ...]] = ()  # those of sim.ledger.promises that the architecture keeps under all faults
    # The defaults in which an architecture differs from its sections' own, as a file would say them.
    defaults: ClassVar[dict[str, Any]] = {}
    origin: ClassVar[Origin | None] = None  # None: the architecture is built in

    def _repr_html_(self) -> str | None:
        """How Jupyter shows the design."""
        return showing.html(self)

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, knobs: Any) -> Any:
        if not isinstance(knobs, dict):
            return knobs
        defaults, slips = tidied(cls, cls.defaults)
        if slips:
            raise KeyedErrors(slips)
        return merged(defaults, knobs)


def architecture_name(kind: type[Design]) -> str:
    """`webhooks-first` of the class WebhooksFirst."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Lay `changes` over `base`, section by section; a one-of mapping (see `OneOf`) is replaced as a whole."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        replace = not (isinstance(value, dict) and isinstance(old, dict)) or bool(_CHOICES & (set(old) | set(value)))
        result[key] = value if replace else merged(old or {}, value)
    return result


_CHOICES = frozenset(Distribution.model_fields) | frozenset(Retry.model_fields)
