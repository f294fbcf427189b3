"""`coffee run --set`: another value at one key, as its file would say it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.experiment.altering import changed
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from tests.cli.coffee import coffee


def test_set_is_the_changed_files(tiny: str) -> None:
    """The numbers are those of a scenario and a design with these values; the JSON says which were set."""
    settings = ["--set", "provider.ambiguous=40%", "--set", "app.retry={never: true}"]
    document = json.loads(coffee("run", tiny, "naive", *settings, "-n", "2", "-j", "1", "--json").stdout)
    changes = {"provider.ambiguous": "40%", "app.retry": {"never": True}}
    world, designs = changed(load_scenario(tiny), [load_design("naive")], changes)
    expected = compare(world, designs, Effort(2, jobs=1))
    assert document["digest"] == expected.digest
    assert document["set"] == ["provider.ambiguous=40%", "app.retry={never: true}"]
    mean = document["designs"]["naive"]["metrics"]["double_charge_rate"]["mean"]
    assert mean == pytest.approx(expected.results["naive"].metrics["double_charge_rate"].mean)


def test_compare_sets_for_all(tiny: str) -> None:
    """A key of the world for everybody, one of a design for those that have it; what was set stands in the JSON and on screen,
    and the warnings of a design of one's own in one line on stderr; of a bundled one only that it is too small.
    """
    settings = ["--set", "provider.ambiguous=40%", "--set", "payment.workers=2"]
    few = ("-n", "2", "-j", "1", "--no-report")
    document = json.loads(coffee("compare", tiny, "naive", "outbox", *settings, *few, "--json").stdout)
    changes = {"provider.ambiguous": "40%", "payment.workers": 2}
    world, designs = changed(load_scenario(tiny), [load_design(name) for name in ("naive", "outbox")], changes)
    assert designs[1].payment.workers == 2  # type: ignore[attr-defined]
    assert document["digest"] == compare(world, designs, Effort(2, jobs=1)).digest
    assert document["set"] == ["provider.ambiguous=40%", "payment.workers=2"]
    Path("mine.yaml").write_text("from: naive\n", encoding="utf-8")
    done = coffee("compare", tiny, "mine.yaml", "outbox", *settings, *few)
    assert "with provider.ambiguous=40%, payment.workers=2" in " ".join(done.stdout.split())
    assert "warnings for mine: no-key, no-provider-key" in done.stderr
    assert f"coffee lint {tiny} mine.yaml --set provider.ambiguous=40% --set payment.workers=2" in done.stderr
    assert "warnings for outbox" not in done.stderr


def test_a_price_is_set_and_swept(tiny: str) -> None:
    """As a plain number: the bill is that of the table with this line, and a sweep of it gives each value its own."""
    few = ("-n", "1", "-j", "1", "--json")
    world = changed(load_scenario(tiny), [], {"provider.ambiguous": "40%"})[0]
    dear = changed(world, [], {"prices.dispute": 500})[0]
    costs = [compare(one, ["naive"], Effort(1, jobs=1)).results["naive"].metrics["monthly_cost"].mean for one in (world, dear)]
    assert costs[0] != costs[1]
    set_to = coffee("run", tiny, "naive", "--set", "provider.ambiguous=40%", "--set", "prices.dispute=500", *few)
    assert json.loads(set_to.stdout)["designs"]["naive"]["metrics"]["monthly_cost"]["mean"] == pytest.approx(costs[1])
    vary = ("--vary", "provider.ambiguous=40%", "--vary", "prices.dispute=15,500", "--metric", "monthly_cost", "--no-report")
    cells = json.loads(coffee("sweep", tiny, "naive", *vary, *few).stdout)["cells"]
    assert [cell["designs"]["naive"]["monthly_cost"]["mean"] for cell in cells] == pytest.approx(costs)


def test_show_has_the_prices(tiny: str) -> None:
    """Each line of the table with its value and its meaning."""
    shown = " ".join(coffee("show", tiny, "--all").stdout.split())
    assert "dispute 15.0 USD that a dispute costs" in shown
    assert "p_dispute 0.05 share of charges too many" in shown


def test_set_is_told(tiny: str) -> None:
    """Under the title stands what was set."""
    told = coffee("run", tiny, "naive", "-n", "1", "-j", "1", "--set", "app.timeout=4s").stdout
    assert "with app.timeout=4s" in " ".join(told.split())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("--set app.timeuot=4s", 'app.timeuot: unknown key; did you mean "app.timeout"?'),
        ("--set app.timeout=4", "app.timeout: a bare number: add the unit"),
        ("--set app.timeout", "expected KEY=VALUE"),
        ("--set app.timeout=4s --set app.timeout=5s", "app.timeout is set twice"),
        ("--set relay.batch=3", "relay.batch: unknown key"),
    ],
)
def test_what_cannot_be_set_is_said(tiny: str, settings: str, said: str) -> None:
    """Errors are those of a file with that value, and exit with 2."""
    result = coffee("run", tiny, "naive", *shlex.split(settings))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
