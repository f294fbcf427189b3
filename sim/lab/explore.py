"""`sim.explore`: turn a knob, see the morning change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.scenario import Scenario
from sim.experiment.extras import how_to_install

if TYPE_CHECKING:
    from sim.lab.panel import Panel

MORNINGS = 2  # about a second; a number that can be raised in the panel


def explore(
    scenario: Scenario | Path | str = "morning-rush",
    design: Design | Path | str = "outbox",
    *,
    mornings: int = MORNINGS,
    seed: int = 0,
) -> Panel:
    """A panel for Jupyter: design, brownout, app timeout, retries, workers and relay period to turn, and what comes of it.

    It simulates in processes of its own, so that cells can be run meanwhile; only what was set last is simulated. A scenario
    and a design by name, by the path of a YAML file, or loaded; `mornings` from seed `seed` on. Raises ConfigError, also if
    ipywidgets is missing.
    """
    try:
        from sim.lab.panel import Panel
    except ModuleNotFoundError as error:
        if error.name != "ipywidgets":
            raise
        raise ConfigError(f"sim.explore needs ipywidgets, which is not installed: {how_to_install('notebook')}") from None
    return Panel(scenario, design, mornings=mornings, seed=seed)
