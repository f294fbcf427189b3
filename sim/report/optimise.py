"""A front as plain data, as a folder with chart, table and numbers, and as design files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim import style
from sim.architectures import start_of
from sim.config.library import digest
from sim.config.template import design_template
from sim.experiment.export import plain, rounded
from sim.experiment.optimise import Optimum
from sim.experiment.search import Finalist, Tried
from sim.experiment.space import Candidate
from sim.report.charts import pareto
from sim.report.files import files_of
from sim.report.folder import named
from sim.version import VERSION

JSON, CSV, CHART = "front.json", "tried.csv", "front"
FILES = named(JSON, CSV, charts=[CHART])


def write_folder(found: Optimum, folder: Path, *, command: str) -> Path:
    """Write all files to a folder, which appears, or replaces an earlier one, when they are complete. Raises ConfigError."""
    with files_of(folder, ours=FILES.__contains__) as files:
        files.json(JSON, {**as_json(found), "command": command})
        files.csv(CSV, rows(found))
        files.chart(CHART, style.figure_of(pareto.draw(found)))
    return folder


def write_designs(found: Optimum, folder: Path) -> list[Path]:
    """The designs of the front as files, in a new folder. Raises ConfigError."""
    with files_of(folder, ours=named().__contains__) as files:
        for one in found.front:
            design = one.candidate.design
            text = design_template(design, name=design.name, start=start_of(design, folder))
            files.text(f"{design.name}.yaml", text)
    return [folder / f"{one.candidate.name}.yaml" for one in found.front]


def as_json(found: Optimum) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "scenario": found.scenario.name,
        "seed": found.seed,
        "mornings": found.mornings,
        "version": VERSION,
        "digest": digest(found.scenario, *found.space.bases),
        "from": [base.name for base in found.space.bases],
        "vary": {variable.key: str(variable) for variable in found.space.variables},
        "minimise": list(found.minimised),
        "subject_to": {constraint.metric: constraint.limit for constraint in found.constraints},
        "method": found.method,
        "size": found.space.size,
        "tried": len(found.tried),
        "impossible": found.impossible,
        "runs": found.runs,
        "front": [_finalist(found, one) for one in found.front],
        "perhaps": [_finalist(found, one) for one in found.perhaps()],
        "dropped": [_finalist(found, one) for one in found.finalists if not one.holds],
        "closest": {constraint.metric: _reached(found.reached(constraint)) for constraint in found.constraints},
    }


def rows(found: Optimum) -> list[dict[str, Any]]:
    """One row a design that was tried: its means on the mornings that it met, those of the best on fresh ones ("" for others,
    None where a metric was infinite or had nothing to count), and what became of it, which the fresh mornings decide.
    """
    metrics = dict.fromkeys([*found.minimised, *(constraint.metric for constraint in found.constraints)])
    keys = [variable.key for variable in found.space.variables]
    return [
        {
            "design": one.candidate.name,
            **{key: one.candidate.changes.get(key, "") for key in keys},
            "mornings": one.mornings,
            **{metric: rounded(float(one.values[metric].mean())) for metric in metrics},
            **{f"{metric}_fresh": _on_fresh_mornings(found, one, metric) for metric in found.minimised},
            "place": found.place(one),
        }
        for one in found.tried
    ]


def _on_fresh_mornings(found: Optimum, one: Tried, metric: str) -> float | int | str | None:
    final = next((each for each in found.finalists if one.candidate in (each.candidate, *each.same)), None)
    return "" if final is None else rounded(final.estimates[metric].mean)


def _finalist(found: Optimum, one: Finalist) -> dict[str, Any]:
    first = found.front[0] if found.front else one
    return {
        "design": one.candidate.name,
        "from": one.candidate.base,
        "changes": dict(one.candidate.changes),
        "metrics": {metric: plain(value) for metric, value in one.estimates.items()},
        "against_first": {metric: plain(found.difference(one, first, metric)) for metric in found.minimised},
        "holds": one.statuses,
        "purchases": int(one.values["purchases"].sum()),
        "ties": [other.candidate.name for other in found.ties(one)],
        "same": [other.name for other in one.same],
    }


def _reached(best: tuple[Candidate, float] | None) -> dict[str, Any] | None:
    return None if best is None else {"design": best[0].name, "changes": dict(best[0].changes), "value": rounded(best[1])}
