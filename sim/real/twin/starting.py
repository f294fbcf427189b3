"""What has to be around processes that are started: no program that runs once more in each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


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
