"""A scenario: the world, which you can't choose. Every key but `name` has a default; a file gives only what differs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sim.config import showing
from sim.config.columns import read_column
from sim.config.errors import KeyedErrors, closest, got, nearest
from sim.config.fates import too_many, too_many_in
from sim.config.faults import Fault, Rerun, outside
from sim.config.keys import LIMITS
from sim.config.mishaps import MOST as MOST_MISHAPS
from sim.config.mishaps import AnyMishap, twice
from sim.config.model import Distribution, Field, Model, OneOf, Reading, reading
from sim.config.presets import PRESETS, PresetName
from sim.config.prices import USUAL, PriceTable
from sim.config.shares import ERRORS, FATES, dealt
from sim.config.units import (
    CLOCK,
    DAY_S,
    Cents,
    Clock,
    Duration,
    Probability,
    Rate,
    clock_s,
    exchanged,
    probability_text,
    seconds_into,
    time_and_day,
)
from sim.vocabulary import KINDS_OF_HARM, LATE_S, METRICS, Opening

SHAPE = "a shape needs at least two clock times, in ascending order"
MOST_UNITS = 1_000_000_000  # of an account
MOST_CENTS = 1_000_000_000  # of a basket, and of what is added to it: the ledgers' numbers have 32 bits


class Hours(Model):
    """The simulated morning: customers arrive for `duration`, then the system drains."""

    model_config = ConfigDict(title="Window")
    start: Clock = Field("06:30", le=DAY_S, description="clock time of the first possible arrival")
    duration: Duration = Field("2h", gt=0, le=7 * DAY_S, description="how long customers arrive; past midnight, too")
    drain: Duration = Field("30min", ge=0, le=7 * DAY_S, description="time to finish what is under way")

    @property
    def horizon_s(self) -> float:
        return self.duration + self.drain

    @property
    def span(self) -> tuple[float, float]:
        """What is simulated, in seconds after the midnight before the start."""
        return self.start, self.start + self.horizon_s

    @property
    def opening(self) -> str:
        """`22:00 to 02:00 (next day)`: when customers come."""
        return f"{time_and_day(self.start)} to {time_and_day(self.start + self.duration)}"

    def since_start_s(self, time_s: float) -> float:
        """Seconds from the start until a clock time. One that is earlier than the start is of the next day, if the clock runs
        so far; a time that the clock never shows is before 0 or after the horizon.
        """
        return seconds_into(*self.span, time_s)

    def shape_s(self, times: Sequence[float]) -> list[float]:
        """The same for the times of a shape, which go on: one that is earlier than the one before it is of the day after.

        A shape that is over before the start is the next day's. Raises ValueError if the times would go back.
        """
        running: list[float] = []
        day_s = 0.0
        for time_s in times:
            if running and time_s + day_s < running[-1]:
                day_s += DAY_S
            running.append(time_s + day_s)
        closes_s = self.start + self.duration
        if day_s >= closes_s or len(set(running)) < len(running):
            raise ValueError(SHAPE)
        if running[-1] <= self.start and running[0] + DAY_S < closes_s:
            running = [time_s + DAY_S for time_s in running]
        return [time_s - self.start for time_s in running]

    def not_open(self, times: Sequence[float]) -> Sequence[float]:
        """Those of ascending clock times at which no customer can come."""
        closes_s = self.start + self.duration
        next_day = bisect_left(times, min(self.start, closes_s - DAY_S))
        return [*times[next_day : bisect_left(times, self.start)], *times[bisect_left(times, closes_s) :]]


class Profile(Model):
    """The hourly shape of a coffee shop's sales (Maven Roasters data, fictional; see sim/world/traffic.py)."""

    name: Literal["coffee-shop"] = "coffee-shop"
    purchases: int = Field(
        3000,
        gt=0,
        le=5_000_000,
        description="expected purchases within the clock's duration, or within 24 hours of it; further days repeat them",
    )


class Arrivals(Model):
    """Real arrival times: one row a purchase, seconds after midnight, all of them within the clock's duration."""

    file: str = Field(description="a CSV file beside the scenario; lines starting with # are comments")
    column: str | None = Field(None, description="the column of seconds after midnight; not needed if there is only one")
    times: tuple[float, ...] | None = Field(None, exclude=True, alias="(read from the file)", description="its content, sorted")

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Arrivals:
        if self.times is None:
            times = read_column(reading(info).beside / self.file, self.column, keys=("file", "column"))
            object.__setattr__(self, "times", times)
        return self


