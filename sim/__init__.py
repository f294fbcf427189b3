"""Coffee please: a flight simulator for checkout correctness.

The verbs of the command line, for Python and Jupyter: `run`, `compare`, `check`, `size`, `cost_curve`, `sweep`, `sensitivity`,
`what_if`, `optimise`, `cells`, `windows`, `explain`, `hunt`, `every`, `lint`, `twin`, `validity`, `schema`; `explore`; and
for files and texts `load_scenario`, `load_design`, `parse_scenario`, `parse_design`. They are imported when first used, so that
`import sim` is instant. No module of the package imports names from this one, so it may know all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.config import showing
from sim.version import VERSION

__version__ = VERSION
_HOME = {  # as in __init__.pyi, which tells type checkers
    "cells": "sim.lab.verbs",
    "check": "sim.lab.verbs",
    "compare": "sim.lab.verbs",
    "cost_curve": "sim.lab.verbs",
    "every": "sim.lab.verbs",
    "explain": "sim.lab.verbs",
    "explore": "sim.lab.explore",
    "hunt": "sim.lab.verbs",
    "lint": "sim.architectures.lint",
    "load_design": "sim.architectures",
    "load_scenario": "sim.config.library",
    "optimise": "sim.lab.verbs",
    "parse_design": "sim.architectures",
    "parse_scenario": "sim.config.library",
    "run": "sim.lab.verbs",
    "schema": "sim.lab.verbs",
    "sensitivity": "sim.lab.verbs",
    "size": "sim.lab.verbs",
    "sweep": "sim.lab.verbs",
    "twin": "sim.real.twin.twins",
    "validity": "sim.lab.verbs",
    "what_if": "sim.lab.verbs",
    "windows": "sim.lab.verbs",
}
__all__ = ["__version__", *_HOME]


def _card(shown: Any) -> Any:
    return import_module("sim.lab.cards").card(shown)


def _plots(shown: Any) -> Any:
    return import_module("sim.lab.plots").plots(shown)


showing.html, showing.plots = _card, _plots


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(name for name in _HOME if name not in globals())]
