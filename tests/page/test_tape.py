"""A tape holds what the tables hold, and harms when they came to be."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np

from sim.architectures import load_design, parse_design
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.experiment.mornings import simulate
from sim.explanation.onset import violated_s
from sim.ledger.metrics import Evidence
from sim.ledger.records import PROXY, DeadLetters, Tables
from sim.ledger.violations import VIOLATIONS
from sim.page.harms import harms
from sim.page.tape import ALONE, NEVER, tape
from tests.page.conftest import STORM


def read(packed: bytes) -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
    """The head and the columns of a tape, read in another way than the page reads them."""
    content = zlib.decompress(packed)
    (length,) = struct.unpack_from("<I", content)
    head, place, tables = json.loads(content[4 : 4 + length]), 4 + length, {}
    for table, rows, shape in head["tables"]:
        columns = {}
        for name, planes, steps in shape:
            folded = sum(
                int(256**plane) * np.frombuffer(content, np.uint8, rows, place + plane * rows).astype(np.int64)
                for plane in range(planes)
            ) + np.zeros(rows, np.int64)  # fmt: skip
            values = np.where(folded % 2, -(folded + 1) // 2, folded // 2)
            columns[name] = np.cumsum(values) if steps else values
            place += planes * rows
        tables[table] = columns
    assert place == len(content)
    return head, tables


def test_columns_are_those_of_the_tables(stormy: tuple[Tables, Evidence]) -> None:
    """To the millisecond, and what never happened stays so."""
    tables, _ = stormy
    _, columns = read(tape(*stormy))
    some = 0
    for table, column, start in (
        ("requests", "answered", "sent"),
        ("charges", "answered", "sent"),
        ("charges", "captured", "sent"),
        ("orders", "confirmed", "created"),
        ("orders", "visible", "created"),
        ("purchases", "acknowledged", "submitted"),
    ):
        known = getattr(tables, table)
        lags = columns[table][column]
        never = np.isnan(known[f"{column}_s"])
        some += never.any()
        assert (never == (lags == NEVER)).all()
        at_ms = columns[table][start] + lags - 1
        assert np.abs(at_ms[~never] - 1000 * known[f"{column}_s"][~never]).max() <= 0.5 + 1e-6
    assert some > 3, "too little that never happened"
    for table, column in (("requests", "fate"), ("requests", "purchase"), ("charges", "outcome"), ("reads", "stale")):
        assert (columns[table][column] == getattr(tables, table)[column]).all()


MORE = """
name: more
clock: {start: "07:00", duration: 10min, drain: 20min}
traffic: {rate: 30/min}
customers: {agents: {share: 20%, deadline: 5s, plans: 2}, after_decline: {other_card: 100%}}
accounts: {gift-card: {balance: 1000, takes: 650, p: 50%, shared_by: 2}}
renewals: {count: 20, at: "07:05"}
provider: {declined: 20%, challenge: {p: 20%, takes: {constant: 20s}, abandoned: 10%}}
faults:
  - {pause: checkout, after: accept, for: 6s, p: 5%}
  - {crash: loyalty, after: award, p: 40%, restart: 1s}
