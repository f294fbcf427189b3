"""The built wheel is all one needs: it carries the scenarios, designs and prices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip would install it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, cwd=folder)
    (wheel,) = (folder / "dist").glob("coffee_please-*.whl")
    target = folder / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(target)], check=True)
    return target


def run(installed: Path, folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    code = "import sim, sys; assert sim.__file__.startswith(sys.argv[1]); sys.argv[:] = ['coffee', *sys.argv[2:]]; "
    program = [sys.executable, "-c", code + "from sim.cli import main; main()", str(installed), *command]
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """`coffee list` and `coffee compare calm-tuesday` need nothing but the wheel, and the report is written."""
    listed = run(installed, tmp_path, "list")
    assert all(name in listed for name in ("morning-rush", "calm-tuesday", "provider-outage", "naive", "idempotent", "outbox"))
    run(installed, tmp_path, "compare", "calm-tuesday", "--mornings", "1", "--jobs", "1")
    assert (tmp_path / "reports" / "calm-tuesday" / "report.html").is_file()
    assert all((installed / "sim" / "page" / "static" / name).is_file() for name in ("index.html", "page.js", "page.css"))
    assert all((installed / package / "py.typed").is_file() for package in ("coffee_please", "sim"))
