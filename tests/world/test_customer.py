"""Customers and their app, one at a time, against a checkout whose answers are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.config.errors import ConfigError
from sim.vocabulary import Answer, Fate
from tests.worlds import ONE_CUSTOMER, design, morning, timeline, world

SLOW = ONE_CUSTOMER.replace("450ms", "20s")  # the provider thinks for longer than anybody waits
PATIENT_APP = {"app": {"timeout": "60s", "retry": {"never": True}}, "payment": {"timeout": "50s"}}


def habits(patience: str, tap: int, refresh: int, leave: int, **more: Any) -> str:
    after = f"after_patience: {{tap_again: {tap}%, refresh: {refresh}%, leave: {leave}%}}"
    rest = "".join(f"\n  {key}: {value}" for key, value in more.items())
    return SLOW.replace("patience: {constant: 1h}", f"patience: {{constant: {patience}}}\n  {after}{rest}")


def sent(text: str, name: str, knobs: dict[str, Any] | None = None) -> list[str]:
    tables, _ = morning(world(text), design(name, {**PATIENT_APP, **(knobs or {})}))
    return [line for line in timeline(tables) if ("sent" in line and "request" in line) or "answered" in line or "left" in line]


def test_tapping_again_keeps_listening_to_the_first_answer() -> None:
    """On the same screen the first request's answer still counts: acknowledged at 20.511 s, by request 0."""
    lines = sent(habits("10s", 100, 0, 0, max_submissions=2), "naive")
    assert lines[:3] == ["0.000 request 0 sent", "10.000 request 1 sent", "20.000 purchase 0 left"]
    lines = sent(habits("15s", 100, 0, 0, max_submissions=2), "naive")
    assert lines == [
        "0.000 request 0 sent",
        "15.000 request 1 sent",
        "20.061 request 0 answered CONFIRMED",
        "35.061 request 1 answered CONFIRMED",
    ]


def test_a_refresh_forgets_the_first_request() -> None:
    """The answer to the old page reaches nobody: acknowledged only by the second request."""
    tables, audit = morning(world(habits("15s", 0, 100, 0, max_submissions=2)), design("naive", PATIENT_APP))
    assert tables.purchases["acknowledged_s"][0] != tables.requests["answered_s"][0]
    assert audit.charged[0] == 2


def test_a_refresh_with_the_key_kept_in_the_cart_charges_once() -> None:
    """Per purchase the key survives the refresh; per submission it doesn't."""
    text = habits("15s", 0, 100, 0, max_submissions=2)
    charged = {
        scope: morning(world(text), design("idempotent", {**PATIENT_APP, "app": {"timeout": "60s", "key": scope}}))[1].charged[
            0
        ]
        for scope in ("purchase", "submission", "request")
    }
    assert charged == {"purchase": 1, "submission": 2, "request": 2}


def test_leaving_ends_it_for_the_customer_only() -> None:
    """The shop goes on: charged and confirmed, but nobody is there to hear it."""
    tables, audit = morning(world(habits("5s", 0, 0, 100)), design("naive", PATIENT_APP))
    assert tables.purchases["left_s"][0] == 5.0
    assert (audit.charged[0], audit.ordered[0], audit.misinformed[0]) == (1, 1, False)


def test_a_double_tap_is_a_second_submission() -> None:
    """300 ms after the first tap, unless the answer was there by then."""
    text = ONE_CUSTOMER.replace("patience: {constant: 1h}", "patience: {constant: 1h}\n  double_tap: {p: 100%, gap: 300ms}")
    assert morning(world(text), design("naive"))[1].charged[0] == 2
    assert morning(world(text), design("idempotent"))[1].charged[0] == 1
    quick = text.replace("450ms", "100ms")
    assert morning(world(quick), design("naive"))[1].charged[0] == 1


