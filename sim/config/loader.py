"""YAML with positions: a file becomes a model, or a list of errors that each name file, line and column.

YAML 1.1 reads `no` as False, `12:30` as 750 and lets a duplicate key win silently; here words stay words, and a duplicate
key is an error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from sim.config.errors import ConfigError, KeyedErrors, nearest

M = TypeVar("M", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows null, true/false, integers and decimals, and takes all else for text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?[0-9]*\.[0-9]+", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)


class Document:
    """A parsed YAML file: `data` as plain Python, and where each key stands."""

    def __init__(self, text: str, filename: str) -> None:
        """Raises ConfigError on bad syntax, duplicate keys, or a file that isn't a mapping."""
        self.filename = filename
        try:
            loader = _Loader(text)
            self._root = loader.get_single_node()
            if self._root is None:
                raise ConfigError(f"{filename}: the file is empty")
            if not isinstance(self._root, yaml.MappingNode):
                raise ConfigError(f"{filename}:1:1: expected keys and values, like `name: my-morning`")
            self._refuse_duplicates()
            self.data: dict[str, Any] = loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{filename}:{mark.line + 1}:{mark.column + 1}" if mark else filename
            raise ConfigError(f"{where}: not valid YAML: {error.problem or error.context}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigError(f"{filename}: not valid YAML: {error}") from None

    def _refuse_duplicates(self) -> None:
        errors, stack = [], [(self._root, "")]
        while stack:
            node, path = stack.pop()
            if isinstance(node, yaml.SequenceNode):
                stack += [(child, f"{path}[{i}]") for i, child in enumerate(node.value)]
            elif isinstance(node, yaml.MappingNode):
                seen: dict[str, int] = {}
                for key, child in node.value:
                    name = f"{path}.{key.value}".lstrip(".")
                    line = key.start_mark.line + 1
                    if key.value in seen:
                        where = f"{self.filename}:{line}:{key.start_mark.column + 1}"
                        errors.append(f"{where}: {name}: given twice (first on line {seen[key.value]}); keep one")
                    seen.setdefault(key.value, line)
                    stack.append((child, name))
        if errors:
            raise ConfigError(*sorted(errors))

    def place(self, path: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """`file:line:column` of the deepest key on `path` that is in the file, and the path without what is not in it."""
        node, mark, found = self._root, self._root.start_mark, []
        for step in path:
            if isinstance(node, yaml.MappingNode):
                match = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if match is not None:
                    mark, node = match[0].start_mark, match[1]
                    found.append(step)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
                found.append(step)
        return f"{self.filename}:{mark.line + 1}:{mark.column + 1}", tuple(found)

    def errors(self, error: ValidationError, model: type[BaseModel]) -> list[str]:
        """The validation's errors as lines, in the order of the file."""
        lines = []
        for item in error.errors():
            cause = item.get("ctx", {}).get("error")
            if isinstance(cause, KeyedErrors):
                for key, message in cause.errors:
                    tail = tuple(int(step) if step.isdigit() else step for step in key.split("."))
                    lines.append(self._line((*item["loc"], *tail), message, None))
            else:
                lines.append(self._line(item["loc"], *_explained(item, model)))
        unique = dict.fromkeys(lines)
        return sorted(unique, key=lambda line: [int(n) for n in line.removeprefix(self.filename).split(":")[1:3]])

    def _line(self, path: tuple[Any, ...], message: str, value: Any) -> str:
        where, found = self.place(path)
        names = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in found]
        if path and (not found or found[-1] != path[-1]) and message.startswith("required"):
            names.append(f".{path[-1]}")
        name = "".join(names).lstrip(".")
        shown = f" (got {value!r})" if value is not None else ""
        return f"{where}: {name + ': ' if name else ''}{message}{shown}"


def _explained(item: Any, model: type[BaseModel]) -> tuple[str, Any]:
    kind, given = item["type"], item.get("input")
    value = given if isinstance(given, str | int | float) else None
    if kind == "extra_forbidden":
        return f"unknown key{nearest(str(item['loc'][-1]), _known_keys(model, item['loc'][:-1]))}", None
    if kind == "missing":
        return "required, but missing", None
    if kind == "value_error":
        return str(item["ctx"]["error"]), value
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "expected keys and values here, like `{key: value}`", value
    return item["msg"][0].lower() + item["msg"][1:], value


def _known_keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The keys that `model` knows below `path`, looked up in its JSON Schema."""
    schema = model.model_json_schema(by_alias=True)
    nodes = [schema]
    for step in path:
        following = []
        for node in nodes:
            for option in _options(node, schema):
                if isinstance(step, int):
                    following.append(option.get("items", option))
                elif step in option.get("properties", {}):
                    following.append(option["properties"][step])
                elif step in option.get("properties", {}) or step in option.get("required", []):
                    following.append(option)
        nodes = following or nodes
    return sorted({key for node in nodes for option in _options(node, schema) for key in option.get("properties", {})})


def _options(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _options(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    for union in ("anyOf", "oneOf", "allOf"):
        if union in node:
            return [option for child in node[union] for option in _options(child, schema)]
    return [node]


def read_text(path: Path) -> str:
    """A file's text. Raises ConfigError if it can't be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def validate(model: type[M], data: dict[str, Any], document: Document) -> M:
    """`data` as a `model`. Raises ConfigError with all of its errors, placed in `document`."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(*document.errors(error, model)) from None
