"""The report on failure windows: the matrix as a heat map and a table, and why it is not always as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.colours import colours
from sim.config.library import digest
from sim.documents import windows
from sim.failure_windows.differences import differences
from sim.failure_windows.matrix import Matrix, sentence, title
from sim.failure_windows.published import MARKS, MECHANISMS, PUBLISHED, SOURCES, by_place, mechanisms, reported
from sim.failure_windows.verdicts import STATES
from sim.ledger.violations import FAILURES
from sim.report import matrix as told
from sim.report.combinations import last_word
from sim.report.files import files_of, render, software
from sim.report.folder import named
from sim.version import VERSION

PAGE, JSON, CSV, CHART = "report.html", "windows.json", "windows.csv", "charts/windows"
LABEL = "Heat map of failure windows by design; the same cells are in the table below."
FILES = named(PAGE, JSON, CSV, charts=[CHART])


def write_report(matrix: Matrix, folder: Path, *, command: str) -> Path:
    """Write the report of a matrix to a folder and return the path of the page.

    `command` is what the reader is told to type. The folder appears, or replaces an earlier report, only when everything is
    written; the same matrix gives the same bytes. Raises ConfigError if the folder holds anything that is no part of a report,
    or can't be written.
    """
    from sim.report.charts import windows as heat_map  # matplotlib takes a second to import
    from sim.style import figure_of

    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, windows.document(matrix, report=PAGE))
        files.csv(CSV, windows.rows(matrix))
        chart = files.picture(CHART, figure_of(heat_map.draw_matrix(matrix)), LABEL)
        drawn = {"chart": chart, "blocks": heat_map.in_blocks(list(matrix.designs))}
        files.text(PAGE, render("windows.html.j2", _content(matrix, command) | drawn))
    return folder / PAGE


def _content(matrix: Matrix, command: str) -> dict[str, Any]:
    found = {(d.cell.window, d.cell.design) for d in differences(matrix)}
    return {
        "designs": matrix.designs,
        "colours": colours(matrix.designs),
        "sentences": {name: sentence(matrix, name) for name in matrix.designs},
        "last_words": {name: last_word(design) for name, design in matrix.designs.items()},
        "states": STATES,
        "places": by_place(matrix.windows),
        "rows": {
            label: {
                "label": label,
                "title": title(scenario),
                "name": scenario.name,
                "summary": scenario.summary.partition(" ")[2],
                "story": scenario.story,
                "reported": reported(label),
                "cells": {
                    cell.design: {
                        "state": cell.state,
                        "exposed": cell.exposed,
                        "value": "" if cell.rate.mean is None else f"{cell.rate.mean:.6g}",
                        "interval": told.interval(cell),
                        "counted": told.counted(cell),
                        "differs": (label, cell.design) in found,
                    }
                    for cell in matrix.row(label)
                },
            }
            for label, scenario in matrix.windows.items()
        },
        "differences": [
            {
                "window": members[0].cell.window,
                "state": members[0].cell.state,
                "designs": [difference.cell.design for difference in members],
                "published": told.published_for(members[0]),
                "reason": reason,
            }
            for members, reason in told.grouped(matrix)
        ],
        "differs": told.DIFFERS,
        "mechanisms": MECHANISMS,
        "mechanisms_of": {
            name: [MECHANISMS[mechanism].title for mechanism in mechanisms(design)] for name, design in matrix.designs.items()
        },
        "published": {label: PUBLISHED[label] for label in matrix.windows if label in PUBLISHED},
        "marks": MARKS,
        "sources": SOURCES,
        "violations": FAILURES,
        "most": max(cell.mornings for cell in matrix.cells.values()),
        "mornings": matrix.mornings,
        "purchases": f"{sum(cell.purchases for cell in matrix.cells.values()):,}",
        "undecided": sum(cell.state == "undecided" for cell in matrix.cells.values()),
        "asked": matrix.asked if matrix.interrupted else None,
        "seed": matrix.seed,
        "command": command,
        "digest": digest(*matrix.windows.values(), *matrix.designs.values()),
        "version": VERSION,
        "software": software(),
    }
