"""How long an event waits in the outbox: the polling period, and what the poll itself costs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.theory.agreement import Estimated, mean_of
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning


def waits_s(purchases: int, per_s: float, *, read_s: float = 0.0, publish_s: float = 0.0, seed: int = 0) -> np.ndarray:
    """Seconds from the commit of an order to the broker, polled every second; orders in sequence of their commit.

    The broker delivers at once, and the payment worker calls at once: the call is when the broker had the event. The provider
    refuses every call and nobody tries again, so that no order writes a second row.
    """
    knobs = {
        "relay": {"poll_every": "1s", "batch": 100},
        "database": {"connections": 1000, "read": {"constant": f"{read_s}s"}},
        "broker": {"publish": {"constant": f"{publish_s}s"}},
        "payment": {"workers": 1000, "breaker": None, "retry": {"fixed": {"delay": "7d"}}},
    }
    tables, _ = morning(bare_world(purchases, per_s, {"provider": {"failed": "100%"}}), bare_design("outbox", knobs), seed)
    assert len(tables.charges) == len(tables.orders)
    waited_s = np.empty(len(tables.orders))
    waited_s[tables.charges["order"]] = tables.charges["sent_s"] - tables.orders["created_s"][tables.charges["order"]]
    return waited_s


@pytest.mark.parametrize("per_s", [0.2, 20.0])
def test_polling_outbox_delays_uniformly_over_its_period(per_s: float) -> None:
    """At no cost the wait is U(0, T), rare or frequent: mean T/2, 95 % below .95 T, never more than T."""
    waited_s = waits_s(4_000, per_s)
    assert waited_s.max() <= 1.0 + 1e-6
    assert stats.kstest(waited_s, "uniform").pvalue > 0.01
    mean_of(waited_s).check(0.5, se_below=0.01, what=f"outbox T=1, {per_s}/s: mean")
    noise = np.sqrt(0.05 * 0.95 / len(waited_s))  # of a quantile: sqrt(p (1 - p) / n) / density, which is 1
    Estimated(float(np.quantile(waited_s, 0.95)), noise).check(0.95, se_below=0.01, what=f"outbox T=1, {per_s}/s: p95")


@pytest.mark.parametrize("per_s", [0.2, 20.0])
def test_cost_of_the_poll_stretches_the_period(per_s: float) -> None:
    """Sleeping T after a poll that took c0, rows as they stood when it began: mean (T + c0) / 2 + c0."""
    mean_of(waits_s(4_000, per_s, read_s=0.05)).check(0.575, se_below=0.01, what=f"outbox T=1 c0=.05, {per_s}/s: mean")


def test_cost_of_publishing_stretches_it_further() -> None:
    """With 10 ms a message at 20/s the mean is .7615 and the 95th percentile 1.216 (simulated apart, 4 10^5 messages; 2.2)."""
    waited_s = waits_s(10_000, 20.0, publish_s=0.01)
    by_batch = waited_s[: len(waited_s) // 500 * 500].reshape(
        -1, 500
    )  # messages of one poll share its length: 20 polls a batch
    mean_of(by_batch.mean(axis=1)).check(0.7615, se_below=0.01, what="outbox T=1 c1=.01: mean")
    mean_of(np.quantile(by_batch, 0.95, axis=1)).check(1.216, se_below=0.01, what="outbox T=1 c1=.01: p95")
