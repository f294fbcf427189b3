"""What a rehearsal has found, as its document."""

from __future__ import annotations

import numpy as np

from sim.config.service import Service
from sim.documents.numbers import rounded
from sim.documents.rehearsal import FailingRun, Rehearsal, Rush, RushHarm
from sim.experiment.statistics import clopper_pearson
from sim.ledger.violations import VIOLATIONS
from sim.real.provider.fates import KINDS
from sim.real.rehearse.books import FROM_ORDERS, judged_kinds
from sim.real.rehearse.every import Failing, Found
from sim.real.rehearse.mishaps import KILLS, mappings_of, told
from sim.real.rehearse.rush import Rushed
from sim.real.rehearse.scenario_file import scenario_text
from sim.real.rehearse.story import RealStory, of_purchase, tell
from sim.version import VERSION


def of_every(found: Found, service: Service, *, again_s: float, seconds: float, leftover: str | None) -> Rehearsal:
    judged = judged_kinds(orders=service.orders is not None)
    document: Rehearsal = {
        "kind": "every",
        "service": service.name,
        "url": service.service.url,
        "verdict": found.verdict,  # type: ignore[typeddict-item]
        "why": why(found),
        "bound": found.bound,
        "runs": {str(number): found.runs[number] for number in sorted(found.runs)},
        "left": found.left,
        "unreached": found.unreached,
        "reached": {kind: found.reached[kind] for kind in kinds_of(service)},
        "judged": list(judged),
        "not_judged": {} if service.orders is not None else dict.fromkeys(FROM_ORDERS, "the adapter has no orders:"),
        "failing": [_failing(one, number, service, again_s) for number, one in enumerate(found.failing, 1)],
        "seconds": round(seconds, 1),
        "leftover": leftover,
        "version": VERSION,
    }
    if found.interrupted:
        document["interrupted"] = True
    return document


def why(found: Found) -> str:
    """Why it is undecided."""
    if found.undecided:
        return found.undecided
    return f"{found.left} combinations were not tried: more than were wanted" if found.left else ""


def kinds_of(service: Service) -> list[str]:
    """All kinds of mishaps that a rehearsal of this service could come across."""
    kills = [f"crash {how}" for how in KILLS if how != "webhook" or service.webhooks is not None]
    return [*(f"call {kind}" for kind in KINDS), "answer lost", "tap twice", "tap again", *(kills if service.process else [])]


def _failing(one: Failing, number: int, service: Service, again_s: float) -> FailingRun:
    run = one.run
    return {
        "mishaps": mappings_of(run.plan, service, again_s=again_s),
        "told": told(run.plan),
        "harm": list(run.broken),
        "charged": sum(charge.taken_s is not None for charge in run.charges),
        "orders": None if run.orders is None else sum(order.confirmed for order in run.orders),
        "reproduced": one.reproduced,
        "scenario": scenario_text(run, service, again_s=again_s, number=number),
        "story": tell(run, service.name).lines(),
    }


def of_rush(found: Rushed, service: Service, *, leftover: str | None) -> Rush:
    answers = found.answers_s
    document: Rush = {
        "kind": "rush",
        "service": service.name,
        "url": service.service.url,
        "verdict": found.verdict,  # type: ignore[typeddict-item]
        "why": found.why,
        "seconds": found.seconds,
        "rate_per_s": found.rate,
        "purchases": len(found.purchases),
        "confirmed": found.confirmed,
        "lateness_p50_s": round(found.lateness(50), 6),
        "lateness_p99_s": round(found.lateness(99), 6),
        "answer_p50_s": rounded(float(np.percentile(answers, 50))) if answers else None,
        "answer_p99_s": rounded(float(np.percentile(answers, 99))) if answers else None,
        "calls": len(found.calls),
        "fates": dict(sorted(found.fates.items())),
        "judged": list(found.kinds),
        "not_judged": found.not_judged,
        "harm": rates(found),
        "stories": [line for story in stories(found, service) for line in (story.sentence, *story.lines())],
        "leftover": leftover,
        "version": VERSION,
    }
    if found.interrupted:
        document["interrupted"] = True
    return document


def rates(found: Rushed) -> dict[str, RushHarm]:
    """Of each kind that was judged how many purchases, with the interval of the share."""
    total, made = len(found.purchases), {}
    for kind in found.kinds if total else ():
        count = len(found.broken.get(kind, ()))
        low, high = clopper_pearson(count, total)
        made[kind] = RushHarm(purchases=count, share=count / total, low=low, high=high)
    return made


def stories(found: Rushed, service: Service) -> list[RealStory]:
    """One harmed purchase of each kind, with the fewest requests."""
    made = []
    for kind, places in found.broken.items():
        buyer = found.purchases[min(places, key=lambda place: len(found.purchases[place].requests))]
        charges = [one for one in found.charges if one.purchase == buyer.number]
        calls = [one for one in found.calls if one.purchase == buyer.number]
        lines = sorted(of_purchase(buyer, calls, charges, [], buyer.submitted_s), key=lambda line: line.at_s)
        made.append(RealStory(lines, f"Customer {buyer.number} {VIOLATIONS[kind].clause}.", f"{service.name} in a rush"))
    return made
