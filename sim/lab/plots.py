"""`result.plot.NAME()`: the charts of a result, shown by Jupyter and by pyplot like any other figure.

The charts themselves know nothing of pyplot. One that was drawn here, without `ax`, is handed to pyplot afterwards, so that
`%matplotlib inline` shows it once, at the end of its cell, with whatever was changed of it until then.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.config.errors import ConfigError, nearest
from sim.experiment.compare import Comparison
from sim.experiment.cost_curve import CostCurve
from sim.experiment.optimise import Optimum
from sim.experiment.sweep import Sweep
from sim.experiment.swings import Swings
from sim.explanation.story import Explanation
from sim.failure_windows.matrix import Matrix
from sim.report import sequence
from sim.report.charts import (
    capacity_by_peak,
    causes,
    confirmation_lag,
    convergence,
    cost,
    cost_by_brownout,
    cost_by_peak,
    duplicates,
    morning,
    pareto,
    stations,
    sweep_lines,
    sweep_map,
    tipping,
    tornado,
)
from sim.report.charts import windows as heat_map
from sim.style import figure_of
from sim.vocabulary import METRICS

if TYPE_CHECKING:
    Objects = np.ndarray[Any, np.dtype[np.object_]]
else:
    Objects = np.ndarray
T = TypeVar("T")


class Panels(Objects):
    """The axes of a chart with several panels, as a numpy array: `panels[0]`, `panels[1, 2]`, `for ax in panels.flat`."""

    @property
    def figure(self) -> Figure:
        """The figure that they are on."""
        first: Axes = self.flat[0]  # type: ignore[assignment]
        return figure_of(first)

    def __repr__(self) -> str:
        return f"<{' × '.join(map(str, self.shape))} axes>"


class Plots(Generic[T]):
    """The charts of a result. `dir()` and the tab key list them."""

    def __init__(self, about: T) -> None:
        self._about = about

    def __dir__(self) -> list[str]:
        return charts(type(self))

    def __repr__(self) -> str:
        return f"charts: {', '.join(dir(self))}"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = "" if name.startswith("_") else nearest(name, charts(type(self)))
            raise AttributeError(f'there is no chart "{name}"{hint}')

    def _one(self, draw: Callable[..., Axes], ax: Axes | None, **more: Any) -> Axes:
        """A chart with one panel."""
        if ax is not None and not isinstance(ax, Axes):
            raise ValueError(f"this chart has one panel: expected the axes to draw it on as ax (got {_kind(ax)})")
        made = draw(self._about, axes=ax, **more)
        if ax is None:
            show(figure_of(made))
        return made

    def _many(self, draw: Callable[..., Any], ax: Any, shape: tuple[int, ...], **more: Any) -> Panels:
        """A chart with panels of that shape. Raises ValueError if other ones are given."""
        if ax is not None:
            ax = np.asarray(ax, dtype=object)
            if ax.size != prod(shape):
                wanted = f"figure.subplots({', '.join(map(str, shape if len(shape) == 2 else (1, *shape)))})"
                raise ValueError(f"this chart has {' × '.join(map(str, shape))} panels: give as many axes, such as {wanted}")
            ax = ax.reshape(shape)
        made = np.asarray(draw(self._about, axes=ax, **more), dtype=object).reshape(shape).view(Panels)
        if ax is None:
            show(made.figure)
        return made


def _kind(value: Any) -> str:
    return f"axes of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__


def charts(kind: type[Plots[Any]]) -> list[str]:
    """The names of its charts, in their order."""
    return [name for name in vars(kind) if not name.startswith("_")]


def show(figure: Figure) -> None:
    """Hand a figure to pyplot, whose backend shows it: Jupyter at the end of the cell, a script at `plt.show()`."""
    import matplotlib.pyplot as plt

    plt.figure(FigureClass=lambda *_args, **_kwargs: figure)  # type: ignore[arg-type]


class ComparisonPlots(Plots[Comparison]):
    """The charts of a comparison, or of one morning. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def morning(self, ax: Any = None) -> Panels:
        """The morning, minute by minute; panels of shape (4, designs).

        Each column is one design on the same customers: how many came, how long 95 % of them waited for an answer, how many
        orders were open, and how many people had been charged twice. What goes wrong is shaded. Lines are medians.
        """
        return self._many(morning.draw, ax, (4, self._designs))

    def duplicates(self, ax: Axes | None = None) -> Axes:
        """What the audit found: the share of purchases that each kind of harm befell, with its 95 % interval.

        A hollow triangle was not seen even once: the true rate is probably to the left of it.
        """
        return self._one(duplicates.draw, ax)

    def causes(self, ax: Any = None) -> Panels:
        """What went wrong and why: by cause the share of all purchases, and USD per 1,000 correct purchases; 2 panels."""
        return self._many(causes.draw, ax, (2,))

    def confirmation_lag(self, ax: Any = None) -> Panels:
        """How many people are still waiting after a time: for "we have your order", and for the confirmed order; 2 panels."""
        return self._many(confirmation_lag.draw, ax, (2,))

    def convergence(self, ax: Any = None) -> Panels:
        """How long the status view is wrong: a panel a design, and one with how soon after confirmation it is right."""
        return self._many(convergence.draw, ax, (self._designs + 1,))

    def cost(self, ax: Any = None) -> Panels:
        """What 1,000 correct purchases cost, in USD: the sum, then infrastructure, provider fees and failures; 4 panels."""
        return self._many(cost.draw, ax, (4,))

    def stations(self, ax: Any = None) -> Panels:
        """How full the stations were in their busiest five minutes: busy, with a queue, and the longest queue; 3 panels."""
        return self._many(stations.draw, ax, (3,))

    def tipping(self, ax: Any = None) -> Panels:
        """Mornings by the share of people who were acknowledged, a panel a design: two heaps mean a tipping point."""
        return self._many(tipping.draw, ax, (self._designs,))

    @property
    def _designs(self) -> int:
        return len(self._about.results)


