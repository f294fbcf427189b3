"""What goes to stderr, and the exit codes."""

from __future__ import annotations

import sys

DONE, FAILED, USAGE, UNDECIDED, BUG, INTERRUPTED = 0, 1, 2, 3, 70, 130


def complain(*messages: str) -> None:
    """Say what is wrong, one error a line."""
    for message in messages:
        print(f"error: {message}", file=sys.stderr)


def note(message: str) -> None:
    """Say something that is not part of the result."""
    print(message, file=sys.stderr)
