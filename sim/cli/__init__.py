"""The command line, `coffee`: one file per command, and the only place that prints.

Nothing is imported before it is needed, so that `coffee --help` answers at once.
"""

from __future__ import annotations


def main() -> None:
    """Run `coffee` with the arguments of this process, and exit."""
    try:
        from sim.cli.app import main

        main()
    except KeyboardInterrupt:  # while importing
        raise SystemExit(130) from None


__all__ = ["main"]
