"""A morning as independent cells: complete copies of the back end, each with its share of the customers and of the capacity.

A cell-based architecture (AWS, Reducing the Scope of Impact with Cell-Based Architecture, 2023: a cell is "an instance of your
complete workload, with everything needed to operate independently"); or an approximation of one large back end, for as many
processors as there are cells. All cells of a morning meet the same weather: it is the provider's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sim.config.design import Design
from sim.config.errors import ArgumentError
from sim.ledger.capacity import Capacity
from sim.ledger.costs import Bill
from sim.ledger.records import StationRecord
from sim.ledger.tally import Tally, pooled
from sim.world.cell import Cell

CAPACITIES = (
    "checkout.workers", "checkout.autoscale.min", "checkout.autoscale.max", "checkout.queue_limit", "database.connections",
    "payment.workers", "payment.autoscale.min", "payment.autoscale.max", "relay.batch", "completer.batch",
)  # fmt: skip
"""Knobs of which a cell has its share. All others are the same in every cell: `checkout.instances` too, since a crash takes one
of them, and that is to be the same share of the workers; and `read_model.workers`, as each cell has a view of its own."""
MAY_BE_ZERO = ("checkout.queue_limit",)
ADDED = ("servers", "arrivals", "served", "busy_s", "area_s", "sojourn_s", "provisioned_s")  # of a station
MEANS = ("waiting_s", "worked_s", "busiest_share", "busiest_queueing_share")  # of a cell, in a station of all cells


def capacities(design: Design) -> dict[str, int]:
    """Those that a design has and limits, by dotted key."""
    found = {key: _value(design, key) for key in CAPACITIES}
    return {key: value for key, value in found.items() if value is not None}


def design_of(design: Design, cell: Cell) -> Design:
    """The design with a cell's share of every capacity; over all cells they add up to the whole."""
    if cell.of == 1:
        return design
    for key, whole in capacities(design).items():
        design = _with(design, key.split("."), cell.share(whole))
    return design


def check_cells(designs: Iterable[Design], cells: int) -> None:
    """Whether the capacity of each design suffices for so many cells. Raises ArgumentError."""
    for design in designs if cells > 1 else ():
        most, key, whole, least = min(_limits(design))
        if cells > most:
            instances = ", one for each of the checkout.instances" if least > 1 else ""
            raise ArgumentError(
                "cells",
                f"{design.name} can be dealt to at most {most} (got {cells}): it has {whole} {key}, and a cell needs "
                f"{least}{instances}; give it more",
            )


def together(tallies: Sequence[Tally], bills: Sequence[Bill]) -> tuple[Tally, Bill]:
    """One tally and one bill of all cells of a morning."""
    if len(tallies) == 1:
        return tallies[0], bills[0]
    whole = pooled(tallies)
    names = dict.fromkeys(station.name for station in whole.stations)
    stations = [_one([station for station in whole.stations if station.name == name]) for name in names]
    parts = {part: sum(bill.parts[part] for bill in bills) for part in bills[0].parts}
    paid_for = Capacity(**{name: sum(vars(bill.capacity)[name] for bill in bills) for name in vars(bills[0].capacity)})
    purchases, correct = (sum(vars(bill)[what] for bill in bills) for what in ("purchases", "correct"))
    by_cause: defaultdict[tuple[str, str], float] = defaultdict(float)
    for bill in bills:
        for name, usd in bill.by_cause.items():
            by_cause[name] += usd
    return replace(whole, stations=stations), Bill(parts, paid_for, purchases, correct, bills[0].prices, dict(by_cause))


def _one(stations: Sequence[StationRecord]) -> StationRecord:
    """The same station of all cells as one: counts add up; somebody waits in it for as long as in a cell on average."""
    sums = {name: sum(getattr(station, name) for station in stations) for name in ADDED}
    means = {name: sum(getattr(station, name) for station in stations) / len(stations) for name in MEANS}
    longest = max(station.queue_max for station in stations)
    return replace(stations[0], queue_max=longest, **means, **sums)


def _limits(design: Design) -> Iterator[tuple[int, str, int, int]]:
    """Into how many cells each capacity can be dealt at most, its key, how many there are, and how many a cell needs."""
    for key, whole in capacities(design).items():
        if key not in MAY_BE_ZERO:
            least = design.checkout.instances if key in ("checkout.workers", "checkout.autoscale.min") else 1
            yield whole // least, key, whole, least


def _with(model: Any, path: Sequence[str], value: int) -> Any:
    below = value if len(path) == 1 else _with(getattr(model, path[0]), path[1:], value)
    return model.model_copy(update={path[0]: below})


def _value(design: Design, key: str) -> Any:
    found: Any = design
    for step in key.split("."):
        found = getattr(found, step, None)
    return found
