"""A hunt for the smallest world that breaks a promise: the JSON of `hunt`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.library import digest
from sim.counterexamples import hunt
from sim.documents import fields


class _InHunt(TypedDict, total=False):
    interrupted: Annotated[Literal[True], Field(description="there only if Ctrl-C came")]


class Hunt(_InHunt):
    """What a hunt found. Surviving it is evidence, not proof."""

    design: fields.DesignName
    digest: Annotated[str, Field(description="digest of the design: the same for the same content")]
    seed: Annotated[int, Field(description="seed of the worlds that are drawn")]
    promises: list[str]
    """the promises hunted for"""
    worlds: int
    """number of worlds tried before the first that broke a promise, that one included; or in all"""
    shrunk: int
    """number of worlds tried after it, for a smaller one"""
    cut_short: bool
    """whether time was up, or Ctrl-C came, before the world was as small as it gets"""
    reached: dict[str, int]
    """what the design is built to survive -> how often it happened in all worlds tried; 0: it could have, and never did"""
    broken: dict[str, list[int]]
    """broken promise -> numbers of the purchases that show it; empty if the design survived"""
    harm: dict[str, list[int]]
    """kind of harm -> numbers of the purchases that the plain architecture would have spared"""
    customers: int | None
    """number of customers in the world found; null: the design survived"""
    scenario: str | None
    """the world found, as the text of a scenario's file; null: the design survived"""


def document(found: hunt.Hunt, scenario: str) -> Hunt:
    """What was found; `scenario` is the text of its file, empty if the design survived."""
    catch = found.catch
    interrupted: _InHunt = {"interrupted": True} if found.interrupted else {}
    return {
        "design": found.design.name,
        "digest": digest(found.design),
        "seed": found.seed,
        "promises": list(found.promises),
        "worlds": found.worlds,
        "shrunk": found.shrunk,
        "cut_short": found.cut_short,
        "reached": found.reached,
        **interrupted,
        "broken": catch.broken if catch else {},
        "harm": catch.harm if catch else {},
        "customers": catch.customers if catch else None,
        "scenario": scenario or None,
    }
