"""Check one submission in a separate process: `python -P -m sim.kata.submission DESIGN SEED SECONDS RESULT EXERCISE`.

If it has code, `CODE COMMAND …` follow: its Python file, and the command of the process in which its class runs. That process
is started from this one, and has neither the world nor the result.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config.design import Design

MOST_MEMORY = 4 << 30  # bytes of address space (assumption: a check takes a tenth of it)
MOST_WRITTEN = 64 << 20  # bytes of any file that the process writes
MOST_PROCESSES = 64  # of the user in this box, threads included


def main(design: str, seed: str, seconds: str, result: str, exercise: str, code: str = "", *command: str) -> None:
    """Write the check's result, or the errors in the design's file, as JSON to the open file of that number.

    `seconds`: most time of a processor.
    """
    os.set_inheritable(int(result), False)
    if not code:
        limit(int(seconds))  # else after the start of the other process, which limits itself
    import json

    from sim.architectures.guard import line_of, said
    from sim.config.errors import ConfigError
    from sim.documents.text import shown
    from sim.kata import documents
    from sim.kata.check import check
    from sim.kata.exercises import EXERCISES

    try:
        with _loaded(design, seconds, code, command) as (loaded, known_as):
            graded = check(loaded, EXERCISES[exercise], seed=int(seed), jobs=1)
            text = json.dumps(documents.check(replace(graded, digest=known_as or graded.digest)))
    except ConfigError as error:
        text = json.dumps({"error": [shown(message)[:2000] for message in error.messages[:100]]})
    except Exception as error:
        line = line_of(error.__traceback__, design)
        text = json.dumps({"error": [f"{design}{'' if line is None else f':{line}'}: {shown(said(error))}"[:2000]]})
    with os.fdopen(int(result), "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def _loaded(design: str, seconds: str, code: str, command: tuple[str, ...]) -> Iterator[tuple[Design, str]]:
    """The design, and the digest that the process of its class says it has ("" if it has none)."""
    if not code:
        from sim.architectures import load_design

        yield load_design(design), ""
        return
    from sim.kata.apart.outside import Teller, started

    with started([*command]) as (pipe, stderr):
        limit(int(seconds))
        teller = Teller(pipe, stderr, code)
        yield teller.design(design), teller.digest


def limit(seconds: int) -> None:
    """Memory, processor time, files and processes; some systems have no such limits."""
    with suppress(ImportError):
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_FSIZE, MOST_WRITTEN), (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_NPROC, MOST_PROCESSES),
        ):  # fmt: skip
            with suppress(OSError, ValueError):
                resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
