"""Whether files that a command has left behind are whole, and whether processes of it are still there."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import yaml


def half_written(folder: Path) -> str:
    """The first file that is not whole, or that is a draft; "" if there is none."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.name.endswith((".draft", ".new")) or any(part.endswith(".new") for part in path.parts):
            return f"lost: {path} is a draft"
        try:
            _read(path)
        except (ValueError, ET.ParseError, sqlite3.Error, yaml.YAMLError, AssertionError) as error:
            return f"lost: {path} is not whole: {error}"
    return ""


def _read(path: Path) -> None:
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as base:
            assert base.execute("pragma integrity_check").fetchall() == [("ok",)]
        return
    if path.suffix not in (".json", ".csv", ".svg", ".html", ".yaml"):
        return
    text = path.read_text(encoding="utf-8")
    assert text.endswith(("\n", "</html>")), "it has no end"
    match path.suffix:
        case ".json":
            json.loads(text)
        case ".csv":
            rows = list(csv.reader(text.splitlines()))
            assert {len(row) for row in rows} == {len(rows[0])}, "its rows are of different lengths"
        case ".svg":
            ET.fromstring(text)
        case ".html":
            assert "</html>" in text, "it has no end"
        case _:
            yaml.safe_load(text)


def of_session(leader: int) -> list[int]:
    """The processes that a process has started in its session and that are not zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found
