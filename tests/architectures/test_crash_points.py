"""Tiny worlds of one customer, asserted event by event: once with nothing wrong, then one world per crash point.

Times are constant: network 20 ms one way, computing 10 ms, a transaction 4 ms, the provider 450 ms, publishing 3 ms, delivery
5 ms, an award 10 ms, the view 20 ms; the app gives up after 8 s and tries again 1 s later; the relay polls every 500 ms.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.worlds import ONE_CUSTOMER, design, morning, timeline, world

# (architecture, crash as "component after step") -> what happens, and what it comes to: charged, ordered, awarded, unconverged
WORLDS = {
    ("naive", ""): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        3.511 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("idempotent", ""): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        3.511 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", ""): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        1.027 award for order 0
        1.037 order 0 visible
        3.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("naive", "checkout after insert"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.034 crash checkout after insert
        9.000 request 1 sent
        9.034 charge 0 of order 1 sent
        9.034 order 1 created
        9.484 charge 0 captured
        9.484 charge 0 known CAPTURED
        9.488 order 1 confirmed
        9.506 award for order 1
        9.511 request 1 answered CONFIRMED
        9.516 order 1 visible
        12.511 purchase 0 seen
        """,
        (1, 1, 1, 1),
    ),
    ("naive", "checkout after charge"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.484 crash checkout after charge
        9.000 request 1 sent
        9.034 charge 1 of order 1 sent
        9.034 order 1 created
        9.484 charge 1 captured
        9.484 charge 1 known CAPTURED
        9.488 order 1 confirmed
        9.506 award for order 1
        9.511 request 1 answered CONFIRMED
        9.516 order 1 visible
        12.511 purchase 0 seen
        """,
        (2, 1, 1, 1),
    ),
    ("naive", "checkout after commit"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.488 crash checkout after commit
        9.000 request 1 sent
        9.034 charge 1 of order 1 sent
        9.034 order 1 created
        9.484 charge 1 captured
        9.484 charge 1 known CAPTURED
        9.488 order 1 confirmed
        9.506 award for order 1
        9.511 request 1 answered CONFIRMED
        9.516 order 1 visible
        12.511 purchase 0 seen
        """,
        (2, 2, 1, 1),
    ),
    ("naive", "checkout after publish"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.491 crash checkout after publish
        0.506 award for order 0
        0.516 order 0 visible
        9.000 request 1 sent
        9.034 charge 1 of order 1 sent
        9.034 order 1 created
        9.484 charge 1 captured
        9.484 charge 1 known CAPTURED
        9.488 order 1 confirmed
        9.506 award for order 1
        9.511 request 1 answered CONFIRMED
        9.516 order 1 visible
        12.511 purchase 0 seen
        """,
        (2, 2, 2, 0),
    ),
    ("idempotent", "checkout after claim"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.034 crash checkout after claim
        9.000 request 1 sent
        9.054 request 1 answered CONFLICT
        10.054 request 2 sent
        10.108 request 2 answered CONFLICT
        45.036 charge 0 of order 0 sent
        45.486 charge 0 captured
        45.486 charge 0 known CAPTURED
        45.490 order 0 confirmed
        45.508 award for order 0
        45.518 order 0 visible
        46.108 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("idempotent", "checkout after charge"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.484 crash checkout after charge
        9.000 request 1 sent
        9.054 request 1 answered CONFLICT
        10.054 request 2 sent
        10.108 request 2 answered CONFLICT
        45.036 charge 1 of order 0 sent
        45.486 charge 1 known CAPTURED
        45.490 order 0 confirmed
        45.508 award for order 0
        45.518 order 0 visible
        46.108 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("idempotent", "checkout after commit"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.488 crash checkout after commit
        9.000 request 1 sent
        9.054 request 1 answered CONFIRMED
        """,
        (1, 1, 0, 1),
    ),
    ("idempotent", "checkout after publish"): (
        """
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.491 crash checkout after publish
        0.506 award for order 0
        0.516 order 0 visible
        9.000 request 1 sent
        9.054 request 1 answered CONFIRMED
        12.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "checkout after accept"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.034 crash checkout after accept
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        1.027 award for order 0
        1.037 order 0 visible
        9.000 request 1 sent
        9.054 request 1 answered CONFIRMED
        12.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "relay after publish"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.504 crash relay after publish
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        21.026 award for order 0
        21.053 order 0 visible
        21.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "relay after mark"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.508 crash relay after mark
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        21.027 award for order 0
        21.037 order 0 visible
        21.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "payment after charge"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.959 crash payment after charge
        30.514 charge 1 of order 0 sent
        30.964 charge 1 known CAPTURED
        30.968 order 0 confirmed
        31.087 award for order 0
        31.097 order 0 visible
        33.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "payment after commit"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        0.963 crash payment after commit
        1.027 award for order 0
        1.037 order 0 visible
        3.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "loyalty after award"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        1.027 award for order 0
        1.027 crash loyalty after award
        1.037 order 0 visible
        3.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
    ("outbox", "read_model after apply"): (
        """
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.529 crash read_model after apply
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        1.027 award for order 0
        20.549 order 0 visible
        21.054 purchase 0 seen
        """,
        (1, 1, 1, 0),
    ),
}


@pytest.mark.parametrize(("architecture", "crash"), WORLDS, ids=lambda value: value.replace(" ", "-") or "calm")
def test_one_customer_one_crash(architecture: str, crash: str) -> None:
    """A process that dies after a step leaves behind what was in the database, at the provider and on its way, no more."""
    expected, counts = WORLDS[architecture, crash]
    component, _, step = crash.partition(" after ")
    fault = f"faults: [{{crash: {component}, after: {step}, times: 1}}]\n" if crash else ""
    tables, audit = morning(world(ONE_CUSTOMER + fault), design(architecture))
    assert timeline(tables) == [line.strip() for line in expected.strip().splitlines()]
    assert (audit.charged[0], audit.ordered[0], audit.awarded[0], np.isinf(audit.agreed_s).sum()) == counts


PATIENT = """
customers:
  patience: {constant: 1h}
  reaction: {constant: 150s}
  after_patience: {tap_again: 100%, refresh: 0, leave: 0}
"""
REFUSED = """
faults:
  - {crash: CHARGING, after: charge, times: 1, restart: 5s}
  - {outage: provider, at: "07:00:01", for: 1min}
"""


@pytest.mark.parametrize(
    ("architecture", "charging"), [("idempotent", "checkout"), ("inquiry", "checkout"), ("outbox", "payment")]
)
def test_a_refusal_says_nothing_about_a_call_whose_caller_died(architecture: str, charging: str) -> None:
    """A worker dies with the card charged, and whoever takes over is refused: the order stays open until the truth is known.

    Were it called failed, the reconciler would give the money back, and a later tap would be answered with the provider's
    stored "captured": a coffee that nobody has paid for.
    """
    text = ONE_CUSTOMER.replace("customers:\n  patience: {constant: 1h}\n", PATIENT.lstrip()) + REFUSED.replace(
        "CHARGING", charging
    )
    tables, audit = morning(world(text), design(architecture))
    assert audit.ordered[0] == 1
    assert audit.kept[0] == 1
    assert not audit.unpaid[0]
    assert len(tables.crashes) == 1


@pytest.mark.parametrize(("marks", "lost"), [("after", 0), ("before", 1)])
def test_a_relay_publishes_each_row_once(marks: str, lost: int) -> None:
    """Rows are marked before they are published or after it. Only those that a relay had marked when it died are lost."""
    chosen = design("outbox", {"relay": {"marks": marks}, "recovery": {"reconcile_every": None}})
    calm, _ = morning(world(), chosen)
    assert (calm.counts["broker_published"], calm.counts["outbox_written"], calm.counts["outbox_pending"]) == (2, 2, 0)
    died, audit = morning(world(ONE_CUSTOMER + "faults: [{crash: relay, after: mark, times: 1}]\n"), chosen)
    assert died.counts["outbox_lost"] == lost
    assert audit.unsettled[0] == bool(lost)
