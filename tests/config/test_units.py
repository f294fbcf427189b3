"""Quantities are read with their units, and written so that they are read back as the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config import units
from sim.config.units import CENTS, CLOCK, DURATION, FACTOR, PROBABILITY, RATE, USD, Unit

UNITS = (DURATION, RATE, PROBABILITY, FACTOR, USD, CENTS, CLOCK)
DECIMALS = st.decimals(min_value=0, max_value=10**6, places=4).map(lambda number: format(number.normalize(), "f"))


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.duration_s, "250ms", 0.25),
        (units.duration_s, "30 s", 30.0),
        (units.duration_s, " 1.5min ", 90.0),
        (units.duration_s, "2h", 7200.0),
        (units.duration_s, "7d", 604800.0),
        (units.duration_s, "5us", 5e-6),
        (units.duration_s, 0, 0.0),
        (units.duration_s, "0", 0.0),
        (units.rate_per_s, "12/min", 0.2),
        (units.rate_per_s, "5 / s", 5.0),
        (units.rate_per_s, "7200/h", 2.0),
        (units.probability, "4%", 0.04),
        (units.probability, "0.2 %", 0.002),
        (units.probability, "100%", 1.0),
        (units.factor, "x10", 10.0),
        (units.factor, "x 2.5", 2.5),
        (units.usd, "6.50 USD", 6.5),
        (units.cents, "6.50USD", 650),
        (units.clock_s, "07:30", 27000.0),
        (units.clock_s, "7:30:15", 27015.0),
        (units.clock_s, "24:00", 86400.0),
        (units.clock_s, "24:10", 87000.0),
        (units.clock_s, "31:00:05", 111605.0),
        (units.clock_s, "360:00", 1296000.0),
    ],
)
def test_reading(parse: Callable[[Any], float], text: Any, value: float) -> None:
    """Each unit is read as people write it, with or without spaces; zero needs no unit."""
    assert parse(text) == value


DURATION_EXPECTED = 'expected a duration like "250ms", "30s", "2min", "3h"'
PROBABILITY_EXPECTED = 'expected a probability in percent like "4%" or "0.2%"'
RATE_EXPECTED = 'expected a rate like "5/s", "12/min", "400/h"'
MONEY_EXPECTED = 'expected an amount like "6.50 USD"'
FACTOR_EXPECTED = 'expected a factor like "x10" or "x2.5"'
CLOCK_EXPECTED = 'expected a clock time like "07:30"'


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (units.duration_s, 30, f"a bare number: add the unit; {DURATION_EXPECTED}"),
        (units.duration_s, "1e3", f"a bare number: add the unit; {DURATION_EXPECTED}"),
        (units.duration_s, "30sec", f'unknown unit "sec"; {DURATION_EXPECTED}'),
        (units.duration_s, "-3s", f"must not be negative; {DURATION_EXPECTED}"),
        (units.duration_s, "soon", DURATION_EXPECTED),
        (units.duration_s, "1e308d", f"too large; {DURATION_EXPECTED}"),
        (units.duration_s, "1e999s", f"too large; {DURATION_EXPECTED}"),
        (units.duration_s, "nan", DURATION_EXPECTED),
        (units.duration_s, float("nan"), DURATION_EXPECTED),
        (units.duration_s, True, DURATION_EXPECTED),
        (units.duration_s, None, DURATION_EXPECTED),
        (units.duration_s, [], DURATION_EXPECTED),
        (units.rate_per_s, "5", f"a bare number: add the unit; {RATE_EXPECTED}"),
        (units.rate_per_s, "5/sec", f'unknown unit "/sec"; {RATE_EXPECTED}'),
        (units.probability, 0.1, f"a bare number: add the unit; {PROBABILITY_EXPECTED}"),
        (units.probability, "101%", "a probability cannot exceed 100%"),
        (units.probability, "-1%", f"must not be negative; {PROBABILITY_EXPECTED}"),
        (units.factor, 10, f"a bare number: write an x before it; {FACTOR_EXPECTED}"),
        (units.factor, "10x", f'unknown unit "x"; {FACTOR_EXPECTED}'),
        (units.factor, "x-3", f"must not be negative; {FACTOR_EXPECTED}"),
        (units.usd, "6.50", f"a bare number: add the unit; {MONEY_EXPECTED}"),
        (units.usd, "6.50 EUR", "no rate for EUR: say in the scenario what one is worth in USD, like currencies: {EUR: 1.08}"),
        (units.usd, "6.50 euro", f'unknown unit "euro"; {MONEY_EXPECTED}'),
        (units.cents, "1.005 USD", f"not whole cents; {MONEY_EXPECTED}"),
        (units.clock_s, "360:01", f'later than "360:00", where the longest clock ends; {CLOCK_EXPECTED}'),
        (units.clock_s, "1000:00", CLOCK_EXPECTED),
        (units.clock_s, "12:60", CLOCK_EXPECTED),
        (units.clock_s, 750, CLOCK_EXPECTED),
        (units.clock_s, "noon", CLOCK_EXPECTED),
    ],
)
def test_refusing(parse: Callable[[Any], float], value: Any, message: str) -> None:
    """What is no quantity of a kind is refused in words that say what is."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse(value)


