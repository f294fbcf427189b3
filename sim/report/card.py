"""A small piece of HTML for a notebook: a heading, sentences, tables. No network; any theme may be behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.report.files import render


class Cell(NamedTuple):
    """Text with a note in small print below it. `state` (met, closed, …) is a coloured label before it."""

    text: str
    note: str = ""
    state: str = ""
    symbol: str = ""


class Table(NamedTuple):
    """Rows of cells, the first of each being its head; `folded`: shown when its caption is clicked."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """`sentences`: (colour, name, the rest of the sentence); `hints`: what else there is to type, by kind."""

    title: str
    subtitle: str = ""
    lead: Sequence[str] = ()
    sentences: Sequence[tuple[str, str, str]] = ()
    tables: Sequence[Table] = ()
    picture: str = ""  # made of characters
    closing: Sequence[str] = ()
    hints: dict[str, list[str]] = field(default_factory=dict)

    def html(self) -> str:
        return render("card.html.j2", {"card": self})
