"""Failure windows × designs: simulate which of the ways to lose money each design closes.

Every design meets the same mornings of a window. The number of mornings is doubled until every verdict is decided or the limit
is reached; a verdict that the limit leaves open is `undecided`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.architectures import SURVEYED, Designs, load_design, load_designs
from sim.config import showing
from sim.config.design import Design
from sim.config.errors import ConfigError, nearest
from sim.config.library import load_scenario, names
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment import frames
from sim.experiment.effort import Effort
from sim.experiment.mornings import Progress
from sim.experiment.workers import Crew, crew
from sim.failure_windows.differences import difference
from sim.failure_windows.published import published
from sim.failure_windows.verdicts import MorningHarm, Verdict, harm_of, judged

if TYPE_CHECKING:
    import pandas as pd

    from sim.lab.plots import WindowsPlots

FOLDER = "windows"
BASELINE = "naive"  # the design with which `narrowed` and `worse` compare
FIRST_MORNINGS = 4  # enough for most verdicts, as a morning has some 600 purchases
ORDER = ("worse", "open", "narrowed", "undecided")  # of the states that a sentence names, the worst first
MORNINGS = 32  # the default limit for a verdict


@dataclass(frozen=True)
class Matrix(showing.Shown):
    """Failure windows × designs. After Ctrl-C it holds the windows that were finished.

    `windows` (label -> scenario), `designs`, `cells` ((window, design) -> cell), `seed`, `mornings` (for a cell at most),
    `interrupted`; and as a DataFrame `states`.
    """

    windows: dict[str, Scenario]
    designs: dict[str, Design]
    cells: dict[tuple[str, str], Verdict]
    seed: int
    mornings: int  # the most for a verdict
    asked: int  # the number of windows asked for
    wall_s: float

    @property
    def interrupted(self) -> bool:
        return len(self.windows) < self.asked

    def row(self, window: str) -> list[Verdict]:
        return [self.cells[window, design] for design in self.designs]

    def column(self, design: str) -> list[Verdict]:
        return [self.cells[window, design] for window in self.windows]

    @cached_property
    def states(self) -> pd.DataFrame:
        """A row a cell, indexed by window and design.

        `name` of the window's scenario; `state`: closed (nobody was harmed), narrowed, open, worse (clearly fewer people than
        in naive, about as many, clearly more), undecided; `exposed`: there was something to strike; `mornings`, `purchases`,
        `harmed`; `mean`: the share of the purchases harmed in any way, with its 95 % interval `low` to `high`; `commonest`:
        kind of harm; `published`: what is published of the design's mechanisms, and whether the cell `differs`.
        """
        return frames.framed(self.rows(), ["window", "design"]).astype(dict.fromkeys(frames.INTERVAL, float))

    def rows(self) -> list[dict[str, Any]]:
        """A row a cell."""
        return [
            {
                "window": label,
                "name": scenario.name,
                "design": cell.design,
                "state": cell.state,
                "exposed": cell.exposed,
                "mornings": cell.mornings,
                "purchases": cell.purchases,
                "harmed": cell.harmed,
                **{name: getattr(cell.rate, name) for name in frames.INTERVAL},
                "commonest": next(iter(cell.kinds), None),
                "published": " or ".join(published(cell.window, self.designs[cell.design])),
                "differs": difference(cell, self.designs[cell.design]) is not None,
            }
            for label, scenario in self.windows.items()
            for cell in self.row(label)
        ]

    @property
    def plot(self) -> WindowsPlots:
        """The charts, such as `matrix.plot.matrix()`."""
        return showing.plots(self)

    def __repr__(self) -> str:
        return f"<{len(self.windows)} failure windows × {', '.join(self.designs)}>"


def sentence(matrix: Matrix, design: str) -> str:
    """`closes 12 of the 13 that could strike it (W9, W10 find nothing there); open: W7`, said of a design."""
    column = matrix.column(design)
    could = [cell for cell in column if cell.exposed]
    closed = sum(cell.state == "closed" for cell in could)
    parts = [f"closes {closed} of {len(could)}"]
    if absent := [cell.window for cell in column if not cell.exposed]:
        nothing = f"({', '.join(absent)} {'finds' if len(absent) == 1 else 'find'} nothing there)"
        parts = [
            f"closes {closed} of the {len(could)} that could strike it {nothing}" if could else f"can't be struck {nothing}"
        ]
    others = {state: [cell.window for cell in column if cell.state == state] for state in ORDER}
    return "; ".join([*parts, *(f"{state}: {', '.join(found)}" for state, found in others.items() if found)])


def bundled_windows() -> dict[str, str]:
    """Label -> name of every bundled window, in order: `W4` -> `w04-crash-before-commit`."""
    return {f"W{int(name.partition('-')[0][1:])}": name for name in names(FOLDER)}


def find_window(text: str) -> str:
    """The label (`W4`) of a window given as `w4`, `W04`, `4`, `crash-before-commit` or its whole name. Raises ConfigError."""
    known = bundled_windows()
    asked = text.strip().lower().removeprefix(f"{FOLDER}/").removesuffix(".yaml")
    for label, name in known.items():
        number, _, words = name.partition("-")
        if asked in (label.lower(), label[1:], number, words, name):
            return label
    every = list(known)
    out_of_range = asked.removeprefix("w").isdecimal()
    hint = f"; there are {every[0]} to {every[-1]}" if out_of_range else nearest(asked, [*known, *known.values()])
    raise ConfigError(f'unknown window "{text}"{hint}')


def chosen_windows(texts: str | Sequence[str]) -> dict[str, str]:
    """The bundled windows given by `texts`, in order; all of them if `texts` is empty. Raises ConfigError."""
    labels = {find_window(text) for text in ([texts] if isinstance(texts, str) else texts)}
    return {label: name for label, name in bundled_windows().items() if not labels or label in labels}


def title(scenario: Scenario) -> str:
    """`Double tap`: the beginning of a window's summary, without its number."""
    return scenario.summary.partition(" ")[2].partition(":")[0]


