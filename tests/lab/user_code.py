"""What a user may write; `make lint` checks it with mypy --strict, to which an ignore that isn't needed is an error, too."""

from __future__ import annotations

from typing import assert_type

from matplotlib.axes import Axes

import coffee_please as coffee
import sim
from sim.lab.plots import Panels


def charts() -> None:
    compared = sim.compare("morning-rush", ["naive", sim.load_design("outbox")], mornings=2)
    assert_type(compared.plot.duplicates(), Axes)
    assert_type(compared.plot.morning(), Panels)
    assert_type(coffee.run("morning-rush", "naive").plot.stations(), Panels)
    compared.plot.mornings()  # type: ignore[attr-defined]
    assert_type(sim.run("morning-rush", "naive").plot.stations(), Panels)
    assert_type(sim.explain("morning-rush", violation="double_charge").plot.sequence(), Axes)
    assert_type(sim.windows(["outbox"], ["w4"]).plot.matrix(), Panels)
    assert_type(sim.sweep("morning-rush", {"app.timeout": ["2s", "8s"]}).plot.lines("ack_latency_p95"), Axes)
    assert_type(sim.cost_curve("morning-rush").plot.cost_by_peak(), Panels)
    assert_type(sim.optimise("morning-rush", "space.yaml").plot.pareto(), Panels)
    assert_type(sim.sensitivity("morning-rush", "naive").plot.tornado(), Panels)
    sim.sensitivity("morning-rush", "naive", method="morris").plot  # type: ignore[attr-defined]  # noqa: B018


def frames() -> list[object]:
    sim.compare("morning-rush", morning=2)  # type: ignore[call-arg]
    sim.run("morning-rush")  # type: ignore[call-arg]
    return [
        sim.compare("morning-rush").metrics["mean"].max(),
        sim.run("morning-rush", "naive", seed=7).charges.shape,
        sim.size("morning-rush").capacity.columns,
        sim.explain("morning-rush").steps["what"],
        sim.windows().states.index,
        sim.check("morning-rush", "outbox").verdict == "met",
        sim.sensitivity("morning-rush", "naive", method="sobol").effects["total"],
        sim.cells("morning-rush", "outbox").changes["difference"],
        sim.hunt("naive").victims["kind"],
        sim.validity().numbers["status"],
    ]
