"""The books of a morning, kept once more by a clerk with a pencil: plain loops over rows, nothing shared with `sim.ledger`.

Each check is a sentence and whether it is true. What `sim.ledger.laws` asserts in every morning is not repeated here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from types import SimpleNamespace as Row

import numpy as np

from sim.config.design import Design
from sim.config.prices import load_prices
from sim.config.scenario import ProviderKeys, Scenario
from sim.ledger.metrics import Evidence
from sim.ledger.records import PROXY, Table, Tables
from sim.ledger.series import series
from sim.vocabulary import METRICS, SETTLED, Answer, Fate, Outcome, Status
from sim.world.retry import policy

Check = tuple[str, bool]


def rows(table: Table) -> list[Row]:
    names = list(table.columns())
    return [
        Row(**dict(zip(names, values, strict=True))) for values in zip(*(table[name].tolist() for name in names), strict=True)
    ]


def never(time_s: float) -> bool:
    return math.isnan(time_s)


def checks(tables: Tables, evidence: Evidence, scenario: Scenario, design: Design) -> Iterator[Check]:
    yield from _of_money(tables, evidence, scenario)
    yield from _of_holds(tables, evidence, scenario)
    yield from _of_keys(tables, scenario, design)
    yield from _of_requests(tables, scenario, design)
    yield from _of_orders_and_awards(tables, evidence, design)
    yield from _of_messages(tables, design)
    yield from _of_metrics(tables, evidence)
    yield from _of_accounts(tables, evidence, design)
    yield from _of_stations(tables)
    yield from _of_series(tables, evidence)


def wrong(tables: Tables, evidence: Evidence, scenario: Scenario, design: Design) -> list[str]:
    """The sentences that are not true of this morning."""
    return [sentence for sentence, holds in checks(tables, evidence, scenario, design) if not holds]


def _of_money(tables: Tables, evidence: Evidence, scenario: Scenario) -> Iterator[Check]:
    charges, people = rows(tables.charges), rows(tables.purchases)
    charged: Counter[int] = Counter(c.purchase for c in charges if not never(c.captured_s))
    kept: Counter[int] = Counter(c.purchase for c in charges if not never(c.captured_s) and never(c.refunded_s))
    price, adds = scenario.traffic.price, scenario.customers.changes_basket.adds
    yield "charged as the audit says", evidence.audit.charged.tolist() == [charged[p] for p in range(len(people))]
    yield "kept as the audit says", evidence.audit.kept.tolist() == [kept[p] for p in range(len(people))]
    # Whoever gives up at the provider, or is refused since all is sold, counts as declined, once and for all.
    if not scenario.provider.challenge.abandoned and not scenario.accounts:
        yield "only good cards are charged", all(people[p].good_card for p in charged)
    yield from _of_wrong_money(tables, evidence)
    told = (Outcome.CAPTURED, Outcome.AUTHORISED, Outcome.CHALLENGED, Outcome.UNKNOWN)
    yield "who is charged is told so, or nothing", all(c.outcome in told for c in charges if not never(c.captured_s))
    by_order: defaultdict[int, list[Row]] = defaultdict(list)
    for c in charges:
        by_order[c.order].append(c)
    said = [c for c in charges if c.outcome == Outcome.CAPTURED]
    yield (
        '"captured" is only ever said of an order that has been charged by then',
        all(any(before.captured_s <= c.answered_s for before in by_order[c.order]) for c in said),
    )
    yield "one amount or the other", all(c.cents in (price, price + adds) for c in charges)
    yield "refused calls cost nothing", all(never(c.captured_s) for c in charges if c.outcome not in told)


def _of_holds(tables: Tables, evidence: Evidence, scenario: Scenario) -> Iterator[Check]:
    """What the bank holds is taken, released, expired, or still there; and no more is given back than was taken."""
    holds, orders = rows(tables.holds), rows(tables.orders)
    taken: Counter[int] = Counter()
    for c in rows(tables.captures):
        if not never(c.captured_s):
            taken[c.hold] += c.cents
    kept = {c.order for c in rows(tables.charges) if not never(c.captured_s) and never(c.refunded_s)}
    yield "every captured cent was authorised", all(taken[n] == h.captured_cents <= h.cents for n, h in enumerate(holds))
    rest = [h.cents - h.captured_cents - h.voided_cents - h.expired_cents for h in holds]
    yield "no hold of less than nothing", all(cents >= 0 for cents in rest)
    yield (
        "what is released has a time",
        all((cents == 0) == (not never(h.released_s)) for cents, h in zip(rest, holds, strict=True)),
    )
    lasts_s = scenario.provider.authorisation.lasts
    yield (
        "nothing is held beyond its time",
        all(h.authorised_s + lasts_s > tables.horizon_s for cents, h in zip(rest, holds, strict=True) if cents),
    )
    blocked: Counter[int] = Counter()
    for h in holds:
        waits = orders[int(h.order)].status == Status.CONFIRMED and h.order not in kept
        blocked[h.purchase] += not h.captured_cents and h.voided_cents < h.cents and not waits
    yield "blocked as the audit says", evidence.audit.blocked.tolist() == [blocked[p] for p in range(len(tables.purchases))]
    given: Counter[int] = Counter()
    for r in rows(tables.refunds):
        given[r.charge] += r.cents
    charges = rows(tables.charges)
    if scenario.provider.refunds.check == "locked":
        yield "no more is given back than was taken", all(given[n] <= c.cents for n, c in enumerate(charges))
    whole = [n for n, c in enumerate(charges) if not never(c.refunded_s)]
    yield "all of it is given back", all(given[n] >= charges[n].cents for n in whole)


def _of_wrong_money(tables: Tables, evidence: Evidence) -> Iterator[Check]:
    """Every captured cent is either the one rightful charge of somebody who was served, or was taken wrongly."""
    orders, values, number = rows(tables.orders), evidence.metrics, len(tables.purchases)
    served = {o.purchase for o in orders if o.status == Status.CONFIRMED}
    charges = sorted((c for c in rows(tables.charges) if not never(c.captured_s)), key=lambda c: c.captured_s)
    for name, taken in (("", charges), ("_net", [c for c in charges if never(c.refunded_s)])):
        rightful: dict[int, Row] = {}
        for c in taken:
            mine = rightful.get(c.purchase)
            if c.purchase in served and (mine is None or (_of_order(c, orders) and not _of_order(mine, orders))):
                rightful[c.purchase] = c
        right, whole = sum(c.cents for c in rightful.values()), sum(c.cents for c in taken)
        wrong = values[f"overcharged_per_1000{name}"] * number / 10 if number else 0
        yield f"captured = rightful + wrong{name}", math.isclose(whole, right + wrong, rel_tol=1e-9, abs_tol=1e-6)
    times = Counter(c.purchase for c in charges)
    harmed = [count for count in times.values() if count > 1]
    yield (
        "charges of those charged twice",
        math.isclose(values["charges_per_harmed"], sum(harmed) / len(harmed))
        if harmed
        else (math.isnan(values["charges_per_harmed"])),
    )
    yield "the most charges of anybody", not number or values["most_charged"] == max(times.values(), default=0)


def _of_order(charge: Row, orders: list[Row]) -> bool:
    return bool(orders[int(charge.order)].status == Status.CONFIRMED)


def _of_keys(tables: Tables, scenario: Scenario, design: Design) -> Iterator[Check]:
    """With one key an order (renewed only after calls that broke down), the provider charges once a lifetime of it."""
    keys = scenario.provider.keys
    sdk = design.payment.sdk
    own_keys = sdk is not None and sdk.key != "same"  # of a client library
    one_key = getattr(design.payment, "key", "none") == "order" and scenario.provider.errored == 0 and not own_keys
    if not one_key or not isinstance(keys, ProviderKeys):
        return
    last: dict[int, float] = {}
    apart = True
    for c in rows(tables.charges):
        if not never(c.captured_s):
            apart = apart and c.sent_s >= last.get(c.order, -math.inf) + keys.ttl
            last[c.order] = c.sent_s
    yield "charges of one order are a key's lifetime apart", apart


def _of_requests(tables: Tables, scenario: Scenario, design: Design) -> Iterator[Check]:
    requests, people = rows(tables.requests), rows(tables.purchases)
    attempts: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    back = set(tables.returns["request"].tolist())
    for number, r in enumerate(requests):
        if number not in back:
            attempts[r.purchase, r.submission].append(r.attempt)
    submissions = Counter(purchase for purchase, _ in attempts)
    most = policy(design.app.retry).attempts
    agents = scenario.customers.agents
    calls = {p: agents.parallel if one.agent else 1 for p, one in enumerate(people)}  # of one plan at the same time
    yield "attempts count from 1", all(set(seen) == set(range(1, max(seen) + 1)) for seen in attempts.values())
    yield "each attempt once a call", all(max(Counter(seen).values()) <= calls[p] for (p, _), seen in attempts.items())
    yield "a plan makes all its calls", all(seen.count(1) == calls[p] for (p, _), seen in attempts.items())
    new_key = design.app.on_conflict == "new_key"  # one more, after a 409
    yield "no more attempts than allowed", all(most is None or max(seen) <= most + new_key for seen in attempts.values())
    yield "every submission sends a request", [p.submissions for p in people] == [submissions[p] for p in range(len(people))]
    most_taps = scenario.customers.max_submissions
    yield "no more submissions than allowed", all(p.submissions <= (agents.plans if p.agent else most_taps) for p in people)
    yield (
        "only some take another card",
        scenario.customers.after_decline.other_card > 0 or all(never(p.other_card_s) for p in people),
    )
    yield "an answer has a time", all((r.answer == Answer.NONE) == never(r.answered_s) for r in requests)
    refused = (Fate.REJECTED, Fate.DROPPED, Fate.LOST)
    turned_away = (Answer.NONE, Answer.UNAVAILABLE)
    yield "who was turned away got nothing else", all(r.answer in turned_away for r in requests if r.fate in refused)
    cut = any(getattr(fault, "how", "") == "resets" for fault in scenario.faults)
    if design.proxy is None:  # which has answers of its own
        yield "503 is for those", all(r.fate == Fate.REJECTED or cut for r in requests if r.answer == Answer.UNAVAILABLE)
    waiting = (Answer.NONE,) if design.proxy is None else turned_away
    yield "nobody is answered who is still waiting", all(r.answer in waiting for r in requests if r.fate == Fate.WAITING)
    hangs = any(getattr(fault, "how", "") == "hangs" for fault in scenario.faults)
    lossy = scenario.network.request_lost > 0 or hangs
    yield "only a lossy network, or a checkout that hangs, loses", lossy or all(r.fate != Fate.LOST for r in requests)
    yield "who has left was never told", all(never(p.left_s) or never(p.told_confirmed_s) for p in people)
    yield "who has seen it was told", all(never(p.seen_s) or not never(p.told_confirmed_s) for p in people)


def _of_orders_and_awards(tables: Tables, evidence: Evidence, design: Design) -> Iterator[Check]:
    orders, awards, people = rows(tables.orders), rows(tables.awards), len(tables.purchases)
    of: Counter[int] = Counter(o.purchase for o in orders)
    requests, customers = rows(tables.requests), people - tables.renewals
    worked: Counter[int] = Counter(r.purchase for r in requests if r.fate in (Fate.EXECUTED, Fate.WAITING))
    worked.update(requests[int(again.row)].purchase for again in rows(tables.repeats) if again.who == PROXY)
    ordered: Counter[int] = Counter(o.purchase for o in orders if o.status == Status.CONFIRMED)
    awarded: Counter[int] = Counter(a.purchase for a in awards)
    yield "ordered as the audit says", evidence.audit.ordered.tolist() == [ordered[p] for p in range(people)]
    yield "awarded as the audit says", evidence.audit.awarded.tolist() == [awarded[p] for p in range(people)]
    if getattr(design.payment, "finishes", "once") == "once":  # else a webhook makes one, too
        yield "an order for a request that did the work, at most", all(of[p] <= worked[p] for p in of if p < customers)
    yield "what is confirmed has a time", all(not never(o.confirmed_s) for o in orders if o.status == Status.CONFIRMED)
    yield "awards go to their order's purchase", all(orders[int(a.order)].purchase == a.purchase for a in awards)
    told_yes = [not never(p.acknowledged_s) for p in rows(tables.purchases)]
    unserved = [told_yes[p] and not ordered[p] for p in range(people)]
    yield "told yes and not served, as the audit says", evidence.audit.retracted.tolist() == unserved
    inbox, news = design.loyalty.inbox, getattr(design.payment, "news", "direct")
    most_of_an_order = max(Counter(a.order for a in awards).values(), default=0)
    remembers = inbox is not None and inbox.window > tables.horizon_s
    by_order = inbox is not None and inbox.by == "order"
    dead = design.broker.dead_letters
    renamed = dead is not None and dead.ids == "new" and dead.is_replayed
    if remembers and (by_order or (news == "outbox" and not renamed)):  # one row says that an order is confirmed
        yield "a long memory awards an order once", most_of_an_order <= 1


def _of_messages(tables: Tables, design: Design) -> Iterator[Check]:
    """No message vanishes: it is handled, under way, in the dead-letter queue, or taken out of it again."""
    letters, counts, dead = rows(tables.dead_letters), tables.counts, design.broker.dead_letters
    if dead is None:
        yield "no dead letters without a queue for them", not letters
        return
    left = [one for one in letters if never(one.replayed_s)]
    ends = ("messages_handled", "messages_under_way", "messages_dead", "messages_replayed")
    yield "every message is somewhere", counts["messages"] == sum(counts[end] for end in ends)
    yield "dead letters are in the table", counts["messages_dead"] == len(left)
    yield "dead letters stay unless they are replayed", dead.is_replayed or left == letters
    yield "replayed after it was buried", all(never(one.replayed_s) or one.buried_s <= one.replayed_s for one in letters)
    yield "of their order's purchase", all(tables.orders["purchase"][int(one.order)] == one.purchase for one in letters)


def _of_metrics(tables: Tables, evidence: Evidence) -> Iterator[Check]:
    values, number = evidence.metrics, len(tables.purchases)
    yield "every metric is there", set(values) == set(METRICS)
    yield "no metric is negative", all(not value < 0 for value in values.values())
    shares = [values[name] for name, metric in METRICS.items() if metric.unit == "share"]
    yield "no share is above 1", all(not share > 1 for share in shares)
    for stem in ("ack_latency", "confirmation_lag", "read_model_lag"):
        p50, p95, p99 = (values[f"{stem}_p{p}"] for p in (50, 95, 99))
        yield f"percentiles of {stem} in order", math.isnan(p50) or p50 <= p95 <= p99
    yield "refunds only mend", not values["double_charge_rate_net"] > values["double_charge_rate"]
    charged = Counter(c.purchase for c in rows(tables.charges) if not never(c.captured_s))
    twice = sum(count > 1 for count in charged.values())
    yield "double charges", not number or math.isclose(values["double_charge_rate"] * number, twice, abs_tol=1e-9)
    sent = values["requests_per_purchase"] * max(number, 1)
    yield "requests a purchase", math.isclose(sent, len(tables.requests), abs_tol=1e-9)
    lags = [
        p.acknowledged_s - p.submitted_s if not never(p.acknowledged_s) else math.inf
        for p in rows(tables.purchases)[: number - tables.renewals]
        if p.good_card
    ]
    if lags:
        enough = -(-len(lags) * 95 // 100)
        yield "acknowledged by then", sum(lag <= values["ack_latency_p95"] for lag in lags) >= enough
        yield "and no sooner", sum(lag < values["ack_latency_p95"] for lag in lags) < enough
    parts, prices = evidence.bill.parts, load_prices("aws-us-east-1")
    cents = [c.cents for c in rows(tables.charges) if not never(c.captured_s)]
    fees = sum(cents) / 100 * prices.fee_share.value + len(cents) * prices.fee_fixed.value
    yield "no part of the bill is negative", all(part >= 0 for part in parts.values())
    yield "the provider's fees", math.isclose(parts["fees"], fees, rel_tol=1e-9, abs_tol=1e-12)
    if evidence.bill.correct:
        whole = sum(parts.values()) * 1000 / evidence.bill.correct
        yield "the bill adds up", math.isclose(values["cost_per_1000"], whole, rel_tol=1e-9)


def _of_accounts(tables: Tables, evidence: Evidence, design: Design) -> Iterator[Check]:
    """What can be used up: sold in the order of the confirmations, until it is gone."""
    accounts, takings, orders = rows(tables.accounts), rows(tables.takings), rows(tables.orders)
    book = [account.balance + account.overwritten for account in accounts]
    for t in takings:
        book[t.account] += t.given_back - t.units
    yield "the book is what it was, less what was taken", book == [account.left for account in accounts]
    left = [account.balance for account in accounts]
    beyond: Counter[int] = Counter()
    for t in sorted((t for t in takings if not never(t.sold_s)), key=lambda t: t.sold_s):
        beyond[t.purchase] += min(max(t.units - max(left[t.account], 0), 0), t.units)
        left[t.account] -= t.units
    yield "as many oversold as the audit says", evidence.audit.oversold_units.sum() == sum(beyond.values())
    yield (
        "sold with confirmed orders only",
        all(orders[t.order].status == Status.CONFIRMED for t in takings if not never(t.sold_s)),
    )
    rules = design.taking
    guarded = rules.guard == "atomic" and rules.gives_back != "after_it"
    on_time = rules.reserve is None or rules.reserve.late == "refused"
    if guarded and on_time and getattr(design.payment, "webhooks", "ignored") != "trusted":
        yield "no more is sold than was there", not sum(beyond.values())
    if rules.gives_back == "with_settlement" and all(o.status in SETTLED for o in orders):
        yield "nothing sticks when all orders are settled", not evidence.audit.stuck_units.sum()
    if rules.gives_back != "after_it":
        yield "nothing is given back twice", not evidence.audit.over_returned_units.sum()


def _of_stations(tables: Tables) -> Iterator[Check]:
    slack_s = 1e-6
    for station in tables.stations:
        name, capacity_s = station.name, station.provisioned_s
        yield f"{name}: nobody leaves who hasn't come", 0 <= station.served <= station.arrivals
        yield f"{name}: no busier than its servers", -slack_s <= station.busy_s <= capacity_s + slack_s
        yield f"{name}: who is served is present", station.busy_s <= station.area_s + slack_s
        yield f"{name}: a queue for no longer than a morning", 0 <= station.waiting_s <= tables.horizon_s + slack_s
        yield f"{name}: a queue of those who came", 0 <= station.queue_max <= station.arrivals
        yield f"{name}: a queue takes time", station.queue_max > 0 or station.waiting_s == 0


def _of_series(tables: Tables, evidence: Evidence) -> Iterator[Check]:
    made = series(evidence.tally)
    charged = Counter(c.purchase for c in rows(tables.charges) if not never(c.captured_s))
    by_then = Counter(c.purchase for c in rows(tables.charges) if c.captured_s <= tables.horizon_s)
    late = sum(count > 1 and by_then[p] < 2 for p, count in charged.items())  # under way when the morning ended
    twice = sum(count > 1 for count in charged.values())
    yield "all arrivals over time", int(made.arrivals.sum()) == len(tables.purchases)
    yield "double charges over time", twice - late <= made.double_charges[-1] <= twice
    yield "double charges only grow", bool((np.diff(made.double_charges) >= 0).all())
    yield "no backlog below nothing", bool((made.backlog >= 0).all() and (made.behind >= 0).all())
