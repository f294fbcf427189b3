"""The service's process: started, waited for, killed with all its children, and never left behind."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import aiohttp

from sim.config.errors import ConfigError
from sim.config.service import LIVE, Service, filled_text
from sim.orphans import end_with_parent, temporary_folder

LAST_LINES = 6  # of what a dead service has said
LOOK_S = 0.02
POLITE_S = 2.0  # between SIGTERM and SIGKILL, in the end


class Undecided(Exception):
    """The service can't be judged, and why."""


class Running:
    """A service that is started by us, or was there before; `up` is set while it can be used."""

    def __init__(self, service: Service, *, provider: str) -> None:
        self.service = service
        self.up = asyncio.Event()
        self.died = False  # by itself
        self.starts = 0
        self._target = urlsplit(service.service.url)
        self._values = {"provider": provider}
        self._process: asyncio.subprocess.Process | None = None
        self._groups: set[int] = set()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed with the service
        self._ends = ExitStack()
        self._temporary: Path | None = None  # a folder of its own, which survives its deaths
        self._restart: asyncio.Task[None] | None = None
        self._failed: Undecided | None = None

    @property
    def killable(self) -> bool:
        return self.service.process is not None

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, and nobody has started it again yet."""
        return self._process is not None and self._process.returncode is not None and self._restart is None

    @property
    def _address(self) -> tuple[str, int]:
        return str(self._target.hostname), self._target.port or (443 if self._target.scheme == "https" else 80)

    def check(self) -> None:
        """Before anything is started. Raises ConfigError."""
        told = self.service.process
        if told is None:
            return
        for name, value in {**os.environ, **told.env}.items():
            if LIVE.match(value):
                raise ConfigError(
                    f"the environment variable {name} is a key for real money; unset it: the service would have it"
                )
        if _listens(self._address):
            raise ConfigError(
                f"service.url: somebody listens at {self.service.service.url} already; end that, or leave process: out"
            )
        if not self._folder.is_dir():
            raise ConfigError(f"process.folder: there is no folder {self._folder}")

    @property
    def _folder(self) -> Path:
        assert self.service.process is not None
        return self.service.beside / self.service.process.folder

    async def start(self) -> None:
        """Start it, if it is ours to start, and wait until it is ready. Raises ConfigError or Undecided."""
        told = self.service.process
        if told is not None:
            try:
                words = shlex.split(filled_text(told.start, self._values))
            except ValueError as error:
                raise ConfigError(f"process.start: {error}; write it as in a shell") from None
            own = {key: filled_text(value, self._values) for key, value in told.env.items()}
            if self._temporary is None:
                self._temporary = self._ends.enter_context(temporary_folder("coffee-service-"))
            env = {**os.environ, "TMPDIR": str(self._temporary), **own}
            env.setdefault("PYTHONUNBUFFERED", "1")
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *words, cwd=self._folder, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                    start_new_session=True, preexec_fn=end_with_parent,
                )  # fmt: skip
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                raise ConfigError(f"process.start: {words[0]}: cannot be started: {reason}") from None
            self._groups.add(self._process.pid)
            self.starts += 1
        await self._ready()
        self.up.set()

    async def _ready(self) -> None:
        at, until = self.service.service, time.monotonic() + self.service.service.ready_within
        last = "nobody listens there"
        while time.monotonic() < until:
            if self._process is not None and self._process.returncode is not None:
                raise Undecided(f"the service ended by itself with {self._process.returncode} before it was ready{self.said()}")
            if at.ready is None:
                if _listens(self._address):
                    return
            else:
                status, last = await self._ask(at.url.rstrip("/") + at.ready.removeprefix("GET "), until)
                if 200 <= status < 400:
                    return
            await asyncio.sleep(LOOK_S)
        asked = f"{at.ready or 'a connection'} at {at.url}"
        raise Undecided(f"the service was not ready within {at.ready_within:g} s ({asked}: {last}){self.said()}")

    async def _ask(self, url: str, until: float) -> tuple[int, str]:
        left_s = max(min(until - time.monotonic(), 5.0), 0.1)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=left_s), trust_env=False) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                return answer.status, f"it answered {answer.status}"
        except TimeoutError:
            return 0, "it takes the connection and doesn't answer"
        except (aiohttp.ClientConnectorError, ConnectionRefusedError):
            return 0, "nobody listens there"
        except aiohttp.ClientError:
            return 0, "it answers what is no HTTP"

    def said(self) -> str:
        """The last lines of its output, to be said after a sentence."""
        self._log.flush()
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), 4000, max(size - 4000, 0)).decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if line.strip()][-LAST_LINES:]
        return "; it said:" + "".join(f"\n  {line[:200]}" for line in lines) if lines else ""

    def kill(self) -> None:
        """Kill it at this very moment, and have it started again."""
        told = self.service.process
        if told is None or self._process is None or not self.up.is_set():
            return
        self.up.clear()
        _signal(self._process.pid, signal.Signals[told.kill])
        self._restart = asyncio.get_running_loop().create_task(self._again(told.restart))

    async def _again(self, after_s: float) -> None:
        try:
            await self._gone()
            await asyncio.sleep(after_s)
            await self.start()
        except Undecided as error:
            self._failed = error
            self.up.set()

    async def _gone(self) -> None:
        assert self._process is not None
        try:
            await asyncio.wait_for(self._process.wait(), POLITE_S)
        except TimeoutError:
            _signal(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        _signal(self._process.pid, signal.SIGKILL)  # its children
        until = time.monotonic() + POLITE_S
        while _listens(self._address):
            if time.monotonic() > until:
                raise Undecided(
                    "the service was killed, and something of it still listens: a process that leaves its session "
                    "can't be killed; start the service itself, and not what puts it into the background"
                )
            await asyncio.sleep(LOOK_S)

    async def steady(self) -> None:
        """Wait until it is up, if it was killed; start it again if it has died by itself. Raises Undecided."""
        if self._restart is not None:
            await self._restart
            self._restart = None
        if self._failed is not None:
            raise self._failed
        if self._process is not None and self._process.returncode is not None:
            self.died = True
            self.up.clear()
            await self._gone()
            await self.start()

    async def close(self) -> str | None:
        """End it, and everything that it has started. A sentence, if something is still there."""
        if self._restart is not None:
            self._restart.cancel()
            await asyncio.gather(self._restart, return_exceptions=True)
        for group in self._groups:
            _signal(group, signal.SIGTERM if self._process is not None and group == self._process.pid else signal.SIGKILL)
        left = None
        if self._process is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), POLITE_S)
            for group in self._groups:
                _signal(group, signal.SIGKILL)
            await self._process.wait()
            left = await self._leftover()
        self._log.close()
        self._ends.close()
        return left

    async def _leftover(self) -> str | None:
        until = time.monotonic() + 0.5
        while _listens(self._address):
            if time.monotonic() > until:
                where = self.service.service.url
                return f"something of the service still listens at {where}: it has left its session; end it yourself"
            await asyncio.sleep(LOOK_S)
        return None


def _signal(group: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it is gone; macOS says the second of zombies
        os.killpg(group, what)


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=0.5).close()
    except OSError:
        return False
    return True
