"""What a morning leaves as a log: the lines that `coffee fit` reads, one a request of the app and one a call of the provider.

The tables have no line of a request as the checkout handled it, so that such a log says nothing of the network and of the
checkout's own time. A request whose customer has left, or a call whose caller was killed, has no end that anybody has seen: the
first was cancelled then, of the second there is no line.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Tables
from sim.vocabulary import Outcome

COLUMNS = ("kind", "start", "duration", "outcome", "purchase", "tap", "attempt", "id", "charged_at")
Row = dict[str, Any]


def log_of(tables: Tables, scenario: Scenario, design: Design) -> list[Row]:
    """The lines in the order of their starts: seconds after midnight by the scenario's clock, durations in s.

    `charged_at` is when the provider's ledger has the money taken.
    """
    rows = [*_requests(tables, scenario.clock.start, design.app.timeout), *_calls(tables, scenario.clock.start)]
    return sorted(rows, key=lambda row: row["start"])


def _requests(tables: Tables, midnight_s: float, timeout_s: float) -> Iterator[Row]:
    requests, left_s = tables.requests, tables.purchases["left_s"]
    for number, (purchase, tap, attempt, answer, sent_s, answered_s) in enumerate(
        zip(
            *(requests[name].tolist() for name in ("purchase", "submission", "attempt", "answer", "sent_s", "answered_s")),
            strict=True,
        )
    ):
        outcome: int | str = answer
        if isnan(answered_s):
            gave_up_s = sent_s + timeout_s
            outcome, answered_s = "timeout", gave_up_s
            if left_s[purchase] < gave_up_s:
                outcome, answered_s = "cancelled", max(float(left_s[purchase]), sent_s)
            if answered_s > tables.horizon_s:
                continue  # it still waited
        yield {
            "kind": "request", "start": midnight_s + sent_s, "duration": answered_s - sent_s, "outcome": outcome,
            "purchase": f"p{purchase}", "tap": tap, "attempt": attempt, "id": f"r{number}", "charged_at": None,
        }  # fmt: skip


def _calls(tables: Tables, midnight_s: float) -> Iterator[Row]:
    charges = tables.charges
    for row in np.flatnonzero(~np.isnan(charges["answered_s"])):
        sent_s, captured_s = float(charges["sent_s"][row]), float(charges["captured_s"][row])
        outcome = Outcome(int(charges["outcome"][row]))
        yield {
            "kind": "call", "start": midnight_s + sent_s, "duration": float(charges["answered_s"][row]) - sent_s,
            "outcome": "timeout" if outcome is Outcome.UNKNOWN else outcome.name.lower(),
            "purchase": f"p{int(charges['purchase'][row])}", "tap": None, "attempt": None, "id": None,
            "charged_at": None if isnan(captured_s) else midnight_s + captured_s,
        }  # fmt: skip