"""
HAS_ALL = """
from: authorises-first
proxy: {timeout: 2s}
payment: {capture: {after: 1min}}
broker: {dead_letters: {after: 2, replay_every: 2min}}
recovery: {reconcile_every: 30s, grace: 30s}
"""


def test_what_only_some_runs_have_is_that_of_the_tables() -> None:
    """Holds, captures, returns, dead letters, takings and repeats, agents, other cards and renewals: each has rows."""
    scenario = parse_scenario(MORE)
    tables, evidence = simulate(scenario, parse_design(HAS_ALL), load_prices(scenario.prices), 0)
    head, columns = read(tape(tables, evidence))
    for table, start, *ends in (
        ("holds", "authorised", "released"),
        ("captures", "sent", "answered", "captured"),
        ("dead_letters", "buried", "replayed"),
        ("takings", "taken", "given_back"),
    ):
        known = getattr(tables, table)
        assert len(known), table
        assert (columns[table]["purchase"] == known["purchase"]).all()
        assert np.abs(columns[table][start] - 1000 * known[f"{start}_s"]).max() <= 0.5 + 1e-6
        for end in ends:
            never = np.isnan(known[f"{end}_s"])
            assert (never == (columns[table][end] == NEVER)).all()
            at_ms = columns[table][start] + columns[table][end] - 1
            assert np.abs(at_ms[~never] - 1000 * known[f"{end}_s"][~never]).max() <= 0.5 + 1e-6
    assert (columns["returns"]["request"] == tables.returns["request"]).all()
    assert len(columns["returns"]["request"])
    assert len(columns["repeats"]["sent"]) == (tables.repeats["who"] == PROXY).sum() > 0
    assert (columns["purchases"]["waits"] == 0).sum() == tables.renewals == 20
    assert columns["purchases"]["agent"].sum() == tables.purchases["agent"].sum() > 0
    assert (columns["purchases"]["other_card"] != NEVER).sum() == (~np.isnan(tables.purchases["other_card_s"])).sum() > 0
    assert head["names"]["consumers"] == list(DeadLetters.CONSUMERS)


def test_refunds_are_those_of_the_tables() -> None:
    """Each with its moment and its amount; what was charged twice by naive is given back by its reconciler."""
    scenario = parse_scenario(STORM)
    design = parse_design("from: naive\nrecovery: {reconcile_every: 20s, grace: 5s}\n")
    tables, evidence = simulate(scenario, design, load_prices(scenario.prices), 0)
    found = read(tape(tables, evidence))[1]["refunds"]
    assert len(found["refunded"]) == len(tables.refunds) > 10
    assert np.abs(found["refunded"] - 1000 * tables.refunds["refunded_s"]).max() <= 0.5 + 1e-6
    assert (found["cents"] == tables.refunds["cents"]).all()


def test_every_harm_is_in_it_as_often_as_the_audit_counts(stormy: tuple[Tables, Evidence]) -> None:
    """Of every kind the same purchases, in order of time."""
    tables, evidence = stormy
    _, columns = read(tape(tables, evidence))
    found = columns["harms"]
    assert (np.diff(found["at"]) >= 0).all()
    some = 0
    for number, violation in enumerate(VIOLATIONS.values()):
        victims = np.flatnonzero(violation.flags(evidence))
        assert sorted(found["purchase"][found["kind"] == number]) == victims.tolist()
        some += len(victims) > 0
    assert some >= 4


def test_a_second_charge_harms_when_it_is_captured(stormy: tuple[Tables, Evidence]) -> None:
    """And no harm comes before its purchase, or after the morning has ended."""
    tables, evidence = stormy
    kinds, twice = list(VIOLATIONS), 0
    for harm in harms(tables, evidence):
        assert tables.purchases["submitted_s"][harm.purchase] <= harm.at_s <= tables.horizon_s
        if kinds[harm.kind] == "double_charge":
            assert harm.at_s == violated_s(tables, [], "double_charge", harm.purchase)
            twice += 1
    assert twice


def test_a_call_belongs_to_the_request_that_waits_for_it(stormy: tuple[Tables, Evidence]) -> None:
    """It is of the same purchase, was sent before, and was not answered yet."""
    tables, evidence = stormy
    _, columns = read(tape(tables, evidence))
    calls, requests = columns["charges"], tables.requests
    belonging = calls["request"] != ALONE
    assert belonging.mean() > 0.9
    for row in np.flatnonzero(belonging):
        request = calls["request"][row]
        assert requests["purchase"][request] == tables.charges["purchase"][row]
        assert requests["sent_s"][request] <= tables.charges["sent_s"][row]
        assert not requests["answered_s"][request] < tables.charges["sent_s"][row]


def test_a_morning_without_anybody_can_be_played() -> None:
    """Empty tables are tables of no rows."""
    scenario = parse_scenario('{name: nobody, clock: {start: "07:00", duration: 1min}, traffic: {rate: 1/d}}')
    tables, evidence = simulate(scenario, load_design("outbox"), load_prices(scenario.prices), 0)
    assert len(tables.purchases) == 0
    _, columns = read(tape(tables, evidence))
    assert all(len(values) == 0 for table in columns.values() for values in table.values())
