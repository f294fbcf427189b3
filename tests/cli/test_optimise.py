"""`optimise` prints the front, says how sure it is, and writes its designs as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sim.architectures import load_design
from tests.cli.coffee import coffee

SPACE = """from: [naive, outbox]
vary:
  checkout.workers: [2, 64]
  relay.poll_every: [100ms, 3s]
"""


@pytest.fixture
def space(tiny: str) -> str:
    """A file with a small design space."""
    Path("space.yaml").write_text(SPACE)
    return "space.yaml"


def test_the_front(tiny: str, space: str) -> None:
    """Designs with what differs in them, how many were tried, and what is certain of the limits."""
    done = coffee(
        "optimise", tiny, "-s", space, "-m", "infra_cost_per_1000", "-m", "confirmation_lag_p50", "-n", "3", "-j", "1"
    )
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    for part in (
        "relay.poll_every 100ms",
        "relay.poll_every 3s",
        "6 of 6 designs tried, all on 3 mornings: 30 runs. Only checkout.workers, relay.poll_every varied",
        "double_charge_rate: none in 327 purchases of any design on the front, so below 0.912 % at 95 %.",
    ):
        assert part in said
    assert "naive" not in said


def test_its_files(tiny: str, space: str) -> None:
    """Chart, CSV of all that were tried, JSON as printed; and designs that other commands run."""
    command = ("optimise", tiny, "-s", space, "-n", "2", "-j", "1", "--out", "front", "--write", "best", "--json")
    done = coffee(*command)
    document = json.loads(done.stdout)
    names = {"report.html", "front.json", "tried.csv", "front.png", "front.svg"}
    assert {path.name for path in Path("front").iterdir()} == names
    written = json.loads(Path("front/front.json").read_text())
    assert written.pop("command") == "coffee optimise tiny.yaml --design-space space.yaml --mornings 2 --seed 0"
    assert written == document
    tried = list(csv.DictReader(Path("front/tried.csv").read_text().splitlines()))
    assert len(tried) == document["tried"] == 6
    assert {row["place"] for row in tried if row["design"].startswith("naive")} == {"violates"}
    names = [one["design"] for one in document["front"]]
    assert [row["design"] for row in tried if row["place"] == "front"] == sorted(names)
    assert {path.stem for path in Path("best").iterdir()} == set(names)
    for one in document["front"]:
        design = load_design(f"best/{one['design']}.yaml")
        assert design.name == one["design"]
        assert design.checkout.workers == one["changes"]["checkout.workers"]
    assert coffee("compare", tiny, *(f"best/{name}.yaml" for name in names), "-n", "1", "-j", "1", "--no-report").exit_code == 0
    assert "best: holds" in " ".join(coffee(*command).stderr.split()).replace(str(Path.cwd()) + "/", "")


def test_nobody_holds(tiny: str, space: str) -> None:
    """Exit code 1, with the best that was reached and by whom."""
    done = coffee(
        "optimise", tiny, "-s", space, "--subject-to", "confirmation_lag_p50=10ms", "-n", "2", "-j", "1", "-w", "best"
    )
    assert done.exit_code == 1
    said = " ".join(done.stdout.split())
    assert said.startswith("No design holds every limit. confirmation_lag_p50 at most 0.01 s: best reached ")
    assert not Path("best").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-s", "nowhere.yaml"), "nowhere.yaml: no such file"),
        (("-s", "tiny.yaml"), "tiny.yaml:1:1: name: unknown key; known: from, vary"),
        (("-s", "space.yaml", "-m", "cost_per_1000"), "--minimise: expected two metrics"),
        (("-s", "space.yaml", "--subject-to", "loyalty=0"), "--subject-to: loyalty: unknown metric"),
        (("-s", "space.yaml", "--mornings", "1"), "--mornings: expected a whole number from 2"),
        (("-s", "space.yaml", "--out", "tiny.yaml"), "this is a file"),
    ],
)
def test_wrong_usage(tiny: str, space: str, arguments: tuple[str, ...], message: str) -> None:
    """Said before anything is simulated, with exit code 2."""
    done = coffee("optimise", tiny, *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
