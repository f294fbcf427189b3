"""Near a tipping point the report shows two heaps of mornings, and not their mean alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.patches import Rectangle

from sim.architectures import load_design, parse_design
from sim.config.library import parse_scenario
from sim.experiment.compare import Comparison, compare
from sim.experiment.effort import Effort
from sim.report.charts import tipping
from sim.report.page import write_report

# Ten workers of 100 ms under 50/s, a timeout of 1 s and one retry at once: mu / (1 + R) is 50/s.
EDGE = """
name: edge
clock: {start: "07:00", duration: 50s, drain: 1min}
traffic: {rate: 50/s}
customers: {patience: {constant: 7d}, polling: {every: 1d}, max_submissions: 1}
network: {latency: {constant: 0s}}
provider: {latency: {constant: 0s}}
faults: [{slow: checkout, at: "07:00:05", for: 1s, times: x10}]
"""
DESIGN = """
name: retries-at-once
from: naive
app: {timeout: 1s, retry: {fixed: {delay: 0s, attempts: 2}}}
checkout: {workers: 10, instances: 1, service: {exponential: 100ms}, queue_limit: none}
"""


@pytest.fixture(scope="session")
def edge() -> Comparison:
    return compare(parse_scenario(EDGE), [parse_design(DESIGN), load_design("naive")], Effort(6, jobs=1))


def test_two_kinds_of_mornings(edge: Comparison, stormy: Comparison) -> None:
    """Some mornings collapsed and others didn't, of the same design under the same load; in other worlds there is one kind."""
    share = edge.results["retries-at-once"].metrics["collapsed_share"]
    assert share.mean is not None
    assert 0 < share.mean < 1
    assert tipping.has_two_kinds(edge)
    assert not tipping.has_two_kinds(stormy)


def test_every_morning_is_in_the_histogram_once(edge: Comparison) -> None:
    """The bars' heights are numbers of mornings, in two heaps with nothing between them."""
    upper, lower = tipping.draw(edge)
    for ax in (upper, lower):
        assert sum(bar.get_height() for bar in ax.patches if isinstance(bar, Rectangle)) == edge.mornings
    filled = [bar.get_x() for bar in upper.patches if isinstance(bar, Rectangle) and bar.get_height() > 0]
    assert min(filled) < 0.3
    assert max(filled) > 0.9
    assert not [x for x in filled if 0.3 < x < 0.9]


@pytest.mark.slow
@pytest.mark.usefixtures("quick", "untold")
def test_the_page_shows_it_where_there_is_one(edge: Comparison, stormy: Comparison, tmp_path: Path) -> None:
    """The figure and its files are part of the report only then, and another report replaces them."""
    page = write_report(edge, tmp_path / "r", command="x").read_text(encoding="utf-8")
    assert '<figure id="chart-tipping">' in page
    assert (tmp_path / "r" / "charts" / "tipping.png").exists()
    page = write_report(stormy, tmp_path / "r", command="x").read_text(encoding="utf-8")
    assert "chart-tipping" not in page
    assert not (tmp_path / "r" / "charts" / "tipping.png").exists()
