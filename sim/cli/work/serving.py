"""Listens, says where, and serves the page until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.cli.messages import note
from sim.cli.work.texts import settings_of
from sim.config.errors import ArgumentError, ConfigError
from sim.experiment.effort import Effort, check_whole
from sim.experiment.extras import how_to_install
from sim.kata.brief import DESIGN
from sim.page import exercise
from sim.page.running import Runs
from sim.page.shelf import Shelf
from sim.page.wish import USUAL, asked, wish

HOST = "127.0.0.1"


def serve(scenario: str, designs: Sequence[str], settings: Sequence[str], effort: Effort, port: int, *, show: bool) -> None:
    check_whole("port", port, 0, 65_535)
    start = {
        "scenario": scenario,
        "sides": [{"design": name} for name in (designs or USUAL)],
        "set": settings_of(settings),
        "seed": effort.seed,
        "mornings": effort.mornings,
    }
    shelf = Shelf([scenario, *designs])
    wish(asked(start), shelf)  # what is wrong with it is said here, and not on the page
    _listen(shelf, start, port, show=show)


def serve_kata(name: str | None) -> None:
    """The exercise in the folder where we are now. Raises ConfigError, also if its files can't be read."""
    chosen = exercise.started(Path(), name)
    exercise.standing(Path())
    _listen(Shelf([chosen.scenario, DESIGN]), exercise.wish(chosen), 0, show=False, kata=Path())


def _listen(shelf: Shelf, start: dict[str, Any], port: int, *, show: bool, kata: Path | None = None) -> None:
    try:
        import uvicorn

        from sim.page.server import application
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise ConfigError(f"the page needs {error.name}, which is not installed: {how_to_install('web')}") from None
    with _listening(port) as listening:
        found = listening.getsockname()[1]
        token = secrets.token_urlsafe(18)
        app = application(Runs(shelf), token=token, port=found, start=start, kata=kata)
        address = f"http://{HOST}:{found}/{token}/"
        note(f"the page is at {address}")
        note("Ctrl-C ends it")
        if show:
            webbrowser.open(address)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=1)
        )
        server.run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    """Raises ArgumentError if somebody else listens there."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise ArgumentError("port", f"cannot be listened on: {error.strerror} (got {port})") from None
    listening.listen(128)
    return listening
