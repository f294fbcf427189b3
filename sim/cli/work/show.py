"""`coffee show`: prints or draws one scenario, design or provider preset."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.syntax import Syntax

from sim.architectures import reported
from sim.cli.work.components import drawn_instead, print_components
from sim.cli.work.console import console, print_json, print_rows, print_title
from sim.cli.work.lint import print_what_it_means
from sim.cli.work.meaning import key_names, meaning_of, print_meaning
from sim.cli.work.names import load
from sim.cli.work.presets import print_preset
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.faults import FAULTS
from sim.config.knobs import Knob, about, knobs
from sim.config.mishaps import MISHAPS
from sim.config.presets import PRESETS
from sim.config.scenario import Scenario
from sim.config.template import META
from sim.config.writing import flow
from sim.documents.description import design, preset, scenario
from sim.ledger.violations import VIOLATIONS
from sim.vocabulary import METRICS, OPENINGS

WIDE = 100  # columns from which there is room for long values


def show(name: str, svg: Path | None, png: Path | None, *, mermaid: bool, story: bool, everything: bool, as_json: bool) -> None:
    if drawn_instead(name, svg=svg, png=png, mermaid=mermaid, as_json=as_json):
        return
    if name in PRESETS:
        if story:
            raise ConfigError(f"--story: {name} is a provider preset, and only scenarios and designs have a story")
        _show_preset(name, as_json=as_json)
        return
    meant = meaning_of(name)
    if meant is not None:
        if story:
            raise ConfigError(f"--story: {name} is a {meant['kind']}, and only scenarios and designs have a story")
        if as_json:
            print_json(meant)
        else:
            print_meaning(console(), meant)
        return
    model = load(name, also=chain(PRESETS, METRICS, key_names()))
    rows = [] if story else _knobs(model)
    if as_json:
        print_json(scenario(model, rows) if isinstance(model, Scenario) else design(model, rows, story=story))
        return
    out = console()
    print_title(out, model.name, model.summary)
    if isinstance(model, Scenario):
        for line in (model.story.strip() + _told_by(model)).splitlines():
            out.print(line)
    else:
        _print_design(out, model, story=story)
    if story:
        return
    said = [knob for knob in rows if everything or not isinstance(model, Scenario) or not knob.is_default]
    _print_knobs(out, model, said)
    if len(said) < len(rows):
        others = f"{len(rows) - len(said)} other keys have their defaults"
        out.print(f"{others}: {shlex.join(['coffee', 'show', name, '--all'])}", soft_wrap=True)
    if isinstance(model, Scenario):
        if model.provider.preset is not None:
            out.print()
            print_preset(out, model.provider.preset)
        out.print()
        print_what_it_means(out, model, name, designs=())  # those take seconds


def print_story(out: Console, model: Design) -> None:
    """A design on one page: its components, and what it does in its own source."""
    print_title(out, model.name, model.summary)
    _print_design(out, model, story=True)


def _print_design(out: Console, model: Design, *, story: bool) -> None:
    document = design(model, story=story)
    promises = ", ".join(document["promises"]) or "nothing"
    keys = " as long as the provider remembers its keys" if "charged at most once" in document["promises"] else ""
    out.print(f"\nstarts from {document['from']}; promises, whatever the weather{keys}: {promises}\n")
    print_components(out, model)
    _print_source(out, document["source"])


def _told_by(model: Scenario) -> str:
    """Where an incident was reported, and what was changed."""
    if model.reported is None:
        return ""
    known = model.reported
    harm = ", or ".join(VIOLATIONS[kind].clause for kind in known.hurts)
    lines = [
        f"\n\nReported at {', '.join(known.at)}.",
        f"It opens {OPENINGS[known.opens]}. Whoever was hurt {harm}. What was changed: {known.mended}.",
    ]
    if reported(model):
        lines.append(f"coffee compare {model.name} shows it as it was reported and as it was mended.")
    return "\n".join(lines)


def _show_preset(name: str, *, as_json: bool) -> None:
    if as_json:
        print_json(preset(name))
    else:
        print_preset(console(), name)


def _knobs(model: BaseModel) -> list[Knob]:
    default = type(model).model_validate({"name": getattr(model, "name", "")})
    return [knob for knob in knobs(model, default) if knob.path[0] not in META]


def _print_source(out: Console, source: str) -> None:
    if out.is_terminal:
        highlighted = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(source.rstrip())
        out.print(highlighted, soft_wrap=True)
    else:
        out.print(source.rstrip(), soft_wrap=True)


def _print_knobs(out: Console, model: BaseModel, knobs: list[Knob]) -> None:
    for section, members in groupby(knobs, key=lambda knob: knob.path[0]):
        out.print()
        print_title(out, section, about(type(model), (section,)))
        print_rows(out, [row for knob in members for row in _rows(knob)], most=(2, 28, 40 if out.width >= WIDE else 24))
    out.print("\n* not the default; (assumption): nobody has published a figure for the default")


def _rows(knob: Knob) -> Iterator[tuple[str, str, str, str]]:
    """Star, key, value and meaning; one row for each fault, and for each objective."""
    star = "" if knob.is_default else " *"
    match knob.path, knob.value:
        case ("faults",), faults:
            yield from [(star, *_fault(fault), "") for fault in faults] or [("", "none", "", "")]
        case ("mishaps",), mishaps:
            yield from [(star, *_mishap(one), "") for one in mishaps] or [("", "none", "", "")]
        case ("objectives",), limits:
            rows = [(star, name, f"{METRICS[name].limits} {flow(limit)}", "") for name, limit in limits.items()]
            yield from rows or [("", "none", "", "")]
        case (_,), value:
            yield star, "", flow(value), ""
        case _:
            options = f"one of {', '.join(knob.kind.words)}" if knob.kind.words else ""
            meaning = "; ".join(part for part in (knob.about, options) if part)
            yield star, ".".join(knob.path[1:]), flow(knob.value), meaning


def _mishap(mishap: dict[str, Any]) -> tuple[str, str]:
    """A mishap in two parts, without what it does not use."""
    kind = next(key for key in mishap if key in MISHAPS)
    usual = {"nth": 1, "purchase": 0}
    rest = {key: value for key, value in mishap.items() if key != kind and value not in ("none", usual.get(key))}
    if rest.get("is", "late") not in ("late", "slow") or "at" in rest:
        rest = {key: value for key, value in rest.items() if key != "by"}
    return flow({kind: mishap[kind]})[1:-1], flow(rest)


def _fault(fault: dict[str, Any]) -> tuple[str, str]:
    """A fault in two parts: its kind, and the rest as people write it, without what it does not use."""
    kind = next(key for key in fault if key in FAULTS)
    rest = {key: value for key, value in fault.items() if value not in ("none", "100%") and key != kind}
    length = rest.get("for", {})
    return flow({kind: fault[kind]})[1:-1], flow(rest | ({"for": length["constant"]} if "constant" in length else {}))
