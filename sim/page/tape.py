"""A morning's playback: its tables as columns of whole numbers, deflated.

The page plays what the tables say and nothing else, so what one sees and what is counted cannot differ. Times are whole
milliseconds, so that a morning of 3,000 purchases takes some 80 KB.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sim.ledger.metrics import Evidence
from sim.ledger.records import PROXY, DeadLetters, Tables
from sim.ledger.violations import FAILURES, VIOLATIONS
from sim.page.harms import harms
from sim.vocabulary import HARMS, METRICS, Answer, Fate, Outcome, Status

Column = tuple[str, np.ndarray, bool]  # its name, whole numbers, and whether each row holds the step from the row before
NEVER = 0  # in a column of times that are counted from another one: those that happened begin with 1
ALONE = -1  # a call that no request of the app waits for


def tape(tables: Tables, evidence: Evidence) -> bytes:
    """All that is played of a morning. `web/src/tape.ts` reads it."""
    names: dict[str, list[str]] = {
        "harms": list(VIOLATIONS),
        "labels": [METRICS[HARMS[kind]].label or violation.clause for kind, violation in VIOLATIONS.items()],
        "components": sorted({struck.component for struck in tables.crashes}),
        **{kind.__name__.lower(): [code.name.lower() for code in kind] for kind in (Fate, Outcome, Status)},
        "answers": [f"{answer.value}" for answer in Answer],
        "consumers": list(DeadLetters.CONSUMERS),
    }
    content, described = bytearray(), []
    for table, columns in _tables(tables, evidence, names["components"]):
        shape = []
        for name, numbers, steps in columns:
            planes = _planes(numbers, steps=steps)
            content += b"".join(planes)
            shape.append([name, len(planes), steps])
        described.append([table, len(columns[0][1]), shape])
    faults = [[what, *map(_ms, (begin_s, end_s))] for what, begin_s, end_s in tables.faults]
    failures = [kind in FAILURES for kind in VIOLATIONS]
    head = {"tables": described, "names": names, "failures": failures, "faults": faults, "ends": _ms(tables.horizon_s)}
    text = json.dumps(head, separators=(",", ":")).encode()
    return zlib.compress(struct.pack("<I", len(text)) + text + bytes(content), 9)


def _tables(tables: Tables, evidence: Evidence, components: list[str]) -> Iterator[tuple[str, list[Column]]]:
    purchases, requests, charges, orders = tables.purchases, tables.requests, tables.charges, tables.orders
    tapped = purchases["submitted_s"]
    yield (
        "purchases",
        [
            ("submitted", _times(tapped), True),
            *(
                (f"{what}", _since(purchases[f"{what}_s"], tapped), False)
                for what in ("acknowledged", "told_confirmed", "left", "other_card")
            ),
            ("agent", purchases["agent"], False),
            ("waits", tables.waits.astype(np.int64), False),
        ],
    )
    yield (
        "requests",
        [
            ("purchase", requests["purchase"], True),
            ("sent", _times(requests["sent_s"]), True),
            ("answered", _since(requests["answered_s"], requests["sent_s"]), False),
            ("fate", requests["fate"], False),
            ("answer", _codes(requests["answer"]), False),
        ],
    )
    yield (
        "charges",
        [
            ("purchase", charges["purchase"], True),
            ("sent", _times(charges["sent_s"]), True),
            ("answered", _since(charges["answered_s"], charges["sent_s"]), False),
            ("captured", _since(charges["captured_s"], charges["sent_s"]), False),
            ("refunded", _since(charges["refunded_s"], charges["sent_s"]), False),
            ("outcome", charges["outcome"], False),
            ("request", _waited_for(tables), True),
        ],
    )
    yield (
        "orders",
        [
            ("purchase", orders["purchase"], True),
            ("created", _times(orders["created_s"]), True),
            ("confirmed", _since(orders["confirmed_s"], orders["created_s"]), False),
            ("visible", _since(orders["visible_s"], orders["created_s"]), False),
            ("changed", _since(orders["changed_s"], orders["created_s"]), False),
            ("status", orders["status"], False),
        ],
    )
    yield from _more(tables)
    yield "awards", [("purchase", tables.awards["purchase"], True), ("awarded", _times(tables.awards["awarded_s"]), True)]
    yield (
        "reads",
        [
            ("purchase", tables.reads["purchase"], True),
            ("read", _times(tables.reads["read_s"]), True),
            ("stale", tables.reads["stale"], False),
        ],
    )
    harmed = harms(tables, evidence)
    yield (
        "harms",
        [
            ("purchase", np.array([harm.purchase for harm in harmed], dtype=np.int64), True),
            ("kind", np.array([harm.kind for harm in harmed], dtype=np.int64), False),
            ("at", _times(np.array([harm.at_s for harm in harmed], dtype=float)), True),
        ],
    )
    yield (
        "struck",
        [
            ("component", np.array([components.index(one.component) for one in tables.crashes], dtype=np.int64), False),
            ("purchase", np.array([one.purchase for one in tables.crashes], dtype=np.int64), False),
            ("at", _times(np.array([one.at_s for one in tables.crashes], dtype=float)), True),
        ],
    )


def _more(tables: Tables) -> Iterator[tuple[str, list[Column]]]:
    """What only some worlds and designs have; elsewhere these tables have no rows."""
    holds, captures, refunds, dead = tables.holds, tables.captures, tables.refunds, tables.dead_letters
    takings, repeats = tables.takings, tables.repeats
    yield (
        "holds",
        [
            ("purchase", holds["purchase"], True),
            ("cents", holds["cents"], False),
            ("captured_cents", holds["captured_cents"], False),
            ("authorised", _times(holds["authorised_s"]), True),
            ("released", _since(holds["released_s"], holds["authorised_s"]), False),
        ],
    )
    yield (
        "captures",
        [
            ("purchase", captures["purchase"], True),
            ("sent", _times(captures["sent_s"]), True),
            ("answered", _since(captures["answered_s"], captures["sent_s"]), False),
            ("captured", _since(captures["captured_s"], captures["sent_s"]), False),
        ],
    )
    yield (
        "refunds",
        [
            ("purchase", refunds["purchase"], True),
            ("cents", refunds["cents"], False),
            ("refunded", _times(refunds["refunded_s"]), True),
        ],
    )
    yield "returns", [("request", tables.returns["request"], True)]
    yield (
        "dead_letters",
        [
            ("purchase", dead["purchase"], True),
            ("consumer", dead["consumer"], False),
            ("buried", _times(dead["buried_s"]), True),
            ("replayed", _since(dead["replayed_s"], dead["buried_s"]), False),
        ],
    )
    yield (
        "takings",
        [
            ("purchase", takings["purchase"], True),
            ("taken", _times(takings["taken_s"]), True),
            ("given_back", _since(takings["given_back_s"], takings["taken_s"]), False),
        ],
    )
    by_proxy = np.flatnonzero(repeats["who"] == PROXY)
    yield (
        "repeats",  # of the proxy; those of a client library are calls in the table of charges
        [
            ("purchase", tables.requests["purchase"][repeats["row"][by_proxy]], True),
            ("sent", _times(repeats["sent_s"][by_proxy]), True),
        ],
    )


def _waited_for(tables: Tables) -> np.ndarray:
    """The request within which each call to the provider was made, an index; ALONE if the call was made by itself.

    A request waits for a call of its purchase that begins after the request was sent, and before it was answered. Of several
    it is the last one: an earlier one has an order, and a call, of its own.
    """
    requests, charges = tables.requests, tables.charges
    sent, answered, fates = requests["sent_s"], requests["answered_s"], requests["fate"]
    mine: defaultdict[int, list[int]] = defaultdict(list)
    for number in np.flatnonzero(fates == Fate.EXECUTED).tolist():
        mine[int(requests["purchase"][number])].append(number)
    made = []
    for purchase, at_s in zip(charges["purchase"].tolist(), charges["sent_s"].tolist(), strict=True):
        waiting = [number for number in mine[purchase] if sent[number] <= at_s and not answered[number] < at_s]
        made.append(waiting[-1] if waiting else ALONE)
    return np.array(made, dtype=np.int64)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _times(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * 1000).astype(np.int64)


def _since(seconds: np.ndarray, start_s: np.ndarray) -> np.ndarray:
    """Milliseconds from `start_s`, and 1 more; NEVER for what never happened."""
    happened = ~np.isnan(seconds)
    lags = np.full(len(seconds), NEVER, dtype=np.int64)
    lags[happened] = _times(seconds[happened]) - _times(start_s[happened]) + 1
    return lags


def _codes(answers: np.ndarray) -> np.ndarray:
    """HTTP status codes as places in the list of answers."""
    places = {int(answer): place for place, answer in enumerate(Answer)}
    return np.array([places[code] for code in answers.tolist()], dtype=np.int64)


def _planes(numbers: np.ndarray, *, steps: bool) -> list[bytes]:
    """The lowest bytes of all rows, then the second ones, and so on: bytes of one meaning beside each other deflate best.

    Negative numbers are folded between the positive ones (zigzag), so that small ones stay small.
    """
    values = numbers.astype(np.int64)
    if steps:
        values[1:] -= values[:-1].copy()
    folded = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    widest = int(folded.max()) if len(folded) else 0
    return [((folded >> np.uint64(8 * byte)) & np.uint64(255)).astype(np.uint8).tobytes()
            for byte in range((widest.bit_length() + 7) // 8)]  # fmt: skip
