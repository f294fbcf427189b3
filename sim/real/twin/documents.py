"""What a twin has shown, as its document."""

from __future__ import annotations

from dataclasses import asdict

from sim.config.library import digest
from sim.documents.numbers import rounded
from sim.documents.twin import LagOfTwin, MatrixOfTwin, Quantiles, RateOfTwin, TwinOfDesign, Twins
from sim.real.twin import twins
from sim.real.twin.comparison import Matrix, Rate, Twin
from sim.real.twin.sentences import verdict
from sim.version import VERSION


def document(found: twins.Twins, *, report: str | None = None) -> Twins:
    made: Twins = {
        "scenario": found.scenario.name,
        "seed": found.seed,
        "speed": found.speed,
        "margin": found.margin,
        "version": VERSION,
        "digest": digest(found.scenario, *found.designs),
        "designs": {name: _of_design(twin) for name, twin in found.twins.items()},
    }
    if found.interrupted:
        made["interrupted"] = True
    if report is not None:
        made["report"] = report
    return made


def _of_design(twin: Twin) -> TwinOfDesign:
    lived = twin.lived
    return {
        "verdict": twin.verdict,
        "sentence": f"{twin.name}: {verdict(twin)}",
        "purchases": twin.purchases,
        "agree": int(twin.agreeing.sum()),
        "matrices": {what: _matrix(matrix) for what, matrix in twin.matrices.items()},
        "rates": {kind: _rate(rate) for kind, rate in twin.rates.items()},
        "lags": {
            name: LagOfTwin(model=_quantiles(lag.model, lag.n[0]), real=_quantiles(lag.real, lag.n[1]))
            for name, lag in twin.lags.items()
        },
        "disagreeing": [
            {"purchase": one.purchase, **{what: list(pair) for what, pair in one.counts.items()}}  # type: ignore[typeddict-item]
            for one in twin.disagreeing
        ],
        "parts": lived.parts,
        "used": [asdict(used) for used in lived.used],  # type: ignore[misc]
        "lateness_p50_s": rounded(twin.late_s(50)),
        "lateness_p99_s": rounded(twin.late_s(99)),
        "load": lived.load,
        "wall_s": lived.wall_s,
        "kills": lived.kills,
    }


def _matrix(matrix: Matrix) -> MatrixOfTwin:
    low, high = matrix.interval
    cells = sorted(matrix.cells.items())
    return {
        "agree": matrix.agree,
        "low": rounded(low),
        "high": rounded(high),
        "cells": [{"model": model, "real": real, "purchases": number} for (model, real), number in cells],
    }


def _rate(rate: Rate) -> RateOfTwin:
    low, high = rate.interval
    return {
        "model": rate.model,
        "real": rate.real,
        "both": rate.pairs.both,
        "difference": rate.pairs.difference,
        "low": low,
        "high": high,
        "verdict": rate.verdict,
    }


def _quantiles(quantiles: dict[int, float], n: int) -> Quantiles:
    return {"p50": rounded(quantiles[50]), "p90": rounded(quantiles[90]), "p99": rounded(quantiles[99]), "n": n}
