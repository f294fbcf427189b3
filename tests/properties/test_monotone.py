"""What more of something never does, purchase by purchase: each in the class of worlds in which it is a theorem.

Both worlds are the same morning: the nth call of a customer takes as long and ends alike in both, whatever else has changed
(common random numbers). Where customers share nothing that is scarce, one purchase's fate is then a function of its own draws,
and the argument in the docstring is about one customer. `test_not_monotone.py` shows why the classes can't be larger.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from sim.config.design import merged
from sim.ledger.metrics import Evidence
from sim.ledger.records import Tables
from sim.validation.bare import bare_design, bare_world
from sim.vocabulary import Outcome
from tests.properties.world import Data, World
from tests.properties.worlds import designs, for_all, scenarios, seeds, some, tiers, times

EXAMPLES = tiers(15, 300)
PURCHASES = 30
shares = st.integers(0, 60).map(lambda percent: f"{percent}%")
answer_times = times("50ms", "450ms", "4s")


def two(texts: tuple[str, ...]) -> st.SearchStrategy[tuple[str, str]]:
    """Less and more of it, of texts in ascending order."""
    return st.lists(st.integers(0, len(texts) - 1), min_size=2, max_size=2, unique=True).map(
        lambda at: (texts[min(at)], texts[max(at)])
    )


def bare(architecture: str, scenario: Data, design: Data, seed: int) -> World:
    """Customers who share nothing scarce, and nothing takes time unless said: no queue, no recovery, no weather."""
    return World({"name": "bare", **bare_world(PURCHASES, 2.0, scenario)}, bare_design(architecture, design), seed)


def sent(tables: Tables) -> np.ndarray:
    return per_purchase(tables, tables.requests["purchase"])


def per_purchase(tables: Tables, owners: np.ndarray) -> np.ndarray:
    return np.bincount(owners, minlength=len(tables.purchases))


class NeverMore:
    """Asserts that these are at most those, one by one, and remembers whether any were fewer: else it would prove nothing."""

    def __init__(self) -> None:
        self.moved = 0

    def __call__(self, these: np.ndarray, those: np.ndarray, slack: float = 0.0) -> None:
        assert (these <= those + slack).all(), np.flatnonzero(these > those + slack)
        self.moved += bool((these < those - slack).any())


def both(less: World, more: World) -> tuple[tuple[Tables, Evidence], tuple[Tables, Evidence]]:
    return less.simulated(), more.simulated()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_patience(examples: int) -> None:
    """More patience never makes anybody tap more often, nor pay more often.

    Where every tap is one call that is answered "confirmed" after a time of its own, and impatience is the only reason to tap:
    whoever taps every P until an answer is there stops at the least k for which some j ≤ k has s_j ≤ (k - j + 1) P. A larger P
    makes that true for no larger k.
    """
    never_more = NeverMore()

    def holds(patience: tuple[str, str], latency: Data, again: int, seed: int) -> None:
        def world(patience: str) -> World:
            customers = {
                "patience": {"constant": patience},
                "after_patience": {"tap_again": f"{again}%", "refresh": "0%", "leave": f"{100 - again}%"},
                "max_submissions": 8,
            }
            return bare(
                "naive", {"customers": customers, "provider": {"latency": latency}}, {"payment": {"timeout": "1h"}}, seed
            )

        (hasty, h), (patient, p) = both(*map(world, patience))
        never_more(patient.purchases["submissions"], hasty.purchases["submissions"])
        never_more(p.audit.charged, h.audit.charged)

    for_all(examples, holds, two(("100ms", "500ms", "1s", "3s", "10s", "1h")), answer_times, st.integers(0, 100), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("architecture", ["idempotent", "outbox"])
def test_the_providers_memory(architecture: str, examples: int) -> None:
    """A key that the provider remembers for longer never charges anybody more often.

    Where every call is over before we stop waiting for it, a replay takes as long as a charge and answers the same, so the
    moments of an order's calls do not depend on what the provider remembers. Of those moments the charges are the first, then
    each next one that is a lifetime after the last: with a longer lifetime the kth of them comes no sooner.
    """
    workers = {"workers": 1000, "breaker": None, "retry": {"equal_jitter": {"base": "2s", "cap": "8s"}}}
    patient: Data = {"payment": workers} if architecture == "outbox" else {"completer": {"batch": 1000}}
    never_more = NeverMore()

    def holds(ttl: tuple[str, str], ambiguous: str, failed: str, seed: int) -> None:
        def world(ttl: str) -> World:
            provider = {"latency": {"uniform": ["0s", "500ms"]}, "ambiguous": ambiguous, "failed": failed, "keys": {"ttl": ttl}}
            scenario = {"provider": provider, "clock": {"drain": "10min"}}
            return bare(architecture, scenario, merged({"payment": {"timeout": "1s"}}, patient), seed)

        (some_calls, short), (same_calls, long) = both(*map(world, ttl))
        np.testing.assert_array_equal(some_calls.charges["sent_s"], same_calls.charges["sent_s"])
        never_more(long.audit.charged, short.audit.charged)

    for_all(examples, holds, two(("1s", "3s", "10s", "30s", "24h")), shares, some("0%", "10%", "30%"), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("architecture", ["idempotent", "outbox", "inquiry"])
def test_our_own_memory(architecture: str, examples: int) -> None:
    """A key that we remember for longer never makes more orders of a purchase, nor charges it more often.

    Where no answer ever arrives, requests come when patience and retries say, whatever we have made of the earlier ones. Of
    those moments the orders are the first, then each next one that is a lifetime after the last; each is charged once.
    """
    never_more = NeverMore()

    def holds(ttl: tuple[str, str], patience: str, retries: int, seed: int) -> None:
        def world(ttl: str) -> World:
            customers = {
                "patience": {"exponential": patience},
                "after_patience": {"tap_again": "50%", "refresh": "40%", "leave": "10%"},
                "max_submissions": 5,
            }
            scenario = {
                "customers": customers,
                "network": {"answer_lost": "100%"},
                "provider": {"latency": {"constant": "100ms"}},
            }
            retry = {"fixed": {"delay": "1s", "attempts": retries + 1}}
            knobs: Data = {"app": {"timeout": "2s", "retry": retry, "key": "purchase"}, "claim": {"ttl": ttl}}
            if architecture == "outbox":
                knobs["payment"] = {"workers": 1000}
            return bare(architecture, scenario, knobs, seed)

        (requests, short), (same_requests, long) = both(*map(world, ttl))
        np.testing.assert_array_equal(requests.requests["sent_s"], same_requests.requests["sent_s"])
        never_more(long.audit.ordered, short.audit.ordered)
        never_more(long.audit.charged, short.audit.charged)

    for_all(examples, holds, two(("500ms", "2s", "5s", "20s", "24h")), some("1s", "5s"), st.integers(0, 3), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("architecture", ["naive", "idempotent", "outbox", "inquiry"])
def test_retries(architecture: str, examples: int) -> None:
    """An app that tries more often never sends fewer requests for any purchase.

    Where customers only wait, a submission goes the same way up to the moment at which the less stubborn app gives up: until
    then nothing knows how often it would have tried.
    """
    never_more = NeverMore()

    def holds(attempts: tuple[int, int], lost: str, provider: Data, timeout: str, seed: int) -> None:
        def world(attempts: int) -> World:
            retry = {"full_jitter": {"base": "500ms", "cap": "8s", "attempts": attempts}}
            knobs: Data = {"app": {"timeout": timeout, "retry": retry}, "payment": {"timeout": "1s"}}
            if architecture == "outbox":
                knobs["payment"] |= {"workers": 1000, "breaker": None}
            return bare(
                architecture, {"network": {"request_lost": lost, "answer_lost": lost}, "provider": provider}, knobs, seed
            )

        less, more = (sent(tables) for tables, _ in both(*map(world, attempts)))
        never_more(less, more)

    attempts = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda two: (two[0], two[0] + two[1]))
    trouble = st.fixed_dictionaries({"ambiguous": shares, "failed": some("0%", "30%"), "latency": answer_times})
    for_all(examples, holds, attempts, shares, trouble, some("500ms", "3s"), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
def test_the_apps_timeout(examples: int) -> None:
    """An app that waits longer never sends more requests for any purchase.

    Where customers only wait and every request is work of its own (naive), request k is answered after a time s_k whenever it
    is sent: the app stops at the least k whose answer is good and s_k ≤ timeout, and that is no later with a longer one.
    """
    never_more = NeverMore()

    def holds(timeout: tuple[str, str], latency: Data, failed: str, attempts: int, seed: int) -> None:
        def world(timeout: str) -> World:
            app = {"timeout": timeout, "retry": {"full_jitter": {"base": "500ms", "attempts": attempts}}}
            scenario = {"provider": {"latency": latency, "failed": failed, "ambiguous": "10%"}}
            return bare("naive", scenario, {"app": app, "payment": {"timeout": "3s"}}, seed)

        (hasty, _), (patient, _) = both(*map(world, timeout))
        never_more(sent(patient), sent(hasty))

    for_all(examples, holds, two(("100ms", "500ms", "1s", "3s", "10s")), answer_times, shares, st.integers(1, 6), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
def test_trouble(examples: int) -> None:
    """With naive and retries, more answers that get lost at the provider never charge anybody less often.

    A call is refused, ambiguous or answered by one draw against the two probabilities. More of the ambiguous kind takes only
    from the answered ones: the calls go on for no fewer turns, and those that charge are all but the refused ones.
    """
    never_more = NeverMore()

    def holds(percent: tuple[int, int], failed: int, attempts: int, seed: int) -> None:
        def world(ambiguous: int) -> World:
            retry = {"fixed": {"delay": "1s", "attempts": attempts}}
            provider = {"ambiguous": f"{ambiguous}%", "failed": f"{failed}%"}
            return bare("naive", {"provider": provider}, {"app": {"retry": retry}, "payment": {"timeout": "1s"}}, seed)

        (_, calm), (_, rough) = both(*map(world, percent))
        never_more(calm.audit.charged, rough.audit.charged)

    less_and_more = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: (min(two), max(two)))
    for_all(examples, holds, less_and_more, st.integers(0, 40), st.integers(1, 5), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
def test_slowness(examples: int) -> None:
    """With naive, a provider that is slower by a larger factor never leaves fewer unknown outcomes of any purchase.

    Call k takes factor times its own time, so the set of calls that outlast our timeout only grows, and the app goes on after
    each of them.
    """
    never_more = NeverMore()

    def holds(factors: tuple[str, str], latency: Data, failed: str, attempts: int, seed: int) -> None:
        def world(factor: str) -> World:
            retry = {"fixed": {"delay": "1s", "attempts": attempts}}
            weather = [{"brownout": "provider", "at": "07:00", "for": "3h", "latency": factor}]
            scenario = {"provider": {"latency": latency, "failed": failed}, "faults": weather}
            return bare("naive", scenario, {"app": {"retry": retry}, "payment": {"timeout": "2s"}}, seed)

        fast, slow = (
            per_purchase(tables, tables.charges["purchase"][tables.charges["outcome"] == Outcome.UNKNOWN])
            for tables, _ in both(*map(world, factors))
        )
        never_more(fast, slow)

    factors = two(("x0.5", "x1", "x2", "x5", "x20"))
    for_all(examples, holds, factors, answer_times, some("0%", "20%"), st.integers(1, 4), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
def test_workers(examples: int) -> None:
    """More workers never make anybody wait longer in a bare queue.

    First come, first served, with each customer's service fixed in advance: with one more server the ordered times at which
    servers come free are no later, one by one, and each customer takes the first of them (Kiefer and Wolfowitz, 1955).
    """
    never_more = NeverMore()

    def holds(workers: tuple[int, int], service: Data, seed: int) -> None:
        def world(workers: int) -> World:
            checkout = {"workers": workers, "instances": 1, "service": service}
            return bare("naive", {"clock": {"drain": "1h"}}, {"checkout": checkout}, seed)

        few, many = (tables.purchases["acknowledged_s"] for tables, _ in both(*map(world, workers)))
        never_more(many, few, slack=1e-9)  # the sums are made in another order

    workers = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda two: (two[0], two[0] + two[1]))
    for_all(examples, holds, workers, times("100ms", "1s", "5s"), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_worse_network(examples: int) -> None:
    """A network that loses more never makes an app that only waits send fewer requests.

    Request k is lost, or its answer is, by draws of its own against the probability: the first that gets through is no earlier.
    """
    never_more = NeverMore()

    def holds(percent: tuple[int, int], what: str, attempts: int, seed: int) -> None:
        def world(lost: int) -> World:
            app = {"timeout": "2s", "retry": {"fixed": {"delay": "1s", "attempts": attempts}}}
            return bare("naive", {"network": {what: f"{lost}%"}}, {"app": app}, seed)

        calm, rough = (sent(tables) for tables, _ in both(*map(world, percent)))
        never_more(calm, rough)

    less_and_more = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda two: (min(two), max(two)))
    for_all(examples, holds, less_and_more, some("request_lost", "answer_lost"), st.integers(1, 5), seeds)
    assert never_more.moved


@pytest.mark.parametrize("examples", tiers(20, 400))
@pytest.mark.parametrize("architecture", ["naive", "idempotent", "outbox", "inquiry"])
def test_the_inboxs_memory(architecture: str, examples: int) -> None:
    """An inbox that remembers for longer never awards anybody more often, and leaves nobody without an award who had one.

    True of every world there is: nothing depends on whether an event that came again was awarded again, so everything else is
    the same to the last bit, and of an event's deliveries the awards are the first, then each next one beyond the window.
    """
    never_more = NeverMore()

    def holds(windows: tuple[Any, Any], scenario: Data, design: Data, seed: int) -> None:
        def world(window: Any) -> World:
            inbox = "none" if window == "none" else {"window": window}
            repeated = {**scenario, "faults": [*scenario.get("faults", []), {"duplicates": "broker", "p": "30%"}]}
            return World(repeated, merged(design, {"loyalty": {"inbox": inbox}, "broker": {"visibility": "5s"}}), seed)

        (short, s), (long, n) = both(*map(world, windows))
        for table in ("purchases", "requests", "charges", "orders", "reads"):
            for column, values in getattr(short, table).columns().items():
                np.testing.assert_array_equal(values, getattr(long, table)[column], err_msg=f"{table}.{column}")
        never_more(n.audit.awarded, s.audit.awarded)
        assert ((n.audit.awarded > 0) == (s.audit.awarded > 0)).all()

    for_all(examples, holds, two(("none", "1s", "10s", "1min", "7d")), scenarios, designs(architecture), seeds)
    assert never_more.moved
