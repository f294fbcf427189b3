"""What has a file's name and is no file that anybody could read."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path


def holes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3_000_000_000)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def linked(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": listening,
    "a file of holes": holes,
    "a circle": circle,
    "nowhere": linked("/nowhere/at/all"),
    "zeros": linked("/dev/zero"),
    "random": linked("/dev/urandom"),
    "nothing": linked("/dev/null"),
    "a full disk": linked("/dev/full"),
    "a terminal": linked("/dev/tty"),
    "passwords": linked("/etc/passwd"),
    "memory": linked("/proc/self/mem"),
    "the machine": linked("/proc/cpuinfo"),
    "the root": linked("/"),
    "a program": linked("/bin/sh"),
}