_TWO_TIMES = {"propertyNames": {"pattern": f"^{CLOCK.pattern}$"}, "minProperties": 2}  # as a JSON Schema


class Traffic(OneOf):
    """When people want coffee: a piecewise-linear `shape`, `steps`, a `profile`, one `rate`, real `arrivals`, or `times`."""

    shape: dict[str, Rate] | None = Field(
        None,
        json_schema_extra=_TWO_TIMES,
        description='clock time to rate, e.g. {"06:30": 6/min, "07:30": 48/min}; straight lines between, level outside',
    )
    steps: dict[str, Rate] | None = Field(
        None,
        json_schema_extra=_TWO_TIMES,
        description='likewise, but each rate holds from its time to the next, e.g. {"09:55": 1/s, "10:00": 40/s}',
    )
    profile: Profile | None = None
    rate: Rate | None = Field(None, description="a constant rate (Poisson arrivals)")
    arrivals: Arrivals | None = None
    times: tuple[Clock, ...] | None = Field(
        None, min_length=1, max_length=10_000, description='one customer at each clock time, e.g. ["07:00", "07:00:05"]'
    )
    also = frozenset({"price"})
    price: Cents = Field("6.50 USD", gt=0, le=MOST_CENTS, description="of one basket (assumption)")

    @field_validator("shape", "steps")
    @classmethod
    def _clock_keys(cls, shape: dict[str, float] | None) -> dict[str, float] | None:
        if shape is None:
            return shape
        errors = []
        for time in shape:
            try:
                clock_s(time)
            except ValueError as error:
                errors.append((time, f"{error}{got(time)}"))
        if errors:
            raise KeyedErrors(errors)
        if len(shape) < 2:
            raise ValueError(SHAPE)
        return shape

    def outside_of(self, clock: Hours) -> KeyedErrors | None:
        """What is wrong with the traffic's clock times, for a clock; None if nothing is."""
        for key, rates in (("shape", self.shape), ("steps", self.steps)):
            try:
                if rates is not None:
                    clock.shape_s([clock_s(time) for time in rates])
            except ValueError as error:
                return KeyedErrors([(key, str(error))])
        if self.arrivals is not None and self.arrivals.times is not None:
            rows = self.arrivals.times
            if missed := clock.not_open(rows):
                many = f"{len(missed):,} of the {len(rows):,} rows of {self.arrivals.file} {_are(missed)}"
                remedy = "give the clock another start or a longer duration, or take them out of the file"
                message = f"{many} outside of the clock ({clock.opening}), the first at {missed[0]:g} s"
                return KeyedErrors([(("arrivals", "file"), f"{message} ({time_and_day(missed[0])}); {remedy}")])
        if self.times is not None and (missed := clock.not_open(sorted(self.times))):
            many = f"{len(missed):,} of the {len(self.times):,} times {_are(missed)}"
            message = f"{many} outside of the clock ({clock.opening}); give it another start or a longer duration"
            return KeyedErrors([(("times", self.times.index(missed[0])), message)])
        return None

    @property
    def nobody(self) -> bool:
        """Whether nobody can ever come."""
        return self.rate == 0 or any(rates and not any(rates.values()) for rates in (self.shape, self.steps))


def _are(what: Sequence[float]) -> str:
    return "is" if len(what) == 1 else "are"


class AfterPatience(Model):
    """What a customer does when their patience ends, or when the app says that payment failed."""

    tap_again: Probability = Field("35%", description="tap Pay again on the same screen (assumption)")
    refresh: Probability = Field("40%", description="reload the app; answers to older requests are lost (assumption)")
    leave: Probability = Field("25%", description="give up (assumption)")

    @model_validator(mode="after")
    def _sums_to_one(self) -> AfterPatience:
        total = self.tap_again + self.refresh + self.leave
        if abs(total - 1) > 1e-9:
            shares = ", ".join(f"{name} {probability_text(getattr(self, name))}" for name in ("tap_again", "refresh", "leave"))
            raise ValueError(f"must add up to 100%, and are {100 * total:.6g}%: {shares}")
        return self


