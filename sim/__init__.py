"""Coffee please: a flight simulator for checkout correctness.

The verbs of the command line, for Python and Jupyter: `run`, `compare`, `sweep`, `windows`, `explain`, `size`, `cost_curve`,
`explore`, `lint`, `load_scenario`, `load_design`. They are imported when first used, so that `import sim` is instant. No module
of the package imports names from this one, so it may know all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.config import showing
from sim.version import VERSION

__version__ = VERSION
_HOME = {  # as in __init__.pyi, which tells type checkers
    "compare": "sim.lab.comparison",
    "cost_curve": "sim.lab.size",
    "explain": "sim.lab.explanation",
    "explore": "sim.lab.explore",
    "lint": "sim.architectures.lint",
    "load_design": "sim.architectures",
    "load_scenario": "sim.config.library",
    "run": "sim.lab.run",
    "size": "sim.lab.size",
    "sweep": "sim.lab.sweep",
    "windows": "sim.lab.windows",
}
__all__ = ["__version__", *_HOME]


def _card(shown: Any) -> Any:
    return import_module("sim.lab.cards").card(shown)


showing.html = _card


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(name for name in _HOME if name not in globals())]
