"""A name or file given on the command line, which may mean a scenario or a design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.architectures import COMPARED, design_names, is_named, is_own, load_design
from sim.config.bundled import SEE_LIST, closest_file, full_name, is_path, names, short_names
from sim.config.design import Design
from sim.config.errors import ConfigError, closest
from sim.config.library import load_scenario
from sim.config.loader import Document, read_text
from sim.config.scenario import Scenario


def folder_name(name: str) -> str:
    """A scenario's name as the name of a folder, whatever is in it."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "scenario"


def scenario_called(name: str) -> Scenario:
    """The scenario of that name, or in that file. Raises ConfigError, which recognises a design's name."""
    if name in design_names() and full_name(name) not in names():
        raise ConfigError(f'unknown scenario "{name}"; that is a design')
    return load_scenario(name)


def load(name: str, *, also: Iterable[str] = ()) -> Scenario | Design:
    """The scenario or design of that name, or in that file. Raises ConfigError; `also`: what else could have been meant."""
    if is_path(name):
        is_design = Document(read_text(Path(name)), name).start is not None
        return load_design(name) if is_design else load_scenario(name)
    if is_own(name) or is_named(name):
        return load_design(name)
    if full_name(name) in names():
        return load_scenario(name)
    known = [*short_names(), *names(), *design_names(), *also]
    raise ConfigError(f'unknown scenario or design "{name}"{closest_file(name) or closest(name, known) or SEE_LIST}')


def compared(designs: Sequence[str], more: Sequence[str], usual: Sequence[str] = ()) -> list[str]:
    """The designs to compare: the usual ones if none is named, or the usual three if there are none.

    `more` (of the option --design) come on top of either.
    """
    usual = usual or COMPARED
    return [*(designs or usual), *(name for name in more if designs or name not in usual)]
