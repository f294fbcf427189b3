"""Check one submission in a separate process: `python -P -m sim.kata.submission DESIGN SEED RESULT`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

MOST_MEMORY = 4 << 30  # bytes of address space (assumption: a check takes a tenth of it)
MOST_WRITTEN = 64 << 20  # bytes of any file that the process writes


def main(design: str, seed: str, result: str) -> None:
    """Write the check's result, or the errors in the design's file, to the file `result` as JSON."""
    with suppress(ImportError, OSError, ValueError):  # some systems have no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    import json

    from sim.architectures import load_design
    from sim.config.errors import ConfigError
    from sim.kata import documents
    from sim.kata.check import check

    try:
        text = json.dumps(documents.check(check(load_design(design), seed=int(seed), jobs=1)))
    except ConfigError as error:
        text = json.dumps({"error": list(error.messages)})
    Path(result).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
