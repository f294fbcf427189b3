# %% [markdown]
# # 4 · Lag and convergence
#
# The order is confirmed, and the status view doesn't show it yet. How long does that take when a relay polls the outbox,
# and how long until everything agrees again after the view has been down?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sim

# %% [markdown]
# ## Predict
#
# A provider that takes 450 ms for every call, and a relay that polls every half second; everything else takes no time.
# **How long is it, on average, from a confirmed order to its being visible?** Most people say: half a period, 250 ms.

# %%
WORLD = """
name: steady
clock: {start: "07:00", duration: 6min, drain: 5min}
traffic: {rate: 2/s}
customers: {patience: {constant: 1h}}
provider: {latency: {constant: 450ms}}
"""
DESIGN = """
from: outbox
name: polled
relay: {poll_every: 500ms}
database: {write: {constant: 0s}, read: {constant: 0s}}
broker: {publish: {constant: 0s}, deliver: 0s}
read_model: {apply: {constant: 0s}}
checkout: {service: {constant: 0s}}
"""
steady, polled = sim.parse_scenario(WORLD), sim.parse_design(DESIGN)
my_guess_s = 0.250

# %% [markdown]
# ## Run

# %%
morning = sim.run(steady, polled, seed=1)


def lags_s(morning):
    """Seconds from confirmed (write model) to visible (status view), of every confirmed order."""
    return (morning.orders.visible_s - morning.orders.confirmed_s).dropna()


# %% [markdown]
# ## Read one number

# %%
half_second = lags_s(morning)
print(f"{1000 * half_second.mean():.0f} ms, of {len(half_second)} orders; you said {1000 * my_guess_s:.0f} ms")

# %% [markdown]
# ## Explain
#
# Half a period is right for an event that comes at *any* moment. This one doesn't. The order's first row waits in the
# outbox until the relay polls; the payment worker is told at that very moment, pays for $L$ = 450 ms, and writes the second
# row. So the second row always comes $L$ after a poll, and waits for the next one:
#
# $$ \text{lag} = P - (L \bmod P) $$
#
# With $P$ = 500 ms that is 50 ms. And a relay that polls *more often* may be slower. Try it:

# %%
periods_s = [0.1, 0.2, 0.3, 0.4, 0.46, 0.5, 0.6, 0.8, 1.0]


def mean_lag_s(world, period_s):
    return lags_s(sim.run(world, sim.parse_design(DESIGN.replace("500ms", f"{period_s}s")), seed=1)).mean()


def sawtooth_s(period_s, latency_s=0.45):
    return period_s - latency_s % period_s


table = pd.DataFrame({"half a period": [p / 2 for p in periods_s]}, index=pd.Index(periods_s, name="period, s"))
table["P - (L mod P)"] = [sawtooth_s(p) for p in periods_s]
table["simulated"] = [mean_lag_s(steady, p) for p in periods_s]
table.round(3)

# %% [markdown]
# Every 400 ms instead of 500 ms makes it seven times as slow: the second row has just missed a poll.
#
# ## Change one thing
#
# No provider takes 450 ms for every call. Let it have the same median, and a spread: lognormal with σ = 0.6, the
# simulator's default (an assumption: no provider publishes its percentiles).

# %%
SPREAD = WORLD.replace("{constant: 450ms}", "{lognormal: {median: 450ms, sigma: 0.6}}")
varied = sim.parse_scenario(SPREAD)
table["simulated, L varies"] = [mean_lag_s(varied, p) for p in periods_s]
latency_s = np.random.default_rng(0).lognormal(np.log(0.45), 0.6, 100_000)
table["mean of P - (L mod P)"] = [sawtooth_s(p, latency_s).mean() for p in periods_s]
table.round(3)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
fine_s = np.linspace(0.05, 1.05, 2_001)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.plot(fine_s, fine_s / 2, color="0.6", ls="--", lw=1, label="half a period")
left.plot(fine_s, sawtooth_s(fine_s), color="#009E73", lw=1, label="P - (L mod P), L = 450 ms")
left.plot(periods_s, table["simulated"], "o", color="#009E73", label="simulated, L = 450 ms")
left.plot(periods_s, table["simulated, L varies"], "D", color="#0072B2", label="simulated, L varies")
left.set(xlabel="polling period P, s", ylabel="confirmed to visible, mean, s", xlim=(0, 1.05), ylim=(0, 0.75))
left.legend(frameon=False, fontsize=8)

for world, colour, label in ((steady, "#009E73", "L = 450 ms"), (varied, "#0072B2", "L varies")):
    lags = np.sort(lags_s(sim.run(world, polled, seed=1)))
    right.plot([0, *lags, 0.6], [0, *np.linspace(0, 1, len(lags)), 1], color=colour, drawstyle="steps-post", label=label)
right.plot([0, 0.5, 0.6], [0, 1, 1], color="0.6", ls="--", lw=1, label="t / P")
right.set(xlabel="t since the confirmation, s", ylabel="P(visible after t), P = 500 ms", xlim=(0, 0.6), ylim=(0, 1.02))
right.legend(frameon=False, fontsize=8)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# Where $L$ varies by more than a period, it forgets when the last poll was, and the wait is uniform: half a period on
# average, and *t-visibility* (the probability that a read $t$ after the commit sees it) is the line $t/P$. Where the period
# is longer than most calls, the formula is back: at $P$ = 1 s one waits for $1 - L$.
#
# On the right is the curve to ask a vendor for. A mean lag hides that with a constant $L$ nobody sees the order for 50 ms
# and then everybody does.
#
# **And after an outage?** The projector stands still for a minute at 07:03. Orders go on, two a second, two events each.
# What has piled up is worked off in order, `apply` seconds each, so the last order from the outage is visible after about
#
# $$ \text{convergence time} \approx \lambda \, D \cdot \text{apply} $$

# %%
STOPPED = WORLD + 'faults: [{outage: read_model, at: "07:03", for: 60s}]\n'


def convergence_s(apply_ms, mornings=5):
    """Mean seconds from the end of the outage until all earlier orders agree, by one projector."""
    design = sim.parse_design(DESIGN.replace("apply: {constant: 0s}", f"apply: {{constant: {apply_ms}ms}}"))
    return sim.compare(sim.parse_scenario(STOPPED), [design], mornings=mornings).metrics["mean"]["polled", "convergence_time"]


events_per_s, outage_s = 2 * 2, 60
rows = {ms: (events_per_s * outage_s * ms / 1000, convergence_s(ms)) for ms in (20, 50, 100)}
by_speed = pd.DataFrame(rows, index=["λ D apply, s", "simulated, s"]).T.rename_axis("apply, ms")
by_speed.round(1)

# %% [markdown]
# ## Exercise
#
# The objective is a convergence time of 30 s after a minute's outage, at two orders a second. **How long may the projector
# take for one event, in ms?** The check simulates your answer: it must take 30 s, give or take a tenth, so being much
# faster than you need is wrong, too.

# %%
answer = None  # ms


# %% tags=["hide-input"] jupyter={"source_hidden": true}
def check(ms):
    """Fails unless a projector of that speed takes 30 s, to within 10 %."""
    took_s = convergence_s(ms)
    assert abs(took_s - 30) < 3, f"with {ms} ms it takes {took_s:.1f} s"
    return f"{ms} ms: right, it takes {took_s:.1f} s"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution", "hide-input"] jupyter={"source_hidden": true}
solution = 30 / (events_per_s * outage_s) * 1000
check(solution)
