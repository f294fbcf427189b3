"""A design: what you choose. The knobs of every component; an architecture is a `Design` that names the ones it uses.

A knob that an architecture does not have is an unknown key, so it is refused with the nearest valid name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, model_validator

from sim.config import showing
from sim.config.errors import KeyedErrors
from sim.config.model import Distribution, Field, Model, OneOf
from sim.config.units import Duration, Probability
from sim.vocabulary import KeyScope


class Jitter(Model):
    """v = min(cap, base * 2^(n-1)) before retry n; full jitter sleeps U(0, v), equal jitter v/2 + U(0, v/2)."""

    base: Duration = Field("500ms", gt=0, description="of the first sleep (assumption)")
    cap: Duration = Field("8s", gt=0, description="of the longest sleep (assumption)")
    attempts: int | None = Field(None, ge=1, le=1000, description="calls in all, the first included; none: no limit")


class Fixed(Model):
    delay: Duration = Field("1s", description="the same every time (assumption)")
    attempts: int | None = Field(None, ge=1, le=1000, description="calls in all, the first included; none: no limit")


class Retry(OneOf):
    """When to try again. `{never: true}` gives up after the first call."""

    never: bool | None = None
    fixed: Fixed | None = None
    exponential: Jitter | None = Field(None, description="no jitter")
    full_jitter: Jitter | None = None
    equal_jitter: Jitter | None = None

    @model_validator(mode="after")
    def _never_means_never(self) -> Retry:
        if self.never is False:
            raise ValueError("never: true, or one of fixed, exponential, full_jitter, equal_jitter")
        return self


class App(Model):
    """The ordering app on the customer's phone: ours, so part of the design."""

    timeout: Duration = Field("8s", gt=0, description="until the app stops waiting for an answer (assumption)")
    retry: Retry = Field(
        {"full_jitter": {"base": "500ms", "cap": "8s", "attempts": 3}},
        description="automatic retries of a submission (assumption; at most 3 tries is the SRE book's advice)",
    )
    retry_budget: Probability | None = Field(None, description="retries allowed per first request, fleet-wide")
    key: KeyScope = Field("none", description="scope of the idempotency key")


class Autoscale(Model):
    """How many workers a pool has, by how many are in use: the rule of the Kubernetes HorizontalPodAutoscaler."""

    min: int = Field(ge=1, le=100_000, description="never fewer workers; paid for around the clock")
    max: int = Field(ge=1, le=100_000, description="never more workers")
    target: Probability = Field("80%", gt=0, description="of the workers in use (Kubernetes: 80 %)")
    measures: Literal["held", "cpu"] = Field(
        "held", description="a worker is in use while it is held by its story, or only while it computes (cpu)"
    )
    every: Duration = Field("15s", gt=0, description="period of the decisions (Kubernetes: 15 s)")
    warm_up: Duration = Field("60s", description="until a new worker takes work; it is paid for meanwhile (assumption)")
    cool_down: Duration = Field("5min", description="workers leave that nobody wanted for this long (Kubernetes: 5 min)")

    @model_validator(mode="after")
    def _ordered(self) -> Autoscale:
        if self.min > self.max:
            raise KeyedErrors([("max", f"expected at least min, which is {self.min}")])
        return self

    def check(self, workers: int) -> None:
        """Raises KeyedErrors if a pool can't start with so many workers."""
        if not self.min <= workers <= self.max:
            raise KeyedErrors([("workers", f"expected {self.min} to {self.max} workers, as autoscale says; got {workers}")])


