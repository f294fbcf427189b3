"""`coffee new`: writes a file to start from."""

from __future__ import annotations

from pathlib import Path

from sim.architectures import ARCHITECTURES, new_file, reported, start_of
from sim.cli.work.console import console, print_json
from sim.cli.work.names import load
from sim.config.bundled import SUFFIXES, find
from sim.config.errors import ConfigError, nearest
from sim.config.files import write_text
from sim.config.library import parse_scenario
from sim.config.loader import Document, read_text
from sim.config.scenario import Scenario
from sim.config.template import design_template, scenario_template
from sim.documents.new_file import Kind, document


def new(file: Path, base: str, *, force: bool, as_json: bool) -> None:
    is_story = file.suffix == ".py"
    if file.suffix not in SUFFIXES and not is_story:
        raise ConfigError(f"{file}: the name of a scenario's or design's file must end in .yaml, an architecture's in .py")
    if is_story and base not in ARCHITECTURES:
        raise ConfigError(
            f"--from {base}: an architecture of your own starts from a built-in one{nearest(base, ARCHITECTURES)}"
        )
    if file.exists() and not file.is_dir() and not force:
        raise ConfigError(f"{file}: there is a file of this name; --force overwrites it")
    model = load(base)
    kind: Kind = "scenario" if isinstance(model, Scenario) else "design"
    if is_story:
        text, kind = new_file(type(model), str(file)), "architecture"  # type: ignore[arg-type]
    elif isinstance(model, Scenario):
        text = _scenario_text(model, base, file)
    else:
        text = design_template(model, name=file.stem, start=start_of(model, file.parent))
    own = " ".join(("", *reported(model))) if isinstance(model, Scenario) else ""  # an incident's two designs
    then = f"coffee compare {file}{own}" if kind == "scenario" else f"coffee compare morning-rush {base} {file}"
    write_text(file, text, replace=force)
    if as_json:
        print_json(document(str(file), kind, base=base, then=then))
        return
    out = console()
    out.print(f"{file}: {'an' if is_story else 'a'} {kind} that starts from {base}", soft_wrap=True)
    out.print(f"edit it, then: {then}", soft_wrap=True)


def _scenario_text(scenario: Scenario, base: str, file: Path) -> str:
    source = find(base)
    document = Document(read_text(source), base, beside=source.parent)
    text = scenario_template(document, scenario, name=file.stem, target=file)
    try:
        copy = parse_scenario(text, filename=str(file), beside=file.parent)
    except ConfigError:
        copy = None
    if copy is None or copy.name != file.stem:
        raise ConfigError(f"{base}: cannot be copied under another name, because of its anchors; copy the file itself")
    return text
