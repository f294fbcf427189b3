"""A JupyterLab of its own: a free port, a token, and a folder that everything it writes goes to."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 180  # for what takes a few seconds on an idle machine


@contextmanager
def jupyter_lab(folder: Path, cells: Sequence[str]) -> Iterator[str]:
    """The address of a notebook with these cells, opened by JupyterLab as long as the block lasts."""
    root = folder / "notebooks"
    root.mkdir()
    (root / "explore.ipynb").write_text(json.dumps(notebook(cells)), encoding="utf-8")
    token, address_file = secrets.token_hex(16), folder / "runtime"
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "HOME": "home",
    }  # fmt: skip
    for name in places.values():
        (folder / name).mkdir(exist_ok=True)
    environ = {**os.environ, **{key: str(folder / name) for key, name in places.items()}, "JUPYTER_NO_CONFIG": "1"}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={token}", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environ, cwd=folder, start_new_session=True)
        try:
            yield f"{_base(server, address_file)}lab/tree/explore.ipynb?token={token}"
        finally:
            server.terminate()  # it stops its kernels
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def notebook(cells: Sequence[str]) -> dict[str, object]:
    made = [
        {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for number, source in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _base(server: subprocess.Popen[bytes], runtime: Path) -> str:
    """Where the server listens, as it wrote down itself, once it answers."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        for file in runtime.glob("jpserver-*.json"):
            try:
                base = str(json.loads(file.read_text())["url"])
                urllib.request.urlopen(f"{base}api", timeout=10).close()
                return base
            except (json.JSONDecodeError, urllib.error.URLError, OSError):
                pass
        time.sleep(0.2)
    raise TimeoutError(f"JupyterLab did not start; see {runtime.parent / 'server.log'}")
