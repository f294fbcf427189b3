"""The numbers in the warnings, each worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sim.architectures.lint import lint
from sim.architectures.lint.capacity import at_least
from sim.architectures.lint.rule import about, down, share, up
from sim.config.design import merged
from sim.config.library import load_scenario, parse_scenario
from tests.architectures.lint.cases import FIXED, THREE_LAYERS, Knobs, of, quarter

NEVER = {"retry": {"never": True}}
LATE_ANSWERS = {"latency": {"constant": "900ms"}, "answer": {"lognormal": {"median": "3s", "sigma": 0.8}}}
FOUR = {"answer": {"constant": "4s"}}


def leavers(**people: Any) -> str:
    """People who leave when their patience ends, and what else they do."""
    return quarter(customers={"after_patience": {"tap_again": 0, "refresh": 0, "leave": "100%"}, **people})


LEAVERS = leavers()
BUSY = quarter(traffic={"rate": "5/s"})
HANGING = quarter(traffic={"rate": "5/s"}, faults=[{"outage": "provider", "at": "07:05", "for": "3min", "how": "hangs"}])
AWARDS = {"award": {"constant": "120ms"}}


def said(name: str, knobs: Knobs, world: str) -> dict[str, str]:
    scenario = None if not world else parse_scenario(world) if "\n" in world else load_scenario(world)
    return {hazard.rule: hazard.message for hazard in lint(of(name, knobs), scenario)}


@pytest.mark.parametrize(
    ("rule", "name", "knobs", "world", "number"),
    [
        # 4 taps unless the scenario says otherwise; a budget takes the app's retries out, so there are two layers
        ("retries-multiply", "outbox", THREE_LAYERS, "", "4 taps × 3 requests × 3 charges = 36 calls of the provider"),
        ("retries-multiply", "outbox", merged(THREE_LAYERS, {"proxy": {"tries": 2}}), "", "4 taps × 6 requests × 3 charges"),
        ("retries-multiply", "outbox", merged(THREE_LAYERS, {"payment": {"sdk": {"tries": 2}}}), "", "3 requests × 6 charges"),
        ("retries-multiply", "outbox", THREE_LAYERS, quarter(customers={"max_submissions": 3}), "= 27 calls"),
        ("retries-multiply", "outbox", {"app": {"key": "none"}}, "", "4 taps × 3 requests × charges without end"),
        ("retries-multiply", "outbox", merged(THREE_LAYERS, {"app": {"retry_budget": "10%"}}), "", None),
        ("retries-multiply", "outbox", merged(THREE_LAYERS, {"app": {"key": "submission"}}), "", None),
        # who leaves doesn't tap again; a double tap is one more, an order placed because the view is stale another, or both
        ("retries-multiply", "outbox", THREE_LAYERS, LEAVERS, None),
        ("retries-multiply", "idempotent", {"app": {"key": "request"}}, LEAVERS, None),
        ("retries-multiply", "outbox", THREE_LAYERS, leavers(double_tap={"p": "1%"}), "2 taps × 3 requests × 3 charges"),
        ("retries-multiply", "outbox", THREE_LAYERS, leavers(reorder_when_stale={"p": "1%"}), "2 taps × 3 requests"),
        ("retries-multiply", "outbox", THREE_LAYERS,
         leavers(double_tap={"p": "1%"}, reorder_when_stale={"p": "1%"}, max_submissions=3), "3 taps × 3 requests"),
        # of a latency of .9 s and an answer of 3 s x exp(.8 x z), 4.1 s and more are 1 - F(.3905) = 34.8 %
        ("timeout-too-short", "outbox", {}, quarter(provider=LATE_ANSWERS), "35% of the provider's answers take longer than"),
        # 4.9 s to 5.9 s, evenly; 1 % of .9 to 1.9 s are 1.89 s; an answer of 4 s every time
        ("timeout-too-short", "outbox", {}, quarter(provider={"latency": {"uniform": ["900ms", "1900ms"]}, **FOUR}), "90% of"),
        ("timeout-too-short", "outbox", {"payment": {"timeout": "5891ms"}},
         quarter(provider={"latency": {"uniform": ["900ms", "1900ms"]}, **FOUR}), None),
        # .9 s x exp(.9 z): 5 s and more are 1 - F(1.905) = 2.8 %, and not 2.8000000000000003 %
        ("timeout-too-short", "idempotent", {}, quarter(provider={"latency": {"lognormal": {"median": "900ms", "sigma": 0.9}}}),
         "on a good day 2.8% of the provider's answers"),
        # .3 to .6 s evenly, and 4 s: the slowest hundredth 4.597 s, half of them 4.45 s, a third more than 4.5 s
        ("timeout-told-as-failure", "naive", {}, quarter(provider=FOUR), "slow answer takes 4.6s"),
        ("answer-waits-for-provider", "idempotent", {}, quarter(provider=FOUR, objectives={"ack_latency_p50": "4s"}),
         "the answer waits for the provider, 4.5s at ack_latency_p50"),
        ("breaker-opens-by-chance", "outbox", {"payment": {"timeout": "4500ms"}}, quarter(provider=FOUR), "33% of the calls"),
        # the claim's 10 minutes, the completer's 10 s and 5 s; or no completer
        ("lock-too-long", "idempotent", {"claim": {"lock": "10min"}}, "", "is taken up after 10min, and people stop looking"),
        ("lock-too-long", "idempotent", {"claim": {"lock": "585s"}}, "", None),
        ("lock-too-long", "idempotent", {"claim": {"lock": "586s"}}, "", "after 10min"),
        # the provider takes .45 s, and its answer's way 1 s on average: 5 a second keep 7.34 workers
        ("overloaded", "idempotent", {"checkout": {"workers": 7}},
         quarter(traffic={"rate": "5/s"}, provider={"answer": {"exponential": "1s"}}), "keep 7.34 checkout workers"),
        # timeouts of 8 s and sleeps of 1 s before tries 2 and 3: 18 s; the default app sleeps up to .5 and 1 s: 17.5 s
        ("key-forgotten", "idempotent", {"app": {"key": "submission", "retry": FIXED}, "claim": {"ttl": "17s"}}, "",
         "the app can try again after 18s"),
        ("key-forgotten", "idempotent", {"app": {"key": "submission"}, "claim": {"ttl": "17600ms"}}, "", None),
        # 3 times the 99th percentile of patience, 10 s x exp(.8236 x 2.3263) = 67.9 s, and 17.5 s: 221 s
        ("key-forgotten", "outbox", {"claim": {"ttl": "220s"}}, "", "people can try again after 3.7min"),
        ("key-forgotten", "outbox", {"claim": {"ttl": "222s"}}, "", None),
        ("key-forgotten", "outbox", {"app": {"retry": {"fixed": {}}}, "claim": {"ttl": "1d"}}, "", "can try for ever"),
        # .45 s x exp(.6 x 2.3263) = 1.82 s, and ten times as much in the rush's brownout
        ("timeout-told-as-failure", "naive", {}, "", "the provider's slow answer takes 1.8s (99th percentile)"),
        ("timeout-told-as-failure", "naive", {}, "morning-rush", "takes 18s (99th percentile in a brownout of x10)"),
        # the broker: 30 s and 5 ms; the relay: 20 s to restart, .5 s to poll, 100 rows of 3 ms: 20.8 s
        ("inbox-forgets", "outbox", {"loyalty": {"inbox": {"window": "30s"}}}, "", "can come again after 30s"),
        ("inbox-forgets", "outbox", {"loyalty": {"inbox": {"window": "31s"}}}, "", None),
        ("inbox-forgets", "outbox", {"loyalty": {"inline": True, "inbox": {"window": "20s"}}}, "", "can come again after 21s"),
        ("inbox-forgets", "outbox", {"loyalty": {"inbox": {"window": "5min"}}},
         quarter(faults=[{"outage": "loyalty", "at": "07:05", "for": "5min"}]), "can come again after 5.5min"),
        # 99 % of 5 minutes against the rush's 4; of 4 minutes, which is just met
        ("slow-relay", "outbox", {"relay": {"poll_every": "5min"}}, "morning-rush", "at least 5min; the objective is 4min"),
        ("slow-relay", "outbox", {"relay": {"poll_every": "4min"}}, "morning-rush", None),
        # 5 a second, each .45 s at the provider, 10 ms of computing, two transactions of 4 ms: 2.34 workers
        ("overloaded", "idempotent", {"checkout": {"workers": 2}}, BUSY, "keep 2.34 checkout workers"),
        ("overloaded", "idempotent", {"checkout": {"workers": 3}}, BUSY, None),
        # a relay that takes 4 rows in .5 s + 1 ms + 4 ms + 4 x 3 ms, and 10 rows a second
        ("overloaded", "outbox", {"relay": {"batch": 4}}, BUSY, "keep 1.29 relays busy, of 1"),
        # 8 rows in as long and 8 x 3 ms: .66, and 5 a second of 120 ms in which the relay waits for loyalty
        ("overloaded", "outbox", {"relay": {"batch": 8}, "loyalty": {"inline": True, **AWARDS}}, BUSY, "keep 1.26 relays"),
        ("overloaded", "outbox", {"relay": {"batch": 8}, "loyalty": AWARDS}, BUSY, None),
        # 5 a second for 3 minutes, 16 workers held for 5 s each: 3.2 a second, 576 orders; 2 every 5 s take 1,440 s of 1,320
        ("completer-falls-behind", "idempotent", {}, HANGING, None),
        ("completer-falls-behind", "idempotent", {"completer": {"batch": 2}}, HANGING, "leaves about 576 orders"),
        ("completer-falls-behind", "idempotent", {"completer": {"batch": 2}}, HANGING,
         "needs 24min for them, and the clock ends after 22min"),
        ("completer-falls-behind", "idempotent", {"completer": {"batch": 3}}, HANGING, None),
        ("completer-falls-behind", "idempotent", {"completer": {"batch": 2}, "checkout": {"workers": 14}}, HANGING, None),
        ("completer-falls-behind", "idempotent", {"completer": {"batch": 2}}, HANGING.replace("hangs", "refuses"), None),
        ("completer-falls-behind", "outbox", {}, HANGING, None),
        # 200 in the queue, of 10 ms + 4 ms + .539 s + 4 ms each, 16 at a time: 6.97 s, less than the app's 8 s; 240: 8.4 s
        ("queue-outlasts-patience", "idempotent", {}, "", None),
        ("queue-outlasts-patience", "idempotent", {"checkout": {"queue_limit": 240}}, "", "in a full queue waits for 8.4s"),
        ("queue-outlasts-patience", "idempotent", {"checkout": {"queue_limit": 240}}, "morning-rush", None),
        ("queue-outlasts-patience", "outbox", {"checkout": {"queue_limit": None}}, "", "and the app will have given up"),
        ("queue-outlasts-patience", "outbox", {"app": {"timeout": "12s"}, "checkout": {"queue_limit": None}}, "",
         "half of the people will have given up after 10s"),
        # the shop gives up after 5 s; 20 ms there and 20 ms back, and in the shop 10 ms and twice 4 ms, each exponential: of
        # that sum 1 % is above 10 ms x ln(100 / (1 - .4)^2) = 56 ms, so 5.096 s
        ("app-gives-up-first", "idempotent", {"app": {"key": "none", "timeout": "5s"}}, "", "after 5s, 96ms before it would"),
        ("app-gives-up-first", "idempotent", {"app": {"key": "none", "timeout": "5095ms"}}, "", "after 5095ms, "),
        ("app-gives-up-first", "idempotent", {"app": {"key": "none", "timeout": "5097ms"}}, "", None),
        # what comes after it: the app's retry, else a customer's next tap, else nothing but the lie
        ("app-gives-up-first", "naive", {"app": {"timeout": "5s"}}, LEAVERS, "without a key the retry is a new order"),
        ("app-gives-up-first", "naive", {"app": {"timeout": "5s", **NEVER}}, "", "without a key the next tap is a new order"),
        ("app-gives-up-first", "naive", {"app": {"timeout": "5s", **NEVER}}, LEAVERS, "the app shows a failure, charged or"),
        # one failure of 20 calls, each with .4 % and 30 in a million that take 5 s: 1 - .99597^20 = 7.8 %
        ("breaker-opens-by-chance", "outbox", {"payment": {"breaker": {"failures": "5%"}}}, "morning-rush",
         "on a good day 0.40% of the calls fail, and 1 of 20 open the breaker for 10s: by chance this happens in 7.8% of all"),
        ("breaker-opens-by-chance", "outbox", {"payment": {"breaker": {"failures": "10%"}}}, "morning-rush", None),
        # .595 a second at eight o'clock, for 60 s, each 1 + log2(20 / .5) + 60 / 10 = 12.3 calls: 440
        ("breaker-opens-too-late", "outbox", {"payment": {"breaker": {"window": 900}}}, "morning-rush",
         "450 of 900 calls must fail before it opens, and an outage of 1min sees about 440 in all"),
        ("breaker-opens-too-late", "outbox", {"payment": {"breaker": {"window": 870}}}, "morning-rush", None),
    ],
)  # fmt: skip
def test_a_number(rule: str, name: str, knobs: dict[str, Any], world: str, number: str | None) -> None:
    """As the comment above it works it out; None: the rule has nothing to say."""
    message = said(name, knobs, world).get(rule)
    assert (message is None) == (number is None)
    assert number is None or number in str(message)


@pytest.mark.parametrize(
    ("k", "n", "p", "chance"),
    [
        (0, 5, 0.3, 1.0),
        (1, 20, 0.004, 0.0770),
        (10, 20, 0.5, 0.5881),
        (20, 20, 0.5, 9.54e-7),
        (1, 5, 0.0, 0.0),
        (5, 5, 1.0, 1.0),
    ],
)
def test_the_tail_of_a_binomial(k: int, n: int, p: float, chance: float) -> None:
    """1 - .996^20, the upper half of 20 coins with half of its middle's 17.6 %, and the ends."""
    assert at_least(k, n, p) == pytest.approx(chance, rel=2e-3, abs=1e-12)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0712, "71ms"),
        (1.817, "1.8s"),
        (62.4, "62s"),
        (119, "2min"),
        (221, "3.7min"),
        (7199, "120min"),
        (11000, "3.1h"),
        (259_200, "3d"),
    ],
)
def test_two_digits(seconds: float, text: str) -> None:
    """In the longest unit of which there are two; what is not computed is said as it was given."""
    assert about(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "shorter", "longer"),
    [
        (0.0963, "96ms", "97ms"),
        (5.0963, "5s", "5.1s"),
        (61.2, "61s", "62s"),
        (180, "3min", "3min"),
        (600.1, "10min", "11min"),
        (9 * 3600, "9h", "9h"),
    ],
)
def test_two_digits_that_are_enough(seconds: float, shorter: str, longer: str) -> None:
    """Rounded to the safe side; what has two digits stays as it is."""
    assert (down(seconds), up(seconds)) == (shorter, longer)


@pytest.mark.parametrize(
    ("part", "text"), [(0.028, "2.8%"), (0.0281, "2.8%"), (0.004, "0.40%"), (0.9984, "99.8%"), (1.0, "100%"), (0.07, "7.0%")]
)
def test_a_share(part: float, text: str) -> None:
    """Two digits and no more, whatever a float would like to add; almost all is not all."""
    assert share(part) == text
