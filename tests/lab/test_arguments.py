"""What the verbs take: names, paths and loaded things alike, one or several; and what they say to anything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import sim
from sim.architectures import load_designs
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.experiment.compare import Comparison
from sim.experiment.space import parse_space
from sim.experiment.sweep import Sweep
from tests.lab.conftest import STORM


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "storm.yaml"
    path.write_text(STORM)
    return path


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "patient.yaml"
    path.write_text("from: naive\nname: patient\npayment: {timeout: 20s}\n")
    return path


def test_a_path_is_as_good_as_a_name(world: Path, design: Path) -> None:
    """A pathlib.Path, its text and what was loaded from it are the same to every verb."""
    assert sim.load_scenario(world) == sim.load_scenario(str(world)) == sim.load_scenario(sim.load_scenario(world))
    assert sim.load_design(design) == sim.load_design(str(design)) == sim.load_design(sim.load_design(design))
    by_path, loaded = sim.run(world, design), sim.run(sim.load_scenario(world), sim.load_design(design))
    assert by_path.metrics.value.equals(loaded.metrics.value)
    assert sim.explain(world, design, purchase=3).sentence == sim.explain(str(world), str(design), purchase=3).sentence
    assert list(sim.compare(world, [design, "naive"], mornings=1, jobs=1).results) == ["patient", "naive"]


def test_the_panel_says_the_path_it_was_given(world: Path, design: Path) -> None:
    """So that its command can be typed."""
    pytest.importorskip("ipywidgets")
    panel = sim.explore(world, design, mornings=1)
    panel.stop()
    assert f"coffee run {world} {design} --mornings 1" in panel._recipe.value


def test_the_panel_does_not_call_what_was_changed_by_the_name_of_what_was_not() -> None:
    """A scenario or a design that was edited in Python gives other numbers than the one it is named after."""
    pytest.importorskip("ipywidgets")
    world, shop = sim.load_scenario("w4"), sim.load_design("naive")
    calm, patient = world.model_copy(update={"faults": ()}), shop.model_copy(update={"app": sim.load_design("outbox").app})
    for scenario, design, command in (
        (world, shop, "coffee run w04-crash-before-commit naive"),
        (calm, shop, "coffee run w04-crash-before-commit.yaml naive"),
        (world, patient, "coffee run w04-crash-before-commit naive.yaml"),
    ):
        panel = sim.explore(scenario, design, mornings=1)
        panel.stop()
        assert f"{command} --mornings 1" in panel._recipe.value


def test_lint_takes_names_and_paths(world: Path, design: Path) -> None:
    """As `coffee lint` does."""
    assert sim.lint("naive", "morning-rush") == sim.lint(sim.load_design("naive"), sim.load_scenario("morning-rush"))
    assert sim.lint(design, world) == sim.lint(sim.load_design(design), sim.load_scenario(world))


def test_a_space_is_given_by_its_file(storm: Scenario, tmp_path: Path) -> None:
    """Or loaded."""
    file = tmp_path / "space.yaml"
    file.write_text("from: outbox\nvary: {checkout.workers: [8, 16]}")
    first, second = (sim.optimise(storm, space, mornings=2, jobs=1) for space in (file, SPACE))
    assert first.designs.equals(second.designs)


def test_one_is_as_good_as_a_list_of_one(storm: Scenario, design: Path) -> None:
    """A design, a window, an objective, a key to vary."""
    for one in ("outbox", design, sim.load_design("outbox")):
        assert load_designs(one) == load_designs([one])
    assert list(sim.compare(storm, "outbox", mornings=1, jobs=1).results) == ["outbox"]
    assert list(sim.windows("outbox", "w1", mornings=2, jobs=1).windows) == ["W1"]
    swept = sim.sweep(storm, "checkout.workers=8,16", "naive", mornings=1, jobs=1)
    assert sorted(set(swept.metrics["checkout.workers"])) == [8, 16]


@pytest.mark.parametrize("values", [np.array([8, 16]), range(8, 17, 8), (8, 16)])
def test_values_come_from_anything_that_has_several(storm: Scenario, values: Any) -> None:
    """Those of an array are numbers like others; one by itself is one."""
    [axis] = sim.sweep(storm, {"checkout.workers": values}, "naive", mornings=1, jobs=1).axes
    assert axis.knobs[0].values == (8, 16)
    assert [type(value) for value in axis.knobs[0].values] == [int, int]
    [axis] = sim.sweep(storm, {"checkout.workers": 8}, "naive", mornings=1, jobs=1).axes
    assert axis.knobs[0].values == (8,)


SPACE = parse_space("from: outbox\nvary: {checkout.workers: [8, 16]}")
WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no name": (
        lambda: sim.run(None, "naive"),
        r"expected the name of a scenario, a path, or a loaded scenario \(got a NoneType\)",
    ),
    "the other way round": (
        lambda: sim.run(sim.load_design("outbox"), sim.load_scenario("w1")),
        r"expected the name of a scenario, .* \(got an Outbox\)",
    ),
    "no designs": (lambda: sim.compare("w1", []), "expected at least one design"),
    "a design twice": (lambda: sim.compare("w1", ["naive", "naive"]), "two designs with the same name: naive, naive"),
    "a text as a number": (lambda: sim.compare("w1", mornings="3"), r"mornings: expected a whole number .*\(got '3'\)"),
    "half a morning": (lambda: sim.compare("w1", mornings=1.5), r"mornings: expected a whole number .*\(got 1.5\)"),
    "half a seed": (lambda: sim.run("w1", "naive", seed=1.5), r"seed: expected a whole number .*\(got 1.5\)"),
    "half a fresh one": (lambda: sim.size("morning-rush", fresh=2.5), r"fresh: expected a whole number .*\(got 2.5\)"),
    "no precision": (
        lambda: sim.compare("w1", precision=-1.0),
        r"precision: expected a number of more than 0, .* \(got -1.0\)",
    ),
    "a precision with a unit": (lambda: sim.compare("w1", precision="5%"), r"precision: expected a number .* \(got '5%'\)"),
    "a number as a design": (lambda: sim.compare("w1", 5), r"expected the name of a design, .* \(got an int\)"),
    "no schema": (lambda: sim.schema("x"), r"kind: expected scenario, design, service or results \(got 'x'\)"),
    "samples of one": (lambda: sim.sensitivity("w1", "naive", samples=4), "samples: is for the methods morris and sobol"),
    "half a world": (lambda: sim.hunt("naive", worlds=0.5), r"worlds: expected a whole number of at least 1 \(got 0.5\)"),
    "one cell": (lambda: sim.cells("w1", "naive", 1), "cells: expected different whole numbers of at least 2"),
    "one metric": (lambda: sim.optimise("w1", SPACE, minimise=["cost_per_1000"]), "minimise: expected two metrics"),
    "no case": (lambda: sim.validity("mm2"), 'unknown case "mm2"; did you mean'),
    "falling peaks": (lambda: sim.cost_curve("w1", peaks_per_s=[1, 0.5]), r"peaks_per_s: .* in ascending order \(got 1, 0.5\)"),
    "a negative peak": (lambda: sim.cost_curve("w1", peaks_per_s=[-1]), r"peaks_per_s: expected numbers of more than 0"),
    "no brownout": (lambda: sim.cost_curve("w1", brownouts_s=[0.0]), r"brownouts_s: expected numbers of more than 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_an_error_that_says_so(case: str) -> None:
    """A ConfigError before anything is simulated, and never a TypeError from deep within."""
    wrong, told = WRONG[case]
    with pytest.raises(ConfigError, match=told):
        wrong()


def test_charts_say_what_they_are_drawn_on(compared: Comparison, swept: Sweep) -> None:
    """All axes of a figure for a chart with one panel, and axes in the place of a metric."""
    axes = plt.figure().subplots(1, 2)
    with pytest.raises(ValueError, match=r"has one panel: expected the axes to draw it on as ax \(got axes of shape \(2,\)\)"):
        compared.plot.duplicates(ax=axes)
    with pytest.raises(ConfigError, match=r"expected a metric's name first, then ax \(got Axes\)"):
        swept.plot.lines(axes[0])
