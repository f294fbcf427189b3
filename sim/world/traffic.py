"""When customers arrive: a non-homogeneous Poisson process, whose rate is piecewise linear or jumps, or real arrival times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sim.config.errors import ConfigError
from sim.config.scenario import Hours, Scenario
from sim.config.units import DAY_S, clock_s
from sim.world.streams import Streams
from sim.world.timetable import Timetable

# Shares of a day's sales in the hours from 06:00 to 20:00, Maven Roasters (fictional New York coffee shops, 149,116 sale
# lines, January to June 2023, public domain; pivot in github.com/Deepakdeepak1/Coffee-Shop-Analysis). A shape, not evidence.
COFFEE_SHOP = (
    (0.0313, 0.0909, 0.1183, 0.1219, 0.1269, 0.0663, 0.0575, 0.0578, 0.0591, 0.0597, 0.0588, 0.0574, 0.0491, 0.0407, 0.0042)
)  # fmt: skip
FIRST_HOUR = 6
JUMP_S = 0.0005  # a step is made within a millisecond
MOST_PURCHASES = 5_000_000  # in one cell of a morning: a slip of a unit should be an error, not a full memory


def rate_knots(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Times (s since the start) and rates (per s) between which the arrival rate is linear, spikes left out.

    The profile is constant within each hour, as far as is known, and zero outside its hours. Raises ConfigError if nobody
    would come.
    """
    clock, traffic = scenario.clock, scenario.traffic
    grid = np.array([0.0, clock.duration])
    if traffic.rate is not None:
        return grid, np.full(2, traffic.rate)
    if traffic.shape is not None:
        times = np.array(clock.shape_s([clock_s(time) for time in traffic.shape]))
        rates = np.array(list(traffic.shape.values()))
    elif traffic.steps is not None:
        times, rates = _stairs(np.array(clock.shape_s([clock_s(time) for time in traffic.steps])), list(traffic.steps.values()))
    else:
        times, rates = _day_after_day(clock)
    inside = times[(times > 0) & (times < clock.duration)]
    if traffic.profile is not None and clock.duration > DAY_S:
        inside = np.union1d(inside, [DAY_S])  # where the 24 hours end that are repeated
    knots = np.concatenate([[0.0], inside, [clock.duration]])
    values: np.ndarray = np.interp(knots, times, rates)
    if not values.any():
        opens = "" if traffic.profile is None else ", and this profile's shop is open from 06:00 to 21:00"
        raise ConfigError(f"{scenario.name}: zero traffic within the clock's start and duration ({clock.opening}){opens}")
    if traffic.profile is not None:
        first_day = knots <= DAY_S  # what the profile's purchases are of
        values = values / np.trapezoid(values[first_day], knots[first_day]) * traffic.profile.purchases
    return knots, values


def _stairs(times: np.ndarray, rates: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Each rate from its time to the next; the first one before, too."""
    knots = np.column_stack([times - JUMP_S, times + JUMP_S]).ravel()[1:]
    return knots, np.repeat(rates, 2)[:-1]


def _day_after_day(clock: Hours) -> tuple[np.ndarray, np.ndarray]:
    """The profile's steps, in s since the start, on every day that the clock touches: it is closed at night."""
    hours = (np.arange(len(COFFEE_SHOP) + 1) + FIRST_HOUR) * 3600.0 - clock.start
    steps = np.column_stack([hours - JUMP_S, hours + JUMP_S]).ravel()
    days = np.arange(1 + (clock.start + clock.duration) // DAY_S)
    rates = np.concatenate([[0.0], np.repeat(COFFEE_SHOP, 2), [0.0]])
    return (days[:, None] * DAY_S + steps).ravel(), np.tile(rates, len(days))


def expected(scenario: Scenario) -> float:
    """How many purchases a morning has on average, spikes left out. Raises ConfigError if nobody would come."""
    real = scenario.traffic.arrivals
    known = real.times if real is not None else scenario.traffic.times
    if known is not None:
        return float(len(known))
    knots, rates = rate_knots(scenario)
    return float(np.trapezoid(rates, knots))


def peak_per_s(scenario: Scenario) -> float:
    """The highest arrival rate (per s) of the morning, spikes left out. Raises ConfigError for real arrivals."""
    if scenario.traffic.arrivals is not None or scenario.traffic.times is not None:
        raise ConfigError(
            f"{scenario.name}: has real arrival times, and other traffic can't be made of them; give traffic as a shape:, "
            "steps:, a profile: or a rate:"
        )
    return float(rate_knots(scenario)[1].max())


def arrival_times(scenario: Scenario, spikes: Timetable, streams: Streams) -> np.ndarray:
    """Sorted seconds since the start, shape (purchases,). Poisson in number, then independent with density ∝ rate.

    A cell has its share of the rate; real arrivals are dealt, each to one of the cells.

    Raises ConfigError if there are more than can be meant.
    """
    real = scenario.traffic.arrivals
    if real is not None or scenario.traffic.times is not None:
        known = real.times if real is not None else scenario.traffic.times
        assert known is not None, "the file is read when the scenario is loaded"
        times = np.sort([scenario.clock.since_start_s(time) for time in known])
        if streams.cell.of == 1:
            return times
        dealt_to = streams.shared.generator("arrivals.cell").integers(streams.cell.of, size=len(times))
        return times[dealt_to == streams.cell.number]
    knots, rates = rate_knots(scenario)
    edges = [edge for spell in spikes.spells for edge in (spell.begin_s, spell.end_s) if 0 < edge < knots[-1]]
    grid = np.unique(np.concatenate([knots, edges]))
    left, width = grid[:-1], np.diff(grid)
    factor = np.array([spikes.at((a + b) / 2).slower for a, b in pairwise(grid)])
    begin, end = np.interp(left, knots, rates) * factor, np.interp(grid[1:], knots, rates) * factor
    begin, end = begin / streams.cell.of, end / streams.cell.of
    expected = np.concatenate([[0.0], np.cumsum((begin + end) / 2 * width)])
    if expected[-1] > MOST_PURCHASES:
        where = "one morning" if streams.cell.of == 1 else "one cell of a morning"
        raise ConfigError(
            f"{scenario.name}: about {expected[-1]:.3g} purchases in {where}; "
            f"at most {MOST_PURCHASES:,} (more cells share them)"
        )
    rng = streams.generator("arrivals")
    mass = np.sort(rng.random(rng.poisson(expected[-1]))) * expected[-1]
    piece = np.clip(np.searchsorted(expected, mass, side="right") - 1, 0, len(left) - 1)
    return left[piece] + _invert(begin[piece], (end - begin)[piece] / width[piece], mass - expected[piece])


def _invert(rate: np.ndarray, slope: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """The time x at which rate·x + slope·x²/2 = mass (written so that slope 0 and rate 0 are no special cases)."""
    root = np.sqrt(np.maximum(rate**2 + 2 * slope * mass, 0.0))
    time: np.ndarray = 2 * mass / np.maximum(rate + root, 1e-300)
    return time
