"""Makes the two CSV files of notebook 6 (`python notebooks/data/synthesise.py`): invented numbers of a plausible shape.

Nothing was measured. Latencies are a lognormal body (median 420 ms) and 4 % slow calls (median 4.5 s), as from a provider that
now and then asks a slow bank. Arrivals are a steady stream, and trains at four times of the hour. Seeded, so that they are the
same whenever they are made.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 7
CALLS, SLOW = 2_000, 0.04
PEOPLE, BY_TRAIN = 1_500, 0.4
TRAINS_S = 7 * 3600 + 60 * np.array([10, 25, 40, 55])


def latencies_s(rng: np.random.Generator) -> np.ndarray:
    slow = rng.random(CALLS) < SLOW
    return np.where(slow, rng.lognormal(np.log(4.5), 0.35, CALLS), rng.lognormal(np.log(0.42), 0.45, CALLS))


def arrivals_s(rng: np.random.Generator) -> np.ndarray:
    """Seconds after midnight, within 07:00 to 08:00."""
    steady = 7 * 3600 + 3600 * rng.random(PEOPLE)
    off_a_train = rng.choice(TRAINS_S, PEOPLE) + rng.gamma(2.0, 40.0, PEOPLE)
    times = np.where(rng.random(PEOPLE) < BY_TRAIN, off_a_train, steady)
    return np.sort(times[times < 8 * 3600])


def text(column: str, values: np.ndarray, what: str) -> str:
    rows = "".join(f"{value:.3f}\n" for value in values)
    return f"# Synthetic: {what}, made by notebooks/data/synthesise.py. Nobody measured them.\n{column}\n{rows}"


def files() -> dict[str, str]:
    """File name -> content."""
    rng = np.random.default_rng(SEED)
    return {
        "latencies.csv": text("seconds", latencies_s(rng), "latencies of calls to a payment provider"),
        "arrivals.csv": text("time_of_day_s", arrivals_s(rng), "arrival times in seconds after midnight"),
    }


if __name__ == "__main__":
    for name, content in files().items():
        (HERE / name).write_text(content, encoding="utf-8", newline="\n")
