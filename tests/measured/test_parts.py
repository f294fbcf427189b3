"""What each part of a fit makes of small logs that are written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sim.measured import design, network, provider, traffic, weather
from sim.measured.durations import plain
from sim.measured.fitted import Fitted, Found, Untold
from sim.measured.line import End, Line, Log


def log(*lines: Line) -> Log:
    kinds = [tuple(line for line in lines if line.kind == kind) for kind in ("request", "handled", "call")]
    return Log(("x",), kinds[0], kinds[1], kinds[2], any(line.charged_s is not None for line in lines))


def told(found: Sequence[Found]) -> dict[str, Fitted]:
    return {".".join(one.key): one for one in found if isinstance(one, Fitted)}


def why(found: Sequence[Found]) -> dict[str, str]:
    return {".".join(one.key): one.why for one in found if isinstance(one, Untold)}


def drawn(kind: str, n: int = 400) -> list[tuple[int, float]]:
    """Sleeps of a back-off with base 1 s after attempts 1 and 2."""
    u = np.random.default_rng(2).random(n)
    attempts = 1 + np.arange(n) % 2
    v = 2.0 ** (attempts - 1)
    sleeps = {"fixed": np.ones(n), "exponential": v, "equal_jitter": v / 2 + v / 2 * u, "full_jitter": v * u}[kind]
    return list(zip(attempts.tolist(), sleeps.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["fixed", "exponential", "equal_jitter", "full_jitter"])
def test_the_kind_of_back_off(kind: str) -> None:
    """Each kind is told from the others, and its base is within its interval."""
    found, base_s, low_s, high_s = design.back_off(drawn(kind))
    assert found == kind
    assert low_s <= 1.0 + 1e-9
    assert high_s >= 1.0 - 1e-9
    assert base_s == pytest.approx(1.0, rel=0.02)


def test_an_app_that_never_tries_again() -> None:
    """Requests that fail, and have no second attempt: never. Too few of them say nothing."""
    lines = [Line("request", i, 1.0, End.FAILED, f"p{i}", "1", 1) for i in range(200)]
    assert told(design.fit(log(*lines)))["app.retry.never"].written is True
    assert "app.retry" in why(design.fit(log(*lines[:3])))


def test_taps_are_no_retries() -> None:
    """Two first attempts of one purchase are two taps: without the attempt's number, retries are not told."""
    lines = [Line("request", i, 1.0, End.FAILED, f"p{i // 2}") for i in range(100)]
    assert "looks like a tap" in why(design.fit(log(*lines)))["app.retry"]


def test_waits_that_are_no_timeout() -> None:
    """A call that was given up on after 1 s, and others after 9 s: no single timeout is made up of them."""
    lines = [Line("call", i, 1.0 + i % 9, End.TIMEOUT) for i in range(90)]
    assert "too different" in why(design.fit(log(*lines)))["payment.timeout"]


def test_service_without_the_calls_made_meanwhile() -> None:
    """Of a request of 500 ms with a call of 480 ms, 20 ms are the checkout's own."""
    pairs = [(Line("handled", i, 0.5, End.OK, id=f"r{i}"), Line("call", i, 0.48, End.OK, id=f"r{i}")) for i in range(40)]
    found = told(design.fit(log(*(line for pair in pairs for line in pair))))
    assert found["checkout.service.constant"].value == pytest.approx(0.02)
    assert found["database.write.constant"].written == "0s"
    without_id = [Line(line.kind, line.start_s, line.duration_s, line.end) for pair in pairs for line in pair]
    assert "for which request" in why(design.fit(log(*without_id)))["checkout.service"]


def test_the_ledger_tells_the_lost_from_the_slow() -> None:
    """An unanswered call that was charged before its end has lost its answer; one that was charged later was slow. That is so,
    too, where only the charges of unanswered calls are listed.
    """
    heard = [Line("call", i, 0.4 + 0.01 * (i % 20), End.OK, charged_s=i + 0.4) for i in range(80)]
    lost = [Line("call", i, 2.0, End.TIMEOUT, charged_s=i + 0.5) for i in range(5)]
    slow = [Line("call", i, 2.0, End.TIMEOUT, charged_s=i + 7.0) for i in range(3)]
    never = [Line("call", i, 2.0, End.TIMEOUT) for i in range(4)]
    found = told(provider.fit(log(*heard, *lost, *slow, *never)))
    assert found["provider.ambiguous"].value == pytest.approx(5 / 85)
    assert found["provider.ambiguous"].n == 85
    unlisted = [Line("call", line.start_s, line.duration_s, End.OK) for line in heard]
    assert told(provider.fit(log(*unlisted, *lost, *slow, *never)))["provider.ambiguous"].value == pytest.approx(5 / 85)


def test_without_ledger_and_lognormal_nobody_knows_what_was_lost() -> None:
    """Two kinds of calls: percentiles up to what was seen, and ambiguous stays assumed."""
    rng = np.random.default_rng(1)
    seconds = np.where(rng.random(3000) < 0.2, rng.lognormal(1.4, 0.3, 3000), rng.lognormal(-0.8, 0.3, 3000))
    lines = [Line("call", i, min(s, 5.0), End.OK if s < 5 else End.TIMEOUT) for i, s in enumerate(seconds.tolist())]
    found = provider.fit(log(*lines))
    kept = [one for key, one in told(found).items() if "percentiles" in key]
    assert len(kept) >= 4
    late = float((seconds >= 5).mean())
    for one in kept:
        share = float(one.key[-1][1:]) / 100
        assert share < 1 - late
        assert one.low is not None
        assert one.high is not None
        assert one.low <= np.quantile(seconds, share) <= one.high
    assert "ledger" in why(found)["provider.ambiguous"]


