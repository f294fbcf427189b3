"""Every command with its arguments and options, generated from the application."""

from __future__ import annotations

import re
from typing import Any

from typer.main import get_command

from sim.cli.app import app

from .markdown import block, code, one_line, table, to

EXAMPLES = "Examples:\n"


def commands() -> str:
    group: Any = get_command(app)
    rows = [(to(f"coffee {name}", code(name)), _paragraphs(command)[0]) for name, command in group.commands.items()]
    exit_codes = group.epilog.partition("Exit codes:\n")[2]
    parts = [table(("command", "what it does"), rows)]
    parts += [_command(name, command) for name, command in group.commands.items()]
    return "\n\n".join([*parts, "## Exit codes", block("\n" + exit_codes)])


def _command(name: str, command: Any) -> str:
    if hasattr(command, "commands"):
        rest = (command.help or "").partition("\b\n")[2].replace("\b\n", "")
        parts = [f"## coffee {name}", *_paragraphs(command), *([block("\n" + rest)] if rest else [])]
        return "\n\n".join([*parts, *(_described(f"{name} {inner}", each, 3) for inner, each in command.commands.items())])
    return _described(name, command, 2)


def _described(name: str, command: Any, level: int) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option" and not parameter.hidden]
    usage = " ".join(["coffee", name, *(_name(a) if a.required else f"[{_name(a)}]" for a in arguments), "[OPTIONS]"])
    parts = [f"{'#' * level} coffee {name}", *_paragraphs(command), block(usage)]
    examples = (command.help or "").partition(EXAMPLES)[2]
    if examples:
        parts.append(block("\n" + examples, "sh"))
    rows = [(code(_name(a)), _help(a)) for a in arguments] + [(_flags(o), _help(o)) for o in options]
    return "\n\n".join([*parts, table(("argument or option", "meaning"), rows)] if rows else parts)


def _paragraphs(command: Any) -> list[str]:
    prose = (command.help or "").partition("\b\n")[0].partition(EXAMPLES)[0]
    return [one_line(part) for part in prose.strip().split("\n\n")]


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("[].")


def _flags(option: Any) -> str:
    first, *others = [*sorted(option.opts, key=len, reverse=True), *option.secondary_opts]
    value = f" {option.metavar}" if option.metavar and not option.is_flag else ""
    return ", ".join(map(code, [first + value, *others]))


def _help(parameter: Any) -> str:
    shown = parameter.show_default and not isinstance(parameter.default, bool | None) and not callable(parameter.default)
    default = f" Default: {code(getattr(parameter.default, 'value', parameter.default))}." if shown else ""
    if isinstance(parameter.show_default, str):
        default = f" Default: {parameter.show_default}."
    words = re.sub(r"\[default: (.*)\]", r"Default: \1.", parameter.help or "")
    return one_line(f"{words}{default}{' Required.' if parameter.required else ''}")
