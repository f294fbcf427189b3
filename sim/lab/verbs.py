"""The verbs for people: flat keyword arguments, and what they mean. Each is one call of what the layers below do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, overload

from sim.architectures import COMPARED, SURVEYED, Designs, load_design, reported
from sim.config.design import Design
from sim.config.errors import ArgumentError
from sim.config.library import load_scenario
from sim.config.scenario import Scenario
from sim.counterexamples import combinations
from sim.counterexamples import hunt as hunting
from sim.counterexamples.combinations import Every
from sim.counterexamples.hunt import Hunt
from sim.documents import schema as schemas
from sim.documents.schema import Schema
from sim.experiment import cells_compared as dividing
from sim.experiment import compare as comparing
from sim.experiment import cost_curve as curves
from sim.experiment import optimise as optimising
from sim.experiment import screening
from sim.experiment import size as sizing
from sim.experiment import sweep as sweeping
from sim.experiment import swings as swinging
from sim.experiment import what_if as changing
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.effort import Effort
from sim.experiment.engines import Engine
from sim.experiment.mornings import Progress
from sim.experiment.optimise import CONSTRAINTS, MINIMISED, TRIALS, Optimum
from sim.experiment.screening import Screening
from sim.experiment.size import Sizings
from sim.experiment.space import Space, load_space
from sim.experiment.sweep import Sweep, Vary
from sim.experiment.swings import Swings
from sim.experiment.what_if import WhatIf
from sim.explanation import story
from sim.explanation.story import Explanation
from sim.explanation.witness import Nobody
from sim.failure_windows import matrix
from sim.failure_windows.matrix import Matrix
from sim.lab.run import Run, one_morning
from sim.validation import cases as known
from sim.validation.cases import Validity


def run(scenario: Scenario | Path | str, design: Design | Path | str, *, seed: int = 0) -> Run:
    """One morning of one design with all its tables. (`coffee run` simulates several, and keeps their statistics.)

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        seed: which morning.

    Raises:
        ConfigError: for names, files and numbers that can't be.
    """
    return one_morning(load_scenario(scenario), load_design(design), Effort(1, seed).seed)


def compare(
    scenario: Scenario | Path | str,
    designs: Designs | None = None,
    *,
    mornings: int = 10,
    cells: int = 1,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    precision: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run designs on the same mornings, as `coffee compare` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: likewise one or several; the first is the baseline of the paired differences. None: naive, idempotent and
            outbox; of a bundled incident, the design as it was reported and as it was mended.
        mornings: how many, of the seeds `seed`, `seed + 1`, …; with a `precision` the first ones.
        cells: independent copies of the back end that each morning is divided into, each with its share of the customers and of
            the capacity. A process holds the tables of one cell at a time, about 1 KB a purchase.
        seed: of the first morning.
        jobs: processes; None: one a processor. The numbers don't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        precision: add mornings, up to 200 in all, until every objective is decided or its metric known to that relative
            precision (.05: within 5 %).
        progress: called with (done, of) as mornings are finished.

    Returns:
        The comparison; after Ctrl-C with the finished mornings, and `interrupted` is true.

    Raises:
        ConfigError: for names, files and numbers that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first morning was finished.
    """
    effort = Effort(mornings, seed, cells, jobs, engine)
    world = load_scenario(scenario)
    chosen = (reported(world) or COMPARED) if designs is None else designs
    return comparing.compare(world, chosen, effort, precision=precision, progress=progress)


