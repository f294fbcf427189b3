"""Errors in files: every one with its place, its key, what was expected, and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfigError(Exception):
    """One or more errors in a file or in a name given by the user. Shown as they are, one a line."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class KeyedErrors(ValueError):
    """Several errors below one key, each with the dotted path to its own key."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {message}" for key, message in errors))
        self.errors = errors


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the valid name closest to `name`, or the list of them if none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(names)}" if len(names) <= 30 else ""
