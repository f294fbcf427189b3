"""Which part of the diagram opens which section of knobs."""

from __future__ import annotations

from collections.abc import Collection

HOMES = {  # section -> the parts whose knobs it holds, the first that the diagram has
    "app": ("app",),
    "claim": ("checkout",),
    "payment": ("payment", "provider"),
    "taking": ("releaser", "database"),
    "renewal_job": ("renewals", "checkout"),
    "recovery": ("reconciler", "canceller", "provider"),
    "read_model": ("read_model",),
}


def home(section: str, parts: Collection[str]) -> str:
    """The part of that name, or the one that the section is about; the checkout for what an architecture of one's own adds."""
    for part in (section, *HOMES.get(section, ())):
        if part in parts:
            return part
    return "checkout"
