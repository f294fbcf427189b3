"""Find the folder of a kata."""

from __future__ import annotations

from pathlib import Path

from sim.kata.progress import FILE

USUAL = Path("kata")


def folder_of(named: Path | None) -> Path:
    """The folder that the user named; else the current one, if a kata is under way in it; else `kata`."""
    if named is not None:
        return named
    return Path() if Path(FILE).exists() else USUAL