def test_a_stale_view_makes_people_order_again() -> None:
    """The projector stands still: in naive the impatient customer pays twice, with a key per purchase once."""
    text = ONE_CUSTOMER.replace(
        "patience: {constant: 1h}", "patience: {constant: 1h}\n  reorder_when_stale: {after: 30s, p: 100%}"
    )
    stopped = text + 'faults: [{outage: read_model, at: "07:00", for: 60s}]\n'
    charged = {name: int(morning(world(stopped), design(name))[1].charged[0]) for name in ("naive", "idempotent", "outbox")}
    assert charged == {"naive": 2, "idempotent": 1, "outbox": 1}
    calm = {name: int(morning(world(text), design(name))[1].charged[0]) for name in ("naive", "idempotent", "outbox")}
    assert set(calm.values()) == {1}


def test_polls_measure_staleness() -> None:
    """A poll while the view is behind says for how long it has been."""
    stopped = ONE_CUSTOMER + 'faults: [{outage: read_model, at: "07:00", for: 8s}]\n'
    reads = morning(world(stopped), design("naive"))[0].reads
    assert reads["read_s"].round(3).tolist() == [3.511, 6.511, 9.511]
    assert reads["stale"].tolist() == [1, 1, 0]
    assert reads["behind_s"].round(3).tolist() == [3.023, 6.023, 0.0]


def test_an_inline_view_is_never_behind_and_a_cached_one_is() -> None:
    """Read from the write model there is no lag; a cache may serve what it had."""
    inline = morning(world(), design("naive", {"read_model": {"inline": True}}))[0]
    assert inline.orders["visible_s"].tolist() == inline.orders["confirmed_s"].tolist()
    slow_view = {"read_model": {"apply": {"constant": "4s"}, "cache": "10s"}}
    cached = morning(world(), design("naive", slow_view))[0]
    assert round(cached.purchases["seen_s"][0], 3) == 15.511  # polled at 3.5 s, before the view knew; cached until 13.5 s
    assert (cached.counts["polls"], cached.counts["polls_from_cache"]) == (5, 3)  # not those at 3.5 s and 15.5 s
    assert (inline.counts["polls"], inline.counts["polls_from_cache"]) == (1, 0)


def test_a_lost_request_and_a_lost_answer() -> None:
    """Nothing arrives, or everything happens and nobody hears of it: the app retries after its timeout."""
    leave = ONE_CUSTOMER.replace(
        "patience: {constant: 1h}", "patience: {constant: 1h}\n  after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}"
    )
    for lost, charged in (("request_lost", 0), ("answer_lost", 3)):
        tables, audit = morning(world(leave + f"network: {{{lost}: 100%}}\n"), design("naive"))
        assert (len(tables.requests), audit.charged[0]) == (3, charged)
        assert tables.purchases["told_failed"][0] == 1
        assert tables.purchases["left_s"][0] == 3 * 8 + 2 * 1 + 2  # timeouts, pauses, and two seconds to react


def test_a_full_queue_answers_at_once() -> None:
    """503 beyond the limit: the app hears of it after one round trip of the network."""
    knobs = {"checkout": {"workers": 1, "instances": 1, "queue_limit": 0, "service": {"constant": "10ms"}}}
    tables, _ = morning(world(ONE_CUSTOMER, arrivals=(0.0, 0.1)), design("naive", knobs))
    assert "0.140 request 1 answered UNAVAILABLE" in timeline(tables)


def test_deadline_drop_does_not_start_what_nobody_waits_for() -> None:
    """With one worker held for 20 s, a request whose app has given up is not charged any more."""
    knobs: dict[str, Any] = {
        "app": {"timeout": "5s", "retry": {"never": True}},
        "payment": {"timeout": "50s"},
        "checkout": {"workers": 1, "instances": 1, "service": {"constant": "10ms"}, "deadline_drop": True},
    }
    text = habits("1h", 0, 0, 100)
    assert morning(world(text, arrivals=(0.0, 0.1)), design("naive", knobs))[1].charged.tolist() == [1, 0]
    knobs["checkout"]["deadline_drop"] = False
    assert morning(world(text, arrivals=(0.0, 0.1)), design("naive", knobs))[1].charged.tolist() == [1, 1]


