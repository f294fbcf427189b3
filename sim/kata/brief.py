"""The brief that the learner reads at the beginning, and the design to start from."""

from __future__ import annotations

from sim import words
from sim.config.scenario import Scenario
from sim.kata.stages import PEOPLE, STAGES
from sim.vocabulary import METRICS

DESIGN, BRIEF = "design.yaml", "brief.md"
SCENARIO = (
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
LOOP = "predict → change one thing → run → see what changed → say why"
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


def criteria(world: Scenario) -> dict[str, list[tuple[str, str, str]]]:
    """Person -> the objectives that they set: metric, limit, and what the metric counts."""
    return {
        who: [(metric, words.limit(metric, world.objectives[metric]), METRICS[metric].summary) for metric in metrics]
        for who, metrics in PEOPLE.items()
    }


def as_text(world: Scenario) -> str:
    """The brief as Markdown."""
    lines = ["# The kata", "", SCENARIO, "", world.story.strip(), "", "## What holds", ""]
    lines += [f"- {line}" for line in CONSTRAINTS]
    lines += ["", "## What they accept", ""]
    for who, rows in criteria(world).items():
        lines += [f"{who.capitalize()}:", "", *(f"- `{metric}` {limit}: {what}" for metric, limit, what in rows), ""]
    lines += ["## Five stages, five trade-offs", ""]
    lines += [f"{stage.number}. **{stage.title}**. {stage.question}" for stage in STAGES]
    return "\n".join([*lines, "", f"The loop: {LOOP}.", ""])
