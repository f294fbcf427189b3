"""Coffee please: a flight simulator for checkout correctness.

The verbs of the command line, for Python and Jupyter: `run`, `compare`, `sweep`, `windows`, `explain`, `size`, `cost_curve`,
`explore`, `lint`, `load_scenario`, `load_design`. They are imported when first used, so that `import sim` is instant.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.architectures import load_design
    from sim.architectures.lint import lint
    from sim.config.library import load_scenario
    from sim.lab.comparison import compare
    from sim.lab.explanation import explain
    from sim.lab.explore import explore
    from sim.lab.run import run
    from sim.lab.size import cost_curve, size
    from sim.lab.sweep import sweep
    from sim.lab.windows import windows

_HOME = {
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
__all__ = [
    "__version__",
    "compare",
    "cost_curve",
    "explain",
    "explore",
    "lint",
    "load_design",
    "load_scenario",
    "run",
    "size",
    "sweep",
    "windows",
]


class _Verb(ModuleType):
    """A folder of the package that is a verb as well: `sim.explain(...)`, and `from sim.explain.windows import ...`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _verb(self.__name__.rpartition(".")[2])(*args, **kwargs)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_verb(self.__name__.rpartition(".")[2]))


def _verb(name: str) -> Any:
    return getattr(import_module(_HOME[name]), name)


import_module("sim.explain").__class__ = _Verb


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return _verb(name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(name for name in _HOME if name not in globals())]
