"""YAML with positions: text becomes plain data, and every key knows its line and column.

YAML 1.1 reads `no` as False, `12:30` as 750 and lets a duplicate key win silently; here words stay words, and a duplicate
key is an error. Anchors, aliases and `<<` work. Tags are errors, and so is a small file whose aliases expand to a huge one.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from sim.config.errors import ConfigError

MOST_CHARACTERS = 1_000_000
MOST_VALUES = 20_000  # after aliases are followed
DEEPEST = 40
MOST_KEYS = 500  # of one section
LONGEST_NUMBER = 100  # characters
# But for tabs and new lines: control characters, those that turn the direction of what follows, and what is no character.
_UNPRINTABLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]")
MERGE = "<<"
PLAIN = "tag:yaml.org,2002:"
IN_PLAIN_WORDS = (
    ("found character '\\t'", "a tab; indent with spaces"),
    ("mapping values are not allowed here", "a colon where none can be; check the indentation, or put the text in quotes"),
    ("expected ',' or '}'", "a { that is not closed, or a comma that is missing"),
    ("expected ',' or ']'", "a [ that is not closed, or a comma that is missing"),
    ("but found another document", "a second document after ---; give it a file of its own"),
    ("found unexpected end of stream", "a quote that is not closed"),
    ("could not find expected ':'", "a key without a colon after it"),
    ("found undefined alias", "an alias (*) of an anchor (&) that is nowhere"),
    ("expected <block end>", "wrong indentation, or a missing quote"),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows null, true/false, integers and decimals, and reads everything else as text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"{PLAIN}{_tag}", re.compile(f"(?:{_pattern})$"), _first)


class Source:
    """A YAML file: its `data` as plain Python (all keys are text), and the line and column of every key."""

    def __init__(self, text: str, filename: str) -> None:
        """Raises ConfigError on bad syntax, duplicate keys, or a file that isn't a mapping."""
        self.text = text
        self.filename = filename
        self._errors: list[tuple[yaml.Mark, str]] = []
        self._values = 0
        self.root = self._parsed(text)
        data = self._build(self.root, "", ())
        if self._errors:
            ordered = sorted(self._errors, key=lambda error: (error[0].line, error[0].column))
            raise ConfigError(*dict.fromkeys(f"{self.at(mark)}: {message}" for mark, message in ordered))
        self.data: dict[str, Any] = data

    def at(self, mark: yaml.Mark) -> str:
        return f"{self.filename}:{mark.line + 1}:{mark.column + 1}"

    def find(self, path: tuple[Any, ...]) -> tuple[yaml.Node, yaml.Mark, tuple[Any, ...]]:
        """The deepest node on `path` that is in the file, the mark of its key, and the part of `path` that leads to it."""
        node: yaml.Node = self.root
        mark = node.start_mark
        for depth, step in enumerate(path):
            child = _child(node, step)
            if child is None:
                return node, mark, path[:depth]
            mark, node = child
        return node, mark, path

    def node(self, path: tuple[Any, ...]) -> yaml.Node | None:
        """The node at `path`, if it is in the file."""
        node, _, present = self.find(path)
        return node if present == path else None

    def gives(self, path: tuple[Any, ...]) -> bool:
        """Whether the file has a value at `path`, or a plain value above `path` that leaves no room for one."""
        node, _, present = self.find(path)
        return present == path or (len(present) > 0 and isinstance(node, yaml.ScalarNode) and bool(node.value))

    def _parsed(self, text: str) -> yaml.MappingNode:
        if len(text) > MOST_CHARACTERS:
            raise ConfigError(f"{self.filename}: {len(text):,} characters; that can't be meant (at most {MOST_CHARACTERS:,})")
        try:
            root: yaml.Node | None = _Loader(text).get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = self.at(mark) if mark else self.filename
            raise ConfigError(f"{where}: not valid YAML: {_in_plain_words(error)}") from None
        except yaml.reader.ReaderError as error:
            line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
            raise ConfigError(f"{self.filename}:{line}:{column}: not valid YAML: a character that can't be printed") from None
        except (OverflowError, ValueError):  # PyYAML's own, from an escape like "\\Uffffffff"
            raise ConfigError(f"{self.filename}: not valid YAML: an escape (\\U…) that is no character") from None
        except RecursionError:
            raise ConfigError(f"{self.filename}: nested too deeply (at most {DEEPEST} levels)") from None
        if root is None:
            raise ConfigError(f"{self.filename}:1:1: the file is empty; expected keys and values, like `name: my-morning`")
        if not isinstance(root, yaml.MappingNode):
            raise ConfigError(f"{self.at(root.start_mark)}: expected keys and values, like `name: my-morning`")
        return root

    def _build(self, node: yaml.Node, path: str, inside: tuple[int, ...]) -> Any:
        self._values += 1
        if id(node) in inside:
            raise ConfigError(f"{self.at(node.start_mark)}: {_name(path)}contains itself")
        if len(inside) > DEEPEST:
            raise ConfigError(f"{self.at(node.start_mark)}: nested too deeply (at most {DEEPEST} levels)")
        if self._values > MOST_VALUES:
            raise ConfigError(f"{self.filename}: more than {MOST_VALUES:,} values once aliases are followed")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*inside, id(node)))
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{PLAIN}seq":
            return [self._build(child, f"{path}[{i}]", (*inside, id(node))) for i, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str, inside: tuple[int, ...]) -> dict[str, Any]:
        if node.tag != f"{PLAIN}map":
            self._wrong(node, path, _no_tags(node))
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        first: dict[str, int] = {}
        if len(node.value) > MOST_KEYS:
            raise ConfigError(f"{self.at(node.start_mark)}: {_name(path)}{len(node.value):,} keys; that can't be meant")
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, path, "a key must be a word")
                continue
            name = f"{path}.{key.value}".lstrip(".")
            line = key.start_mark.line + 1
            if key.value in first and key.value != MERGE:
                self._wrong(key, name, f"given twice (first on line {first[key.value]}); keep one")
            first.setdefault(key.value, line)
            value = self._build(child, name, inside)
            if key.value != MERGE:
                own[key.value] = value
                continue
            for part in value if isinstance(value, list) else [value]:
                if not isinstance(part, dict):
                    self._wrong(key, name, "expected an alias of keys and values")
                else:
                    merged = {**part, **merged}
        return {**merged, **own}

    def _scalar(self, node: yaml.Node, path: str) -> Any:
        text = node.value
        match node.tag.removeprefix(PLAIN):
            case "str":
                if found := _UNPRINTABLE.search(text):
                    self._wrong(node, path, f"a character that can't be printed ({found[0]!r}); leave it out")
                return text
            case "null":
                return None
            case "bool" if text in ("true", "false"):
                return text == "true"
            case "int" | "float" if len(text) > LONGEST_NUMBER:
                self._wrong(node, path, f"a number of {len(text)} characters; that can't be meant")
            case "int" if re.fullmatch("[-+]?[0-9]+", text):
                return int(text)
            case "float" if re.fullmatch(r"[-+0-9.eE]+", text):
                value = float(text)
                return value if math.isfinite(value) else text
            case _:
                self._wrong(node, path, _no_tags(node))
        return None

    def _wrong(self, node: yaml.Node, path: str, message: str) -> None:
        self._errors.append((node.start_mark, f"{_name(path)}{message}"))


def _name(path: str) -> str:
    return f"{path}: " if path else ""


def _no_tags(node: yaml.Node) -> str:
    return f"tags like {node.tag.replace(PLAIN, '!!')} have no meaning here"


def _child(node: yaml.Node, step: Any) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode):
        return (node.value[step].start_mark, node.value[step]) if isinstance(step, int) and step < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    for key, value in pairs:
        if key.value == str(step):
            return key.start_mark, value
    for key, value in pairs:
        if key.value == MERGE:
            parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
            return next((pair for part in parts if (pair := _child(part, step)) is not None), None)
    return None


def _in_plain_words(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    return next((words for phrase, words in IN_PLAIN_WORDS if phrase in problem), problem)
