"""`coffee every`: tries every combination of mishaps up to a bound; prints, writes and verifies what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from sim.architectures import load_design
from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED, note
from sim.cli.work.console import console, print_json
from sim.cli.work.progress import TRYING, by_level
from sim.cli.work.simulation import at_work
from sim.config.errors import ArgumentError, ConfigError
from sim.config.files import read_text
from sim.counterexamples.alphabet import ALPHABET, NOT_IN_IT
from sim.counterexamples.combinations import Every, as_yaml
from sim.counterexamples.combinations import every as tried
from sim.documents.every import contradictions, document, verification
from sim.ledger.violations import VIOLATIONS

SMALLER = "fewer --mishaps take less, and --seconds ends it"
NAMES = {
    "confirmed": "an order that is confirmed",
    "retried": "a request that is sent again",
    "replayed": "a key that is replayed",
}


def every(
    context: typer.Context, design: str, mishaps: int | None, purchases: int | None, kinds: Sequence[str],
    promises: Sequence[str], jobs: int | None, seconds: float | None, out: Path | None, verify: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    chosen, certificate = load_design(design), None
    if verify is not None:
        certificate = _certificate(verify)
        given = {"mishaps": mishaps, "purchases": purchases, "kinds": kinds or None, "promise": promises or None}
        if other := next((name for name, value in given.items() if value is not None), None):
            raise ArgumentError(other, "the certificate says that; leave it out")
        mishaps, purchases = certificate["mishaps"], certificate["purchases"]
        kinds, promises = certificate["kinds"], certificate["promises"]
    if out is not None:
        from sim.cli.work import every_files  # they have a picture, and what draws it takes a second to import

        every_files.check(out)
    command = again(context)
    with at_work(TRYING, 0, command, smaller=SMALLER, interrupted="interrupted") as tell:
        found = tried(
            chosen, promises, mishaps=2 if mishaps is None else mishaps, purchases=1 if purchases is None else purchases,
            kinds=kinds, jobs=jobs, seconds=seconds, progress=by_level(tell),
        )  # fmt: skip
    if certificate is not None:
        _compare(certificate, found, as_json=as_json)
        return
    if as_json:
        print_json(document(found))
    else:
        _print(found, written=out is not None)
    if out is not None:
        every_files.write(found, out, design, command, as_json=as_json)
    if found.stopped == "interrupted":
        note("interrupted: these are the levels that were finished")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(code_of(found))


def code_of(found: Every) -> int:
    """The exit code of a verdict."""
    return {"broken": FAILED, "holds": DONE}.get(found.verdict, UNDECIDED)


def _print(found: Every, *, written: bool) -> None:
    screen = console()
    for line in sentences(found):
        screen.print(line)
    if found.found is not None and not written:
        screen.print()
        screen.print(as_yaml(found).rstrip(), soft_wrap=True)
        note("--out FOLDER writes its story, its picture, and what would have prevented it")


def sentences(found: Every) -> list[str]:
    """The verdict with its bound, what was tried and reached, and what was not."""
    name, bound = found.design.name, _bound(found)
    runs = f"{found.runs:,} {_plural('run', found.runs)} in {found.seconds:.1f} s"
    by_level = ", ".join(f"{level.runs:,} with {level.mishaps}" for level in found.levels)
    if found.found is not None:
        caught = found.found
        lines = [
            f"{name} broke “{promise.replace('_', ' ')}” with {_number(len(caught.mishaps))}." for promise in caught.broken
        ]
        lines += [
            f"{name}: this customer {VIOLATIONS[kind].clause}; the unchanged architecture does better." for kind in caught.harm
        ]
        return [
            *lines,
            f"No smaller set of mishaps does this. Tried: {runs} ({by_level}); {found.world.purchases} {_customers(found)}.",
        ]
    finished = f"{found.levels[-1].mishaps} of {found.mishaps} levels were finished"
    opening = {
        "holds": f"{name} keeps its promises in every world of this kind with {bound}.",
        "not tried": f"{name} keeps its promises with {bound} of the kinds that were tried.",
        "undecided": f"{name}: undecided. " + (f"Time was up: {finished}." if found.stopped == "time" else finished + "."),
    }[found.verdict]
    if found.missing:
        without = f"In no run there was {' and '.join(NAMES[what] for what in found.missing)}."
        opening = f"{opening} {without}" if found.stopped else f"{name}: undecided. {without}"
    promises = "; ".join(promise.replace("_", " ") for promise in found.world.promises)
    endings = sum(level.endings for level in found.levels[-1:])
    came_up = [ALPHABET[kind].words for kind in found.world.kinds if kind not in found.never_came_up]
    lines = [
        opening,
        f"Promises: {promises}.",
        f"Tried: {runs} ({by_level}); the last level has {endings:,} different {_plural('ending', endings)}.",
        *([f"Alphabet: {'; '.join(came_up)}."] if came_up else []),
        "Reached: " + ", ".join(f"{NAMES[what]} in {of:,} {_plural('run', of)}" for what, of in found.reached.items()) + ".",
    ]
    if found.never_came_up:
        lines.append(f"No run came to a moment for: {', '.join(found.never_came_up)}.")
    left = "".join(f"{ALPHABET[kind].words}; " for kind in found.not_tried)
    return [*lines, f"Not tried: {left}{NOT_IN_IT}."]


def _bound(found: Every) -> str:
    return f"at most {_number(found.mishaps)} and {found.world.purchases} {_customers(found)}"


def _customers(found: Every) -> str:
    return _plural("customer", found.world.purchases)


def _plural(noun: str, number: int) -> str:
    return noun if number == 1 else f"{noun}s"


def _number(mishaps: int) -> str:
    return f"{mishaps} {_plural('mishap', mishaps)}"


def _certificate(file: Path) -> dict[str, Any]:
    """A certificate that has been written before. Raises ConfigError."""
    try:
        content = json.loads(read_text(file))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file}:{error.lineno}:{error.colno}: not JSON; give a file that --out has written") from None
    shape = {"mishaps": int, "purchases": int, "kinds": list, "promises": list, "levels": list}
    if not isinstance(content, dict) or any(not isinstance(content.get(key), kind) for key, kind in shape.items()):
        raise ConfigError(f"{file}: not a certificate; give a file that `coffee every DESIGN --out FOLDER` has written")
    return content


def _compare(certificate: dict[str, Any], found: Every, *, as_json: bool) -> None:
    """Print whether the certificate is right, as far as it was run again."""
    said = contradictions(certificate, document(found))
    if as_json:
        print_json(verification(found, said))
    elif said:
        console().print(f"The certificate does not hold for {found.design.name} here:")
        for line in said:
            console().print(f"  {line}", soft_wrap=True)
    else:
        levels = f"{len(found.levels)} of {len(certificate['levels'])} levels" if found.stopped else "all of it"
        console().print(f"The certificate is right: {levels} run again, {found.runs:,} runs, every number the same.")
    if said:
        raise typer.Exit(FAILED)
    raise typer.Exit(UNDECIDED if found.stopped else DONE)