class DoubleTap(Model):
    """The customer taps on Pay twice by accident, before the screen changes."""

    p: Probability = Field("0%", description="share of submissions tapped twice")
    gap: Duration = Field("300ms", description="time between the two taps (assumption)")


class Polling(Model):
    """The app asks for the order's status until it is settled."""

    every: Duration = Field("3s", ge=0.1, description="period of the status view's polls (assumption)")
    give_up: Duration = Field("10min", description="the customer closes the app after this long (assumption)")


class ReorderWhenStale(Model):
    """The customer orders again when the status view stays behind."""

    after: Duration = Field("90s", description="how long the view may stay behind (assumption)")
    p: Probability = Field("0%", description="share of customers who then order again")


class ChangesBasket(Model):
    """The customer adds something to the basket before tapping Pay once more."""

    p: Probability = Field("0%", description="share of customers who would")
    adds: Cents = Field("3.50 USD", gt=0, le=MOST_CENTS, description="price of what they add (assumption)")


class AfterDecline(Model):
    """What a customer does when the card is declined, or when the app says that payment failed."""

    other_card: Probability = Field(
        "0%",
        description="share of customers who pay with another card, once; after a decline the others leave, after a failure "
        "they do what after_patience says",
    )
    takes: Distribution = Field({"constant": "20s"}, description="until they have typed the other card in (assumption)")


class Agents(Model):
    """Programs that buy for people. They call the payment tool, and plan again when they hear nothing in time.

    They don't tap, reload or walk in; the tool is the app, with its timeout, its retries and its key.
    """

    share: Probability = Field("0%", description="of the customers that are agents")
    deadline: Duration = Field("30s", gt=0, description="an agent plans again when a call has lasted this long (assumption)")
    plans: int = Field(3, ge=1, le=1000, description="plans of one agent at most, the first included (assumption)")
    thinks: Distribution = Field(
        {"uniform": ["2s", "7s"]}, description="from the deadline, or a failure, to the next plan (reports: 2 s to 7 s)"
    )
    parallel: int = Field(1, ge=1, le=100, description="calls that one plan makes at the same time")
    late: Literal["ignored", "taken"] = Field(
        "ignored", description="an answer to a call of an earlier plan: thrown away with the call, or heard all the same"
    )


class Customers(Model):
    """Customers: how long they wait, and what they do then."""

    patience: Distribution = Field(
        {"lognormal": {"median": "10s", "sigma": 0.8236}},
        description="wait before acting: half of mobile users wait 10 s, 1 in 5 over 20 s (Equation Research 2009)",
    )
    after_patience: AfterPatience = AfterPatience()
    reaction: Distribution = Field({"constant": "2s"}, description='from reading "payment failed" to acting (assumption)')
    double_tap: DoubleTap = DoubleTap()
    polling: Polling = Polling()
    reorder_when_stale: ReorderWhenStale = ReorderWhenStale()
    changes_basket: ChangesBasket = ChangesBasket()
    after_decline: AfterDecline = AfterDecline()
    agents: Agents = Agents()
    max_submissions: int = Field(4, ge=1, le=1000, description="taps after which a customer leaves (assumption)")


class Network(Model):
    """The network between the app and the checkout service."""

    latency: Distribution = Field({"constant": "20ms"}, description="one way between app and checkout (assumption)")
    request_lost: Probability = Field("0%", description="the request never arrives")
    answer_lost: Probability = Field("0%", description="the work is done, the answer never arrives")


class ProviderKeys(Model):
    """The provider's idempotency keys."""

    model_config = ConfigDict(title="Keys")
    ttl: Duration = Field("24h", gt=0, description="a key is forgotten after this long (Stripe: at least 24 h)")
    in_flight: Literal["conflict", "wait"] = Field(
        "conflict", description="a second call while the first is in flight: refused at once, or answered with the first"
    )
    mismatch: Literal["error", "replay"] = Field("error", description="the same key with another amount")
    stores_errors: bool = Field(True, description="an error (500) is replayed for as long as the key lives, as Stripe v1 does")


class Late(Model):
    """Calls that are stuck on the way to the provider, and charge the card after their caller has given up on them."""

    p: Probability = Field("0%", description="share of the calls")
    by: Distribution = Field({"constant": "1min"}, description="how much later than usual they charge (assumption)")


