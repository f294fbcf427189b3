"""`python -m tests.fuzz LOADER SECONDS`: libFuzzer, guided by what a file reaches in a loader, looks for one that breaks it.

A file is answered with a value or a ConfigError. Anything else ends the process with a code that isn't 0, and so does a file
that takes 10 s or 2 GB. The fuzzer begins with the bundled files, and its dictionary is the keys of scenarios and designs.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sim", "yaml"]):
    from sim.architectures import load_design
    from sim.config.columns import read_column
    from sim.config.errors import ConfigError, KeyedErrors
    from sim.config.library import FOLDER, load_scenario
    from sim.config.prices import load_prices
    from sim.kata.attempt import begin
    from sim.kata.exercises import FIRST
    from sim.kata.progress import FILE as PROGRESS
    from sim.kata.progress import load as load_progress

from tests.config.test_anything import KEYS


def _begun() -> bytes:
    """The progress of a kata that has just been started."""
    with tempfile.TemporaryDirectory() as folder:
        begin(Path(folder), FIRST, now=0.0)
        return (Path(folder) / PROGRESS).read_bytes()


LOADERS = {
    "scenario": ("x.yaml", load_scenario),
    "design": ("x.yaml", load_design),
    "prices": ("x.yaml", lambda path: load_prices(str(path))),
    "column": ("x.csv", lambda path: read_column(path, None, keys=("file", "column"))),
    "progress": (PROGRESS, lambda path: load_progress(path.parent)),
}
BEGINNINGS = {
    "scenario": [path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))],
    "design": [b"from: outbox\nname: x\n", *(path.read_bytes() for path in sorted((FOLDER / "designs").glob("*.yaml")))],
    "prices": [path.read_bytes() for path in sorted((FOLDER / "prices").glob("*.yaml"))],
    "column": [b"seconds\n0.5\n1.25\n", b"a;b\n1,5;2\n", b'# measured\n"x","y"\n1e3,2\n'],
    "progress": [_begun()],
}


def main(loader: str, seconds: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        file, read = LOADERS[loader]
        (room / "corpus").mkdir()
        for number, beginning in enumerate(BEGINNINGS[loader]):
            (room / "corpus" / str(number)).write_bytes(beginning)
        (room / "words").write_text("".join(f'"{word}"\n' for word in KEYS), encoding="utf-8")

        def answered(content: bytes) -> None:
            (room / file).write_bytes(content)
            with suppress(ConfigError, KeyedErrors):
                read(room / file)

        limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=20000", "-seed=1", f"-max_total_time={seconds}"]
        artifacts = [f"-artifact_prefix={Path.cwd()}/", f"-dict={room / 'words'}"]
        atheris.Setup([sys.argv[0], str(room / "corpus"), *limits, *artifacts], answered)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