def test_a_declined_card_counts_once() -> None:
    """Ten calls of one purchase with a bad card are one declined purchase of two."""
    lines = [Line("call", i, 1.0, End.DECLINED, "p1") for i in range(10)] + [Line("call", 20, 1.0, End.OK, "p2")]
    assert told(provider.fit(log(*lines)))["provider.declined"].value == 0.5


def test_lost_requests_and_lost_answers() -> None:
    """Timed out without a line of the checkout: the request is lost; answered there in good time: the answer is."""
    fine = [
        (Line("request", i, 0.3, End.OK, id=f"r{i}"), Line("handled", i + 3600, 0.26, End.OK, id=f"r{i}")) for i in range(90)
    ]
    no_request = [Line("request", i, 4.0, End.TIMEOUT, id=f"a{i}") for i in range(10)]
    no_answer = [
        (Line("request", i, 4.0, End.TIMEOUT, id=f"b{i}"), Line("handled", i, 0.2, End.OK, id=f"b{i}")) for i in range(10)
    ]
    slow = [(Line("request", i, 4.0, End.TIMEOUT, id=f"c{i}"), Line("handled", i, 9.0, End.OK, id=f"c{i}")) for i in range(7)]
    found = told(network.fit(log(*(line for pair in (*fine, *no_answer, *slow) for line in pair), *no_request)))
    assert found["network.request_lost"].value == pytest.approx(10 / 117)
    assert found["network.answer_lost"].value == pytest.approx(10 / 100)
    assert found["network.latency.constant"].value == pytest.approx(0.02)


def test_an_even_morning_is_one_rate() -> None:
    """A Poisson stream of one rate is written as one; a second line of the same purchase is nobody new."""
    times = np.sort(np.random.default_rng(9).uniform(25200, 28800, 1800))
    lines = [Line("request", t, 1.0, End.OK, f"p{i}") for i, t in enumerate(times.tolist())]
    again = [Line("request", line.start_s + 5, 1.0, End.OK, line.purchase) for line in lines[::3]]
    found = told(traffic.fit(log(*lines, *again)))
    rate = found["traffic.rate"]
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low <= 0.5 <= rate.high
    assert rate.n == 1800
    assert str(found["clock.start"].written).startswith("07:00")


def test_a_morning_past_midnight() -> None:
    """Steps go on past midnight, with the clock's times."""
    rng = np.random.default_rng(7)
    times = np.concatenate([rng.uniform(82800, 86400, 300), rng.uniform(86400, 90000, 1500)])  # 23:00, 00:00 to 01:00
    found = told(traffic.fit(log(*(Line("call", t, 1.0, End.OK, f"p{i}") for i, t in enumerate(times.tolist())))))
    assert [key.rpartition(".")[2] for key in found if "steps" in key] == ["23:00:13", "00:00"]


def test_a_brownout_speaks_against_the_fit() -> None:
    """A quarter of an hour with slow and failing calls is named; a steady morning isn't."""
    rng = np.random.default_rng(3)
    seconds = rng.lognormal(-0.8, 0.5, 3000)
    starts = 25200 + 3 * np.arange(3000)
    bad = (starts > 28000) & (starts < 29500)
    ends = np.where(rng.random(3000) < np.where(bad, 0.3, 0.01), 0, 1)
    steady = [Line("call", t, s, End.OK) for t, s in zip(starts.tolist(), seconds.tolist(), strict=True)]
    slow = [
        Line("call", t, s * (8 if b else 1), End.OK if e else End.FAILED)
        for t, s, b, e in zip(starts.tolist(), seconds.tolist(), bad.tolist(), ends.tolist(), strict=True)
    ]
    assert list(weather.notes(log(*steady))) == []
    notes = list(weather.notes(log(*slow)))
    assert len(notes) == 2
    assert all("07:5" in note or "08:0" in note for note in notes)


def test_times_as_the_simplest_distribution() -> None:
    """Constant, exponential, lognormal or percentiles: each is recognised; what is too far apart has its outermost time."""
    rng = np.random.default_rng(12)
    samples = {
        "constant": np.full(50, 0.02),
        "exponential": rng.exponential(0.1, 2000),
        "lognormal": rng.lognormal(0.0, 0.5, 2000),
        "percentiles": np.concatenate([rng.uniform(0.1, 0.2, 1000), rng.uniform(5.0, 6.0, 1000)]),
    }
    for kind, values in samples.items():
        assert {one.key[1] for one in plain("scenario", ("latency",), values, of="calls")} == {kind}
    steep = np.concatenate([np.linspace(1e-5, 1.1e-5, 3900), np.full(100, 6e5)])
    assert any(one.key[-1] == "p100" for one in plain("scenario", ("latency",), steep, of="calls"))
    assert plain("scenario", ("latency",), np.zeros(9), of="calls") == []
