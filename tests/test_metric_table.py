"""There is one table of metrics, and all that shows, judges, keeps or documents metrics reads it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.cli.work import tables as terminal
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.experiment.compare import Comparison, Result, compare
from sim.experiment.effort import Effort
from sim.experiment.measuring import estimate_of, measured
from sim.experiment.mornings import count
from sim.experiment.statistics import estimate
from sim.experiment.workers import crew
from sim.ledger.costs import PARTS
from sim.ledger.violations import VIOLATIONS
from sim.report import tables
from sim.vocabulary import COUNTED, HARMS, METRICS, PARTS_OF_COST, grouped, shown_in

ROOT = Path(__file__).parents[1]
LATE = """name: late
clock: {start: "07:00", duration: 6min, drain: 4min}
traffic: {rate: 20/min}
provider: {declined: 10%}
faults: [{brownout: provider, at: "07:02", for: 3min, latency: x20, ambiguous: 30%}]
objectives: {stale_read_rate: 99%}
"""
ALLOWED = {  # lists of metrics that are no copy of anything in the table, because each is a choice of its own
    "sim/ledger/metrics.py": "how metrics are computed that are neither a share nor a part of the cost; one is missed at once",
    "sim/kata/first.py": "what a lesson teaches, and who cares for what: an exercise's content",
    "sim/kata/second.py": "the same of the second exercise",
    "sim/report/recommendation.py": "the six numbers of a report's first screen, and how a sentence says them",
    "sim/kata/advice.py": "what an exercise watches besides its objectives, for what a change costs",
}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(parse_scenario(LATE), ["outbox"], Effort(mornings=3, jobs=1))


def result_of(comparison: Comparison) -> Result:
    return comparison.results["outbox"]


@pytest.mark.parametrize("harm", HARMS)
def test_a_harm_is_shown_to_those_who_name_no_metrics(harm: str) -> None:
    """Its metric is in the default tables of the terminal, and in those of the report."""
    for place in ("terminal", "report"):
        assert HARMS[harm] in [metric for group in grouped(place).values() for metric in group]


def test_the_terminal_shows_what_the_table_says(comparison: Comparison) -> None:
    """Of one design and of several: the rows of its default tables, group by group, and with `--all` every metric."""
    shown = [metric for group in grouped("terminal").values() for metric in group]
    for everything, names in ((False, shown), (True, list(METRICS))):
        several = terminal.comparison_table(comparison, everything=everything, width=100)
        one = terminal.metrics_table(result_of(comparison), everything=everything, width=100)
        assert list(several.columns[0].cells) == list(one.columns[0].cells) == names


def test_every_rate_is_of_a_harm() -> None:
    """But for double charges after refunds, whose harm is that of double charges, and stale reads, which harm no purchase."""
    rates = {name for name in METRICS if name.endswith("_rate")}
    assert rates - set(HARMS.values()) == {"stale_read_rate"}
    assert METRICS["double_charge_rate_net"].harm is None


def test_every_violation_has_a_metric() -> None:
    """And every harm is a violation that can be explained, but for a charge that nobody was left to hear of."""
    assert set(HARMS) - {"abandoned_charge"} == set(VIOLATIONS)
    assert len(HARMS) == sum(metric.harm is not None for metric in METRICS.values())


@pytest.mark.parametrize("harm", VIOLATIONS)
def test_a_morning_harms_somebody_as_its_metric_says(harm: str) -> None:
    """Nobody or everybody, depending on which way is better, is the value of a morning without harm."""
    best, worse = (1.0, 0.9) if METRICS[HARMS[harm]].better == "higher" else (0.0, 0.1)
    assert not METRICS[HARMS[harm]].harmed(best)
    assert METRICS[HARMS[harm]].harmed(worse)
    assert not METRICS[HARMS[harm]].harmed(float("nan"))


def test_the_parts_of_the_cost_are_those_of_the_bill() -> None:
    """Each group of the bill's parts is a metric's, in the bill's order."""
    assert list(PARTS_OF_COST) == list(PARTS)


