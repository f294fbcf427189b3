"""A morning that ends when it is at rest ends as it would have at its horizon."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from sim.architectures import design_names, load_design
from sim.config.library import parse_scenario
from sim.ledger.audit import audit
from sim.world.morning import Morning
from tests.world.test_mishaps import CALM

TROUBLES = {
    "none": "",
    "an unheard charge": "mishaps: [{call: 1, is: lost}]\n",
    "a charge out of sight": "mishaps: [{call: 1, is: late}]\n",
    "an order that nobody finishes": "mishaps: [{crash: checkout, after: commit}, {crash: payment, after: charge}]\n",
    "a customer who leaves": "mishaps: [{answer: 1, is: lost}, {customer: leaves, at: 1s}]\n",
    "a message that comes late": "mishaps: [{message: 1, to: read_model, is: late, by: 5min}]\n",
    "a crash at an hour": 'faults: [{crash: checkout, at: "07:10"}, {outage: provider, at: "07:00", for: 3min}]\n',
}


@pytest.mark.parametrize("name", design_names())
def test_the_audit_is_the_same(name: str) -> None:
    design, early = load_design(name), 0
    for trouble, text in TROUBLES.items():
        scenario = parse_scenario(CALM + text)
        rested = Morning(scenario, design, 0)
        short, whole = audit(rested.run_to_rest()), audit(Morning(scenario, design, 0).run())
        for field in fields(whole):
            one, other = getattr(short, field.name), getattr(whole, field.name)
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), (trouble, field.name)
        early += rested.env.now < rested.tables.horizon_s
    assert early or name in LATE


LATE = {  # which look for something at times that nobody can foresee
    name
    for name in design_names()
    if (design := load_design(name)).broker.batch > 1
    or design.broker.commits != "each"
    or design.broker.commit_every is not None
    or design.broker.dead_letters is not None
    or design.checkout.autoscale is not None
}


def test_a_calm_morning_rests_after_seconds() -> None:
    rested = Morning(parse_scenario(CALM), load_design("outbox"), 0)
    rested.run_to_rest()
    assert rested.env.now < 10
