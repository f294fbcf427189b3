"""The failure windows on tiny worlds of one customer, event by event: a design that the window hurts, and one that closes it.

Times are constant where nothing else is said: network 20 ms one way, computing 10 ms, a transaction 4 ms, the provider 450 ms.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np
import pytest

from sim.architectures import ARCHITECTURES, load_design
from sim.config.knobs import knobs
from sim.config.library import load_scenario, names
from sim.config.scenario import Scenario
from sim.ledger.violations import VIOLATIONS, harmed
from tests.worlds import design, judged, timeline, world

Chosen = tuple[str, dict[str, Any]]


class Tiny(NamedTuple):
    """A world in which a window is open, a design that it hurts with all that happens then, and a design that closes it."""

    scenario: str
    seed: int
    open: Chosen
    closed: Chosen
    harm: list[str]
    story: str
    arrivals: tuple[float, ...] = (0.0,)


TINY = {
    "w01": Tiny(  # two taps, two requests, two orders
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          double_tap: {p: 100%, gap: 300ms}
          max_submissions: 2
        provider:
          latency: {constant: 450ms}
        """,
        seed=0,
        open=("naive", {}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.300 request 1 sent
        0.334 charge 1 of order 1 sent
        0.334 order 1 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        0.784 charge 1 captured
        0.784 charge 1 known CAPTURED
        0.788 order 1 confirmed
        0.806 award for order 1
        0.811 request 1 answered CONFIRMED
        0.816 order 1 visible
        3.511 purchase 0 seen
        """,
    ),
    "w02": Tiny(  # the answer is lost, the app asks again
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        network: {answer_lost: 50%}
        provider:
          latency: {constant: 450ms}
        """,
        seed=1,
        open=("naive", {}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
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
    ),
    "w03": Tiny(  # a refresh before the answer
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {uniform: [200ms, 5s]}
          after_patience: {tap_again: 0%, refresh: 100%, leave: 0%}
        provider:
          latency: {constant: 450ms}
        """,
        seed=4,
        open=("naive", {}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.360 request 1 sent
        0.394 charge 1 of order 1 sent
        0.394 order 1 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        0.844 charge 1 captured
        0.844 charge 1 known CAPTURED
        0.848 order 1 confirmed
        0.866 award for order 1
        0.871 request 1 answered CONFIRMED
        0.876 order 1 visible
        3.871 purchase 0 seen
        """,
    ),
    "w04": Tiny(  # the worker dies with the charge in its head
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {crash: payment, after: charge, times: 1}
        """,
        seed=0,
        open=("outbox", {"payment": {"key": "none"}}),
        closed=("outbox", {}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.959 crash payment after charge
        30.514 charge 1 of order 0 sent
        30.964 charge 1 captured
        30.964 charge 1 known CAPTURED
        30.968 order 0 confirmed
        31.087 award for order 0
        31.097 order 0 visible
        33.054 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w05": Tiny(  # charged, and the answer never comes
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {brownout: provider, at: "07:00", for: 600ms, latency: x1, ambiguous: 100%}
        """,
        seed=0,
        open=("outbox", {"payment": {"key": "none"}}),
        closed=("outbox", {}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        5.509 charge 0 known UNKNOWN
        5.907 charge 1 of order 0 sent
        6.357 charge 1 captured
        6.357 charge 1 known CAPTURED
        6.361 order 0 confirmed
        6.545 award for order 0
        6.555 order 0 visible
        9.054 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w06": Tiny(  # a stored error is replayed for ever
        """
        clock: {start: "07:00", duration: 10s, drain: 30s}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          errored: 50%
        """,
        seed=1,
        open=("idempotent", {"payment": {"after_error": "same_key"}}),
        closed=("idempotent", {}),
        harm=["never_confirmed", "unconverged", "retracted"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known ERROR
        0.511 request 0 answered PENDING
        15.012 charge 1 of order 0 sent
        15.462 charge 1 known ERROR
        30.024 charge 2 of order 0 sent
        30.474 charge 2 known ERROR
        """,
    ),
    "w07": Tiny(  # confirmed, and nobody is told
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {crash: payment, after: commit, times: 1}
        """,
        seed=0,
        open=("outbox", {"payment": {"news": "direct"}}),
        closed=("outbox", {}),
        harm=["under_award", "unconverged"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        0.963 crash payment after commit
        """,
    ),
    "w08": Tiny(  # published again after the relay's crash
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {crash: relay, after: publish, p: 50%, times: 1}
        """,
        seed=0,
        open=("outbox", {"loyalty": {"inbox": None}}),
        closed=("outbox", {}),
        harm=["over_award"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        0.509 charge 0 of order 0 sent
        0.959 charge 0 captured
        0.959 charge 0 known CAPTURED
        0.963 order 0 confirmed
        1.012 crash relay after publish
        1.027 award for order 0
        1.037 order 0 visible
        3.054 purchase 0 seen
        21.531 award for order 0
        """,
    ),
    "w09": Tiny(  # a webhook that comes twice
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          webhooks: {delay: {constant: 2s}, duplicated: 50%}
        """,
        seed=0,
        open=("idempotent", {"payment": {"webhooks": "trusted"}}),
        closed=("idempotent", {"payment": {"webhooks": "checked"}}),
        harm=["over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.508 request 0 answered CONFIRMED
        2.506 award for order 0
        2.516 award for order 0
        2.536 order 0 visible
        3.508 purchase 0 seen
        """,
    ),
    "w10": Tiny(  # the news of a refusal comes after that of the charge
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          answer: {constant: 400ms}
          webhooks: {delay: {uniform: [100ms, 20s]}, failures: true}
        faults:
          - {brownout: provider, at: "07:00", for: 600ms, latency: x1, failed: 100%}
        """,
        seed=0,
        open=("idempotent", {"payment": {"webhooks": "trusted"}}),
        closed=("idempotent", {"payment": {"webhooks": "checked"}}),
        harm=["over_award", "never_confirmed", "retracted"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.884 charge 0 known FAILED
        0.908 request 0 answered FAILED
        1.908 request 1 sent
        1.942 charge 1 of order 0 sent
        2.392 charge 1 captured
        2.792 charge 1 known CAPTURED
        2.796 order 0 confirmed
        2.816 request 1 answered CONFIRMED
        10.790 award for order 0
        10.800 order 0 visible
        11.816 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w11": Tiny(  # the provider has forgotten the key
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          keys: {ttl: 10s}
        faults:
          - {brownout: provider, at: "07:00", for: 600ms, latency: x1, ambiguous: 100%}
        """,
        seed=0,
        open=("idempotent", {}),
        closed=("idempotent", {"payment": {"key_lasts": "10s"}}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        5.034 charge 0 known UNKNOWN
        5.061 request 0 answered PENDING
        20.016 charge 1 of order 0 sent
        20.466 charge 1 captured
        20.466 charge 1 known CAPTURED
        20.470 order 0 confirmed
        20.488 award for order 0
        20.498 order 0 visible
        23.061 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w12": Tiny(  # two workers on one order
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {pause: checkout, after: claim, for: 60s, times: 1}
        """,
        seed=0,
        open=("idempotent", {"payment": {"key": "none"}}),
        closed=("idempotent", {}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.034 pause of 60 s: checkout after claim
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
        60.034 charge 1 of order 0 sent
        60.484 charge 1 captured
        60.484 charge 1 known CAPTURED
        180.450 charge 1 refunded
        """,
    ),
    "w13": Tiny(  # nothing charged so far, says the provider
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          late: {p: 50%, by: {constant: 90s}}
        """,
        seed=0,
        open=("inquiry", {}),
        closed=("inquiry", {"completer": {"after": "3min"}}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        5.034 charge 0 known UNKNOWN
        5.061 request 0 answered PENDING
        40.482 charge 1 of order 0 sent
        45.482 charge 1 known UNKNOWN
        80.514 charge 2 of order 0 sent
        85.514 charge 2 known UNKNOWN
        90.484 charge 0 captured
        120.550 order 0 confirmed
        120.568 award for order 0
        120.578 order 0 visible
        122.061 purchase 0 seen
        130.932 charge 1 captured
        170.964 charge 2 captured
        240.450 charge 1 refunded
        240.900 charge 2 refunded
        """,
    ),
    "w14": Tiny(  # both look before either inserts
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          double_tap: {p: 100%, gap: 1ms}
          max_submissions: 2
        provider:
          latency: {constant: 450ms}
        """,
        seed=0,
        open=("idempotent", {"claim": {"guard": "check_then_insert"}}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.001 request 1 sent
        0.035 charge 0 of order 0 sent
        0.035 order 0 created
        0.036 charge 1 of order 1 sent
        0.036 order 1 created
        0.485 charge 0 captured
        0.485 charge 0 known CAPTURED
        0.486 charge 1 captured
        0.486 charge 1 known CAPTURED
        0.489 order 0 confirmed
        0.490 order 1 confirmed
        0.507 award for order 0
        0.512 request 0 answered CONFIRMED
        0.513 request 1 answered CONFIRMED
        0.517 order 0 visible
        0.517 award for order 1
        0.537 order 1 visible
        3.512 purchase 0 seen
        """,
    ),
    "w15": Tiny(  # the first basket's answer for the second basket
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {uniform: [200ms, 5s]}
          after_patience: {tap_again: 0%, refresh: 100%, leave: 0%}
          changes_basket: {p: 100%}
        provider:
          latency: {constant: 450ms}
        """,
        seed=4,
        open=("idempotent", {"claim": {"fingerprint": False}}),
        closed=("idempotent", {}),
        harm=["wrong_amount"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.360 request 1 sent
        0.414 request 1 answered CONFLICT
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        1.414 request 2 sent
        1.468 request 2 answered CONFIRMED
        4.468 purchase 0 seen
        """,
    ),
    "w16": Tiny(  # a new key, and the call with the old one lands
        """
        clock: {start: "07:00", duration: 10s, drain: 25min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          late: {p: 50%, by: {constant: 90s}}
          errored: 40%
        """,
        seed=15,
        open=("idempotent", {"payment": {"lands_within": "0s"}}),
        closed=("idempotent", {}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        5.034 charge 0 known UNKNOWN
        5.061 request 0 answered PENDING
        20.016 charge 1 of order 0 sent
        20.466 charge 1 known ERROR
        35.028 charge 2 of order 0 sent
        35.478 charge 2 captured
        35.478 charge 2 known CAPTURED
        35.482 order 0 confirmed
        35.500 award for order 0
        35.510 order 0 visible
        38.061 purchase 0 seen
        90.484 charge 0 captured
        180.450 charge 0 refunded
        """,
    ),
    "w17": Tiny(  # the proxy waits for a second, the provider takes two
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          max_submissions: 1
        provider:
          latency: {constant: 2s}
        """,
        seed=0,
        open=("naive", {"app": {"retry": {"never": True}}, "proxy": {"timeout": "1500ms", "tries": 2}}),
        closed=("naive", {"app": {"retry": {"never": True}}, "proxy": {"timeout": "2500ms", "tries": 2}}),
        harm=["double_charge", "duplicate_order", "over_award", "misinformed"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        1.534 charge 1 of order 1 sent
        1.534 order 1 created
        2.034 charge 0 captured
        2.034 charge 0 known CAPTURED
        2.038 order 0 confirmed
        2.056 award for order 0
        2.066 order 0 visible
        3.040 request 0 answered UNAVAILABLE
        3.534 charge 1 captured
        3.534 charge 1 known CAPTURED
        3.538 order 1 confirmed
        3.556 award for order 1
        3.566 order 1 visible
        5.040 purchase 0 left
        """,
    ),
    "w18": Tiny(  # the library waits for a second, the provider takes two
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {brownout: provider, at: "07:00", for: 1s, latency: x5}
        """,
        seed=0,
        open=("idempotent", {"payment": {"sdk": {"timeout": "1s", "key": "fresh"}}}),
        closed=("idempotent", {"payment": {"sdk": {"timeout": "1s"}}}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        1.034 charge 0 known UNKNOWN
        1.534 charge 1 of order 0 sent
        1.984 charge 1 captured
        1.984 charge 1 known CAPTURED
        1.988 order 0 confirmed
        2.006 award for order 0
        2.011 request 0 answered CONFIRMED
        2.016 order 0 visible
        2.284 charge 0 captured
        5.011 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w19": Tiny(  # the order is there, and the shop is told that it isn't
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {errors: database, on: writes, how: committed, at: "07:00:00", for: 500ms, p: 50%}
        """,
        seed=0,
        open=("naive", {}),
        closed=("outbox", {}),
        harm=["double_charge", "duplicate_order", "unconverged"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.488 error database after write
        0.508 request 0 answered FAILED
        1.508 request 1 sent
        1.542 charge 1 of order 1 sent
        1.542 order 1 created
        1.992 charge 1 captured
        1.992 charge 1 known CAPTURED
        1.996 order 1 confirmed
        2.014 award for order 1
        2.019 request 1 answered CONFIRMED
        2.024 order 1 visible
        5.019 purchase 0 seen
        """,
    ),
    "w20": Tiny(  # the first has charged, and the other two hold both connections for longer than it waits
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 2s}
        """,
        seed=0,
        open=("naive", {"database": {"connections": 2, "timeout": "1s"}, "payment": {"in_transaction": True}}),
        closed=("naive", {"database": {"connections": 2, "timeout": "1s"}}),
        harm=["double_charge", "unconverged"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        1.100 request 1 sent
        1.100 request 2 sent
        1.134 order 1 created
        1.138 charge 1 of order 1 sent
        1.138 order 2 created
        2.034 charge 2 of order 2 sent
        2.034 charge 0 captured
        2.034 charge 0 known CAPTURED
        3.054 request 0 answered FAILED
        3.138 charge 1 captured
        3.138 charge 1 known CAPTURED
        3.142 order 1 confirmed
        3.160 award for order 1
        3.165 request 1 answered CONFIRMED
        3.170 order 1 visible
        4.034 charge 2 captured
        4.034 charge 2 known CAPTURED
        4.038 order 2 confirmed
        4.054 request 3 sent
        4.056 award for order 2
        4.061 request 2 answered CONFIRMED
        4.066 order 2 visible
        4.088 charge 3 of order 3 sent
        4.088 order 3 created
        6.088 charge 3 captured
        6.088 charge 3 known CAPTURED
        6.092 order 3 confirmed
        6.110 award for order 3
        6.115 request 3 answered CONFIRMED
        6.120 order 3 visible
        6.165 purchase 1 seen
        7.061 purchase 2 seen
        9.115 purchase 0 seen
        """,
        arrivals=(0.0, 1.1, 1.1001),
    ),
    "w21": Tiny(  # the webhook comes while the shop asks for the customer who is back
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          challenge: {p: 100%, takes: {constant: 20s}}
          webhooks: {delay: {constant: 100ms}}
        """,
        seed=0,
        open=("idempotent", {"payment": {"webhooks": "checked", "finishes": "each_path"}}),
        closed=("idempotent", {"payment": {"webhooks": "checked"}}),
        harm=["duplicate_order", "unpaid_order", "over_award", "unconverged"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known CHALLENGED
        0.511 request 0 answered REDIRECT
        20.511 request 1 sent
        20.511 charge 0 captured
        20.615 order 1 created
        20.619 order 1 confirmed
        20.637 award for order 1
        20.647 order 1 visible
        20.996 order 0 confirmed
        21.014 award for order 0
        21.019 request 1 answered CONFIRMED
        21.024 order 0 visible
        24.019 purchase 0 seen
        """,
    ),
    "w22": Tiny(  # paid, and the page is closed
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          challenge: {p: 100%, takes: {constant: 20s}, returns: 0%}
        """,
        seed=0,
        open=("naive", {}),
        closed=("idempotent", {}),
        harm=["orphan_charge", "never_confirmed", "unconverged"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known CHALLENGED
        0.511 request 0 answered REDIRECT
        20.511 charge 0 captured
        """,
    ),
    "w23": Tiny(  # the second authorisation is a second hold
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          max_submissions: 1
        provider:
          latency: {constant: 450ms}
        faults:
          - {crash: checkout, after: authorise, times: 1}
        """,
        seed=0,
        open=("outbox", {"payment": {"key": "none", "capture": {"after": "1min"}}, "recovery": {"reconcile_every": None}}),
        closed=("outbox", {"payment": {"capture": {"after": "1min"}}}),
        harm=["blocked"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known AUTHORISED
        0.484 charge 0 held
        0.484 crash checkout after authorise
        5.039 charge 1 of order 0 sent
        5.489 charge 1 known AUTHORISED
        5.489 charge 1 held
        5.493 order 0 confirmed
        5.536 award for order 0
        5.546 order 0 visible
        9.000 request 1 sent
        9.054 request 1 answered CONFIRMED
        12.054 purchase 0 seen
        65.948 charge 0 captured
        65.948 charge 0 held no more
        """,
    ),
    "w24": Tiny(  # the second tap comes while the first is being paid
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          double_tap: {p: 100%, gap: 1s}
          max_submissions: 2
        provider:
          latency: {constant: 2s}
        """,
        seed=0,
        open=("idempotent", {"claim": {"guard": "check_then_mark"}}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.035 charge 0 of order 0 sent
        0.035 order 0 created
        1.000 request 1 sent
        1.035 charge 1 of order 1 sent
        1.035 order 1 created
        2.035 charge 0 captured
        2.035 charge 0 known CAPTURED
        2.039 order 0 confirmed
        2.057 award for order 0
        2.062 request 0 answered CONFIRMED
        2.067 order 0 visible
        3.035 charge 1 captured
        3.035 charge 1 known CAPTURED
        3.039 order 1 confirmed
        3.057 award for order 1
        3.062 request 1 answered CONFIRMED
        3.067 order 1 visible
        5.062 purchase 0 seen
        """,
    ),
    "w25": Tiny(  # the answer is lost; the replica knows nothing of the order yet
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 2s}
          after_patience: {tap_again: 100%, refresh: 0%, leave: 0%}
          max_submissions: 2
        network: {latency: {constant: 20ms}, answer_lost: 50%}
        provider:
          latency: {constant: 450ms}
        """,
        seed=1,
        open=("idempotent", {"claim": {"guard": "check_then_mark"}, "database": {"replica": {"lag": {"constant": "5s"}}}}),
        closed=("idempotent", {"claim": {"guard": "check_then_mark"}}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.035 charge 0 of order 0 sent
        0.035 order 0 created
        0.485 charge 0 captured
        0.485 charge 0 known CAPTURED
        0.489 order 0 confirmed
        0.507 award for order 0
        0.517 order 0 visible
        2.000 request 1 sent
        2.035 charge 1 of order 1 sent
        2.035 order 1 created
        2.485 charge 1 captured
        2.485 charge 1 known CAPTURED
        2.489 order 1 confirmed
        2.507 award for order 1
        2.512 request 1 answered CONFIRMED
        2.517 order 1 visible
        5.512 purchase 0 seen
        """,
    ),
    "w26": Tiny(  # five minutes without news, and nobody asks
        """
        clock: {start: "07:00", duration: 10s, drain: 20min}
        customers:
          patience: {constant: 1h}
          after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}
          polling: {every: 30s, give_up: 1h}
        provider:
          latency: {constant: 450ms}
          ambiguous: 100%
          webhooks: {delay: {constant: 400s}}
        """,
        seed=0,
        open=(
            "idempotent",
            {
                "payment": {"webhooks": "checked"},
                "completer": {"after": "1h"},
                "recovery": {"reconcile_every": None, "cancel_after": "5min", "asks_first": False},
            },
        ),
        closed=(
            "idempotent",
            {
                "payment": {"webhooks": "checked"},
                "completer": {"after": "1h"},
                "recovery": {"reconcile_every": None, "cancel_after": "5min"},
            },
        ),
        harm=["misinformed"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        5.034 charge 0 known UNKNOWN
        5.061 request 0 answered PENDING
        367.061 purchase 0 left
        400.488 order 0 confirmed
        400.506 award for order 0
        400.516 order 0 visible
        """,
    ),
    "w27": Tiny(  # both look at the card before either has paid
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 2s}
        accounts:
          gift-card: {balance: 1000, takes: 650, shared_by: 2}
        """,
        seed=0,
        open=("idempotent", {"taking": {"guard": "check_then_take", "when": "at_settlement"}}),
        closed=("idempotent", {}),
        harm=["oversold"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.035 charge 0 of order 0 sent
        1.000 request 1 sent
        1.034 order 1 created
        1.035 charge 1 of order 1 sent
        2.035 charge 0 captured
        2.035 charge 0 known CAPTURED
        2.039 order 0 confirmed
        2.057 award for order 0
        2.062 request 0 answered CONFIRMED
        2.067 order 0 visible
        3.035 charge 1 captured
        3.035 charge 1 known CAPTURED
        3.039 order 1 confirmed
        3.057 award for order 1
        3.062 request 1 answered CONFIRMED
        3.067 order 1 visible
        5.062 purchase 0 seen
        6.062 purchase 1 seen
        """,
        arrivals=(0.0, 1.0),
    ),
    "w28": Tiny(  # the second takes what the first has in hand no more
        """
        clock: {start: "07:00", duration: 1min, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          challenge: {p: 100%, takes: {constant: 30s}}
        accounts:
          table: {balance: 1, shared_by: 2}
        """,
        seed=0,
        open=("idempotent", {"taking": {"reserve": {"for": "10s", "every": "2s", "late": "confirmed"}}}),
        closed=("idempotent", {}),
        harm=["oversold"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.038 charge 0 of order 0 sent
        0.488 charge 0 known CHALLENGED
        0.515 request 0 answered REDIRECT
        15.000 request 1 sent
        15.034 order 1 created
        15.038 charge 1 of order 1 sent
        15.488 charge 1 known CHALLENGED
        15.515 request 1 answered REDIRECT
        30.515 request 2 sent
        30.515 charge 0 captured
        31.000 order 0 confirmed
        31.018 award for order 0
        31.023 request 2 answered CONFIRMED
        31.028 order 0 visible
        34.023 purchase 0 seen
        45.515 request 3 sent
        45.515 charge 1 captured
        46.000 order 1 confirmed
        46.018 award for order 1
        46.023 request 3 answered CONFIRMED
        46.028 order 1 visible
        49.023 purchase 1 seen
        """,
        arrivals=(0.0, 15.0),
    ),
    "w29": Tiny(  # nobody is there, and the job runs again a minute later
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        provider:
          latency: {constant: 450ms}
        renewals: {count: 1, at: "07:00:05"}
        faults: [{rerun: renewals, at: "07:01"}]
        """,
        seed=0,
        open=("idempotent", {"renewal_job": {"key": "run", "looks_first": False}}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        5.014 charge 0 of order 0 sent
        5.014 order 0 created
        5.464 charge 0 captured
        5.464 charge 0 known CAPTURED
        5.468 order 0 confirmed
        5.486 award for order 0
        5.496 order 0 visible
        60.014 charge 1 of order 1 sent
        60.014 order 1 created
        60.464 charge 1 captured
        60.464 charge 1 known CAPTURED
        60.468 order 1 confirmed
        60.486 award for order 1
        60.496 order 1 visible
        """,
        arrivals=(),
    ),
    "w30": Tiny(  # five seconds until it is acknowledged, and a rebalance after two
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {rebalance: loyalty, at: "07:00:02"}
        """,
        seed=0,
        open=("idempotent", {"broker": {"commit_every": "5s"}}),
        closed=("idempotent", {"broker": {"commit_every": "5s"}, "loyalty": {"inbox": {}}}),
        harm=["over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        2.015 award for order 0
        3.511 purchase 0 seen
        """,
    ),
    "w31": Tiny(  # held for 50 s, and delivered again after 30 s
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
          keys: none
        """,
        seed=0,
        open=("outbox", {"payment": {"after": "50s", "held_by": "worker"}, "broker": {"visibility": "30s"}}),
        closed=("outbox", {"payment": {"after": "50s", "held_by": "broker"}, "broker": {"visibility": "30s"}}),
        harm=["double_charge"],
        story="""
        0.000 request 0 sent
        0.034 order 0 created
        0.054 request 0 answered PENDING
        50.034 charge 0 of order 0 sent
        50.034 charge 1 of order 0 sent
        50.484 charge 0 captured
        50.484 charge 1 captured
        50.484 charge 0 known CAPTURED
        50.484 charge 1 known CAPTURED
        50.488 order 0 confirmed
        50.626 award for order 0
        50.636 order 0 visible
        51.054 purchase 0 seen
        120.450 charge 1 refunded
        """,
    ),
    "w32": Tiny(  # dead after two tries, of which the first had its effect
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
        provider:
          latency: {constant: 450ms}
        faults:
          - {crash: loyalty, after: award, times: 2, restart: 1s}
        """,
        seed=0,
        open=(
            "idempotent",
            {"broker": {"dead_letters": {"after": 2, "replay_every": "1min", "ids": "new"}}, "loyalty": {"inbox": {}}},
        ),
        closed=(
            "idempotent",
            {
                "broker": {"dead_letters": {"after": 2, "replay_every": "1min", "ids": "new"}},
                "loyalty": {"inbox": {"by": "order"}},
            },
        ),
        harm=["over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 captured
        0.484 charge 0 known CAPTURED
        0.488 order 0 confirmed
        0.506 award for order 0
        0.506 crash loyalty after award
        0.511 request 0 answered CONFIRMED
        0.516 order 0 visible
        3.511 purchase 0 seen
        30.511 crash loyalty after award
        120.015 award for order 0
        """,
    ),
    "w33": Tiny(  # the deadline is over while the first call is being paid
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          agents: {share: 100%, deadline: 3s, plans: 2, thinks: {constant: 500ms}}
        provider:
          latency: {constant: 4s}
        """,
        seed=0,
        open=("idempotent", {"app": {"agent_key": "given"}}),
        closed=("idempotent", {}),
        harm=["double_charge", "duplicate_order", "over_award"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        3.500 request 1 sent
        3.534 charge 1 of order 1 sent
        3.534 order 1 created
        4.034 charge 0 captured
        4.034 charge 0 known CAPTURED
        4.038 order 0 confirmed
        4.056 award for order 0
        4.066 order 0 visible
        7.000 purchase 0 left
        7.534 charge 1 captured
        7.534 charge 1 known CAPTURED
        7.538 order 1 confirmed
        7.556 award for order 1
        7.566 order 1 visible
        """,
    ),
    "w34": Tiny(  # the shop remembers what it has answered for that key
        """
        clock: {start: "07:00", duration: 10s, drain: 10min}
        customers:
          patience: {constant: 1h}
          after_decline: {other_card: 100%}
        provider:
          latency: {constant: 450ms}
          declined: 50%
        """,
        seed=1,
        open=("idempotent", {"app": {"other_card": "same_key"}}),
        closed=("idempotent", {}),
        harm=["never_confirmed"],
        story="""
        0.000 request 0 sent
        0.034 charge 0 of order 0 sent
        0.034 order 0 created
        0.484 charge 0 known DECLINED
        0.511 request 0 answered DECLINED
        20.511 request 1 sent
        20.565 request 1 answered DECLINED
        """,
    ),
}


def found(tiny: Tiny, chosen: Chosen) -> tuple[list[str], list[str]]:
    """All that happened, and the kinds of harm."""
    name, changed = chosen
    scenario = world("name: tiny\n" + dedent(tiny.scenario), arrivals=tiny.arrivals)
    tables, evidence = judged(scenario, design(name, changed), tiny.seed)
    return timeline(tables), [kind for kind, violation in VIOLATIONS.items() if violation.flags(evidence).any()]


@pytest.mark.parametrize("window", TINY)
def test_one_customer_in_an_open_window(window: str) -> None:
    """What happens, step by step, and the harm that comes of it."""
    tiny = TINY[window]
    story, harm = found(tiny, tiny.open)
    assert story == [line.strip() for line in tiny.story.strip().splitlines()]
    assert harm == tiny.harm


@pytest.mark.parametrize("window", TINY)
def test_the_same_customer_with_the_window_closed(window: str) -> None:
    """One knob or another architecture, and nothing is wrong with the purchase."""
    tiny = TINY[window]
    assert found(tiny, tiny.closed)[1] == []


OFF: dict[str, dict[str, Any]] = {
    "w01": {"customers": {"double_tap": {"p": "0%"}}},
    "w02": {"network": {"answer_lost": "0%"}},
    "w03": {"customers": {"patience": {"constant": "1h"}}},
    "w05": {"provider": {"ambiguous": "0%"}},
    "w06": {"provider": {"errored": "0%"}},
    "w09": {"provider": {"webhooks": {"duplicated": "0%"}}},
    "w10": {"provider": {"failed": "0%"}},
    "w13": {"provider": {"late": {"p": "0%"}}},
    "w14": {"customers": {"double_tap": {"p": "0%"}}},
    "w15": {"customers": {"patience": {"constant": "1h"}}},
    "w16": {"provider": {"late": {"p": "0%"}, "errored": "10%"}},
    "w17": {"provider": {"latency": {"constant": "450ms"}}},
    "w18": {"provider": {"latency": {"constant": "450ms"}}},
    "w20": {"provider": {"latency": {"constant": "100ms"}}},
    "w21": {"provider": {"challenge": {"p": "0%"}}},
    "w22": {"provider": {"challenge": {"p": "50%"}}},
    "w24": {"customers": {"double_tap": {"p": "0%"}}},
    "w25": {"network": {"answer_lost": "0%"}},
    "w26": {"provider": {"ambiguous": "0%", "webhooks": {"lost": "0%"}}},
    "w27": {"accounts": {"gift-card": {"balance": 2000}}},
    "w28": {"accounts": {"table": {"balance": 2}}},
    "w33": {"customers": {"agents": {"share": "0%"}}},
    "w34": {"provider": {"declined": "0%"}},
}  # and no faults in any of them

WINDOWS = [name for name in names() if name.startswith("windows/")]


def switched_off(window: str) -> Scenario:
    """The same scenario without the one thing that opens its window."""
    scenario = load_scenario(window).model_copy(update={"faults": ()})
    for section, keys in OFF.get(window.split("/")[1][:3], {}).items():
        model = getattr(scenario, section)
        if isinstance(model, dict):  # of accounts
            changed = {name: each.model_copy(update=keys[name]) for name, each in model.items()}
            scenario = scenario.model_copy(update={section: changed})
            continue
        new = type(model).model_validate({**_given(model), **keys})
        scenario = scenario.model_copy(update={section: new})
    return scenario


def _given(model: Any) -> dict[str, Any]:
    return {name: getattr(model, name) for name in model.model_fields_set}


def test_each_window_has_its_tiny_world() -> None:
    """W1 and so on, each in a file whose name begins with its number, told in three sentences."""
    numbers = [name.split("/")[1][:3] for name in WINDOWS]
    assert numbers == sorted(set(numbers)) == sorted(TINY)
    for name in WINDOWS:
        assert load_scenario(name).story.strip().count(". ") == 2, name


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ARCHITECTURES, "trusted-webhooks"])
@pytest.mark.parametrize("window", WINDOWS)
def test_without_its_one_fault_a_window_is_clean(window: str, name: str) -> None:
    """Nothing but the window itself does any harm."""
    _, evidence = judged(switched_off(window), load_design(name))
    assert not harmed(evidence).any()


# variant -> the one knob that differs, or those that go together, and windows that it opens or closes against its architecture
VARIANTS = {
    "key-per-submission": ("app.key", {"w01": True, "w03": True, "w02": False}),
    "no-provider-key": ("payment.key", {"w04": True, "w05": True, "w12": True, "w07": False}),
    "check-then-insert": ("claim.guard", {"w14": True, "w01": False}),
    "cached-declines": ("claim.stores_failures", {"w06": True, "w10": True}),
    "same-key-for-ever": ("payment.after_error", {"w06": True}),
    "dual-write": ("payment.news", {"w07": True, "w04": False}),
    "no-inbox": ("loyalty.inbox", {"w08": True, "w07": False}),
    "short-inbox": ("loyalty.inbox", {"w08": True}),
    "mark-before-publish": ("relay.marks", {"w08": True}),
    "last-seen-id": ("relay.finds", {"w08": False}),
    "no-reconciler": ("recovery.reconcile_every", {"w05": False, "w13": True}),
    "trusted-webhooks": ("payment.webhooks", {"w09": True, "w10": True}),
    "checked-webhooks": ("payment.webhooks", {"w09": False, "w10": False}),
    "forgetful-keys": ("claim.ttl", {"w02": True}),
    "asks-before-late-retry": ("payment.key_lasts", {"w11": False}),
    "no-fingerprint": ("claim.fingerprint", {"w15": True}),
    "hasty-key": ("payment.lands_within", {"w16": True, "w06": False, "w13": False}),
    "patient-inquiry": ("completer.after", {"w13": False}),
    "proxy-repeats": ("proxy", {"w17": True, "w20": False}),
    "keyed-behind-a-proxy": ("proxy", {"w17": False}),
    "library-new-keys": ("payment.sdk", {"w18": True}),
    "library-same-key": ("payment.sdk", {"w18": False}),
    "call-in-transaction": ("database.connections, database.timeout, payment.in_transaction", {"w20": True, "w17": False}),
    "authorises-first": ("payment.capture", {"w23": False, "w22": False}),
    "check-then-mark": ("claim.guard", {"w24": True, "w25": False}),
    "reads-behind": ("claim.guard, database.replica", {"w24": True, "w25": True}),
    "sells-the-last-twice": ("taking.guard, taking.when", {"w27": True, "w29": False}),
    "short-reservations": ("taking.reserve", {"w28": True, "w27": False}),
    "refunds-late-payments": ("taking.reserve", {"w28": False}),
    "renews-by-run": ("renewal_job.key, renewal_job.looks_first", {"w29": True, "w27": False}),
    "cancels-unpaid": (
        "payment.webhooks, completer.after, recovery.reconcile_every, recovery.cancel_after, recovery.asks_first",
        {"w26": True},
    ),
    "asks-before-cancelling": (
        "payment.webhooks, completer.after, recovery.reconcile_every, recovery.cancel_after",
        {"w26": False},
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_differs_by_one_knob(name: str) -> None:
    """So that a lesson is a diff."""
    variant = load_design(name)
    plain = type(variant).model_validate({"name": name})
    changed = [".".join(knob.path) for knob in knobs(variant, plain) if not knob.is_default]
    assert sorted(key for key in changed if key not in ("name", "summary")) == sorted(VARIANTS[name][0].split(", "))


@pytest.mark.parametrize(("name", "window"), [(name, window) for name, (_, told) in VARIANTS.items() for window in told])
def test_what_a_variant_opens_or_closes(name: str, window: str) -> None:
    """A window that is open for a variant hurts somebody in one morning; one that is closed hurts nobody."""
    scenario = load_scenario(next(known for known in WINDOWS if known.startswith(f"windows/{window}")))
    _, evidence = judged(scenario, load_design(name))
    assert harmed(evidence).any() == VARIANTS[name][1][window]


def test_the_outbox_protects_what_comes_after_the_commit_and_a_provider_key_the_charge() -> None:
    """An outbox without a provider key charges twice in W4 and W5; a dual write loses points in W7, an outbox doesn't."""

    def harm(window: str, name: str) -> dict[str, int]:
        scenario = load_scenario(next(known for known in WINDOWS if known.startswith(f"windows/{window}")))
        _, evidence = judged(scenario, load_design(name))
        return {kind: int(violation.flags(evidence).sum()) for kind, violation in VIOLATIONS.items()}

    for window in ("w04", "w05"):
        assert harm(window, "no-provider-key")["double_charge"] > 0
        assert sum(harm(window, "outbox").values()) == 0
    for name in ("idempotent", "dual-write"):
        assert harm("w07", name)["under_award"] > 0
        assert harm("w07", name)["double_charge"] == 0
    assert sum(harm("w07", "outbox").values()) == 0


def test_a_relay_that_looks_for_higher_ids_never_finds_a_late_commit() -> None:
    """Three transactions begin at once, and the last one commits first: the relay sees its row and looks for higher ids from
    then on, so the other two orders are never paid. A relay that looks for unmarked rows misses none."""
    slow = {"database": {"write": {"exponential": "400ms"}}, "relay": {"poll_every": "100ms"}}
    scenario = world(arrivals=(0.0, 0.01, 0.02))
    _, evidence = judged(scenario, design("outbox", slow | {"relay": {"poll_every": "100ms", "finds": "by_id"}}), 1)
    assert np.flatnonzero(VIOLATIONS["never_confirmed"].flags(evidence)).tolist() == [0, 1]
    assert not harmed(judged(scenario, design("outbox", slow), 1)[1]).any()
