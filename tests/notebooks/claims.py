"""What the prose of each notebook says, held to what its script has found (`n`: the script's names after its last line)."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np


def first_morning(n: SimpleNamespace) -> None:
    """The audit counts the same victims; the story's steps are those that are told by number; each design as it is said."""
    assert len(n.victims) == round(n.morning.metrics.value["double_charge_rate"] * n.purchases)
    steps = n.explained.steps.what
    assert "lost" in steps[6]
    assert "unknown" in steps[7]
    assert "payment failed" in steps[10]
    assert steps[4] == steps[14] == "charges 6.50 USD, no key"
    assert (n.explained.changes.before == len(n.victims)).all()
    assert (n.explained.changes.after == 0).all()
    assert n.in_the_brownout > 0.8
    charged_twice = n.means.loc["double_charge_rate"]
    assert charged_twice["naive"] > charged_twice["no-app-retries"] > 0.04  # people tap again, with or without the app's help
    assert charged_twice["idempotent"] == charged_twice["outbox"] == 0
    assert n.means.loc["ack_latency_p95", "outbox"] < 0.2 < 4 < n.means.loc["ack_latency_p95", "idempotent"]


def retries(n: SimpleNamespace) -> None:
    """The simulation agrees with the closed form within four standard errors, and the number of retries makes no difference."""
    assert abs(n.closed_form(n.q, n.e, n.R)[0] - 1.112) < 1e-9
    assert abs(n.closed_form(n.q, n.e, n.R)[1] - 0.112) < 1e-9
    within = 4 / 1.96 * n.agreement["±"]
    assert ((n.agreement["simulated"] - n.agreement["closed form"]).abs() < within).all()
    shares = n.x / 100
    assert (n.table[1] == 0).all()
    for tries in n.attempts[1:]:
        assert abs(n.closed_form(0.10, 0, tries - 1)[1] - 0.10) < 1e-12  # whatever R is
        assert (abs(n.table[tries] - shares) < 4 * np.sqrt(shares * (1 - shares) / 1_900)).all()  # 480 people a morning
    mean = n.result.metrics["mean"]
    assert mean["keyed", "double_charge_rate"] == 0 < mean["no-key", "double_charge_rate"]
    assert mean["keyed", "confirmed_share"] >= mean["no-key", "confirmed_share"]


def outbox(n: SimpleNamespace) -> None:
    """Each part that is left out opens its own windows; without an outbox the charge is safe, and the news of it is not."""
    hurts = {name: {window for window in n.matrix.windows if n.states.loc[(window, name), "harmed"]} for name in n.DESIGNS}
    assert hurts == {"outbox": set(), "no-provider-key": {"W4", "W5"}, "dual-write": {"W7"}, "no-inbox": {"W8"}}
    kinds = {"no-provider-key": "double_charge", "dual-write": "under_award", "no-inbox": "over_award"}
    assert all(n.states.loc[(window, name), "commonest"] == kinds[name] for name in n.DESIGNS for window in hurts[name])
    assert not n.without.loc[["W4", "W5", "W8"], "harmed"].any()
    assert n.without.loc["W7", "commonest"] == "under_award"


def lag(n: SimpleNamespace) -> None:
    """Both formulas for the lag hold, and convergence takes about λ D apply."""
    table = n.table
    assert (table["simulated"] - table["P - (L mod P)"]).abs().max() < 0.001
    assert table.loc[0.4, "simulated"] > 6 * table.loc[0.5, "simulated"]  # polling more often, and far later
    short = table.loc[:0.3]
    assert ((short["simulated, L varies"] - short.index / 2).abs() < 0.015).all()  # L varies by more than P
    assert (table["simulated, L varies"] - table["mean of P - (L mod P)"]).abs().max() < 0.03
    assert table.loc[1.0, "simulated, L varies"] > 0.55
    assert (n.by_speed["simulated, s"] / n.by_speed["λ D apply, s"]).between(0.85, 1.25).all()


def cost(n: SimpleNamespace) -> None:
    """Little's law, the fees, the bills of longer brownouts and the larger chain are as they are said."""
    little, growth = n.little, n.growth
    assert ((little["offered"] - n.erlangs).abs() < 0.02).all()  # a few ms of our own come to the 5 s
    assert little.loc["idempotent", "needed"] >= n.erlangs > little.loc["outbox", "needed"]
    answered_s = {name: sizing.result.metrics["ack_latency_p95"].mean for name, sizing in n.sizings.items()}
    assert answered_s["idempotent"] > 1 > answered_s["outbox"]
    assert n.share < 0.002
    assert abs(n.billed - 1000 * n.fee) < 0.01
    assert n.bill["naive"].is_monotonic_increasing
    assert n.bill.loc["10min", "naive"] > 4 * n.bill.loc["0s", "naive"]
    assert n.bill["outbox"].max() - n.bill["outbox"].min() < 2
    assert growth["workers"].iloc[1] <= 4 * growth["workers"].iloc[0]
    assert growth.iloc[1, 2] < 0.5 * growth.iloc[0, 2]


def your_data(n: SimpleNamespace) -> None:
    """The medians are 30 ms apart; the fit misjudges the tail and the harm; a timeout does as it is said."""
    assert abs(np.exp(n.mu) - n.latency_s.median()) < 0.035
    assert n.twice["replayed"] > 10 * n.twice["fitted"]
    p95_s = n.found["mean"].xs(("naive", "ack_latency_p95"), level=("design", "metric"))
    assert p95_s["fitted"] > p95_s["replayed"]
    assert n.slow > 100 * n.slow_by_fit
    rates = n.swept.loc["double_charge_rate"].pivot(index="payment.timeout", columns="design", values="mean").loc[n.TIMEOUTS]
    assert rates["naive"].is_monotonic_decreasing
    assert (rates["idempotent"] == 0).all()


CLAIMS: dict[str, Callable[[SimpleNamespace], None]] = {
    "01_first_morning": first_morning,
    "02_retries": retries,
    "03_outbox": outbox,
    "04_lag": lag,
    "05_cost": cost,
    "06_your_data": your_data,
}
