"""`coffee hunt`: the smallest world that breaks a promise."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.messages import DONE, FAILED, INTERRUPTED, note
from sim.cli.options import Json, Seed, whole_number
from sim.cli.progress import progress_bar
from sim.cli.simulation import answered_for

if TYPE_CHECKING:
    from sim.counterexamples.hunt import Hunt


def hunt(
    design: Annotated[str, typer.Argument(metavar="DESIGN", help="A design's name, or a file of yours.", show_default=False)],
    promise: Annotated[
        list[str] | None,
        typer.Option(
            "--promise", "-p", metavar="NAME", show_default=False,
            help="A promise to hunt for. Can be repeated. [default: those of the design, and charged_at_most_once]",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", "-s", metavar="S", min=0.1, help="Give up after so long.")] = 60.0,
    worlds: Annotated[
        int | None,
        typer.Option("--worlds", metavar="N", parser=whole_number, help="Give up after so many worlds.", show_default=False),
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE.yaml", help="Write the world to this new file.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Hunt for the smallest world that breaks a promise.

    Draws a handful of customers, their habits, and a list of faults; a world that breaks a promise is shrunk to the least it
    needs, often one customer and one crash, and printed as a scenario that `run` and `explain` replay. A variant is also caught
    where it harms somebody whom its plain architecture would spare. The same seed finds the same world. Surviving is evidence,
    not proof.

    Exit codes: 0 survived, 1 broken.

    Examples:
      coffee hunt naive
      coffee hunt no-inbox --out broken.yaml && coffee explain broken.yaml --design no-inbox
      coffee hunt mine.yaml --seconds 600
    """
    from sim.architectures import load_design
    from sim.cli.console import print_json
    from sim.config.errors import ConfigError
    from sim.config.files import check_new
    from sim.counterexamples.hunt import hunt as hunted
    from sim.counterexamples.hunt import promises_of
    from sim.documents.hunt import document

    chosen = load_design(design)
    promises = promises_of(chosen, promise or ())
    if worlds is not None and worlds < 1:
        raise ConfigError(f"--worlds: expected a whole number of at least 1 (got {worlds})")
    if out is not None:
        check_new(out)
    command = _command(design, promise or [], seed, worlds)
    with answered_for(command), progress_bar("worlds tried", worlds) as progress:
        found = hunted(chosen, promises, seed=seed, seconds=seconds, worlds=worlds, progress=progress)
    text = _replayed(found, command)
    if as_json:
        print_json(document(found, text))
    else:
        _print(found, text, out)
    if text and out is not None:
        from sim.config.files import write_text

        write_text(out, text)
        note(f"written to {out}; coffee explain {out} --design {shlex.quote(design)} tells its story")
    if found.interrupted:
        note(f"interrupted after {found.worlds + found.shrunk:,} worlds")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(DONE if found.catch is None else FAILED)


def _replayed(found: Hunt, command: str) -> str:
    """The scenario file of the catch, after it has been read back and has broken the same promises again."""
    from sim.config.library import parse_scenario
    from sim.counterexamples.hunt import as_yaml, caught

    if found.catch is None:
        return ""
    text = as_yaml(found.catch, name=f"breaks-{found.design.name}", comment=[f"Found by: {command}"])
    again = caught(parse_scenario(text), found.design, found.promises, seed=found.seed)
    assert again == (found.catch.broken, found.catch.harm), "a hunted world must replay"
    return text


def _print(found: Hunt, text: str, out: Path | None) -> None:
    from sim.cli.console import console

    screen = console()
    for line in _sentences(found):
        screen.print(line)
    if text and out is None:
        screen.print()
        screen.print(text.rstrip(), soft_wrap=True)


def _sentences(found: Hunt) -> list[str]:
    from sim.counterexamples.worlds import KINDS, NOT_DRAWN
    from sim.ledger.violations import VIOLATIONS

    name, catch = found.design.name, found.catch
    tried = f"{found.worlds:,} worlds in {found.seconds:.1f} s"
    if catch is None:
        promises = "; ".join(promise.replace("_", " ") for promise in found.promises)
        kept = f"It kept: {promises}."
        spared = "" if found.plain is None else " It harmed nobody whom its plain architecture would spare."
        return [f"{name} survived {tried}. {kept}{spared}", f"Tried: {KINDS}. Not tried: {NOT_DRAWN}."]
    lines = []
    for promise, purchases in catch.broken.items():
        lines.append(f"{name} broke “{promise.replace('_', ' ')}” for {_of(purchases, catch.customers)}.")
    for kind, purchases in catch.harm.items():
        lines.append(
            f"{name}: {_of(purchases, catch.customers)} {VIOLATIONS[kind].clause}; the plain architecture spares them."
        )
    small = "time was up before it was as small as it gets" if found.cut_short else f"shrunk in {found.shrunk} more tries"
    return [*lines, f"Found in the {found.worlds:,}. world, {small}; {found.seconds:.1f} s."]


def _of(purchases: list[int], customers: int) -> str:
    return "the one customer" if customers == 1 else f"{len(purchases)} of {customers} customers"


def _command(design: str, promises: list[str], seed: int, worlds: int | None) -> str:
    options = [part for promise in promises for part in ("--promise", promise)]
    options += ["--worlds", str(worlds)] if worlds is not None else []
    return shlex.join(["coffee", "hunt", design, *options, "--seed", str(seed)])
