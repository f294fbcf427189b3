"""Write what is on the page as a commented file of the working folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.architectures import start_of
from sim.config.bundled import SUFFIXES, find
from sim.config.errors import ConfigError
from sim.config.files import write_text
from sim.config.library import digest, parse_scenario
from sim.config.loader import Document, read_text
from sim.config.template import design_template, scenario_template
from sim.config.yamlfile import Source
from sim.experiment.altering import has, split
from sim.lab.recipe import scenario_yaml
from sim.page.shelf import Shelf, is_here
from sim.page.wish import Wish, asked, wish


def saved(data: Any, shelf: Shelf) -> dict[str, Any]:
    """Write a side's design, or (side -1) the scenario. Says which file, and what to do with it; or what is wrong."""
    try:
        what = dict(data) if isinstance(data, dict) else {}
        side, name = what.pop("side", None), what.pop("name", None)
        wanted = wish(asked(what), shelf)
        if not isinstance(name, str) or not is_here(name) or not name.endswith(SUFFIXES):
            raise ConfigError("the name of a file in the working folder is expected, which ends in .yaml")
        if not isinstance(side, int) or not -1 <= side < len(wanted.sides):
            raise ConfigError(f"there is no side {side}")
        file = Path(name)
        text = _scenario(wanted, file) if side < 0 else _design(wanted, side, file)
        write_text(file, text)
    except ConfigError as error:
        return {"messages": list(error.messages)}
    other = wanted.name if side >= 0 else wanted.sides[0].name
    return {"file": name, "then": f"coffee run {other} {name}" if side >= 0 else f"coffee run {name} {other}"}


def _design(wanted: Wish, side: int, file: Path) -> str:
    design = wanted.sides[side].design
    return design_template(design, name=file.stem, start=start_of(design, file.parent))


def _scenario(wanted: Wish, file: Path) -> str:
    """The scenario's own text with its changed sections in place, followed by all keys that it leaves out, as comments."""
    source = find(wanted.name)
    text = read_text(source)
    changed = {key: value for key, value in wanted.changes.items() if has(wanted.scenario, split(key))}
    for section in dict.fromkeys(split(key)[0] for key in changed):
        text = _with(text, section, scenario_yaml(wanted.scenario, {section: ""}))
    document = Document(text, wanted.name, beside=source.parent)
    text = scenario_template(document, wanted.scenario, name=file.stem, target=file)
    copy = parse_scenario(text, filename=file.name, beside=file.parent)
    if digest(copy.model_copy(update={"name": wanted.scenario.name})) != digest(wanted.scenario):
        raise ConfigError(f"{wanted.name}: cannot be written with these changes, because of its anchors; copy the file itself")
    return text


def _with(text: str, section: str, lines: str) -> str:
    """The text with these lines in place of a section of its own, or at its end if it has none of that name."""
    keys = [key for key, _ in Source(text, "scenario").root.value]
    for key, after in zip(keys, [*keys[1:], None], strict=True):
        if key.value == section:
            end = len(text) if after is None else after.start_mark.index
            return text[: key.start_mark.index] + lines + text[end:]
    return f"{text.rstrip()}\n{lines}"
