"""What goes to stdout and to stderr, and the exit codes."""

from __future__ import annotations

import codecs
import os
import sys
import tempfile
import traceback
from typing import TextIO

from sim.documents.text import shown

DONE, FAILED, USAGE, UNDECIDED, BUG, KILLED, UNWRITTEN, INTERRUPTED = 0, 1, 2, 3, 70, 71, 74, 130
PLAIN = str.maketrans(  # what most often can't be written where there is no Unicode, and what stands for it
    {
        "─": "-", "│": "|", "→": "->", "←": "<-", "−": "-", "–": "-", "—": "-", "·": ".", "…": "...", "’": "'", "‘": "'",
        "“": '"', "”": '"', "✓": "v", "✗": "x", "○": "o", "≤": "<=", "≥": ">=", "×": "x", "\xa0": " ", "\u202f": " ",
    }
)  # fmt: skip


def complain(*messages: str) -> None:
    """Say what is wrong, one error a line."""
    for message in messages:
        note(f"error: {message}")


def note(message: str) -> None:
    """Say something that is not part of the result; where that can't be said, the result stays what it is."""
    try:
        print(shown(message), file=sys.stderr, flush=True)
    except OSError:  # a full disk, or a reader that has gone away
        forget(sys.stderr)


def write_out(text: str) -> None:
    """Write to stdout at once. A reader that has gone away (`| head`) stops nothing: neither the work nor its verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget(sys.stdout)


def forget(stream: TextIO) -> None:
    """Let whatever is still in a stream's buffer, and all that comes, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def never_stumble(stream: TextIO) -> None:
    """Write what an encoding has no character for as something like it, or by its code: a result depends on no locale."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=LIKE_IT)


def _like_it(error: UnicodeError) -> tuple[str, int]:
    """The error handler of `never_stumble`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end].translate(PLAIN)
    return missing.encode("ascii", "backslashreplace").decode("ascii"), error.end


LIKE_IT = "coffee.like_it"
codecs.register_error(LIKE_IT, _like_it)


def report_bug(error: BaseException) -> None:
    """Say that the program is wrong and not the user, and keep the traceback where it can be sent from."""
    complain(f"a bug of coffee-please: {type(error).__name__}: {error}")
    text = "".join(traceback.format_exception(error))
    try:
        handle, file = tempfile.mkstemp(prefix="coffee-bug-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as kept:
            kept.write(f"{' '.join(sys.argv)}\n\n{text}")
    except OSError:
        note(text)
        return
    note(f"please report it with this file: {file}")
