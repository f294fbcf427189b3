"""The second exercise: what other teams have built on a mended outbox, where something is used up or repeats."""

from __future__ import annotations

from sim.kata.exercise import Exercise, Stage, Weather

STAGES = (
    Stage(
        1,
        "a gift card is spent once",
        "The same gift card is open in two tabs. When is it certain that enough is left: before the customer is answered, "
        "before the payment, or after it? Whoever decides late has promised something; what does it cost to break that?",
        ("oversold_rate", "retracted_rate", "ack_latency_p95"),
        "say when something that can be used up must be taken, how wide the gap between a look and the taking is, and who "
        "pays for a promise that was made before it",
        points=30,
    ),
    Stage(
        2,
        "one intent, one charge",
        "An agent calls again, a job begins again, and neither is a customer who taps. What is the same in both tries, and who "
        "can derive a key from it?",
        ("double_charge_rate", "duplicate_order_rate"),
        "find what an intent is when no customer is there, and tell a key that names it from a look that comes too early",
        points=40,
    ),
    Stage(
        3,
        "a batch that comes again",
        "A process dies with twenty messages in hand; what fails three times is laid aside, and sent again later. What tells a "
        "message that was handled from one that was not, whatever its number is?",
        ("loyalty_over_award_rate", "loyalty_under_award_rate", "unconverged_orders"),
        "say what acknowledging by the batch repeats, and how a replay of dead letters gets past an inbox or is stopped by it",
        points=30,
    ),
)
PEOPLE = {
    "the customer": ("ack_latency_p95", "retracted_rate", "double_charge_rate"),
    "the barista": ("duplicate_order_rate",),
    "finance": ("oversold_rate", "loyalty_over_award_rate", "loyalty_under_award_rate"),
    "operations": ("unconverged_orders",),
}
TASK = (
    "A year later. Your outbox charges nobody twice, and other teams have built on it: gift cards, agents that order for "
    "people, beans by subscription, points that are counted in batches. Each change looked harmless. Yet finance misses "
    "money on the gift cards, subscribers were charged twice, and points come in showers."
)
CHOICE = (
    "You can't choose the people, the provider or what goes wrong. You can choose the design, in design.yaml. A run is the "
    "same five mornings every time, so every difference is your change's. In the end the design is checked on other "
    "mornings. brief.md has who accepts what."
)
CONSTRAINTS = (
    "You can't choose the people, the network, the provider or what goes wrong (in full, if you like: `coffee show "
    "kata-second-morning --all`).",
    "You can choose the design. Every line of design.yaml has a team that wanted it: change what it says before you delete it.",
    "Change one thing at a time. A run is the same five mornings again, so that every difference is the change's.",
    "An objective is met when its whole 95 % interval lies within the limit; a single case violates a limit of zero.",
    "In the end the design is checked on mornings you haven't seen, when things go wrong at other times.",
)
START = """\
# The checkout as you left it, and what other teams have added since. Change one thing at a time, then run.
#
# What every knob means, with its default: coffee show outbox. What this file does not say has its default.

name: my-checkout
from: outbox

app:                        # the ordering app; agents that order for people call it too
  agent_key: given          # an agent sends a key that it makes up for each call, as its maker had asked

checkout:
  workers: 8

taking:                     # gift cards
  guard: check_then_take    # look whether enough is left; take it in another transaction
  when: at_settlement       # when the payment is over: nobody should lose what they haven't bought

renewal_job:                # beans by subscription: at 07:20 a job makes the orders
  key: run                  # a new key for each renewal whenever the job begins
  looks_first: false        # it is quicker without a look at what is done

broker:                     # messages, since points were counted too slowly
  batch: 20
  commits: after_batch      # once for the whole batch
  dead_letters: {after: 3, replay_every: 5min, ids: new}   # laid aside after three tries, and sent again under new numbers

loyalty:
  inbox: {window: 7d, by: message}   # it remembers the numbers of messages
"""

SECOND = Exercise(
    name="second",
    title="The kata's second morning",
    scenario="kata-second-morning",
    folder="kata-second-morning",
    task=TASK,
    choice=CHOICE,
    constraints=CONSTRAINTS,
    start=START,
    stages=STAGES,
    people=PEOPLE,
    weathers=(
        Weather("other mornings"),
        Weather(
            "gift cards for a holiday, and a slow database",
            {"accounts.gift-card.p": "60%"},
            ({"slow": "database", "at": "07:10", "for": "12min", "times": "x40"},),
        ),
        Weather(
            "the job begins twice at the same moment",
            {"faults[0].at": "07:16", "faults[2].at": "07:20"},
        ),
        Weather(
            "points that are counted slowly for longer, and later",
            {"faults[4].at": "07:14", "faults[4].for": "16min", "faults[3].p": "25%"},
        ),
    ),
    about="a quarter of an hour: mend what others have built on your outbox",
)
