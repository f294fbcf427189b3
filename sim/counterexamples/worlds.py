"""Tiny worlds, drawn: a handful of customers, when they tap, and the troubles they meet. Lists shrink, seeds don't.

A trouble is a part of a scenario file. A world has any of them at the same time: a design may survive each alone and not both
together, such as a charge that comes late and a call that breaks down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from sim.config.model import Distribution
from sim.counterexamples.hunt import WAITING

DRAIN = "20min"  # everything that was drawn is over by then, and whoever looks after things has had time to
STEPS = {  # what a process can be struck after
    "checkout": ("insert", "claim", "accept", "charge", "begin", "authorise", "inquire", "renew", "commit", "publish", "take"),
    "payment": ("charge", "authorise", "capture", "inquire", "renew", "commit", "publish"),
    "completer": ("charge", "inquire", "renew", "commit", "publish"),
    "reconciler": ("commit", "publish", "refund", "capture", "void"),
    "canceller": ("inquire", "cancel", "commit", "publish"),
    "relay": ("publish", "mark"),
    "renewals": ("insert", "claim", "accept", "take", "charge", "authorise", "commit", "publish"),
}
CONSUMERS = {"loyalty": ("award",), "read_model": ("apply",)}
NOT_DRAWN = (
    "keys that the provider has forgotten by the time of a retry (window W11), a rate limit of the provider, refunds that it "
    "refuses, and authorisations that expire"
)
MOST = 5  # troubles of one world
ONCE = ("a slow provider", "a slow database")  # two of one kind, one upon the other, would make work that outlasts the world
Part = dict[str, Any]


def _clock(second: int) -> str:
    return f"07:00:{second:02d}"


seconds = st.integers(0, 20)
moments = seconds.map(_clock)
spans = st.sampled_from(["1s", "5s", "20s"])
struck = st.sampled_from([(component, step) for component, steps in (STEPS | CONSUMERS).items() for step in steps])
paused = st.sampled_from([(component, step) for component, steps in STEPS.items() for step in steps])


def _customers(**knobs: Any) -> Part:
    return {"customers": knobs}


def _impatient(patience: str, again: str) -> Part:
    other = {"tap_again": "refresh", "refresh": "tap_again"}[again]
    return _customers(patience={"constant": patience}, after_patience={again: "100%", other: "0%", "leave": "0%"})


def _fault(**fault: Any) -> Part:
    return {"faults": [{name.rstrip("_"): value for name, value in fault.items()}]}


# Shares of calls leave room for one another: together they stay below 100 %, so that whoever tries on is through in the end.
TROUBLES: dict[str, st.SearchStrategy[Part]] = {
    "double taps": st.sampled_from(["300ms", "1ms", "2s"]).map(lambda gap: _customers(double_tap={"p": "100%", "gap": gap})),
    "impatience": st.builds(
        _impatient, st.sampled_from(["200ms", "2s", "6s", "20s"]), st.sampled_from(["tap_again", "refresh"])
    ),
    "other baskets": st.just(_customers(changes_basket={"p": "100%"})),
    "lost requests": st.just({"network": {"request_lost": "50%"}}),
    "lost answers": st.just({"network": {"answer_lost": "50%"}}),
    "refused calls": st.just({"provider": {"failed": "30%"}}),
    "calls that break down": st.booleans().map(
        lambda stored: {"provider": {"errored": "30%", "keys": {"stores_errors": stored}}}
    ),
    "calls without an answer": st.just({"provider": {"ambiguous": "30%"}}),
    "late charges": st.sampled_from(["90s", "4s"]).map(
        lambda late: {"provider": {"late": {"p": "50%", "by": {"constant": late}}}}
    ),
    "late answers": st.just({"provider": {"answer": {"uniform": ["0s", "8s"]}}}),
    "keys that wait": st.just({"provider": {"keys": {"in_flight": "wait"}}}),
    "webhooks": st.sampled_from(["0%", "50%"]).map(
        lambda lost: {
            "provider": {
                "failed": "30%",
                "webhooks": {
                    "delay": {"uniform": ["0s", "20s"]},
                    "duplicated": "50%",
                    "lost": lost,
                    "failures": True,
                    "moves": True,
                },
            }
        }
    ),
    "crashes after a step": st.builds(
        lambda where, times: _fault(crash=where[0], after=where[1], times=times, restart="5s"), struck, st.integers(1, 2)
    ),
    "crashes of instances": st.builds(
        lambda what, at: _fault(crash=what, at=at, restart="5s"),
        st.sampled_from(["checkout", "payment", "relay", "completer"]),
        moments,
    ),
    "cut connections": st.builds(
        lambda at, times: _fault(crash="checkout", restart="5s", how="resets", **({"at": at} if times is None else times)),
        moments,
        st.sampled_from([None, {"after": "charge", "times": 1}]),
    ),
    "errors of a process": st.builds(
        lambda where, times: _fault(errors=where[0], after=where[1], times=times), paused, st.integers(1, 2)
    ),
    "errors of the database": st.builds(
        lambda at, lasts, on, how: _fault(errors="database", at=at, for_=lasts, p="50%", on=on, how=how),
        moments,
        st.sampled_from(["1s", "5s"]),
        st.sampled_from(["writes", "all"]),
        st.sampled_from(["rolled_back", "committed"]),
    ),
    "payments finished at the provider": st.sampled_from(["100%", "50%"]).map(
        lambda returns: {
            "provider": {
                "challenge": {"p": "50%", "takes": {"constant": "20s"}, "returns": returns, "returns_twice": "30%"},
                "webhooks": {"delay": {"uniform": ["0s", "20s"]}},
            }
        }
    ),
    "pauses": st.builds(
        lambda where, lasts: _fault(pause=where[0], after=where[1], times=1, for_=lasts),
        paused,
        st.sampled_from(["20s", "60s"]),
    ),
    "brownouts": st.builds(
        lambda at, failed: _fault(
            brownout="provider", at=at, for_="1s", latency="x1", **{"failed": "0%", "ambiguous": "0%", failed: "70%"}
        ),
        moments,
        st.sampled_from(["ambiguous", "failed"]),
    ),
    "outages": st.builds(
        lambda what, at, lasts: _fault(**what, at=at, for_=lasts),
        st.sampled_from(
            [
                *({"outage": what} for what in ("provider", "checkout", "database", "loyalty", "read_model")),
                *({"outage": what, "how": "hangs"} for what in ("provider", "checkout")),
            ]
        ),
        moments,
        spans,
    ),
    "a slow provider": st.builds(
        lambda at, lasts, times: _fault(brownout="provider", at=at, for_=lasts, latency=times),
        moments,
        spans,
        st.sampled_from(["x10", "x30"]),
    ),
    "a slow database": st.builds(
        lambda at, lasts, times: _fault(slow="database", at=at, for_=lasts, times=times),
        moments,
        spans,
        st.sampled_from(["x100", "x1000"]),
    ),
    "the last of a kind": st.sampled_from([1, 2]).map(lambda left: {"accounts": {"stock": left}}),
    "coupons": st.just({"accounts": {"coupon": {"balance": 1, "shared_by": 1}}}),
    "renewals": st.builds(
        lambda count, again: {
            "renewals": {"count": count, "at": "07:00:10"},
            "faults": [{"rerun": "renewals", "at": _clock(again)}] if again is not None else [],
        },
        st.integers(1, 3),
        st.none() | st.integers(10, 30),
    ),
    "rebalances": st.builds(
        lambda what, at: _fault(rebalance=what, at=at), st.sampled_from(["payment", "loyalty", "read_model", "all"]), moments
    ),
    "agents": st.sampled_from(["ignored", "taken"]).map(
        lambda late: _customers(agents={"share": "50%", "deadline": "2s", "thinks": {"constant": "1s"}, "late": late})
    ),
    "other cards": st.just({"provider": {"declined": "50%"}} | _customers(after_decline={"other_card": "100%"})),
    "repeated messages": st.just(_fault(duplicates="broker", p="50%")),
}
KINDS = ", ".join(TROUBLES)


@st.composite
def worlds(draw: st.DrawFn, troubles: Sequence[str] = ()) -> Part:
    """A scenario as its file would say it, less its defaults, with those troubles; or, if none is named, with any of them.

    The simplest is one customer and no trouble.
    """
    arrivals = draw(st.lists(seconds, min_size=1, max_size=3))
    world: Part = {
        "clock": {"start": "07:00", "duration": "1min", "drain": DRAIN},
        "traffic": {"times": [_clock(second) for second in sorted(arrivals)]},
        "customers": {"patience": {"constant": "1h"}},
        "provider": {
            "latency": {"constant": draw(st.sampled_from(["500ms", "50ms", "3s"]))},
            "challenge": WAITING,
        },
    }
    chosen = list(troubles) or draw(st.lists(st.sampled_from(list(TROUBLES)), max_size=MOST))
    for number, name in enumerate(chosen):
        if name not in ONCE or name not in chosen[:number]:
            world = _with(world, draw(TROUBLES[name]))
    return world


def _with(world: Part, part: Part) -> Part:
    """The world with a part more: sections are merged, faults follow one another, and the later of two values holds."""
    result = dict(world)
    for key, value in part.items():
        old = result.get(key)
        if key == "faults":
            result[key] = [*(old or []), *value]
        elif isinstance(value, dict) and isinstance(old, dict) and not _is_one_of(old):
            result[key] = _with(old, value)
        else:
            result[key] = value
    return result


def _is_one_of(section: Part) -> bool:
    """Whether it is a distribution, which another one replaces as a whole."""
    return bool(set(section) & set(Distribution.model_fields))
