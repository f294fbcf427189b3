"""Faults: what goes wrong, when, and in which component. A fault is independent of the architecture in which it strikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sim.config.errors import KeyedErrors, closest
from sim.config.model import A_VALUE, NOTHING, Distribution, Field, Model, exactly_one, goes_with, reading
from sim.config.shares import ERRORS, dealt
from sim.config.units import Clock, Duration, Factor, Probability, seconds_into, time_and_day


def _in_the_morning(at: float | None, info: ValidationInfo) -> float | None:
    morning = reading(info).morning
    if at is not None and morning is not None and (message := outside(at, morning)):
        raise ValueError(message)
    return at


def outside(at: float, morning: tuple[float, float]) -> str | None:
    """What is wrong with a fault's clock time in a morning that is simulated from and to these times; None if nothing is."""
    begin, end = morning
    if 0 <= seconds_into(begin, end, at) <= end - begin:
        return None
    return f"outside of the simulated morning ({time_and_day(begin)} to {time_and_day(end)}, drain included)"


At = Annotated[Clock | None, AfterValidator(_in_the_morning)]
Step = Literal[
    "insert", "claim", "accept", "charge", "begin", "authorise", "capture", "void", "inquire", "renew", "commit", "cancel",
    "publish", "mark", "refund", "award", "apply", "take", "give_back", "release",
]  # fmt: skip


def _plain(value: Any) -> Any:
    """A duration by itself is one that is always the same."""
    return {"constant": value} if isinstance(value, str | int | float) and not isinstance(value, bool) else value


class Scheduled(Model):
    """A fault that lasts `for` some time: it begins once, `at` a clock time, or again and again (`every`)."""

    model_config = ConfigDict(json_schema_extra=exactly_one("at", "every"))
    at: At = Field(None, description="clock time at which it begins; one before the clock's start is on the next day")
    every: Distribution | None = Field(None, description="time from the end of one such fault to the start of the next")
    lasts: Distribution = Field(alias="for", description="how long it lasts")

    @field_validator("lasts", mode="before")
    @classmethod
    def _plain_duration(cls, value: Any) -> Any:
        return _plain(value)

    @model_validator(mode="after")
    def _when(self) -> Scheduled:
        if (self.at is None) == (self.every is None):
            raise ValueError("give either at: (a clock time) or every: (a distribution)")
        return self


class Brownout(Scheduled):
    """The provider is slow and flaky; during the brownout the given probabilities replace the provider's own."""

    brownout: Literal["provider"]
    latency: Factor = Field("x10", description="every call takes this many times longer")
    failed: Probability | None = Field(None, description="calls refused before any charge")
    ambiguous: Probability | None = Field(None, description="calls that charge the card and whose answer is lost")
    errored: Probability | None = Field(None, description="calls answered with a 500; nothing is charged")
    errors: Probability | None = Field(None, description=ERRORS)

    @model_validator(mode="before")
    @classmethod
    def _dealt(cls, value: Any) -> Any:
        return dealt(value)


class Outage(Scheduled):
    """A component can't be reached: the provider and the checkout refuse every call, consumers and the database let work wait.

    The checkout answers 503 at once; what its workers have begun, or what waits for them, goes on. (In a crash it dies.)
    A provider or a checkout that hangs gives no answer at all, and does nothing: callers find out by their timeouts.
    """

    model_config = ConfigDict(
        json_schema_extra=exactly_one("at", "every") | goes_with("how", ["hangs"], "outage", ["provider", "checkout"])
    )
    outage: Literal["provider", "database", "read_model", "loyalty", "checkout"]
    how: Literal["refuses", "hangs"] = Field(
        "refuses", description="a provider or a checkout says no at once, or says nothing; nothing is charged either way"
    )

    @model_validator(mode="after")
    def _who_can_hang(self) -> Outage:
        if self.how == "hangs" and self.outage not in ("provider", "checkout"):
            raise KeyedErrors([("how", f"work for the {self.outage} waits in any outage; leave it out")])
        return self


class Slow(Scheduled):
    """A component takes longer for all its work."""

    slow: Literal["database", "checkout", "read_model", "loyalty"]
    times: Factor = Field("x10", description="by this factor")


class Spike(Scheduled):
    """More customers arrive than usual."""

    spike: Literal["traffic"]
    times: Factor = Field("x3", description="by this factor")


