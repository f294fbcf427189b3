"""The whole explanation: a witness, its morning told moment by moment, and what would have closed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.config import showing
from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.config.units import clock_text
from sim.experiment.frames import framed
from sim.experiment.mornings import Progress
from sim.explanation.mermaid import sequence
from sim.explanation.moments import StoryLine
from sim.explanation.onset import violated_s
from sim.explanation.remedy import Remedy, closing
from sim.explanation.trace import traced
from sim.explanation.witness import MORNINGS, Nobody, Witness, find
from sim.ledger.records import Tables
from sim.ledger.violations import VIOLATIONS

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import ExplanationPlots

DAY_MS = 86_400_000
CHANGED = ["from", "before", "after", "spared"]
PARTY = {  # whose books show the harm
    "double_charge": "provider",
    "orphan_charge": "provider",
    "over_award": "loyalty",
    "under_award": "loyalty",
    "duplicate_order": "database",
    "unpaid_order": "database",
    "blocked": "provider",
    "oversold": "database",
}


@dataclass(frozen=True)
class Explanation(showing.Shown):
    """One purchase of one morning, with all that happened to it.

    `scenario`, `design`, `witness` (which purchase of which seed, and what was done wrong to it), `sentence`, `moments`,
    `remedies` and `trades` (changes that close the harm; a trade causes another), `tried` (how many changes were tried); and as
    DataFrames `steps`, `changes` and `traded`.
    """

    scenario: Scenario
    design: Design
    witness: Witness
    moments: list[StoryLine]
    remedies: list[Remedy]
    trades: list[Remedy] = field(default_factory=list)
    tried: int = 0

    @property
    def sentence(self) -> str:
        """`Customer 118 was charged twice.`, or `charged 3 times`."""
        kinds, times = self.witness.kinds, self.witness.times
        what = VIOLATIONS[kinds[0]].clause if kinds else "was served as it should be"
        if times > 2:
            what = what.replace(" twice", f" {times} times").replace("two orders", f"{times} orders")
        return f"Customer {self.witness.purchase} {what}."

    @property
    def note(self) -> str:
        """`naive in morning-rush, the morning of seed 3`: where it happened."""
        return f"{self.design.name} in {self.scenario.name}, the morning of seed {self.witness.seed}"

    def clock(self, at_s: float) -> str:
        """`07:15:31.204`: a moment as the clock of the morning shows it; after midnight `next day 00:10:00.000`."""
        days, milliseconds = divmod(round((self.scenario.clock.start + at_s) * 1000), DAY_MS)
        text = clock_text(milliseconds // 1000)
        day = "" if not days else "next day " if days == 1 else f"{days} days later "
        return f"{day}{text}{':00' if len(text) == 5 else ''}.{milliseconds % 1000:03d}"

    @cached_property
    def steps(self) -> pd.DataFrame:
        """A row a moment, in order.

        `at_s` (seconds since the start of the morning), `clock`, `who`, `to` (missing: an act of one party alone), `kind`
        (message, answer, act, lost, crash, pause, poll, violation), `what`, `times` (in a row); `party`, and what it believes
        from then on, `belief`.
        """
        rows = []
        for number, moment in enumerate(self.moments, 1):
            party, belief = moment.belief or (None, None)
            rows.append(
                {"step": number, "at_s": moment.at_s, "clock": self.clock(moment.at_s), "who": moment.who, "to": moment.to,
                 "kind": moment.kind, "what": moment.text, "times": moment.times, "party": party, "belief": belief}
            )  # fmt: skip
        return framed(rows, ["step"])

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What would have closed it on the same morning, a row a `change`, as a design file says it.

        `from`: another architecture; purchases harmed in this way `before` and `after`; `spared`: what struck here finds
        nothing to strike there.
        """
        return framed([_row(remedy) for remedy in self.remedies], ["change"], CHANGED)

    @cached_property
    def traded(self) -> pd.DataFrame:
        """What would have closed it, and done the harm `instead` to the same customer; otherwise like `changes`."""
        rows = [{**_row(remedy), "instead": ", ".join(remedy.instead)} for remedy in self.trades]
        return framed(rows, ["change"], [*CHANGED, "instead"])

    @property
    def mermaid(self) -> str:
        """The sequence diagram as Mermaid text."""
        return sequence(self.moments)

    @property
    def plot(self) -> ExplanationPlots:
        """The charts, such as `explanation.plot.sequence()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        return f"<{self.sentence} {self.design.name} in {self.scenario.name}, seed {self.witness.seed}>"


def _row(remedy: Remedy) -> dict[str, Any]:
    return {"change": remedy.text, "from": remedy.architecture, "before": remedy.before, "after": remedy.after,
            "spared": remedy.spared}  # fmt: skip


def explain(
    scenario: Scenario,
    design: Design,
    *,
    violation: str | None = None,
    purchase: int | None = None,
    seed: int = 0,
    mornings: int = MORNINGS,
    most: int | None = None,
    progress: Progress | None = None,
) -> Explanation | Nobody:
    """The simplest story of a violation, found by `find`, with the changes that close it; or nobody to tell of.

    `most`: how many changes that leave it unharmed at most, each a morning simulated anew; None: all that are known.
    `progress` is told of changes that were tried. Raises ConfigError for an unknown violation or purchase, or if the two don't
    meet.
    """
    witness = find(scenario, design, kind=violation, purchase=purchase, seed=seed, mornings=mornings)
    if isinstance(witness, Nobody):
        return witness
    moments = tell(scenario, design, witness)
    found: list[Remedy] = []
    tried = 0

    def count(done: int, of: int) -> None:
        nonlocal tried
        tried = done
        if progress is not None:
            progress(done, of)

    if witness.kinds and most != 0:
        for remedy in closing(scenario, design, witness, progress=count):
            found.append(remedy)
            if sum(not one.instead for one in found) == most:
                break
    whole, trades = [one for one in found if not one.instead], [one for one in found if one.instead]
    return Explanation(scenario, design, witness, moments, whole, trades, tried)


def tell(scenario: Scenario, design: Design, witness: Witness) -> list[StoryLine]:
    """The moments of a witness's morning, with the moment of the violation among them."""
    tables, moments = traced(scenario, design, witness.seed, purchase=witness.purchase)
    if not witness.kinds:
        return moments
    at_s = violated_s(tables, moments, witness.kinds[0], witness.purchase)
    return with_violation(moments, witness.kinds[0], _missed_s(tables, moments) if at_s is None else at_s)


def with_violation(moments: list[StoryLine], kind: str, at_s: float) -> list[StoryLine]:
    """The moments, and among them that of a harm of `VIOLATIONS`."""
    told = StoryLine(at_s, PARTY.get(kind, "customer"), _says(kind), kind="violation", until_s=at_s)
    place = next((i for i, moment in enumerate(moments, 1) if moment.at_s == told.at_s and moment.who == told.who), 0)
    place = place or next((i for i, moment in enumerate(moments) if moment.at_s > told.at_s), len(moments))
    return [*moments[:place], told, *moments[place:]]


def _says(kind: str) -> str:
    return f"this customer {VIOLATIONS[kind].clause}"


def _missed_s(tables: Tables, moments: list[StoryLine]) -> float:
    """What never came was lost in a crash, if there was one; else it is missed in the end."""
    crashes = [moment.at_s for moment in moments if moment.kind == "crash"]
    return max(crashes or [moment.until_s for moment in moments], default=tables.horizon_s)
