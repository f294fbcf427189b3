"""Mishaps: single moments at which something goes wrong, as a script. Without any, a morning goes as its other sections say.

A mishap strikes one purchase once: its nth call to the provider, its nth request, the nth time that a component takes a step
for it, or the moment at which its customer does something. So a scenario with mishaps says the same on every morning, however
its shares of errors fall.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Tag, model_validator

from sim.config.errors import KeyedErrors
from sim.config.faults import Step, one_of
from sim.config.model import Field, Model, exactly_one, goes_with
from sim.config.units import Duration

Point = tuple[str, ...]  # what is asked at a moment at which something can go wrong, less whose and which in turn
MOST = 1000  # mishaps of one scenario; what is meant to happen more often is a fault
NTH = Field(1, ge=1, le=1_000_000, description="which of them, counted from 1 for the purchase")
BY = Field("60s", gt=0, description="with slow and late: by how much (longer than the default timeouts and locks; assumption)")
Worker = Literal[
    "checkout", "payment", "relay", "completer", "reconciler", "canceller", "releaser", "renewals", "loyalty", "read_model"
]
CONSUMERS = ("loyalty", "read_model")


class Mishap(Model):
    """What every mishap has: whose it is."""

    counted: ClassVar[str] = "nth"  # the key that says which of the purchase's it is

    purchase: int = Field(0, ge=0, le=1_000_000, description="whose, counted from 0 in the order of arrival, as stories do")

    @property
    def asked(self) -> Point:
        """At which question the world hears of it."""
        raise NotImplementedError

    @property
    def turn(self) -> int:
        """The how-manieth of the purchase's questions it is."""
        return int(getattr(self, self.counted))

    @property
    def after_s(self) -> float | None:
        """A mishap at a moment: how long after the purchase's first tap; None: it waits for a question."""
        return None

    @property
    def how(self) -> str:
        """What its `is` says; nothing where it has none."""
        return str(getattr(self, "goes", ""))

    @property
    def later_s(self) -> float:
        """By how much something takes longer, if it is slow or late."""
        return float(getattr(self, "by", 0.0))


class Called(Mishap):
    """A call to the provider that charges, authorises, captures or voids."""

    counted: ClassVar[str] = "call"
    call: int = Field(ge=1, le=1_000_000, description="which of the purchase's calls, counted from 1")
    goes: Literal["refused", "broke", "lost", "slow", "late", "declined"] = Field(
        alias="is",
        description="refused: before any charge; broke: answered with a 500, nothing is charged; lost: done, and its answer is "
        "lost; slow: done later, past the caller's timeout; late: the same, and until then out of the provider's sight; "
        "declined: the card, from then on",
    )
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("call",)


class Inquired(Mishap):
    """A question to the provider what became of an order."""

    counted: ClassVar[str] = "inquiry"
    inquiry: int = Field(ge=1, le=1_000_000, description="which of the purchase's, counted from 1")
    goes: Literal["unanswered"] = Field(alias="is", description="the provider doesn't say")

    @property
    def asked(self) -> Point:
        return ("inquiry",)


class GivenBack(Mishap):
    """A refund."""

    counted: ClassVar[str] = "refund"
    refund: int = Field(ge=1, le=1_000_000, description="which of the purchase's, counted from 1")
    goes: Literal["refused", "unanswered"] = Field(alias="is", description="not done; or done, and its answer is lost")

    @property
    def asked(self) -> Point:
        return ("refund",)


class Sent(Mishap):
    """A request of the app on its way to the checkout."""

    counted: ClassVar[str] = "request"
    request: int = Field(ge=1, le=100_000, description="which of the purchase's requests, counted from 1")
    goes: Literal["lost", "late"] = Field(alias="is", description="it never arrives, or arrives later")
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("request",)


class Answered(Mishap):
    """The checkout's answer on its way to the app."""

    counted: ClassVar[str] = "answer"
    answer: int = Field(ge=1, le=100_000, description="which of the purchase's answers, counted from 1")
    goes: Literal["lost", "late"] = Field(alias="is", description="it never arrives, or arrives later")
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("answer",)


class Died(Mishap):
    """A process dies, right after a step for the purchase; or an instance of it `at` a moment."""

    model_config = ConfigDict(
        json_schema_extra=exactly_one("after", "at") | goes_with("crash", CONSUMERS, "at", [None, "none"])
    )
    crash: Worker = Field(description="which component")
    after: Step | None = Field(None, description="right after this step")
    nth: int = NTH
    at: Duration | None = Field(None, description="so long after the purchase's first tap")
    restart: Duration = Field("20s", description="until it is up again (assumption)")

    @model_validator(mode="after")
    def _one_moment(self) -> Died:
        if (self.after is None) == (self.at is None):
            raise ValueError("give either after: (a step) or at: (a time after the first tap)")
        if self.at is not None and self.crash in CONSUMERS:
            raise KeyedErrors([("at", f"the {self.crash} dies after a step only; give after: (award or apply)")])
        return self

    @property
    def asked(self) -> Point:
        return ("step", self.crash, self.after or "")

    @property
    def after_s(self) -> float | None:
        return self.at


