"""`python -m tests.bench`: measure, print, and write the page and the figures. `--check`: only whether it got much worse."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

from tests.bench.growth import grown
from tests.bench.page import page
from tests.bench.profile import profiles
from tests.bench.speed import REFERENCES, SIMPY, measured

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"  # case -> how many times slower than plain SimPy's retry model, when it was last measured
PAGE = HERE.parents[1] / "docs" / "speed.md"
MARGIN = 2.0  # times slower than then: what a busy machine of another kind does not explain


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        return check()
    speeds = measured()
    text = page(speeds, list(grown()), profiles(), python=platform.python_version())
    PAGE.write_text(text, encoding="utf-8")
    ratios = {name: round(speed.to_simpy, 2) for name, speed in speeds.items() if name not in REFERENCES}
    FIGURES.write_text(json.dumps(ratios, indent=2) + "\n", encoding="utf-8")
    print(text)
    print(f"written: {PAGE.name}, {FIGURES.name}", file=sys.stderr)
    return 0


def check() -> int:
    """1 if anything is more than twice as slow as it was, measured against plain SimPy; what is new is not judged."""
    known = json.loads(FIGURES.read_text(encoding="utf-8"))
    worse = 0
    for name, speed in measured(rounds=5, all_scenarios=False).items():
        if name in known:
            limit = MARGIN * known[name]
            worse += speed.to_simpy > limit
            verdict = "WORSE" if speed.to_simpy > limit else "fine"
            print(f"{verdict:6} {name}: {speed.to_simpy:.2f} times slower than {SIMPY}; at most {limit:.2f}")
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main())