class Duplicates(Model):
    """The broker delivers a message again although it was consumed (at-least-once delivery)."""

    duplicates: Literal["broker"]
    p: Probability = Field(description="share of the messages that come again")


class Rebalance(Model):
    """The broker takes a consumer for dead, or deals its messages out anew: whatever was not acknowledged comes again at once.

    Workers finish the message that they have in hand, and their acknowledgement of it is not taken any more.
    """

    model_config = ConfigDict(json_schema_extra=exactly_one("at", "every"))
    rebalance: Literal["payment", "loyalty", "read_model", "all"] = Field(description="of which consumer, or of all")
    at: At = Field(None, description="clock time at which it happens; one before the clock's start is on the next day")
    every: Distribution | None = Field(None, description="time from one rebalance to the next")

    @model_validator(mode="after")
    def _when(self) -> Rebalance:
        if (self.at is None) == (self.every is None):
            raise ValueError("give either at: (a clock time) or every: (a distribution)")
        return self


class Crash(Model):
    """A process dies and restarts; whatever was not in the database is gone.

    `at` or `every` strike a whole instance; `after` a step strikes the one worker that has just taken that step. An event that
    it had in hand comes again when the broker notices, after `broker.visibility`.
    """

    model_config = ConfigDict(
        json_schema_extra=exactly_one("at", "every", "after") | goes_with("how", ["resets"], "crash", ["checkout"])
    )
    crash: Literal[
        "checkout", "payment", "relay", "completer", "reconciler", "canceller", "releaser", "renewals", "loyalty", "read_model"
    ]
    at: At = Field(None, description="clock time at which it dies; one before the clock's start is on the next day")
    every: Distribution | None = Field(None, description="time from one restart to the next crash")
    after: Step | None = Field(None, description="right after this step")
    p: Probability = Field("100%", description="with `after`: share of the times the step is taken")
    times: int | None = Field(None, ge=1, le=1_000_000, description="with `after`: strike at most this many times")
    restart: Duration = Field("20s", description="until it is up again (assumption)")
    how: Literal["vanishes", "resets"] = Field(
        "vanishes",
        description="who waits for its answer hears nothing, as of a machine without power; or hears at once that the "
        "connection is cut, as of a process that is killed, which the app takes for a 503",
    )

    @model_validator(mode="after")
    def _one_trigger(self) -> Crash:
        if sum(trigger is not None for trigger in (self.at, self.every, self.after)) != 1:
            raise ValueError("give exactly one of at:, every:, after:")
        if self.how == "resets" and self.crash != "checkout":
            raise KeyedErrors([("how", f"nobody waits for an answer of the {self.crash}; leave it out")])
        return self


_ERRORS: dict[str, Any] = {  # as a JSON Schema: what the database has and others have not, and when errors begin
    "if": {"properties": {"errors": {"const": "database"}}},
    "then": {"properties": {"after": NOTHING}},
    "else": {
        "required": ["after"],
        "properties": {"after": A_VALUE, "on": {"const": "all"}, "how": {"const": "rolled_back"}},
    },
    "anyOf": [
        {"properties": {"at": NOTHING, "every": NOTHING, "for": NOTHING}},
        {"required": ["for"], "properties": {"for": A_VALUE}, **exactly_one("at", "every")},
    ],
}


