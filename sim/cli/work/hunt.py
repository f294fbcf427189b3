"""`coffee hunt`: draws worlds until one breaks a promise, and prints and writes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from sim.architectures import load_design
from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, INTERRUPTED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.simulation import at_work
from sim.config.files import check_new, write_text
from sim.config.library import parse_scenario
from sim.counterexamples.hunt import Hunt, as_yaml, caught, promises_of
from sim.counterexamples.hunt import hunt as hunted
from sim.documents.hunt import document
from sim.ledger.violations import VIOLATIONS


def hunt(
    context: typer.Context, design: str, promise: Sequence[str], seed: int, seconds: float, worlds: int | None,
    out: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    chosen = load_design(design)
    promises = promises_of(chosen, promise)
    if out is not None:
        check_new(out)
    command = again(context)
    with at_work("trying worlds", worlds, command, interrupted="interrupted") as progress:
        found = hunted(chosen, promises, seed=seed, seconds=seconds, worlds=worlds, progress=progress)
    text = _replayed(found, command)
    if as_json:
        print_json(document(found, text))
    else:
        _print(found, text, out)
    if text and out is not None:
        write_text(out, text)
        note(f"written to {out}; its story: {shlex.join(['coffee', 'explain', str(out), design])}")
    if found.interrupted:
        note(f"interrupted after {found.worlds + found.shrunk:,} worlds")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(DONE if found.catch is None else FAILED)


def _replayed(found: Hunt, command: str) -> str:
    """The scenario file of the catch, after it has been read back and has broken the same promises again."""
    if found.catch is None:
        return ""
    text = as_yaml(found.catch, name=f"breaks-{found.design.name}", comment=[f"Found by: {command}"])
    replayed = caught(parse_scenario(text), found.design, found.promises, seed=found.seed)
    assert replayed == (found.catch.broken, found.catch.harm), "a hunted world must replay"
    return text


def _print(found: Hunt, text: str, out: Path | None) -> None:
    screen = console()
    for line in _sentences(found):
        screen.print(line)
    if text and out is None:
        screen.print()
        screen.print(text.rstrip(), soft_wrap=True)


def _sentences(found: Hunt) -> list[str]:
    name, catch = found.design.name, found.catch
    tried = f"{found.worlds:,} worlds in {found.seconds:.1f} s"
    if catch is None:
        from sim.counterexamples.worlds import KINDS, NOT_DRAWN  # needs Hypothesis

        promises = "; ".join(promise.replace("_", " ") for promise in found.promises)
        kept = f"It kept: {promises}."
        spared = "" if found.plain is None else " It harmed nobody whom the unchanged architecture would not harm as well."
        drawn = f"Tried: {KINDS}. Not tried: {NOT_DRAWN}."
        return [f"{name} survived {tried}. {kept}{spared}", drawn, *_coverage(found)]
    lines = []
    for promise, purchases in catch.broken.items():
        lines.append(f"{name} broke “{promise.replace('_', ' ')}” for {_of(purchases, catch.customers)}.")
    for kind, purchases in catch.harm.items():
        lines.append(
            f"{name}: {_of(purchases, catch.customers)} {VIOLATIONS[kind].clause}; the unchanged architecture does not."
        )
    late = "the time ran out before the world was as small as possible"
    small = late if found.cut_short else f"and made smaller in {found.shrunk} more tries"
    return [*lines, f"Found in world {found.worlds:,}, {small}; {found.seconds:.1f} s."]


def _coverage(found: Hunt) -> list[str]:
    """What happened in the worlds, and what could have and never did: of that, surviving says nothing."""
    words = {kind: kind.replace("_", " ") for kind in found.reached}
    reached = ", ".join(f"{words[kind]} {times:,}×" for kind, times in found.reached.items() if times)
    never = ", ".join(words[kind] for kind, times in found.reached.items() if not times)
    lines = [f"Reached: {reached or 'nothing'}."]
    if never:
        lines.append(f"Never reached, so of this nothing is known: {never}. More worlds or another --seed may reach it.")
    return lines


def _of(purchases: list[int], customers: int) -> str:
    return "the only customer" if customers == 1 else f"{len(purchases)} of {customers} customers"
