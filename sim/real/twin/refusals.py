"""What the twin can't do is refused before anything starts, by the key that asks for it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NoReturn, cast

from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.faults import Rebalance, Rerun
from sim.config.scenario import Scenario
from sim.ledger.records import Repeats
from sim.real.twin.shop import RealShop, Role, Wanted
from sim.world.engine import Clock, Crash
from sim.world.faults import FaultPlan
from sim.world.morning import Architecture
from sim.world.streams import Streams

LONGEST = 72  # characters of the folder for temporary files: macOS allows 103 for a Unix socket, of which 31 are its own name
INSTEAD = "; leave it out, or use the simulator for that"


def wanted(scenario: Scenario, design: Design, seed: int) -> Wanted:
    """Which processes the design's `set_up` asks for. Raises ConfigError for what the twin can't do."""
    if sys.platform == "win32":
        raise ConfigError("coffee twin kills processes as Linux and macOS do; Windows has no such kill")
    if len(folder := tempfile.gettempdir()) > LONGEST:
        raise ConfigError(
            f"the folder for temporary files has a path of {len(folder)} characters, and processes are started by a socket in "
            f"it, which can have few; set TMPDIR to one of at most {LONGEST} ({folder})"
        )
    errors = [f"{where}: the twin has no {what}{INSTEAD}" for where, what in _missing(scenario, design) if what]
    streams = Streams(seed)
    shop = RealShop(
        Clock(), design, database=cast(Any, SimpleNamespace(books=None)), provider=cast(Any, None), broker=cast(Any, None),
        plan=FaultPlan(scenario, streams), streams=streams, struck=[], repeats=Repeats(), role=Role("planner", "planner"),
        die=_nobody,
    )  # fmt: skip
    cast(Architecture, design).set_up(shop)
    if shop.wanted.delays:
        errors.append(f"{design.name}: payment.after: the twin has no messages that wait for their hour{INSTEAD}")
    if shop.wanted.scales:
        errors.append(f"{design.name}: payment.autoscale: the twin has no autoscaler{INSTEAD}")
    if errors:
        raise ConfigError(*errors)
    return shop.wanted


def _missing(scenario: Scenario, design: Design) -> Iterator[tuple[str, str]]:
    """Keys, and what they ask for that is not there; nothing where it isn't asked for."""
    world, shop = scenario.name, design.name
    yield f"{world}: accounts", "accounts" if scenario.accounts else ""
    yield f"{world}: renewals", "renewals" if scenario.renewals is not None else ""
    yield f"{world}: mishaps", "single mishaps" if scenario.mishaps else ""
    for number, fault in enumerate(scenario.faults):
        where = f"{world}: faults[{number}]"
        yield f"{where}.rebalance", "rebalances" if isinstance(fault, Rebalance) else ""
        yield f"{where}.rerun", "renewals" if isinstance(fault, Rerun) else ""
    checkout, broker = design.checkout, design.broker
    yield f"{shop}: checkout.autoscale", "autoscaler" if checkout.autoscale is not None else ""
    yield f"{shop}: checkout.queue", "queue for each instance" if checkout.queue == "per_instance" else ""
    yield f"{shop}: proxy", "proxy" if design.proxy is not None else ""
    yield f"{shop}: database.replica", "replicas" if design.database.replica is not None else ""
    yield f"{shop}: broker.dead_letters", "dead letters" if broker.dead_letters is not None else ""
    in_bulk = broker.batch > 1 or broker.commits != "each" or broker.commit_every is not None
    yield f"{shop}: broker", "commits in bulk (batch, commits, commit_every)" if in_bulk else ""
    yield f"{shop}: loyalty.inline", "direct calls to loyalty" if design.loyalty.inline else ""
    payment: Any = getattr(design, "payment", None)
    yield (
        f"{shop}: payment.in_transaction",
        "calls inside of a transaction" if getattr(payment, "in_transaction", False) else "",
    )
    yield f"{shop}: payment.sdk", "client library that repeats calls" if getattr(payment, "sdk", None) is not None else ""


def _nobody(_: Crash) -> NoReturn:
    raise AssertionError("a plan has no process that could die")
