"""The log that a simulated morning would have left: what the app, the checkout and the provider's ledger saw.

Written by an observer, so that nothing of it comes from the tables that the simulator itself evaluates.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.vocabulary import Answer, Outcome
from sim.world.checkout import Reply
from sim.world.customer import Customer, Request
from sim.world.database import Order
from sim.world.morning import Morning
from sim.world.observer import Call, Observer

COLUMNS = ("kind", "start", "duration", "outcome", "purchase", "tap", "attempt", "id", "charged_at")
Row = Mapping[str, Any]


class Logger(Observer):
    """Notes requests and calls as they end. The network's latency must be constant: nobody sees a request arrive."""

    def __init__(self, scenario: Scenario, design: Design) -> None:
        assert scenario.network.latency.constant is not None
        self.way_s: float = scenario.network.latency.constant
        self.timeout_s = design.app.timeout
        self.midnight_s = -scenario.clock.start  # seconds of the simulation are seconds since the start
        self.rows: list[dict[str, Any]] = []
        self._open: dict[int, dict[int, Request]] = {}  # by purchase, by row

    def sent(self, request: Request, *, lost: bool) -> None:
        self._open.setdefault(request.purchase, {})[request.row] = request

    def answered(self, request: Request, reply: Reply, *, lost: bool) -> None:
        now = self.env.now
        self._note("handled", request, request.sent_s + self.way_s, now, reply.answer)
        waits = request.row in self._open.get(request.purchase, {})
        if waits and not lost and now + self.way_s <= request.sent_s + self.timeout_s:
            del self._open[request.purchase][request.row]
            self._note("request", request, request.sent_s, now + self.way_s, reply.answer)

    def timed_out(self, request: Request) -> None:
        if self._open.get(request.purchase, {}).pop(request.row, None) is not None:
            self._note("request", request, request.sent_s, self.env.now, "timeout")

    def refreshed(self, customer: Customer) -> None:
        for request in self._open.pop(customer.purchase, {}).values():
            self._note("request", request, request.sent_s, self.env.now, "cancelled")

    def left(self, customer: Customer) -> None:
        self.refreshed(customer)

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        outcome = "timeout" if call.outcome is Outcome.UNKNOWN else call.outcome.name.lower()
        charged_at = "" if isnan(call.captured_s) else call.captured_s - self.midnight_s
        now = self.env.now
        self.rows.append({
            "kind": "call", "start": now - self.midnight_s, "duration": call.answered_s - now, "outcome": outcome,
            "purchase": f"p{order.purchase}", "charged_at": charged_at,
        })  # fmt: skip

    def _note(self, kind: str, request: Request, start_s: float, end_s: float, outcome: Answer | str) -> None:
        self.rows.append({
            "kind": kind, "start": start_s - self.midnight_s, "duration": end_s - start_s,
            "outcome": outcome if isinstance(outcome, str) else int(outcome), "purchase": f"p{request.purchase}",
            "tap": request.submission, "attempt": request.attempt, "id": f"r{request.row}",
        })  # fmt: skip


def log_of(scenario: Scenario, design: Design, seed: int, *, ledger: bool) -> list[Row]:
    """The rows of one morning's log; `ledger`: with what the provider's own ledger says."""
    logger = Logger(scenario, design)
    Morning(scenario, design, seed, observer=logger).run()
    rows = sorted(logger.rows, key=lambda row: row["start"])
    return rows if ledger else [{**row, "charged_at": ""} for row in rows]


def as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_json_lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
