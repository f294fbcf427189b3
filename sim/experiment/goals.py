"""What a capacity is held to: an objective's limit where it can be met, else the best that any capacity reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sim.experiment.bench import LAGS, Measure, Trial
from sim.experiment.estimates import holds, judge, judgement
from sim.experiment.statistics import Estimate, paired
from sim.vocabulary import METRICS

SLACK = 0.05  # as good as where nobody waits: at most this share worse
COST = Measure("cost_per_1000")
Change = Literal["better", "worse", ""]


@dataclass(frozen=True)
class Goals:
    """What becomes of each objective. One of which there was nothing to count is in none of the three."""

    limits: dict[str, float]  # of all objectives but those of cost
    met: tuple[str, ...]
    held: tuple[str, ...]  # no capacity is sure to meet them; they are to be as good as in the reference, give or take SLACK
    never: tuple[str, ...]  # infinite in the reference, on some mornings; their stand-ins are to be as good as there

    @classmethod
    def within_reach(cls, limits: dict[str, float], trial: Trial) -> Goals:
        """What a trial with more than enough capacity shows to be possible."""
        met = tuple(metric for metric, limit in limits.items() if is_met(metric, limit, trial))
        rest = [metric for metric in limits if metric not in met]
        held = tuple(metric for metric in rest if trial.metrics[metric].mean is not None)
        return cls(limits, met, held, tuple(metric for metric in rest if trial.metrics[metric].never))

    @property
    def uncounted(self) -> list[str]:
        """Objectives of which there was nothing to count, so that nothing is held to them."""
        return [metric for metric in self.limits if metric not in (*self.met, *self.held, *self.never)]

    @property
    def stand_ins(self) -> list[Measure]:
        """Finite measures in place of the objectives that are infinite at every capacity.

        How many got there, and how long those waited who did; serving fewer can look good in one of them, not in all.
        """
        if not self.never:
            return []
        instead = [Measure("acknowledged_share"), Measure("confirmed_share")]
        instead += [Measure(metric, reached=True) for metric in self.never if metric.rpartition("_p")[0] in LAGS]
        if "convergence_time" in self.never:
            instead.append(Measure("unconverged_orders"))
        return instead

    def weakened(self, possible: Goals, metrics: Iterable[str]) -> Goals:
        """The same, but some of the objectives are held only to what is possible."""
        weaker = [metric for metric in metrics if metric in self.met and metric not in possible.met]
        weaker += [metric for metric in metrics if metric in self.held and metric not in (*possible.met, *possible.held)]
        return replace(
            self,
            met=tuple(metric for metric in self.met if metric not in weaker),
            held=(*(metric for metric in self.held if metric not in weaker), *(m for m in weaker if m in possible.held)),
            never=(*self.never, *(metric for metric in weaker if metric in possible.never)),
        )

    def broken(self, trial: Trial, reference: Trial, *, surely: bool = False) -> list[Measure]:
        """What a trial misses, the one that it misses by most first. `reference`: the same mornings, in plenty.

        `surely`: a limit counts as missed only if the interval is beyond it, for a look at a few mornings.
        """
        missed = [Measure(metric) for metric in self.met if self._misses(metric, trial, surely=surely)]
        missed += [Measure(metric) for metric in self.held if self._falls_behind(metric, trial, reference)]
        missed += [one for one in self.stand_ins if one not in missed and change(one, trial, reference, SLACK) == "worse"]
        return sorted(missed, key=lambda one: -_excess(one.metric, self._bar(one, reference), trial.estimate(one)))

    def _misses(self, metric: str, trial: Trial, *, surely: bool) -> bool:
        status = judge(metric, self.limits[metric], trial.metrics[metric])
        return status == "violated" if surely else not holds(status)

    def _falls_behind(self, metric: str, trial: Trial, reference: Trial) -> bool:
        """Clearly worse than the reference, or violated where the reference is undecided."""
        limit = self.limits[metric]
        here, there = (judge(metric, limit, one.metrics[metric]) for one in (trial, reference))
        return (here == "violated" != there) or change(Measure(metric), trial, reference, SLACK) == "worse"

    def _bar(self, measure: Measure, reference: Trial) -> float:
        """The limit, or the reference's value of what is compared with it."""
        value = None if measure.metric in self.met else reference.estimate(measure).mean
        return self.limits.get(measure.metric, math.inf) if value is None else value


def is_met(metric: str, limit: float, trial: Trial) -> bool:
    return holds(judge(metric, limit, trial.metrics[metric]))


def change(measure: Measure, trial: Trial, reference: Trial, slack: float) -> Change:
    """How a measure differs from that of another trial on the same mornings, if by more than `slack` of it and clearly."""
    return _change(measure.metric, trial.of(measure), reference.of(measure), slack)


def cost_change(trial: Trial, other: Trial) -> Change:
    """Whether a correct purchase is clearly cheaper or dearer, failures included, than in another trial on the same mornings.

    The more mornings without any correct purchase, the dearer.
    """
    return _change(COST.metric, trial.costs, other.costs, 0.0)


def _change(metric: str, values: np.ndarray, others: np.ndarray, slack: float) -> Change:
    """Clear is what the interval of the paired differences says, or every morning if it is by more than SLACK.

    The latter is for few mornings: Student's interval of two is six times as wide as they are apart.
    """
    more_never = int(np.isinf(values).sum()) - int(np.isinf(others).sum())
    if more_never:
        return "worse" if more_never > 0 else "better"
    both = np.isfinite(values) & np.isfinite(others)
    apart = paired(values[both], others[both])
    usual = float(np.abs(others[both]).mean()) if both.any() else 0.0
    if apart.difference is None or abs(apart.difference) <= slack * usual:
        return ""
    said = judgement(metric, apart)
    if said in ("better", "worse"):
        return said
    signs = np.sign(values[both] - others[both])
    if abs(apart.difference) > SLACK * usual and abs(signs.sum()) == len(signs) > 1:
        return "worse" if METRICS[metric].badness(apart.difference) > 0 else "better"
    return ""


def _excess(metric: str, bar: float, value: Estimate) -> float:
    """How many times worse than the bar; infinite for what never comes."""
    if value.mean is None:
        return math.inf
    above, below = (bar, value.mean) if METRICS[metric].more_is_better else (value.mean, bar)
    return above / below if below else math.inf if above else 1.0
