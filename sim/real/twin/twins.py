"""Several designs in the model and on real parts, one after the other: what `coffee twin` and `sim.twin` give back."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import COMPARED, Designs, load_designs
from sim.config.design import Design
from sim.config.errors import ArgumentError, got
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.documents.twin import Verdict
from sim.experiment.effort import LAST_SEED, check_whole
from sim.experiment.frames import framed
from sim.experiment.mornings import Progress
from sim.real.twin.comparison import MARGIN, Twin, compared
from sim.real.twin.refusals import wanted
from sim.real.twin.supervisor import live

if TYPE_CHECKING:
    import pandas as pd

SCENARIO = "twin-rush"
SLOWEST, FASTEST = 0.1, 1000.0  # speeds; a morning at the slowest takes ten times as long as by its clock


@dataclass(frozen=True)
class Twins:
    """Designs in the model and on real parts: the same customers, the same calls with the same fates, compared by purchase.

    `twins`: by the design's name, each with `lived` (what real parts have left), `simulated`, `matrices`, `rates`, `lags` and
    `disagreeing`. `interrupted`: Ctrl-C came before the last design had been run.
    """

    scenario: Scenario
    designs: list[Design]
    seed: int
    speed: float
    margin: float
    twins: dict[str, Twin] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """Of all designs: `"different"` if one is, `"equivalent"` if all are, else `"refused"` or `"undecided"`."""
        verdicts = {twin.verdict for twin in self.twins.values()}
        for worst in ("different", "refused", "undecided"):
            if worst in verdicts:
                return worst
        return "equivalent" if verdicts and not self.interrupted else "undecided"

    @cached_property
    def rates(self) -> pd.DataFrame:
        """A row a `design` and kind of `harm`: purchases that suffered it in the `model` and in reality (`real`).

        Also the `difference` of their shares with its 90 % interval (`low`, `high`), and the `verdict`.
        """
        rows = [
            {"design": name, "harm": kind, "model": rate.model, "real": rate.real, "difference": rate.pairs.difference,
             "low": rate.interval[0], "high": rate.interval[1], "verdict": rate.verdict}
            for name, twin in self.twins.items()
            for kind, rate in twin.rates.items()
        ]  # fmt: skip
        return framed(rows, ["design", "harm"], ["model", "real", "difference", "low", "high", "verdict"])

    @cached_property
    def lags(self) -> pd.DataFrame:
        """A row a `design`, `lag` and `percent`: seconds in the `model` and in reality (`real`)."""
        rows = [
            {"design": name, "lag": what, "percent": percent, "model": lag.model[percent], "real": lag.real[percent]}
            for name, twin in self.twins.items()
            for what, lag in twin.lags.items()
            for percent in lag.model
        ]
        return framed(rows, ["design", "lag", "percent"], ["model", "real"])

    @cached_property
    def disagreeing(self) -> pd.DataFrame:
        """A row a `design` and `purchase` to which the worlds did not do the same: charges, orders and points in both."""
        rows = [
            {"design": name, "purchase": one.purchase}
            | {
                f"{what}_{world}": pair[place]
                for what, pair in one.counts.items()
                for place, world in enumerate(("model", "real"))
            }
            for name, twin in self.twins.items()
            for one in twin.disagreeing
        ]
        columns = [f"{what}_{world}" for what in ("charges", "orders", "points") for world in ("model", "real")]
        return framed(rows, ["design", "purchase"], columns)

    def _repr_html_(self) -> str:
        from sim.real.twin.card import card  # matplotlib takes a second to import

        return card(self).html()

    def __repr__(self) -> str:
        return f"<{', '.join(f'{name}: {twin.verdict}' for name, twin in self.twins.items())}; {self.scenario.name}>"


def twin(
    scenario: Scenario | Path | str = SCENARIO,
    designs: Designs = COMPARED,
    *,
    speed: float = 1.0,
    seed: int = 0,
    margin: float = MARGIN,
    database: str = "sqlite",
    broker: str = "embedded",
    progress: Progress | None = None,
) -> Twins:
    """Run designs on real parts, and compare each purchase with the model's, as `coffee twin` does.

    Takes as long as the morning, for each design. Processes, a database, a broker and HTTP servers on this machine; see
    docs/twin.md.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: likewise one or several, which run one after the other.
        speed: how many times as fast as by the clock on the wall, 0.1 to 1000; what the parts take themselves is not scaled.
        seed: which morning.
        margin: by how much a rate may differ, as a share: 0.02 for 2 percentage points.
        database: `"sqlite"`, or `"postgresql://…"`.
        broker: `"embedded"`, or `"nats://…"`.
        progress: called with (done, of), over all designs.

    Returns:
        The twins: `verdict`, `rates`, `lags`, `disagreeing`; after Ctrl-C those that were finished.

    Raises:
        ConfigError: for names, files and numbers that can't be, and for what real parts can't do.
        KeyboardInterrupt: after Ctrl-C before the first design had been run.
    """
    check(speed=speed, seed=seed, margin=margin, database=database, broker=broker)
    world, chosen = load_scenario(scenario), load_designs(designs)
    for design in chosen:
        wanted(world, design, seed)  # refuses what can't be done for any of them, before one takes minutes
    found: dict[str, Twin] = {}
    interrupted = False
    for number, design in enumerate(chosen):
        try:
            lived = live(
                world, design, seed, speed=speed, database=database, broker=broker,
                progress=None if progress is None else _part(progress, number, len(chosen)),
            )  # fmt: skip
        except KeyboardInterrupt:
            if not found:
                raise
            interrupted = True
            break
        found[design.name] = compared(lived, margin)
    return Twins(world, chosen, seed, speed, margin, found, interrupted)


def check(*, speed: float, seed: int, margin: float, database: str, broker: str) -> None:
    """Raises ArgumentError for what can't be, before anything is started."""
    check_whole("seed", seed, 0, LAST_SEED)
    if not (math.isfinite(speed) and SLOWEST <= speed <= FASTEST):
        raise ArgumentError("speed", f"expected a number from {SLOWEST:g} to {FASTEST:g} (got {speed!r})")
    if not 0 < margin < 1:
        raise ArgumentError("margin", f"expected a share between 0 % and 100 % (got {margin!r})")
    for argument, value, usual, scheme in (
        ("database", database, "sqlite", "postgresql"),
        ("broker", broker, "embedded", "nats"),
    ):
        if value != usual and not re.fullmatch(rf"{scheme}://[^\s\0]+", value):
            raise ArgumentError(argument, f"expected {usual}, or an address such as {scheme}://127.0.0.1{got(value)}")


def _part(progress: Progress, number: int, of: int) -> Progress:
    """The progress of one of several, as that of all."""
    return lambda done, whole: progress(number * whole + done, of * whole)
