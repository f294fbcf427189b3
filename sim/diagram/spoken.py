"""A diagram in words, for those who don't see it."""

from __future__ import annotations

from sim.diagram.layout import Layout


def in_words(layout: Layout) -> str:
    """The diagram in words for screen readers: each component with its notes, and who calls whom."""
    labels = {box.component.name: box.component.label for box in layout.boxes}
    boxes = [" ".join((f"{box.component.label}:", ", ".join(box.component.notes))).rstrip(": ") for box in layout.boxes]
    flows = [
        f"{labels[wire.flow.source]} to {labels[wire.flow.target]}{': ' * bool(wire.flow.label)}{wire.flow.label}"
        for wire in layout.wires
    ]
    return "; ".join((*boxes, *flows))
