"""What was turned in the panel, to go on from there: the same as a command, and as YAML."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from sim.architectures import architecture_of
from sim.config.design import Design
from sim.config.keys import Kind, below, fields
from sim.config.knobs import knobs
from sim.config.scenario import Scenario
from sim.config.template import META
from sim.config.writing import flow, given, written
from sim.experiment.altering import split, value_of


def command(scenario: str, design: str, changes: Mapping[str, str], *, mornings: int, seed: int) -> str:
    """The command that gives the same numbers."""
    settings = "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in changes.items())
    return f"{shlex.join(['coffee', 'run', scenario, design])}{settings} --mornings {mornings} --seed {seed}"


def design_yaml(design: Design, *, name: str) -> str:
    """A design's file: everything in which it differs from its architecture."""
    usual = type(design).model_validate({"name": design.name, "summary": design.summary})
    sections: dict[str, Any] = {}
    for knob in knobs(design, usual):
        if knob.path[0] not in META and not knob.is_default:
            section = sections
            for step in knob.path[:-1]:
                section = section.setdefault(step, {})
            section[knob.path[-1]] = knob.value
    head = {"name": name, "from": architecture_of(design)}
    return "".join(f"{key}: {flow(value)}\n" for key, value in {**head, **sections}.items())


def scenario_yaml(scenario: Scenario, changes: Mapping[str, str]) -> str:
    """The sections of a scenario's file that hold a changed key, whole; nothing if none does."""
    changed = dict.fromkeys(split(key)[0] for key in changes)
    sections = {key: value for key, value in given(scenario) if key in changed}
    return "".join(f"{key}:{_section(scenario, key, value)}" for key, value in sections.items())


def _section(scenario: Scenario, key: str, value: Any) -> str:
    if isinstance(value, tuple):
        return "\n" + "".join(f"  - {flow(item(one))}\n" for one in value)
    return f" {flow(written(value, below(Kind(type(scenario)), key)))}\n"


def item(what: Any) -> Any:
    """One of a list, such as a fault, as its file would say it. What is left out stays left out."""
    if not isinstance(what, BaseModel):
        return written(what)
    kind, known = Kind(type(what)), fields(type(what))
    first = type(what).__name__.lower()  # the kind of fault, as in a file
    keys = sorted(((key, value) for key, value in given(what) if value is not None or known[key].default is not None),
                  key=lambda pair: pair[0] != first)  # fmt: skip
    return {key: plain(written(value, below(kind, key))) for key, value in keys}


def plain(value: Any) -> Any:
    """`15min` for `{constant: 15min}`, as files may say it."""
    return value["constant"] if isinstance(value, dict) and list(value) == ["constant"] else value


def values(changes: Mapping[str, str]) -> dict[str, Any]:
    """Changes as values that could stand in a file. Raises ConfigError."""
    return {key: value_of(text) for key, text in changes.items()}
