# %% [markdown]
# # 1 · A first morning
#
# A coffee chain takes orders ahead. At 07:15 its payment provider turns slow and flaky for a quarter of an hour. People wait,
# tap again, refresh. How many of them pay twice?
#
# All notebooks go the same way: *predict, run, read one number, explain, change one thing*. Write your prediction down
# before you run the cell; a number that surprises nobody teaches nothing.
#
# To run them: `make notebooks` sets everything up, then `source .venv/bin/activate` and `jupyter lab notebooks`. Cells that
# draw a picture or check an answer are folded; a click opens them.

# %%
import pandas as pd

import sim

# %% [markdown]
# ## Predict
#
# `morning-rush` brings about 3,000 purchases in two hours. The simplest back end, `naive`, charges the card within the
# request, saves the result and answers. A timeout is told as "payment failed, try again".
#
# **Of 3,000 people, how many does it charge more than once?** Ten? A hundred? Your guess:

# %%
my_guess = 10

# %% [markdown]
# ## Run
#
# One *morning* is one scenario, one design and one seed. The same seed is the same morning: the same people, the same weather.

# %%
morning = sim.run("morning-rush", "naive", seed=7)
{name: len(table) for name, table in morning.frames.items()}

# %% [markdown]
# ## Read one number
#
# `charges` is the provider's own ledger: a row a call. Money was taken where `captured_s` is set. Whoever is in there twice has
# paid twice; what the shop believes doesn't matter.

# %%
captured = morning.charges[morning.charges.captured_s.notna()]
times_charged = captured.groupby("purchase").size()
victims = times_charged.index[times_charged > 1]
purchases = len(morning.purchases)
print(
    f"{len(victims)} of {purchases} people were charged more than once ({len(victims) / purchases:.1%}). You said {my_guess}."
)

# %% [markdown]
# ## Explain
#
# Take one victim and read what happened, in order. `sim.explain` simulates the same morning again, writes down all that happens
# to one purchase, and tries what would have spared it. (`explained.plot.sequence()` draws it.)

# %%
explained = sim.explain("morning-rush", "naive", seed=7, purchase=victims[0])
explained

# %% [markdown]
# The provider took the money, and its answer got lost (5, 6). After five seconds the shop knew only that it *didn't know* (7),
# and told the app "failed" (10). The app did what apps do: it tried again (11). To the shop that was a new order (13), to the
# provider a new charge (15).
#
# *When* do they get hurt? Count the victims by the quarter of an hour in which they first tapped.

# %%
START_S = 6.5 * 3600  # the scenario's clock starts at 06:30
tapped_s = morning.purchases.submitted_s
quarter = pd.to_datetime(START_S + tapped_s // 900 * 900, unit="s").dt.strftime("%H:%M").rename("quarter")
by_quarter = pd.DataFrame({"people": quarter.value_counts(), "charged twice": quarter[victims].value_counts()})
by_quarter = by_quarter.sort_index().fillna(0).astype(int)
by_quarter

# %%
in_the_brownout = by_quarter.loc["07:15", "charged twice"] / len(victims)
print(f"{in_the_brownout:.0%} of the victims tapped within the brownout, 07:15 to 07:30")

# %% [markdown]
# ## Change one thing
#
# First guess: *turn the app's retries off*. That is the design `no-app-retries`. Beside it stand `idempotent` (one key for one
# purchase, also at the provider) and `outbox` (the same key; order first, charge later). All meet the same people on the same
# mornings, so what differs is the design. Three mornings are enough for a first look.

# %%
DESIGNS = ["naive", "no-app-retries", "idempotent", "outbox"]
comparison = sim.compare("morning-rush", DESIGNS, mornings=3)
wanted = ["double_charge_rate", "loyalty_under_award_rate", "ack_latency_p95", "confirmation_lag_p50", "cost_per_1000"]
means = comparison.metrics["mean"].unstack("design").loc[wanted, DESIGNS]
means.round(4)

# %% [markdown]
# The intervals belong to the numbers: a mean over three mornings isn't known to the last digit.

# %%
comparison.metrics.xs("double_charge_rate", level="metric")[["mean", "low", "high", "n"]].round(4)

# %% [markdown]
# Without the app's retries most of the victims are still there: people who are told "failed" tap again by themselves.
# It is the *pair* of client and back end that charges twice. A key closes it in both `idempotent` and `outbox`; what the outbox
# adds is that people hear "we have your order" at once, and that no loyalty point goes missing. (`NaN` stands for *never*: on
# some morning more than 5 % of the people were never told that their order had been taken.)

# %%
panels = comparison.plot.morning()
# %% [markdown]
# Read it from top to bottom, along the shaded brownout: how many came, how long 95 % of them waited for an answer, how many
# orders were open, and how many people had been charged twice.
#
# ## Exercise
#
# Finance asks: on the morning of seed 7, **how many USD did the provider take that it shouldn't have**? One charge a purchase
# is right, every further one is too many. Work it out from `captured` (`cents` is a column), and put your number here.

# %%
answer = None  # USD


# %% tags=["hide-input"] jupyter={"source_hidden": true}
def check(usd):
    """Fails unless this is what was taken too many."""
    each = captured.cents.groupby(captured.purchase)
    due = (each.sum() - each.first()).sum() / 100
    assert abs(usd - due) < 0.005, f"{usd} USD isn't what was taken too many"
    return f"{usd:,.2f} USD: right"


if answer is not None:
    print(check(answer))

# %% [markdown]
# ### Solution

# %% tags=["solution", "hide-input"] jupyter={"source_hidden": true}
too_many = len(captured) - captured.purchase.nunique()  # charges that are not somebody's first
solution = too_many * 6.50  # of one basket
check(solution)
