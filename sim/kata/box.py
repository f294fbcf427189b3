"""A box for a stranger's code, where the machine allows one: Linux namespaces, by `unshare` of util-linux.

In it there is no network, no process but its own (all end with it), no file that can be written but a small scratch disk, and
nothing of the other submissions. It can be looked out of: whatever else the user may read can be read.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

SCRATCH_MB, SCRATCH_FILES = 64, 2000
IS = "no network, no processes but its own, nothing to write to but a scratch disk, no other submissions"
_UNSHARE = ("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc")
_SET_UP = """
mount --rbind / / &&
while read -r _ at _; do mount -o remount,bind,ro "$at" 2>/dev/null; done </proc/mounts &&
mount -t tmpfs -o size={scratch}m,nr_inodes={files} scratch {room} &&
mount -t tmpfs -o size=1m hidden {hidden} &&
touch {room}/written && ! touch {sealed}/written 2>/dev/null &&
"""


@cache
def is_allowed() -> bool:
    """Whether this machine and user can have such boxes: one is tried."""
    if shutil.which("unshare") is None:
        return False
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="kata-") as name:
        for folder in ("room", "hidden"):
            Path(name, folder).mkdir()
        command = boxed(["true"], room=Path(name, "room"), hidden=Path(name, "hidden"))
        try:
            return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0  # noqa: S603  ours
        except (OSError, subprocess.TimeoutExpired):
            return False


def boxed(command: list[str], *, room: Path, hidden: Path) -> list[str]:
    """The command that runs `command` in a box: `room` is its scratch disk, and `hidden` is empty in it.

    It has a session of its own, so that no signal to its group leaves the box; whoever ends the box ends it.
    """
    set_up = _SET_UP.format(
        scratch=SCRATCH_MB, files=SCRATCH_FILES, room=shlex.quote(str(room)), hidden=shlex.quote(str(hidden.resolve())),
        sealed=shlex.quote(str(room.parent)),
    )  # fmt: skip
    return [*_UNSHARE, "sh", "-c", set_up + 'exec setsid "$@"', "box", *command]
