"""The figures as a page of the docs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.growth import Growth
from tests.bench.profile import Profile
from tests.bench.speed import ROUNDS, Speed

INTRODUCTION = """# How fast it is

Written by `make bench` (Python {python}). Machines differ and are noisy: **the ratios count**. All cases ran in turn in one
process, {rounds} rounds, processor time; figures are medians over the rounds, ratios are medians of the ratios round by round.

The references are a plain timeout-and-retry model (Poisson customers, eight exponential servers, a client timeout of 4 s, up to
three attempts with jitter; the server can't see that its caller has left), written once as a bare `heapq` loop and once as
SimPy's own documentation would have it: a process for each customer and each request, a `Resource`, an event or a timeout. The
simulator runs that model too, with its customers, app, network, checkout and records, and beside it the main scenarios, in
which a purchase is many more events: the order's transactions, the provider, the broker, loyalty, the status view, its readers.
*Worlds of one customer* are what `coffee every` runs, each with its mishap, judged by the audit: there a purchase is a world.

| case | purchases/s | events/s | times slower than the bare loop | times slower than plain SimPy |
|---|---:|---:|---:|---:|
"""
PROFILE = """
## Where the time goes

A purchase of the retry model is little more than two events, and the bare loop does nothing else for it. The simulator
makes some sixty calls: a customer who may lose patience, a request with a row in a table and an alarm, a place in a pool that
counts who is present (Little's law is checked in every run), a story that may die at each step, an answer that is heard and
acted upon. No single part stands out, and no function: even if the twenty dearest took half of their time, a morning rush would
not be half as fast again. What is left to gain is a little everywhere. Own time, under a profiler:

| case | calls a purchase | events a purchase | dearest function | dearest twenty | share of the time, by module |
|---|---:|---:|---:|---:|---|
"""
GROWTH = """
## Growth

Work grows linearly in the purchases, and memory stays near 1 KB a purchase: a long rush with faults of every kind, each size
in a process of its own, audit included. Memory is the process's peak above what it had before. In cells (`--cells 8`) a
process has the tables of one cell at a time; what is left of a purchase of a finished cell are lags for exact percentiles
(28 bytes). Here one process simulates all cells, one after the other, and puts them together.

| design | cells | purchases | purchases/s | bytes a purchase |
|---|---|---:|---:|---:|
"""


def page(speeds: dict[str, Speed], growth: Sequence[Growth], profiles: Sequence[Profile], *, python: str) -> str:
    """Markdown."""
    lines = [INTRODUCTION.format(python=python, rounds=ROUNDS).rstrip("\n")]
    for name, speed in speeds.items():
        events = "" if speed.events_per_s is None else f"{speed.events_per_s:,.0f}"
        lines.append(f"| {name} | {speed.purchases_per_s:,.0f} | {events} | {speed.to_loop:.1f} | {speed.to_simpy:.2f} |")
    lines.append(PROFILE.rstrip("\n"))
    for it in profiles:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in it.shares.items())
        numbers = f"{it.calls_per_purchase:.0f} | {it.events_per_purchase:.1f} | {it.dearest:.0%} | {it.twenty:.0%}"
        lines.append(f"| {it.case} | {numbers} | {shares} |")
    lines.append(GROWTH.rstrip("\n"))
    for row in growth:
        size = "" if row.bytes_each is None else f"{row.bytes_each:,.0f}"
        lines.append(f"| {row.design} | {row.cells} | {row.purchases:,} | {row.purchases_per_s:,.0f} | {size} |")
    return "\n".join(lines) + "\n"
