"""Check one submission in a separate process: `python -P -m sim.kata.submission DESIGN SEED SECONDS RESULT EXERCISE`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

MOST_MEMORY = 4 << 30  # bytes of address space (assumption: a check takes a tenth of it)
MOST_WRITTEN = 64 << 20  # bytes of any file that the process writes
MOST_PROCESSES = 64  # of the user in this box, threads included


def main(design: str, seed: str, seconds: str, result: str, exercise: str) -> None:
    """Write the check's result, or the errors in the design's file, as JSON to the open file of that number.

    `seconds`: most time of a processor.
    """
    limit(int(seconds))
    import json

    from sim.architectures import load_design
    from sim.architectures.guard import line_of, said
    from sim.config.errors import ConfigError
    from sim.documents.text import shown
    from sim.kata import documents
    from sim.kata.check import check
    from sim.kata.exercises import EXERCISES

    try:
        text = json.dumps(documents.check(check(load_design(design), EXERCISES[exercise], seed=int(seed), jobs=1)))
    except ConfigError as error:
        text = json.dumps({"error": [shown(message)[:2000] for message in error.messages[:100]]})
    except Exception as error:
        line = line_of(error.__traceback__, design)
        text = json.dumps({"error": [f"{design}{'' if line is None else f':{line}'}: {shown(said(error))}"[:2000]]})
    with os.fdopen(int(result), "w", encoding="utf-8") as file:
        file.write(text)


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
