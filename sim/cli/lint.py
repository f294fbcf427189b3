"""`coffee lint`: knobs that are dangerous, found before any run."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import DesignName, Json, Settings


def lint(
    design: DesignName,
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO", show_default=False,
            help="Its traffic, weather and objectives are used. [default: an ordinary provider, unknown traffic]",
        ),
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Warn of what a design's knobs make dangerous, before any run.

    Each warning names the rule, the knob to change, the numbers, the reason, and the failure windows that it leaves open. With
    a scenario the numbers are the scenario's, and its traffic and objectives are checked, too; it may stand before the design.
    Nothing is simulated, so a design without a warning may still be wrong. docs/lint.md lists all rules.

    Of a scenario alone it says what the file means: how many people come, which failure windows can't show in it for want of a
    trouble, and which bundled designs are too small for it.

    Exit codes: 0 nothing to warn of, 1 warnings.

    Examples:
      coffee lint mine.yaml
      coffee lint morning-rush naive
      coffee lint rush.yaml
      coffee lint morning-rush mine.yaml --json
    """
    from sim.cli.work import lint as work

    work.lint(design, scenario, settings or [], as_json=as_json)
