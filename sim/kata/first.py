"""The first exercise: five stages from a checkout that charges people twice to one that passes."""

from __future__ import annotations

from sim.kata.exercise import Exercise, Stage, Weather

STAGES = (
    Stage(
        1,
        "no duplicate orders, no double charges",
        "What makes a second request recognisable: a key for each request, for each tap, or for each purchase? Who has to "
        "check it, and what does that cost?",
        ("double_charge_rate", "duplicate_order_rate", "orphan_charge_rate"),
        "explain how retries, second taps and refreshes become second charges, and which scope of an idempotency key stops "
        "them, at the checkout and at the provider",
        beside="idempotent",
    ),
    Stage(
        2,
        "an answer at the peak",
        "Answer when the money is there, or when the order is safely written down? What do you promise with the answer?",
        ("ack_latency_p95", "acknowledged_share"),
        "tell a queue from a slow dependency, and decide what may be done after the answer",
        price="retracted_rate",
    ),
    Stage(
        3,
        "a status that catches up",
        "How far behind may the status view be, and for how long? A cache and a projection take load off; who pays for that?",
        ("stale_read_rate", "confirmation_lag_p99", "convergence_time"),
        "find what keeps a view or a backlog behind after a slowdown, and say how long it takes to catch up",
    ),
    Stage(
        4,
        "loyalty points exactly once",
        "A message can be lost or come twice. Which of the two do you choose, and what makes the other harmless?",
        ("loyalty_over_award_rate", "loyalty_under_award_rate"),
        "combine delivery at least once with a consumer that knows what it has handled, and say how long it must remember",
    ),
    Stage(
        5,
        "a steady cost",
        "How much idle capacity is the brownout worth? What fails first when you take some away?",
        ("infra_cost_per_1000", "cost_per_1000"),
        "size a pool by what it is used for, and tell the cost of machines from the cost of failures",
    ),
)
PEOPLE = {
    "the customer": ("double_charge_rate", "ack_latency_p95", "acknowledged_share", "stale_read_rate"),
    "the barista": ("duplicate_order_rate", "confirmation_lag_p99"),
    "finance": ("orphan_charge_rate", "loyalty_over_award_rate", "loyalty_under_award_rate", "cost_per_1000"),
    "operations": ("convergence_time", "infra_cost_per_1000"),
}
TASK = (
    "You have joined the team that runs the checkout of a coffee chain's order-ahead app. On bad mornings the payment provider "
    "turns slow and flaky. Customers time out, the app retries, people tap twice and refresh. The support desk's phone does "
    "not stop: charged twice, two coffees, no points, a status that says nothing for minutes."
)
CHOICE = (
    "You can't choose the customers, the provider or what goes wrong. You can choose the design, in design.yaml: the "
    "architecture (from: naive, idempotent or outbox) and its knobs. A run is the same five mornings every time, so every "
    "difference is your change's. In the end the design is checked on other mornings. brief.md has who accepts what."
)
CONSTRAINTS = (
    "You can't choose the customers, the network, the provider or what goes wrong (in full, if you like: `coffee show kata`).",
    "You can choose the design: the architecture (`from:` naive, idempotent or outbox) and its knobs.",
    "Change one thing at a time. A run is the same five mornings again, so that every difference is the change's.",
    "An objective is met when its whole 95 % interval lies within the limit; a single case violates a limit of zero.",
    "In the end the design is checked on mornings you haven't seen, with faults at other times.",
)
START = """\
# The checkout as it stands today. Change one thing at a time, then run.
#
# What an architecture does, drawn and in its own source: coffee show naive --story; likewise idempotent and outbox. Without
# --story: every knob there is, with its default and what it means. What this file does not say has its default.

name: my-checkout
from: naive                 # the architecture: naive, idempotent or outbox

app:                        # the ordering app on the customer's phone
  timeout: 8s               # until it stops waiting for an answer
  retry: {fixed: {delay: 500ms, attempts: 4}}   # then it tries again by itself
  key: none                 # an idempotency key for each: none, request, submission (a tap) or purchase

checkout:                   # the service that takes the orders
  workers: 64               # doubled twice, after two slow mornings

read_model:                 # the status view that customers poll
  cache: 2min               # it was slow once; 0s: no cache

loyalty:                    # the points
  inbox: none               # how long it remembers which messages it has handled: none, or {window: TIME}
"""

FIRST = Exercise(
    name="first",
    title="The kata",
    scenario="kata",
    folder="kata",
    task=TASK,
    choice=CHOICE,
    constraints=CONSTRAINTS,
    start=START,
    stages=STAGES,
    people=PEOPLE,
    weathers=(
        Weather("other mornings"),
        Weather(
            "faults at other times, and a longer brownout",
            {"faults[0].at": "07:18", "faults[0].for": "8min", "faults[1].at": "07:05", "faults[2].at": "07:12"},
        ),
        Weather(
            "messages that come again late",
            {"faults[0].at": "07:11", "faults[8].p": "3%"},
            ({"crash": "loyalty", "after": "award", "p": "1%", "restart": "1s"},),
        ),
        Weather(
            "1.5 times as many customers",
            {
                "traffic.shape": {"07:00": "28/min", "07:10": "72/min", "07:25": "72/min", "07:40": "16/min"},
                "faults[0].at": "07:14",
                "faults[1].at": "07:30",
            },
        ),
    ),
    about="half an hour: mend a checkout that charges people twice",
    afterwards="second",
)
