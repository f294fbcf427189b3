"""Documents are held to their schemas: what every command prints, every file that it writes, and what is rare in both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.config.library import parse_scenario
from sim.counterexamples.hunt import Hunt
from sim.documents import comparison, cost_curve, hunt, sizing, sweep, validity, windows
from sim.documents.text import csv_text
from sim.experiment.compare import Comparison, compare
from sim.experiment.cost_curve import CostCurve
from sim.experiment.cost_curve import cost_curve as curve_of
from sim.experiment.effort import Effort
from sim.experiment.sensitivity import sensitivity
from sim.experiment.size import size
from sim.experiment.sweep import sweep as swept
from sim.failure_windows.matrix import Matrix
from sim.kata import documents
from sim.kata.check import Graded
from sim.kata.exercises import FIRST
from sim.kata.grading import Grade
from tests.cli.coffee import SCENARIO, coffee
from tests.documents.held import check, check_csv, check_file, check_printed, command_of
from tests.documents.test_schemas import with_json
from tests.tiers import slow
from tests.worlds import ONE_CUSTOMER, design, world

QUICK = ("-n", "2", "-j", "1")
SIZE = ("size", "tiny.yaml", "outbox", *QUICK, "--fresh", "2", "--objective", "confirmed_share=10%")
MOVED = ("sensitivity", "tiny.yaml", "naive", *QUICK, "-m", "ack_latency_p95", "-m", "double_charge_rate")
TOGETHER = (*MOVED, "-i", "checkout.workers", "--samples", "4", "--out", "out", "--method")
LINES: list[tuple[tuple[str, ...], set[str]]] = [  # a command, and the kinds of file that it leaves
    (("list",), set()),
    (("show", "morning-rush"), set()),
    (("show", "outbox"), set()),
    (("show", "outbox", "--story"), set()),
    (("show", "morning-rush", "--story"), set()),
    (("show", "stripe-v1"), set()),
    (("show", "ack_latency_p95"), set()),
    (("show", "payment"), set()),
    (("new", "mine.yaml", "--from", "outbox"), set()),
    (("lint", "naive", "morning-rush"), set()),
    (("lint", "naive"), set()),
    (("lint", "morning-rush"), set()),
    (("run", "tiny.yaml", "outbox", *QUICK), set()),
    (("run", "tiny.yaml", "outbox", *QUICK, "--set", "checkout.workers=3"), set()),
    (("check", "tiny.yaml", "outbox", *QUICK), set()),
    (("compare", "tiny.yaml", "naive", "outbox", *QUICK, "--out", "out"), {"Comparison", "ComparisonRow"}),
    (("cells", "tiny.yaml", "outbox", "--cells", "2", *QUICK), set()),
    (("sweep", "tiny.yaml", "outbox", "--vary", "checkout.workers=2,4", *QUICK, "--out", "out"), {"Sweep", "SweepRow"}),
    (("results", "reports/results.sqlite"), set()),
    (("results", "reports/results.sqlite", "--prune", "old"), set()),
    ((*SIZE, "--write", "sized.yaml"), set()),
    ((*SIZE, "--peak", "10/min,20/min"), set()),
    ((*MOVED, "-i", "checkout.workers", "--out", "out"), {"SensitivityOneAtATime", "SwingRow"}),
    ((*TOGETHER, "morris"), {"SensitivityTogether", "MorrisRow"}),
    ((*TOGETHER, "sobol"), {"SensitivityTogether", "SobolRow"}),
    (("optimise", "tiny.yaml", "-s", "space.yaml", *QUICK, "--out", "out"), {"Optimum", "TriedRow"}),
    (("windows", "naive", "-w", "w4", "-w", "w1", "-n", "4", "-j", "1", "--out", "out"), {"Windows", "WindowRow"}),
    (("explain", "tiny.yaml", "--design", "naive"), set()),
    (("explain", "tiny.yaml", "outbox", "--purchase", "3"), set()),
    (("explain", "tiny.yaml", "outbox", "--violation", "double_charge"), set()),
    (("hunt", "no-provider-key", "--worlds", "200"), set()),
    (("hunt", "outbox", "--worlds", "3"), set()),
    (("every", "naive"), set()),
    (("every", "outbox", "-m", "1", "--out", "out"), {"Every"}),
    (("every", "outbox", "--verify", "cert/certificate.json"), set()),
    (("check", "tiny.yaml", "outbox", *QUICK, "--every", "0"), set()),
    (("validity", "mm1"), set()),
    (("fit", "calls.csv"), set()),
    (("fit", "calls.csv", "--out-scenario", "mine.yaml", "--out-design", "ours.yaml"), set()),
]  # fmt: skip


QUICK_LINES = [each for each in LINES if "--assumption" not in each[0]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "kinds"), slow(LINES, but=QUICK_LINES), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_is_printed_and_written(line: tuple[str, ...], kinds: set[str], tiny: str) -> None:
    """Every command prints one kind of document, and the files that it writes hold the kinds that they are said to hold."""
    Path("space.yaml").write_text("from: [naive, outbox]\nvary: {checkout.workers: [2, 64]}\n", encoding="utf-8")
    if line[0] == "fit":
        rows = "".join(f"call,{25200 + i},0.{100 + i},{'timeout' if i % 9 == 0 else 'ok'}\n" for i in range(200))
        Path("calls.csv").write_text(f"kind,start,duration,outcome\n{rows}", encoding="utf-8")
    if "--verify" in line:
        coffee("every", "outbox", "-m", "0", "--out", "cert")
    if line[0] == "results":
        coffee("sweep", tiny, "outbox", "--vary", "checkout.workers=2,4", *QUICK)
    done = coffee(*line, "--json")
    check_printed(line, done.stdout)
    written = {check_file(path) for path in Path("out").glob("*") if path.suffix in (".json", ".csv")}
    assert written == kinds


KATA = {"kata start", "kata run", "kata status", "kata hint", "kata debrief"}  # one after the other, in a test of their own
PLAIN = {"kata check", "kata grade"}  # take long; what they print is made below, and tests/cli holds all that it prints
REAL = {"rehearse", "twin"}  # need a service, or a morning of real time; tests/real and tests/cli hold all that they print


def test_no_command_is_left_out() -> None:
    """Every command with --json is among those above and below."""
    assert {command_of(line) for line, _ in LINES} | KATA | PLAIN | REAL == set(with_json()) - {"schema"}


@pytest.mark.slow
def test_the_kata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start to the debrief, predictions and hints included; its file is described, too."""
    monkeypatch.chdir(tmp_path)
    printed = [check_kata("start"), check_kata("run"), check_kata("hint")]
    file = Path("mine/design.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("from: naive", "from: idempotent"), encoding="utf-8")
    printed += [check_kata("run", "--predict", "better"), check_kata("status"), check_kata("debrief")]
    assert printed == ["KataStarted", "KataRun", "KataHint", "KataRun", "KataStatus", "KataDebrief"]
    assert check_file(Path("mine/debrief/debrief.json")) == "Debrief"


def check_kata(step: str, *options: str) -> str:
    line = ("kata", step, "mine", *options, "--json")
    return check_printed(line, coffee(*line).stdout)


def test_checks_and_grades() -> None:
    """A check that failed; a class of which one submission could not be checked; both as JSON, grades as CSV."""
    failed = Graded(FIRST, [True, False, True, True, True], [[], ["too slow"], [], [], []], "ab12")
    good = Grade("ann", (20,) * 5, ((),) * 5, "ab12")
    late = Grade("bob", (0,) * 5, ((),) * 5, error="=no design")
    assert check(documents.check(failed), ["KataCheck"], "check") == "KataCheck"
    assert check(documents.grades([good, late], seed=7), ["Grades"], "grade") == "Grades"
    assert check_csv(csv_text(documents.grade_rows([good, late])), ["GradeRow"], "grades") == "GradeRow"


@pytest.fixture(scope="module")
def nobody() -> Comparison:
    """One morning to which nobody comes: there is no interval, nothing to count, and no objective."""
    return compare(
        world(ONE_CUSTOMER + "traffic: {rate: 0.01/h}\n", arrivals=None), [design("naive"), design("outbox")], Effort(1, jobs=1)
    )


def test_nothing_to_count_is_null(nobody: Comparison) -> None:
    """Where nobody came there is no mean and no difference, and without objectives the verdict is that all are met."""
    made = comparison.document(nobody)
    assert check(made, ["Comparison"], "compare") == "Comparison"
    assert made["designs"]["outbox"]["metrics"]["ack_latency_p95"] == {
        "mean": None,
        "low": None,
        "high": None,
        "n": 0,
        "harmed": None,
        "never": 0,
    }
    assert made["designs"]["outbox"]["paired"]["ack_latency_p95"]["difference"] is None
    assert (made["designs"]["outbox"]["objectives"], made["designs"]["outbox"]["verdict"]) == ([], "met")
    assert check(comparison.run(nobody), ["Run"], "run") == "Run"
    assert check_csv(csv_text(comparison.rows(nobody)), ["ComparisonRow"], "summary.csv") == "ComparisonRow"


def test_never_is_null_with_a_share() -> None:
    """A latency that is infinite in every morning has no mean, and `never` is 1; the objective on it is violated."""
    dead = world(ONE_CUSTOMER + "objectives: {ack_latency_p95: 1s}\nfaults: [{outage: provider, at: '07:00', for: 20min}]\n")
    made = comparison.document(compare(dead, [design("naive")], Effort(2, jobs=1)))
    assert check(made, ["Comparison"], "compare") == "Comparison"
    latency = made["designs"]["naive"]["metrics"]["ack_latency_p95"]
    assert (latency["mean"], latency["n"], latency["never"]) == (None, 2, 1)
    [objective] = made["designs"]["naive"]["objectives"]
    assert (objective["value"], objective["status"]) == (None, "violated")


def test_interrupted_documents(nobody: Comparison) -> None:
    """After Ctrl-C a comparison and a run say how many mornings were asked for; a file has its page's name."""
    cut = replace(nobody, interrupted=True, asked=10)
    made = comparison.document(cut, report="report.html")
    assert list(made) == ["scenario", "seed", "mornings", "cells", "version", "digest", "designs", "interrupted", "report"]
    assert check(made, ["Comparison"], "compare") == "Comparison"
    alone = comparison.run(cut, settings=["a=1"])
    assert list(alone)[-4:] == ["digest", "designs", "interrupted", "set"]
    assert check(alone, ["Run"], "run") == "Run"


def test_interrupted_searches() -> None:
    """After Ctrl-C so do a sweep, sizings, a cost curve, a matrix and a hunt, whatever was finished."""
    tiny = parse_scenario(SCENARIO)
    modest = tiny.model_copy(update={"objectives": {"confirmed_share": 0.1}})
    grid = swept(tiny, {"checkout.workers": [2, 4]}, ["outbox"], Effort(1, jobs=1))
    sized = size(modest, ["outbox"], Effort(2, jobs=1), fresh=2)
    nothing_sized = replace(sized, sizings={}, asked=["outbox"])
    curve = CostCurve(tiny, {}, {}, {}, (), (), 0, 2, 2, [design("naive")], interrupted=True)
    matrix = Matrix({}, {}, {}, seed=0, mornings=4, asked=2, wall_s=1.0)
    survived = Hunt(
        design("outbox"), ("charged_at_most_once",), None, 0, 5, 0, 1.0, None, {"crash": 0}, cut_short=True, interrupted=True
    )
    for made, name in (
        (sweep.document(replace(grid, points={}, interrupted=True)), "Sweep"),
        (sizing.document(nothing_sized), "Sizings"),
        (cost_curve.document(curve), "CostCurve"),
        (windows.document(matrix), "Windows"),
        (hunt.document(survived, ""), "Hunt"),
    ):
        assert "interrupted" in made
        assert check(made, [name], name) == name


def test_a_cost_curve() -> None:
    """Peaks and brownouts alike; lines of CSV hold the same."""
    stormy = parse_scenario(SCENARIO + "faults: [{brownout: provider, at: '07:01', for: 1min, latency: x3}]\n")
    goals = "confirmed_share=10%"
    curve = curve_of(stormy, ["outbox"], Effort(2, jobs=1), objectives=goals, peaks_per_s=(0.3,), brownouts_s=(60.0,), fresh=2)
    assert check(cost_curve.document(curve), ["CostCurve"], "cost-curve.json") == "CostCurve"
    assert check_csv(csv_text(cost_curve.rows(curve)), ["CurveRow"], "cost-curve.csv") == "CurveRow"


def test_effects_of_assumptions() -> None:
    """Each altered assumption has every metric's difference, a list of them being the document."""
    made = validity.effects(sensitivity(parse_scenario(SCENARIO), ["naive"], Effort(2, jobs=1), only=["network.latency"]))
    assert {effect["assumption"] for effect in made} == {"network.latency"}
    assert check(made, ["KnownCases", "AssumptionEffects"], "validity") == "AssumptionEffects"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mornings": "three"}, "'three' is not of type 'integer'"),
        ({"speed": 3}, "'speed' was unexpected"),
        ({"designs": {"naive": {}}}, "'metrics' is a required property"),
    ],
)
def test_what_is_wrong_is_refused(nobody: Comparison, change: dict[str, Any], said: str) -> None:
    """A value of another type, a key that nobody described, and one that is missing."""
    with pytest.raises(AssertionError, match=said):
        check({**comparison.document(nobody), **change}, ["Comparison"], "compare")
