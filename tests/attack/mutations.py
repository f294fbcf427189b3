"""Slips of the hand in the files that come with the package: each makes a good file wrong, so each must be refused."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from sim.config.bundled import FOLDER
from sim.config.files import read_text
from sim.config.writing import flow
from sim.config.yamlfile import Source
from tests.attack.harness import SEED

KEY = re.compile(r"(?m)^([a-z_]+):")  # of a section of the first level
QUANTITY = re.compile(r"x?[0-9.]+ ?[a-zA-Z%/]*")
PROSE = ("name", "summary", "story", "source", "date", "from", "architecture")  # where any text is legal, or a name


def a_key(text: str, draw: random.Random) -> re.Match[str]:
    return draw.choice(list(KEY.finditer(text)))


def misspelt(text: str, draw: random.Random) -> str:
    key = a_key(text, draw)
    return f"{text[: key.end(1)]}{key[1][-1]}{text[key.end(1) :]}"


def twice(text: str, draw: random.Random) -> str:
    return f"{a_key(text, draw)[1]}: 1\n{text}"


def without_colon(text: str, draw: random.Random) -> str:
    key = a_key(text, draw)
    return f"{text[: key.end() - 1]}{text[key.end() :]}"


def cut_in_a_key(text: str, draw: random.Random) -> str:
    key = a_key(text, draw)
    return text[: key.end(1)] if key.start() > 0 else ""


def tagged(text: str, draw: random.Random) -> str:
    key = a_key(text, draw)
    return f"{text[: key.end()]} !!python/object/apply:os.system{text[key.end() :]}"


def spoilt(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    return f"{text[:at]}\x00{text[at:]}"


TEXTS: dict[str, Callable[[str, random.Random], str | bytes]] = {
    "an unknown key": lambda text, _: f"zebra: 1\n{text}",
    "a key misspelt": misspelt,
    "a key twice": twice,
    "a colon lost": without_colon,
    "cut off": cut_in_a_key,
    "a tab": lambda text, _: f"\tzebra: 1\n{text}",
    "an open bracket": lambda text, _: f"zebra: {{a: 1\n{text}",
    "an alias of nothing": lambda text, _: f"zebra: *nowhere\n{text}",
    "two documents": lambda text, _: f"{text}\n---\nname: another\n",
    "a list": lambda text, _: f"- zebra\n- {text.splitlines()[-1]!r}\n",
    "a tag": tagged,
    "a NUL": spoilt,
    "Latin-1": lambda text, _: f"# caf\u00e9\n{text}".encode("latin-1", "replace"),
    "UTF-16": lambda text, _: text.encode("utf-16"),
    "a conflict of git": lambda text, _: f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n",
}

LEAVES: dict[str, Callable[[Any], Any]] = {  # of a value that is a quantity
    "a mapping": lambda _: {"zebra": 1},
    "nothing to choose from": lambda _: [[]],
    "negative": lambda value: f"-{value}",
    "no number": lambda _: "nan",
    "two units": lambda value: f"{value} {value}",
    "a decimal comma": lambda value: re.sub(r"[0-9]", "1,5", str(value), count=1),
}


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all quantities."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(value, (*path, key)) if key not in PROSE else ()
    elif not isinstance(data, bool) and QUANTITY.fullmatch(str(data)) and any(digit.isdecimal() for digit in str(data)):
        yield path


def changed(data: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """A copy in which one value is another one."""
    if not path:
        return change(data)
    if isinstance(data, list):
        return [changed(value, path[1:], change) if number == path[0] else value for number, value in enumerate(data)]
    return {key: changed(value, path[1:], change) if key == path[0] else value for key, value in data.items()}


def mutations() -> list[tuple[str, str, str | bytes]]:
    """The name of a bundled file, what happened to it, and its content then."""
    draw = random.Random(SEED)
    found: list[tuple[str, str, str | bytes]] = []
    for path in sorted(FOLDER.rglob("*.yaml")):
        name, text = path.relative_to(FOLDER).as_posix(), read_text(path)
        found += [(name, slip, make(text, draw)) for slip, make in TEXTS.items()]
        data = Source(text, name).data
        quantities = list(leaves(data))
        for slip, change in LEAVES.items() if quantities else ():
            found.append((name, slip, flow(changed(data, draw.choice(quantities), change))))
    return found