def check(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    *,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    precision: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Judge a design by the objectives of a scenario, as `coffee check` does: `sim.check(...).verdict == "met"`.

    An objective is met or violated when its whole 95 % interval is; one witness violates a limit of zero, or of 100 %.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        mornings: how many, of the seeds `seed`, `seed + 1`, …; with a `precision` the first ones.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        precision: add mornings, as in `sim.compare`.
        progress: called with (done, of) as mornings are finished.

    Returns:
        The comparison of the one design: `verdict` (met, so far, violated, undecided), and `objectives`, a row each.

    Raises:
        ConfigError: for names, files and numbers that can't be, and for a scenario without objectives.
        KeyboardInterrupt: after Ctrl-C before the first morning was finished.
    """
    world = load_scenario(scenario)
    comparing.check_judgeable(world, world.name)
    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    return comparing.compare(world, [load_design(design)], effort, precision=precision, progress=progress)


def size(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    objectives: str | Sequence[str] = (),
    mornings: int = sizing.MORNINGS,
    fresh: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Sizings:
    """The workers and connections with which designs meet the scenario's objectives at the lowest total cost, as `coffee size`.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: names, paths or loaded designs; one or several.
        objectives: such as `"ack_latency_p95=8s"`, instead of the scenario's own of that metric, or added to them.
        mornings: on which each capacity is tried, of the seeds `seed`, `seed + 1`, …; at least 2.
        fresh: other mornings, after those, on which the answer must hold; at least 2. None: 50, but at most 5 times `mornings`.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (done, about how many).

    Raises:
        ConfigError: for names, files, numbers and objectives that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first design was sized.
    """
    world = sizing.with_objectives(load_scenario(scenario), objectives)
    return sizing.size(world, designs, Effort(mornings, seed, jobs=jobs, engine=engine), fresh=fresh, progress=progress)


def cost_curve(
    scenario: Scenario | Path | str,
    designs: Designs = COMPARED,
    *,
    peaks_per_s: Sequence[float] | None = None,
    brownouts_s: Sequence[float] | None = None,
    objectives: str | Sequence[str] = (),
    mornings: int = curves.MORNINGS,
    fresh: int = curves.MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> CostCurve:
    """Size designs at each peak, and bill them under brownouts of each length, as `coffee compare --cost-curve` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        designs: names, paths or loaded designs; one or several.
        peaks_per_s: the highest rate at which people come, ascending; None: 0.5, 1, 2 and 4 times the scenario's; (): none.
        brownouts_s: lengths, ascending; None: 2, 5, 10 and 30 minutes and the scenario's own, if it has one; (): none.
        objectives: such as `"ack_latency_p95=8s"`, instead of 15 s for `ack_latency_p95` and 4 min for `confirmation_lag_p95`,
            or added to them.
        mornings: on which each capacity is tried, at the scenario's own traffic; fewer at more.
        fresh: other mornings on which each answer must hold.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (done, about how many).

    Raises:
        ConfigError: for names, files, numbers and objectives that can't be.
        KeyboardInterrupt: after Ctrl-C before anything was finished.
    """
    return curves.cost_curve(
        scenario, designs, Effort(mornings, seed, jobs=jobs, engine=engine), peaks_per_s=peaks_per_s, brownouts_s=brownouts_s,
        objectives=objectives, fresh=fresh, progress=progress,
    )  # fmt: skip


def sweep(
    scenario: Scenario | Path | str,
    vary: Vary | str | Sequence[str],
    designs: Designs = COMPARED,
    *,
    zipped: bool = False,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Every design at every value of some knobs, on the same mornings, as `coffee sweep` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        vary: `{"checkout.workers": [8, 16], "app.timeout": "2s..10s:5"}`, or what `coffee sweep --vary` takes, once or several
            times.
        designs: names, paths or loaded designs; one or several.
        zipped: the first value of each key goes with the first of the others, and so on; otherwise all are crossed.
        mornings: of every point, of the seeds `seed`, `seed + 1`, ….
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        results: a file that keeps every morning as it is finished, and spares those that it holds; None keeps none.
        progress: called with (mornings done, of), less those that `results` held.

    Returns:
        The sweep; after Ctrl-C with the finished points, and `interrupted` is true.

    Raises:
        ConfigError: for keys and values that can't be, before anything is simulated.
    """
    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    return sweeping.sweep(scenario, vary, designs, effort, zipped=zipped, results=results, progress=progress)


@overload
def sensitivity(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: str | Sequence[str] = (),
    *,
    metrics: str | Sequence[str] = (),
    method: Literal["one"] = "one",
    samples: int | None = None,
    mornings: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Swings: ...


@overload
def sensitivity(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: str | Sequence[str] = (),
    *,
    metrics: str | Sequence[str] = (),
    method: Literal["morris", "sobol"],
    samples: int | None = None,
    mornings: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Screening: ...


def sensitivity(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    inputs: str | Sequence[str] = (),
    *,
    metrics: str | Sequence[str] = (),
    method: Literal["one", "morris", "sobol"] = "one",
    samples: int | None = None,
    mornings: int | None = None,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Swings | Screening:
    """Find out which inputs move the metrics of a design, as `coffee sensitivity` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        inputs: keys of the scenario or the design, such as `"app.timeout"`, which is halved and doubled, or
            `"app.timeout=2s..16s"`; none: every number of both.
        metrics: to look at; none: four of the most important.
        method: `"one"` moves one input at a time; `"morris"` and `"sobol"` move all at once (both need the extra `lab`).
        samples: trajectories of morris (None: 10), or base points of sobol (None: 64).
        mornings: for every value; None: 4, or 2 with morris and sobol.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (mornings done, of).

    Returns:
        `Swings` if one input is moved at a time, else a `Screening`; both with a DataFrame `effects`.

    Raises:
        ConfigError: for names, files, inputs and numbers that can't be, and if SALib is needed and not installed.
        KeyboardInterrupt: after Ctrl-C.
    """
    wanted, looked_at = _several(inputs), _several(metrics)
    if method == "one":
        if samples is not None:
            raise ArgumentError("samples", "is for the methods morris and sobol")
        effort = Effort(4 if mornings is None else mornings, seed, jobs=jobs, engine=engine)
        return swinging.swings(scenario, design, wanted, effort, metrics=looked_at, progress=progress)
    effort = Effort(2 if mornings is None else mornings, seed, jobs=jobs, engine=engine)
    return screening.screen(
        scenario, design, wanted, effort, method=method, metrics=looked_at, samples=samples, progress=progress
    )  # fmt: skip


def optimise(
    scenario: Scenario | Path | str,
    space: Space | Path | str,
    *,
    minimise: Sequence[str] = MINIMISED,
    subject_to: str | Sequence[str] = CONSTRAINTS,
    mornings: int = optimising.MORNINGS,
    trials: int = TRIALS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Optimum:
    """Find the designs that no other beats in two metrics, among those that keep to limits, as `coffee optimise` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        space: what may be chosen: the path of a YAML file, or what `sim.experiment.space.parse_space` returned.
        minimise: two metrics to make small, or large where more is better.
        subject_to: limits that must hold, such as `"double_charge_rate=0"`.
        mornings: to search on, at least 2; the best meet as many fresh ones, and only those count.
        trials: designs that a sampler may try in a large space (needs the extra `lab`).
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (mornings done, about how many).

    Raises:
        ConfigError: for names, files, limits and numbers that can't be, and if Optuna is needed and not installed.
        KeyboardInterrupt: after Ctrl-C.
    """
    choices = space if isinstance(space, Space) else load_space(Path(space))
    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    return optimising.optimise(
        scenario, choices, effort, minimise=minimise, subject_to=_several(subject_to), trials=trials, progress=progress
    )  # fmt: skip


def cells(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    cells: int | Sequence[int] = (2, 4, 8),
    *,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> CellsCompared:
    """Compare one large back end with independent smaller ones on the same mornings, as `coffee cells` does.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        cells: how many; each number is compared with the undivided back end.
        mornings: how many, of the seeds `seed`, `seed + 1`, ….
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (done, of).

    Raises:
        ConfigError: for names, files and numbers that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C.
    """
    numbers = [cells] if isinstance(cells, int) else list(cells)
    effort = Effort(mornings, seed, jobs=jobs, engine=engine)
    return dividing.compare_cells(scenario, design, numbers, effort, progress=progress)


def windows(
    designs: Designs = SURVEYED,
    windows: str | Sequence[str] = (),
    *,
    mornings: int = matrix.MORNINGS,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Matrix:
    """Which of the ways to lose money does a design close? As `coffee windows` finds out.

    Every design meets the same mornings of a window, in which one thing goes wrong and nothing else.

    Args:
        designs: names, paths of YAML files, or what `sim.load_design` returned; one or several.
        windows: such as `"w4"` or `"crash-before-commit"`; none: all of them.
        mornings: for a cell at most; they are added, twice as many each time, until the cell is decided.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: told (decided cells, of).

    Raises:
        ConfigError: for names, files and numbers that can't be, before anything is simulated.
        KeyboardInterrupt: after Ctrl-C before the first window was finished.
    """
    return matrix.survey(designs, windows, Effort(mornings, seed, jobs=jobs, engine=engine), progress=progress)


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
        progress: called with (done, of) as changes of the design are tried.

    Raises:
        ConfigError: for names, files and numbers that can't be.
        LookupError: if nobody was harmed in that way.
    """
    world, chosen = load_scenario(scenario), load_design(design)
    explanation = story.explain(world, chosen, violation=violation, purchase=purchase, seed=seed, progress=progress)
    if isinstance(explanation, Nobody):
        raise LookupError(
            f"{chosen.name} in {world.name}: no {violation or 'violation'} in {explanation.purchases:,} purchases of "
            f"{explanation.mornings} mornings; purchase=N tells the story of any purchase"
        )
    return explanation


def hunt(
    design: Design | Path | str,
    promises: str | Sequence[str] = (),
    *,
    seconds: float = 60.0,
    worlds: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Hunt:
    """Hunt for the smallest world that breaks a promise of a design, as `coffee hunt` does.

    The same seed draws the same worlds. Surviving is evidence, not proof.

    Args:
        design: a design's name, the path of a YAML or Python file, or what `sim.load_design` returned.
        promises: such as `"charged_at_most_once"`; none: those that the design makes, and that one.
        seconds: after which the hunt gives up.
        worlds: likewise; None: as many as there is time for.
        seed: of the worlds, and of the morning in each.
        progress: called with (worlds tried, worlds tried).

    Returns:
        The hunt; `catch` is None if the design survived, else `scenario` is the world that every other verb takes.

    Raises:
        ConfigError: for names, files and numbers that can't be.
        KeyboardInterrupt: after Ctrl-C before the first world.
    """
    chosen = load_design(design)
    sought = hunting.promises_of(chosen, _several(promises))
    return hunting.hunt(chosen, sought, seed=seed, seconds=seconds, worlds=worlds, progress=progress)


def every(
    design: Design | Path | str,
    promises: str | Sequence[str] = (),
    *,
    mishaps: int = 2,
    purchases: int = 1,
    kinds: str | Sequence[str] = (),
    jobs: int | None = None,
    seconds: float | None = None,
    progress: combinations.Progress | None = None,
) -> Every:
    """Try every combination of mishaps up to a bound, the fewest first, as `coffee every` does.

    Args:
        design: a design's name, the path of a YAML or Python file, or what `sim.load_design` returned.
        promises: such as `"charged_at_most_once"`; none: those that the design makes, and that one, unless the design compares
            the provider's ledger with its orders.
        mishaps: at most so many in one run, 0 to 6.
        purchases: customers, who all tap in the same second, 1 to 4.
        kinds: of mishaps, such as `"call"` or `["crash", "slow"]`; none: all.
        jobs: processes; None: one a processor. The results do not depend on it.
        seconds: after which only the levels are told that are finished; None: never.
        progress: called with (mishaps of a run, such runs done, about how many there are).

    Returns:
        What came of it: `verdict` (holds, broken, not tried or undecided), `levels`, and, if a set of mishaps breaks a promise,
        `found`, and `scenario`, the world that every other verb takes.

    Raises:
        ConfigError: for names, files and numbers that can't be.
        KeyboardInterrupt: after Ctrl-C before the first run is over.
    """
    return combinations.every(
        load_design(design), _several(promises), mishaps=mishaps, purchases=purchases, kinds=_several(kinds), jobs=jobs,
        seconds=seconds, progress=progress,
    )  # fmt: skip


def validity(
    cases: str | Sequence[str] = (), *, full: bool = False, jobs: int | None = None, progress: Progress | None = None
) -> Validity:
    """Simulate cases whose answer theory knows, as `coffee validity` does.

    A number agrees within three standard errors, if the standard error is small enough to prove anything.

    Args:
        cases: such as `"mm1"`; none: all.
        full: as many mornings as the page in the documentation has; takes minutes.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        progress: called with (cases done, of).

    Raises:
        ConfigError: for a name that is no case's, and for numbers that can't be.
        KeyboardInterrupt: after Ctrl-C.
    """
    return Validity(known.check(_several(cases), full=full, jobs=Effort(jobs=jobs).jobs, progress=progress))


def schema(kind: Schema = "scenario") -> dict[str, Any]:
    """The JSON Schema of scenarios, of designs, of a service's adapter, or of results, as `coffee schema` prints it."""
    return schemas.schema(kind)


def _several(given: str | Sequence[str]) -> Sequence[str]:
    """One by itself is a list of one."""
    return [given] if isinstance(given, str) else given


def what_if(
    scenario: Scenario | Path | str,
    design: Design | Path | str,
    *,
    mornings: int = 10,
    seed: int = 0,
    jobs: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> WhatIf:
    """Find out what to change first, as `coffee run --what-if` does: each pool doubled, and each knob of the design one step.

    Args:
        scenario: a scenario's name, the path of a YAML file, or what `sim.load_scenario` returned.
        design: likewise a design.
        mornings: for the design as it is, and for every change; at least 5.
        seed: of the first morning.
        jobs: processes; None: one a processor. The result doesn't depend on it.
        engine: `"local"`, `"serial"`, `"dask:tcp://HOST:PORT"`, or an `Executor`.
        progress: called with (mornings done, of).

    Returns:
        What each change does, with a DataFrame `changes`.

    Raises:
        ConfigError: for names, files and numbers that can't be.
        KeyboardInterrupt: after Ctrl-C.
    """
    return changing.what_if(scenario, design, Effort(mornings, seed, jobs=jobs, engine=engine), progress=progress)
