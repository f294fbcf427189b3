"""Documents are held to their schemas: what every command prints, every file that it writes, and what is rare in both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.coffee import coffee
from tests.documents.held import check_file, check_printed, command_of
from tests.documents.test_schemas import with_json

QUICK = ("-n", "2", "-j", "1")
SIZE = ("size", "tiny.yaml", "-d", "outbox", *QUICK, "--fresh", "2", "--objective", "confirmed_share=10%")
MOVED = ("sensitivity", "tiny.yaml", "-d", "naive", *QUICK, "-m", "ack_latency_p95", "-m", "double_charge_rate")
TOGETHER = (*MOVED, "-i", "checkout.workers", "--samples", "4", "--out", "out", "--method")
LINES: list[tuple[tuple[str, ...], set[str]]] = [  # a command, and the kinds of file that it leaves
    (("list",), set()),
    (("show", "morning-rush"), set()),
    (("show", "outbox"), set()),
    (("show", "outbox", "--story"), set()),
    (("show", "morning-rush", "--story"), set()),
    (("show", "stripe-v1"), set()),
    (("new", "mine.yaml", "--from", "outbox"), set()),
    (("lint", "naive", "morning-rush"), set()),
    (("lint", "naive"), set()),
    (("run", "tiny.yaml", "-d", "outbox", *QUICK), set()),
    (("run", "tiny.yaml", "-d", "outbox", *QUICK, "--set", "checkout.workers=3"), set()),
    (("check", "tiny.yaml", "outbox", *QUICK), set()),
    (("compare", "tiny.yaml", "naive", "outbox", *QUICK, "--out", "out"), {"Comparison", "ComparisonRow"}),
    (("cells", "tiny.yaml", "-d", "outbox", "--cells", "2", *QUICK), set()),
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
    (("explain", "tiny.yaml", "--design", "outbox", "--purchase", "3"), set()),
    (("explain", "calm-tuesday", "--design", "outbox", "--violation", "double_charge"), set()),
    (("hunt", "no-provider-key", "--worlds", "200"), set()),
    (("hunt", "outbox", "--worlds", "3"), set()),
    (("validity", "mm1"), set()),
    (("validity", "--assumption", "app.timeout"), set()),
]  # fmt: skip


@pytest.mark.parametrize(("line", "kinds"), LINES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_is_printed_and_written(line: tuple[str, ...], kinds: set[str], tiny: str) -> None:
    """Every command prints one kind of document, and the files that it writes hold the kinds that they are said to hold."""
    Path("space.yaml").write_text("from: [naive, outbox]\nvary: {checkout.workers: [2, 64]}\n", encoding="utf-8")
    if line[0] == "results":
        coffee("sweep", tiny, "outbox", "--vary", "checkout.workers=2,4", *QUICK)
    done = coffee(*line, "--json")
    check_printed(line, done.stdout)
    written = {check_file(path) for path in Path("out").glob("*") if path.suffix in (".json", ".csv")}
    assert written == kinds


KATA = {"kata start", "kata run", "kata status", "kata hint", "kata debrief"}  # one after the other, in a test of their own
PLAIN = {"kata check", "kata grade"}  # take long; what they print is made below, and tests/cli holds all that it prints


def test_no_command_is_left_out() -> None:
    """Every command with --json is among those above and below."""
    assert {command_of(line) for line, _ in LINES} | KATA | PLAIN == set(with_json()) - {"schema"}
