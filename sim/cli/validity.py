"""`coffee validity`: cases with a known answer, simulated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Jobs, Json
from sim.config.errors import ArgumentError


def validity(
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASES]...", help="Only these cases.", show_default=False)
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Simulate as many mornings as docs/validity.md does. Takes minutes.")
    ] = False,
    jobs: Jobs = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", metavar="DIR", help="Write each case's scenario and design as YAML files.", show_default=False),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            "--page", metavar="FILE", help="Write all of docs/validity.md to this file; implies --full.", show_default=False
        ),
    ] = None,
    assumption: Annotated[
        list[str] | None,
        typer.Option(
            "--assumption",
            metavar="NAME",
            help="Instead: how much the results depend on this assumption. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the simulator against cases with a known answer.

    Simulates scenarios and designs for which theory gives the answer: queues, double charges, retries, an outbox, arrivals. A
    number agrees if it is within three standard errors of the answer, and the standard error is small enough to prove anything.

    Exits with 0 if all agree, 1 if any differs. --assumption prints what halving and doubling an assumption changes in the
    morning rush.

    Examples:
      coffee validity
      coffee validity mm1 double-charge --full
      coffee validity collapse --files my-cases
      coffee validity --assumption provider.latency
    """
    from sim.cli.work import validity as work

    if assumption:
        if cases or full or page is not None or files is not None:
            raise ArgumentError("assumption", "is about no case; leave out the cases, --full, --files and --page")
        work.assumptions(assumption, jobs, as_json=as_json)
    else:
        work.validity(cases or [], jobs, files, page, full=full, as_json=as_json)
