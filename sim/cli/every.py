"""`coffee every`: every combination of mishaps up to a bound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import DesignName, Jobs, Json, whole_number


def every(
    context: typer.Context,
    design: DesignName,
    mishaps: Annotated[
        int | None,
        typer.Option("--mishaps", "-m", metavar="N", parser=whole_number, show_default=False,
                     help="At most so many in one run. [default: 2, or the certificate's]"),
    ] = None,
    purchases: Annotated[
        int | None,
        typer.Option("--purchases", metavar="N", parser=whole_number, show_default=False,
                     help="Customers, who all tap in the same second. [default: 1, or the certificate's]"),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kinds", "-k", metavar="KIND", show_default=False,
                     help="Only this kind of mishap: call, answer, request, crash, errors, pause, slow, message, webhook, "
                     "inquiry, refund, customer, instance. Can be repeated. [default: all]"),
    ] = None,
    promise: Annotated[
        list[str] | None,
        typer.Option("--promise", "-p", metavar="NAME", show_default=False,
                     help="A promise to hold it to. Can be repeated. [default: those of the design; and charged_at_most_once, "
                     "unless it compares the provider's ledger with its orders]"),
    ] = None,
    jobs: Jobs = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", "-s", metavar="S", min=0.1, show_default=False,
                     help="Stop after so many seconds, and report the levels that are finished."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", show_default=False,
                     help="Write the certificate there, or the scenario that breaks the design, its story and its picture."),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option("--verify", metavar="FILE.json", show_default=False,
                     help="Run a certificate again, and compare every number. With --seconds a part of it."),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Try every combination of mishaps up to a bound.

    A mishap is one thing that goes wrong at one moment: a call to the provider whose answer is lost, a process that dies after
    a step, a slow write, a message that comes twice, a customer who taps again. The world is a single purchase, otherwise
    without trouble. Every set of at most --mishaps of them is run once, at every moment at which they can strike. So the first
    set that breaks a promise has the fewest; it is printed as a scenario, which `run` and `explain` replay. A variant is also
    caught if it does a harm that its plain architecture does with no set of as many mishaps of these kinds.

    If none breaks one, that is so for this world, this alphabet and this bound, and for nothing beyond them. What was not tried
    is printed. With --out there is a certificate, which another machine can check.

    Exit codes: 0 nothing breaks up to the bound, 1 broken (or a certificate is contradicted), 3 undecided: time was up, kinds
    were left out, or something never happened in any run that has to happen for the promises to mean anything.

    Examples:
      coffee every naive
      coffee every outbox --mishaps 2 --out reports/every-outbox
      coffee every mine.yaml --purchases 2 --mishaps 1
      coffee every outbox --verify reports/every-outbox/certificate.json
    """
    from sim.cli.work import every as work

    work.every(
        context, design, mishaps, purchases, kinds or [], promise or [], jobs, seconds, out, verify, as_json=as_json
    )  # fmt: skip
