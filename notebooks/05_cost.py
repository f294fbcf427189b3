# %% [markdown]
# # 5 · Cost curves and sizing
#
# How many workers does a design need to get through a brownout, and what does a *correct* purchase cost then? (With the
# charts of a report: `coffee size`, `coffee compare morning-rush --cost-curve`, docs/sizing.md.)

# %%
import matplotlib.pyplot as plt
import pandas as pd

import sim
from sim.config.prices import load_prices

# %% [markdown]
# ## Predict
#
# Fifteen people a minute, and five minutes in which the provider is ten times slower and flaky:

# %%
WORLD = """
name: short-brownout
clock: {start: "07:00", duration: 30min, drain: 20min}
traffic: {rate: 15/min, price: 6.50 USD}
provider: {declined: 4%, failed: 0.2%, ambiguous: 0.2%}
faults:
  - {brownout: provider, at: "07:10", for: 5min, latency: x10, failed: 5%, ambiguous: 10%}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s, confirmation_lag_p95: 4min}
"""
world = sim.parse_scenario(WORLD)

# %% [markdown]
# `idempotent` holds a checkout worker for as long as the provider takes, `outbox` a payment worker, after the answer. Both stop
# waiting after 5 s, and in the brownout a call takes longer than that on average. **How many workers does each need, so that
# the brownout is no worse for it than with any number of workers?** And **what share of the cost is infrastructure?**

# %%
my_guess = {"idempotent": 16, "outbox": 16, "share of infrastructure": 0.20}

# %% [markdown]
# ## Run
#
# `size` looks for the fewest workers that meet the objectives, as far as workers can, and checks them on fresh mornings.

# %%
sizings = sim.size(world, ["idempotent", "outbox"], mornings=3, fresh=4).sizings
pd.DataFrame({name: sizing.capacity for name, sizing in sizings.items()}).T.astype("Int64")

# %% [markdown]
# ## Read one number

# %%
cost = pd.DataFrame(
    {
        name: {part: sizing.result.metrics[f"{part}_cost_per_1000"].mean for part in ("infra", "provider", "failure")}
        for name, sizing in sizings.items()
    }
).T.rename(columns={"infra": "infrastructure", "provider": "provider's fees", "failure": "failures"})
cost["sum"] = cost.sum(axis=1)
share = cost.loc["outbox", "infrastructure"] / cost.loc["outbox", "sum"]
print(f"infrastructure is {share:.2%} of what the outbox costs; you said {my_guess['share of infrastructure']:.0%}")
cost.round(2)  # USD per 1,000 correct purchases

# %% [markdown]
# ## Explain
#
# **The workers: Little's law.** Busy workers = arrival rate × the time one is held. At the worst moment that is 0.25
# purchases a second × 5 s (our timeout) = 1.25, and chance comes on top.

# %%
erlangs = 15 / 60 * 5.0
workers = {"idempotent": "checkout workers", "outbox": "payment workers"}
little = pd.DataFrame(
    {
        name: {
            "by Little's law": erlangs,
            "offered": sizings[name].load[what],
            "needed": sizings[name].capacity[what],
        }
        for name, what in workers.items()
    }
).T
little.round(3)

# %% [markdown]
# The outbox does with *fewer* workers than are busy: its customers have their answer already, so the charges may queue
# through the brownout and be worked off afterwards. (And no number of workers answers within a second in `idempotent`: it
# answers when the provider has.)
#
# **The bill: fees.** Of 6.50 USD the provider keeps 2.9 % + 0.30 = 0.4885 USD, so 1,000 purchases cost 488.50 in fees
# whatever we build. Infrastructure is cents. What differs between designs is *failures*.

# %%
fee = 0.029 * 6.50 + 0.30
billed = cost.loc["outbox", "provider's fees"]
print(f"{1000 * fee:.2f} USD by the formula, {billed:.2f} USD on the bill")

# %% [markdown]
# ## Change one thing
#
# **A longer brownout.** It isn't announced, so each design keeps the capacity that was sized for five minutes; `naive`
# keeps the 16 workers it comes with.

