"""Writes the notebooks anew from their scripts (`make notebooks`): run, and free of what differs from one run to the next.

`python notebooks/build.py FOLDER` writes them elsewhere.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from jupytext.config import load_jupytext_config
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PATIENCE_S = 600  # for one cell, on a busy machine


def scripts() -> list[Path]:
    return sorted(HERE.glob("[0-9]*.py"))


def read(script: Path) -> nbformat.NotebookNode:
    """The script's cells, not run yet. A cell is known by its place, so that its id is always the same."""
    notebook = jupytext.read(script, config=load_jupytext_config(str(script)))
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    return notebook


def build(script: Path) -> str:
    """The notebook's file: run from top to bottom in a fresh kernel. Raises CellExecutionError."""
    notebook = read(script)
    with tempfile.TemporaryDirectory() as nobodys:  # no profile, and no history
        env = {**os.environ, "IPYTHONDIR": nobodys, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        client = NotebookClient(
            notebook, timeout=PATIENCE_S, kernel_name=KERNEL["name"], record_timing=False,
            resources={"metadata": {"path": str(script.parent)}}, extra_arguments=["--log-level=ERROR"],
            coalesce_streams=True,  # how often the kernel sends is its own affair
        )  # fmt: skip
        client.execute(env=env)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    return nbformat.writes(notebook) + "\n"


def main(folder: Path = HERE) -> None:
    for script in scripts():
        (folder / f"{script.stem}.ipynb").write_text(build(script), encoding="utf-8", newline="\n")
        print(f"{script.stem}.ipynb", file=sys.stderr)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
