"""`coffee new`: a file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import Json

if TYPE_CHECKING:
    from sim.config.scenario import Scenario


def new(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; its name must end in .yaml or .py.", show_default=False)
    ],
    base: Annotated[
        str,
        typer.Option(
            "--from", metavar="NAME", help="The scenario or design to start from: a name, or a file.", show_default=False
        ),
    ],
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite a file of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Write a commented copy of a scenario or a design, or the story of an architecture.

    What it does not say stands below as comments, with defaults and meanings: take a # away and change the value. A Python
    file is a copy of an architecture's story, to be told differently: docs/write-an-architecture.md.

    Examples:
      coffee new mine.yaml --from outbox
      coffee new rush.yaml --from morning-rush
      coffee new my_checkout.py --from naive
    """
    from sim.architectures import ARCHITECTURES, new_file, start_of
    from sim.cli.console import console, print_json
    from sim.cli.names import load
    from sim.config.bundled import SUFFIXES
    from sim.config.errors import ConfigError, nearest
    from sim.config.files import write_text
    from sim.config.scenario import Scenario
    from sim.config.template import design_template
    from sim.documents.new_file import Kind, document

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
        then = f"coffee compare morning-rush {base} --design {file}"
    elif isinstance(model, Scenario):
        text, then = _scenario_text(model, base, file), f"coffee compare {file}"
    else:
        text = design_template(model, name=file.stem, start=start_of(model, file.parent))
        then = f"coffee compare morning-rush --design {file}"
    write_text(file, text, replace=force)
    if as_json:
        print_json(document(str(file), kind, base=base, then=then))
        return
    out = console()
    out.print(f"{file}: {'an' if is_story else 'a'} {kind} that starts from {base}", soft_wrap=True)
    out.print(f"edit it, then: {then}", soft_wrap=True)


def _scenario_text(scenario: Scenario, base: str, file: Path) -> str:
    from sim.config.bundled import find
    from sim.config.errors import ConfigError
    from sim.config.library import parse_scenario
    from sim.config.loader import Document, read_text
    from sim.config.template import scenario_template

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
