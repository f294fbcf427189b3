"""The alphabet of mishaps: what can go wrong at each moment of a run, a row a kind.

A row says at which questions of the world its mishaps strike (`sim.world.script`), and with what. A mechanism that is new to
the world adds a question there, a mishap in `sim.config.mishaps`, and a row here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, get_args

from sim.config.errors import ConfigError, nearest
from sim.config.mishaps import Acted, Called, Delivered, GivenBack, Inquired, Point, Sent, StoodStill, Threw, Told

Written = dict[str, Any]  # a mishap as a file says it


def _choices(model: Any, field: str) -> tuple[str, ...]:
    return get_args(model.model_fields[field].annotation)


class Row(NamedTuple):
    """A kind of mishap: what it is in words, the first word of the questions at which it strikes, and what it can be."""

    words: str
    question: str  # "": it has a moment of its own
    choices: tuple[str, ...]  # of its `is`, or what the customer does; none: there is only one


THROW, STAND = _choices(Threw, "errors"), _choices(StoodStill, "pause")
ALPHABET: dict[str, Row] = {  # plain ones first: of counterexamples with the same number of mishaps the first is told
    "call": Row(
        "a call to the provider is refused, breaks, loses its answer, is slow, late or declined",
        "call",
        _choices(Called, "goes"),
    ),
    "answer": Row("an answer to the app is lost or late", "answer", _choices(Sent, "goes")),
    "request": Row("a request of the app is lost or late", "request", _choices(Sent, "goes")),
    "crash": Row("a process dies after a step", "step", ()),
    "errors": Row("a process throws after a step", "step", ()),
    "pause": Row("a process stands still after a step, for longer than its lock", "step", ()),
    "slow": Row("a piece of work takes a minute", "work", ()),
    "message": Row("a message is repeated or late", "message", _choices(Delivered, "goes")),
    "webhook": Row("a webhook is lost, late or sent twice", "webhook", _choices(Told, "goes")),
    "inquiry": Row("a question to the provider goes unanswered", "inquiry", _choices(Inquired, "goes")),
    "refund": Row("a refund is refused, or its answer is lost", "refund", _choices(GivenBack, "goes")),
    "customer": Row("the customer taps again, orders more, reloads the app or leaves", "", _choices(Acted, "customer")),
    "instance": Row("an instance of the checkout dies", "", ()),
}
NOT_IN_IT = (
    "spells that last (brownouts, outages, a slow database all morning), other cards, agents, payments that the customer "
    "finishes at the provider, accounts, renewals, rebalances, dead letters, a rate limit, work that belongs to no purchase "
    "(polls of the relay and of jobs), and other lengths of time than these"
)


def kinds_of(names: Sequence[str]) -> tuple[str, ...]:
    """Those named, in the order of the alphabet; all if none is. Raises ConfigError."""
    for name in names:
        if name not in ALPHABET:
            raise ConfigError(f'unknown kind of mishap "{name}"{nearest(name, ALPHABET)}')
    return tuple(kind for kind in ALPHABET if not names or kind in names)


def mishaps_at(what: Point, purchase: int, turn: int, kinds: Iterable[str]) -> list[tuple[str, Written]]:
    """What can go wrong at a question: kind and mishap. Purchases are counted from 0, turns from 1."""
    return [
        (kind, written | ({"purchase": purchase} if purchase else {}))
        for kind in kinds
        if ALPHABET[kind].question == what[0]
        for written in _written(kind, what, turn)
    ]


def _written(kind: str, what: Point, turn: int) -> list[Written]:
    nth = {"nth": turn} if turn > 1 else {}
    match kind:
        case "crash":
            return [{"crash": what[1], "after": what[2], **nth}]
        case "errors":
            return [{"errors": what[1], "after": what[2], **nth}] if what[1] in THROW else []
        case "pause":
            return [{"pause": what[1], "after": what[2], **nth}] if what[1] in STAND else []
        case "slow":
            return [{"slow": what[1], **nth}]
        case "message":
            return [{"message": turn, "to": what[1], "is": choice} for choice in ALPHABET[kind].choices]
    return [{kind: turn, "is": choice} for choice in ALPHABET[kind].choices]


def acts_at(
    at: str, purchase: int, kinds: Iterable[str], *, done: bool, confirmed: bool, waits: bool
) -> list[tuple[str, Written]]:
    """What can happen at a moment that is no question: kind and mishap. The last three: what the customer knows then."""
    acts: list[tuple[str, Written]] = []
    whose = {"purchase": purchase} if purchase else {}
    if "customer" in kinds and not done:
        chosen = [
            act for act in ALPHABET["customer"].choices if waits or act == "leaves" or (act == "refreshes" and not confirmed)
        ]
        acts += [("customer", {"customer": act, "at": at, **whose}) for act in chosen]
    if "instance" in kinds and not purchase:
        acts.append(("instance", {"crash": "checkout", "at": at}))
    return acts
