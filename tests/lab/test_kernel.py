"""In a real kernel: every chart is shown once, results show themselves, and nothing else is printed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.conftest import STORM

CELLS = {
    "set up": f"import sim\nfrom sim.config.library import parse_scenario\nstorm = parse_scenario({STORM!r})",
    "result": 'compared = sim.compare(storm, ["naive", "outbox"], mornings=2, engine="serial"); compared',
    "scenario": "storm",
    "chart": "compared.plot.duplicates()",
    "panels": "compared.plot.morning()",
    "kept": 'ax = compared.plot.duplicates()\nax.set_title("mine");',
    "inline": "%matplotlib inline\ncompared.plot.cost();",
    "own axes": "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\ncompared.plot.duplicates(ax=ax);",
    "none": "len(plt.get_fignums())",
    "explain": 'sim.explain(storm, "naive").plot.sequence();',
}


@pytest.mark.slow
def test_every_chart_is_shown_once() -> None:
    """A chart is one picture at the end of its cell, whatever inline says; `ax=` shows the figure that it is on alone."""
    from nbclient import NotebookClient
    from nbformat import v4

    made = v4.new_notebook(cells=[v4.new_code_cell(code) for code in CELLS.values()])  # type: ignore[no-untyped-call]
    NotebookClient(made, timeout=120, kernel_name="python3").execute()
    outputs: dict[str, list[Any]] = {name: cell.outputs for name, cell in zip(CELLS, made.cells, strict=True)}
    pictures = {name: sum("image/png" in output.get("data", {}) for output in found) for name, found in outputs.items()}
    assert pictures == dict.fromkeys(CELLS, 0) | dict.fromkeys(("chart", "panels", "kept", "inline", "own axes", "explain"), 1)
    assert not [output for found in outputs.values() for output in found if output.output_type in ("stream", "error")]
    for name in ("result", "scenario"):
        [shown] = outputs[name]
        assert 'class="coffee-please"' in shown.data["text/html"]
    assert outputs["result"][0].data["text/plain"] == "<naive, outbox in storm: 2 mornings from seed 0>"
    assert outputs["panels"][0].data["text/plain"] == "<4 × 2 axes>"
    assert outputs["none"][0].data["text/plain"] == "0"
