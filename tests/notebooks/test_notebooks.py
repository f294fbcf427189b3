from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.notebooks.conftest import NOTEBOOKS, SCRIPTS

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def committed(script: Path) -> Any:
    import nbformat  # takes seconds to load

    return nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def without_pictures(text: str) -> str:
    """A notebook's file without its pictures, whose bytes hang on the machine's arithmetic."""
    return re.sub(r'"image/png": "[^"]*"', '"image/png": ""', text)


def test_every_script_has_its_notebook_and_no_notebook_is_without() -> None:
    """Six notebooks, each beside its script."""
    assert [script.stem for script in SCRIPTS] == [notebook.stem for notebook in sorted(NOTEBOOKS.glob("*.ipynb"))]


@each_script
def test_it_is_its_script_cell_for_cell(script: Path, builder: SimpleNamespace) -> None:
    """Who changes a script builds its notebook (`make notebooks`), and nobody edits a notebook alone."""
    cells, wanted = committed(script).cells, builder.read(script).cells
    assert [cell.source for cell in cells] == [cell.source for cell in wanted]
    assert [(cell.cell_type, cell.metadata, cell.id) for cell in cells] == [
        (cell.cell_type, cell.metadata, cell.id) for cell in wanted
    ]


@each_script
def test_it_has_run_from_top_to_bottom_without_a_complaint(script: Path) -> None:
    """Cells are numbered in order, there is a figure, and neither an error nor a warning."""
    code = [cell for cell in committed(script).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
    assert any("image/png" in output.get("data", {}) for output in outputs)


@each_script
def test_it_says_nothing_of_where_and_when_it_was_made(script: Path) -> None:
    """No path, no date, no version of a kernel: it is the same wherever it is built."""
    notebook = committed(script)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    text = without_pictures(script.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert not re.search(r"/home/|/Users/|/work/|/tmp/|site-packages| at 0x[0-9a-f]+", text)


@each_script
def test_it_is_told_in_five_steps_and_an_exercise(script: Path) -> None:
    """Predict, run, read one number, explain, change one thing; an exercise whose solution is folded away at the end."""
    cells = committed(script).cells
    headings = re.findall(r"^##+ (.+)$", "\n".join(cell.source for cell in cells if cell.cell_type == "markdown"), re.MULTILINE)
    wanted = ["Predict", "Run", "Read one number", "Explain", "Change one thing", "Exercise", "Solution"]
    assert [heading for heading in headings if heading in wanted] == wanted
    assert cells[-1].metadata == {"tags": ["solution", "hide-input"], "jupyter": {"source_hidden": True}}


@pytest.mark.deep
def test_built_anew_they_are_what_is_committed(tmp_path: Path) -> None:
    """`make notebooks` leaves a clean clone clean; of pictures it is asked only that they are there."""
    subprocess.run([sys.executable, str(NOTEBOOKS / "build.py"), str(tmp_path)], check=True, timeout=600)
    for script in SCRIPTS:
        made = (tmp_path / f"{script.stem}.ipynb").read_text(encoding="utf-8")
        assert without_pictures(made) == without_pictures(script.with_suffix(".ipynb").read_text(encoding="utf-8"))
