"""The model against real parts as one HTML file. It makes no request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sim import style
from sim.config.library import digest
from sim.real.twin import charts
from sim.real.twin.comparison import COUNTS, LAGS, PERCENTS, Disagreement, Matrix, Rate, Twin
from sim.real.twin.sentences import difference, lateness, points, quantile, share_of, speed, title, verdict
from sim.real.twin.story import OfTwin, stories
from sim.real.twin.twins import Twins
from sim.report import sequence
from sim.report.files import render, software
from sim.report.story import line
from sim.style import colours
from sim.version import VERSION
from sim.words import NBSP, number, share

MOST_PICTURES = 2  # purchases whose two stories are drawn, of each design: a picture is some 100 KB
MOST_STORIES = 12  # whose stories are told
MOST_LISTED = 100  # in the table; the JSON has all
MOST_TIMES = 6  # charges of a purchase that have a row and a column of their own
STATES = {  # of a verdict: how style.css.j2 colours it, and what it is called
    "equivalent": ("met", "the same"),
    "different": ("violated", "different"),
    "undecided": ("undecided", "can’t tell"),
    "refused": ("undecided", "no evidence"),
}


def page(found: Twins, *, command: str, beside: Sequence[str]) -> str:
    """The text of the page. `beside`: the files that lie in the same folder."""
    twins = list(found.twins.values())
    content: dict[str, Any] = {
        "version": VERSION,
        "title": title(twins),
        "scenario": found.scenario,
        "seed": found.seed,
        "margin": points(found.margin),
        "speed": speed(found.speed),
        "colours": colours(found.twins),
        "states": STATES,
        "rows": [_row(twin) for twin in twins],
        "designs": {name: _design(twin, place) for place, (name, twin) in enumerate(found.twins.items())},
        "interrupted": found.interrupted,
        "asked": len(found.designs),
        "command": command,
        "facts": {
            "scenario": found.scenario.name, "designs": ", ".join(found.twins), "morning": f"seed {found.seed}",
            "speed": f"{number(found.speed)} times as fast as the clock on the wall",
            "digest of scenario and designs": digest(found.scenario, *found.designs), **software(),
        },
        "beside": ", ".join(beside),
    }  # fmt: skip
    return render("page.html.j2", content, beside=Path(__file__).parent)


def _row(twin: Twin) -> dict[str, Any]:
    """The first screen's line of a design."""
    double = twin.rates.get("double_charge")
    return {
        "name": twin.name,
        "state": STATES[twin.verdict],
        "purchases": f"{twin.purchases:,}",
        "agree": share_of(twin.matrices["charges"]),
        "double": _shares(double) if double else "nothing to count",
        "sentence": verdict(twin),
    }


def _shares(rate: Rate) -> str:
    model, real = (share(times / rate.pairs.n) for times in (rate.model, rate.real))
    return f"{model} → {real}"


def _design(twin: Twin, place: int) -> dict[str, Any]:
    disagreeing = twin.disagreeing
    return {
        "lateness": lateness(twin),
        "matrices": {what: _matrix(matrix) for what, matrix in twin.matrices.items()},
        "rates": _picture(charts.draw_rates(twin), f"rates-{place}", "Differences of the rates of harm, with the margin"),
        "rate_rows": _rate_rows(twin),
        "never": [rate.clause for rate in twin.rates.values() if not rate.model and not rate.real],
        "lags": _picture(charts.draw_lags(twin), f"lags-{place}", "Quantiles of the lags in both worlds"),
        "lag_rows": _lag_rows(twin),
        "disagreeing": [_disagreeing(one) for one in disagreeing[:MOST_LISTED]],
        "more": len(disagreeing) - MOST_LISTED,
        "stories": [_told(twin, one, place, drawn=n < MOST_PICTURES) for n, one in enumerate(disagreeing[:MOST_STORIES])],
        "used": [
            (used.name, f"{used.cpu_s:.2f}{NBSP}s", f"{used.memory_mib:.0f}{NBSP}MiB", str(used.starts))
            for used in twin.lived.used
        ],
        "cpu_s": f"{sum(used.cpu_s for used in twin.lived.used):.1f}",
        "wall_s": f"{twin.lived.wall_s:.0f}",
        "kills": twin.lived.kills,
        "parts": twin.lived.parts,
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    """The rows and columns of a table; what is more than `MOST_TIMES` is in the last one."""
    cells: dict[tuple[int, int], int] = {}
    for (model, real), purchases in matrix.cells.items():
        place = min(model, MOST_TIMES), min(real, MOST_TIMES)
        cells[place] = cells.get(place, 0) + purchases
    times = range(max((max(place) for place in cells), default=0) + 1)
    names = [f"{time}{'+' if time == MOST_TIMES else ''}" for time in times]
    rows = [(names[model], [(cells.get((model, real), 0), model == real) for real in times]) for model in times]
    return {"names": names, "rows": rows, "agree": share_of(matrix)}


def _rate_rows(twin: Twin) -> list[dict[str, Any]]:
    shown = [rate for rate in twin.rates.values() if rate.model or rate.real]
    return [
        {
            "clause": rate.clause, "model": f"{rate.model:,}", "real": f"{rate.real:,}", "both": f"{rate.pairs.both:,}",
            "difference": difference(rate), "state": STATES["refused" if twin.refused else rate.verdict],
        }
        for rate in shown
    ]  # fmt: skip


def _lag_rows(twin: Twin) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "about": LAGS[name], "n": [f"{n:,}" for n in lag.n],
            "cells": [(quantile(lag, percent, real=False), quantile(lag, percent, real=True)) for percent in PERCENTS],
        }
        for name, lag in twin.lags.items()
    ]  # fmt: skip


def _disagreeing(one: Disagreement) -> tuple[int, list[tuple[str, bool]]]:
    """Its number, and of each count `1 → 2`, and whether the two differ."""
    return one.purchase, [(f"{model} → {real}", model != real) for model, real in (one.counts[what] for what in COUNTS)]


def _told(twin: Twin, one: Disagreement, place: int, *, drawn: bool) -> dict[str, Any]:
    told = stories(twin, one.purchase)
    return {
        "purchase": one.purchase,
        "differs": "; ".join(f"{what} {model} and {real}" for what, (model, real) in one.counts.items() if model != real),
        "worlds": [_world(story, f"story-{place}-{one.purchase}-{world}", drawn=drawn) for world, story in enumerate(told)],
    }


def _world(story: OfTwin, name: str, *, drawn: bool) -> dict[str, Any]:
    label = f"{story.where}: {story.sentence}"
    return {
        "where": story.where,
        "sentence": story.sentence,
        "picture": _picture(sequence.draw(story), name, label) if drawn and story.moments else None,
        "lines": [line(story, moment) for moment in story.moments],
    }


def _picture(axes: Any, name: str, label: str) -> Markup:
    return Markup(style.inline(style.svg(style.figure_of(axes)), name, label))  # noqa: S704  matplotlib escapes texts
