"""The five stages, in the order of the trade-offs, and what each of four people accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.experiment.estimates import Status, holds


@dataclass(frozen=True)
class Stage:
    """A step of the exercise, with the world's objectives that belong to it. The learner predicts the first of them."""

    number: int
    title: str
    question: str  # the trade-off
    criteria: tuple[str, ...]
    outcome: str  # what a learner who has passed the stage can do
    price: str | None = None  # a metric that is shown with the stage and judged by nobody: what its usual answer costs

    @property
    def leading(self) -> str:
        return self.criteria[0]


STAGES = (
    Stage(
        1,
        "no duplicate orders, no double charges",
        "What makes a second request recognisable: a key for each request, for each tap, or for each purchase? Who has to "
        "check it, and what does that cost?",
        ("double_charge_rate", "duplicate_order_rate", "orphan_charge_rate"),
        "explain how retries, second taps and refreshes become second charges, and which scope of an idempotency key stops "
        "them, at the checkout and at the provider",
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


def passed(statuses: Mapping[str, Status]) -> list[bool]:
    """Whether each stage is passed: all of its objectives are met, if only so far. Few mornings make a lesson, no proof."""
    return [all(holds(statuses[metric]) for metric in stage.criteria) for stage in STAGES]


def current(done: list[bool]) -> Stage | None:
    """The first stage that is not passed; None when all are."""
    return next((stage for stage, is_done in zip(STAGES, done, strict=True) if not is_done), None)


def stage_of(metric: str) -> Stage:
    return next(stage for stage in STAGES if metric in stage.criteria)
