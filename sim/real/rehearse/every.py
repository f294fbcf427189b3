"""Every combination of at most so many mishaps, one purchase each: fewest first, and each set once.

A set is extended only by what its own run has really come across. Sets that contain one that breaks something are left out:
that it is broken is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sim.real.rehearse.mishaps import Plan, extended, reachable, told
from sim.real.rehearse.process import Undecided
from sim.real.rehearse.stage import Run, Stage

MOST_MISHAPS = 3
MOST_FAILING = 25  # told of; the search goes on


@dataclass(frozen=True)
class Failing:
    """A run that broke something, and whether it did so once more."""

    run: Run
    again: Run | None

    @property
    def reproduced(self) -> bool:
        return self.again is not None and bool(set(self.run.broken) & set(self.again.broken))


@dataclass
class Found:
    """What all runs have shown."""

    bound: int
    most: int
    runs: Counter[int] = field(default_factory=Counter)  # by the number of mishaps
    reached: Counter[str] = field(default_factory=Counter)  # kinds of mishaps that came about
    unreached: int = 0  # runs in which a planned mishap had no occasion
    failing: list[Failing] = field(default_factory=list)
    left: int = 0  # sets that were not tried any more
    deaths: int = 0  # runs in which the service died by itself
    calm: Run | None = None
    undecided: str = ""  # why nobody can say
    interrupted: bool = False

    @property
    def verdict(self) -> str:
        if self.failing:
            return "violated"
        return "undecided" if self.undecided or self.interrupted or self.left else "holds"


Progress = Callable[[int, int, int], None]  # (mishaps of a run, such runs done, of)


async def search(stage: Stage, found: Found, progress: Progress) -> None:
    """Fill `found`. A service that can't be judged ends the search, and `found` says why."""
    try:
        found.calm = await _one(stage, (), found, check=_check_calm)
        level: dict[Plan, Run] = {} if found.calm.broken else {(): found.calm}
        for mishaps in range(1, found.bound + 1):
            level = await _next(stage, level, found, partial(progress, mishaps))
    except Undecided as error:
        found.undecided = str(error)
    if not found.undecided and not found.failing and found.deaths:
        found.undecided = f"the service ended by itself in {found.deaths} of {found.runs.total()} runs{stage.running.said()}"


async def _next(stage: Stage, level: dict[Plan, Run], found: Found, progress: Callable[[int, int], None]) -> dict[Plan, Run]:
    """The runs with one mishap more. They are extended further if nothing broke and all that was planned came about."""
    plans: dict[Plan, None] = {}
    for plan, run in level.items():
        by = reachable(
            run.posts, len(run.purchase.requests), killed=stage.running.killable, webhooks=bool(run.deliveries),
            charged=any(one.taken_s is not None for one in run.charges),
        )  # fmt: skip
        plans |= dict.fromkeys(extended(plan, by))
    broken = [set(failing.run.plan) for failing in found.failing]
    todo = [plan for plan in plans if not any(part <= set(plan) for part in broken)]
    made: dict[Plan, Run] = {}
    for number, plan in enumerate(todo):
        if sum(found.runs.values()) >= found.most:
            found.left += len(todo) - number
            break
        progress(number, len(todo))
        run = await _one(stage, plan, found)
        if not run.broken and not run.unreached:
            made[plan] = run
    progress(len(todo), len(todo))
    return made


async def _one(stage: Stage, plan: Plan, found: Found, *, check: Callable[[Stage, Run], None] | None = None) -> Run:
    run = await stage.run(plan)
    if check is not None:
        check(stage, run)
    found.runs[len(plan)] += 1
    found.deaths += run.died
    found.unreached += bool(run.unreached)
    found.reached.update(f"{mishap.what} {mishap.how}" for mishap in run.came)
    if run.broken:
        again = await stage.run(plan) if len(found.failing) < MOST_FAILING else None
        found.failing.append(Failing(run, again))
    return run


def _check_calm(stage: Stage, run: Run) -> None:
    """Raises Undecided where the purchase without any mishap shows that the adapter is wrong, or the shop as a whole.

    This goes before any harm: an order that is looked for at the wrong place looks like one that was lost.
    """
    buyer = run.purchase
    statuses = ", ".join(str(one.status) if one.status else "no answer" for one in buyer.requests)
    if buyer.acknowledged_s is None and not run.charges:
        raise Undecided(f"an order with {told(())} was answered {statuses}: nobody could buy anything{stage.running.said()}")
    if not run.posts:
        raise Undecided(
            f"the service confirmed an order and never called the provider at {stage.provider.address}; point its SDK there "
            '(process.env: {STRIPE_API_BASE: "{provider}"}), or set provider.port'
        )
    if run.orders is not None and not run.orders and buyer.confirmed_s is not None:
        raise Undecided(
            "the order of an undisturbed purchase is not among those that the service shows; look at orders.items and "
            "orders.purchase"
        )