class Checkout(Model):
    """The service that takes the orders: a pool of workers behind one queue."""

    workers: int = Field(
        16, ge=1, le=100_000, description="requests worked on at the same time; autoscaled: at the start (assumption)"
    )
    autoscale: Autoscale | None = Field(None, description="more and fewer workers by their use; none: always the same number")
    instances: int = Field(2, ge=1, le=10_000, description="processes the workers are spread over; a crash takes one")
    service: Distribution = Field({"exponential": "10ms"}, description="a worker's own computing (assumption)")
    queue_limit: int | None = Field(200, ge=0, description="503 at once beyond this many waiting; none: no limit")
    deadline_drop: bool = Field(False, description="don't start work the app has stopped waiting for")

    @model_validator(mode="after")
    def _enough_workers(self) -> Checkout:
        if self.workers < self.instances:
            raise ValueError(f"{self.instances} instances need at least as many workers")
        if self.autoscale is not None:
            self.autoscale.check(self.workers)
            if self.autoscale.min < self.instances:
                raise KeyedErrors([(("autoscale", "min"), f"{self.instances} instances need at least as many workers")])
        return self


class Database(Model):
    """The order database."""

    connections: int = Field(16, ge=1, le=100_000, description="transactions and queries at the same time (assumption)")
    write: Distribution = Field({"exponential": "4ms"}, description="one transaction (assumption)")
    read: Distribution = Field({"exponential": "1ms"}, description="one query (assumption)")


class Payment(Model):
    """How the provider is called from within the request."""

    timeout: Duration = Field("5s", gt=0, description="until we stop waiting for the provider (Shopify advises 5 s)")


class KeyedPayment(Payment):
    key: Literal["none", "attempt", "order"] = Field("order", description="scope of the provider's idempotency key")
    key_lasts: Duration = Field(
        "24h", gt=0, description="an older order is asked about before it is charged: the key may be forgotten (Stripe: 24 h)"
    )
    after_error: Literal["ask", "same_key"] = Field(
        "ask",
        description="after a 500: ask what was charged and, if nothing, take a new key; or go on with the old key",
    )


class RequestPayment(KeyedPayment):
    """How the provider is called from within the request, with a key."""

    webhooks: Literal["ignored", "checked", "trusted"] = Field(
        "ignored", description="checked against the order's state, or trusted: each is news to be told to others as it says"
    )


class Breaker(Model):
    """Stop calling a provider that keeps failing."""

    failures: Probability = Field("50%", gt=0, description="opens at this share of failures (resilience4j: 50 %)")
    window: int = Field(20, ge=1, le=100_000, description="over this many last calls (assumption)")
    open: Duration = Field("10s", gt=0, description="until one trial call is allowed (assumption)")


class QueuedPayment(KeyedPayment):
    """How the provider is called by payment workers, after the answer."""

    webhooks: Literal["ignored", "checked"] = Field("ignored", description="listened to, and checked against the order's state")
    news: Literal["outbox", "direct"] = Field(
        "outbox", description="of a settled payment: a row in the same transaction, or told directly after it (a dual write)"
    )

    workers: int = Field(
        24, ge=1, le=100_000, description="calls under way at the same time; autoscaled: at the start (assumption)"
    )
    autoscale: Autoscale | None = Field(None, description="more and fewer workers by their use; none: always the same number")
    retry: Retry = Field({"full_jitter": {"base": "500ms", "cap": "20s"}}, description="after unknown or failed calls")
    breaker: Breaker | None = Field(Breaker(), description="stop calling a provider that keeps failing; none: never stop")

    @model_validator(mode="after")
    def _within_bounds(self) -> QueuedPayment:
        if self.autoscale is not None:
            self.autoscale.check(self.workers)
        return self


class Relay(Model):
    """Moves outbox rows to the broker."""

    poll_every: Duration = Field("500ms", gt=0, description="sleep between polls (Eventuate: 500 ms)")
    batch: int = Field(100, ge=1, le=1_000_000, description="rows a poll takes (MassTransit: 100)")
    marks: Literal["after", "before"] = Field("after", description="rows are marked as published after publishing, or before")
    finds: Literal["unmarked", "by_id"] = Field(
        "unmarked", description="new rows: all that are not marked, or those with a higher id than the last one seen"
    )


