"""What the reporters changed is the first or the second that `explain` names, for every report of which it is a knob."""

from __future__ import annotations

import pytest

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.explanation.story import Explanation, explain
from tests.cases import world
from tests.tiers import slow

# report -> the design as it was reported, and what its reporters did
REPORTS = {
    "proxy-timeout": (
        "from: naive\napp: {timeout: 10min, retry: {never: true}}\npayment: {timeout: 10min}\ncheckout: {workers: 64}\n"
        "proxy: {timeout: 60s, tries: 3}\n",
        "proxy: {timeout: 11min}",
    ),
    "sdk-new-key": (
        "from: idempotent\napp: {timeout: 20s}\npayment: {timeout: 5s, sdk: {key: fresh}}\n",
        "payment: {sdk: {key: same}}",
    ),
    "db-write-outage": ("from: outbox\npayment: {key: none, breaker: none}\n", "payment: {key: order}"),
    "key-per-screen": ("from: idempotent\napp: {key: page}\n", "app: {key: purchase}"),
    "lock-ttl": (
        "from: idempotent\napp: {timeout: 90s, retry: {never: true}}\npayment: {timeout: 60s, key: none}\nclaim: {lock: 10s}\n"
        "checkout: {workers: 64}\n",
        "claim: {lock: 61s}",
    ),
    "late-failure-webhook": ("from: idempotent\npayment: {webhooks: trusted}\n", "payment: {webhooks: checked}"),
    "check-at-start-mark-at-end": ("from: idempotent\nclaim: {guard: check_then_mark}\n", "claim: {guard: unique}"),
    "replica-lag": (
        "from: idempotent\napp: {retry: {never: true}, timeout: 20s}\nclaim: {guard: check_then_insert}\n"
        "database: {replica: {lag: {constant: 5s}}}\n",
        "database: {replica: none}",
    ),
    "retry-without-asking": ("from: naive\napp: {timeout: 20s, retry: {never: true}}\n", "from: inquiry"),
    "refresh-pays-twice": (
        "from: naive\napp: {retry: {never: true}, timeout: 30s}\npayment: {timeout: 30s}\n",
        "from: idempotent",
    ),
    "outbox-id-gap": (
        "from: outbox\ndatabase: {write: {exponential: 8ms}}\nrelay: {finds: by_id, poll_every: 100ms}\n",
        "relay: {finds: unmarked}",
    ),
    "points-twice": ("from: idempotent\npayment: {webhooks: trusted}\n", "payment: {webhooks: checked}"),
}


@pytest.mark.parametrize("report", slow(list(REPORTS), but=("check-at-start-mark-at-end", "sdk-new-key")))
def test_the_change_that_helped_is_named_first_or_second(report: str) -> None:
    """And it helps everybody who was harmed in that way on that morning."""
    design, change = REPORTS[report]
    told = explain(parse_scenario(world(report)), parse_design(design), most=2)
    assert isinstance(told, Explanation)
    after = {remedy.text: remedy.after for remedy in told.remedies}
    assert after.get(change) == 0
