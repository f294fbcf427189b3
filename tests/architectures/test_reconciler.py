"""The reconciler of every architecture, event by event, in worlds in which nobody else finds out what was charged.

It looks at the ledger every minute and leaves charges younger than a minute alone: what was charged at once is due after 120 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.worlds import ONE_CUSTOMER, design, morning, timeline, world

ONE_TAP = ONE_CUSTOMER.replace("{constant: 1h}", "{constant: 1h}\n  max_submissions: 1")
ANSWERS_LOST = ONE_TAP.replace("450ms}", "450ms}\n  ambiguous: 100%")
KNOBS: dict[str, dict[str, Any]] = {  # one request, and nobody but the reconciler asks about it again
    "naive": {},
    "idempotent": {"completer": {"every": "1h"}},
    "inquiry": {"completer": {"every": "1h"}},
    "outbox": {"payment": {"retry": {"never": True}}},
}


def reconciled(name: str, text: str, *faults: str, knobs: dict[str, Any] | None = None) -> list[str]:
    """What happens after the first 100 seconds."""
    once = {"app": {"retry": {"never": True}}, "recovery": {"reconcile_every": "60s"}}
    chosen = design(name, {**once, **KNOBS[name], **(knobs or {})})
    tables, _ = morning(world(text + f"faults: [{', '.join(faults)}]\n"), chosen)
    return [line for line in timeline(tables) if float(line.split()[0]) > 100.0]


def crash(component: str, step: str) -> str:
    return f"{{crash: {component}, after: {step}, times: 1}}"


CONFIRMED = {  # a dual write at once, or by the relay's next poll
    "naive": ["120.004 order 0 confirmed", "120.022 award for order 0", "120.032 order 0 visible"],
    "idempotent": ["120.004 order 0 confirmed", "120.022 award for order 0", "120.032 order 0 visible"],
    "inquiry": ["120.004 order 0 confirmed", "120.022 award for order 0", "120.032 order 0 visible"],
    "outbox": ["120.004 order 0 confirmed", "120.272 award for order 0", "120.282 order 0 visible"],
}
SEEN = {
    "naive": [],
    "idempotent": ["122.061 purchase 0 seen"],
    "inquiry": ["122.061 purchase 0 seen"],
    "outbox": ["123.054 purchase 0 seen"],
}


@pytest.mark.parametrize("name", KNOBS)
def test_an_order_that_was_paid_is_confirmed(name: str) -> None:
    """A worker that died after the charge, or an answer that never came: the ledger knows, and everybody is told."""
    happened = reconciled(name, ONE_TAP, crash("checkout", "charge")) if name == "naive" else reconciled(name, ANSWERS_LOST)
    assert happened == CONFIRMED[name] + SEEN[name]


@pytest.mark.parametrize("name", KNOBS)
def test_a_reconciler_that_dies_after_its_commit(name: str) -> None:
    """The order is confirmed; the news of it is lost where it is not in the same transaction."""
    dies = crash("reconciler", "commit")
    text, faults = (ONE_TAP, [crash("checkout", "charge"), dies]) if name == "naive" else (ANSWERS_LOST, [dies])
    died = ["120.004 order 0 confirmed", "120.004 crash reconciler after commit"]
    assert reconciled(name, text, *faults) == died + (CONFIRMED[name][1:] + SEEN[name] if name == "outbox" else [])


def test_a_charge_for_an_order_that_was_given_up_is_refunded() -> None:
    """Once, also when the reconciler dies thereafter and begins again at the first row of the ledger."""
    assert reconciled("naive", ANSWERS_LOST) == ["120.450 charge 0 refunded"]
    died = ["120.450 charge 0 refunded", "120.450 crash reconciler after refund"]
    assert reconciled("naive", ANSWERS_LOST, crash("reconciler", "refund")) == died
