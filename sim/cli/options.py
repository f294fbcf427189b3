"""The arguments and options that several commands share."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from typer.core import TyperArgument

from sim.cli.messages import note


def whole_number(text: str) -> int:
    if re.fullmatch(r"\s*[-+]?[0-9]{1,100}\s*", str(text)) is None:  # int() also takes 1_0 and digits of other scripts
        raise typer.BadParameter(f'expected a whole number (got "{text}")')
    return int(text)


def share(text: str) -> float:
    from sim.config.units import probability

    try:
        value = probability(text)
    except ValueError as error:
        raise typer.BadParameter(f'{error} (got "{text}")') from None
    if not value:
        raise typer.BadParameter(f'must be more than 0 % (got "{text}")')
    return value


def factor(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", str(text)) is None:  # float() also takes nan, 1_0 and digits of other scripts
        raise typer.BadParameter(f'expected a number such as 10 or 0.5 (got "{text}")')
    return float(text)


def _noted(context: typer.Context, value: Any) -> Any:
    """What `--design` was given; a note says that designs are arguments now."""
    if value and not context.resilient_parsing:
        names = (a.metavar.strip("[].") for a in context.command.params if isinstance(a, TyperArgument) and a.metavar)
        usage = f"coffee {context.info_name} {' '.join(names)}"
        note(f"--design will be removed in a later version; give designs as arguments: {usage}")
    return value


def _as_argument(context: typer.Context, value: str | None) -> None:
    """`--design NAME` stands in for the argument DESIGN. Options that are eager are read before arguments are missed."""
    if _noted(context, value):
        context.default_map = {"design": value}


def _given_once(context: typer.Context, value: str) -> str:
    source = context.get_parameter_source("design")
    if context.default_map and source is not None and source.name == "COMMANDLINE":
        other = context.default_map["design"]
        context.fail(f"two designs, {value} and --design {other}, where there can be one; leave out --design")
    return value


ScenarioName = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="A scenario's name (`coffee list`), or a YAML file of yours.", show_default=False),
]
DesignName = Annotated[
    str,
    typer.Argument(
        metavar="DESIGN", callback=_given_once,
        help="A design's name (`coffee list`), or a YAML or Python file of yours.",
    ),
]  # fmt: skip
OldDesign = Annotated[str | None, typer.Option("--design", "-d", hidden=True, is_eager=True, callback=_as_argument)]
DesignNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DESIGNS", show_default=False,
        help="Names, or YAML or Python files of yours. [default: naive idempotent outbox]",
    ),
]  # fmt: skip
OldDesigns = Annotated[list[str] | None, typer.Option("--design", "-d", hidden=True, callback=_noted)]
Mornings = Annotated[
    int,
    typer.Option(
        "--mornings",
        "-n",
        metavar="N",
        parser=whole_number,
        help="How many mornings to simulate; more make intervals narrower.",
    ),
]
Precision = Annotated[
    float | None,
    typer.Option(
        "--until-precision", metavar="P", parser=share, show_default=False,
        help="Add mornings, up to 200, until every objective is decided, or its metric is known within P, such as 5%.",
    ),
]  # fmt: skip
MostMornings = Annotated[
    int,
    typer.Option(
        "--mornings",
        "-n",
        metavar="N",
        parser=whole_number,
        help="At most this many mornings for each window and design; fewer where fewer are enough to decide.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(metavar="N", parser=whole_number, help="The first morning's seed; the others follow. Same seed, same result."),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", metavar="N", parser=whole_number, show_default=False,
        help="Processes to use; the results do not depend on it. [default: all processors]",
    ),
]  # fmt: skip
OldTables = Annotated[
    str | None, typer.Option("--tables", hidden=True, help="Has no effect any more; accepted for one release.")
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine", metavar="NAME",
        help="Where to simulate: local (--jobs processes), serial (in this one), or dask:tcp://HOST:PORT. Same results.",
    ),
]  # fmt: skip
Cells = Annotated[
    int,
    typer.Option(
        metavar="N", parser=whole_number,
        help="Divide each morning among N independent copies of the back end, each with its share of customers and capacity.",
    ),
]  # fmt: skip
Objectives = Annotated[
    list[str] | None,
    typer.Option(
        "--objective", metavar="METRIC=LIMIT", show_default=False,
        help="An objective such as ack_latency_p95=8s; it replaces the scenario's of that metric. Can be repeated.",
    ),
]  # fmt: skip
Peaks = Annotated[
    str | None,
    typer.Option(
        "--peak", metavar="RATES", show_default=False,
        help="Size for these arrival rates at the busiest moment, such as 60/min,120/min,240/min.",
    ),
]  # fmt: skip
Brownouts = Annotated[
    str | None,
    typer.Option(
        "--brownout", metavar="TIMES", show_default=False,
        help="How long the scenario's brownout lasts, such as 2min,10min,30min.",
    ),
]  # fmt: skip
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", show_default=False,
        help="Change a key of the scenario or design; VALUE as in its file: app.timeout=4s, prices.dispute=25, "
        "'faults[0].for=30min'. Can be repeated.",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout; everything else goes to stderr.")]
WhatIf = Annotated[
    bool,
    typer.Option(
        "--what-if",
        help="Also double each pool, and change each knob of the design by one step, alone and on the same mornings.",
    ),
]
AllMetrics = Annotated[bool, typer.Option("--all", help="Show every metric, not only the key ones.")]
