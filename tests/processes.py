"""Whether a process is there, as /proc says it."""

from __future__ import annotations

import time
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than as a zombie that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(*pids: int, within_s: float = 120.0) -> bool:
    """
    Whether these processes have ended, or end soon.

    A signal takes effect when the kernel next runs the process and not when it was sent, which on a busy machine is later.
    """
    until = time.monotonic() + within_s
    while any(is_running(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
