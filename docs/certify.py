"""`python -m docs.certify`, which is `make certificates`: the certificates of the designs that hold, written anew.

One of three mishaps takes minutes, so they are apart from the other parts of the documentation that are made from the code.
"""

from __future__ import annotations

from pathlib import Path

from sim.architectures import load_design
from sim.counterexamples.combinations import every
from sim.documents.every import document
from sim.documents.text import json_text

FOLDER = Path(__file__).parent / "certificates"
BOUNDS = ((3, 1), (2, 2))  # mishaps, purchases
CERTIFIED = ("idempotent", "outbox", "inquiry")


def file_of(name: str, mishaps: int, purchases: int) -> Path:
    return FOLDER / f"{name}-{mishaps}-mishaps-{purchases}-purchases.json"


def main() -> None:
    for name in CERTIFIED:
        for mishaps, purchases in BOUNDS:
            found = every(load_design(name), (), mishaps=mishaps, purchases=purchases)
            file_of(name, mishaps, purchases).write_text(json_text(document(found)), encoding="utf-8", newline="\n")
            print(f"{name}: {found.verdict}, {found.runs:,} runs in {found.seconds:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
