"""Every command takes an architecture of one's own, and tells its mistakes with exit code 2 and no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.coffee import coffee

MINE = '''from sim.architectures.naive import Naive


class Mine(Naive):
    """Naive, in a file of one's own."""
'''


@pytest.fixture
def mine(tiny: str) -> str:
    Path("my.py").write_text(MINE, encoding="utf-8")
    return tiny


COMMANDS = {
    "run": "run tiny.yaml my.py -n 2 -j 2",
    "compare": "compare tiny.yaml naive my.py:Mine -n 2 -j 2 --no-report",
    "check": "check tiny.yaml my.py -n 2 -j 1",
    "size": "size tiny.yaml my.py -n 2 --fresh 2 -j 1 --objective ack_latency_p95=10s --write sized.yaml",
    "sweep": "sweep tiny.yaml naive my.py --vary app.timeout=2s,8s -n 1 -j 2",
    "show": "show my.py",
    "windows": "windows my.py -w w4 -n 2 -j 1 --no-report",
    "explain": "explain tiny.yaml my.py",
    "hunt": "hunt my.py --worlds 30",
    "new": "new mine.yaml --from my.py",
    "lint": "lint my.py tiny.yaml",
    "cells": "cells tiny.yaml my.py --cells 2 -n 2 -j 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_takes_it(command: str, mine: str) -> None:
    """It is a design like any other."""
    done = coffee(*COMMANDS[command].split())
    assert done.exit_code in (0, 1, 3), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert "my" in done.output or "Mine" in done.output


def test_the_same_in_one_process_and_in_two(mine: str) -> None:
    """A serial run and a pool of two give the same document, but for how long it took."""
    documents = [coffee("run", mine, "my.py", "-n", "3", "-j", jobs, "--json").stdout for jobs in ("1", "2")]
    one, two = ({key: value for key, value in json.loads(each).items() if "wall" not in key} for each in documents)
    for document in (one, two):
        document.pop("purchases_per_s", None)
    assert one["designs"] == two["designs"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_mistake(jobs: str, mine: str) -> None:
    """File, line, customer, time and seed; no traceback; nothing on stdout."""
    story = "    def handle(self, shop, request):\n        yield shop.compute(request)\n        return request.nothing\n"
    Path("my.py").write_text(MINE + "\n" + story, encoding="utf-8")
    done = coffee("run", mine, "my.py", "-n", "2", "-j", jobs)
    assert (done.exit_code, done.stdout) == (2, "")
    error = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert error.startswith("error: my.py:9: AttributeError: 'Request' object has no attribute 'nothing' (customer ")
    assert "Traceback" not in done.stderr
