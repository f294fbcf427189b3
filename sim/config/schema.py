"""JSON Schema (draft 2020-12) of scenario and design files, for editors and other tools, generated from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from sim.config.bundled import names
from sim.config.design import Design
from sim.config.keys import LIMITS, Kind, below, fields
from sim.config.model import OneOf, Overlay
from sim.config.ranges import too_large, too_small
from sim.config.scenario import Scenario
from sim.config.service import Service
from sim.config.units import CENTS, CLOCK, CURRENCY, DAY_S, DURATION, FACTOR, PROBABILITY, RATE, SECONDS, USD
from sim.config.writing import written
from sim.vocabulary import METRICS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
UNITS = {"duration": DURATION, "rate": RATE, "probability": PROBABILITY, "factor": FACTOR, "money": USD, "clock": CLOCK}
_ZERO_TEXT = r"^\s*x?\s*(0+(\.0*)?|\.0+)([eE][+-]?[0-9]+)?\s*[a-zA-Z%/ ]*$"
ZERO = {"anyOf": [{"const": 0}, {"type": "string", "pattern": _ZERO_TEXT}]}
SIZES = {DURATION.pattern: SECONDS, CENTS.pattern: {CURRENCY: 100.0}}  # of the units of a quantity that may have bounds
NOT_WHOLE_CENTS = r"(\.[0-9]{2}[0-9]*[1-9][0-9]*|[eE][+-]?[0-9]+)\s*USD"  # of an exponent it depends; an editor marks all
AFTER_A_DAY = r"^\s*(2[5-9]|[3-9][0-9]|[0-9]{3}|24(:00)?:(0[1-9]|[1-5][0-9]))"
EMPTY = {"type": "null", "description": "an empty section: its defaults"}


class _AsInFiles(GenerateJsonSchema):
    """Writes values as files do: defaults with their units, `none` for null."""

    def encode_default(self, dft: Any) -> Any:
        return written(dft) if isinstance(dft, BaseModel) else super().encode_default(dft)

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        inner = super().nullable_schema(schema)
        return {"anyOf": [*inner.get("anyOf", [inner]), {"const": "none"}]}


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    _, schema = models_json_schema([(Scenario, "validation")], by_alias=True, schema_generator=_AsInFiles)
    definitions = schema["$defs"]
    definitions["Scenario"]["properties"]["objectives"] |= {"properties": _limits(), "additionalProperties": False}
    _finish(definitions, [Scenario])
    return _named_units({"$schema": DRAFT, "title": "Coffee please: a scenario", "$ref": "#/$defs/Scenario"}, definitions)


def service_schema() -> dict[str, Any]:
    """The JSON Schema of an adapter, which says how customers order from a service under test."""
    _, schema = models_json_schema([(Service, "validation")], by_alias=True, schema_generator=_AsInFiles)
    _finish(schema["$defs"], [Service])
    return _named_units({"$schema": DRAFT, "title": "Coffee please: a service", "$ref": "#/$defs/Service"}, schema["$defs"])


def design_schema(architectures: Mapping[str, type[Design]]) -> dict[str, Any]:
    """The JSON Schema of a design file: `from` names one of `architectures` or another design, or `architecture` a class in a
    Python file.

    The knobs of a class in a Python file, or of another design, are unknown, so any key is allowed there.
    """
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in architectures.values()]
    places, schema = models_json_schema(models, by_alias=True, schema_generator=_AsInFiles)
    definitions = schema["$defs"]
    options = []
    for name, architecture in architectures.items():
        reference = places[architecture, "validation"]
        own = definitions[reference["$ref"].rsplit("/", 1)[-1]]
        _name_defaults(own, architecture)
        start = {"const": name, "description": "the design that this one starts from"}
        own["properties"] = {"from": start, **own["properties"]}
        own["required"] = ["from", *own.get("required", [])]
        options.append(reference)
    others = [name for name in names("designs") if name not in architectures]
    other = {
        "anyOf": [{"enum": others}, {"type": "string", "pattern": r"\.ya?ml$"}],
        "description": "a bundled design, or the file of another design",
    }
    options.append({"type": "object", "properties": {"from": other}, "required": ["from"]})
    file = {"type": "string", "pattern": r"\.py(:\w+)?$", "description": "a Python file beside this one, and a class in it"}
    options.append({"type": "object", "properties": {"architecture": file}, "required": ["architecture"]})
    _finish(definitions, list(architectures.values()))
    return _named_units({"$schema": DRAFT, "title": "Coffee please: a design", "oneOf": options}, definitions)


def _limits() -> dict[str, Any]:
    number = {"type": "number", "minimum": 0}
    schemas = {unit: LIMITS[unit].schema() if unit in LIMITS else number for unit in ("share", "s", "USD", "count")}
    return {name: {**schemas[metric.unit], "description": metric.summary} for name, metric in METRICS.items()}


def _name_defaults(schema: dict[str, Any], architecture: type[Design]) -> None:
    """Write an architecture's own defaults, which differ from those of the sections that it shares with others."""
    knobs = written(architecture.model_validate({}))
    for key, default in knobs.items():
        if "default" in schema["properties"][key]:
            schema["properties"][key]["default"] = default


