"""The adapter of a service of one's own: how a customer orders from it, what its answers mean, and where its orders are read.

In texts, {purchase} stands for the number of the purchase, {key} for the app's idempotency key, {card} for the customer's card
at the provider, {cents} for the price, {order} for the id of the order, {provider} for the address of the provider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema, field_validator, model_validator

from sim.config.errors import ConfigError, KeyedErrors
from sim.config.loader import Document, read_text, validate
from sim.config.model import Field, Model
from sim.config.presets import PresetName
from sim.config.units import Duration

PLACES = ("purchase", "key", "card", "cents", "order", "provider")
LIVE = re.compile(r"\b[srp]k_live_")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_CONDITION = re.compile(r"\s*([\w.\-]+)\s*(==|!=)\s*(.+?)\s*")
_REQUEST = re.compile(r"(GET|POST|PUT|PATCH) (/\S*)")


def _listed(value: Any) -> Any:
    """A plain status is a list of one."""
    return [value] if isinstance(value, int) and not isinstance(value, bool) else value


_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
Statuses = Annotated[
    tuple[Annotated[int, Field(ge=100, le=599)], ...], BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_STATUS, {"type": "array", "items": _STATUS}]}),
]  # fmt: skip


def places_in(value: Any) -> set[str]:
    """The placeholders in a text, or in all texts of a mapping or list."""
    if isinstance(value, str):
        return set(_PLACE.findall(value))
    if isinstance(value, dict):
        return set().union(*(places_in(child) for child in value.values()), *(places_in(key) for key in value))
    return set().union(*(places_in(child) for child in value)) if isinstance(value, list | tuple) else set()


def filled(value: Any, values: dict[str, Any]) -> Any:
    """With values in place of placeholders. A text that is nothing but {cents} or {purchase} becomes a number."""
    if isinstance(value, str):
        alone = _PLACE.fullmatch(value)
        if alone is not None and alone[1] in values:
            return values[alone[1]]
        return _PLACE.sub(lambda found: str(values.get(found[1], found[0])), value)
    if isinstance(value, dict):
        return {filled_text(key, values): filled(child, values) for key, child in value.items()}
    return [filled(child, values) for child in value] if isinstance(value, list | tuple) else value


def filled_text(text: str, values: dict[str, Any]) -> str:
    return str(filled(text, values))


def at(data: Any, path: str) -> Any:
    """The value at a dotted path such as `json.data.0.id`; `json` is the whole body. None: it isn't there."""
    for step in path.split(".")[1 if path.split(".")[0] == "json" else 0 :]:
        if isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        elif isinstance(data, dict):
            data = data.get(step)
        else:
            return None
    return data


@dataclass(frozen=True)
class Condition:
    """`status == paid`: what the value at a path is, or isn't."""

    path: str
    equal: bool
    value: str

    def holds(self, data: Any) -> bool:
        value = at(data, self.path)
        text = {True: "true", False: "false", None: "null"}.get(value, str(value)) if not isinstance(value, dict | list) else ""
        return (text == self.value) == self.equal


