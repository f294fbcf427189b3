"""What the page shows before anything is simulated: the diagram of a design, its knobs, and what is dangerous about them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sim.architectures import ARCHITECTURES, architecture_of
from sim.architectures.lint import lint
from sim.architectures.parts import Diagram, parts_of
from sim.colours import colours
from sim.config.design import Design
from sim.config.faults import Brownout
from sim.config.knobs import knobs
from sim.config.library import digest
from sim.config.scenario import Scenario
from sim.config.template import META
from sim.config.units import clock_text
from sim.config.writing import flow
from sim.diagram.layout import Layout, laid_out
from sim.diagram.routes import Square, bends, beyond
from sim.diagram.spoken import in_words
from sim.documents.lint import document as lint_document
from sim.lab.recipe import command, item
from sim.page.faults import blocks, kinds
from sim.page.homes import home
from sim.page.knobs import knob_line
from sim.page.wish import Side, Wish
from sim.report.knobs import fault
from sim.version import VERSION

BROWNOUT_BEGINS = 0.375  # of the morning: as in morning-rush, at 07:15 of a morning from 06:30 to 08:30
TEXT = 13  # cells of a line in a box: three columns of boxes are readable on a laptop, two designs beside each other


def scene(wish: Wish) -> dict[str, Any]:
    """Everything about a wish that needs no simulation."""
    world = wish.scenario
    usual = Scenario(name=world.name)
    begins, ends = world.clock.span
    designs = [side.design for side in wish.sides]
    ink = list(colours([side.design.name for side in wish.sides]).values())
    of_world = (knob for knob in knobs(world, usual) if knob.path[0] not in (*META, "faults", "objectives"))
    return {
        "scenario": {
            "name": world.name,
            "summary": world.summary,
            "story": world.story,
            "starts_s": begins,
            "opens": world.clock.opening,
            "closes_s": world.clock.duration,
            "ends_s": ends - begins,
            "faults": blocks(world),
            "kinds": kinds(),
            "knobs": [knob_line(world, knob) for knob in of_world],
            "slow": slow(world),
        },
        "sides": [{**_side(world, side), "colour": ink[min(number, len(ink) - 1)]} for number, side in enumerate(wish.sides)],
        "commands": commands(wish),
        "version": VERSION,
        "digest": digest(world, *designs),
    }


def commands(wish: Wish) -> list[str]:
    """What gives the same numbers on a command line: one command if the designs differ in nothing but their names."""
    if wish.is_compared:
        first, second = (side.name for side in wish.sides)
        settings = [part for key, value in wish.changes.items() for part in ("--set", f"{key}={value}")]
        effort = ["--mornings", str(wish.mornings), "--seed", str(wish.seed)]
        return [shlex.join(["coffee", "compare", wish.name, first, second, *settings, *effort])]
    return [command(wish.name, side.name, side.changes, mornings=wish.mornings, seed=wish.seed) for side in wish.sides]


def slow(world: Scenario) -> dict[str, Any]:
    """The switch that makes the provider slow: how long its first brownout lasts, or one more fault where there is none."""
    number = next((n for n, fault in enumerate(world.faults) if isinstance(fault, Brownout) and fault.at is not None), None)
    if number is None:
        at = clock_text(world.clock.start + world.clock.duration * BROWNOUT_BEGINS)
        added = {"brownout": "provider", "at": at, "for": "15min", "latency": "x10", "failed": "5%", "ambiguous": "10%"}
        faults = [*(item(fault) for fault in world.faults), added]
        return {"key": "faults", "on": flow(faults), "off": None, "is_on": False, "says": "a brownout of the provider is added"}
    brownout = world.faults[number]
    assert isinstance(brownout, Brownout)
    is_on = brownout.lasts.constant != 0
    return {"key": f"faults[{number}].for", "on": None, "off": "0s", "is_on": is_on,
            "says": fault(brownout) if is_on else "the brownout lasts no time at all"}  # fmt: skip


def same_key(design: Design) -> dict[str, Any]:
    """The switch that keeps the idempotency key of a purchase through every try, and why it can't be turned."""
    usual = type(design).model_validate({"name": design.name, "summary": design.summary}).app.key
    because = None
    if design.origin is None and "claim" not in type(design).model_fields:
        because = f"{architecture_of(design)} claims no key: whatever the app sends, a request that comes again is a new order"
    return {
        "key": "app.key",
        "on": None if usual == "purchase" else "purchase",
        "off": None if usual == "none" else "none",
        "is_on": design.app.key == "purchase",
        "because": because,
    }


def _side(world: Scenario, side: Side) -> dict[str, Any]:
    design = side.design
    base = architecture_of(design)
    usual = type(design).model_validate({"name": design.name, "summary": design.summary})
    parts = parts_of(design)
    names = [component.name for component in parts.components]
    own = (knob for knob in knobs(design, usual) if knob.path[0] not in META)
    return {
        "name": design.name,
        "summary": design.summary,
        "base": base,
        "key": same_key(design),
        "digest": side.digest(world),
        "layout": _drawn(parts),
        "knobs": [{**knob_line(design, knob), "part": home(knob.path[0], names)} for knob in own],
        "lacks": lacks(design),
        "lint": lint_document(design.name, world.name, lint(design, world))["warnings"],
    }


def lacks(design: Design) -> list[dict[str, str]]:
    """Sections of knobs that other architectures have and this one can't have, and why."""
    own, base = set(type(design).model_fields), architecture_of(design)
    found: dict[str, list[str]] = {}
    for name, kind in ARCHITECTURES.items():
        for section in kind.model_fields:
            if section not in own:
                found.setdefault(section, []).append(name)
    return [
        {"part": section, "because": f"{base} has no {section}; {' and '.join(having)} {'have' if len(having) > 1 else 'has'}",
         "start": having[0]}
        for section, having in found.items()
    ]  # fmt: skip


@lru_cache(maxsize=64)
def _layout(parts: Diagram) -> Layout:
    return laid_out(parts, text=TEXT)


def _drawn(parts: Diagram) -> dict[str, Any]:
    """The layout as the page draws it: everything in cells of the grid."""
    layout = _layout(parts)
    return {
        "width": layout.width,
        "height": layout.height,
        "words": in_words(layout),
        "boxes": [
            {"name": box.component.name, "kind": box.component.kind, "label": box.component.label,
             "station": box.component.station, "x": box.x, "y": box.y, "width": box.width, "height": box.height,
             "lines": box.lines, "heads": box.heads}
            for box in layout.boxes
        ],
        "wires": [
            {"source": wire.flow.source, "target": wire.flow.target, "dashed": wire.flow.dashed,
             "line": _line(wire.cells),
             "label": None if wire.label is None else
             {"x": wire.label.x, "y": wire.label.y, "width": wire.label.width, "lines": wire.label.lines}}
            for wire in layout.wires
        ],
    }  # fmt: skip


def _line(cells: Sequence[Square]) -> list[Square]:
    """The bends of a wire, from the border of one box to that of the other."""
    return [beyond(cells[1], cells[0]), *bends(list(cells))[1:-1], beyond(cells[-2], cells[-1])]