LEAVERS: dict[str, Any] = {
    "app": {"timeout": "1min", "retry": {"never": True}},
    "payment": {"timeout": "50s"},
    "checkout": {"workers": 1, "instances": 1, "service": {"constant": "10ms"}, "leaver_drop": True, "queue_limit": 1},
}


@pytest.mark.parametrize(("refresh", "left"), [(0, 1), (100, 0)])
def test_leaver_drop_takes_requests_out_of_the_queue(refresh: int, left: int) -> None:
    """With one worker held for 20 s and room for one more, the second customer leaves (or reloads) at 5.1 s: their request is
    taken out at once, so that there is room for whoever comes next, and nobody is charged for it.
    """
    text = habits("5s", 0, refresh, 100 - refresh, max_submissions=2)
    tables, audit = morning(world(text, arrivals=(0.0, 0.1, 5.2)), design("naive", LEAVERS))
    fates = [Fate(fate).name for fate in tables.requests["fate"][tables.requests["purchase"] == 1]]
    assert fates[0] == "DROPPED"
    assert (~np.isnan(tables.purchases["left_s"][1:2])).sum() == 1
    assert tables.counts["requests_dropped"] >= 1
    assert audit.charged[1] == 0
    assert left == (len(fates) == 1)
    kept = {**LEAVERS, "checkout": {**LEAVERS["checkout"], "leaver_drop": False}}
    tables, audit = morning(world(text, arrivals=(0.0, 0.1, 5.2)), design("naive", kept))
    assert tables.counts["requests_dropped"] == 0
    assert audit.charged[1] > 0


def test_an_outage_of_the_checkout_refuses_at_once() -> None:
    """While it can't be reached the app hears 503 after one round trip; what was begun before goes on to its end, and tries
    after the outage are served as ever.
    """
    down = ONE_CUSTOMER + "faults: [{outage: checkout, at: '07:00', for: 2s}]\n"
    tables, audit = morning(world(down, arrivals=(0.0, 1.99)), design("naive"))
    assert [line for line in timeline(tables) if "answered" in line] == [
        "0.040 request 0 answered UNAVAILABLE",
        "1.080 request 1 answered UNAVAILABLE",
        "2.501 request 2 answered CONFIRMED",
        "2.591 request 3 answered CONFIRMED",
    ]
    assert audit.charged.tolist() == [1, 1]
    assert tables.faults == [("outage checkout", 0.0, 2.0)]
    begun = ONE_CUSTOMER + "faults: [{outage: checkout, at: '07:00:01', for: 2s}]\n"
    tables, _ = morning(world(begun, arrivals=(0.9, 1.1)), design("naive"))
    answered = [line for line in timeline(tables) if "answered" in line]
    assert answered[:2] == ["1.140 request 1 answered UNAVAILABLE", "1.411 request 0 answered CONFIRMED"]


def test_a_checkout_that_hangs_says_nothing() -> None:
    """Requests during such an outage get no answer and do nothing: the app tries again after its 8 s and a second."""
    text = ONE_CUSTOMER + "faults: [{outage: checkout, at: '07:00', for: 2s, how: hangs}]\n"
    tables, audit = morning(world(text), design("naive"))
    assert [line for line in timeline(tables) if "request" in line] == [
        "0.000 request 0 sent",
        "9.000 request 1 sent",
        "9.511 request 1 answered CONFIRMED",
    ]
    assert audit.charged.tolist() == [1]


