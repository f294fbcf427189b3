"""Gives a pool more workers when many are in use, and lets idle ones go when nobody has wanted them for a while.

The rule is that of the Kubernetes HorizontalPodAutoscaler, a worker for a pod (kubernetes.io/docs: "Horizontal Pod
Autoscaling", algorithm details): every 15 s, desired = ceil(current * utilisation / target); nothing is done within 10 % of the
target; workers that are not there yet count as idle before more of them are ordered; and the pool shrinks to the highest
number desired within the last 5 min. Its limits on the speed of growth (twice as many in 15 s) are left out.

Utilisation is the share of the last period that workers were *held* by their stories: what an autoscaler sees that is told of
requests in flight. One that is told of the processor's time (`measures: cpu`) sees only what workers compute: in a brownout of
the provider they are all held, wait, and burn none, so it orders none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil

from sim.config.design import Autoscale
from sim.world.engine import Clock
from sim.world.pool import Pool

TOLERANCE = 0.1  # Kubernetes: horizontal-pod-autoscaler-tolerance
ROUNDING = 1e-9  # workers: rounding errors in a sum of times must not order one


class Autoscaler:
    """Looks at one pool every now and then; `used_s` tells how many worker-seconds have been in use so far."""

    def __init__(self, env: Clock, pool: Pool, knobs: Autoscale, used_s: Callable[[], float]) -> None:
        self._env = env
        self._pool = pool
        self._knobs = knobs
        self._used_s = used_s
        self._used_before_s = 0.0
        self._desired = deque([(env.now, pool.paid)])  # when, and how many
        env.call(knobs.every, self._look)

    def _look(self, _: None) -> None:
        self._env.call(self._knobs.every, self._look)
        used_s = self._used_s()
        in_use = (used_s - self._used_before_s) / self._knobs.every
        self._used_before_s = used_s
        pool, current = self._pool, self._pool.paid
        if not pool.up:  # no worker reports anything
            return
        desired = min(max(self._wanted(in_use, current), self._knobs.min), self._knobs.max)
        self._note(desired)
        if desired > current:
            pool.order(desired - current, self._knobs.warm_up)
        else:
            pool.let_go(current - max(number for _, number in self._desired))

    def _wanted(self, in_use: float, current: int) -> int:
        """How many workers would be used to the target, if `in_use` of them are in use on average."""
        target = self._knobs.target
        here = in_use / (self._pool.at_work * target)
        then = in_use / (current * target)  # once the ordered workers are there
        ratio = then if here > 1 else here
        if abs(ratio - 1) <= TOLERANCE or ratio < 1 < here:
            return current
        return ceil(in_use / target - ROUNDING)

    def _note(self, desired: int) -> None:
        now, recent = self._env.now, self._desired
        recent.append((now, desired))
        while recent[0][0] < now - self._knobs.cool_down:
            recent.popleft()
