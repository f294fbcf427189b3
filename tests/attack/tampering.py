"""What somebody can write into a kata's `.kata.json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Data = dict[str, Any]


def with_run(**changes: Any) -> Callable[[Data], Data]:
    """The last run is another one."""
    return lambda data: {**data, "runs": [*data["runs"][:-1], {**data["runs"][-1], **changes}]}


def put(**changes: Any) -> Callable[[Data], Data]:
    return lambda data: {**data, **changes}


EVIL = "\x1b]0;owned\x07\u202e=1+1<script>"
WAYS: dict[str, Callable[[Data], Any]] = {
    "nothing": lambda _: None,
    "a list": lambda data: [data],
    "no runs": put(runs=None),
    "a newer format": put(kata=10**400),
    "a format that is text": put(kata="x"),
    "times that can't be": put(steps=[9e99]),
    "times that go back": put(steps=[9e9, 1.0, 9e9]),
    "infinite times": put(steps=["Infinity"]),
    "a million steps": put(steps=[1.0] * 1_000_000),
    "another world": put(world="x"),
    "an evil world": put(world=EVIL),
    "unknown keys": put(gold=EVIL),
    "predictions of nothing": put(predicted={"zebra": "better"}),
    "predictions that are none": put(predicted={"ack_latency_p95": "zebra"}),
    "a run of nothing": put(runs=[{}]),
    "runs without number": lambda data: {**data, "runs": data["runs"] * 500},
    "a hint of no stage": put(hints=[{"at": 1.0, "stage": 99, "strength": -7, "rule": EVIL}]),
    "a check without reasons": put(checks=[{"at": 1.0, "design": "", "score": 10**30, "passed": [], "reasons": []}]),
    "nothing passed": with_run(passed=[]),
    "against itself": with_run(against=1),
    "against nothing": with_run(against=99),
    "no mornings": with_run(mornings=[]),
    "mornings without metrics": with_run(mornings=[{}]),
    "mornings of text": with_run(mornings=[{"ack_latency_p95": EVIL}]),
    "mornings that never end": with_run(mornings=[{"ack_latency_p95": "Infinity", "double_charge_rate": "NaN"}]),
    "statuses of nothing": with_run(statuses={"zebra": "met"}),
    "moves of nothing": with_run(moved={"zebra": "better"}, predicted={"zebra": "better"}),
    "worse by nothing": with_run(worse=["zebra", EVIL]),
    "a rule of nobody": with_run(rule=EVIL),
    "evil words": with_run(finding=EVIL, note=EVIL, hints=[EVIL], changes=[EVIL]),
    "a design that is none": with_run(design="[" * 10_000),
    "a design elsewhere": with_run(design="architecture: ../victim.py:X\n", code="print('owned')\n"),
    "a design at the root": with_run(design="architecture: /proc/self/x.py:X\n", code="print('owned')\n"),
    "half a character": with_run(design="from: naive\nsummary: \ud800\n", finding="\ud800"),
    "an enormous design": with_run(design="#" * 10_000_000),
}
TEXTS = ("", "{", "[" * 100_000, "\x00", '{"kata": 1, "kata": 2}', "NaN", "9" * 5000, '"\\ud800"')  # in place of the file


def tampered(text: str) -> list[tuple[str, str]]:
    """The way and the file's content then."""
    data = json.loads(text)
    return [(way, json.dumps(change(data))) for way, change in WAYS.items()] + [(f"text {text[:9]!r}", text) for text in TEXTS]