class Threw(Mishap):
    """A process throws an error right after a step for the purchase, and lives on."""

    errors: Literal["checkout", "payment", "completer", "relay", "reconciler", "canceller", "releaser", "renewals"] = Field(
        description="which component"
    )
    after: Step = Field(description="right after this step")
    nth: int = NTH

    @property
    def asked(self) -> Point:
        return ("step", self.errors, self.after)


class StoodStill(Mishap):
    """A process stands still right after a step for the purchase, then goes on regardless."""

    pause: Literal["checkout", "payment", "relay", "completer", "reconciler", "canceller", "releaser", "renewals"] = Field(
        description="which component"
    )
    after: Step = Field(description="right after this step")
    nth: int = NTH
    lasts: Duration = Field("60s", alias="for", gt=0, description="how long (longer than the default locks; assumption)")

    @property
    def asked(self) -> Point:
        return ("step", self.pause, self.after)


class Slowed(Mishap):
    """A component takes long for a piece of work for the purchase: a read or write, an event to be published or handled."""

    slow: Literal["database", "checkout", "broker", "loyalty", "read_model"] = Field(description="which component")
    nth: int = NTH
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("work", self.slow)


class Delivered(Mishap):
    """A message of the broker on its way to a consumer."""

    counted: ClassVar[str] = "message"
    message: int = Field(ge=1, le=1_000_000, description="which of those about the purchase to this consumer, counted from 1")
    to: Literal["payment", "loyalty", "read_model"] = Field(description="to which consumer")
    goes: Literal["repeated", "late"] = Field(
        alias="is", description="it comes again after `broker.visibility` although it was handled, or it comes later"
    )
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("message", self.to)


class Told(Mishap):
    """A webhook of the provider."""

    counted: ClassVar[str] = "webhook"
    webhook: int = Field(ge=1, le=1_000_000, description="which of those about the purchase, counted from 1")
    goes: Literal["twice", "lost", "late"] = Field(alias="is", description="it comes twice, never comes, or comes later")
    by: Duration = BY

    @property
    def asked(self) -> Point:
        return ("webhook",)


class Acted(Mishap):
    """The customer does something at a moment, unless they have no reason any more: they have an order, or have left."""

    customer: Literal["taps_again", "orders_more", "refreshes", "leaves"] = Field(
        description="taps Pay again; changes the basket and taps again; reloads the app and taps again; gives up"
    )
    at: Duration = Field(description="so long after the first tap")

    @property
    def asked(self) -> Point:
        return ("customer",)

    @property
    def turn(self) -> int:
        return 0

    @property
    def after_s(self) -> float | None:
        return self.at


MISHAPS: dict[str, type[Mishap]] = {  # each by the key that names it
    "call": Called,
    "inquiry": Inquired,
    "refund": GivenBack,
    "request": Sent,
    "answer": Answered,
    "crash": Died,
    "errors": Threw,
    "pause": StoodStill,
    "slow": Slowed,
    "message": Delivered,
    "webhook": Told,
    "customer": Acted,
}


def _kind(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else type(value).model_fields
    return next((kind for kind in MISHAPS if kind in keys), None)


def _one_kind(value: Any) -> Any:
    return one_of(MISHAPS, value, noun="mishap", example="{call: 1, is: lost}")


AnyMishap = Annotated[
    Annotated[Called, Tag("call")]
    | Annotated[Inquired, Tag("inquiry")]
    | Annotated[GivenBack, Tag("refund")]
    | Annotated[Sent, Tag("request")]
    | Annotated[Answered, Tag("answer")]
    | Annotated[Died, Tag("crash")]
    | Annotated[Threw, Tag("errors")]
    | Annotated[StoodStill, Tag("pause")]
    | Annotated[Slowed, Tag("slow")]
    | Annotated[Delivered, Tag("message")]
    | Annotated[Told, Tag("webhook")]
    | Annotated[Acted, Tag("customer")],
    Discriminator(_kind),
    BeforeValidator(_one_kind),
]


def twice(mishaps: tuple[Mishap, ...]) -> list[tuple[tuple[int, ...], str]]:
    """What is wrong with mishaps of which two strike the same moment of the same purchase: only one of them could.

    Of different kinds after one step the first in the file that is a death or an error ends it.
    """
    seen: dict[tuple[Any, ...], int] = {}
    errors: list[tuple[tuple[int, ...], str]] = []
    for number, mishap in enumerate(mishaps):
        if mishap.after_s is not None:
            continue
        where = (mishap.asked, mishap.purchase, mishap.turn, type(mishap))
        if where in seen:
            errors.append(((number,), f"strikes the same moment as mishaps[{seen[where]}]; leave one of them out"))
        seen.setdefault(where, number)
    return errors
