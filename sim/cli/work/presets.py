"""A preset of the payment provider: its values, and who says so."""

from __future__ import annotations

from rich.console import Console

from sim.cli.work.console import print_rows, print_title
from sim.config.presets import PRESETS
from sim.config.writing import flow


def print_preset(out: Console, name: str) -> None:
    """The keys of a provider, each marked as published, from a secondary source, or assumed."""
    preset = PRESETS[name]
    print_title(out, name, preset.summary)
    rows = [(f"  {key}", flow(semantic.value), semantic.mark, semantic.note) for key, semantic in (preset.keys or {}).items()]
    print_rows(out, rows or [("  keys", "none", "assumption", "a limit case")], most=(16, 10, 16))
    if preset.source:
        out.print(f"  source: {preset.source}", soft_wrap=True)
