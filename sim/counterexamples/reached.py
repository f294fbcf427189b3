"""What a search has reached: how often each thing happened that a design is built to survive.

A design that survives a hunt is vouched for only as far as the hunt got: a crash that struck nobody, or a key that nobody sent
twice, proves nothing. So whatever never happened, though it could happen to the design, is counted too, as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sim.config.design import Claims, Design
from sim.vocabulary import Outcome
from sim.world.checkout import Reply
from sim.world.customer import Customer, Request
from sim.world.database import Order, OutboxRow
from sim.world.faults import CONSUMERS
from sim.world.observer import Call, Observer
from sim.world.shop import Claim

# ruff: noqa: ARG002  an observer hears more than this one counts


def every(_: Design) -> bool:
    """It can happen to any design."""
    return True


KINDS: dict[str, Callable[[Design], bool]] = {  # what can happen, and to which designs
    "double_taps": every,
    "taps_again": every,
    "refreshes": every,
    "plans_of_agents": every,
    "other_cards": every,
    "changed_baskets": every,
    "lost_requests": every,
    "lost_answers": every,
    "automatic_retries": lambda design: not design.app.retry.never,
    "known_keys": lambda design: hasattr(design, "claim") and design.app.key != "none",
    "stale_claims_taken_over": lambda design: isinstance(getattr(design, "claim", None), Claims) and design.app.key != "none",
    "stuck_orders_taken_up": lambda design: hasattr(design, "completer"),
    "refused_calls": every,
    "provider_errors": every,
    "unanswered_calls": every,
    "late_captures": every,
    "keys_known_to_the_provider": lambda design: getattr(design.payment, "key", "none") == "order",
    "refunds": lambda design: design.recovery.reconcile_every is not None,
    "webhooks": lambda design: getattr(design.payment, "webhooks", "ignored") != "ignored",
    "repeated_webhooks": lambda design: getattr(design.payment, "webhooks", "ignored") != "ignored",
    "repeated_messages": lambda design: not (design.loyalty.inline and design.read_model.inline),
    "rebalanced_messages": lambda design: not (design.loyalty.inline and design.read_model.inline),
    "dead_letters": lambda design: design.broker.dead_letters is not None,
    "held_messages": lambda design: getattr(design.payment, "after", None) is not None,
    "messages_known_to_the_inbox": lambda design: design.loyalty.inbox is not None and not design.loyalty.inline,
    "crashed_instances": every,
}


class Reached(Observer):
    """Counts over all mornings that it observes."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._steps: set[tuple[str, str]] = set()  # component and step, of all that were taken

    def counted(self, design: Design) -> dict[str, int]:
        """How often each thing happened; 0 for what could happen to this design and never did."""
        kinds = [kind for kind, meets in KINDS.items() if meets(design) or self._times[kind]]
        steps = sorted(self._steps)
        crashes = [f"{component}_crash_after_{step}" for component, step in steps]
        pauses = [f"{component}_pause_after_{step}" for component, step in steps if component not in CONSUMERS]
        return {kind: self._times[kind] for kind in (*kinds, *crashes, *pauses)}

    def tapped(self, customer: Customer, *, by_mistake: bool) -> None:
        self._times["double_taps"] += by_mistake
        self._times["taps_again"] += not by_mistake and customer.submissions > 1

    def changed_basket(self, customer: Customer, *, added_cents: int) -> None:
        self._times["changed_baskets"] += 1

    def refreshed(self, customer: Customer) -> None:
        self._times["refreshes"] += 1

    def planned(self, customer: Customer) -> None:
        self._times["plans_of_agents"] += customer.submissions > 1

    def took_other_card(self, customer: Customer) -> None:
        self._times["other_cards"] += 1

    def rebalanced(self, consumer: str, rows: Sequence[OutboxRow]) -> None:
        self._times["rebalanced_messages"] += len(rows)

    def buried(self, consumer: str, row: OutboxRow, *, tries: int) -> None:
        self._times["dead_letters"] += 1

    def held(self, who: str, row: OutboxRow, *, for_s: float) -> None:
        self._times["held_messages"] += 1

    def sent(self, request: Request, *, lost: bool) -> None:
        self._times["automatic_retries"] += request.attempt > 1
        self._times["lost_requests"] += lost

    def answered(self, request: Request, reply: Reply, *, lost: bool) -> None:
        self._times["lost_answers"] += lost

    def claimed(self, component: str, claim: Claim) -> None:
        self._times["known_keys"] += claim.answer is not None
        self._times["stale_claims_taken_over"] += claim.taken_over

    def accepted(self, component: str, order: Order, *, known: bool) -> None:
        self._times["known_keys"] += known

    def took_up(self, component: str, orders: Sequence[Order]) -> None:
        self._times["stuck_orders_taken_up"] += len(orders)

    def took(self, component: str, step: str, *, purchase: int) -> None:
        self._steps.add((component, step))

    def died(self, component: str, step: str, *, purchase: int) -> None:
        self._times[f"{component}_crash_after_{step}"] += 1

    def paused(self, component: str, step: str, *, purchase: int, pause_s: float) -> None:
        self._times[f"{component}_pause_after_{step}"] += 1

    def crashed(self, component: str) -> None:
        self._times["crashed_instances"] += 1

    def charged(self, caller: str, order: Order, *, call: Call) -> None:
        self._times["refused_calls"] += call.result is Outcome.FAILED
        self._times["provider_errors"] += call.result is Outcome.ERROR
        self._times["unanswered_calls"] += call.outcome is Outcome.UNKNOWN
        self._times["late_captures"] += call.captured_s > call.answered_s
        self._times["keys_known_to_the_provider"] += call.repeated

    def refunded(self, caller: str, purchase: int, *, cents: int) -> None:
        self._times["refunds"] += 1

    def delivered_webhook(self, order: Order, outcome: Outcome, *, again: bool) -> None:
        self._times["webhooks"] += 1
        self._times["repeated_webhooks"] += again

    def redelivered(self, consumer: str, row: OutboxRow) -> None:
        self._times["repeated_messages"] += 1

    def awarded(self, row: OutboxRow, *, known: bool) -> None:
        self._times["messages_known_to_the_inbox"] += known