def test_a_share_counts_what_a_tally_has_found(comparison: Comparison) -> None:
    """What stands above and below the line of each share, and what its interval counts, is a key of the tally."""
    world = parse_scenario(LATE)
    found = count(world, result_of(comparison).design, load_prices(world.prices), 0).tally.found
    shares = [metric for metric in METRICS.values() if metric.counts is not None]
    assert {metric.counts for metric in shares} | {metric.of for metric in shares} | set(COUNTED) <= set(found)


def test_every_group_is_somebodys() -> None:
    """The report shows each of its metrics once, in a group that is not empty."""
    groups = grouped("report")
    assert all(groups.values())
    assert sorted(metric for group in groups.values() for metric in group) == sorted(shown_in("report"))


def test_the_page_shows_what_the_table_says(comparison: Comparison) -> None:
    """Its rows, group by group."""
    rows = {group: tuple(row.metric for row in rows) for group, rows in tables.metrics(comparison).items()}
    assert rows == grouped("report")


def test_no_second_list_of_metrics_exists() -> None:
    """Three metrics by name in one tuple, list, set or dict are a list that must agree with the table, and would drift."""
    found: dict[str, int] = {}
    for file in sorted((ROOT / "sim").rglob("*.py")):
        code = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(code)) if sum(metric in code for metric in METRICS) >= 3 else ():
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                elements = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
                named = {one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)}
                if len(named & set(METRICS)) >= 3:
                    found[file.relative_to(ROOT).as_posix()] = node.lineno
    assert set(found) == {"sim/vocabulary.py", *ALLOWED}, found


def test_the_interval_of_a_share_counts_what_it_is_out_of_in_every_command(comparison: Comparison) -> None:
    """The same mornings give the same interval in `compare`, and in `optimise` and `sensitivity`, which keep values only.

    Stale reads are out of the people who looked, and lost orders out of those with a good card: fewer than the purchases.
    """
    world, result = parse_scenario(LATE), result_of(comparison)
    with crew(1, "local") as workers:
        [values] = measured(workers, [(world, result.design)], range(3))
    assert {metric: estimate_of(metric, values) for metric in METRICS} == result.metrics
    for metric, things in (("stale_read_rate", "looked"), ("confirmed_share", "good cards")):
        number, value = int(values[things].sum()), result.metrics[metric]
        assert number <= int(values["purchases"].sum())
        of_these = estimate(values[metric], share_of=number)
        assert (value.low, value.high) == (of_these.low, of_these.high)


def test_what_is_counted_is_what_a_tally_has_found(comparison: Comparison) -> None:
    """For the intervals, morning by morning."""
    world, result = parse_scenario(LATE), result_of(comparison)
    for summary in result.summaries:
        found = count(world, result.design, load_prices(world.prices), summary.seed).tally.found
        assert summary.counted == {name: found[name] for name in COUNTED}


