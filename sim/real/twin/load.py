"""How busy the machine is: a twin on a full machine measures the machine."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic


class Load:
    """How busy the machine's processors have been since this was made."""

    def __init__(self) -> None:
        self._before = self._ticks()

    @staticmethod
    def _ticks() -> tuple[float, float]:
        """Processor time that was busy, and all of it. Linux says so exactly; elsewhere the load average has to do."""
        stat = Path("/proc/stat")
        if not stat.exists():
            return monotonic() * min(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), monotonic()
        user, nice, system, idle, waits, *more = (float(each) for each in stat.read_text().splitlines()[0].split()[1:8])
        busy = user + nice + system + sum(more)
        return busy, busy + idle + waits

    @property
    def share(self) -> float:
        (busy_before, all_before), (busy, all_) = self._before, self._ticks()
        return min(max((busy - busy_before) / max(all_ - all_before, 1e-9), 0.0), 1.0)
