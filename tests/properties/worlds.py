"""Whole scenario and design files, drawn as data: traffic, people, network, provider, faults of all kinds, every knob.

Mornings are small (a dozen people, a few minutes, a drain of at most ten) and every loop has an end or a pause, so that one
takes about 10 ms. Everything else may be as strange as a file can say it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.architectures import ARCHITECTURES
from sim.config.faults import FAULTS, Step
from sim.config.presets import PRESETS
from sim.config.shares import FATES
from tests.properties.world import Data, World

Sections = st.SearchStrategy[Data]


def tiers(slow: int, deep: int) -> list[Any]:
    """How many examples in the slow tests and in those that take long; the quick ones have the first third of the slow ones."""
    return [ceil(slow / 3), pytest.param(slow, marks=pytest.mark.slow), pytest.param(deep, marks=pytest.mark.deep)]


def for_all(examples: int, holds: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> None:
    """Check a property on so many drawn examples, the same ones every time; a counter-example is made as small as it goes."""
    drawn = given(*strategies)(holds)
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(drawn)()


def drawn(strategy: st.SearchStrategy[Any], number: int) -> list[Any]:
    """So many examples at once, for checks whose cost is in starting something."""
    found: list[Any] = []

    @settings(max_examples=number, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True)
    @given(strategy)
    def note(example: Any) -> None:
        found.append(example)

    note()
    return found


# Quantities


def some(*texts: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(texts)


def times(*scales: str) -> Sections:
    """Any kind of distribution, with a mean or median of one of these."""
    scale = some(*scales)
    return st.one_of(
        st.builds(lambda s: {"constant": s}, scale),
        st.builds(lambda s: {"exponential": s}, scale),
        st.builds(lambda s, sigma: {"lognormal": {"median": s, "sigma": sigma}}, scale, some(0, 0.6, 1.5)),
        st.builds(lambda s: {"uniform": ["0s", s]}, scale),
    )


def by_percentiles(*scales: str) -> Sections:
    """Times of which the median, the 99th percentile and the longest are known."""
    return st.builds(
        lambda s, most: {"percentiles": {"p50": s, "p99": "5s", "p100": most}}, some(*scales), some("1min", "10min")
    )


rare = some("0%", "2%", "10%", "50%")  # probabilities with which something goes on
shares = some("0%", "5%", "30%", "100%")
clocks = st.integers(0, 240).map(lambda s: f"07:{s // 60:02d}:{s % 60:02d}")  # within duration and drain


def section(**keys: st.SearchStrategy[Any]) -> Sections:
    """A mapping with any of these keys; the simplest says nothing."""
    return st.fixed_dictionaries({}, optional=keys)


def all_of(**keys: st.SearchStrategy[Any]) -> Sections:
    return st.fixed_dictionaries(keys)


# Scenarios

traffic = st.builds(
    lambda how, price: {**how, **price},
    st.one_of(
        st.lists(st.integers(0, 59), min_size=1, max_size=20).map(lambda at: {"times": [f"07:00:{s:02d}" for s in sorted(at)]}),
        st.integers(2, 20).map(lambda n: {"rate": f"{n}/min"}),
        st.builds(lambda a, b: {"shape": {"07:00": f"{a}/min", "07:01": f"{b}/min"}}, st.integers(0, 20), st.integers(1, 30)),
        st.builds(lambda a, b: {"steps": {"07:00": f"{a}/min", "07:01": f"{b}/min"}}, st.integers(0, 20), st.integers(1, 30)),
        st.integers(2, 40).map(lambda n: {"profile": {"purchases": n}}),
    ),
    section(price=some("1 USD", "6.50 USD")),
)
reactions = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
    lambda cut: {"tap_again": f"{min(cut)}%", "refresh": f"{max(cut) - min(cut)}%", "leave": f"{100 - max(cut)}%"}
)
customers = section(
    patience=times("1s", "5s", "20s"),
    after_patience=reactions,
    reaction=times("1s", "2s"),
    double_tap=all_of(p=shares, gap=some("0s", "1ms", "300ms", "3s")),
    polling=all_of(every=some("3s", "10s"), give_up=some("0s", "1min", "10min")),
    reorder_when_stale=all_of(after=some("0s", "20s"), p=shares),
    changes_basket=all_of(p=shares, adds=some("1 USD", "3.50 USD")),
    after_decline=all_of(other_card=shares, takes=times("0s", "20s")),
    agents=all_of(
        share=shares,
        deadline=some("100ms", "3s", "30s"),
        plans=st.integers(1, 4),
        thinks=times("0s", "2s"),
        parallel=st.integers(1, 3),
        late=some("ignored", "taken"),
    ),
    max_submissions=st.integers(1, 6),
)
network = section(latency=times("0s", "20ms", "1s"), request_lost=rare, answer_lost=rare)
keys = st.one_of(
    st.just("none"),
    section(
        ttl=some("5s", "30s", "24h"),
        in_flight=some("conflict", "wait"),
        mismatch=some("error", "replay"),
        stores_errors=st.booleans(),
    ),
)
provider = section(
    preset=st.sampled_from(sorted(PRESETS)),
    latency=times("50ms", "450ms", "4s") | by_percentiles("50ms", "450ms", "4s"),
    declined=shares,
    failed=rare,
    ambiguous=rare,
    errored=rare,
    late=all_of(p=rare, by=times("1s", "90s")),
    answer=times("0s", "2s"),
    rate_limit=some("1/s", "5/s"),
    keys=keys,
    webhooks=section(
        delay=times("0s", "1500ms", "20s"),
        lost=rare,
        duplicated=rare,
        retry=some("5s", "5min"),
        failures=st.booleans(),
        moves=st.booleans(),
    ),
    challenge=section(
        p=shares,
        takes=times("0s", "20s"),
        abandoned=rare,
        returns=some("0%", "50%", "100%"),
        returns_twice=rare,
        lasts=some("10s", "2min", "30min"),
    ),
    authorisation=section(lasts=some("20s", "2min", "7d")),
    refunds=section(check=some("locked", "look_then_act"), failed=some("0%", "40%"), unanswered=some("0%", "40%")),
)
accounts = st.dictionaries(
    some("stock", "coupon", "card"),
    st.integers(0, 20)
    | st.fixed_dictionaries(
        {"balance": st.integers(0, 20)},
        optional={"takes": st.integers(1, 5), "p": shares, "shared_by": some("everyone", 1, 2, 3)},
    ),
    min_size=1,
    max_size=3,
)
renewals = all_of(count=st.integers(1, 8), at=clocks)
steps = some(*get_args(Step))
processes = some("checkout", "payment", "relay", "completer", "reconciler", "canceller", "releaser", "renewals")
once_or_often = st.one_of(
    clocks.map(lambda at: {"at": at}), some("30s", "2min").map(lambda every: {"every": {"exponential": every}})
)
spans = st.one_of(some("1s", "20s", "2min"), times("5s", "30s"))
striking = st.one_of(some("2%", "50%").map(lambda p: {"p": p}), st.integers(1, 3).map(lambda n: {"times": n}))
fates = dict.fromkeys(FATES, shares)
FAULT: dict[str, Sections] = {
    "brownout": st.builds(
        lambda when, knobs: {"brownout": "provider", **when, **knobs},
        once_or_often,
        st.fixed_dictionaries({"for": spans}, optional={"latency": some("x1", "x10"), **fates}),
    ),
    "outage": st.builds(
        lambda what, when, lasts: {**what, **when, "for": lasts},
        some(
            *({"outage": what} for what in ("provider", "database", "read_model", "loyalty", "checkout")),
            *({"outage": what, "how": "hangs"} for what in ("provider", "checkout")),
        ), once_or_often, spans,
    ),
    "slow": st.builds(
        lambda what, when, lasts, by: {"slow": what, **when, "for": lasts, "times": by},
        some("database", "checkout", "read_model", "loyalty"), once_or_often, spans, some("x0.5", "x10", "x100"),
    ),
    "spike": st.builds(
        lambda at, lasts, by: {"spike": "traffic", "at": at, "for": lasts, "times": by},
        clocks, some("5s", "1min"), some("x0", "x3"),
    ),
    "duplicates": rare.map(lambda p: {"duplicates": "broker", "p": p}),
    "rebalance": st.builds(
        lambda what, when: {"rebalance": what, **when}, some("payment", "loyalty", "read_model", "all"), once_or_often
    ),
    "crash": st.builds(
        lambda what, when, restart, how: {"crash": what, **when, "restart": restart, **(how if what == "checkout" else {})},
        st.one_of(processes, some("loyalty", "read_model")),
        st.one_of(once_or_often, st.builds(lambda step, often: {"after": step, **often}, steps, striking)),
        some("0s", "5s", "1min"), section(how=some("vanishes", "resets")),
    ),
    "errors": st.builds(
        lambda what, often, when: {**what, **often, **when},
        st.one_of(
            st.builds(lambda what, step: {"errors": what, "after": step}, processes, steps),
            st.builds(
                lambda knobs: {"errors": "database", **knobs},
                section(on=some("writes", "reads", "all"), how=some("rolled_back", "committed")),
            ),
        ),
        striking, st.just({}) | st.builds(lambda when, lasts: {**when, "for": lasts}, once_or_often, spans),
    ),
    "pause": st.builds(
        lambda what, step, often, lasts: {"pause": what, "after": step, **often, "for": lasts},
        processes, steps, striking, some("1s", "40s"),
    ),
    "rerun": clocks.map(lambda at: {"rerun": "renewals", "at": at}),
}  # fmt: skip
assert set(FAULT) == set(FAULTS)
faults = st.lists(st.one_of(*FAULT.values()), max_size=5)


def _kept_with_it(data: Data) -> Data:
    """What a preset gives and a provider without keys has not: one of the two."""
    given = data.get("provider", {})
    return {**data, "provider": {k: v for k, v in given.items() if k != "preset"}} if "keys" in given else data


def _due(data: Data) -> Data:
    """Renewals are run again once they are due, and not before."""
    if "faults" not in data or "renewals" not in data:
        return data
    due = data["renewals"]["at"]
    return {**data, "faults": [fault for fault in data["faults"] if "rerun" not in fault or fault["at"] >= due]}


def _fitting(data: Data) -> Data:
    """Of shares of one draw what fits into 100 %; a brownout that would inherit some says of all three what they are."""
    faults = data.get("faults", [])
    all_three = sum("brownout" in fault for fault in faults) > 1 or any(fate in data.get("provider", {}) for fate in FATES)
    own = dict.fromkeys(FATES, "0%") if all_three else {}
    fitting = [_within({**own, **fault}) if "brownout" in fault else fault for fault in faults]
    sections = {"provider": _within(data["provider"])} if "provider" in data else {}
    return {**data, **sections, **({"faults": fitting} if "faults" in data else {})}


def _within(section: Data) -> Data:
    left, kept = 100, {}
    for fate in FATES:
        if fate in section:
            kept[fate] = f"{min(int(section[fate].rstrip('%')), left)}%"
            left -= int(kept[fate].rstrip("%"))
    return {**section, **kept}


scenarios: Sections = (
    st.fixed_dictionaries(
        {
            "name": st.just("drawn"),
            "clock": st.fixed_dictionaries(
                {"start": st.just("07:00"), "duration": some("1min", "90s"), "drain": some("3min", "5min", "10min")}
            ),
            "traffic": traffic,
        },
        optional={
            "customers": customers,
            "network": network,
            "provider": provider,
            "faults": faults,
            "accounts": accounts,
            "renewals": renewals,
        },
    )
    .map(_kept_with_it)
    .map(_due)
    .map(_fitting)
)

# Designs

retry = st.one_of(
    st.just({"never": True}),
    st.builds(lambda d, n: {"fixed": {"delay": d, "attempts": n}}, some("100ms", "1s", "10s"), st.integers(1, 5)),
    st.builds(
        lambda kind, b, c, n: {kind: {"base": b, "cap": c, "attempts": n}},
        some("exponential", "full_jitter", "equal_jitter"), some("100ms", "2s"), some("1s", "10s"), st.integers(1, 5),
    ),
)  # fmt: skip
for_ever = st.builds(
    lambda kind, b: {kind: {"base": b, "cap": "20s"}}, some("exponential", "equal_jitter"), some("500ms", "5s")
)
app = section(
    timeout=some("100ms", "1s", "8s", "5min"),
    retry=retry,
    retry_budget=shares,
    key=some("none", "request", "submission", "page", "purchase"),
    before_retry=some("nothing", "look"),
    on_conflict=some("wait", "fail", "new_key"),
    other_card=some("new_key", "same_key"),
    agent_key=some("derived", "given"),
)
autoscale = st.fixed_dictionaries(
    {"min": st.just(1), "max": st.integers(24, 40)},
    optional={
        "target": some("10%", "60%", "100%"),
        "measures": some("held", "cpu"),
        "every": some("1s", "15s"),
        "warm_up": some("0s", "10s", "1min"),
        "cool_down": some("0s", "20s", "5min"),
    },
)


def _one_each(checkout: Data) -> Data:
    """Where it is autoscaled, never fewer workers than instances."""
    scale = {"autoscale": {**checkout["autoscale"], "min": checkout["instances"]}} if "autoscale" in checkout else {}
    return {**checkout, **scale}


checkout = st.integers(1, 20).flatmap(
    lambda workers: st.fixed_dictionaries(
        {"workers": st.just(workers), "instances": st.integers(1, min(workers, 4))},
        optional={
            "service": times("0s", "10ms", "500ms"),
            "queue_limit": st.one_of(some("none"), st.integers(0, 20)),
            "queue": some("shared", "per_instance"),
            "deadline_drop": st.booleans(),
            "leaver_drop": st.booleans(),
            "autoscale": autoscale,
        },
    ).map(_one_each)
)
replicas = st.one_of(
    st.just("none"), section(lag=times("0s", "1s", "30s"), reads=st.sets(some("status", "claim", "look")).map(sorted))
)
database = section(
    connections=st.integers(1, 16),
    write=times("0s", "4ms", "50ms"),
    read=times("0s", "1ms"),
    timeout=some("none", "20ms", "1s", "30s"),
    replica=replicas,
)
proxy = section(
    timeout=some("50ms", "1s", "5s", "1min"),
    tries=st.integers(1, 4),
    on=st.lists(some("timeout", "reset", "unavailable"), max_size=3, unique=True),
    late=some("ignored", "taken"),
)
sdk = section(
    timeout=some("none", "30ms", "1s"),
    tries=st.integers(1, 4),
    on=st.lists(some("timeout", "failed", "error", "conflict"), max_size=4, unique=True),
    key=some("same", "fresh", "none"),
    delay=some("0s", "500ms"),
)
read_model = section(inline=st.booleans(), apply=times("0s", "20ms", "1s"), workers=st.integers(1, 3), cache=some("0s", "5s"))
loyalty = section(
    inline=st.booleans(),
    inbox=st.one_of(st.just("none"), section(window=some("1s", "1min", "7d"), by=some("message", "order"))),
    award=times("0s", "10ms", "1s"),
)
dead_letters = section(
    after=st.integers(1, 5), replay_every=some("none", "5s", "1min"), replay_at=some("none", "07:00:20", "07:02"),
    ids=some("same", "new"),
)  # fmt: skip
broker = section(
    publish=times("0s", "3ms"), deliver=some("0s", "5ms"), visibility=some("1s", "30s"), batch=st.integers(1, 10),
    commits=some("each", "after_batch"), commit_every=some("none", "1s", "20s"),
    dead_letters=st.one_of(st.just("none"), dead_letters),
)  # fmt: skip
recovery = section(
    reconcile_every=some("none", "20s", "1min"), grace=some("0s", "60s"), cancel_after=some("none", "1s", "1min"),
    cancel_every=some("1s", "20s"), asks_first=st.booleans(),
)  # fmt: skip
taking = section(
    guard=some("atomic", "check_then_take", "read_then_write"),
    when=some("at_request", "at_settlement"),
    reserve=st.one_of(
        st.just("none"),
        section(**{"for": some("1s", "20s", "2min"), "every": some("1s", "20s"), "late": some("refused", "confirmed")}),
    ),
    gives_back=some("with_settlement", "after_it", "never"),
)
renewal_job = section(
    key=some("period", "run", "none"),
    looks_first=st.booleans(),
    machines=st.integers(1, 3),
    lock=some("none", "1s", "1min"),
    tries=st.integers(1, 3),
    wait=some("1s", "1min"),
)
claims = section(
    ttl=some("none", "5s", "1min"),
    fingerprint=st.booleans(),
    lock=some("1s", "30s"),
    guard=some("unique", "check_then_insert", "check_then_mark"),
    in_flight=some("conflict", "wait"),
    stores_failures=st.booleans(),
)
completer = section(every=some("1s", "5s"), after=some("0s", "10s", "30s"), batch=st.integers(1, 20))
calling: dict[str, st.SearchStrategy[Any]] = {
    "timeout": some("30ms", "500ms", "5s", "1min"),
    "in_transaction": st.booleans(),
    "sdk": st.one_of(st.just("none"), sdk),
}
keyed: dict[str, st.SearchStrategy[Any]] = {
    **calling,
    "key": some("none", "attempt", "order"),
    "key_lasts": some("10s", "24h"),
    "after_error": some("ask", "same_key"),
    "lands_within": some("0s", "1min", "10min"),
}
breaker = st.one_of(
    st.just("none"), section(failures=some("10%", "50%", "100%"), window=st.integers(1, 20), open=some("1s", "10s"))
)
by_request = {
    **keyed,
    "webhooks": some("ignored", "checked", "trusted"),
    "finishes": some("once", "each_path", "unguarded"),
}


def _taken_once(payment: Data) -> Data:
    """What is captured later is not charged later, too."""
    return {key: value for key, value in payment.items() if key != "after"} if "capture" in payment else payment


OWN: dict[str, dict[str, Sections]] = {
    "naive": {"payment": section(**calling)},
    "idempotent": {
        "payment": section(**by_request),
        "claim": claims,
        "completer": completer,
    },
    "outbox": {
        "payment": section(
            **keyed,
            webhooks=some("ignored", "checked"),
            news=some("outbox", "direct"),
            capture=st.one_of(st.just("none"), section(after=some("0s", "20s", "2min"))),
            workers=st.integers(1, 10),
            autoscale=autoscale,
            retry=for_ever | retry,
            breaker=breaker,
            after=some("none", "10s", "1min"),
            held_by=some("broker", "worker"),
        ).map(_taken_once),
        "claim": section(ttl=some("none", "5s", "1min"), fingerprint=st.booleans()),
        "relay": section(
            poll_every=some("100ms", "5s"),
            batch=st.integers(1, 10),
            marks=some("after", "before"),
            finds=some("unmarked", "by_id"),
        ),
    },
    "inquiry": {"payment": section(**calling), "claim": claims, "completer": completer},
    "webhooks-first": {
        "payment": section(**by_request, returns=some("asked", "believed", "ignored")),
        "claim": claims,
        "completer": completer,
    },
}
assert set(OWN) == set(ARCHITECTURES)


def designs(name: str) -> Sections:
    """Any design that starts from one architecture."""
    common = {
        "app": app, "checkout": checkout, "database": database, "read_model": read_model, "loyalty": loyalty, "broker": broker,
        "recovery": recovery, "taking": taking, "renewal_job": renewal_job, "proxy": st.one_of(st.just("none"), proxy),
    }  # fmt: skip
    return st.fixed_dictionaries({"name": st.just("drawn"), "from": st.just(name)}, optional={**common, **OWN[name]})


seeds = st.integers(0, 1000)
worlds: st.SearchStrategy[World] = st.builds(World, scenarios, st.one_of(*(designs(name) for name in ARCHITECTURES)), seeds)
