"""A morning as independent cells: complete copies of the back end, each with its share of the customers and of the capacity.

A cell-based architecture (AWS, Reducing the Scope of Impact with Cell-Based Architecture, 2023: a cell is "an instance of your
complete workload, with everything needed to operate independently"); or an approximation of one large back end, for as many
processors as there are cells. All cells of a morning meet the same weather: it is the provider's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.world.cell import Cell

CAPACITIES = (
    "checkout.workers", "checkout.queue_limit", "database.connections", "payment.workers", "relay.batch", "completer.batch",
)  # fmt: skip
"""Knobs of which a cell has its share. All others are the same in every cell: `checkout.instances` too, since a crash takes one
of them, and that is to be the same share of the workers."""
MAY_BE_ZERO = ("checkout.queue_limit",)
MOST_CELLS = 10_000


def capacities(design: Design) -> dict[str, int]:
    """Those that a design has and limits, by dotted key."""
    found = {key: _value(design, key) for key in CAPACITIES}
    return {key: value for key, value in found.items() if value is not None}


def design_of(design: Design, cell: Cell) -> Design:
    """The design with a cell's share of every capacity; over all cells they add up to the whole."""
    if cell.of == 1:
        return design
    changes: dict[str, dict[str, int]] = {}
    for key, whole in capacities(design).items():
        part, knob = key.split(".")
        changes.setdefault(part, {})[knob] = cell.share(whole)
    return design.model_copy(update={part: getattr(design, part).model_copy(update=knobs) for part, knobs in changes.items()})


def check_cells(designs: Iterable[Design], cells: int) -> None:
    """Whether each design can be dealt to so many cells. Raises ConfigError."""
    if not 1 <= cells <= MOST_CELLS:
        raise ConfigError(f"--cells: expected a whole number from 1 to {MOST_CELLS:,} (got {cells})")
    for design in designs:
        for key, whole in capacities(design).items():
            each = design.checkout.instances if key == "checkout.workers" else 0 if key in MAY_BE_ZERO else 1
            if each and cells * each > whole and cells > 1:
                most = max(whole // each, 1)
                why = f", and a cell needs one for each of the {each} checkout.instances" if each > 1 else ""
                raise ConfigError(
                    f"--cells: {cells} cells can't share the {key} of {design.name}, {whole}{why}; "
                    f"at most {most}, or a design with more {key}"
                )


def _value(design: Design, key: str) -> Any:
    part, knob = key.split(".")
    return getattr(getattr(design, part, None), knob, None)
