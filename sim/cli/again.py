"""A running command in words: the line that gives the same numbers again, and the option that an argument is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from enum import Enum
from typing import Any

import typer

ALWAYS = frozenset({"mornings", "seed"})  # said even where they are the defaults, which may be others in another version
NEVER = frozenset({  # where it runs, and what is shown and written: the numbers do not depend on it
    "jobs", "engine", "everything", "as_json", "out", "report", "write", "mermaid",
})  # fmt: skip


def again(context: typer.Context, **instead: Any) -> str:
    """The command that gives the same numbers: every parameter that is not its default. `instead`: other values, by name."""
    words = ["coffee", str(context.info_name)]
    for parameter in context.command.params:
        value = instead.get(parameter.name, context.params.get(parameter.name))
        if _is_said(parameter, value):
            words += _words(parameter, value)
    return shlex.join(words)


def option_of(context: typer.Context, argument: str) -> str:
    """`--until-precision` for the argument `precision`: its option, or its own name if the command has none."""
    for parameter in context.command.params:
        if parameter.name == argument and parameter.param_type_name == "option":
            return _flag(parameter)
    return argument


def _is_said(parameter: Any, value: Any) -> bool:
    if parameter.hidden or parameter.name in NEVER or value is None or (isinstance(value, list | tuple) and not value):
        return False
    return parameter.param_type_name == "argument" or parameter.name in ALWAYS or value != parameter.default


def _words(parameter: Any, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield parameter.opts[0] if value else parameter.secondary_opts[0]
        return
    for each in value if isinstance(value, list) else [value]:
        if parameter.param_type_name == "option":
            yield _flag(parameter)
        yield str(each.value if isinstance(each, Enum) else each)


def _flag(option: Any) -> str:
    """The long one of `-n` and `--mornings`."""
    return str(max(option.opts, key=len))
