"""`coffee explain`: the story of one harmed purchase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import DesignName, Json, OldDesign, ScenarioName, Seed, whole_number


def explain(
    context: typer.Context,
    scenario: ScenarioName,
    design: DesignName = "naive",
    _old: OldDesign = None,
    violation: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="The kind of harm: double_charge, duplicate_order, under_award, … [default: the first that happened]",
            show_default=False,
        ),
    ] = None,
    purchase: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole_number, help="This purchase of the seed's morning, harmed or not.", show_default=False
        ),
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder of the story. [default: reports/explain/SCENARIO-DESIGN]",
            show_default=False,
        ),
    ] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print only the sequence diagram, as Mermaid text.")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Explain one harmed purchase, step by step.

    Simulates morning after morning, beginning with the seed's, until a purchase is harmed. Of the harmed purchases it takes the
    one with the simplest story, and prints who did what, when, and what each party believed afterwards. Then it looks for a
    change of the design that leaves the same customer on the same morning unharmed. The story and its diagram (SVG, PNG,
    Mermaid) are written to a folder; with --json or --mermaid only if --out names one.

    Examples:
      coffee explain morning-rush naive
      coffee explain morning-rush idempotent --violation under_award
      coffee explain w04 no-provider-key --mermaid
    """
    from sim.cli.work import explain as work

    work.explain(context, scenario, design, violation, purchase, seed, out, mermaid=mermaid, as_json=as_json)