@given(st.floats(min_value=0, max_value=1e12, allow_subnormal=False))
def test_any_duration_is_written_exactly(seconds: float) -> None:
    """Any number of seconds is written so that it is read back to the last bit."""
    assert units.duration_s(units.duration_text(seconds)) == seconds


@given(st.floats(min_value=0, max_value=1e9, allow_subnormal=False))
def test_any_rate_is_written_exactly(per_s: float) -> None:
    """Any rate is written so that it is read back to the last bit."""
    assert units.rate_per_s(units.rate_text(per_s)) == per_s


@given(st.floats(min_value=0, max_value=1))
def test_any_probability_is_written_closely(p: float) -> None:
    """Any probability is written so that it is read back to within the last bit (percents can't always say it exactly)."""
    assert units.probability(units.probability_text(p)) == pytest.approx(p, rel=1e-15, abs=1e-300)


@given(DECIMALS, st.sampled_from(["{}ms", "{}s", "{}min", "{}h", "{}d", "{}us"]))
def test_a_duration_that_somebody_wrote_stays_handy(number: str, form: str) -> None:
    """What has been read from a file is written in so many digits as somebody would write, and means exactly the same."""
    value = units.duration_s(form.format(number))
    text = units.duration_text(value)
    assert units.duration_s(text) == value
    assert len(text) <= 16, text


@given(st.decimals(min_value=0, max_value=100, places=6).map(lambda number: format(number.normalize(), "f")))
def test_a_percentage_that_somebody_wrote_is_kept(number: str) -> None:
    """A percentage read from a file is written as the same percentage."""
    assert Decimal(units.probability_text(units.probability(f"{number}%"))[:-1]) == Decimal(number)


@given(st.integers(min_value=0, max_value=360 * 3600))
def test_clock_times(seconds: int) -> None:
    """Every second of the days that a clock can have is written as a clock time and read back; the wall shows it by the day."""
    assert units.clock_s(units.clock_as_written(seconds)) == seconds
    assert units.clock_s(units.clock_text(seconds)) == seconds % 86400


def test_the_day_of_a_time() -> None:
    """People read when it is by the clock on the wall, and on which day if it is not the first; a day ends at 24:00."""
    times = {27000: "07:30", 86400: "24:00", 87000: "00:10 (next day)", 111605: "07:00:05 (next day)", 172800: "00:00 (day 3)"}
    assert {seconds: units.time_and_day(seconds) for seconds in times} == times


@given(st.sampled_from(UNITS), st.text(max_size=12))
def test_no_text_breaks_a_unit(unit: Unit, text: str) -> None:
    """Any text is either read as a finite number of at least zero, or refused."""
    try:
        value = unit.parse(text)
    except ValueError:
        return
    assert 0 <= value < float("inf")


@given(st.sampled_from(UNITS), st.floats(min_value=0.01, max_value=1))
def test_what_is_written_fits_the_schema(unit: Unit, value: float) -> None:
    """Whatever a unit writes is valid by the pattern that editors check it with."""
    text = unit.text(round(value * 1000) if unit is CENTS else value)
    assert re.search(f"^{unit.pattern}$", text)
