"""What several small queues lose against one large one is what Erlang's formula says, no more and no less."""

from __future__ import annotations

import numpy as np
import pytest

from sim.validation.agreement import Estimated
from sim.validation.queues import EXPONENTIAL, erlang_c, long_run, queue_of
from sim.world.cell import cells_of
from tests.theory.bare import bare_design, bare_world
from tests.tiers import slow
from tests.worlds import judged

SERVERS, LOAD = 8, 6.4  # 80 % busy


def waits(of: int, *, purchases: int) -> Estimated:
    """The mean wait in M/M/8 with a mean service of 1 s, its customers and servers dealt to so many cells."""
    checkout = {"workers": SERVERS, "service": EXPONENTIAL}
    knobs = {"checkout": checkout, "database": {"connections": of}, "payment": {"timeout": "1d"}}
    scenario, design = bare_world(purchases, LOAD), bare_design("naive", knobs)
    queues = [queue_of(judged(scenario, design, 3, cell)[0]) for cell in cells_of(of)]
    assert [len(queue.waited_s) for queue in queues] == pytest.approx([purchases / of] * of, rel=0.05)
    return long_run(queues, [queue.waited_s for queue in queues], LOAD / of)


@pytest.mark.parametrize("of", slow([1, 2, 4], but=[4]))
def test_waits_in_cells_are_those_of_small_queues(of: int) -> None:
    """M/M/8 at 80 % load waits Erlang's C(8, 6.4) / 1.6 s in one, C(4, 3.2) / .8 s in two cells, C(2, 1.6) / .4 s in four."""
    servers, load = SERVERS // of, LOAD / of
    waits(of, purchases=30_000).check(erlang_c(servers, load) / (servers - load), se_below=0.08, what=f"{of} cells")


def test_small_queues_wait_longer() -> None:
    """At the same load, the loss grows with the number of cells: the theory that is compared with is not flat."""
    expected = np.array([erlang_c(SERVERS // of, LOAD / of) / ((SERVERS - LOAD) / of) for of in (1, 2, 4, 8)])
    assert (np.diff(expected) > 0.4 * expected[:-1]).all()