# %%
LENGTHS = ["0s", "2min", "5min", "10min"]
designs = ["naive", *(sizing.design for sizing in sizings.values())]
swept = sim.sweep(world, {"faults[0].for": LENGTHS}, designs, mornings=3).metrics.set_index(
    ["metric", "design", "faults[0].for"]
)
curves = swept.loc["cost_per_1000"]
bill = curves["mean"].unstack("design").loc[LENGTHS, ["naive", "idempotent", "outbox"]]
bill.round(0)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
minutes = [0, 2, 5, 10]
fig, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for name, colour in {"naive": "#D55E00", "idempotent": "#0072B2", "outbox": "#009E73"}.items():
    curve = curves.loc[name].loc[LENGTHS]
    ax.fill_between(minutes, curve["low"], curve["high"], color=colour, alpha=0.2, lw=0)
    ax.plot(
        minutes,
        curve["mean"],
        "o-",
        color=colour,
        label=f"{name}: {curve['mean'].iloc[0]:,.0f} to {curve['mean'].iloc[-1]:,.0f} USD",
    )
ax.axhline(1000 * fee, color="0.6", lw=1, ls="--", label="the fees of 1,000 purchases")
ax.set(xlabel="length of the brownout, min", ylabel="USD per 1,000 correct purchases", ylim=(0, None), xlim=(-0.2, 10.5))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, fontsize=8)
plt.show()

# %% [markdown]
# The outbox doesn't notice: its orders wait. `naive` pays for every minute in contacts, disputes and second fees.
#
# **A larger chain.** Four times as many people: four times as many workers? `cost_curve` sizes a design anew at each peak.
# (It holds all designs to objectives that every one of them can meet: 95 % have an answer within 15 s, and their order
# within 4 min.)

# %%
grown = sim.cost_curve(world, ["idempotent"], peaks_per_s=[0.25, 1.0], brownouts_s=(), mornings=2, fresh=2).points["idempotent"]
by_peak = {60 * point.peak_per_s: point.sizing for point in grown}
growth = pd.DataFrame(
    {
        "busy at the worst moment": {peak: sizing.load["checkout workers"] for peak, sizing in by_peak.items()},
        "workers": {peak: sizing.capacity["checkout workers"] for peak, sizing in by_peak.items()},
        "infrastructure, USD per 1,000": {peak: s.result.metrics["infra_cost_per_1000"].mean for peak, s in by_peak.items()},
    }
).rename_axis("people a minute")
growth.round(2)

# %% [markdown]
# No more than four times as many: the margin for chance grows like the root of the load, though of so few workers it is rounded
# up. And infrastructure per purchase falls, since the database is there in any case.
#
# ## Exercise
#
# A double charge costs the second fee, a contact with 8 people of 10 (8 USD each, and a voucher of a fifth of the 6.50 USD),
# and a dispute (15 USD) with 1 in 20; these are the assumptions in `scenarios/prices`. **How many double charges in 100,000
# purchases cost as much as the whole infrastructure of the sized `outbox`?** Use `cost.loc["outbox", "infrastructure"]`.

# %%
answer = None  # double charges in 100,000 purchases


# %% tags=["hide-input"] jupyter={"source_hidden": true}
def check(number):
    """Fails unless so many double charges cost, by the simulator's price table, what the infrastructure does."""
    prices = load_prices(world.prices)
    second_fee = 6.50 * prices.fee_share.value + prices.fee_fixed.value
    contact = prices.contact.value + prices.goodwill_share.value * 6.50
    trouble = prices.p_contact_double_charge.value * contact + prices.p_dispute.value * prices.dispute.value
    due = 100 * cost.loc["outbox", "infrastructure"] / (second_fee + trouble)
    assert abs(number / due - 1) < 0.02, f"{number:.1f} double charges cost {number * (second_fee + trouble):.2f} USD"
    return f"{number:.1f} in 100,000: right, at {second_fee + trouble:.2f} USD each"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution", "hide-input"] jupyter={"source_hidden": true}
one_double_charge = fee + 0.8 * (8 + 0.2 * 6.50) + 0.05 * 15
solution = 100 * cost.loc["outbox", "infrastructure"] / one_double_charge
check(solution)
