"""What dividing a morning into cells changes: the JSON of `cells`."""

from __future__ import annotations

from typing_extensions import TypedDict

from sim.documents import fields, numbers
from sim.experiment.cells_compared import CellsCompared, result_of


class InCells(TypedDict):
    """One number of cells."""

    metrics: numbers.EveryEstimate
    """every metric of the mornings in cells"""
    differences: numbers.EveryDifference
    """every metric's difference from the undivided mornings"""


class Cells(TypedDict):
    """A design on the same mornings as a whole and in cells."""

    scenario: fields.ScenarioName
    design: fields.DesignName
    seed: fields.Seed
    mornings: fields.Mornings
    version: fields.Version
    digest: fields.Digest
    whole: numbers.EveryEstimate
    """every metric of the undivided mornings"""
    cells: dict[str, InCells]
    """by the number of cells"""


def document(compared: CellsCompared) -> Cells:
    """The whole, and each number of cells beside it."""
    whole = compared.whole
    return {
        "scenario": whole.scenario.name,
        "design": result_of(whole).design.name,
        "seed": whole.seed,
        "mornings": whole.mornings,
        "version": whole.version,
        "digest": whole.digest,
        "whole": {metric: numbers.estimate(value) for metric, value in result_of(whole).metrics.items()},
        "cells": {
            str(number): {
                "metrics": {metric: numbers.estimate(value) for metric, value in result_of(comparison).metrics.items()},
                "differences": {metric: numbers.difference(value) for metric, value in compared.differences(number).items()},
            }
            for number, comparison in compared.dealt.items()
        },
    }
