"""`coffee serve`: begins in two processes at once, since the page is to be there within two seconds."""

from __future__ import annotations

from collections.abc import Sequence

from sim.experiment.effort import Effort
from sim.lab.apart import prepare
from sim.page import PRELOADED


def serve(scenario: str, designs: Sequence[str], settings: Sequence[str], effort: Effort, port: int, *, show: bool) -> None:
    prepare(PRELOADED)  # another process imports what simulates while this one imports what serves
    from sim.cli.work import serving

    serving.serve(scenario, designs, settings, effort, port, show=show)
