"""`coffee twin` on real parts, from the command line to the page and the log."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.coffee import ran, start
from tests.documents.held import check_file
from tests.processes import ends

CALM = """name: calm
summary: a dozen customers whom nothing disturbs
clock: {start: "07:00", duration: 10s, drain: 20s}
traffic: {rate: 1/s}
provider: {latency: {constant: 300ms}, declined: 0%, failed: 0%, ambiguous: 0%}
customers: {patience: {constant: 1h}, double_tap: {p: 0%}}
"""
SMALL = "from: {}\ncheckout: {{workers: 2, instances: 1}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("calm.yaml").write_text(CALM, encoding="utf-8")
    Path("small.yaml").write_text(SMALL.format("naive"), encoding="utf-8")
    Path("safe.yaml").write_text(SMALL.format("idempotent"), encoding="utf-8")


@pytest.mark.slow
def test_a_calm_morning_is_the_same_on_real_parts() -> None:
    """Both designs do to each customer what the model says. So few can't show it for rates: nobody can say, exit 3."""
    code, out, err = ran("twin", "calm.yaml", "small.yaml", "safe.yaml", "--speed", "3", "--json", "--out", "out")
    assert code == 3, err
    made = json.loads(out)
    assert list(made["designs"]) == ["small", "safe"]
    for one in made["designs"].values():
        assert one["verdict"] in ("undecided", "refused")  # refused on a busy machine
        assert one["purchases"] > 5
        assert one["agree"] == one["purchases"]
        assert one["matrices"]["charges"]["cells"] == [{"model": 1, "real": 1, "purchases": one["purchases"]}]
        assert one["kills"] == 0
        assert all(used["starts"] == 1 for used in one["used"])
    assert check_file(Path("out/twin.json")) == "Twins"
    code, out, err = ran("fit", "out/log-small.csv", "--from", "naive", "--json")
    assert code == 0, err


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind() -> None:
    """No results and no processes, exit 130."""
    process = start("twin", "calm.yaml", "small.yaml")
    assert process.stderr is not None
    assert "running on real parts takes about 30" in process.stderr.readline()
    until = time.monotonic() + 60
    while len(there := _of_group(process.pid)) < 8:  # the workers and the services among them
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "interrupted" in err
    assert ends(*there, *_of_group(process.pid))


def test_what_one_design_asks_for_in_vain_is_told_before_any_runs() -> None:
    """The second of two designs has queues of its own for each instance."""
    Path("queues.yaml").write_text("from: naive\ncheckout: {queue: per_instance}\n", encoding="utf-8")
    code, out, err = ran("twin", "calm.yaml", "small.yaml", "queues.yaml")
    assert (code, out) == (2, "")
    assert "queues: checkout.queue: the twin has no queue for each instance" in err


def _of_group(group: int) -> list[int]:
    """Processes of a group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
