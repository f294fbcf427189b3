"""Public reports of people who run checkouts, as small worlds, each with its right answer."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from sim.ledger.violations import VIOLATIONS
from tests.worlds import judged

SIGMAS = 4.0  # of a binomial share: one such test in 16,000 fails by chance, and seeds are pinned


def world(report: str) -> str:
    """The world of a report, as the text of its file."""
    return (Path(__file__).with_name("worlds") / f"{report}.yaml").read_text(encoding="utf-8")


def harmed(scenario: str, design: str, *kinds: str, mornings: int = 4) -> tuple[int, int]:
    """Of how many purchases any of these is true, and how many purchases there were: texts of files, seeds from 0."""
    found = number = 0
    read, chosen = parse_scenario(scenario), parse_design(design)
    for seed in range(mornings):
        _, evidence = judged(read, chosen, seed)
        flags = [VIOLATIONS[kind].flags(evidence) for kind in kinds]
        found += int(sum(flags).astype(bool).sum())
        number += len(flags[0])
    return found, number


def expected(share: float, harm: tuple[int, int]) -> bool:
    """Whether so many of so many are what a share lets one expect."""
    found, number = harm
    return abs(found - number * share) <= SIGMAS * sqrt(number * share * (1 - share))
