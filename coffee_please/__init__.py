"""The package `sim` under the name by which it is installed: `import coffee_please as coffee`, then `coffee.run(...)`."""

from __future__ import annotations

from typing import Any

import sim

__all__ = sim.__all__


def __getattr__(name: str) -> Any:
    return getattr(sim, name)  # imported when first used, as `sim` does it


def __dir__() -> list[str]:
    return dir(sim)
