"""What only some commands need, and how to get it."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """To say after "which is not installed: "."""
    return f"`make extras` in the folder of coffee-please, or pip install '.[{extra}]' there"
