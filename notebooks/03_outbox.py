# %% [markdown]
# # 3 · What the outbox does and does not protect
#
# "We use an outbox, so nobody is charged twice." Half of that sentence is wrong. A design meets many *failure windows*: moments
# at which a crash, a lost answer or a repeated message does harm. Each mechanism closes some of them and no others.

# %%
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sim

# %% [markdown]
# ## Predict
#
# Four windows, each a world in which that one thing goes wrong and nothing else:
#
# | | what happens |
# |---|---|
# | W4 | the process dies between the charge and its commit |
# | W5 | the provider charges, and its answer never comes |
# | W7 | the process dies between the commit and the news of it |
# | W8 | the relay dies after publishing, before marking the row as published |
#
# And the outbox with one of its parts taken out at a time:
#
# | design | without |
# |---|---|
# | `outbox` | nothing |
# | `no-provider-key` | the order's key on calls to the provider |
# | `dual-write` | the row in the outbox for "payment settled": told directly, after the commit |
# | `no-inbox` | the inbox at loyalty, which remembers what it has handled |
#
# **In which windows is each of the four harmed?** Sixteen cells; write down the ones in which somebody gets hurt.

# %%
my_guess = {"outbox": "", "no-provider-key": "W4", "dual-write": "", "no-inbox": ""}

# %% [markdown]
# ## Run

# %%
WINDOWS = {
    "W4": "windows/w04-crash-before-commit",
    "W5": "windows/w05-unknown-outcome",
    "W7": "windows/w07-crash-before-publish",
    "W8": "windows/w08-relay-crash",
}
DESIGNS = ["outbox", "no-provider-key", "dual-write", "no-inbox"]
HARMS = {
    "double_charge_rate": "charged twice",
    "duplicate_order_rate": "two coffees made",
    "orphan_charge_rate": "paid, no coffee",
    "loyalty_over_award_rate": "points twice",
    "loyalty_under_award_rate": "points missing",
}


def simulate(designs):
    """The metrics of designs in each window."""
    return pd.concat(
        {window: sim.compare(name, designs, mornings=2).metrics for window, name in WINDOWS.items()}, names=["window"]
    )


found = simulate(DESIGNS)
harm = found["mean"].unstack("metric")[list(HARMS)].rename(columns=HARMS)
harmed = harm.max(axis=1).unstack("window").loc[DESIGNS]
harmed.map("{:.1%}".format).replace("0.0%", "·")

# %% [markdown]
# ## Read one number
#
# The share of people whom `no-provider-key`, which *is* an outbox, charges twice when the process dies between the charge and
# its commit:

# %%
print(f"{harm.loc[('W4', 'no-provider-key'), 'charged twice']:.1%}; you said it is harmed in: {my_guess['no-provider-key']}")

# %% [markdown]
# ## Explain
#
# Which harm is it, in each window? A design without a bar is not harmed.

# %%
fig, axes = plt.subplots(1, 4, figsize=(10, 2.6), sharey=True, sharex=True, layout="constrained")
for ax, window in zip(axes, WINDOWS, strict=True):
    shares = 100 * harm.loc[window].loc[DESIGNS]
    left = np.zeros(len(DESIGNS))
    for kind, colour in zip(HARMS.values(), ["#D55E00", "#A8324A", "#7A7A7A", "#B8860B", "#0072B2"], strict=True):
        ax.barh(DESIGNS, shares[kind], 0.6, left=left, color=colour, label=kind)
        left += shares[kind].to_numpy()
    ax.set(title=window, xlabel="% of the people")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].invert_yaxis()
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
plt.show()

# %%
hurts = {design: {window for window in WINDOWS if harmed.loc[design, window] > 0} for design in DESIGNS}
assert hurts == {"outbox": set(), "no-provider-key": {"W4", "W5"}, "dual-write": {"W7"}, "no-inbox": {"W8"}}
assert harm.loc[("W4", "no-provider-key")].drop("charged twice").max() == 0
assert harm.loc[("W7", "dual-write")].drop("points missing").max() == 0
assert harm.loc[("W8", "no-inbox")].drop("points twice").max() == 0

# %% [markdown]
# Each part closes its own windows:
#
# - **The charge is a call to somebody else's computer.** No transaction of ours includes it. If the worker dies after it, or
#   never hears of it, the message comes again, and what stops the second charge is a key *at the provider* that is the same
#   each time. The outbox only sees to it that somebody does try again.
# - **The outbox protects what comes after the commit.** The order and the news of it are one transaction, so no crash comes
#   between them. Told directly, the news is lost with the process, and with it the loyalty points.
# - **At least once is not once.** The relay publishes again what it hasn't marked, so whoever listens needs an inbox.
#
# ## Change one thing
#
# The same key without any outbox: `idempotent` charges within the request, with the order as the provider's key, and tells the
# others directly after the commit.

# %%
without = simulate(["idempotent"])["mean"].unstack("metric").droplevel("design")[list(HARMS)]
without.rename(columns=HARMS).map("{:.1%}".format).replace("0.0%", "·")

# %%
assert (without["double_charge_rate"] == 0).all()  # the charge is safe in every window...
assert without.loc["W7", "loyalty_under_award_rate"] > 0.01  # ...and the news of it is not

# %% [markdown]
# No outbox, and not one double charge; but points go missing in W7. So the sentence reads: *we send the provider a key that
# stays the same, so nobody is charged twice; and we use an outbox, so nobody's order is forgotten.*
#
# ## Exercise
#
# Somebody finds the doubled points of W8 and mends them without an inbox: the relay marks a row as published *before* it
# publishes (`mark-before-publish`). Nothing comes twice any more. **What happens in W8 instead?** Name the metric that is now
# above zero: one of the keys of `HARMS`.

# %%
answer = None  # such as "double_charge_rate"


# %%
@cache  # whoever tries several answers waits once
def relays():
    return sim.compare(WINDOWS["W8"], ["outbox", "mark-before-publish"], mornings=3).metrics["mean"]


def check(metric):
    """Fails unless that is what marking first does in W8, and what marking afterwards doesn't."""
    tried = relays().xs(metric, level="metric")
    assert tried["outbox"] == 0 < tried["mark-before-publish"], f"{metric} is {tried['mark-before-publish']:.2%} in W8"
    return f"{metric}: right, {tried['mark-before-publish']:.2%}"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
# At most once instead of at least once: a relay that dies between the two has marked rows that nobody will ever publish.
solution = "loyalty_under_award_rate"
check(solution)
