"""What both sides of a request say of the network between them: how long it takes, and what it loses."""

from __future__ import annotations

import numpy as np

from sim.config.units import PROBABILITY
from sim.experiment.statistics import clopper_pearson
from sim.measured.durations import plain
from sim.measured.fitted import Fitted, Found, Untold
from sim.measured.line import End, Line, Log

FEWEST = 20  # requests that both sides know
LATENCY, REQUEST_LOST, ANSWER_LOST = (("network", name) for name in ("latency", "request_lost", "answer_lost"))


def fit(log: Log) -> list[Found]:
    """Latency, request_lost and answer_lost. Only durations are compared, so both sides' clocks may differ by anything."""
    handled = {line.id: line for line in log.handled if line.id}
    sent = [line for line in log.requests if line.id]
    both = [(line, handled[line.id]) for line in sent if line.id in handled]
    if len(both) < FEWEST:
        why = f"requests that both sides know by their id: {len(both)}; at least {FEWEST} are needed"
        return [Untold("scenario", key, why) for key in (LATENCY, REQUEST_LOST, ANSWER_LOST)]
    ways_s = np.array([(app.duration_s - shop.duration_s) / 2 for app, shop in both if app.answered])
    latency = plain(
        "scenario", LATENCY, ways_s[ways_s > 0], of="answered requests", how="half of what the checkout doesn't account for"
    )
    there_and_back_s = 2 * float(np.median(ways_s)) if len(ways_s) else 0.0
    found: list[Found] = list(latency)
    if not latency:
        found.append(Untold("scenario", LATENCY, "no request takes the app longer than the checkout"))
    never_came = [line for line in sent if line.id not in handled and line.end is End.TIMEOUT]
    arrived = len(both)
    found.append(
        _share(
            REQUEST_LOST,
            len(never_came),
            arrived + len(never_came),
            "requests",
            "timed out, and the checkout has no line of them",
        )
    )
    unheard = sum(_was_lost(app, shop, there_and_back_s) for app, shop in both)
    heard = sum(app.answered for app, _ in both)
    how = "were answered by the checkout in good time, and timed out at the app"
    return [*found, _share(ANSWER_LOST, unheard, heard + unheard, "answers", how)]


def _was_lost(app: Line, shop: Line, there_and_back_s: float) -> bool:
    return not app.answered and shop.answered and shop.duration_s + there_and_back_s < app.duration_s


def _share(key: tuple[str, ...], events: int, n: int, of: str, how: str) -> Found:
    if not n:
        return Untold("scenario", key, f"the log has no {of} of which both sides know")
    low, high = clopper_pearson(events, n)
    return Fitted("scenario", key, events / n, PROBABILITY, n, of, low, high, f"{events:,} {how}")
