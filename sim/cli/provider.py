"""`coffee provider`: a payment provider over HTTP, alone."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.options import Seed, whole_number


def provider(
    port: Annotated[
        int, typer.Option(metavar="N", parser=whole_number, help="The port to listen on; 0: any that is free.")
    ] = 4242,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario", metavar="SCENARIO", show_default=False,
            help="Let calls fare as the provider of this scenario has them: latency, failures, brownouts, keys.",
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME", help="Without --scenario: whose idempotency keys (`coffee list`).")
    ] = "stripe-v1",
    late: Annotated[
        str, typer.Option("--late", metavar="TIME", help="Without --scenario: how long a call hangs that is to be late.")
    ] = "3s",
    webhooks: Annotated[
        str | None, typer.Option("--webhooks", metavar="URL", help="Where to send signed webhooks.", show_default=False)
    ] = None,
    secret: Annotated[str, typer.Option("--secret", metavar="TEXT", help="What webhooks are signed with.")] = "whsec_coffee",  # noqa: S107  of nobody
    metadata: Annotated[
        str | None,
        typer.Option(
            "--metadata", metavar="KEY", show_default=False,
            help="Which key of a payment's metadata has the number of its purchase, if the card doesn't say it.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="A host that webhooks may be sent to.", show_default=False),
    ] = None,
    seed: Seed = 0,
) -> None:  # fmt: skip
    """Run a payment provider with mishaps.

    It runs on this machine, and speaks Stripe's API as far as a checkout needs it (payment intents, charges, refunds,
    customers, payment methods, events, idempotency keys, signed webhooks), and a plain JSON dialect below /plain. Point
    your SDK's base address at it. Nothing is forwarded to anybody, and a live key is refused. A customer's card is
    pm_coffee_7, or pm_coffee_declined_7; 7 is the number of the purchase.

    PUT /coffee/mishaps takes what is to happen, such as [{"call": 1, "is": "lost"}]: the first call of each purchase that may
    change something charges, and its answer is lost. Kinds are refused, broke, lost, late and declined. GET /coffee/ledger and
    /coffee/ledger.txt show what was charged. Ctrl-C ends it.

    Examples:
      coffee provider
      coffee provider --port 4242 --webhooks http://127.0.0.1:8000/stripe/webhook
      coffee provider --scenario provider-outage --seed 3
    """
    from sim.cli.work import provider as work

    work.provider(port, scenario, preset, late, (webhooks, secret), metadata, allow_host or [], seed)
