"""JSON Schema (draft 2020-12) of all that is printed with --json, and of the JSON and CSV files, read off the documents."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from sim.architectures import ARCHITECTURES
from sim.config.errors import ArgumentError
from sim.config.schema import DRAFT, design_schema, scenario_schema, service_schema
from sim.documents import (
    catalogue,
    cells,
    comparison,
    cost_curve,
    description,
    every,
    fitted,
    hunt,
    kata,
    lint,
    new_file,
    optimum,
    rehearsal,
    sensitivity,
    sizing,
    stored,
    story,
    sweep,
    twin,
    validity,
    windows,
)
from sim.documents.columns import further_columns

Schema = Literal["scenario", "design", "service", "results"]


class Kind(NamedTuple):
    """A kind of document: its type, the commands that print it, and the files that hold it."""

    shape: Any
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


DOCUMENTS: dict[str, Kind] = {
    "Comparison": Kind(comparison.Comparison, ("compare",), ("summary.json",)),
    "Run": Kind(comparison.Run, ("run", "check")),
    "Cells": Kind(cells.Cells, ("cells",)),
    "Sweep": Kind(sweep.Sweep, ("sweep",), ("sweep.json",)),
    "Stored": Kind(stored.Stored, ("results",)),
    "Sizings": Kind(sizing.Sizings, ("size",)),
    "CostCurve": Kind(cost_curve.CostCurve, ("size",), ("cost-curve.json",)),
    "SensitivityOneAtATime": Kind(sensitivity.SensitivityOneAtATime, ("sensitivity",), ("sensitivity.json",)),
    "SensitivityTogether": Kind(sensitivity.SensitivityTogether, ("sensitivity",), ("sensitivity.json",)),
    "Optimum": Kind(optimum.Optimum, ("optimise",), ("front.json",)),
    "Windows": Kind(windows.Windows, ("windows",), ("windows.json",)),
    "Story": Kind(story.Story, ("explain",)),
    "NoStory": Kind(story.NoStory, ("explain",)),
    "Hunt": Kind(hunt.Hunt, ("hunt",)),
    "Every": Kind(every.Every, ("every",), ("certificate.json",)),
    "Verification": Kind(every.Verification, ("every",)),
    "Rehearsal": Kind(rehearsal.Rehearsal, ("rehearse",)),
    "Rush": Kind(rehearsal.Rush, ("rehearse",)),
    "Twins": Kind(twin.Twins, ("twin",), ("twin.json",)),
    "Lint": Kind(lint.Lint, ("lint",)),
    "LintOfScenario": Kind(lint.LintOfScenario, ("lint",)),
    "KnownCases": Kind(validity.KnownCases, ("validity",)),
    "AssumptionEffects": Kind(validity.AssumptionEffects, ("validity",)),
    "Catalogue": Kind(catalogue.Catalogue, ("list",)),
    "ScenarioDescription": Kind(description.ScenarioDescription, ("show",)),
    "DesignDescription": Kind(description.DesignDescription, ("show",)),
    "PresetDescription": Kind(description.PresetDescription, ("show",)),
    "MetricDescription": Kind(description.MetricDescription, ("show",)),
    "KeyDescription": Kind(description.KeyDescription, ("show",)),
    "FittedLog": Kind(fitted.FittedLog, ("fit",)),
    "NewFile": Kind(new_file.NewFile, ("new",)),
    "KataStarted": Kind(kata.KataStarted, ("kata start",)),
    "KataRun": Kind(kata.KataRun, ("kata run",)),
    "KataHint": Kind(kata.KataHint, ("kata hint",)),
    "KataStatus": Kind(kata.KataStatus, ("kata status",)),
    "KataCheck": Kind(kata.KataCheck, ("kata check",)),
    "KataDebrief": Kind(kata.KataDebrief, ("kata debrief",)),
    "Debrief": Kind(kata.Debrief, files=("debrief.json",)),
    "Grades": Kind(kata.Grades, ("kata grade",)),
}
ROWS: dict[str, Kind] = {
    "ComparisonRow": Kind(comparison.ComparisonRow, files=("summary.csv",)),
    "CurveRow": Kind(cost_curve.CurveRow, files=("cost-curve.csv",)),
    "SweepRow": Kind(sweep.SweepRow, files=("sweep.csv",)),
    "StoredRow": Kind(stored.StoredRow, ("results --csv",)),
    "SwingRow": Kind(sensitivity.SwingRow, files=("sensitivity.csv",)),
    "MorrisRow": Kind(sensitivity.MorrisRow, files=("sensitivity.csv",)),
    "SobolRow": Kind(sensitivity.SobolRow, files=("sensitivity.csv",)),
    "TriedRow": Kind(optimum.TriedRow, files=("tried.csv",)),
    "WindowRow": Kind(windows.WindowRow, files=("windows.csv",)),
    "GradeRow": Kind(kata.GradeRow, ("kata grade --csv",)),
}  # lines of CSV, before null became an empty text


class _OfDocuments(GenerateJsonSchema):
    """No key but those described, and no titles, which would only say the names once more."""

    def typed_dict_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().typed_dict_schema(schema)
        made.pop("title", None)
        return made | {"additionalProperties": further_columns(schema.get("cls")) or False}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def schema(kind: Schema) -> dict[str, Any]:
    """The JSON Schema of scenario files, of design files, of adapters of services, or of results. Raises ArgumentError."""
    match kind:
        case "scenario":
            return scenario_schema()
        case "design":
            return design_schema(ARCHITECTURES)
        case "service":
            return service_schema()
        case "results":
            return results_schema()
    *others, last = get_args(Schema)
    raise ArgumentError("kind", f"expected {', '.join(others)} or {last} (got {kind!r})")


def results_schema() -> dict[str, Any]:
    """`oneOf` of all documents; in `$defs` each by its name, with rows of CSV and the parts that documents are made of."""
    kinds = DOCUMENTS | ROWS
    config = ConfigDict(use_attribute_docstrings=True)
    every: Any = tuple.__class_getitem__(tuple(kind.shape for kind in kinds.values()))  # one type, so that parts are shared
    made = TypeAdapter(every, config=config).json_schema(schema_generator=_OfDocuments)
    definitions = made["$defs"]
    for name in kinds:
        definitions[name]["description"] = f"{_where(kinds[name])} {definitions[name]['description']}"
    return {
        "$schema": DRAFT,
        "title": "Coffee please: results",
        "description": "What commands print with --json, and what they write as JSON; rows of CSV have a definition, too.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in DOCUMENTS],
        "$defs": definitions,
    }


def _where(kind: Kind) -> str:
    """`coffee compare --json, summary.json:`."""
    printed = [f"coffee {command}" + ("" if "--" in command else " --json") for command in kind.commands]
    return ", ".join([*printed, *kind.files]) + ":"
