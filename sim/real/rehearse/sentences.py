"""What a rehearsal has found, in sentences."""

from __future__ import annotations

from sim.documents.rehearsal import Rehearsal, Rush
from sim.ledger.violations import VIOLATIONS


def title(document: Rehearsal | Rush) -> str:
    """The verdict in one sentence."""
    service = document["service"]
    if document["verdict"] == "undecided":
        return f"{service}: nobody can say"
    if document["verdict"] == "holds":
        return f"{service}: nobody was harmed"
    return f"{service}: a customer {VIOLATIONS[_harms(document)[0]].clause}"


def lead(document: Rehearsal | Rush) -> str:
    """How much was tried, with its bound beside it."""
    if document["kind"] == "rush":
        if not document["purchases"]:
            return "Nobody came."
        return (
            f"{document['purchases']:,} purchases in {document['seconds']:g} s, {document['confirmed']:,} of them told that "
            f"they have paid; {document['calls']:,} calls of the provider."
        )
    runs = sum(document["runs"].values())
    if not runs:
        return "Nothing was tried."
    more = " Sets that contain one that did harm were left out." if document["failing"] and document["bound"] > 1 else ""
    return (
        f"{runs:,} purchases one after the other: every combination of at most "
        f"{document['bound']} mishap{'' if document['bound'] == 1 else 's'} that there was an occasion for; "
        f"{len(document['failing'])} did harm.{more}"
    )


def _harms(document: Rehearsal | Rush) -> list[str]:
    if document["kind"] == "every":
        return document["failing"][0]["harm"]
    return [kind for kind, rate in document["harm"].items() if rate["purchases"]]