class ExplanationPlots(Plots[Explanation]):
    """The charts of an explanation. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def sequence(self, ax: Axes | None = None) -> Axes:
        """The story as a sequence diagram: a lane a party, time running down, not to scale; its axes are in inches."""
        return self._one(sequence.draw, ax)


class WindowsPlots(Plots[Matrix]):
    """The charts of failure windows. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def matrix(self, ax: Any = None) -> Panels:
        """Windows down, designs across: the state of each cell and its rate; a panel for every seven designs."""
        return self._many(heat_map.draw_matrix, ax, (len(heat_map.in_blocks(list(self._about.designs))),))


class SweepPlots(Plots[Sweep]):
    """The charts of a sweep, each of one metric. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def lines(self, metric: str = "double_charge_rate", ax: Axes | None = None) -> Axes:
        """The metric over the values of one knob, a line a design with its 95 % band.

        Raises ConfigError for an unknown metric, or if several knobs have more than one value.
        """
        return self._one(sweep_lines.draw, ax, metric=self._checked(metric, 1))

    def map(self, metric: str = "double_charge_rate", ax: Any = None) -> Panels:
        """The metric over the values of two knobs, a panel a design: the second knob across, the first downwards.

        Raises ConfigError for an unknown metric, or unless two knobs have more than one value.
        """
        return self._many(sweep_map.draw, ax, (len(self._about.designs),), metric=self._checked(metric, 2))

    def _checked(self, metric: str, axes: int) -> str:
        if not isinstance(metric, str):
            raise ConfigError(f"expected a metric's name first, then ax (got {_kind(metric)})")
        if metric not in METRICS:
            raise ConfigError(f'unknown metric "{metric}"{nearest(metric, METRICS)}')
        if len(self._about.drawn) != axes:
            there = ", ".join(self._about.axes[number].name for number in self._about.drawn)
            instead = {1: "; .plot.lines draws it", 2: "; .plot.map draws it"}.get(len(self._about.drawn), "")
            raise ConfigError(
                f"this chart is over {'one knob' if axes == 1 else 'two knobs'}, and the sweep is over {there}{instead}"
            )
        return metric


class CostCurvePlots(Plots[CostCurve]):
    """The charts of a cost curve. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def cost_by_peak(self, ax: Any = None) -> Panels:
        """USD per 1,000 correct purchases as the chain grows: the sum and its three parts; panels of shape (2, 2)."""
        self._check("peaks_per_s", "peaks")
        return self._many(cost_by_peak.draw, ax, (2, 2))

    def capacity_by_peak(self, ax: Any = None) -> Panels:
        """How many checkout and payment workers it takes as the chain grows; 2 panels. Dotted: Little's law."""
        self._check("peaks_per_s", "peaks")
        return self._many(capacity_by_peak.draw, ax, (2,))

    def cost_by_brownout(self, ax: Any = None) -> Panels:
        """What a longer brownout does to the bill, in all and what it adds, at the scenario's own capacity; 2 panels."""
        self._check("lengths_s", "brownouts")
        return self._many(cost_by_brownout.draw, ax, (2,))

    def _check(self, field: str, what: str) -> None:
        if not getattr(self._about, field):
            raise ConfigError(f"this chart is over {what}, and the curve has none")


class SwingsPlots(Plots[Swings]):
    """The charts of a sensitivity. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def tornado(self, ax: Any = None) -> Panels:
        """Which inputs move each metric, the largest effect first: a bar to either end of each input; a panel a metric."""
        return self._many(tornado.draw, ax, (len(self._about.metrics),))


class OptimumPlots(Plots[Optimum]):
    """The charts of a search. `ax`: axes to draw on; without them the chart has a figure of its own."""

    def pareto(self, ax: Any = None) -> Panels:
        """Every design that was tried, by the two metrics, and the front on a scale of its own; 2 panels."""
        return self._many(pareto.draw, ax, (2,))


PLOTS: dict[type, type[Plots[Any]]] = {
    Comparison: ComparisonPlots,
    Explanation: ExplanationPlots,
    Matrix: WindowsPlots,
    Sweep: SweepPlots,
    CostCurve: CostCurvePlots,
    Swings: SwingsPlots,
    Optimum: OptimumPlots,
}


def plots(result: Any) -> Plots[Any]:
    """The charts of a result that has some."""
    return PLOTS[type(result)](result)


def hints(kind: type, held: list[str]) -> dict[str, list[str]]:
    """What else there is to type: the charts of that kind of result, and its DataFrames."""
    drawn = [f".plot.{name}()" for name in charts(PLOTS[kind])] if kind in PLOTS else []
    return ({"charts": drawn} if drawn else {}) | {"tables": [f".{name}" for name in held]}