class Errors(Model):
    """A process throws an error, and lives on; or the database fails transactions and queries instead of doing them.

    Right after the step the checkout answers 500, a message that a payment worker had in hand is delivered again after
    `broker.visibility`, and a background loop starts again a second later. A process whose transaction or query fails does the
    same. All morning, or `for` some time: `at` a clock time, or again and again (`every`).
    """

    model_config = ConfigDict(json_schema_extra=_ERRORS)
    errors: Literal["database", "checkout", "payment", "completer", "relay", "reconciler", "canceller", "releaser", "renewals"]
    after: Step | None = Field(None, description="right after this step; not for the database")
    on: Literal["writes", "reads", "all"] = Field("all", description="the database: which of them fail")
    how: Literal["rolled_back", "committed"] = Field(
        "rolled_back", description="the database: nothing is done, or all is done and the answer of the commit is lost"
    )
    p: Probability = Field("100%", description="share of the times the step is taken, or of transactions and queries")
    times: int | None = Field(None, ge=1, le=1_000_000, description="strike at most this many times")
    at: At = Field(None, description="clock time at which it begins; one before the clock's start is on the next day")
    every: Distribution | None = Field(None, description="time from the end of one such fault to the start of the next")
    lasts: Distribution | None = Field(None, alias="for", description="how long it lasts; none: all morning")

    @field_validator("lasts", mode="before")
    @classmethod
    def _plain_duration(cls, value: Any) -> Any:
        return _plain(value)

    @model_validator(mode="after")
    def _who_and_when(self) -> Errors:
        slips = []
        if self.errors == "database" and self.after is not None:
            slips.append(("after", "the database takes no steps; leave it out, or say on: writes, reads or all"))
        if self.errors != "database":
            other = (key for key in ("on", "how") if getattr(self, key) != type(self).model_fields[key].default)
            slips += [(key, "only the database has this; leave it out") for key in other]
            if self.after is None:
                slips.append(("errors", "after which step? add after:, like after: charge"))
        begins = [key for key in ("at", "every") if getattr(self, key) is not None]
        if begins and self.lasts is None:
            slips.append((begins[0], "give also for:, how long it lasts"))
        if self.lasts is not None and len(begins) != 1:
            slips.append(("for", "give either at: (a clock time) or every: (a distribution) with it"))
        if slips:
            raise KeyedErrors(slips)
        return self


class Pause(Model):
    """A process stands still right after a step (garbage collection, a moved machine), then goes on regardless."""

    pause: Literal["checkout", "payment", "relay", "completer", "reconciler", "canceller", "releaser", "renewals"]
    after: Step = Field(description="right after this step")
    lasts: Duration = Field(alias="for", gt=0, description="how long it stands still")
    p: Probability = Field("100%", description="share of the times the step is taken")
    times: int | None = Field(None, ge=1, le=1_000_000, description="strike at most this many times")


class Rerun(Model):
    """A job runs once more from its beginning, after a deploy, by hand, or since a scheduler starts it at least once."""

    rerun: Literal["renewals"]
    at: At = Field(
        description="clock time at which it begins; one before the clock's start is on the next day", json_schema_extra=A_VALUE
    )

    @model_validator(mode="after")
    def _at_some_time(self) -> Rerun:
        if self.at is None:
            raise KeyedErrors([("at", "expected a clock time")])
        return self


FAULTS: dict[str, type[Model]] = {
    "brownout": Brownout,
    "outage": Outage,
    "slow": Slow,
    "spike": Spike,
    "duplicates": Duplicates,
    "rebalance": Rebalance,
    "crash": Crash,
    "pause": Pause,
    "errors": Errors,
    "rerun": Rerun,
}


def _fault_kind(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else vars(value)
    return next((kind for kind in FAULTS if kind in keys), None)


def _one_kind(value: Any) -> Any:
    return one_of(FAULTS, value, noun="fault", example='{outage: provider, at: "07:15", for: 1min}')


def one_of(kinds: Mapping[str, type[Model]], value: Any, *, noun: str, example: str) -> Any:
    """The value, if it is a mapping with the key of one of the kinds. Raises ValueError."""
    if isinstance(value, Model):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"expected keys and values, like {example}")
    given = [key for key in value if key in kinds and not (key == "errors" and "brownout" in value)]  # it has such a key
    if len(given) > 1:
        raise ValueError(f"two kinds of {noun} in one ({' and '.join(given)}); give each its own line")
    if not given:
        hint = next((hint for key in value if (hint := closest(str(key), kinds))), "; give one of: " + ", ".join(kinds))
        raise ValueError(f"no kind of {noun}{hint}")
    return value


Fault = Annotated[
    Annotated[Brownout, Tag("brownout")]
    | Annotated[Outage, Tag("outage")]
    | Annotated[Slow, Tag("slow")]
    | Annotated[Spike, Tag("spike")]
    | Annotated[Duplicates, Tag("duplicates")]
    | Annotated[Rebalance, Tag("rebalance")]
    | Annotated[Crash, Tag("crash")]
    | Annotated[Pause, Tag("pause")]
    | Annotated[Errors, Tag("errors")]
    | Annotated[Rerun, Tag("rerun")],
    Discriminator(_fault_kind),
    BeforeValidator(_one_kind),
]
