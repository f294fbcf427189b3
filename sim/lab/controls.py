"""What can be turned in the panel: keys of a scenario or design, with the values that are offered, as files say them."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.design import Design, Retry
from sim.config.faults import Brownout
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.experiment.altering import has, split, standing, value_of
from sim.lab.recipe import plain
from sim.report import knobs


@dataclass(frozen=True)
class Control:
    """One key. `offers` are values as files say them; `absent` completes "naive …" where naive has no such key."""

    label: str
    key: str
    offers: tuple[str, ...]
    absent: str
    of_design: bool = True

    @property
    def is_choice(self) -> bool:
        """Of words rather than along a scale."""
        return self.key.endswith("retry")


TIMES = ("500ms", "1s", "2s", "3s", "4s", "5s", "6s", "8s", "10s", "12s", "15s", "20s", "30s")
WORKERS = ("2", "3", "4", "6", "8", "12", "16", "24", "32", "48", "64", "96", "128")
RETRIES = (
    "{never: true}",
    "{full_jitter: {base: 500ms, cap: 8s, attempts: 2}}",
    "{full_jitter: {base: 500ms, cap: 8s, attempts: 3}}",
    "{full_jitter: {base: 500ms, cap: 8s, attempts: 6}}",
    "{exponential: {base: 500ms, cap: 8s, attempts: 3}}",
    "{fixed: {delay: 1s, attempts: 3}}",
)
OF_DESIGN = (
    Control("app timeout", "app.timeout", TIMES, "has no app"),
    Control("app retries", "app.retry", RETRIES, "has no app"),
    Control("checkout workers", "checkout.workers", WORKERS, "has no checkout"),
    Control("payment workers", "payment.workers", WORKERS, "has no payment workers"),
    Control(
        "relay polls every", "relay.poll_every",
        ("50ms", "100ms", "200ms", "500ms", "1s", "2s", "5s", "10s", "30s"),
        "has no relay",
    ),
)  # fmt: skip


def controls(scenario: Scenario) -> tuple[Control, ...]:
    """Those of the scenario's first brownout, then those of designs."""
    number = next((number for number, fault in enumerate(scenario.faults) if isinstance(fault, Brownout)), None)
    place, absent = f"faults[{len(scenario.faults) if number is None else number}]", "has no brownout"
    lasts = ("0s", "1min", "2min", "3min", "5min", "7min", "10min", "15min", "20min", "25min", "30min", "40min")
    slow = ("x1", "x2", "x3", "x5", "x7", "x10", "x15", "x20", "x30")
    lost = ("0%", "1%", "2%", "5%", "10%", "15%", "20%", "30%")
    return (
        Control("brownout lasts", f"{place}.for", lasts, absent, of_design=False),
        Control("… calls take", f"{place}.latency", slow, absent, of_design=False),
        Control("… answers lost", f"{place}.ambiguous", lost, absent, of_design=False),
        *OF_DESIGN,
    )


def stands(model: Scenario | Design, control: Control) -> str | None:
    """The value at the control's key as a file says it, or None if there is no such key."""
    path = split(control.key)
    return flow(plain(standing(model, path)[1])) if has(model, path) else None


def offered(model: Scenario | Design, control: Control) -> list[str]:
    """The control's values with the one that stands there, in order; only that one if it is not on the scale."""
    now = stands(model, control)
    if now is None:
        return []
    if now in control.offers:
        return list(control.offers)
    if control.is_choice:
        return [now, *control.offers]
    if _size(model, control, now) is None:
        return [now]
    return sorted([now, *control.offers], key=lambda text: _size(model, control, text) or 0.0)


def said(control: Control, value: str) -> str:
    """A value as people read it."""
    if not control.is_choice:
        return value
    return knobs.retry(Retry.model_validate(value_of(value))).removeprefix("up to ").replace("waiting ", "")


def _size(model: Scenario | Design, control: Control, text: str) -> float | None:
    """Where a value is on the control's scale; `none` before all others; None if it is not on it."""
    path = split(control.key)
    constant = (*path, "constant")  # of a fault that lasts for a drawn time; others last for a time
    kind, _ = standing(model, constant if path[-1] == "for" and has(model, constant) else path)
    try:
        return -1.0 if text == "none" else float(kind.unit.parse(text) if kind.unit is not None else text)
    except ValueError:
        return None
