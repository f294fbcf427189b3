"""All cases with a known answer, grouped by subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sim.config import showing
from sim.config.errors import ConfigError, closest
from sim.experiment.effort import Effort
from sim.experiment.frames import framed
from sim.experiment.workers import crew
from sim.validation import coverage, events, guards, overload, payments, queues, weather
from sim.validation.agreement import Row
from sim.validation.case import Case, Checked, checked

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]  # (done, of)

GROUPS: dict[str, tuple[Case, ...]] = {
    "Queues": queues.CASES,
    "Charges": payments.CASES,
    "Guards, repeats, and payments in steps": guards.CASES,
    "Retries and overload": overload.CASES,
    "Events": events.CASES,
    "Arrivals and weather": weather.CASES,
    "Intervals": coverage.CASES,
}
CASES: dict[str, Case] = {case.name: case for cases in GROUPS.values() for case in cases}


@dataclass(frozen=True)
class Validity(showing.Shown):
    """What came out of cases with a known answer: `cases`, `agrees`; and as a DataFrame `numbers`."""

    cases: list[Checked]

    @property
    def agrees(self) -> bool:
        """Whether every number of every case does."""
        return all(case.agrees for case in self.cases)

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """A row a number, indexed by `case` and `what` it is.

        `expected` by theory (`at_least`: more is no disagreement), `simulated` and its standard error `se`; `status`: agrees,
        too noisy to prove anything, or differs.
        """
        rows = [
            {"case": made.case.name, "what": row.what, "expected": row.expected, "at_least": row.at_least,
             "simulated": row.simulated.value, "se": row.simulated.se, "status": row.status}
            for made in self.cases
            for row in made.rows
        ]  # fmt: skip
        return framed(rows, ["case", "what"])

    def __repr__(self) -> str:
        numbers = [row for made in self.cases for row in made.rows]
        return f"<{sum(row.agrees for row in numbers)} of {len(numbers)} numbers agree in {len(self.cases)} cases>"


def chosen(names: Sequence[str] = ()) -> list[Case]:
    """The cases of these names, or all if none is given. Raises ConfigError."""
    for name in names:
        if name not in CASES:
            hint = closest(name, CASES) or f"; known: {', '.join(CASES)}"
            raise ConfigError(f'unknown case "{name}"{hint}')
    return [CASES[name] for name in dict.fromkeys(names)] or list(CASES.values())


def check(
    names: Sequence[str] = (), *, full: bool = False, jobs: int | None = None, progress: Progress | None = None
) -> list[Checked]:
    """Simulate the named cases, or all if none is named. The result does not depend on `jobs`. Raises ConfigError."""
    Effort(jobs=jobs)  # raises ArgumentError
    wanted = [case.name for case in chosen(names)]
    longest = sorted(wanted, key=lambda name: -CASES[name].more)
    done: dict[str, Checked] = {}
    with crew(jobs, most=len(wanted)) as workers:
        for name, outcome in workers.results(_checked, ((name, (name, full)) for name in longest)):
            done[name] = Checked(CASES[name], *outcome)
            if progress is not None:
                progress(len(done), len(wanted))
    return [done[name] for name in wanted]


def _checked(name: str, full: bool) -> tuple[tuple[Row, ...], int, int, float]:
    """The fields of `Checked` without the case itself, whose functions can't be sent between processes."""
    result = checked(CASES[name], full=full)
    return result.rows, result.mornings, result.purchases, result.wall_s
