"""A proxy that hears nothing for 60 s sends the same POST to the next pod while the first is at work (rancher/rancher#35424).

The provider is 180 times as slow for 10 of 60 minutes, in which every call takes longer than the proxy waits.
"""

from __future__ import annotations

import numpy as np

from sim.architectures import parse_design
from sim.config.library import parse_scenario
from tests.cases import world
from tests.worlds import judged

SCENARIO = world("proxy-timeout")
DESIGN = """
name: proxied
from: naive
app: {timeout: 20min, retry: {never: true}}
payment: {timeout: 10min}
checkout: {workers: 64}
proxy: {KNOBS}
"""


def charges(knobs: str) -> np.ndarray:
    """How many purchases were charged how often, in two mornings."""
    design = parse_design(DESIGN.replace("KNOBS", knobs))
    counts = [judged(parse_scenario(SCENARIO), design, seed)[1].audit.charged for seed in range(2)]
    return np.bincount(np.concatenate(counts), minlength=4)


def test_one_in_six_is_charged_twice_and_nearly_all_of_them_three_times() -> None:
    """10 of 60 minutes; three times unless the brownout has ended a minute later: 9 of 10. Four standard errors of 720 each."""
    counts = charges("timeout: 60s")
    number, twice, thrice = counts.sum(), counts[2:].sum(), counts[3]
    assert abs(twice / number - 1 / 6) < 4 * np.sqrt(1 / 6 * 5 / 6 / number)
    assert abs(thrice / twice - 0.9) < 4 * np.sqrt(0.9 * 0.1 / twice)


def test_nobody_is_if_the_proxy_waits_longer_or_sends_once() -> None:
    for knobs in ("timeout: 11min", "timeout: 60s, tries: 1", "timeout: 60s, on: [reset]"):
        assert charges(knobs)[2:].sum() == 0
