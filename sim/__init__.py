"""Coffee please: a flight simulator for checkout correctness.

The verbs of the command line, for Python and Jupyter: `run`, `compare`, `sweep`, `size`, `cost_curve`, `lint`,
`load_scenario`, `load_design`; and `explore`, a panel for Jupyter. They are imported when first used, so that
`import sim` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.architectures import load_design
    from sim.architectures.lint import lint
    from sim.config.library import load_scenario
    from sim.experiment.cost_curve import cost_curve
    from sim.experiment.size import size
    from sim.experiment.sweep import sweep
    from sim.lab.comparison import compare
    from sim.lab.explore import explore
    from sim.lab.run import run

_HOME = {
    "compare": "sim.lab.comparison",
    "run": "sim.lab.run",
    "sweep": "sim.experiment.sweep",
    "explore": "sim.lab.explore",
    "cost_curve": "sim.experiment.cost_curve",
    "size": "sim.experiment.size",
    "lint": "sim.architectures.lint",
    "load_design": "sim.architectures",
    "load_scenario": "sim.config.library",
}
__all__ = ["__version__", "compare", "cost_curve", "explore", "lint", "load_design", "load_scenario", "run", "size", "sweep"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
