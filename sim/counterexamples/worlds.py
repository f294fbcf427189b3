"""Tiny worlds, drawn: a handful of customers, when they tap, and an explicit list of faults. Lists shrink, seeds don't."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

DRAIN = "20min"  # everything that was drawn is over by then, and whoever looks after things has had time to
STEPS = {  # what a process can be struck after
    "checkout": ("insert", "claim", "accept", "charge", "inquire", "renew", "commit", "publish"),
    "payment": ("charge", "inquire", "renew", "commit", "publish"),
    "completer": ("charge", "inquire", "renew", "commit", "publish"),
    "reconciler": ("commit", "publish", "refund"),
    "relay": ("publish", "mark"),
}
CONSUMERS = {"loyalty": ("award",), "read_model": ("apply",)}
KINDS = (
    "double taps, impatience and other baskets, lost requests and answers, refused calls, errors that are stored, late "
    "charges, webhooks that come twice and out of order, crashes and pauses after every step, crashes of instances, brownouts, "
    "outages, a slow database, repeated messages"
)
NOT_DRAWN = "keys that the provider has forgotten by the time of a retry (window W11)"
CALM = {"failed": 0, "ambiguous": 0, "errored": 0}  # the shares of a call's fates, which add up to at most 100 %


def _clock(second: int) -> str:
    return f"07:00:{second:02d}"


seconds = st.integers(0, 20)
moments = seconds.map(_clock)
spans = st.sampled_from(["1s", "5s", "20s"])
struck = st.sampled_from([(component, step) for component, steps in (STEPS | CONSUMERS).items() for step in steps])
paused = st.sampled_from([(component, step) for component, steps in STEPS.items() for step in steps])

faults = st.one_of(
    st.builds(
        lambda where, times: {"crash": where[0], "after": where[1], "times": times, "restart": "5s"}, struck, st.integers(1, 2)
    ),
    st.builds(
        lambda at, fate: {"brownout": "provider", "at": at, "for": "1s", "latency": "x1", **CALM, fate: "100%"},
        moments,
        st.sampled_from(["ambiguous", "failed"]),
    ),
    st.builds(
        lambda where, lasts: {"pause": where[0], "after": where[1], "times": 1, "for": lasts},
        paused,
        st.sampled_from(["20s", "60s"]),
    ),
    st.builds(
        lambda what, at, lasts: {"outage": what, "at": at, "for": lasts},
        st.sampled_from(["provider", "database", "loyalty", "read_model"]),
        moments,
        spans,
    ),
    st.builds(
        lambda what, at: {"crash": what, "at": at, "restart": "5s"},
        st.sampled_from(["checkout", "payment", "relay", "completer"]),
        moments,
    ),
    st.just({"duplicates": "broker", "p": "50%"}),
)
slowness = st.one_of(  # one at most: two of them, one upon the other, would make work that outlasts the morning
    st.builds(
        lambda at, lasts, times: {"brownout": "provider", "at": at, "for": lasts, "latency": times},
        moments,
        spans,
        st.sampled_from(["x10", "x30"]),
    ),
    st.builds(
        lambda at, lasts, times: {"slow": "database", "at": at, "for": lasts, "times": times},
        moments,
        spans,
        st.sampled_from(["x100", "x1000"]),
    ),
)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario as its file would say it, less its defaults. The simplest is one customer and no fault."""
    arrivals = draw(st.lists(seconds, min_size=1, max_size=3))
    customers: dict[str, Any] = {"patience": {"constant": "1h"}}
    patience = draw(st.sampled_from(["", "200ms", "2s", "6s", "20s"]))
    if patience:
        customers["patience"] = {"constant": patience}
        again = draw(st.sampled_from(["tap_again", "refresh"]))
        other = {"tap_again": "refresh", "refresh": "tap_again"}[again]
        customers["after_patience"] = {again: "100%", other: "0%", "leave": "0%"}
    gap = draw(st.sampled_from(["", "300ms", "1ms", "2s"]))
    if gap:
        customers["double_tap"] = {"p": "100%", "gap": gap}
    world: dict[str, Any] = {
        "clock": {"start": "07:00", "duration": "1min", "drain": DRAIN},
        "traffic": {"times": [_clock(second) for second in sorted(arrivals)]},
        "customers": customers,
        "provider": {"latency": {"constant": draw(st.sampled_from(["500ms", "50ms", "3s"]))}},
    }
    lost = draw(st.sampled_from(["", "answer_lost", "request_lost"]))
    if lost:
        world["network"] = {lost: "50%"}
    trouble = draw(st.sampled_from(["", "errored", "failed", "webhooks", "late"]))
    if trouble == "webhooks":
        world["provider"] |= {
            "failed": "50%",
            "webhooks": {"delay": {"uniform": ["0s", "20s"]}, "duplicated": "50%", "failures": True},
        }
    elif trouble:
        world["provider"][trouble] = {"p": "50%", "by": {"constant": "90s"}} if trouble == "late" else "50%"
    if draw(st.booleans()):
        customers["changes_basket"] = {"p": "100%"}
    world["faults"] = draw(st.lists(faults, max_size=4)) + draw(st.lists(slowness, max_size=1))
    return world
