"""Turn files into models, or into errors that each name file, line, column, key, what was expected, and what was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from sim.config.errors import ConfigError, KeyedErrors
from sim.config.files import read_text
from sim.config.keys import follow
from sim.config.messages import explained
from sim.config.model import Reading
from sim.config.tidy import tidied
from sim.config.yamlfile import Source

M = TypeVar("M", bound=BaseModel)
STARTS = {"from": "the name of a design to start from", "architecture": "a Python file and a class, like my.py:MyCheckout"}


class Document(Source):
    """A parsed YAML file, and the folder from which the paths in it start."""

    def __init__(self, text: str, filename: str, *, beside: Path | None = None) -> None:
        """Raises ConfigError on bad syntax, duplicate keys, or a file that isn't a mapping."""
        super().__init__(text, filename)
        self.beside = Path(filename).parent if beside is None else beside
        for key, what in STARTS.items():
            if not isinstance(self.data.get(key, ""), str):
                raise ConfigError(f"{self.place((key,))[0]}: {key}: expected {what}")

    @property
    def start(self) -> str | None:
        """The key by which a design says what it starts from (`from` or `architecture`). None: the file is not a design."""
        return next((key for key in STARTS if key in self.data), None)

    def place(self, path: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """`file:line:column` of the deepest key on `path` that is in the file, and the part of `path` that leads to it."""
        _, mark, present = self.find(path)
        return self.at(mark), present

    def line(self, path: tuple[Any, ...], message: str, *, missing: bool = False) -> tuple[tuple[int, int], str]:
        """The line and column to sort by, and the message with its place in front. A missing key gets its parent's place."""
        _, mark, present = self.find(path)
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in (path if missing else present))
        shown = f"{name.lstrip('.')}: " if name else ""
        return (mark.line, mark.column), f"{self.at(mark)}: {shown}{message}"


class Places(Protocol):
    """Knows where in a file each path of the data is, and the folder from which paths in the data start."""

    beside: Path

    def line(self, path: tuple[Any, ...], message: str, *, missing: bool = False) -> tuple[tuple[int, int], str]: ...


def validate(model: type[M], data: dict[str, Any], document: Places) -> M:
    """Turn `data` into a `model`. Raises ConfigError with all errors, in file order; `document` knows their places."""
    errors: list[tuple[tuple[int, int], str]] = []
    tidy, slips = tidied(model, data)
    errors += [document.line(path, message) for path, message in slips]
    try:
        result = model.model_validate(tidy, context=Reading(document.beside))
    except ValidationError as error:
        errors += _errors(error, model, document)
    if errors:
        raise ConfigError(*(text for _, text in sorted(dict.fromkeys(errors), key=lambda line: line[0])))
    return result


def _errors(error: ValidationError, model: type[BaseModel], document: Places) -> list[tuple[tuple[int, int], str]]:
    lines = []
    for item in error.errors(include_url=False):
        spot = follow(model, item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, KeyedErrors):
            lines += [document.line((*spot.path, *key), message) for key, message in cause.errors]
        elif (message := explained(item, spot, model)) is not None:
            lines.append(document.line(spot.path, message, missing=item["type"] == "missing" and spot.parent.model is not None))
    return lines


__all__ = ["Document", "read_text", "validate"]
