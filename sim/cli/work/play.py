"""`coffee play`: simulates, and writes one file that plays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from sim.cli.again import again
from sim.cli.messages import UNWRITTEN, complain
from sim.cli.work.console import console
from sim.cli.work.names import folder_name
from sim.cli.work.simulation import at_work
from sim.cli.work.texts import settings_of
from sim.config.errors import ConfigError
from sim.config.files import write_text
from sim.experiment.effort import Effort
from sim.page.playback import playback
from sim.page.shelf import Shelf
from sim.page.wish import USUAL, asked, wish

ENDINGS = (".html", ".htm")


def play(
    context: typer.Context, scenario: str, designs: Sequence[str], settings: Sequence[str], effort: Effort, out: Path | None,
    *, force: bool,
) -> None:  # fmt: skip
    names = designs or USUAL
    start = {
        "scenario": scenario, "sides": [{"design": name} for name in names], "set": settings_of(settings), "seed": effort.seed,
        "mornings": effort.mornings,
    }  # fmt: skip
    wanted = wish(asked(start), Shelf([scenario, *names]))
    file = out or Path(f"{folder_name(wanted.scenario.name)}.html")
    _check(file, force=force)
    total = effort.mornings * len(wanted.sides)
    with at_work("simulating", total, again(context)) as progress:
        text = playback(wanted, effort, progress=progress)
    try:
        write_text(file, text, replace=True)
    except ConfigError as error:
        complain(*error.messages)
        raise typer.Exit(UNWRITTEN) from None
    console().print(f"{file}: {len(text.encode()) // 1000} KB; open it in a browser", soft_wrap=True, highlight=False)


def _check(file: Path, *, force: bool) -> None:
    """Before any work: the file can be written. Raises ConfigError."""
    if file.suffix not in ENDINGS:
        raise ConfigError(f"{file}: the name of a page's file must end in .html")
    if file.is_dir():
        raise ConfigError(f"{file}: a folder, not a file")
    if file.exists() and not force:
        raise ConfigError(f"{file}: there is a file of this name; --force overwrites it")
    if not file.parent.is_dir():
        raise ConfigError(f"{file}: there is no folder {file.parent}")
