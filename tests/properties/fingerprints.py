"""All that is kept of a morning as one string of bytes, less how long it took; as a program, those of worlds from stdin."""

from __future__ import annotations

import json
import sys
from dataclasses import fields

from sim.config.prices import load_prices
from sim.experiment.mornings import Summary, summarise
from tests.properties.world import World


def fingerprint(summary: Summary) -> bytes:
    """Every metric, series, lag, cost and station to the last bit."""
    kept = {field.name: getattr(summary, field.name) for field in fields(summary) if field.name != "wall_s"}
    arrays = [*vars(kept.pop("series")).values(), *kept.pop("lags").values()]
    return repr(kept).encode() + b"".join(array.tobytes() for array in arrays)


def fingerprint_of(world: World) -> bytes:
    scenario, design = world.read()
    return fingerprint(summarise(scenario, design, load_prices(scenario.prices), world.seed))


if __name__ == "__main__":
    for told in json.load(sys.stdin):
        print(fingerprint_of(World(**told)).hex())  # noqa: T201