def _finish(definitions: dict[str, Any], roots: list[type[BaseModel]]) -> None:
    """Add what the loader allows although no model declares it: empty sections, and a plain duration as a fault's `for`."""
    for model in _models(roots):
        schema = definitions[model.__name__]
        schema.pop("title", None)
        schema["properties"] = {key: child for key, child in schema["properties"].items() if key in {"from", *fields(model)}}
        for key, child in schema["properties"].items():
            child.pop("title", None)
            if child.get("default", ...) is None:
                del child["default"]
            kind = below(Kind(model), key)
            if key in fields(model) and (illegal := _illegal(fields(model)[key], kind)):
                child["not"] = illegal[0] if len(illegal) == 1 else {"anyOf": illegal}
            if key == "accounts":  # a plain number is the balance
                child["additionalProperties"] = {"anyOf": [child["additionalProperties"], {"type": "integer", "minimum": 0}]}
            if key == "for":
                if kind is None or kind.unit is None:  # a fault's: a plain duration stands for a constant one
                    schema["properties"][key] = {"anyOf": [_reference(child), DURATION.schema()], **_about(child)}
            elif kind is not None and kind.model is not None and issubclass(kind.model, Overlay):
                schema["properties"][key] = {"anyOf": [{"type": "string"}, _reference(child), EMPTY], **_about(child)}
            elif kind is not None and not kind.nullable and (kind.model or kind.container or kind.options):
                schema["properties"][key] = {"anyOf": [_reference(child), EMPTY], **_about(child)}
            elif kind is not None and issubclass(model, OneOf) and key in model.choices():
                schema["properties"][key] = _choice(kind, child)
        if issubclass(model, OneOf):
            schema["oneOf"] = [{"required": [choice]} for choice in model.choices()]


def _illegal(info: FieldInfo, kind: Kind | None) -> list[dict[str, Any]]:
    """What a quantity's pattern lets pass, and its bounds don't."""
    least, most = bound_of(info, "ge", "gt"), bound_of(info, "le", "lt")
    illegal: list[dict[str, Any]] = [ZERO] if (least or 0.0) > 0 or bound_of(info, "gt") == 0 else []
    unit = None if kind is None else kind.unit
    sizes = SIZES.get(unit.pattern) if unit is not None else None
    if sizes is not None and least:
        illegal.append({"type": "string", "pattern": too_small(least, sizes)})
    if sizes is not None and most is not None:
        illegal.append({"type": "string", "pattern": too_large(most, sizes)})
    if unit is CENTS:
        illegal.append({"type": "string", "pattern": NOT_WHOLE_CENTS})
    if unit is CLOCK and most == DAY_S:
        illegal.append({"type": "string", "pattern": AFTER_A_DAY})
    return illegal


def bound_of(info: FieldInfo, *names: str) -> float | None:
    """The bound of a key that has one of these names (`ge`, `gt`, `le`, `lt`)."""
    found = (getattr(bound, name, None) for bound in info.metadata for name in names)
    return next((bound for bound in found if bound is not None), None)


def _choice(kind: Kind, schema: dict[str, Any]) -> dict[str, Any]:
    """A key of a one-of mapping may not be null: it has a value, or is an empty section whose keys all have defaults."""
    (option,) = (option for option in schema.pop("anyOf") if option not in ({"type": "null"}, {"const": "none"}))
    needs_keys = kind.model is None or any(info.is_required() for info in fields(kind.model).values())
    return {**option, **schema} if needs_keys else {"anyOf": [option, EMPTY], **schema}


def _named_units(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema with each unit defined once; all quantities of that unit refer to the definition."""
    units = {name: unit.schema() for name, unit in UNITS.items()}

    def referring(value: Any) -> Any:
        if isinstance(value, list):
            return [referring(child) for child in value]
        if not isinstance(value, dict):
            return value
        for name, unit in units.items():
            if all(value.get(key) == child for key, child in unit.items()):
                return {"$ref": f"#/$defs/{name}"} | {key: child for key, child in value.items() if key not in unit}
        return {key: referring(child) for key, child in value.items()}

    return {**schema, "$defs": {**units, **referring(definitions)}}


def _reference(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("description", "default")}


def _about(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key in ("description", "default")}


def _models(roots: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """All models that `roots` are made of, the roots included."""
    models: dict[type[BaseModel], None] = {}
    waiting = [Kind(root) for root in roots]
    while waiting:
        kind = waiting.pop()
        waiting += kind.options.values()
        if kind.container is not None:
            waiting += [child for child in [below(kind, 0)] if child is not None]
        if kind.model is not None and kind.model not in models:
            models[kind.model] = None
            waiting += [child for key in fields(kind.model) if (child := below(kind, key)) is not None]
    return list(models)
