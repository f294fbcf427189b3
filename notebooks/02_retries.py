# %% [markdown]
# # 2 · Why retries charge twice
#
# The provider takes the money, and its answer gets lost. To the caller that looks like any other failure, so it tries again.
# How often does somebody pay twice? This can be worked out with a pencil, and then simulated.

# %%
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sim

# %% [markdown]
# ## Predict
#
# Take everything away that is not the question: nobody taps twice, nothing queues. Each call to the provider ends in one of
# three ways. With probability *q* it is **ambiguous**: charged, and the answer is lost. With probability *e* it is **refused**
# before any charge, and says so. Otherwise it is charged and the caller hears it. The app tries again at most *R* times.

# %%
WORLD = """
name: flaky-provider
clock: {start: "07:00", duration: 30min, drain: 10min}
traffic: {rate: 2/s}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0, refresh: 0, leave: 100%}, max_submissions: 1}
provider: {latency: {constant: 300ms}, ambiguous: 10%, failed: 20%}
"""
SHOP = """
from: naive
name: no-key
app: {retry: {fixed: {delay: 1s, attempts: 3}}}     # the first call and two retries
payment: {timeout: 1s}
checkout: {workers: 100}
"""
world, shop = sim.parse_scenario(WORLD), sim.parse_design(SHOP)
q, e, R = 0.10, 0.20, 2

# %% [markdown]
# **With *q* = 10 %, *e* = 20 % and two retries: which share of the people pays more than once?** And if the app retried five
# times instead of twice: how much more?

# %%
my_guess = 0.05

# %% [markdown]
# ## Run

# %%
morning = sim.run(world, shop, seed=1)

# %% [markdown]
# ## Read one number
#
# Captured charges, by purchase, in the provider's ledger:

# %%
people = len(morning.purchases)
charged = morning.charges.groupby("purchase").captured_s.count()  # counts what is there; never captured: NaN
simulated = (charged >= 2).mean()
error = np.sqrt(simulated * (1 - simulated) / people)
print(f"{simulated:.1%} ± {1.96 * error:.1%} of {people} people paid more than once; you said {my_guess:.1%}")

# %% [markdown]
# ## Explain
#
# The app goes on unless it hears "captured", that is with probability *q + e*. So it makes its *k*-th retry with probability
# $(q+e)^k$, and every call charges with probability $1-e$:
#
# $$ E[\text{charges}] = (1-e)\,\frac{1-(q+e)^{R+1}}{1-(q+e)} $$
#
# Nobody is charged if all calls are refused, $P_0 = e^{R+1}$. Exactly one charge comes about in two ways: refusals and then a
# heard charge, or all calls fail and just one of them was ambiguous. The rest pays at least twice:
#
# $$ P_{\ge 2} = 1 - e^{R+1} - (1-q-e)\,\frac{1-e^{R+1}}{1-e} - (R+1)\,q\,e^R $$


# %%
def closed_form(q, e, retries):
    """Charges a purchase; P(charged twice or more); P(never charged); P(the app says: failed)."""
    calls, again = retries + 1, q + e
    never = e**calls
    once = (1 - again) * (1 - never) / (1 - e) + calls * q * e**retries
    return (1 - e) * (1 - again**calls) / (1 - again), 1 - never - once, never, again**calls


seen = {
    "charges a purchase": charged,
    "P(charged twice or more)": charged >= 2,
    "P(never charged)": charged == 0,
    "P(told: failed)": morning.purchases.told_failed > 0,
}
agreement = pd.DataFrame(
    {"closed form": closed_form(q, e, R), "simulated": [each.mean() for each in seen.values()]}, index=seen
)
agreement["±"] = [1.96 * each.std() / np.sqrt(people) for each in seen.values()]
agreement.round(4)

# %% [markdown]
# One line is worth a second look: some who were told "failed" had been charged. *Unknown* is not *failed*, and a back end that
# folds one into the other makes its customers pay for it.
#
# ## Change one thing
#
# **More retries.** Let the provider refuse nothing (*e* = 0), and sweep *q* for apps that retry never, once, twice and five
# times.

