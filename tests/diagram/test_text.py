from __future__ import annotations

from sim.architectures.parts import Component, Diagram, Flow
from sim.diagram.mermaid import flowchart
from sim.diagram.text import text_picture

TINY = Diagram(
    (
        Component("app", "app", "app", place=(0, 0)),
        Component("end", "store", 'the "db" #1', ("a<b",), place=(0, 1)),
        Component("bank", "external", "bank", place=(1, 0)),
    ),
    (Flow("app", "end", "saves"), Flow("bank", "app", "news", dashed=True)),
)
PICTURE = """\
╭──────╮ saves  ╔═════════════╗
│ app  │───────▶║ the "db" #1 ║
╰──────╯        ║     a<b     ║
   ▲            ╚═════════════╝
 news
   ╎
   ╎
┌╌╌╌╌╌╌┐
╎ bank ╎
└╌╌╌╌╌╌┘"""


def test_a_picture() -> None:
    """People are rounded, stores double, others' dashed; arrows are labelled, and dashed where nobody waits."""
    assert text_picture(TINY) == PICTURE


def test_a_flowchart() -> None:
    """In Mermaid too; a name that means something to Mermaid is replaced, and so are the characters."""
    assert flowchart(TINY).splitlines() == [
        "flowchart TD",
        '    app("app")',
        '    part1[("the #quot;db#quot; #35;1<br/>a#lt;b")]',
        '    bank["bank"]',
        '    app -->|"saves"| part1',
        '    bank -.->|"news"| app',
        "    classDef foreign stroke-dasharray: 4 3",
        "    class bank foreign",
    ]
