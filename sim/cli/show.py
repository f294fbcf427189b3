"""`coffee show`: one scenario or design in full."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import Json

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

    from sim.config.design import Design
    from sim.config.knobs import Knob

WIDE = 100  # columns from which there is room for long values


def show(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A scenario, design or provider preset: its name, or a file.", show_default=False),
    ],
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Only draw a design's components, to an SVG file.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Only draw a design's components, to a PNG file.")
    ] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print only a design's components, as Mermaid text.")] = False,
    story: Annotated[
        bool, typer.Option("--story", help="On one page: no knobs, and of a design's source only what it does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a scenario, a design or a provider preset in full.

    Its story, and every knob with its value and what it means; a star marks what differs from the default. A design's story
    is its components and who calls whom, and its own source code.

    Examples:
      coffee show morning-rush
      coffee show outbox
      coffee show outbox --story
      coffee show outbox --svg outbox.svg
      coffee show stripe-v1
      coffee show mine.yaml --json
    """
    from sim.cli.components import drawn_instead
    from sim.cli.console import console, print_json, print_title
    from sim.cli.names import load
    from sim.cli.presets import print_preset
    from sim.config.errors import ConfigError
    from sim.config.presets import PRESETS
    from sim.config.scenario import Scenario
    from sim.documents.description import design, scenario

    if drawn_instead(name, svg=svg, png=png, mermaid=mermaid, as_json=as_json):
        return
    if name in PRESETS:
        if story:
            raise ConfigError(f"--story: {name} is a provider preset, and only scenarios and designs have a story")
        _show_preset(name, as_json=as_json)
        return
    model = load(name, also=PRESETS)
    rows = [] if story else _knobs(model)
    document = scenario(model, rows) if isinstance(model, Scenario) else design(model, rows, story=story)
    if as_json:
        print_json(document)
        return
    out = console()
    print_title(out, model.name, model.summary)
    if isinstance(model, Scenario):
        for line in model.story.strip().splitlines():
            out.print(line)
    else:
        _print_design(out, model, story=story)
    if story:
        return
    _print_knobs(out, model, rows)
    if isinstance(model, Scenario) and model.provider.preset is not None:
        out.print()
        print_preset(out, model.provider.preset)


def print_story(out: Console, design: Design) -> None:
    """A design on one page: its components, and what it does in its own source."""
    from sim.cli.console import print_title

    print_title(out, design.name, design.summary)
    _print_design(out, design, story=True)


def _print_design(out: Console, model: Design, *, story: bool) -> None:
    from sim.cli.components import print_components
    from sim.documents.description import design

    document = design(model, story=story)
    promises = ", ".join(document["promises"]) or "nothing"
    keys = " as long as the provider remembers its keys" if "charged at most once" in document["promises"] else ""
    out.print(f"\nstarts from {document['from']}; promises, whatever the weather{keys}: {promises}\n")
    print_components(out, model)
    _print_source(out, document["source"])


def _show_preset(name: str, *, as_json: bool) -> None:
    from sim.cli.console import console, print_json
    from sim.cli.presets import print_preset
    from sim.documents.description import preset

    if as_json:
        print_json(preset(name))
    else:
        print_preset(console(), name)


def _knobs(model: BaseModel) -> list[Knob]:
    from sim.config.knobs import knobs

    default = type(model).model_validate({"name": getattr(model, "name", "")})
    return [knob for knob in knobs(model, default) if knob.path[0] not in ("name", "summary", "story")]


def _print_source(out: Console, source: str) -> None:
    if out.is_terminal:
        from rich.syntax import Syntax

        highlighted = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(source.rstrip())
        out.print(highlighted, soft_wrap=True)
    else:
        out.print(source.rstrip(), soft_wrap=True)


def _print_knobs(out: Console, model: BaseModel, knobs: list[Knob]) -> None:
    from sim.cli.console import print_rows, print_title
    from sim.config.knobs import about

    for section, members in groupby(knobs, key=lambda knob: knob.path[0]):
        out.print()
        print_title(out, section, about(type(model), (section,)))
        print_rows(out, [row for knob in members for row in _rows(knob)], most=(2, 28, 40 if out.width >= WIDE else 24))
    out.print("\n* not the default; (assumption): nobody has published a figure")


def _rows(knob: Knob) -> Iterator[tuple[str, str, str, str]]:
    """Star, key, value and meaning; one row for each fault, and for each objective."""
    from sim.config.writing import flow
    from sim.vocabulary import METRICS

    star = "" if knob.is_default else " *"
    match knob.path, knob.value:
        case ("faults",), faults:
            yield from [(star, *_fault(fault), "") for fault in faults] or [("", "none", "", "")]
        case ("objectives",), limits:
            words = {"lower": "at most", "higher": "at least"}
            rows = [(star, name, f"{words[METRICS[name].better]} {flow(limit)}", "") for name, limit in limits.items()]
            yield from rows or [("", "none", "", "")]
        case (_,), value:
            yield star, "", flow(value), ""
        case _:
            options = f"one of {', '.join(knob.kind.words)}" if knob.kind.words else ""
            meaning = "; ".join(part for part in (knob.about, options) if part)
            yield star, ".".join(knob.path[1:]), flow(knob.value), meaning


def _fault(fault: dict[str, Any]) -> tuple[str, str]:
    """A fault in two parts: its kind, and the rest as people write it, without what it does not use."""
    from sim.config.faults import FAULTS
    from sim.config.writing import flow

    kind = next(key for key in fault if key in FAULTS)
    rest = {key: value for key, value in fault.items() if value not in ("none", "100%") and key != kind}
    length = rest.get("for", {})
    return flow({kind: fault[kind]})[1:-1], flow(rest | ({"for": length["constant"]} if "constant" in length else {}))
