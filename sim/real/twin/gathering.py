"""What the processes of a twin leave behind, as the tables that the audit reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.config.design import Design
from sim.config.scenario import Scenario
from sim.ledger.records import Awards, Orders, StationRecord, Struck, Tables
from sim.real.twin.process import Pulse
from sim.real.twin.store import File, Store
from sim.real.twin.strikes import Journal
from sim.vocabulary import Status
from sim.world.faults import FaultPlan
from sim.world.read_model import ABSENT

NAN = float("nan")
ADDED = ("arrivals", "served", "busy_s", "waiting_s", "area_s", "sojourn_s")


def gather(
    scenario: Scenario, design: Design, *, plan: FaultPlan, folder: Path, shop: Store, collected: dict[str, dict[str, Any]],
    pulses: Iterable[Pulse], chores: list[tuple[str, float]], killed: list[Struck],
) -> Tables:  # fmt: skip
    """The tables of a morning.

    `collected`: by kind of process; `pulses`: the last of each life of each process; `chores`: what the database did for no
    purchase and when, of which only that counts which comes before the end of all work (see `sim.world.morning`).
    """
    people, provider, front, queue = (collected[kind] for kind in ("customers", "provider", "front", "queue"))
    tables = Tables(scenario.clock.horizon_s, scenario.clock.duration, people["purchases"])
    tables.requests, tables.reads, tables.returns = people["requests"], people["reads"], people["returns"]
    for row, fate in front["fate"].items():
        tables.requests.fate[row] = fate
    tables.charges, tables.holds = provider["charges"], provider["holds"]
    tables.captures, tables.refunds = provider["captures"], provider["refunds"]
    view, loyalty = File(folder, "view"), File(folder, "loyalty")
    tables.orders, tables.awards = orders(shop, view, inline=design.read_model.inline), awards(loyalty)
    tables.crashes = sorted([*Journal(File(folder, "plan")).all(), *killed], key=lambda struck: struck.at_s)
    tables.faults = plan.windows
    pulses = list(pulses)
    tables.worked_s = worked_s(tables, max(front["last_s"], queue["last_s"]))
    repeats = loyalty.value("SELECT count(*) FROM repeats")
    handled = {"loyalty": len(tables.awards) + repeats}
    tables.stations = stations(pulses, design, tables.worked_s, handled)
    last_seen = shop.value("SELECT row_id FROM seen")
    rows = shop.rows("SELECT id, row_id, marked FROM outbox")
    untold = [(row, marked) for event, row, marked in rows if event not in queue["told"]]
    pending = sum(not marked and row > last_seen for row, marked in untold)
    counts, worked = queue["counts"], tables.worked_s
    done = Counter(which for which, at_s in chores if at_s <= worked)
    tables.counts = {
        "database_reads": sum(pulse.reads for pulse in pulses) + done["reads"],
        "database_writes": sum(pulse.writes for pulse in pulses) + done["writes"],
        "outbox_written": len(rows),
        "outbox_told": len(rows) - len(untold),
        "outbox_pending": pending,
        "outbox_lost": len(untold) - pending,
        "broker_published": counts.get("published", 0),
        "broker_delivered": counts.get("delivered", 0),
        "awards_repeated": repeats,
        "requests_dropped": front["dropped"],
        "webhooks_taken": front["webhooks"],
        "polls": front["polls"] + people["looks"],
        "polls_from_cache": front["from_cache"],
        "authorisations": provider["authorisations"],
        **({"refunds_unlocked": 1} if provider["unlocked"] else {}),
    }
    for file in (view, loyalty):
        file.close()
    return tables


def orders(shop: Store, view: Store, *, inline: bool) -> Orders:
    """The order database, beside what the status view shows."""
    table = Orders()
    shown = {number: rest for number, *rest in view.rows("SELECT order_id, status, changed_s, visible_s FROM view")}
    for number, purchase, status, created_s, confirmed_s, changed_s in shop.rows(
        "SELECT id, purchase, status, created_s, confirmed_s, changed_s FROM orders ORDER BY id"
    ):
        table.purchase.append(purchase)
        table.status.append(status)
        table.created_s.append(created_s)
        table.confirmed_s.append(_time(confirmed_s))
        table.changed_s.append(changed_s)
        if inline:
            visible_s = confirmed_s if status == Status.CONFIRMED else None
            shown[number] = [status, changed_s, visible_s]
        view_status, view_changed_s, visible_s = shown.get(number, (ABSENT, None, None))
        table.view_status.append(view_status)
        table.view_changed_s.append(_time(view_changed_s))
        table.visible_s.append(_time(visible_s))
    return table


def awards(loyalty: Store) -> Awards:
    table = Awards()
    for purchase, order, awarded_s in loyalty.rows("SELECT * FROM awards ORDER BY awarded_s"):
        table.purchase.append(purchase)
        table.order.append(order)
        table.awarded_s.append(awarded_s)
    return table


def stations(pulses: list[Pulse], design: Design, worked_s: float, handled: dict[str, int]) -> list[StationRecord]:
    """The stations of all processes; those of one name, each of which serves a part of the work, as one."""
    servers = {"database": design.database.connections}
    sums: dict[str, StationRecord] = {}
    for pulse in pulses:
        for name, record in pulse.stations.items():
            known = sums.get(name)
            if known is None:
                sums[name] = replace(record, worked_s=worked_s)
                continue
            for what in ADDED:
                setattr(known, what, getattr(known, what) + getattr(record, what))
            known.queue_max = max(known.queue_max, record.queue_max)
    for name, record in sums.items():
        record.servers = servers.get(name, record.servers)
        record.provisioned_s = record.servers * worked_s
        record.served = handled.get(name, record.served)
    return list(sums.values())


def worked_s(tables: Tables, last_s: float) -> float:
    """Until when capacity is paid for, as `Morning` says it."""
    worked = max(tables.arrivals_end_s, last_s)
    money = (tables.charges["answered_s"], tables.charges["refunded_s"], tables.captures["answered_s"])
    for times in (*money, tables.orders["changed_s"]):
        worked = float(np.fmax.reduce(times, initial=worked))
    return min(float(np.ceil(worked)), tables.horizon_s)


def _time(value: float | None) -> float:
    return NAN if value is None else value
