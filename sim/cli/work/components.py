"""The component diagram of a design: printed, as Mermaid text, or drawn to files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel
from rich.console import Console

from sim.architectures import ARCHITECTURES
from sim.architectures.parts import parts_of
from sim.cli.messages import write_out
from sim.cli.work.console import console
from sim.cli.work.names import load
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.files import write_bytes
from sim.config.presets import PRESETS
from sim.diagram.layout import laid_out
from sim.diagram.mermaid import flowchart
from sim.diagram.text import LEGEND, drawn

LINES = (15, 11)  # characters of text in a box: the widest that fits the terminal


def print_components(out: Console, model: BaseModel) -> None:
    """The diagram of a design in characters, as wide as its boxes need."""
    assert isinstance(model, Design)
    for characters in LINES:
        layout = laid_out(parts_of(model), text=characters)
        if layout.width <= out.width:
            break
    out.print(drawn(layout), no_wrap=True, soft_wrap=True)
    out.print(f"\n{LEGEND}\n", style="dim")


def drawn_instead(name: str, *, svg: Path | None, png: Path | None, mermaid: bool, as_json: bool) -> bool:
    """Draw the components of a design where that is all that was asked for. Raises ConfigError if it can't be had."""
    files = {f".{option}": file for option, file in (("svg", svg), ("png", png)) if file is not None}
    if not files and not mermaid:
        return False
    for ending, file in files.items():
        if file.suffix.lower() != ending:
            raise ConfigError(f"--{ending[1:]} {file}: the name of the file must end in {ending}")
    if as_json:
        raise ConfigError("--json: prints the whole design, with its Mermaid text; leave out --svg, --png and --mermaid")
    design = _design(name, next((ending[1:] for ending in files), "mermaid"))
    if mermaid:
        write_out(flowchart(parts_of(design)))
    if files:
        _write(design, files)
    for file in files.values() if not mermaid else ():
        console().print(f"{file}: the components of {design.name}", soft_wrap=True)
    return True


def _design(name: str, option: str) -> Design:
    model = None if name in PRESETS else load(name, also=PRESETS)
    if not isinstance(model, Design):
        kind = "a provider preset" if model is None else "a scenario"
        raise ConfigError(f"--{option}: {name} is {kind}, and only designs have components: {', '.join(ARCHITECTURES)}, …")
    return model


def _write(design: Design, files: dict[str, Path]) -> None:
    """Each file whole or not at all; one of the same name is replaced."""
    from sim import style  # matplotlib takes a second to import, and most calls draw nothing
    from sim.diagram.components import arranged, draw

    figure = draw(arranged(parts_of(design)), design.name, colour=style.colours([design.name])[design.name])
    with TemporaryDirectory() as folder:
        try:
            style.save(figure, Path(folder) / "made")
        except OSError as error:
            raise ConfigError(f"{next(iter(files.values()))}: cannot be drawn: {error.strerror}") from None
        for ending, file in files.items():
            write_bytes(file, (Path(folder) / "made").with_suffix(ending).read_bytes(), replace=True)
