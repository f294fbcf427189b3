"""`coffee serve`: begins in two processes at once, since the page is to be there within two seconds."""

from __future__ import annotations

import os
from collections.abc import Sequence

from sim.config.errors import ConfigError
from sim.experiment.effort import Effort
from sim.lab.apart import prepare
from sim.page import PRELOADED


def serve(scenario: str, designs: Sequence[str], settings: Sequence[str], effort: Effort, port: int, *, show: bool) -> None:
    prepare(PRELOADED)  # another process imports what simulates while this one imports what serves
    from sim.cli.work import serving

    serving.serve(scenario, designs, settings, effort, port, show=show)


def serve_kata(name: str | None) -> None:
    """The kata's page works in the kata's folder, and so must the processes that simulate for it."""
    from sim.kata.exercises import exercise_named
    from sim.kata.folder import folder_of

    folder = folder_of(None, exercise_named(name))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}; name a folder that you may write to") from None
    prepare(PRELOADED)
    from sim.cli.work import serving

    serving.serve_kata(name)