def test_a_provider_that_hangs_says_nothing() -> None:
    """A call has no answer, is given up at its timeout of 5 s, and charges nothing, then or later; the next try does."""
    text = ONE_CUSTOMER + "faults: [{outage: provider, at: '07:00', for: 4s, how: hangs}]\n"
    for name in ("naive", "idempotent", "outbox"):
        tables, audit = morning(world(text), design(name, {"app": {"retry": {"never": True}}}))
        known = [line for line in timeline(tables) if "known" in line]
        assert known[0].split(" ", 1)[1] == "charge 0 known UNKNOWN"
        assert float(known[0].split()[0]) - tables.charges["sent_s"][0] == pytest.approx(5, abs=1e-3)
        assert np.isnan(tables.charges["captured_s"][0])
        assert audit.charged.tolist() == [1]


def test_webhooks_wait_for_the_end_of_an_outage() -> None:
    """A provider whose webhook finds nobody sends it again."""
    text = ONE_CUSTOMER.replace("450ms}", "450ms}\n  ambiguous: 100%\n  webhooks: {delay: {constant: 1s}, retry: 1min}")
    text += "faults: [{outage: checkout, at: '07:00:01', for: 5s}]\n"
    tables, _ = morning(world(text), design("idempotent", {"payment": {"webhooks": "checked"}}))
    confirmed_s = tables.orders["confirmed_s"][0]
    assert tables.counts["webhooks_taken"] == 1
    assert confirmed_s == pytest.approx(0.034 + 0.45 + 1 + 61, abs=0.1)


ENDLESS = {"app": {"timeout": "1s", "retry": {"fixed": {"delay": "1s"}}}}
DOWN = ONE_CUSTOMER.replace("10min", "1h") + "\nfaults: [{outage: provider, at: '07:00', for: 40min}]"


def test_no_request_is_cut() -> None:
    """Who tries again every second for 40 minutes sends every one of those requests, and is served at last."""
    tables, _ = morning(world(DOWN), design("naive", ENDLESS))
    gaps = np.diff(tables.requests["sent_s"])
    assert np.ptp(gaps) < 1e-6
    assert len(gaps) == math.ceil(2400 / gaps[0])
    assert 2400 < tables.purchases["acknowledged_s"][0] < 2402


def test_endless_requests_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that never stops is an error that names the knob, not a customer who falls silent."""
    monkeypatch.setattr("sim.world.customer.MOST_REQUESTS", 50)
    message = r"^one customer would send more than 50 requests; that can't be meant: let app\.retry end"
    with pytest.raises(ConfigError, match=message):
        morning(world(DOWN), design("naive", ENDLESS))


def test_two_projectors_apply_two_events_at_once() -> None:
    """Two orders are confirmed at the same moment: with one projector of a second the later is visible a second later, with two
    both are after one.
    """
    knobs = {"read_model": {"apply": {"constant": "1s"}}}
    one, _ = morning(world(arrivals=(0.0, 0.0)), design("naive", knobs))
    two, _ = morning(world(arrivals=(0.0, 0.0)), design("naive", {"read_model": {**knobs["read_model"], "workers": 2}}))
    assert sorted(one.orders["visible_s"] - one.orders["confirmed_s"]) == pytest.approx([1.008, 2.008], abs=1e-3)
    assert (two.orders["visible_s"] - two.orders["confirmed_s"]).tolist() == pytest.approx([1.008, 1.008], abs=1e-3)
    [station] = [station for station in two.stations if station.name == "read_model"]
    assert station.servers == 2


@pytest.mark.parametrize(
    ("retry_on", "tries"), [(["timeout", "conflict", "failed", "unavailable"], 3), (["timeout"], 1), ([], 1)]
)
def test_the_app_tries_again_only_after_what_it_is_told(retry_on: list[str], tries: int) -> None:
    """The provider refuses every call, so naive answers 502: an app that repeats only after timeouts believes the first."""
    crowd = world(ONE_CUSTOMER.replace("latency: {constant: 450ms}", "failed: 100%\n  latency: {constant: 450ms}"))
    tables, _ = morning(crowd, design("naive", {"app": {"retry_on": retry_on}}))
    first = tables.requests["submission"] == 1
    assert int(first.sum()) == tries
    assert set(tables.requests["answer"][first]) == {int(Answer.FAILED)}
