"""The search for one design's capacity: up to where nobody waits, down to where something breaks, then its neighbours.

Nothing here says what a capacity is worth: that is asked of `sim.experiment.goals`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.config.design import Design
from sim.experiment.bench import Bench, Measure, Trial
from sim.experiment.capacity import Capacity, capacity_of, fewest
from sim.experiment.goals import COST, SLACK, Goals, change, cost_change, is_met
from sim.experiment.statistics import Difference, Estimate, paired

LOOK = 3  # mornings of a first look: what is hopeless on them is not simulated on the others
WIDEST = 64  # times the offered load: so many retries no design survives
TRIES = 8  # other answers, when one fails on fresh mornings, before the one in which nobody waits
SMALL_STEPS = 3  # of these, up by one; then by two, by four, …


@dataclass(frozen=True)
class Neighbour:
    """The same capacity with one fewer, or one more, of a component; on mornings on which the answer was simulated as well."""

    number: int  # of that component
    mornings: int
    fresh: bool  # the mornings on which the answer is measured (the first of them); else those of the search
    changed: tuple[Measure, ...]  # with one fewer what it breaks, the worst first; with one more what it improves
    values: dict[Measure, Estimate]
    instead_of: dict[Measure, Estimate]  # the same of the answer; with one fewer, of the reference where that is what counts
    cost: Difference  # USD per 1,000 correct purchases, to those of the answer or, if `to_plenty`, of the reference
    to_plenty: bool = False  # it isn't clearly dearer than the answer, but than the reference, which the answer is not


class Fitting:
    """One design being sized, on the mornings of the search and on fresh ones."""

    def __init__(
        self, design: Design, limits: dict[str, float], load: dict[str, float], start: Capacity | None,
        search: Bench, fresh: Bench,
    ) -> None:  # fmt: skip
        """`start`: a capacity from which to climb; else Little's law says one."""
        self._design, self._limits = design, limits
        self._search, self._fresh = search, fresh
        self._few = min(LOOK, len(search.seeds))
        self._nearby = min(len(search.seeds), len(fresh.seeds))  # fresh mornings on which neighbours are simulated
        self._rungs: list[Capacity] = []
        self._start = first_rung(design, load) if start is None else start
        self.reference: Capacity = {}
        self.nobody_waits = False
        self.goals = Goals(limits, (), (), ())
        self.fewer: dict[str, Neighbour] = {}
        self.more: dict[str, Neighbour] = {}

    def fit(self) -> Capacity:
        """The answer; `goals`, `reference`, `fewer` and `more` are about it."""
        self._climb()
        least = self._descend()
        while len(Goals.within_reach(self._limits, self._search.at(least)).met) > len(self.goals.met):
            self._refer_to(least)  # fewer were a throttle that helps
            least = self._descend()
        return self._settle(least)

    def _climb(self) -> None:
        """Find the reference: the first capacity at which nobody waits on the mornings of a first look, or a smaller one that
        meets more. Where nobody waits more capacity changes nothing, to the last bit.
        """
        factor = 1
        while True:
            rung = {name: factor * max(number, fewest(self._design, name)) for name, number in self._start.items()}
            self._rungs.append(rung)
            if factor >= WIDEST or self._search.at(rung, self._few).nobody_waits(rung):
                break
            factor *= 2
        self._refer_to(rung)
        look = self._not_violated(rung)
        for smaller in reversed(self._rungs[:-1]):
            if self._not_violated(smaller) > look:
                possible = Goals.within_reach(self._limits, self._search.at(smaller))
                if len(possible.met) > len(self.goals.met):
                    self._refer_to(smaller)

    def _not_violated(self, capacity: Capacity) -> int:
        """How many objectives a first look doesn't rule out."""
        look = self._search.at(capacity, self._few)
        return sum(not Goals(self._limits, (metric,), (), ()).broken(look, look, surely=True) for metric in self._limits)

    def _refer_to(self, capacity: Capacity) -> None:
        self.reference = self._cheapest = capacity
        self.nobody_waits = self._search.at(capacity).nobody_waits(capacity)
        self.goals = Goals.within_reach(self._limits, self._search.at(capacity))

    def _descend(self) -> Capacity:
        """From the smallest rung that fits, less of one component after the other, until one fewer of any breaks something.

        The cheapest component first: while there are workers in plenty it shows whether connections matter at all. Where
        workers are just enough, each change that delays anybody by a millisecond is another throw of the dice.
        """
        below = self._rungs[: self._rungs.index(self.reference)] if self.reference in self._rungs else []
        capacity = next(filter(self._fits, below), self.reference)
        once = False
        while True:
            before = capacity
            for name in reversed(capacity):
                low, high = fewest(self._design, name) - 1, capacity[name]
                while high - low > 1:
                    middle = high - 1 if once else (low + high) // 2  # the second time there is rarely anything left
                    if self._fits(capacity | {name: middle}):
                        high = middle
                    else:
                        low = middle
                capacity = capacity | {name: high}
            if capacity == before or len(capacity) == 1:
                return capacity
            once = True

    def _fits(self, capacity: Capacity) -> bool:
        """Whether it breaks nothing on the mornings of the search, and isn't dearer in all than the cheapest that was found."""
        if self._hopeless(self._search, capacity, self._few):
            return False
        trial = self._search.at(capacity)
        if self.goals.broken(trial, self._search.at(self.reference)):
            return False
        to_cheapest = cost_change(trial, self._search.at(self._cheapest))
        if to_cheapest == "better":
            self._cheapest = capacity
        return to_cheapest != "worse"

    def _hopeless(self, bench: Bench, capacity: Capacity, few: int) -> list[Measure]:
        """What a look at a few mornings shows to be missed, unless capacity in plenty misses it on them as well."""
        look, reference = (bench.at(one, few) for one in (capacity, self.reference))
        by_chance = self.goals.broken(reference, reference, surely=True)
        return [one for one in self.goals.broken(look, reference, surely=True) if one not in by_chance]

    def _settle(self, capacity: Capacity) -> Capacity:
        """The answer on fresh mornings: it breaks nothing there, one fewer of any does, and one more of none is cheaper."""
        met: list[Capacity] = []
        while True:
            capacity = self._confirm(capacity)
            met.append(capacity)
            self.fewer = {name: self._one_fewer(capacity, name)
                          for name, number in capacity.items() if number > fewest(self._design, name)}  # fmt: skip
            self.more = {name: self._one_more(capacity, name) for name in capacity}
            steps = [capacity | {name: one.number} for name, one in self.fewer.items() if not one.changed]
            steps += [capacity | {name: one.number} for name, one in self.more.items() if COST in one.changed]
            new = [step for step in steps if step not in met]
            if not new or len(met) > TRIES or capacity == self.reference:
                return capacity
            capacity = new[0]

    def _confirm(self, capacity: Capacity) -> Capacity:
        """The capacity, or the next dearer one that holds on fresh mornings; and the goals that can be met there at all."""
        tries, doubled = 0, 1
        if self.goals.held:
            self.goals = self.goals.weakened(self._possible_on_fresh(), self.goals.held)
        while broken := self._broken_on_fresh(capacity):
            weaker = self.goals.weakened(self._possible_on_fresh(), [one.metric for one in broken])
            if weaker.met != self.goals.met and doubled < WIDEST and self._somebody_waits_on_fresh():
                doubled *= 2
                self.reference = {name: 2 * number for name, number in self.reference.items()}
                self.nobody_waits = not self._somebody_waits_on_fresh()
            elif weaker != self.goals:
                self.goals = weaker
            elif capacity == self.reference:
                return capacity
            else:
                tries += 1
                capacity = self.reference if tries > TRIES else self._dearer(capacity, 2 ** max(tries - SMALL_STEPS, 0))
        return capacity

    def _somebody_waits_on_fresh(self) -> bool:
        return not self._fresh.at(self.reference).nobody_waits(self.reference)

    def _possible_on_fresh(self) -> Goals:
        return Goals.within_reach(self._limits, self._fresh.at(self.reference))

    def _broken_on_fresh(self, capacity: Capacity) -> list[Measure]:
        """What breaks there, the cost included; a first look may save the other mornings."""
        if hopeless := self._hopeless(self._fresh, capacity, self._nearby):
            return hopeless
        if missed := self.goals.broken(self._fresh.at(capacity), self.compared):
            return missed
        mornings = len(self.compared.summaries)
        return [COST] if cost_change(self._fresh.at(capacity, mornings), self.compared) == "worse" else []

    @property
    def compared(self) -> Trial:
        """The reference on fresh mornings; on all only if something is held to it, for it takes its time."""
        compared = self.goals.held or self.goals.never
        return self._fresh.at(self.reference, None if compared else self._nearby)

    def _dearer(self, capacity: Capacity, step: int) -> Capacity:
        """So many more (of many, so many twentieths more) of the component at which people waited longest."""
        trial = self._fresh.at(capacity, self._nearby)
        short = [name for name, number in capacity.items() if number < self.reference[name]]
        if not short:
            return self.reference
        name = max(short, key=trial.waiting_s)
        return capacity | {name: min(capacity[name] + step * max(capacity[name] // 20, 1), self.reference[name])}

    def _one_fewer(self, capacity: Capacity, name: str) -> Neighbour:
        """On some fresh mornings; where it breaks nothing there, on those of the search, and then on all fresh ones."""
        fewer = capacity | {name: capacity[name] - 1}
        looks = [(self._fresh, self._nearby), (self._search, len(self._search.seeds)), (self._fresh, len(self._fresh.seeds))]
        for bench, mornings in looks:
            answer, trial, reference = (bench.at(one, mornings) for one in (capacity, fewer, self.reference))
            already = self.goals.broken(answer, reference)  # by chance, on these few mornings
            breaks = [one for one in self.goals.broken(trial, reference) if one not in already]
            dearer = cost_change(trial, answer) == "worse"
            to_plenty = not dearer and cost_change(trial, reference) == "worse" != cost_change(answer, reference)
            breaks += [COST] if dearer or to_plenty else []
            if breaks:
                break
        against = {one: answer if one.metric in self.goals.met and not one.reached else reference for one in breaks}
        if dearer:
            against[COST] = answer
        other = reference if to_plenty else answer
        return self._neighbour(name, fewer, trial, against, other, fresh=bench is self._fresh, to_plenty=to_plenty)

    def _one_more(self, capacity: Capacity, name: str) -> Neighbour:
        """On some fresh mornings: which objectives it meets, or makes better by more than SLACK, and whether it's cheaper."""
        more = capacity | {name: capacity[name] + 1}
        answer, trial = (self._fresh.at(one, self._nearby) for one in (capacity, more))
        missed = [metric for metric, limit in self._limits.items() if not is_met(metric, limit, answer)]
        measures = [Measure(metric) for metric in missed if metric not in self.goals.never]
        measures += [one for one in self.goals.stand_ins if one not in measures]
        better = [one for one in measures if change(one, trial, answer, SLACK) == "better"]
        if cost_change(trial, answer) == "better":
            better.append(COST)
        return self._neighbour(name, more, trial, dict.fromkeys(better, answer), answer, fresh=True)

    def _neighbour(
        self, name: str, capacity: Capacity, trial: Trial, against: dict[Measure, Trial], other: Trial,
        *, fresh: bool, to_plenty: bool = False,
    ) -> Neighbour:  # fmt: skip
        """`against`: what has changed, and against which trial; `other`: against which the cost is told."""
        values = {one: trial.estimate(one) for one in against}
        instead_of = {one: made.estimate(one) for one, made in against.items()}
        cost = paired(trial.costs, other.costs)
        return Neighbour(capacity[name], len(trial.summaries), fresh, tuple(against), values, instead_of, cost, to_plenty)


def first_rung(design: Design, load: dict[str, float]) -> Capacity:
    """So many as the load keeps busy, and twice its root for chance, but no fewer than there must be.

    Square-root staffing: Halfin and Whitt, Operations Research 29 (1981).
    """
    guess = {name: math.ceil(load[name] + 2 * math.sqrt(load[name])) for name in capacity_of(design)}
    return {name: max(number, fewest(design, name)) for name, number in guess.items()}
