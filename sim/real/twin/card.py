"""How twins show themselves in Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.real.twin.sentences import difference, points, speed, title, verdict
from sim.report.card import Card, Cell, Table
from sim.style import colours

if TYPE_CHECKING:
    from sim.real.twin.twins import Twins

COLUMNS = ("design", "a customer", "model", "real parts", "difference in points")


def card(about: Twins) -> Card:
    """The verdict of each design, and the harms that happened in either world."""
    ink, several = colours(about.twins), list(about.twins.values())
    rows = [
        [Cell(name), Cell(rate.clause), Cell(f"{rate.model:,}"), Cell(f"{rate.real:,}"), Cell(difference(rate), rate.verdict)]
        for name, twin in about.twins.items()
        for rate in twin.rates.values()
        if rate.model or rate.real
    ]
    cut = f"; {len(several)} of {len(about.designs)} designs, interrupted" if about.interrupted else ""
    return Card(
        title=title(several),
        subtitle=f"{about.scenario.name}, seed {about.seed}; rates within {points(about.margin)} are the same{cut}",
        sentences=[(ink[twin.name], f"{twin.name}:", verdict(twin)) for twin in several],
        tables=[Table(COLUMNS, rows, "rates of harm", folded=True)] if rows else [],
        closing=[said] if (said := speed(about.speed)) else [],
        hints={"tables": [".rates", ".lags", ".disagreeing"]},
    )
