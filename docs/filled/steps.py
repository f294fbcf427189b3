"""The steps of a story: signatures, docstrings and crash points of `Shop`, and the words that a story is told in."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from enum import IntEnum

from sim.ledger.promises import PROMISES
from sim.vocabulary import Answer, Outcome, Status
from sim.world.shop import Shop

from .markdown import block, code, one_line, table, to
from .python import signature

GROUPS = {
    "A request": ["compute", "insert", "claim", "accept", "charge", "inquire", "settle", "overwrite", "renew_key", "publish"],
    "Something that can be used up": ["take", "give_back", "release"],
    "A payment in parts": ["begin", "authorise", "capture", "void"],
    "In the background": [
        "sleep",
        "next_rows",
        "mark_published",
        "stuck_orders",
        "unpaid_orders",
        "cancel",
        "refund",
        "pay_draw",
    ],
    "Beginning a story": ["background", "workers", "start", "consume", "listen"],
}
EVENTS = ("compute", "sleep")  # these are waited for with `yield`


def steps() -> str:
    """A table of all steps."""
    rows = [
        (to(f"shop.{name}", code(f"shop.{name}")), _first(name), _costs(name), ", ".join(map(code, struck(name))) or "–")
        for names in GROUPS.values()
        for name in names
    ]
    return table(("step", "what it does", "costs", "crash point"), rows)


def step_sections() -> str:
    """A section for each step."""
    return "\n\n".join(f"## {title}\n\n" + "\n\n".join(map(_section, names)) for title, names in GROUPS.items())


def struck(name: str) -> list[str]:
    """The names by which a fault knows that this step was taken: its `after`."""
    return list(dict.fromkeys(re.findall(r'(?:self\.took\(|step=)"(\w+)"', inspect.getsource(getattr(Shop, name)))))


def _parts(name: str) -> tuple[str, str]:
    """Prose and costs of a step's docstring."""
    prose, _, costs = (inspect.getdoc(getattr(Shop, name)) or "").partition("\n\nCosts: ")
    return prose, one_line(costs)


def _first(name: str) -> str:
    return re.split(r"(?<=\.)\s", one_line(_parts(name)[0]))[0]


def _costs(name: str) -> str:
    """In few words."""
    return _parts(name)[1].rstrip(".").partition(", which")[0]


def _section(name: str) -> str:
    function = getattr(Shop, name)
    prose, costs = _parts(name)
    wait = "yield " if name in EVENTS else "yield from " if inspect.isgeneratorfunction(function) else ""
    call = signature(f"{wait}shop.{name}", function, own=True).partition(" -> ")[0]
    dies = f"**A process may die** right after it: `after: {'`, or `after: '.join(struck(name))}`." if struck(name) else ""
    told = [one_line(paragraph) for paragraph in prose.split("\n\n")]
    return "\n\n".join([f"### shop.{name}", block(call, "python"), *told, f"**Costs:** {costs}", *filter(None, [dies])])


def promises() -> str:
    return table(("promise", "what it says"), ((code(name), one_line(made.__doc__)) for name, made in PROMISES.items()))


def outcomes() -> str:
    return _words(Outcome)


def statuses() -> str:
    return _words(Status)


def answers() -> str:
    return _words(Answer, numbers=True)


def _words(kind: type[IntEnum], *, numbers: bool = False) -> str:
    """The members of an enum with the comments that stand behind them."""
    meanings = re.findall(r"^    ([A-Z]+) = (\d+)(?:  # (.*))?$", inspect.getsource(kind), flags=re.M)
    rows: Iterable[tuple[str, ...]] = [(code(name), number, meaning) for name, number, meaning in meanings]
    name = kind.__name__.lower()
    return table((name, "HTTP", "meaning"), rows) if numbers else table((name, "meaning"), ((a, c) for a, _, c in rows))
