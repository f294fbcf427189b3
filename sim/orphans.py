"""A child that ends with us, and a folder that is gone then, even when we are killed and can't see to it ourselves."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

# A line says that nobody uses the folder any more. An end without one is that of a process that was killed: its children may
# live a moment longer, and make their files anew.
SWEEP = """
if read -r _; then rm -rf "$1"; exit; fi
for _ in 1 2 3 4 5; do rm -rf "$1"; sleep 1; [ -e "$1" ] || exit; done
"""


def end_with_parent() -> None:
    """To be called in a new process before its program begins. Only Linux can do this; elsewhere it does nothing."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that is gone afterwards, also if this process is killed: a shell waits for that, and removes it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    sweeper = subprocess.Popen(  # noqa: S603  nothing in it is from anybody else
        ["/bin/sh", "-c", SWEEP, "sweeper", str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield folder
    finally:
        sweeper.communicate(b"\n")
