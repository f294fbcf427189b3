"""Every kind of document, read off its JSON Schema: which command prints it or which file holds it, and its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.documents.schema import DOCUMENTS, ROWS, results_schema
from sim.vocabulary import METRICS

from .markdown import code, table, to

TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`", "null": "`null`"}


def documents() -> str:
    """A table of all kinds: the name of the definition, and where it is printed or written."""
    rows = [
        (to(name), ", ".join(code(f"coffee {command}") for command in kind.commands), ", ".join(map(code, kind.files)))
        for name, kind in (DOCUMENTS | ROWS).items()
    ]
    return table(("definition", "printed by", "file"), rows)


def document_fields() -> str:
    """A section for each kind, and for each part that kinds are made of."""
    definitions = results_schema()["$defs"]
    parts = [name for name in definitions if name not in DOCUMENTS | ROWS and not _is_shared(definitions[name])]
    shared = [name for name in definitions if _is_shared(definitions[name])]
    sections = [_section(name, definitions) for name in (*DOCUMENTS, *ROWS, *parts)]
    return "\n\n".join([*sections, *(_of_metrics(name, definitions[name]) for name in shared)])


def _is_shared(definition: Mapping[str, Any]) -> bool:
    """Whether it says nothing but the metrics, which have a page of their own."""
    return definition.get("enum") == list(METRICS) or set(definition.get("properties", ())) == set(METRICS)


def _section(name: str, definitions: Mapping[str, Any]) -> str:
    definition = definitions[name]
    head = f"### {name}\n\n{definition['description']}"
    if "properties" not in definition:
        return f"{head} {_value(definition)}."
    required = definition.get("required", ())
    rows = [
        (code(key) + ("" if key in required else " (not always)"), _value(field), _about(field, definitions))
        for key, field in definition["properties"].items()
    ]
    more = definition["additionalProperties"]
    rows += [("…", _value(more), more["description"])] if more else []
    return f"{head}\n\n{table(('key', 'value', 'meaning'), rows)}"


def _of_metrics(name: str, definition: Mapping[str, Any]) -> str:
    """Without a row for each metric."""
    about = definition["description"]
    values = next(iter(definition.get("properties", {}).values()), {})
    text = (
        f"{about} Each [metric](metrics.md) -> {_value(values)}." if values else f"{about}: one of the [metrics](metrics.md)."
    )
    return f"### {name}\n\n{text}"


def _about(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Its own description, or that of the part that it is."""
    part: Mapping[str, Any] = definitions.get(field.get("$ref", "").rpartition("/")[2], {})
    of_options = next((option["description"] for option in field.get("anyOf", ()) if "description" in option), "")
    return field.get("description") or part.get("description") or of_options


def _value(schema: Mapping[str, Any]) -> str:
    """What may stand there: `text`, `list of whole number`, `mapping to Estimate`, … or `null`."""
    return " or ".join(dict.fromkeys(_options(schema))) or "any value"


def _options(schema: Mapping[str, Any]) -> Iterator[str]:
    kind = schema.get("type")
    if "$ref" in schema:
        yield to(schema["$ref"].rpartition("/")[2])
    elif "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _options(option)
    elif "enum" in schema or "const" in schema:
        yield from (code(value) or "empty text" for value in schema.get("enum", [schema.get("const")]))
    elif isinstance(kind, list):
        yield from map(TYPES.__getitem__, kind)
    elif kind == "array":
        yield f"list of {_value(schema['items'])}" if "items" in schema else "list"
    elif kind == "object":
        inner = schema.get("additionalProperties") or next(iter(schema.get("properties", {}).values()), {})
        yield f"mapping to {_value(inner)}" if isinstance(inner, dict) else "mapping"
    elif kind is not None:
        yield TYPES[kind]
