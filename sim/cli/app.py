"""The commands in one application, and what every command does with errors."""

from __future__ import annotations

import errno
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from sim.cli import (
    cells,
    check,
    compare,
    every,
    explain,
    fit,
    hunt,
    kata,
    lint,
    new,
    optimise,
    play,
    provider,
    rehearse,
    results,
    run,
    schema,
    sensitivity,
    serve,
    show,
    size,
    sweep,
    twin,
    validity,
    windows,
)
from sim.cli import list as list_
from sim.cli.again import option_of
from sim.cli.messages import (
    BUG,
    INTERRUPTED,
    KILLED,
    UNWRITTEN,
    USAGE,
    complain,
    forget,
    never_stumble,
    note,
    report_bug,
    write_out,
)
from sim.config.errors import ArgumentError, ConfigError
from sim.version import VERSION

AS_IT_STANDS = "\b\n"  # before a paragraph whose lines are not to be joined
HELP = f"""Which checkout back-end charges people twice when the payment provider turns slow?

Simulates mornings of coffee orders and audits every charge, order and loyalty point of back-end designs: naive, idempotent,
outbox, and inquiry for a provider without idempotency keys.

{AS_IT_STANDS}Start with:
  coffee list
  coffee compare morning-rush
  coffee windows
  coffee size morning-rush
  coffee explain morning-rush naive
  coffee new mine.yaml --from outbox
  coffee kata
"""
EPILOG = f"""{AS_IT_STANDS}Exit codes:
  0    done; check, size: met; lint: nothing to warn of
  1    check, size, rehearse: violated; kata check: not passed;
       lint: warnings; hunt, every: a promise was broken;
       validity: a number differs; twin: the model differs;
       optimise: no design holds every limit
  2    wrong usage, or errors in a file
  3    check: undecided, or met only so far;
       size, every, rehearse, twin: undecided
  70   a bug of the simulator
  71   a worker process was killed
  74   stdout or a report could not be written
  130  interrupted by Ctrl-C or SIGTERM; run, compare, check, windows,
       rehearse and twin print what is finished, and sweep keeps it
"""
MISSING = {
    "scenario": "Give a name that `coffee list` shows, such as morning-rush, or a YAML file of yours.",
    "design": "Give a name that `coffee list` shows, such as outbox, or a YAML or Python file of yours.",
}


class Command(TyperCommand):
    """An error in an argument names the option that the user gave; an argument that is missing, what it could be."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ArgumentError as error:
            raise ConfigError(f"{option_of(ctx, error.argument)}: {error.message}") from None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            if not error.message and error.param is not None:
                error.message = MISSING.get(str(error.param.name), "")
            raise


class Coffee(TyperGroup):
    """Commands under headings; errors in files and names are messages, never tracebacks."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            complain(*str(error).splitlines())
            raise typer.Exit(USAGE) from None
        except (KeyboardInterrupt, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not isinstance(error.__cause__, KeyboardInterrupt):
                raise
            note("interrupted")  # Python 3.11 makes a RuntimeError of it in the body of a class, while a module is imported
            raise typer.Exit(INTERRUPTED) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  the signature is typer's
        widest = max(map(len, self.commands))
        room = formatter.width - 6 - widest
        for heading, names in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), self.commands[name].get_short_help_str(room)) for name in names])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coffee {VERSION}")
        raise typer.Exit


app = typer.Typer(
    cls=Coffee, help=HELP, epilog=EPILOG, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    pass


HEADINGS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Learn": {
        "kata": kata.app,
        "serve": serve.serve,
        "play": play.play,
        "list": list_.list_,
        "show": show.show,
        "windows": windows.windows,
        "explain": explain.explain,
    },
    "Ask what a design does": {
        "run": run.run,
        "compare": compare.compare,
        "check": check.check,
    },
    "Choose its numbers": {
        "size": size.size,
        "sweep": sweep.sweep,
        "sensitivity": sensitivity.sensitivity,
        "optimise": optimise.optimise,
        "cells": cells.cells,
    },
    "Go to real parts": {
        "twin": twin.twin,
        "rehearse": rehearse.rehearse,
        "provider": provider.provider,
    },
    "Look for mistakes": {
        "lint": lint.lint,
        "hunt": hunt.hunt,
        "every": every.every,
        "validity": validity.validity,
    },
    "Files": {
        "new": new.new,
        "fit": fit.fit,
        "schema": schema.schema,
        "results": results.results,
    },
}
COMMANDS = {name: each for under in HEADINGS.values() for name, each in under.items() if not isinstance(each, typer.Typer)}


def _help(command: Callable[..., None]) -> str:
    return inspect.cleandoc(command.__doc__ or "").replace("Examples:\n", f"{AS_IT_STANDS}Examples:\n")


for _name, _command in COMMANDS.items():
    app.command(_name, cls=Command, help=_help(_command))(_command)
for _registered in kata.app.registered_commands:
    if _registered.callback is not None:
        _registered.help = _help(_registered.callback)
        _registered.cls = Command
app.add_typer(kata.app, name="kata")


def main() -> None:
    """Run the application with the arguments of this process."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  closed by the caller (`>&-`)
    sys.stderr = sys.stderr or sys.stdout
    for stream in (sys.stdout, sys.stderr):
        never_stumble(stream)
    if threading.current_thread() is threading.main_thread():  # who is ended keeps what is finished, as after Ctrl-C
        signal.signal(signal.SIGTERM, _end)
    try:
        try:
            app()
        finally:
            write_out("")  # what is left in the buffer, while it can still be said that it did not go out
    except OSError as error:
        sys.exit(_refused(error))
    except MemoryError:
        complain("out of memory; fewer --jobs, more --cells or a smaller scenario may help")
        sys.exit(KILLED)
    except Exception as error:
        report_bug(error)
        sys.exit(BUG)


def _end(*_: object) -> None:
    """Like Ctrl-C, also where that is not heard: a shell's command in the background is started deaf to it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _refused(error: OSError) -> int:
    """Say what the system refused; the exit code. Without a name of a file it is stdout."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        complain("too many open files for this system's limit (ulimit -n); raise it, or give fewer --jobs")
        return KILLED
    if error.filename is None:
        forget(sys.stdout)
    complain(f"{error.filename or 'stdout'}: {error.strerror}")
    return UNWRITTEN if error.filename is None or error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT) else USAGE