class Webhooks(Model):
    """How the provider tells designs that listen (`payment: {webhooks: checked}`) what became of a call."""

    delay: Distribution = Field({"lognormal": {"median": "1.5s", "sigma": 0.8}}, description="after the charge (assumption)")
    lost: Probability = Field("0%", description="never delivered")
    duplicated: Probability = Field("0%", description="each delivery is followed by another with this probability")
    retry: Duration = Field("5min", description="until the next delivery when nobody received this one (assumption)")
    failures: bool = Field(False, description="refused calls are reported too, not only charges")
    moves: bool = Field(
        False, description="money that is given back or released is reported too, also when an authorisation has ended"
    )


class Authorisation(Model):
    """Money that a card's bank holds for designs that authorise first and capture later."""

    lasts: Duration = Field("7d", gt=0, description="money that is not captured by then is released (Stripe: 7 days for cards)")


class Refunds(Model):
    """How the provider gives money back. It refuses to give back more than is left of a charge."""

    check: Literal["locked", "look_then_act"] = Field(
        "locked",
        description="what is left of the charge: looked up and taken in one step, or looked up first, so that two refunds at "
        "the same time don't see each other (look_then_act)",
    )
    failed: Probability = Field("0%", description="refused, with a clear error; nothing is given back")
    unanswered: Probability = Field("0%", description="given back, and the answer is lost")

    @model_validator(mode="after")
    def _one_fate_a_refund(self) -> Refunds:
        if self.failed + self.unanswered > 1 + 1e-9:
            raise ValueError("failed and unanswered must add up to 100% at most")
        return self


