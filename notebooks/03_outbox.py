# %% [markdown]
# # 3 · What the outbox does and does not protect
#
# "We use an outbox, so nobody is charged twice." Half of that sentence is wrong. A design meets many *failure windows*: moments
# at which a crash, a lost answer or a repeated message does harm. Each mechanism closes some of them and no others.

# %%
from functools import cache

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
#
# `sim.windows` simulates each cell on as many mornings as it takes to decide it; all designs meet the same ones.

# %%
DESIGNS = ["outbox", "no-provider-key", "dual-write", "no-inbox"]
matrix = sim.windows(DESIGNS, ["w4", "w5", "w7", "w8"])
panels = matrix.plot.matrix()

# %% [markdown]
# *Closed*: nobody was harmed. *Open*: about as many as in `naive`; *worse*: more. (≠ marks what differs from the published
# matrix, which counts recovery as a mechanism of its own; docs/failure-windows.md says why.)
#
# ## Read one number
#
# The share of people whom `no-provider-key`, which *is* an outbox, harms when the process dies between the charge and its
# commit:

# %%
states = matrix.states
cell = states.loc[("W4", "no-provider-key")]
print(f"{cell['mean']:.1%} [{cell.low:.1%}, {cell.high:.1%}]; you said it is harmed in: {my_guess['no-provider-key']}")

# %% [markdown]
# ## Explain
#
# Which harm is it, in each window? Blank: nobody is harmed.

# %%
states.commonest.unstack("design")[DESIGNS].fillna("")

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
without = sim.windows("idempotent", ["w4", "w5", "w7", "w8"]).states.droplevel("design")
without[["state", "mean", "commonest"]].fillna("").round(4)

# %% [markdown]
# No outbox, and not one double charge; but points go missing in W7. So the sentence reads: *we send the provider a key that
# stays the same, so nobody is charged twice; and we use an outbox, so nobody's order is forgotten.*
#
# ## Every single mishap
#
# Windows are what somebody has thought of. One customer is a world small enough to try *everything* that can go wrong once, at
# every moment at which it can (`sim.every`; two mishaps at once take a few seconds longer):

# %%
for design in DESIGNS:
    tried = sim.every(design, mishaps=1)
    print(f"{design:16} {tried.verdict:7} {tried.runs:3} runs  {tried.found.mishaps[0] if tried.found else ''}")

# %% [markdown]
# ## Exercise
#
# Somebody finds the doubled points of W8 and mends them without an inbox: the relay marks a row as published *before* it
# publishes (`mark-before-publish`). Nothing comes twice any more. **What happens in W8 instead?** Name the rate that is now
# above zero: `double_charge_rate`, `duplicate_order_rate`, `orphan_charge_rate`, `loyalty_over_award_rate` or
# `loyalty_under_award_rate`.

# %%
answer = None  # such as "double_charge_rate"


# %% tags=["hide-input"] jupyter={"source_hidden": true}
@cache  # whoever tries several answers waits once
def relays():
    return sim.compare("w8", ["outbox", "mark-before-publish"], mornings=3).metrics["mean"]


def check(metric):
    """Fails unless that is what marking first does in W8, and what marking afterwards doesn't."""
    tried = relays().xs(metric, level="metric")
    assert tried["outbox"] == 0 < tried["mark-before-publish"], f"{metric} is {tried['mark-before-publish']:.2%} in W8"
    return f"{metric}: right, {tried['mark-before-publish']:.2%}"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution", "hide-input"] jupyter={"source_hidden": true}
# At most once instead of at least once: a relay that dies between the two has marked rows that nobody will ever publish.
solution = "loyalty_under_award_rate"
check(solution)
