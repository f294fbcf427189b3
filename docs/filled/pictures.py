"""A small picture of each built-in design: the boxes and arrows of its story alone, numbered in their order.

`python -m docs.filled` writes them to docs/_static. Boxes and arrows are those that the architecture declares in its `parts`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sim import style
from sim.architectures import load_design
from sim.architectures.parts import Component, Diagram, parts_of
from sim.diagram.components import arranged, draw

STORIES = {
    "naive": {
        ("app", "checkout"): "1 order, no key",
        ("checkout", "database"): "2 new order, 4 outcome",
        ("checkout", "provider"): "3 charge",
        ("checkout", "broker"): "5 news",
    },
    "idempotent": {
        ("app", "checkout"): "1 order with key",
        ("checkout", "database"): "2 claims the key, 4 outcome",
        ("checkout", "provider"): "3 charge",
        ("checkout", "broker"): "5 news",
        ("completer", "database"): "stuck orders",
        ("completer", "provider"): "charge again",
    },
    "outbox": {
        ("app", "checkout"): "1 order with key",
        ("checkout", "database"): "2 order + event",
        ("relay", "database"): "3 looks for events",
        ("relay", "broker"): "4 event",
        ("broker", "payment"): "5 new order",
        ("payment", "provider"): "6 charge",
        ("payment", "database"): "7 outcome",
    },
    "inquiry": {
        ("app", "checkout"): "1 order with key",
        ("checkout", "database"): "2 claims the key, 4 outcome",
        ("checkout", "provider"): "3 charge",
        ("checkout", "broker"): "5 news",
        ("completer", "database"): "stuck orders",
        ("completer", "provider"): "ask, then charge",
    },
    "webhooks-first": {
        ("app", "checkout"): "1 order with key, 4 return",
        ("checkout", "database"): "2 claims the key, 6 outcome",
        ("checkout", "provider"): "2 begins, 5 asks",
        ("provider", "checkout"): "5 webhook",
        ("checkout", "broker"): "7 news",
        ("completer", "database"): "stuck orders",
        ("completer", "provider"): "asks",
    },
}
PLACES = {"provider": (1, 0)}  # beside the checkout, as far less is drawn than in the whole diagram
NOTED = ("app", "provider")  # boxes whose notes belong to the story; of each the one about keys


def sketch(name: str) -> Diagram:
    """The part of a design's diagram that its story is about. Raises KeyError for an arrow that the design doesn't have."""
    whole = parts_of(load_design(name))
    flows = {(flow.source, flow.target): flow for flow in whole.flows}
    told = tuple(replace(flows[ends], label=label) for ends, label in STORIES[name].items())
    named = {end for ends in STORIES[name] for end in ends}
    return Diagram(tuple(_small(part) for part in whole.components if part.name in named), told)


def _small(part: Component) -> Component:
    notes = tuple(note for note in part.notes if part.name in NOTED and "key" in note)
    return replace(part, notes=notes, place=PLACES.get(part.name, part.place))


def pictures() -> dict[str, str]:
    """The pictures as SVG, all equally wide, by the name of their file in docs/_static."""
    layouts = {name: arranged(sketch(name)) for name in STORIES}
    columns = max(layout.width for layout in layouts.values())
    with TemporaryDirectory() as folder:
        return {
            f"story-{name}.svg": style.save(draw(layout, "", colour=style.COLOURS[name], columns=columns), Path(folder) / name)
            for name, layout in layouts.items()
        }
