"""What was chosen and what went wrong, in words: the settings of designs and the faults of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.config.design import Design, Fixed, Jitter, Retry
from sim.config.faults import Brownout, Crash, Duplicates, Errors, Outage, Pause, Rebalance, Rerun, Slow, Spike
from sim.config.model import Distribution
from sim.config.units import time_and_day
from sim.words import percent
from sim.words import seconds as duration


class Setting(NamedTuple):
    """One knob of all designs; None where a design doesn't have it."""

    label: str
    path: str
    values: list[str | None]


def retry(policy: Retry) -> str:
    """`up to 3 tries, waiting 500 ms to 8 s (full jitter)`."""
    value = getattr(policy, policy.chosen)
    if not isinstance(value, Jitter | Fixed):
        return "no retries"
    tries = f"up to {value.attempts} tries" if value.attempts else "until it works"
    if isinstance(value, Fixed):
        return f"{tries}, {duration(value.delay)} apart"
    return f"{tries}, waiting {duration(value.base)} to {duration(value.cap)} ({policy.chosen.replace('_', ' ')})"


def distribution(times: Distribution) -> str:
    value = getattr(times, times.chosen)
    match times.chosen:
        case "constant":
            return duration(value)
        case "exponential":
            return f"{duration(value)} on average"
        case "lognormal":
            return f"{duration(value.median)} in the median"
        case "percentiles":
            return ", ".join(f"{key} {duration(seconds)}" for key, seconds in value.items())
        case "uniform":
            return f"{duration(value[0])} to {duration(value[1])}"
    return f"as measured in {value}"


def _or_none(text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "none" if value is None else text(value)


SETTINGS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "app.key": ("app: an idempotency key for each", _or_none(str)),
    "app.timeout": ("app: waits for an answer", duration),
    "app.retry": ("app: retries by itself", retry),
    "app.retry_budget": ("app: retry budget", _or_none(percent)),
    "checkout.workers": ("checkout: workers", str),
    "checkout.queue_limit": ("checkout: refuses beyond a queue of", _or_none(str)),
    "database.connections": ("database: connections", str),
    "payment.key": ("provider: an idempotency key for each", _or_none(str)),
    "payment.timeout": ("provider: we wait for an answer", duration),
    "payment.workers": ("payment: workers", str),
    "payment.retry": ("payment: retries", retry),
    "loyalty.inbox": ("loyalty: remembers handled messages for", _or_none(lambda inbox: duration(inbox.window))),
    "recovery.reconcile_every": ("recovery: compares with the provider’s ledger every", _or_none(duration)),
}


def settings(designs: Sequence[Design]) -> list[Setting]:
    """The knobs that decide most, side by side. A default that nobody has published is called an assumption."""
    return [
        Setting(label, path, [_value(design, path, text) for design in designs]) for path, (label, text) in SETTINGS.items()
    ]


def _value(design: Design, path: str, text: Callable[[Any], str]) -> str | None:
    section_name, key = path.split(".")
    section: BaseModel = getattr(design, section_name)
    field = type(section).model_fields.get(key)
    if field is None:
        return None
    value = getattr(section, key)
    assumed = "assumption" in (field.description or "") and value == getattr(type(section)(), key)
    return text(value) + (" (assumption)" if assumed else "")


def fault(what: Any) -> str:
    """A fault of a scenario as a clause, e.g. `provider brownout at 07:15 for 15 min: every call takes 10 times as long`."""
    match what:
        case Brownout():
            also = [
                f"{percent(p)} {happens}"
                for p, happens in (
                    (what.failed, "fail"),
                    (what.ambiguous, "charge the card and lose the answer"),
                    (what.errored, "are answered with a 500"),
                )
                if p is not None
            ]
            return f"provider brownout {_when(what)}: " + ", ".join([f"calls take {what.latency:g} times as long", *also])
        case Outage():
            hangs = ": nobody gets an answer" if what.how == "hangs" else ""
            return f"{_component(what.outage)} outage {_when(what)}{hangs}"
        case Slow():
            return f"slow {_component(what.slow)} {_when(what)}: everything takes {what.times:g} times as long"
        case Spike():
            return f"traffic spike {_when(what)}: {what.times:g} times as many people"
        case Duplicates():
            return f"broker duplicates, all morning: {percent(what.p)} of the messages are delivered again"
        case Rebalance():
            who = "all consumers" if what.rebalance == "all" else _component(what.rebalance)
            when = _begins(what.at, what.every).rstrip(",")
            return f"rebalance of {who} {when}: what was not acknowledged is delivered again"
        case Crash():
            cut = "; whoever waits for it hears at once that the connection is cut" if what.how == "resets" else ""
            return f"{_component(what.crash)} crash {_crash_when(what)}, up again after {duration(what.restart)}{cut}"
        case Errors():
            return f"{_component(what.errors)} errors {_errors_when(what)}"
        case Pause():
            return f"{_component(what.pause)} pause {_struck_when(what)}, for {duration(what.lasts)}"
        case Rerun():
            return f"{_component(what.rerun)} job run again, {_begins(what.at, None)}"
    raise TypeError(f"no words for {what!r}")


def _component(name: str) -> str:
    return name.replace("_", " ")


def _when(what: Brownout | Outage | Slow | Spike) -> str:
    return f"{_begins(what.at, what.every)} for {distribution(what.lasts)}"


def _crash_when(what: Crash) -> str:
    return _struck_when(what) if what.after is not None else _begins(what.at, what.every).rstrip(",")


def _struck_when(what: Crash | Errors | Pause) -> str:
    return f"right after the step “{what.after}”, {percent(what.p)} of the times{_at_most(what)}"


def _at_most(what: Crash | Errors | Pause) -> str:
    return f", at most {what.times} times" if what.times else ""


def _errors_when(what: Errors) -> str:
    """`at 07:15 for 10 min: right after the step “charge”, 100 % of the times`; of the database, which of its work fails."""
    when = "all morning" if what.lasts is None else f"{_begins(what.at, what.every)} for {distribution(what.lasts)}"
    if what.errors != "database":
        return f"{when}: {_struck_when(what)}"
    work = {"writes": "writes", "reads": "reads", "all": "writes and reads"}[what.on]
    done = "done, and their answer is lost" if what.how == "committed" else "failed and rolled back"
    return f"{when}: {percent(what.p)} of the {work} are {done}{_at_most(what)}"


def _begins(at: float | None, every: Distribution | None) -> str:
    if at is not None:
        return f"at {time_and_day(at)}"
    assert every is not None
    return f"again and again, after {distribution(every)},"
