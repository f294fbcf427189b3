from __future__ import annotations

import numpy as np

from sim.report.spread import band_text, spread


def test_few_mornings_span_from_lowest_to_highest() -> None:
    """With fewer than ten mornings the band holds all of them, and the line is the median one."""
    low, median, high = spread([np.array([3, 1]), np.array([1, 5]), np.array([2, 9])])
    assert [*low, *median, *high] == [1, 1, 2, 5, 3, 9]


def test_many_mornings_leave_a_tenth_out_on_each_side() -> None:
    """With 20 mornings the two lowest and the two highest are outside of the band."""
    low, median, high = spread([np.array([float(i)]) for i in range(20)])
    assert (low[0], median[0], high[0]) == (2, 9, 17)


def test_never_stays_never_and_nobody_is_not_counted() -> None:
    """Infinity is the largest value, not an error, and a morning without a value in a step doesn't count there."""
    low, median, high = spread([np.array([1.0, np.nan]), np.array([np.inf, np.nan]), np.array([np.nan, np.nan])])
    assert (low[0], median[0], high[0]) == (1, 1, np.inf)
    assert np.isnan([low[1], median[1], high[1]]).all()


def test_the_band_is_named() -> None:
    """The text beside a chart says what the band is."""
    assert band_text(1) == "1 morning"
    assert "lowest" in band_text(5)
    assert "80 %" in band_text(10)