def condition(text: str) -> Condition:
    """Raises ValueError."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError('expected a condition like "status == paid"')
    return Condition(found[1], found[2] == "==", found[3].strip("'\""))


class _Asked(Model):
    """Has a request, and perhaps conditions."""

    @field_validator("request", check_fields=False)
    @classmethod
    def _a_request(cls, request: str) -> str:
        if _REQUEST.fullmatch(request) is None:
            raise ValueError("expected a method and a path, like GET /orders")
        return request

    @field_validator("confirmed", "failed", check_fields=False)
    @classmethod
    def _a_condition(cls, text: Any) -> Any:
        if isinstance(text, str):
            condition(text)
        return text

    @model_validator(mode="after")
    def _known_places(self) -> _Asked:
        wrong = []
        for name, info in type(self).model_fields.items():
            if strange := places_in(getattr(self, name)) - set(PLACES):
                known = ", ".join(f"{{{place}}}" for place in PLACES)
                wrong.append((info.alias or name, f"no such placeholder: {{{sorted(strange)[0]}}}; known: {known}"))
        if wrong:
            raise KeyedErrors(wrong)
        return self


class At(Model):
    """Where the service is."""

    url: str = Field(description="its address, like http://127.0.0.1:8000")
    ready: str | None = Field(
        None, description="a request that it answers once it can be used, like GET /health; none: it listens"
    )
    ready_within: Duration = Field("30s", gt=0, le=600, description="after its start, or it is given up")

    @field_validator("ready")
    @classmethod
    def _a_request(cls, ready: str | None) -> str | None:
        if ready is not None and re.fullmatch(r"GET /\S*", ready) is None:
            raise ValueError("expected GET and a path, like GET /health")
        return ready


class Answers(Model):
    """What the statuses of its answers say to the app.

    Any other status from 500 on is tried again; any other from 300 on is *failed*, below it is *confirmed*.
    """

    confirmed: Statuses = Field((200, 201), description="paid: the app says so")
    pending: Statuses = Field((202,), description="“we have your order”")
    declined: Statuses = Field((402,), description="the card was refused: the app says so, and that nothing was charged")
    conflict: Statuses = Field((409,), description="the same key is at work: the app tries again")
    mismatch: Statuses = Field((422,), description="the same key with another order")
    failed: Statuses = Field((502,), description="“payment failed”: the app says so, and that nothing was charged")

    @model_validator(mode="after")
    def _one_meaning(self) -> Answers:
        owner: dict[int, str] = {}
        for name in self._given_first:
            for status in getattr(self, name) if name in self.model_fields_set else ():
                if owner.setdefault(status, name) != name:
                    raise KeyedErrors([(name, f"{status} is {owner[status]} already; leave it out of one")])
        return self

    @property
    def _given_first(self) -> list[str]:
        """What a file gives goes before what is usual."""
        return sorted(type(self).model_fields, key=lambda name: name not in self.model_fields_set)

    def meaning(self, status: int) -> str:
        """`confirmed`, `pending`, …; `unavailable` for what is tried again."""
        for name in self._given_first:
            if status in getattr(self, name):
                return name
        return "unavailable" if status >= 500 else "confirmed" if status < 300 else "failed"


class Order(_Asked):
    """The request with which the app orders."""

    request: str = Field(description="method and path, like POST /orders")
    headers: dict[str, str] = Field({}, description="headers of it")
    body: dict[str, object] | None = Field(None, alias="json", description="its body as JSON; {cents} alone becomes a number")
    form: dict[str, str] | None = Field(None, description="or its body as a form")
    answers: Answers = Answers()
    order: str | None = Field(None, description="where the answer has the order's id, like json.id")

    @model_validator(mode="after")
    def _one_body(self) -> Order:
        if self.body is not None and self.form is not None:
            raise KeyedErrors([("form", "json and form: leave one out")])
        return self


class Status(_Asked):
    """How the app looks what has become of an order that is pending."""

    request: str = Field(description="like GET /orders/{order}")
    confirmed: str = Field(description='when it is paid, like "status == paid"')
    failed: str | None = Field(None, description='when it is given up, like "status == failed"')
    every: Duration = Field("200ms", gt=0, description="how often")
    most: Duration = Field("10s", gt=0, le=600, description="for how long")


class Orders(_Asked):
    """Where all orders can be read, to count them. Without it nobody can say whether anything was ordered twice."""

    request: str = Field(description="like GET /orders?limit=1000")
    headers: dict[str, str] = Field({}, description="headers of it")
    items: str = Field("json", description="where the answer has the list, like json.data")
    purchase: str = Field(description="the field of an order that says whose it is: with a text that only its request had")
    confirmed: str = Field(description='when it is paid, like "status == paid"')
    cents: str | None = Field(None, description="the field that has its price")


class Hooks(Model):
    """Where the provider sends its webhooks."""

    url: str = Field(description="like http://127.0.0.1:8000/stripe/webhook")
    secret: str = Field("whsec_coffee", description="what they are signed with")
    delay: Duration = Field("50ms", le=600, description="how long after the charge")


class Process(Model):
    """How the service is started and killed. Without it nothing is killed, and the service has to be there."""

    start: str = Field(min_length=1, description="the command, without a shell; the folder is the one of this file")
    env: dict[str, str] = Field(
        {}, description='variables for it, like STRIPE_API_BASE: "{provider}"; TMPDIR is a folder of its own'
    )
    folder: str = Field(".", description="where it is started, beside this file")
    kill: Literal["SIGKILL", "SIGTERM"] = Field("SIGKILL", description="the signal")
    restart: Duration = Field("0s", le=60, description="how long it stays down")


class RealProvider(Model):
    """Our provider, which the service under test is to use."""

    port: int = Field(0, ge=0, le=65_535, description="where it listens; 0: any that is free, told by {provider}")
    preset: PresetName = Field("stripe-v1", description="whose idempotency keys")
    latency: Duration = Field("60ms", le=60, description="of a call; a double tap comes in its middle")
    late: Duration = Field("3s", gt=0, le=600, description="how long a call hangs that is late; longer than the service waits")
    metadata: str | None = Field(
        None, description="the key of a payment's metadata that has {purchase}, if the card doesn't say it"
    )


class RealApp(Model):
    """The app of the customers."""

    timeout: Duration = Field("2s", gt=0, le=600, description="how long it waits for an answer")
    attempts: int = Field(4, ge=1, le=20, description="requests of one tap, the first included")
    backoff: Duration = Field("300ms", le=60, description="before the second attempt; twice as long before each further one")
    key: Literal["purchase", "submission", "request"] = Field(
        "purchase", description="for how long {key} stays the same: for the purchase, for one tap, for one attempt"
    )


class Settling(Model):
    """When a purchase is over."""

    quiet: Duration = Field("300ms", gt=0, le=60, description="for so long nobody has called or been called")
    most: Duration = Field("10s", gt=0, le=600, description="how long a charge may be without its order, until it counts")


class Service(Model):
    """A service under test."""

    name: str = Field("", description="of the service; by default the file's")
    service: At
    order: Order
    status: Status | None = None
    orders: Orders | None = None
    webhooks: Hooks | None = None
    process: Process | None = None
    provider: RealProvider = RealProvider()
    app: RealApp = RealApp()
    settle: Settling = Settling()
    beside: Path = Field(Path(), exclude=True, description="the folder of the file")


def load_service(path: Path) -> Service:
    """Load an adapter. Raises ConfigError, also if there is a key for real money in it."""
    text = read_text(path)
    for number, line in enumerate(text.splitlines(), 1):
        if found := LIVE.search(line):
            raise ConfigError(
                f"{path}:{number}:{found.start() + 1}: a key for real money ({found[0]}…): take it out; sk_test_… is what a "
                "rehearsal needs"
            )
    document = Document(text, str(path))
    read = validate(Service, document.data, document)
    return read.model_copy(update={"name": read.name or path.stem, "beside": path.parent.resolve()})