# %%
lossy = sim.parse_scenario(WORLD.replace("failed: 20%", "failed: 0%").replace("30min", "4min"))
ambiguous, attempts = ["2%", "5%", "10%", "20%"], [1, 2, 3, 6]
swept = sim.sweep(
    lossy, {"provider.ambiguous": ambiguous, "app.retry.fixed.attempts": attempts}, [shop], mornings=4
).metrics.set_index("metric").loc["double_charge_rate"]  # fmt: skip
table = swept.pivot(index="provider.ambiguous", columns="app.retry.fixed.attempts", values="mean").loc[ambiguous]
table.round(4)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
fig, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
x = np.array([float(text.rstrip("%")) for text in ambiguous])
ax.plot([0, 22], [0, 22], color="0.6", lw=1, label="closed form, one retry or more: q")
ax.axhline(0, color="0.6", lw=1, ls="--", label="closed form, no retry: 0")
for number, (tries, mark) in enumerate(zip(attempts, "os^D", strict=True)):
    rows = swept[swept["app.retry.fixed.attempts"] == tries].set_index("provider.ambiguous").loc[ambiguous]
    mean, low, high = (100 * rows[name].to_numpy(float) for name in ("mean", "low", "high"))
    aside = x + (number - 1.5) * 0.25  # so that they don't hide each other
    ax.errorbar(aside, mean, [mean - low, high - mean], fmt=mark, ms=5, lw=1, label=f"simulated, {tries - 1} retries")
ax.set(xlabel="ambiguous calls q, %", ylabel="charged twice or more, %", xlim=(0, 22), ylim=(-1, 24))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# **The first retry does all the harm.** With *e* = 0 and at least one retry, exactly *q* pay more than once: whoever's first
# answer is lost is charged again by the next call, whether that is the last one or the first of five. Fewer retries don't
# help, except none at all, and then it is people who tap again. (The rows are the same to the last digit, because all apps
# meet the same mornings: the same people's answers get lost.)
#
# **A key.** Now let the call carry the same key each time: one key a purchase in the app, one key an order at the provider. The
# retries stay as they are.

# %%
keyed = sim.parse_design(SHOP.replace("from: naive", "from: idempotent").replace("name: no-key", "name: keyed"))
result = sim.compare(world, [shop, keyed], mornings=2)
result.metrics["mean"].unstack("design").loc[["double_charge_rate", "confirmed_share", "requests_per_purchase"]].round(4)

# %% [markdown]
# Nobody is charged twice, and nobody is turned away for it. Retrying was right all along; retrying *without saying that it is a
# retry* was wrong. (A key protects for as long as the provider remembers it: at Stripe 24 hours at least.)
#
# ## Exercise
#
# Another provider, on a bad day: *q* = 30 %, *e* = 10 %, and an app that retries three times. **Which share pays more than
# once?** Work it out before you put it here; the check simulates.

# %%
answer = None  # a share, such as 0.25


# %% tags=["hide-input"] jupyter={"source_hidden": true}
@cache  # whoever tries several answers waits once
def bad_day():
    """The share of people charged twice or more, and how many people."""
    sections = WORLD.replace("ambiguous: 10%, failed: 20%", "ambiguous: 30%, failed: 10%")
    design = sim.parse_design(SHOP.replace("attempts: 3", "attempts: 4"))
    found = sim.compare(sim.parse_scenario(sections), [design], mornings=4).metrics["mean"]["no-key"]
    return found["double_charge_rate"], 4 * found["purchases"]


def check(share):
    """Fails unless the share agrees with a simulation, within four standard errors."""
    twice, people = bad_day()
    margin = 4 * np.sqrt(twice * (1 - twice) / people)
    assert abs(share - twice) < margin, f"the simulation says {twice:.3f} ± {margin:.3f}"
    return f"{share:.4f}: right, the simulation says {twice:.4f} ± {margin:.4f}"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution", "hide-input"] jupyter={"source_hidden": true}
solution = closed_form(0.30, 0.10, 3)[1]
check(solution)
