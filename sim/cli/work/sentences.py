"""Results in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim import words
from sim.experiment.compare import Comparison, Result
from sim.experiment.estimates import mornings_needed

QUEUED = 0.05  # of the busiest minutes: a queue for less is not worth naming


def about(result: Result) -> str:
    """One design in one sentence: whom it charges twice, how long people wait, what it costs, and how it is judged."""
    return f"{result.design.name} {', '.join(_did(result))}, and {verdict(result)}."


def mornings_line(comparison: Comparison, settings: Sequence[str] = ()) -> str:
    """What the numbers below it are of, and what was set for them."""
    set_ = f"; with {', '.join(settings)}" if settings else ""
    first, last = comparison.seed, comparison.seed + comparison.asked - 1
    of = f" of {comparison.asked:,}" if comparison.interrupted else ""
    dealt = f" in {comparison.cells:,} cells" if comparison.cells > 1 else ""
    if comparison.mornings == 1:
        one = f"one{of} morning{'s' if of else ''}{dealt} (seed {first})"
        return f"{one}, so there are no intervals; give more --mornings to have some{set_}"
    return f"mean of {comparison.mornings:,}{of} mornings{dealt} (seeds {first} to {last}) with its 95 % interval{set_}"


def verdict(result: Result) -> str:
    """`violates 3 of 8 objectives`."""
    total = len(result.objectives)
    if not total:
        return "has no objectives to meet"
    violated, undecided, so_far = (result.standing[status] for status in ("violated", "undecided", "so far"))
    if violated:
        return "violates its objective" if total == 1 else f"violates {violated} of {total} objectives"
    if undecided:
        what = "its objective" if total == 1 else f"{undecided} of {total} objectives"
        return f"leaves {what} undecided ({_more(result)})"
    what = "its objective" if total == 1 else f"all {total} objectives"
    if so_far:
        which = "" if so_far == total else f"{so_far} of them only "
        needed = mornings_needed(result.confidence)
        return f"meets {what}, {which}so far ({needed} mornings rule out harm on one morning in twenty)"
    return f"meets {what}"


def _more(result: Result) -> str:
    """What helps to decide what is undecided, if anything does."""
    why = {objective.because for objective in result.objectives if objective.status == "undecided"}
    if why == {"nothing"}:
        return "there was nothing to count, and more --mornings change nothing"
    return "more --mornings may decide"


def fullest(stations: list[dict[str, Any]]) -> str:
    """Which station was fullest in its busiest minutes. That is no cause yet: see `what_to_change`."""
    one = max(stations, key=lambda station: (station["busiest_queueing"] >= QUEUED, station["busiest"]))
    busy, queueing = words.share(one["busiest"]), words.share(one["busiest_queueing"])
    if one["busiest_queueing"] >= QUEUED:
        return (
            f"Fullest in its busiest five minutes: {one['station']}, {busy} busy and with a queue for {queueing} of them; "
            f"{one['longest_queue']:,} waited at the worst moment."
        )
    return f"No station had a queue worth naming; {one['station']} was {busy} busy in its busiest five minutes."


def _did(result: Result) -> list[str]:
    purchases = int(result.values("purchases").sum())
    if not purchases:
        return ["had no customers"]
    if result.metrics["confirmed_share"].mean is None:
        return [_charges(result, purchases), "had nobody with a good card to serve"]
    return [_charges(result, purchases), _waiting(result), _cost(result)]


def _charges(result: Result, purchases: int) -> str:
    charged = result.metrics["double_charge_rate"].mean
    if not charged:
        return f"charged nobody twice in {purchases:,} purchases"
    kept = result.metrics["double_charge_rate_net"].mean or 0
    refunded = "" if kept >= charged else " (all refunded later)" if not kept else f" ({words.share(kept)} after refunds)"
    return f"charged {words.share(charged)} of purchases twice{refunded}"


def _waiting(result: Result) -> str:
    latency = result.metrics["ack_latency_p95"]
    if latency.never:
        confirmed = result.metrics["confirmed_share"].mean
        lost = f" and {words.share(1 - confirmed)} of those with a good card without an order" if confirmed is not None else ""
        return f"left more than one in twenty without an answer{lost}"
    if latency.mean is None:
        return "had nobody who waits for an answer"
    return f"answered 95 % within {words.seconds(latency.mean)}"


def _cost(result: Result) -> str:
    cost = result.metrics["cost_per_1000"].mean
    return "got no purchase right" if cost is None else f"cost {words.number(cost, 0)} USD per 1,000 correct purchases"
