"""What a store of results holds: the JSON of `results`, and every morning as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.files import write_text
from sim.documents import fields
from sim.documents.columns import with_columns
from sim.documents.text import csv_text
from sim.experiment.store import Store
from sim.experiment.store_listing import COLUMNS, Listed, listing, mornings


class StoredMornings(TypedDict):
    """Mornings of one design in one scenario, simulated by one version."""

    scenario: fields.ScenarioName
    varied: dict[str, Any]
    """varied key -> its value, as in a file"""
    design: fields.DesignName
    version: Annotated[str, Field(description="version of coffee, and digest of the code that simulates")]
    mornings: fields.Mornings
    seeds: Annotated[list[int], Field(description="the first and the last seed", min_length=2, max_length=2)]


class Stored(TypedDict):
    """What a file of results holds."""

    content: str
    """digest of all mornings: the same for files that hold the same"""
    results: list[StoredMornings]
    """by scenario, varied keys, design and version"""
    removed: NotRequired[dict[str, int]]
    """what --prune named -> number of mornings removed"""


@with_columns(
    "a metric, in its unit, or a part of the cost, in US dollars; empty: nothing to count; inf: never",
    {"type": ["number", "null"]},
)
class StoredRow(TypedDict):
    """One morning: a line of `results --csv`."""

    scenario_name: fields.ScenarioName
    design_name: fields.DesignName
    varied: str
    """varied key -> its value, as JSON"""
    seed: Annotated[int, Field(description="seed of the morning")]
    polls: int
    """number of status polls"""
    version: Annotated[str, Field(description="version of coffee, and digest of the code that simulates")]
    scenario: Annotated[str, Field(description="digest of the scenario")]
    design: Annotated[str, Field(description="digest of the design")]


def document(store: Store, *, removed: Mapping[str, int] | None = None) -> Stored:
    """Everything there is, and how much has been removed."""
    document: Stored = {"content": store.content(), "results": [_listed(row) for row in listing(store)]}
    if removed:
        document["removed"] = dict(removed)
    return document


def write_csv(store: Store, path: Path) -> int:
    """Write a StoredRow for each morning, in order. Returns how many rows. Raises ConfigError."""
    rows = mornings(store)
    write_text(path, csv_text(rows, COLUMNS), replace=True)
    return len(rows)


def _listed(row: Listed) -> StoredMornings:
    return {
        "scenario": row.scenario,
        "varied": row.varied,
        "design": row.design,
        "version": row.version,
        "mornings": row.mornings,
        "seeds": [row.first, row.last],
    }