ADDED = ("lost_share", "calls_per_purchase")
NEW = """
import sys
from sim import vocabulary
vocabulary.METRICS["lost_share"] = vocabulary.Metric(
    "share", "lower", "Waiting", "people with a good card who got no coffee", "n[good_card & (ordered == 0)] / n[good_card]",
    counts="lost", of="good cards",
)
vocabulary.METRICS["calls_per_purchase"] = vocabulary.Metric(
    "count", "lower", "Effort and cost", "calls to the provider", "n[calls] / purchases"
)
from sim.ledger import metrics
metrics.COMPUTE["calls_per_purchase"] = lambda tally, _: tally.found["calls"] / tally.found["purchases"]
"""
GOOD_CARDS = """
from sim import vocabulary
vocabulary.METRICS["confirmed_share"] = vocabulary.METRICS["confirmed_share"]._replace(of="calls")
vocabulary.COUNTED += ("calls",)
"""
COMMAND = NEW + "from sim.cli.app import main\nsys.argv = ['coffee', *sys.argv[1:]]\nmain()\n"
NOTEBOOK = (
    NEW
    + """
import sim
found = sim.compare("late.yaml", ["outbox"], mornings=2, jobs=1)
assert {"lost_share", "calls_per_purchase"} <= set(found.metrics.index.get_level_values("metric"))
print(found._repr_html_())
"""
)
DOCUMENTATION = (
    NEW
    + f"""
sys.path.insert(0, {str(ROOT / "docs")!r})
import filled
print(filled.filled("reference/metrics", open({str(ROOT / "docs/reference/metrics.md")!r}, encoding="utf-8").read()))
"""
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new-metric")
    (folder / "late.yaml").write_text(LATE, encoding="utf-8")
    return folder


def python(code: str, *arguments: str, room: Path) -> str:
    """What a process of its own prints, in which the table has two more metrics from the beginning."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=room, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_new_metric_is_in_the_terminal_and_in_the_report(room: Path) -> None:
    """One entry of the table, and a function unless it is a share, shows it to those who name no metrics."""
    few = ("-n", "2", "-j", "1")
    compared = python(COMMAND, "compare", "late.yaml", "outbox", *few, "--out", "report", room=room)
    ran = python(COMMAND, "run", "late.yaml", "outbox", *few, room=room)
    dealt = python(COMMAND, "cells", "late.yaml", "outbox", "--cells", "2", *few, room=room)
    page, csv = ((room / "report" / name).read_text(encoding="utf-8") for name in ("report.html", "summary.csv"))
    for name in ADDED:
        assert all(f"\n{name} " in shown for shown in (compared, ran, dealt))
        assert f"<code>{name}</code>" in page
        assert f"outbox,{name}," in csv


def test_a_new_metric_is_in_the_json_with_its_interval(room: Path) -> None:
    """As any other metric."""
    printed = python(COMMAND, "compare", "late.yaml", "outbox", "-n", "2", "-j", "1", "--no-report", "--json", room=room)
    metrics = json.loads(printed)["designs"]["outbox"]["metrics"]
    assert all(np.isfinite([metrics[name][key] for key in ("mean", "low", "high")]).all() for name in ADDED)


@pytest.mark.slow
def test_a_new_metric_can_be_an_objective(room: Path) -> None:
    """The schema knows it, and a file may limit it."""
    schema = python(COMMAND, "schema", room=room)
    assert all(f'"{name}": {{' in schema for name in ADDED)
    limited = LATE.replace("stale_read_rate: 99%", "lost_share: 99%, calls_per_purchase: 9")
    (room / "limited.yaml").write_text(limited, encoding="utf-8")
    judged = python(COMMAND, "run", "limited.yaml", "outbox", "-n", "2", "-j", "1", "--json", room=room)
    objectives = json.loads(judged)["designs"]["outbox"]["objectives"]
    assert {one["metric"]: one["status"] for one in objectives} == {"lost_share": "so far", "calls_per_purchase": "met"}


@pytest.mark.slow
def test_a_new_metric_is_in_notebooks_and_in_the_documentation(room: Path) -> None:
    """In the DataFrame and on the card, and with its formula on the page of metrics."""
    card, page = python(NOTEBOOK, room=room), python(DOCUMENTATION, room=room)
    for name in ADDED:
        assert name in card
        assert f"| `{name}` | " in page


@pytest.mark.slow
def test_a_share_whose_interval_counts_something_else_is_one_word_of_the_table(room: Path) -> None:
    """Its `n`: the interval changes, and the file of results keeps the new numbers, from which a sweep gives it again."""
    vary = ("--vary", "checkout.workers=2", "-n", "2", "-j", "1", "--metric", "confirmed_share", "--no-report", "--json")
    as_it_is = python(COMMAND, "sweep", "late.yaml", "outbox", *vary, "--results", "before.sqlite", room=room)
    changed, again = (
        python(GOOD_CARDS + COMMAND, "sweep", "late.yaml", "outbox", *vary, "--results", "after.sqlite", room=room)
        for _ in range(2)
    )
    before, after, stored = (json.loads(printed)["cells"] for printed in (as_it_is, changed, again))
    assert before != after == stored


@pytest.mark.slow
def test_a_new_metric_is_kept_and_drawn_by_a_sweep(room: Path) -> None:
    """In the file of results, from which the same sweep comes again, and as a chart of its own."""
    vary = ("--vary", "checkout.workers=2,4", "-n", "1", "-j", "1", "--metric", "lost_share", "--metric", "calls_per_purchase")
    kept = ("--results", "kept.sqlite", "--out", "swept")
    first, again = (python(COMMAND, "sweep", "late.yaml", "outbox", *vary, *kept, room=room) for _ in range(2))
    assert first == again
    assert all(name in first and (room / "swept" / f"{name}.svg").is_file() for name in ADDED)
