"""`sim.explain`: why it went wrong, told by one purchase."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.architectures import load_design
from sim.config.design import Design
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.documents.story import document
from sim.experiment.mornings import Progress
from sim.explanation import story
from sim.explanation.mermaid import sequence
from sim.explanation.witness import Nobody
from sim.lab.comparison import as_a, framed

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import ExplanationPlots


class Explanation(story.Explanation):
    """One purchase of one morning, with all that happened to it.

    `scenario`, `design`, `witness` (which purchase of which seed, and what was done wrong to it), `sentence`, `moments`,
    `remedies`; and as DataFrames `steps` and `changes`.
    """

    @property
    def plot(self) -> ExplanationPlots:
        """The charts, such as `explanation.plot.sequence()`."""
        from sim.lab.plots import ExplanationPlots

        return ExplanationPlots(self)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """A row a moment, in order.

        `at_s` (seconds since the start of the morning), `clock`, `who`, `to` (missing: an act of one party alone), `kind`
        (message, answer, act, lost, crash, pause, poll, violation), `what`, `times` (in a row); `party`, and what it believes
        from then on, `belief`.
        """
        rows = []
        for number, moment in enumerate(document(self)["moments"], 1):
            party, belief = next(iter((moment["believes"] or {}).items()), (None, None))
            told = {name: value for name, value in moment.items() if name != "believes"}
            rows.append({"step": number, **told, "party": party, "belief": belief})
        return framed(rows, ["step"])

    @cached_property
    def changes(self) -> pd.DataFrame:
        """What would have closed it on the same morning, a row a `change`, as a design file says it.

        `from`: another architecture; purchases harmed in this way `before` and `after`; `spared`: what struck here finds
        nothing to strike there.
        """
        rows = [{name: value for name, value in one.items() if name != "knobs"} for one in document(self)["remedies"]]
        return framed(rows, ["change"], ["from", "before", "after", "spared"])

    @property
    def mermaid(self) -> str:
        """The sequence diagram as Mermaid text."""
        return sequence(self.moments)

    def __repr__(self) -> str:
        return f"<{self.sentence} {self.design.name} in {self.scenario.name}, seed {self.witness.seed}>"

    def _repr_html_(self) -> str:
        from sim.lab.cards import explanation

        return explanation(self)


def explain(
    scenario: Scenario | Path | str,
    design: Design | Path | str = "naive",
    *,
    violation: str | None = None,
    purchase: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Explanation:
    """Explain one violated purchase step by step, as `coffee explain` does, and what would have left it unharmed.

    Looks through 20 mornings until something was done wrong to somebody, and takes the simplest such story.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        violation: only this kind of harm, such as `"double_charge"`; None: the first that happened.
        purchase: this purchase of the seed's morning, harmed or not.
        seed: of the first morning.
        progress: told (done, of) as changes of the design are tried.

    Raises:
        ConfigError: for names, files and numbers that can't be.
        LookupError: if nobody was harmed in that way.
    """
    world = load_scenario(scenario)
    chosen = load_design(design)
    found = story.explain(world, chosen, violation=violation, purchase=purchase, seed=seed, progress=progress)
    if isinstance(found, Nobody):
        raise LookupError(
            f"{chosen.name} in {world.name}: no {violation or 'violation'} in {found.purchases:,} purchases of "
            f"{found.mornings} mornings; purchase=N tells the story of any purchase"
        )
    return as_a(Explanation, found)
