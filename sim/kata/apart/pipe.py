"""A pipe to another process: messages as JSON, each after its length. Whatever comes out of it, none of it is run."""

from __future__ import annotations

import json
import os
import select
import struct
from typing import Any

MOST_BYTES = 1_000_000  # of a message that is taken (assumption: one that a story sends has some hundred)
_LENGTH = struct.Struct("!I")
_write_down = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


class Ended(Exception):
    """The other process has ended, or closed the pipe."""


class Silent(Exception):
    """The other process says nothing, or doesn't listen."""


class Strange(Exception):
    """What came is no message."""


class Pipe:
    """Both directions. `patience_s`: how long to wait for the other side; None: for ever."""

    def __init__(self, reads: int, writes: int, *, patience_s: float | None = None, most: int | None = None) -> None:
        self._reads, self._writes, self._most = reads, writes, most
        self._patience_ms = None if patience_s is None else patience_s * 1000
        self.over = False  # nothing more is to be said
        self._come = b""
        self._to_read, self._to_write = select.poll(), select.poll()
        self._to_read.register(reads, select.POLLIN)
        self._to_write.register(writes, select.POLLOUT)
        os.set_blocking(writes, patience_s is None)

    def send(self, message: list[Any]) -> None:
        """Raises Ended and Silent."""
        body = _write_down(message).encode()
        left = _LENGTH.pack(len(body)) + body
        while left:
            try:
                left = left[os.write(self._writes, left) :]
            except BlockingIOError:
                if not self._to_write.poll(self._patience_ms):
                    raise Silent from None
            except OSError:
                raise Ended from None

    def receive(self) -> Any:
        """The next message, which may be any JSON. Raises Ended, Silent and Strange."""
        (length,) = _LENGTH.unpack(self._take(_LENGTH.size))
        if self._most is not None and length > self._most:
            raise Strange(f"a message of {length:,} bytes")
        body = self._take(length)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise Strange("a message that can't be read") from None

    def _take(self, number: int) -> bytes:
        while len(self._come) < number:
            if self._patience_ms is not None and not self._to_read.poll(self._patience_ms):
                raise Silent
            try:
                came = os.read(self._reads, 1 << 16)
            except OSError:
                raise Ended from None
            if not came:
                raise Ended
            self._come += came
        taken, self._come = self._come[:number], self._come[number:]
        return taken
