"""When a run on a real machine is no evidence: whoever measures was busy, and would be what is measured."""

from __future__ import annotations

LATE_S = 0.02
"""p99 of how late the customers themselves were, against when they were meant to come (assumption: a fifth of the shortest wait
that people notice, J. Nielsen, Usability Engineering, 1993)."""

FULL = 0.9
"""Share of the machine's processors that is busy, above which everybody waits for a processor (assumption)."""
