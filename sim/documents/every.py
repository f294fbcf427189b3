"""Every combination of mishaps up to a bound: the JSON of `every`, which is the certificate that `--verify` runs again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from sim.config.library import digest
from sim.config.mishaps import MISHAPS
from sim.counterexamples import combinations
from sim.counterexamples.alphabet import ALPHABET
from sim.documents import fields
from sim.version import VERSION


class LevelOfMishaps(TypedDict):
    """All runs with so many mishaps."""

    mishaps: int
    """number of mishaps in each run"""
    runs: int
    """number of runs"""
    by_kinds: dict[str, int]
    """the kinds of their mishaps, in the order in which they strike -> number of runs"""
    endings: int
    """number of endings that differ: by purchase how often it was charged, ordered, awarded, and what was left unsettled"""
    digest: str
    """of all sets of mishaps and their endings, in order"""
    branches: list[str]
    """the same of the runs that begin with the same mishap, in order"""


class Every(TypedDict):
    """What came of every combination of mishaps up to a bound: a certificate that another machine can check."""

    version: str
    """version of coffee-please: another one may have another world"""
    design: fields.DesignName
    digest: Annotated[str, Field(description="digest of the design: the same for the same content")]
    world: str
    """the world of all runs, as sections of a scenario file"""
    alphabet: str
    """digest of all that the mishaps can be"""
    promises: list[str]
    """the promises that the design is held to"""
    purchases: int
    """number of customers, who all tap in the same second"""
    mishaps: int
    """the bound: at most so many"""
    kinds: list[str]
    """the kinds of mishaps that were tried"""
    verdict: Literal["holds", "broken", "not tried", "undecided"]
    """holds: nothing breaks up to the bound; not tried: nothing, with a part of the alphabet; undecided: see the next two"""
    stopped: Literal["", "time", "interrupted"]
    """why not all levels were finished"""
    missing: list[str]
    """what never happened in any run, so that keeping the promises says little"""
    never_came_up: list[str]
    """kinds of mishaps for which no run within the bound had a moment"""
    not_tried: list[str]
    """kinds of mishaps that were left out"""
    reached: dict[str, int]
    """number of runs in which somebody's order was confirmed, a request was sent again, an answer was replayed"""
    levels: list[LevelOfMishaps]
    """those that were finished, by number of mishaps, from 0 on; the last one ends with what was found, if anything was"""
    broken: dict[str, list[int]]
    """broken promise -> numbers of the purchases that show it; empty if none broke"""
    harm: dict[str, list[int]]
    """kind of harm -> numbers of the purchases; the plain architecture does it with no set of as many mishaps of these kinds"""
    scenario: str | None
    """the world with the mishaps that break it, as the text of a scenario's file; null: none do"""


class Verification(TypedDict):
    """What came of a certificate that was run again."""

    certified: bool
    """whether every number that was run again is the same"""
    contradictions: list[str]
    """in what it differs, a sentence each"""
    again: Every
    """what was found when it was run again"""


FIXED = ("version", "design", "digest", "world", "alphabet", "promises", "purchases", "kinds")  # what a certificate is about


def document(found: combinations.Every) -> Every:
    catch = found.found
    return {
        "version": VERSION,
        "design": found.design.name,
        "digest": digest(found.design),
        "world": found.world.text,
        "alphabet": alphabet(),
        "promises": list(found.world.promises),
        "purchases": found.world.purchases,
        "mishaps": found.mishaps,
        "kinds": list(found.world.kinds),
        "verdict": found.verdict,
        "stopped": found.stopped,
        "missing": list(found.missing),
        "never_came_up": list(found.never_came_up),
        "not_tried": list(found.not_tried),
        "reached": found.reached,
        "levels": [
            {
                "mishaps": level.mishaps,
                "runs": level.runs,
                "by_kinds": level.by_kinds,
                "endings": level.endings,
                "digest": level.digest,
                "branches": list(level.branches),
            }
            for level in found.levels
        ],
        "broken": catch.broken if catch else {},
        "harm": catch.harm if catch else {},
        "scenario": combinations.as_yaml(found) if catch else None,
    }


def verification(found: combinations.Every, said: list[str]) -> Verification:
    """`said`: the contradictions."""
    return {"certified": not said, "contradictions": said, "again": document(found)}


def alphabet() -> str:
    """A digest of the alphabet and of what its mishaps are by default."""
    kinds = {kind: list(row) for kind, row in ALPHABET.items()}
    defaults = {kind: {key: str(field.default) for key, field in model.model_fields.items()} for kind, model in MISHAPS.items()}
    return hashlib.sha256(json.dumps([kinds, defaults], sort_keys=True).encode()).hexdigest()[:16]


def contradictions(certificate: dict[str, Any], again: Every) -> list[str]:
    """In what a certificate differs from what was found when it was run again, perhaps not to its end: sentences."""
    here: dict[str, Any] = {**again}
    said = _differing(FIXED, certificate, here)
    if said:
        return said
    levels = certificate.get("levels") or []
    for known, level in zip(levels, again["levels"], strict=False):
        said += [f"{level['mishaps']} mishaps: {line}" for line in _differing(level, known, {**level})]
    if not again["stopped"]:
        said += _differing([name for name in here if name not in (*FIXED, "levels", "stopped")], certificate, here)
        if len(levels) != len(again["levels"]):
            said.append(f"levels: the certificate has {len(levels)}; here there are {len(again['levels'])}")
    return said


def _differing(names: Iterable[str], certificate: dict[str, Any], here: dict[str, Any]) -> list[str]:
    return [
        f"{name}: the certificate says {_short(certificate.get(name))}; here it is {_short(here[name])}"
        for name in names
        if certificate.get(name) != here[name]
    ]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
