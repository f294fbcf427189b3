"""Errors that a user's file or argument causes. Each names its place, its key, what was expected and the nearest valid name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any

LONGEST_SHOWN = 60  # characters of a value in a message


class ConfigError(Exception):
    """One or more errors in a file or in a name given by the user; the messages are printed unchanged, one a line."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class ArgumentError(ConfigError):
    """An argument of a Python call has an invalid value. The command line names the option instead of the argument."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}")
        self.argument = argument
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes whole: an exception is made again from `args`, which would be the joined text."""
        return type(self), (self.argument, self.message)


class KeyedErrors(ValueError):
    """Several errors below one place of a file; each has its key, or the path of keys and indices that leads to it."""

    def __init__(self, errors: Sequence[tuple[str | tuple[Any, ...], str]]) -> None:
        super().__init__("; ".join(f"{key}: {message}" for key, message in errors))
        self.errors = [(key if isinstance(key, tuple) else (key,), message) for key, message in errors]


def got(value: Any) -> str:
    """` (got 30)`: the value as a file would write it, shortened; nothing for a mapping or a list."""
    if isinstance(value, dict | list | tuple):
        return ""
    shown = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return f" (got {shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + '…'})"


def closest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the valid name closest to `name`, or nothing if none is close."""
    folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f'; did you mean "{folded[close[0]]}"?' if close else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the valid name closest to `name`, or the list of valid names if none is close."""
    names = list(dict.fromkeys(known))
    return closest(name, names) or (f"; known: {', '.join(names)}" if names else "")
