"""Results as tidy DataFrames, which say the same as the objects they come from."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

import sim
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.counterexamples.hunt import Hunt
from sim.experiment.cells_compared import CellsCompared
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.size import Sizings
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.explanation.story import Explanation
from sim.failure_windows.matrix import Matrix
from sim.lab.run import Run
from sim.validation.cases import Validity
from sim.vocabulary import METRICS


def test_metrics_and_their_mornings_agree(compared: Comparison) -> None:
    """The mean of a metric is that of its mornings, which have a row each."""
    rates = compared.by_morning["double_charge_rate"]
    assert list(rates.index) == [(name, seed) for name in ("naive", "outbox") for seed in range(3)]
    assert compared.metrics.loc[("naive", "double_charge_rate"), "mean"] == pytest.approx(rates["naive"].mean())
    assert rates["naive"].mean() > 0 == rates["outbox"].mean()
    assert list(compared.by_morning.columns) == list(METRICS)
    assert {str(compared.metrics[column].dtype) for column in ("mean", "low", "high", "never")} == {"float64"}


def test_objectives_have_a_status(compared: Comparison) -> None:
    """A row a design and objective, with its limit."""
    assert compared.objectives.loc[("naive", "double_charge_rate"), "status"] == "violated"
    assert compared.objectives.loc[("outbox", "ack_latency_p95"), "limit"] == 1.0
    assert len(compared.objectives) == 4


def test_differences_are_those_of_the_mornings(compared: Comparison) -> None:
    """Every design but the first, against the first, morning by morning."""
    wide = compared.by_morning["requests_per_purchase"].unstack("design")
    assert compared.differences.loc[("outbox", "requests_per_purchase"), "difference"] == pytest.approx(
        (wide["outbox"] - wide["naive"]).mean()
    )
    assert set(compared.differences.index.get_level_values("design")) == {"outbox"}


def test_one_design_alone_has_no_differences_and_perhaps_no_objectives(storm: Scenario) -> None:
    """Frames without rows have their columns all the same."""
    alone = sim.compare(storm.model_copy(update={"objectives": {}}), ["outbox"], mornings=1, jobs=1)
    assert list(alone.differences.columns) == ["difference", "low", "high"]
    assert list(alone.objectives.columns) == ["limit", "status", "mean", "low", "high", "never"]
    assert alone.objectives.empty
    assert alone.differences.empty
    assert np.isnan(alone.metrics.unstack("design")["low"].loc["cost_per_1000"].to_numpy()).all()


def test_minutes_and_stations(compared: Comparison) -> None:
    """The arrivals of all minutes are the purchases; a station is busy for its share of the paid time."""
    arrivals = compared.by_minute["arrivals"].groupby(["design", "seed"]).sum()
    assert list(arrivals) == list(compared.by_morning["purchases"])
    one = compared.stations.xs(("naive", 1, "checkout"))
    assert one["busy_share"] == pytest.approx(one["busy_s"] / one["provisioned_s"])


def test_a_run_has_its_tables(storm: Scenario, ran: Run) -> None:
    """The tables of a run are the morning that a comparison counted, and belong together."""
    assert len(ran.purchases) == ran.metrics.loc["purchases", "value"]
    charged = ran.charges.dropna(subset="captured_s").groupby("purchase").size()
    assert (charged > 1).mean() * len(charged) / len(ran.purchases) == ran.metrics.loc["double_charge_rate", "value"]
    assert set(ran.requests["purchase"]) <= set(ran.purchases.index)
    assert list(ran.stations["name"]) == [station.name for station in ran.summary.stations]
    for frame in (ran.orders, ran.awards, ran.reads):
        assert len(frame) > 0
    same = sim.compare(storm, ["naive"], mornings=1, seed=2, jobs=1).by_morning.to_numpy()[0]
    assert np.array_equal(same, ran.metrics["value"].to_numpy(), equal_nan=True)


def test_what_cannot_be_is_told(storm: Scenario) -> None:
    """Wrong names and numbers raise ConfigError, as on the command line."""
    with pytest.raises(ConfigError, match=r'unknown design "outbux"; did you mean "outbox"\?'):
        sim.run(storm, "outbux")
    with pytest.raises(ConfigError, match="seed: expected a whole number of at least 0"):
        sim.run(storm, "outbox", seed=-1)


def test_steps_are_the_moments_in_order(explained: Explanation) -> None:
    """A row a moment; the violation is one of them; what would have closed it has a row a change."""
    assert list(explained.steps["what"]) == [moment.text for moment in explained.moments]
    assert explained.steps["at_s"].is_monotonic_increasing
    assert (explained.steps["kind"] == "violation").sum() == 1
    assert explained.changes.loc["from: idempotent", "after"] == 0
    assert explained.mermaid.startswith("sequenceDiagram")


def test_a_purchase_that_is_well_has_no_changes() -> None:
    """Frames without rows have their columns; nobody harmed is a LookupError that says how many were looked at."""
    well = sim.explain("windows/w01-double-tap", "outbox", purchase=3)
    assert list(well.changes.columns) == ["from", "before", "after", "spared"]
    assert list(well.traded.columns) == ["from", "before", "after", "spared", "instead"]
    with pytest.raises(
        LookupError, match=r"outbox in w01-double-tap: no violation in [\d,]+ purchases of 20 mornings; purchase=N"
    ):
        sim.explain("windows/w01-double-tap", "outbox")


def test_windows_have_a_row_a_cell(surveyed: Matrix) -> None:
    """With the state and the rate of the cell."""
    assert list(surveyed.states.index) == [(w, d) for w in ("W1", "W7") for d in ("naive", "outbox")]
    cell = surveyed.cells["W1", "naive"]
    assert surveyed.states.loc[("W1", "naive"), "state"] == cell.state == "open"
    assert surveyed.states.loc[("W1", "naive"), "mean"] == pytest.approx(cell.rate.mean)


def test_windows_take_designs_that_are_loaded(surveyed: Matrix) -> None:
    """As well as names; an unknown window is told the nearest."""
    again = sim.windows([sim.load_design("outbox")], ["double-tap"], mornings=2, jobs=1)
    assert again.cells["W1", "outbox"] == surveyed.cells["W1", "outbox"]
    with pytest.raises(ConfigError, match="two designs with the same name: outbox, outbox"):
        sim.windows(["outbox", sim.load_design("outbox")], ["w1"])
    with pytest.raises(ConfigError, match="unknown window"):
        sim.windows(["outbox"], ["w99"])


def test_a_sweep_has_a_column_a_key(swept: Sweep) -> None:
    """And a row a cell, design and metric."""
    assert len(swept.metrics) == 2 * 2 * len(METRICS)
    assert set(swept.metrics["app.timeout"]) == {"2s", "8s"}


def test_a_sizing_has_its_capacity_and_objectives(sized: Sizings) -> None:
    """The capacity is that of the answer, the objectives are those that were given."""
    assert sized.capacity["number"].loc["outbox"].to_dict() == sized.sizings["outbox"].capacity
    assert sized.objectives.loc[("outbox", "ack_latency_p95"), "limit"] == 2.0
    assert sized.metrics.loc[("outbox", "double_charge_rate"), "n"] == 2


def test_a_cost_curve_has_a_row_a_point(curve: CostCurve) -> None:
    """By design, what was varied, and its value."""
    assert list(curve.costs.index) == [("outbox", "peak", "10/min"), ("outbox", "peak", "20/min")]
    point = curve.points["outbox"][1].sizing
    assert curve.costs["checkout_workers"].iloc[1] == point.capacity["checkout workers"]
    assert curve.costs["cost_per_1000"].iloc[1] == pytest.approx(point.result.metrics["cost_per_1000"].mean)


def test_effects_have_a_row_an_end(moved: Swings) -> None:
    """A shorter timeout charges more people twice; that some mornings then acknowledge fewer than half may be chance."""
    effects = moved.effects
    shorter = next(swing.low for swing in moved.swings if swing.input.name == "app.timeout")
    assert shorter is not None
    row = effects.loc[("double_charge_rate", "app.timeout", "1s")]
    assert row["difference"] == shorter.differences["double_charge_rate"].difference > 0
    assert shorter.after["ack_latency_p50"] == inf
    assert effects.loc[("ack_latency_p50", "app.timeout", "1s"), "turns"] == 0
    assert list(effects.index[effects["clear"]]) == [("double_charge_rate", "app.timeout", "1s")]
    assert len(effects) == 2 * 2 * 2


def test_a_front_has_a_row_a_design(front: Optimum) -> None:
    """Whoever met fresh mornings has their means; the front says so."""
    designs = front.designs
    assert len(designs) == 3
    assert set(designs["relay.poll_every"]) == {"100ms", "1s", "10s"}
    assert (designs["place"] == "front").sum() == len(front.front) > 0
    best = front.front[0]
    assert designs.loc[best.candidate.name, "cost_per_1000_fresh"] == best.estimates["cost_per_1000"].mean


def test_cells_have_the_whole_and_what_changes(divided: CellsCompared) -> None:
    """By the number of cells; 1 is the undivided back end."""
    assert list(divided.metrics.index.get_level_values("cells").unique()) == [1, 2]
    change = divided.changes.loc[(2, "requests_per_purchase"), "difference"]
    means = divided.metrics["mean"].xs("requests_per_purchase", level="metric")
    assert change == pytest.approx(means[2] - means[1])


def test_a_hunt_has_its_victims(hunted: Hunt) -> None:
    """A row a purchase; and the world that was found can be explained."""
    assert hunted.catch is not None
    assert hunted.victims["kind"].to_dict() == {
        (what, purchase): "promise" for what, purchases in hunted.catch.broken.items() for purchase in purchases
    }
    assert hunted.scenario is not None
    assert "charged twice" in sim.explain(hunted.scenario, hunted.design).sentence


def test_a_design_that_survives_has_no_victims() -> None:
    """A frame without rows, and no world."""
    survived = sim.hunt("outbox", "charged_at_most_once", worlds=3)
    assert (survived.catch, survived.scenario) == (None, None)
    assert survived.victims.empty
    assert list(survived.victims.columns) == ["kind"]


def test_numbers_of_cases_agree(proven: Validity) -> None:
    """A row a number, with what theory says beside what was simulated."""
    assert proven.agrees
    assert len(proven.numbers) == len(proven.cases[0].rows)
    assert set(proven.numbers["status"]) == {"agrees"}


def test_a_check_has_a_verdict(storm: Scenario, compared: Comparison) -> None:
    """Of one design; a comparison has that of all its designs, the worst; without objectives there is nothing to check."""
    judged = sim.check(storm, "naive", mornings=2, jobs=1)
    assert judged.verdict == judged.results["naive"].verdict == "violated"
    assert judged.objectives.loc[("naive", "double_charge_rate"), "status"] == "violated"
    assert compared.verdict == "violated"
    with pytest.raises(ConfigError, match="calm: no objectives, so there is nothing to check"):
        sim.check(storm.model_copy(update={"name": "calm", "objectives": {}}), "naive")


def test_schemas_are_those_of_the_command_line() -> None:
    """Of scenarios, or of designs."""
    assert sim.schema()["title"] == "Coffee please: a scenario"
    assert len(sim.schema("design")["oneOf"]) > 4
    assert sim.schema("results")["title"] == "Coffee please: results"


def test_explain_is_a_folder_and_a_verb() -> None:
    """Whichever is wanted first; its signature is that of the verb, and `dir(sim)` lists every verb."""
    import inspect

    import sim.failure_windows.matrix

    assert sim.failure_windows.matrix.FOLDER == "windows"  # type: ignore[attr-defined]
    assert "violation" in inspect.signature(sim.explain).parameters
    assert set(sim.__all__) <= set(dir(sim))