def survey(
    designs: Designs = SURVEYED,
    windows: str | Sequence[str] = (),
    effort: Effort = Effort(mornings=MORNINGS),
    *,
    progress: Progress | None = None,
) -> Matrix:
    """The matrix of designs (names or files) in the bundled windows, or in those that are named. Raises ConfigError.

    The mornings of `effort` are for a cell at most. After Ctrl-C the matrix holds the finished windows; raises
    KeyboardInterrupt if there are none. `progress` is called with the number of decided cells.
    """
    worlds = {label: load_scenario(f"{FOLDER}/{name}") for label, name in chosen_windows(windows).items()}
    return matrix(worlds, designs, effort, progress=progress)


def matrix(
    windows: dict[str, Scenario],
    designs: Designs,
    effort: Effort = Effort(mornings=MORNINGS),
    *,
    progress: Progress | None = None,
) -> Matrix:
    """Like `survey`, for loaded scenarios with any labels."""
    effort.check(fewest=2)
    chosen = load_designs(designs)
    begin = time.perf_counter()
    rows: dict[str, list[Verdict]] = {}
    total = len(windows) * len(chosen)
    try:
        with crew(effort.jobs, effort.engine, most=(len(chosen) + 1) * effort.mornings) as workers:
            for label, world in windows.items():
                decided_before = len(rows) * len(chosen)

                def tell(decided: int, before: int = decided_before) -> None:
                    if progress is not None:
                        progress(before + decided, total)

                rows[label] = _row(workers, label, world, chosen, effort.seeds, tell)
    except KeyboardInterrupt:
        if not rows:
            raise
    return Matrix(
        windows={label: windows[label] for label in rows},
        designs={design.name: design for design in chosen},
        cells={(label, cell.design): cell for label, row in rows.items() for cell in row},
        seed=effort.seed,
        mornings=effort.mornings,
        asked=len(windows),
        wall_s=time.perf_counter() - begin,
    )


def _row(
    workers: Crew,
    label: str,
    world: Scenario,
    designs: Sequence[Design],
    seeds: Sequence[int],
    tell: Callable[[int], None],
) -> list[Verdict]:
    """The verdicts of one window: each round adds mornings for the designs that are undecided, and for naive."""
    baseline = load_design(BASELINE)
    contenders = [*designs] if baseline in designs else [*designs, baseline]
    naive = contenders.index(baseline)
    prices = load_prices(world.prices)
    harms: list[list[MorningHarm]] = [[] for _ in contenders]
    cells: dict[int, Verdict] = {}
    wanted = set(range(len(contenders)))
    until = min(FIRST_MORNINGS, len(seeds))
    while True:
        tasks = (
            ((number, morning), (world, contenders[number], prices, seeds[morning]))
            for number in sorted(wanted)
            for morning in range(len(harms[number]), until)
        )
        simulated = dict(workers.results(harm_of, tasks))
        for number, morning in sorted(simulated):
            harms[number].append(simulated[number, morning])
        for number in wanted & set(range(len(designs))):
            against = None if number == naive else harms[naive]
            cells[number] = judged(label, designs[number].name, harms[number], naive=against)
        undecided = {number for number, cell in cells.items() if cell.state == "undecided"}
        tell(len(designs) - len(undecided))
        if not undecided or until == len(seeds):
            return [cells[number] for number in range(len(designs))]
        wanted = undecided | {naive}
        until = min(2 * until, len(seeds))
