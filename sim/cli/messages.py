"""What goes to stdout and to stderr, and the exit codes."""

from __future__ import annotations

import os
import sys

DONE, FAILED, USAGE, UNDECIDED, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130


def complain(*messages: str) -> None:
    """Say what is wrong, one error a line."""
    for message in messages:
        print(f"error: {message}", file=sys.stderr)


def note(message: str) -> None:
    """Say something that is not part of the result."""
    print(message, file=sys.stderr)


def write_out(text: str) -> None:
    """Write to stdout at once. A reader that has gone away (`| head`) stops nothing: neither the work nor its verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()


def forget_stdout() -> None:
    """Let whatever is still in stdout's buffer, and all that comes, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
