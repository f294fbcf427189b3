"""Lists in pages, and searches, as Stripe's API has them: newest first, with `has_more`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sim.real.provider.asking import Ask
from sim.real.provider.refusal import invalid, unknown

MOST, USUAL = 100, 10
_CLAUSE = re.compile(r"""\s*(-?)([a-z_]+)(?:\[(['"])(.*?)\3\])?\s*([:<>]=?|~)\s*(?:(['"])(.*?)\6|([0-9]+))\s*""")
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
NAMES = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def _limit(ask: Ask) -> int:
    value = ask.text("limit") or str(USUAL)
    if not value.isdecimal() or not 1 <= int(value) <= MOST:
        raise invalid(f"limit must be 1 to {MOST}", "limit")
    return int(value)


def page(ask: Ask, every: Sequence[dict[str, Any]], filters: Sequence[str] = ()) -> dict[str, Any]:
    """One page of objects that are in the order in which they were made."""
    found = [one for one in reversed(every) if all(_fits(ask, one, name) for name in (*filters, "created"))]
    after, before, limit = ask.text("starting_after"), ask.text("ending_before"), _limit(ask)
    ids = [one["id"] for one in found]
    for cursor, param in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None and cursor not in ids:
            raise unknown("object", cursor, param)
    if before is not None:
        earlier = found[: ids.index(before)]
        data, more = earlier[-limit:], len(earlier) > limit
    else:
        rest = found[ids.index(after) + 1 :] if after is not None else found
        data, more = rest[:limit], len(rest) > limit
    return {"object": "list", "url": ask.path, "has_more": more, "data": list(data)}


def _fits(ask: Ask, one: dict[str, Any], name: str) -> bool:
    wanted = ask.params.get(name)
    if wanted is None:
        return True
    if isinstance(wanted, dict):
        if not all(key in NAMES and str(bound).isdecimal() for key, bound in wanted.items()):
            raise invalid(f"Invalid range: {name}", name)
        return all(COMPARE[NAMES[key]](one[name], int(bound)) for key, bound in wanted.items())
    return str(one.get(name)) == wanted


def search(ask: Ask, every: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Objects that fit all clauses of `query`, such as `status:'succeeded' AND metadata['order']:'7'`."""
    query, limit = ask.needed("query"), _limit(ask)
    clauses = [_CLAUSE.fullmatch(part) for part in re.split(r"\sAND\s|\sand\s", query)]
    if None in clauses:
        raise invalid(f"We were unable to parse your search query: {query}", "query")
    found = [one for one in reversed(every) if all(_holds(one, clause) for clause in clauses if clause)]
    start = ask.text("page") or "0"
    if not start.isdecimal():
        raise invalid("Invalid page", "page")
    rest = found[int(start) :]
    more = len(rest) > limit
    return {
        "object": "search_result", "url": ask.path, "has_more": more, "data": rest[:limit],
        "next_page": str(int(start) + limit) if more else None,
    }  # fmt: skip


def _holds(one: dict[str, Any], clause: re.Match[str]) -> bool:
    minus, field, _, key, sign, _, text, number = clause.groups()
    value = one.get(field)
    if key is not None:
        value = value.get(key) if isinstance(value, dict) else None
    wanted = text if text is not None else number
    if sign in COMPARE:
        if not isinstance(value, int) or not wanted.isdecimal():
            return False
        held = COMPARE[sign](value, int(wanted))
    else:
        held = wanted in str(value) if sign == "~" else str(value) == wanted
    return held != bool(minus)