class Account(Model):
    """Something that can be used up: the stock of the day, a coupon, a gift card, store credit, points to spend.

    A purchase that wants several of them gets an order with all of them, or none. A plain number is the balance.
    """

    balance: int = Field(ge=0, le=MOST_UNITS, description="units in it at the start: pieces, uses, points, or cents")
    takes: int = Field(1, ge=1, le=MOST_UNITS, description="units that one order takes")
    p: Probability = Field("100%", description="share of the purchases that want it")
    shared_by: Literal["everyone"] | Annotated[int, Field(ge=1, le=MOST_UNITS)] = Field(
        "everyone",
        description="who draws on one balance: all, as on a stock; or so many of these purchases, one after the other, and "
        "the next ones on another: 1 for a coupon of each customer, 2 for a gift card that is used in two tabs",
    )

    @model_validator(mode="before")
    @classmethod
    def _plain_balance(cls, value: Any) -> Any:
        return {"balance": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Renewals(Model):
    """Charges that no customer waits for, such as subscriptions that are renewed: a job of the shop orders and charges them.

    Each is a purchase of one basket at the traffic's price, due at one hour; nobody taps and nobody looks at the status.
    """

    count: int = Field(
        ge=1, le=1_000_000, description="how many are due, beside the traffic; for the job alone: `traffic: {rate: 0/min}`"
    )
    at: Clock = Field(
        description="clock time at which they are due, and the job begins; before the clock's start: the next day"
    )


class Challenge(Model):
    """The card's bank wants to know more (3-D Secure), or the customer pays on the provider's page: they finish it there, and
    come back to the shop.
    """

    p: Probability = Field("0%", description="share of the calls with a good card that the customer has to finish")
    takes: Distribution = Field(
        {"lognormal": {"median": "20s", "sigma": 0.6}}, description="until the customer has finished it there (assumption)"
    )
    abandoned: Probability = Field("0%", description="share of the customers who never finish it; nothing is charged")
    returns: Probability = Field("100%", description="share of those who did and come back; the others have closed the page")
    returns_twice: Probability = Field("0%", description="share of those who come back and load the page again a second later")
    lasts: Duration = Field("30min", gt=0, description="what is not finished by then is declined (assumption)")


class Provider(Model):
    """The payment provider. A preset gives it the idempotency keys that a provider has published."""

    preset: PresetName | None = Field(
        None, description="a real provider's keys; those that you give under `keys` override them"
    )
    latency: Distribution = Field(
        {"lognormal": {"median": "450ms", "sigma": 0.6}},
        description="of one call; no provider publishes percentiles (assumption: p95 1.21 s, p99 1.82 s)",
    )
    declined: Probability = Field("0%", description="share of customers whose card is refused, every time")
    failed: Probability = Field("0%", description="calls refused before any charge, with a clear error")
    ambiguous: Probability = Field("0%", description="calls that charge the card and whose answer is lost")
    errored: Probability = Field("0%", description="calls that the provider answers with a 500; nothing is charged")
    errors: Probability | None = Field(None, description=ERRORS)
    late: Late = Late()
    answer: Distribution = Field({"constant": "0s"}, description="from the charge to its answer (assumption)")
    rate_limit: Rate | None = Field(None, description="calls per second beyond which calls fail clearly")
    keys: ProviderKeys | Literal["none"] = Field(ProviderKeys(), description="idempotency keys, or none for an older provider")
    webhooks: Webhooks = Webhooks()
    challenge: Challenge = Challenge()
    authorisation: Authorisation = Authorisation()
    refunds: Refunds = Refunds()

    @model_validator(mode="before")
    @classmethod
    def _over_preset(cls, value: Any) -> Any:
        """The keys that a file gives beside the preset override the preset's."""
        name = value.get("preset") if isinstance(value, dict) else None
        if not isinstance(name, str) or name not in PRESETS:
            return value
        own = value.get("keys")
        if PRESETS[name].keys is None and own and isinstance(own, dict):
            raise KeyedErrors([("keys", f"the preset {name} has none; leave the preset out, or these keys")])
        return value | {"keys": PRESETS[name].under(own)}

    @model_validator(mode="before")
    @classmethod
    def _dealt(cls, value: Any) -> Any:
        return dealt(value)

    @model_validator(mode="after")
    def _one_fate_a_call(self) -> Provider:
        if message := too_many({fate: (fate, getattr(self, fate)) for fate in FATES}):
            raise KeyedErrors([((), message)])
        return self


def _never_due(faults: tuple[Fault, ...], clock: Hours, renewals: Renewals | None) -> list[tuple[tuple[int, str], str]]:
    """What is wrong with faults that run the renewals' job again; where there are no renewals they find nothing to do."""
    if renewals is None:
        return []
    due_s = clock.since_start_s(renewals.at)
    again = {number: fault.at for number, fault in enumerate(faults) if isinstance(fault, Rerun) and fault.at is not None}
    message = f"before the renewals are due ({time_and_day(renewals.at)})"
    return [((number, "at"), message) for number, at in again.items() if clock.since_start_s(at) < due_s]


def _limit(metric: str, value: Any) -> float:
    unit = LIMITS.get(METRICS[metric].unit)
    if unit is not None:
        return unit.parse(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError("expected a number of at least 0")
    return float(value)


Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class Reported(Model):
    """What somebody has told in public: a scenario that plays it says where it stands."""

    at: tuple[str, ...] = Field(min_length=1, description="addresses of the reports")
    hurts: tuple[str, ...] = Field(min_length=1, description=f"the harm that was done: {', '.join(KINDS_OF_HARM)}")
    opens: Opening = Field(description="where the gap was: in the app, on the way to the shop (network), …")
    mended: str = Field(description="what those who reported it changed, in a sentence")

    @field_validator("hurts")
    @classmethod
    def _known_harms(cls, hurts: tuple[str, ...]) -> tuple[str, ...]:
        for harm in hurts:
            if harm not in KINDS_OF_HARM:
                raise ValueError(f'unknown harm "{harm}"{nearest(harm, KINDS_OF_HARM)}')
        return hurts


class Scenario(Model):
    """The world of one morning."""

    name: str = Field(description="the scenario's name", min_length=1)
    summary: str = Field("", description="one line")
    story: str = Field("", description="what happens, who gets hurt, what to look for")
    reported: Reported | None = Field(None, description="where it happened, if it did, and what was changed then")
    clock: Hours = Hours()
    renewals: Renewals | None = Field(None, description="charges that no customer waits for; none: there are none")
    traffic: Traffic = Field({"profile": {}}, description="when people want coffee")
    customers: Customers = Customers()
    network: Network = Network()
    provider: Provider = Provider()
    accounts: dict[str, Account] = Field(
        {},
        max_length=100,
        description="what can be used up, by its name, like {croissants: 40} or {coupon: {balance: 1, shared_by: 1}}",
    )
    faults: tuple[Fault, ...] = ()
    mishaps: tuple[AnyMishap, ...] = Field(
        (), max_length=MOST_MISHAPS, description="single moments at which something goes wrong, on every morning the same"
    )
    objectives: dict[str, Any] = Field(
        {}, description='metric name to limit, e.g. {ack_latency_p95: 1s}; "at least" for metrics where more is better'
    )
    prices: PriceTable = Field(USUAL, description="what things cost: a price table, and lines that differ from it")
    currencies: dict[Currency, Annotated[float, Field(gt=0, le=1e6)]] = Field(
        {},
        description="what one of another currency is worth in USD, like {EUR: 1.08}: amounts may then be in it; results "
        "are in USD",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _in_its_money(cls, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
        """Read amounts at the rates that the file itself gives."""
        rates = data.get("currencies") if isinstance(data, dict) else None
        with exchanged(rates if isinstance(rates, dict) else {}):
            return handler(data)

    @property
    def late_s(self) -> float:
        """After how many seconds an answer is late: by the objective for its latency, or else LATE_S."""
        limits = [self.objectives[metric] for metric in ("ack_latency_p95", "ack_latency_p50") if metric in self.objectives]
        return float(limits[0]) if limits else LATE_S

    def _repr_html_(self) -> str | None:
        """How Jupyter shows the scenario."""
        return showing.html(self)

    @field_validator("objectives")
    @classmethod
    def _known_metrics(cls, objectives: dict[str, Any]) -> dict[str, float]:
        errors, limits = [], {}
        for metric, value in objectives.items():
            if metric not in METRICS:
                hint = closest(metric, METRICS) or "; `coffee list` shows them all"
                errors.append((metric, f"unknown metric{hint}"))
                continue
            try:
                limits[metric] = _limit(metric, value)
            except ValueError as error:
                errors.append((metric, f"{error}{got(value)}"))
        if errors:
            raise KeyedErrors(errors)
        return limits

    @field_validator("clock")
    @classmethod
    def _set_morning(cls, clock: Hours, info: ValidationInfo) -> Hours:
        """Remember the morning's span, against which the faults' times are checked later in the file."""
        if isinstance(info.context, Reading):
            info.context.morning = clock.span
        return clock

    @field_validator("renewals")
    @classmethod
    def _due_in_the_morning(cls, renewals: Renewals | None, info: ValidationInfo) -> Renewals | None:
        clock = info.data.get("clock")
        if renewals is not None and clock is not None and (message := outside(renewals.at, clock.span)):
            raise KeyedErrors([("at", message)])
        return renewals

    @field_validator("traffic")
    @classmethod
    def _within_the_clock(cls, traffic: Traffic, info: ValidationInfo) -> Traffic:
        clock = info.data.get("clock")
        if traffic.nobody and info.data.get("renewals") is None:
            raise ValueError("zero traffic: nobody would ever buy coffee; give a rate above 0")
        if clock is not None and (errors := traffic.outside_of(clock)):
            raise errors
        return traffic

    @field_validator("faults")
    @classmethod
    def _possible_faults(cls, faults: tuple[Fault, ...], info: ValidationInfo) -> tuple[Fault, ...]:
        """Check what a fault by itself can't know: the clock, the provider's own shares, the other faults.

        (The faults' times once more, for those that were made in Python.)
        """
        clock, provider = info.data.get("clock"), info.data.get("provider")
        if clock is None or provider is None:
            return faults
        times = {number: at for number, fault in enumerate(faults) if (at := getattr(fault, "at", None)) is not None}
        errors = [((number, "at"), message) for number, at in times.items() if (message := outside(at, clock.span))]
        errors += _never_due(faults, clock, info.data.get("renewals"))
        if errors := errors or too_many_in(faults, provider, clock):
            raise KeyedErrors(errors)
        return faults

    @field_validator("mishaps")
    @classmethod
    def _one_a_moment(cls, mishaps: tuple[AnyMishap, ...]) -> tuple[AnyMishap, ...]:
        if errors := twice(mishaps):
            raise KeyedErrors(errors)
        return mishaps
