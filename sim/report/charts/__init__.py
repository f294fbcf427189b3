"""The charts of a report, one a file. Each draws a comparison onto given axes, or onto a figure of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.report.charts import (
    capacity_by_peak,
    causes,
    confirmation_lag,
    convergence,
    cost,
    cost_by_brownout,
    cost_by_peak,
    duplicates,
    morning,
    stations,
    tipping,
)


class Chart(NamedTuple):
    """A chart of a comparison: the function that draws it, its title, and how to read it."""

    draw: Callable[[Comparison], Any]
    title: str
    caption: str


CHARTS: dict[str, Chart] = {
    "morning": Chart(
        morning.draw,
        "The morning, minute by minute",
        "Each column is one design on the same customers: how many came, how long 95 % of them waited for an answer, how many "
        "orders were open, and how many people had been charged twice. Follow a shaded fault from top to bottom to see what it "
        "did; a square on the line “never” is a minute of which more than 5 % never got an answer, in the median morning.",
    ),
    "duplicates": Chart(
        duplicates.draw,
        "What the audit found",
        "Each dot is the share of purchases that one kind of harm befell, and its bar the 95 % interval over the mornings. "
        "A hollow triangle was not seen even once: the true rate is probably to the left of it, if each purchase fails by "
        "itself, which is not the same as impossible.",
    ),
    "causes": Chart(
        causes.draw,
        "What went wrong, and why",
        "On the left is how many of the purchases were lost, harmed or late by each cause, and on the right what that costs "
        "afterwards. A long bar on the right is what to mend first; the bars of a design add up to all that its failures cost.",
    ),
    "confirmation_lag": Chart(
        confirmation_lag.draw,
        "How long people wait",
        "A curve shows how many people are still waiting after a time, first for “we have your order” and then for the "
        "confirmed order; lower and further left is better. Where a curve ends level, that share of the people waits for ever.",
    ),
    "convergence": Chart(
        convergence.draw,
        "How long the status view is wrong",
        "On the left are orders that are confirmed while the status view still says otherwise; a curve that stays up has lost "
        "the news for good. On the right is how soon after the confirmation customers can see it.",
    ),
    "cost": Chart(
        cost.draw,
        "What 1,000 correct purchases cost",
        "The sum is what 1,000 correctly served purchases cost at the capacity each design was given, and the panels below "
        "show what it is made of. Compare the scales: what a design spends on servers stands beside the provider’s fees and "
        "the price of its failures (contacts, disputes, lost sales, coffee and points given away).",
    ),
    "stations": Chart(
        stations.draw,
        "How full the stations were",
        "A station is a place where work can queue: a pool of workers, the database, a consumer of events. One that is busy "
        "for nearly 100 % of its five busiest minutes can’t keep up. Whether it is the one to enlarge is another question: "
        "coffee sensitivity doubles each on the same mornings, and tells what that changes.",
    ),
}


class CurveChart(NamedTuple):
    """A chart of a cost curve."""

    draw: Callable[[CostCurve], Any]
    title: str
    caption: str


PEAKS: dict[str, CurveChart] = {
    "cost_by_peak": CurveChart(
        cost_by_peak.draw,
        "What it costs as the chain grows",
        "Every point is a design at the cheapest capacity with which it meets the objectives at that peak. Fees and failures "
        "are paid purchase by purchase and don’t fall as the chain grows; infrastructure does. Compare the scales: it has one "
        "of its own because it would not be seen on that of the others.",
    ),
    "capacity_by_peak": CurveChart(
        capacity_by_peak.draw,
        "How many workers it takes as the chain grows",
        "The dotted line is Little’s law: the arrival rate times the seconds for which a worker is held at the worst moment. A "
        "design that charges within the request needs about that, more for chance (of few workers a larger share than of "
        "many), and a multiple of it where every further tap is a charge of its own. Payment workers may be late, which saves "
        "some; but a circuit breaker lets only so many calls a minute through, however large the chain, and may cost some.",
    ),
}
BROWNOUTS: dict[str, CurveChart] = {
    "cost_by_brownout": CurveChart(
        cost_by_brownout.draw,
        "What a longer brownout does to the bill",
        "The same mornings with the brownout longer and longer. It isn’t announced, so every design keeps the capacity that "
        "was sized for the scenario as it is (the dotted line). On the right, each line is ten times the one below.",
    ),
}

__all__ = ["BROWNOUTS", "CHARTS", "PEAKS", "Chart", "CurveChart", "tipping"]
