"""Customers who leave the queue: M/M/c+M, Palm's model, known to call centres as Erlang A."""

from __future__ import annotations

import numpy as np
import pytest

from sim.validation.agreement import batches, mean_of
from sim.vocabulary import Fate
from tests.theory.bare import bare_design, bare_world
from tests.worlds import morning

WARM_UP = 1000


def erlang_a(servers: int, per_s: float, *, patience_s: float) -> tuple[float, float]:
    """The share who leave the queue, and the mean number who wait, with a mean service time of 1 s.

    Birth and death: from n present one goes at min(n, c) + max(n - c, 0) / patience a second. Who leaves does so from the
    queue, so the share is the mean queue over (patience times the arrival rate): Palm 1957; Garnett, Mandelbaum, Reiman 2002.
    """
    most = servers + 2000
    logs = np.cumsum([0.0, *(np.log(per_s / (min(n, servers) + max(n - servers, 0) / patience_s)) for n in range(1, most))])
    present = np.exp(logs - logs.max())
    present /= present.sum()
    waiting = float(present @ np.maximum(np.arange(most) - servers, 0))
    return waiting / patience_s / per_s, waiting


def test_the_formula_in_its_limits() -> None:
    """With a patience as long as a service everybody is served or leaves as in M/M/infinity; with a long one it is Erlang C."""
    share, waiting = erlang_a(3, 5.0, patience_s=1.0)
    poisson = np.exp(-5.0) * np.cumprod([1.0, *(5.0 / n for n in range(1, 60))])
    assert waiting == pytest.approx(float(poisson @ np.maximum(np.arange(60) - 3, 0)))
    assert share == pytest.approx(waiting / 5.0)
    assert erlang_a(1, 0.5, patience_s=1e6)[1] == pytest.approx(0.5**2 / 0.5, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("servers", "per_s", "patience_s", "purchases"), [(1, 0.8, 2.0, 20_000), (5, 6.0, 3.0, 30_000)], ids=["calm", "overloaded"]
)
def test_who_leaves_the_queue(servers: int, per_s: float, patience_s: float, purchases: int) -> None:
    """Customers with exponential patience, and a checkout that drops the work of those who left: the share that leaves the
    queue is Erlang A's, below and above what the servers can do. Each waiting customer leaves at the rate of 1 / patience, so
    that those who left are as many as a Poisson number with the time spent waiting over the patience as its mean.
    """
    customers = {"patience": {"exponential": f"{patience_s}s"}}
    knobs = {"workers": servers, "service": {"exponential": "1s"}, "leaver_drop": True}
    tables, _ = morning(bare_world(purchases, per_s, {"customers": customers}), bare_design("naive", {"checkout": knobs}), 3)
    left = (tables.requests["fate"] == Fate.DROPPED).astype(float)
    share, _ = erlang_a(servers, per_s, patience_s=patience_s)
    mean_of(batches(left[WARM_UP:])).check(share, se_below=0.04, what="share that leaves the queue")
    [checkout] = [station for station in tables.stations if station.name == "checkout"]
    assert checkout.arrivals == checkout.served == len(tables.purchases)
    expected = (checkout.area_s - checkout.busy_s) / patience_s
    assert abs(left.sum() - expected) < 3 * np.sqrt(expected)
