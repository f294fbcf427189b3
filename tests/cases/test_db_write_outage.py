"""The balance can be read but not written, so the card is charged again and again (Twilio, 18 July 2013).

For 46 minutes whatever is charged can't be written down. Right: more than half of those affected are charged more than twice.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from tests.worlds import judged

SCENARIO = """
name: db-write-outage
clock: {start: "09:00", duration: 2h, drain: 60min}
traffic: {rate: 12/min, price: 50 USD}
customers:
  patience: {constant: 5h}
  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}
  polling: {every: 30s, give_up: 3h}
provider: {latency: {uniform: [300ms, 900ms]}}
faults:
  - {FAULT}
"""
DESIGN = "name: x\nfrom: outbox\npayment: {key: KEY, breaker: none}\n"
# The payment workers' own writes fail; all writes of the one database do, so that only who has just been accepted is charged.
FAULTS = {
    "the payment's": 'errors: payment, after: charge, at: "09:42", for: 46min',
    "most of all": 'errors: database, on: writes, p: 60%, at: "09:42", for: 46min',
}


def charged(fault: str, key: str) -> np.ndarray:
    """How often each purchase was charged."""
    scenario = parse_scenario(SCENARIO.replace("FAULT", FAULTS[fault]))
    return judged(scenario, parse_design(DESIGN.replace("KEY", key)), 0)[1].audit.charged


@pytest.mark.parametrize("fault", FAULTS)
def test_more_than_half_of_the_affected_are_charged_more_than_twice(fault: str) -> None:
    """Where all of the payment's writes fail, each delivery charges, 30 s apart: 1.5 min before the end is 3 or more.

    Where 60 % of all writes fail, a second charge follows a failed write, and a third another: 60 %, or more.
    """
    counts = charged(fault, "none")
    affected = (counts > 1).sum()
    assert affected > 200
    assert (counts > 2).sum() / affected > 0.5


@pytest.mark.parametrize("fault", FAULTS)
def test_a_key_at_the_provider_closes_it(fault: str) -> None:
    assert charged(fault, "order").max() == 1
