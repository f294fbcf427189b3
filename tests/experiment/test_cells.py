"""Mornings in cells: what is dealt adds up to the whole, and results over all cells are those of one morning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from sim.architectures import ARCHITECTURES
from sim.config.errors import ConfigError
from sim.experiment.cells import CAPACITIES, capacities, check_cells, design_of
from sim.world.cell import cells_of
from tests.worlds import design

KEPT = ("checkout.instances", "breaker.window", "app.retry")  # what each cell has as a whole: see sim/experiment/cells.py


def counted(model: type[BaseModel], place: str = "") -> Iterator[str]:
    """All knobs that are whole numbers, by dotted key."""
    for name, field in model.model_fields.items():
        kinds = get_args(field.annotation) or (field.annotation,)
        if int in kinds:
            yield f"{place}{name}"
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from counted(kind, f"{place}{name}.")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_number_of_things_is_dealt_or_kept_on_purpose(name: str) -> None:
    """A capacity that were forgotten would be there once for each cell."""
    found = set(counted(ARCHITECTURES[name]))
    kept = {key for key in found if any(each in key for each in KEPT) or ".retry." in key}
    assert found - kept == set(capacities(design(name))) <= set(CAPACITIES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_capacities_add_up_to_the_whole(name: str) -> None:
    """Workers, connections, places in the queue: over all cells as many as in the whole, also where they don't divide."""
    whole = design(name, {"checkout": {"workers": 17, "queue_limit": 5}, "database": {"connections": 11}})
    parts = [capacities(design_of(whole, cell)) for cell in cells_of(7)]
    assert {key: sum(part[key] for part in parts) for key in parts[0]} == capacities(whole)
    assert min(part["checkout.workers"] for part in parts) >= whole.checkout.instances


def test_what_has_no_limit_has_none_in_a_cell() -> None:
    """A queue without a limit stays one; a cell of one is the design itself."""
    whole = design("outbox", {"checkout": {"queue_limit": None}})
    assert design_of(whole, cells_of(4)[1]).checkout.queue_limit is None
    assert design_of(whole, cells_of(1)[0]) is whole


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("naive", 0, "--cells: expected a whole number from 1 to 10,000 (got 0)"),
        ("naive", 1_000_000, "--cells: expected a whole number from 1 to 10,000 (got 1000000)"),
        (
            "naive",
            9,
            "--cells: naive can be dealt to at most 8 (got 9): it has 16 checkout.workers, and a cell needs 2, one for each of "
            "the checkout.instances; give it more",
        ),
        (
            "narrow",
            4,
            "--cells: narrow can be dealt to at most 3 (got 4): it has 3 database.connections, and a cell needs 1; "
            "give it more",
        ),
    ],
)
def test_what_cannot_be_dealt_is_said(name: str, number: int, said: str) -> None:
    """Too many cells are refused before any work, with what is too few of which design and how many would do."""
    narrow = design("naive", {"database": {"connections": 3}}).model_copy(update={"name": "narrow"})
    with pytest.raises(ConfigError) as error:
        check_cells([design("outbox"), narrow if name == "narrow" else design(name)][1:], number)
    assert str(error.value) == said