class Broker(Model):
    """Carries messages from the shop to its consumers, at least once."""

    publish: Distribution = Field({"constant": "3ms"}, description="until the broker has a message (assumption)")
    deliver: Duration = Field("5ms", description="from the broker to a consumer (assumption)")
    visibility: Duration = Field("30s", gt=0, description="an unacknowledged message is delivered again after this")


class ReadModel(Model):
    """The status view: projected from events, or `inline` (read straight from the order database)."""

    inline: bool = Field(False, description="read from the order database itself; no projector")
    apply: Distribution = Field({"exponential": "20ms"}, description="one event by the single projector (assumption)")
    cache: Duration = Field("0s", description="a status is served from a cache for this long")


class Inbox(Model):
    window: Duration = Field("7d", gt=0, description="how long handled message ids are kept (NServiceBus: 7 days)")


class Loyalty(Model):
    """The loyalty service: told by event, or called `inline` by whoever would have published the event."""

    inline: bool = Field(False, description="call it and wait, before the event is published")
    inbox: Inbox | None = Field(None, description="forget no message id within its window; none: award on every delivery")
    award: Distribution = Field({"exponential": "10ms"}, description="one award by the single consumer (assumption)")


class Recovery(Model):
    """What puts things right afterwards, always automatic."""

    reconcile_every: Duration | None = Field(None, gt=0, description="compare with the provider's ledger; none: never")
    grace: Duration = Field("60s", description="charges younger than this are left alone (assumption)")


class Keys(Model):
    """What the app's idempotency key is held against."""

    ttl: Duration | None = Field(None, gt=0, description="a key is forgotten after this long; none: never, it is a column")
    fingerprint: bool = Field(True, description="the same key with another amount is refused (422), not replayed")


class Claims(Keys):
    """Who works on an idempotency key, written down before the work."""

    lock: Duration = Field("30s", gt=0, description="a claimed key is taken over after this long (Brandur: 90 s)")
    check_first: bool = Field(False, description="look the key up, then insert: no unique constraint, so a race")
    stores_failures: bool = Field(False, description="a failure is stored and replayed like a success")


class Completer(Model):
    """Finishes orders that nobody is working on any more."""

    every: Duration = Field("5s", gt=0, description="period of the search for stuck orders (Brandur: 5 s)")
    after: Duration = Field("10s", description="an unknown order is taken up this long after its last attempt (assumption)")
    batch: int = Field(20, ge=1, description="orders taken up at once (assumption)")


@dataclass(frozen=True)
class Origin:
    """Where an architecture that is not built in comes from: a Python file, as it was called, and a class in it."""

    text: str
    file: str
    name: str


class Design(Model):
    """What every architecture has."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})
    name: str = ""
    summary: str = ""
    app: App = App()
    checkout: Checkout = Checkout()
    database: Database = Database()
    payment: Payment = Payment()
    broker: Broker = Broker()
    read_model: ReadModel = ReadModel()
    loyalty: Loyalty = Loyalty()
    recovery: Recovery = Recovery()

    promises: ClassVar[tuple[Any, ...]] = ()  # of sim.ledger.promises, kept under every weather
    defaults: ClassVar[dict[str, Any]] = {}  # what an architecture's knobs start from, where it differs
    origin: ClassVar[Origin | None] = None  # None: built in

    def _repr_html_(self) -> str | None:
        """How Jupyter shows it."""
        return showing.html(self)

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, knobs: Any) -> Any:
        return merged(cls.defaults, knobs) if isinstance(knobs, dict) else knobs


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, section by section; a one-of mapping is replaced whole."""
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        replace = not (isinstance(value, dict) and isinstance(old, dict)) or bool(_CHOICES & (set(old) | set(value)))
        result[key] = value if replace else merged(old or {}, value)
    return result


_CHOICES = frozenset(Distribution.model_fields) | frozenset(Retry.model_fields)
