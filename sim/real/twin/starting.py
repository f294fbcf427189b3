"""What has to be around processes: a folder that doesn't outlive them, and no program that runs once more in each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, also if this process is killed: a shell waits for that, and removes it."""
    folder = Path(tempfile.mkdtemp(prefix="coffee-twin-"))
    sweeper = subprocess.Popen(  # noqa: S603  nothing in it is from anybody else
        ["/bin/sh", "-c", 'read -r _; rm -rf "$1"', "sweeper", str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )  # fmt: skip
    try:
        yield folder
    finally:
        sweeper.communicate()


@contextmanager
def no_main_module() -> Iterator[None]:
    """Let a process be started that doesn't run the program's main module once more, as multiprocessing would have it.

    Nothing that a process of the twin needs is in there; it may take seconds to run, and start a twin of its own.
    """
    main_module = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main_module
