"""Failure windows × designs: which of the ways to lose money does a design close? Found out by simulating them.

Every design meets the same mornings of a window. Mornings are added, twice as many each time, until every cell is decided
or the limit is reached; then a cell says that it is undecided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.architectures import ARCHITECTURES, Designs, load_design, load_designs
from sim.config.design import Design
from sim.config.errors import ConfigError, nearest
from sim.config.library import load_scenario, names
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.experiment.compare import check_numbers
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.experiment.workers import Crew, crew
from sim.failure_windows.verdicts import MorningHarm, Verdict, harm_of, judged

FOLDER = "windows"
BASELINE = "naive"  # what narrowed and worse are measured against
FIRST_MORNINGS = 4  # enough for most cells, where a morning has some 600 purchases
ORDER = ("worse", "open", "narrowed", "undecided")  # of what a sentence names, the worst first
MORNINGS = 32  # for a cell at most, unless told otherwise


@dataclass(frozen=True)
class Matrix:
    """Windows × designs. After Ctrl-C it holds the windows that were finished."""

    windows: dict[str, Scenario]
    designs: dict[str, Design]
    cells: dict[tuple[str, str], Verdict]
    seed: int
    mornings: int  # for a cell at most
    asked: int  # windows asked for
    wall_s: float

    @property
    def interrupted(self) -> bool:
        return len(self.windows) < self.asked

    def row(self, window: str) -> list[Verdict]:
        return [self.cells[window, design] for design in self.designs]

    def column(self, design: str) -> list[Verdict]:
        return [self.cells[window, design] for window in self.windows]


def sentence(matrix: Matrix, design: str) -> str:
    """`closes 13 of 15; open: W7, W11`, the rest of a sentence that begins with the design's name."""
    column = matrix.column(design)
    closed = [cell for cell in column if cell.state == "closed"]
    parts = [f"closes {len(closed)} of {len(column)}"]
    if absent := [cell.window for cell in closed if not cell.exposed]:
        parts[0] += f" ({', '.join(absent)} {'has' if len(absent) == 1 else 'have'} nothing there to strike)"
    others = {state: [cell.window for cell in column if cell.state == state] for state in ORDER}
    return "; ".join([*parts, *(f"{state}: {', '.join(found)}" for state, found in others.items() if found)])


def bundled_windows() -> dict[str, str]:
    """`W4` -> `w04-crash-before-commit`, in order."""
    return {f"W{int(name.partition('-')[0][1:])}": name for name in names(FOLDER)}


def find_window(text: str) -> str:
    """The label (`W4`) of a window called `w4`, `W04`, `4`, `crash-before-commit` or its whole name. Raises ConfigError."""
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
    """Those of `bundled_windows` that are called so, in order; all of them if none is. Raises ConfigError."""
    labels = {find_window(text) for text in ([texts] if isinstance(texts, str) else texts)}
    return {label: name for label, name in bundled_windows().items() if not labels or label in labels}


def title(scenario: Scenario) -> str:
    """`Double tap`: the beginning of a window's summary, without its number."""
    return scenario.summary.partition(" ")[2].partition(":")[0]


def survey(
    designs: Designs = tuple(ARCHITECTURES),
    windows: Sequence[str] = (),
    *,
    mornings: int = MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Matrix:
    """The matrix of designs (names or files) in the bundled windows, or in those that are named. Raises ConfigError.

    The result does not depend on `jobs` or `engine`. After Ctrl-C it holds the finished windows; raises KeyboardInterrupt if
    there are none. `progress` is told of decided cells.
    """
    worlds = {label: load_scenario(f"{FOLDER}/{name}") for label, name in chosen_windows(windows).items()}
    return matrix(worlds, designs, mornings=mornings, seed=seed, jobs=jobs, engine=engine, progress=progress)


def matrix(
    windows: dict[str, Scenario],
    designs: Designs,
    *,
    mornings: int = MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Matrix:
    """The same for windows that are loaded, with any labels."""
    check_numbers(mornings, seed, jobs, fewest=2)
    chosen = load_designs(designs)
    begin = time.perf_counter()
    rows: dict[str, list[Verdict]] = {}
    total = len(windows) * len(chosen)
    try:
        with crew(jobs, engine, most=(len(chosen) + 1) * mornings) as workers:
            for label, world in windows.items():
                decided_before = len(rows) * len(chosen)

                def tell(decided: int, before: int = decided_before) -> None:
                    if progress is not None:
                        progress(before + decided, total)

                rows[label] = _row(workers, label, world, chosen, mornings=mornings, seed=seed, tell=tell)
    except KeyboardInterrupt:
        if not rows:
            raise
    return Matrix(
        windows={label: windows[label] for label in rows},
        designs={design.name: design for design in chosen},
        cells={(label, cell.design): cell for label, row in rows.items() for cell in row},
        seed=seed,
        mornings=mornings,
        asked=len(windows),
        wall_s=time.perf_counter() - begin,
    )


def _row(
    workers: Crew,
    label: str,
    world: Scenario,
    designs: Sequence[Design],
    *,
    mornings: int,
    seed: int,
    tell: Callable[[int], None],
) -> list[Verdict]:
    """One window: more mornings, round by round, for the designs that are undecided and for naive."""
    baseline = load_design(BASELINE)
    everybody = [*designs] if baseline in designs else [*designs, baseline]
    naive = everybody.index(baseline)
    prices = load_prices(world.prices)
    harms: list[list[MorningHarm]] = [[] for _ in everybody]
    cells: dict[int, Verdict] = {}
    wanted = set(range(len(everybody)))
    until = min(FIRST_MORNINGS, mornings)
    while True:
        tasks = (
            ((number, morning), (world, everybody[number], prices, seed + morning))
            for number in sorted(wanted)
            for morning in range(len(harms[number]), until)
        )
        made = dict(workers.results(harm_of, tasks))
        for number, morning in sorted(made):
            harms[number].append(made[number, morning])
        for number in wanted & set(range(len(designs))):
            against = None if number == naive else harms[naive]
            cells[number] = judged(label, designs[number].name, harms[number], naive=against)
        undecided = {number for number, cell in cells.items() if cell.state == "undecided"}
        tell(len(designs) - len(undecided))
        if not undecided or until == mornings:
            return [cells[number] for number in range(len(designs))]
        wanted = undecided | {naive}
        until = min(2 * until, mornings)
