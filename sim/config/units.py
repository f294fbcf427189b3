"""Quantities as people write them: `250ms`, `2min`, `12/min`, `4%`, `x10`, `6.50 USD`, `"07:30"`.

A bare number where a unit is needed is an error: 30 *what*? Zero needs no unit. Every unit also writes quantities, and reads
what it has written back as the same number: to the last bit, if a number of at most 15 digits can express it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
PER_SECOND = {"us": 1e6, "ms": 1e3}  # exact, so that 5us is 5e-6 to the last bit
PERIODS = ("s", "min", "h", "d")
_NUMBER = r"\s*([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)\s*"
_DURATION = 'a duration like "250ms", "30s", "2min", "3h"'
_RATE = 'a rate like "5/s", "12/min", "400/h"'
_PROBABILITY = 'a probability in percent like "4%" or "0.2%"'
_FACTOR = 'a factor like "x10" or "x2.5"'
_MONEY = 'an amount like "6.50 USD"'
CURRENCY = "[A-Z]{3}"
# USD for one of another currency, in the file that is being read.
_RATES: ContextVar[Mapping[str, float]] = ContextVar("rates", default=MappingProxyType({}))
_CLOCK = 'a clock time like "07:30"'
DAY_S = 86400.0
LAST_HOUR = 360  # the end of a clock that starts at 24:00 and runs for seven days and a drain of seven more


def _quantity(value: Any, pattern: str, expected: str) -> re.Match[str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected {expected}")
    text = str(value)
    match = re.fullmatch(pattern, text)
    if match is None:
        if re.fullmatch(r"\s*x?\s*-\s*[0-9.].*", text):
            raise ValueError(f"must not be negative; expected {expected}")
        if re.fullmatch(_NUMBER, text):
            raise ValueError(f"a bare number: add the unit; expected {expected}")
        unknown = re.fullmatch(_NUMBER + r"([^0-9.\s]\S*)\s*", text)
        raise ValueError(f'unknown unit "{unknown[2]}"; expected {expected}' if unknown else f"expected {expected}")
    return match


def _finite(value: float, expected: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"too large; expected {expected}")
    return value


def _is_zero(value: Any) -> bool:
    return not isinstance(value, bool) and value in (0, "0")


def duration_s(value: Any) -> float:
    """Seconds of a duration such as `250ms`, `30s`, `2min`, `3h`, `7d`. Raises ValueError."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + rf"({'|'.join(SECONDS)})\s*", _DURATION)
    number, unit = float(match[1]), match[2]
    return _finite(number / PER_SECOND[unit] if unit in PER_SECOND else number * SECONDS[unit], _DURATION)


def rate_per_s(value: Any) -> float:
    """Events per second of a rate such as `5/s`, `12/min`, `40/h`. Raises ValueError."""
    if _is_zero(value):
        return 0.0
    match = _quantity(value, _NUMBER + rf"/\s*({'|'.join(PERIODS)})\s*", _RATE)
    return _finite(float(match[1]) / SECONDS[match[2]], _RATE)


def probability(value: Any) -> float:
    """A probability written in percent (`4%`). Raises ValueError above 100 %."""
    if _is_zero(value):
        return 0.0
    p = float(_quantity(value, _NUMBER + r"%\s*", _PROBABILITY)[1]) / 100
    if p > 1:
        raise ValueError("a probability cannot exceed 100%")
    return p


def factor(value: Any) -> float:
    """A multiplier such as `x10`. Raises ValueError."""
    if isinstance(value, str | int | float) and re.fullmatch(_NUMBER, str(value)) and not isinstance(value, bool):
        raise ValueError(f"a bare number: write an x before it; expected {_FACTOR}")
    return _finite(float(_quantity(value, r"\s*x" + _NUMBER, _FACTOR)[1]), _FACTOR)


@contextmanager
def exchanged(rates: Mapping[str, float]) -> Iterator[None]:
    """While a file is read that says what one of each currency is worth in USD. What is no rate is left out."""
    known = {code: rate for code, rate in rates.items() if re.fullmatch(CURRENCY, str(code)) and isinstance(rate, int | float)}
    token = _RATES.set(known)
    try:
        yield
    finally:
        _RATES.reset(token)


def usd(value: Any) -> float:
    """USD of an amount of money such as `6.50 USD`, or in a currency of which the file gives the rate. Raises ValueError."""
    return _money(value)[0]


def cents(value: Any) -> int:
    """Whole cents of an amount such as `6.50 USD`; of another currency, the nearest. Raises ValueError."""
    amount, is_exchanged = _money(value)
    amount = _finite(amount * 100, _MONEY)
    if abs(amount - round(amount)) > 1e-6 and not is_exchanged:
        raise ValueError(f"not whole cents; expected {_MONEY}")
    return round(amount)


def _money(value: Any) -> tuple[float, bool]:
    """USD, and whether they were another currency."""
    if _is_zero(value):
        return 0.0, False
    rates = {"USD": 1.0, **_RATES.get()}
    match = _quantity(value, _NUMBER + rf"({CURRENCY})\s*", _MONEY)
    amount, currency = float(match[1]), match[2]
    if currency not in rates:
        raise ValueError(
            f"no rate for {currency}: say in the scenario what one is worth in USD, like currencies: {{{currency}: 1.08}}"
        )
    return _finite(amount * rates[currency], _MONEY), currency != "USD"


def clock_s(value: Any) -> float:
    """Seconds after midnight of a clock time such as "07:30" or "07:30:15". Raises ValueError.

    Hours may be counted on past midnight, as in timetables of night buses: "24:10" is ten past midnight, "31:00" seven o'clock
    on the next day.
    """
    match = re.fullmatch(r"\s*([0-9]{1,3}):([0-9]{2})(?::([0-9]{2}))?\s*", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError(f"expected {_CLOCK}")
    seconds = int(match[1]) * 3600.0 + int(match[2]) * 60.0 + int(match[3] or 0)
    if seconds > LAST_HOUR * 3600:
        raise ValueError(f'later than "{LAST_HOUR}:00", where the longest clock ends; expected {_CLOCK}')
    return seconds


def clock_as_written(seconds: float) -> str:
    """`07:30` (or `07:30:15`) for seconds after midnight, as a file says it: `24:10` for ten past the next midnight."""
    whole = round(seconds)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}"
    return text if whole % 60 == 0 else f"{text}:{whole % 60:02d}"


def clock_text(seconds: float) -> str:
    """What the clock on the wall shows then: `07:30`, on every day; `00:10` ten past midnight."""
    return clock_as_written(round(seconds) % DAY_S)


def time_and_day(seconds: float) -> str:
    """`07:30`; `00:10 (next day)`, `07:30 (day 3)`: for people, where the day matters. A day ends at `24:00`."""
    days, rest = divmod(round(seconds), int(DAY_S))
    if days == 0 or (days, rest) == (1, 0):
        return clock_as_written(seconds)
    return f"{clock_text(seconds)} ({'next day' if days == 1 else f'day {days + 1}'})"


def seconds_into(begin_s: float, end_s: float, time_s: float) -> float:
    """How long after `begin_s` it is `time_s`, all in seconds after midnight, for a clock that runs from `begin_s` to `end_s`.

    A time earlier than the beginning is of the next day, if the clock runs so far. It is negative, or more than the clock's
    length, if the clock never shows that time.
    """
    since_s = time_s - begin_s
    return since_s + DAY_S if since_s < 0 and time_s + DAY_S <= end_s else since_s


def duration_text(seconds: float) -> str:
    """The shortest readable text for exactly these seconds: `250ms`, `90s`, `2min`."""
    if seconds == 0:
        return "0s"
    return _handiest(seconds, duration_s, ((seconds / size, "", unit) for unit, size in SECONDS.items()))


def rate_text(per_s: float) -> str:
    """The shortest readable text for exactly this rate: `5/s`, `12/min`."""
    if per_s == 0:
        return "0/s"
    return _handiest(per_s, rate_per_s, ((per_s * SECONDS[period], "", f"/{period}") for period in PERIODS))


def probability_text(p: float) -> str:
    return _handiest(p, probability, [(p * 100, "", "%")])


def share_text(share: float) -> str:
    """The percents of a computed share, without their sign: `7.3`, `0.0099`, `99.98`: two digits that count.

    Almost all is not all, unless it is the last bits of a sum that are missing.
    """
    percent = share * 100
    if percent <= 0 or percent >= 100 - 1e-9:
        return f"{percent:.0f}"
    return f"{percent:.{max(0, 1 - math.floor(math.log10(percent)), -math.floor(math.log10(100 - percent)))}f}"


def factor_text(times: float) -> str:
    return _handiest(times, factor, [(times, "x", "")])


def usd_text(amount: float) -> str:
    text = f"{amount:.{0 if amount == round(amount) else 2}f} USD"
    return text if usd(text) == amount else _handiest(amount, usd, [(amount, "", " USD")])


def cents_text(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d} USD"


def _handiest(value: float, parse: Callable[[Any], float], ways: Iterable[tuple[float, str, str]]) -> str:
    """The easiest to read of several `ways` to write `value`, each a number with the text before and after it.

    Only a text that `parse` reads as exactly `value` counts. The one with the fewest characters wins; points count double,
    and exponents and numbers below 1 or above 10,000 count more, for they are harder to read than their length suggests.
    """
    texts = []
    for order, (number, before, after) in enumerate(ways):
        for digits in range(1, 18):
            shown = f"{number:.{digits}g}"
            if "e" in shown and 1 <= number < 1e15:
                shown = f"{number:.0f}"
            text = f"{before}{shown}{after}"
            if parse(text) == value:
                effort = len(shown) + ("." in shown) + 4 * ("e" in shown) + 3 * (not 1 <= number <= 10_000)
                texts.append((effort, -order, text))
                break
    return min(texts)[2] if texts else f"{before}{number!r}{after}"


@dataclass(frozen=True)
class Unit:
    """How a kind of quantity is read, written, and described to editors. It is part of the type of every field with a unit."""

    parse: Callable[[Any], float]
    text: Callable[[Any], str]
    pattern: str
    examples: tuple[str, ...]
    zero: bool = True  # a bare 0 is accepted

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a quantity as written in a file."""
        text = {"type": "string", "pattern": f"^{self.pattern}$"}
        if not self.zero:
            return {**text, "examples": list(self.examples)}
        return {"anyOf": [text, {"const": 0}], "examples": list(self.examples)}


_NUMBER_TEXT = r"\s*([0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?|\.[0-9]+)\s*"  # no exponent beyond what a number can have
_PERCENT_TEXT = r"\s*(100(\.0*)?|[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+)([eE]-[0-9]{1,2})?\s*%\s*"
_CLOCK_TEXT = r"\s*(([0-9]{1,2}|[12][0-9]{2}|3[0-5][0-9]):[0-5][0-9](:[0-5][0-9])?|360:00(:00)?)\s*"
DURATION = Unit(duration_s, duration_text, rf"({_NUMBER_TEXT}({'|'.join(SECONDS)})\s*|0)", ("250ms", "30s", "2min"))
RATE = Unit(rate_per_s, rate_text, rf"({_NUMBER_TEXT}/\s*({'|'.join(PERIODS)})\s*|0)", ("5/s", "12/min"))
PROBABILITY = Unit(probability, probability_text, f"({_PERCENT_TEXT}|0)", ("4%", "0.2%"))
FACTOR = Unit(factor, factor_text, rf"\s*x{_NUMBER_TEXT}", ("x10", "x2.5"), zero=False)
USD = Unit(usd, usd_text, rf"({_NUMBER_TEXT}{CURRENCY}\s*|0)", ("6.50 USD",))
CENTS = Unit(cents, cents_text, USD.pattern, ("6.50 USD",))
CLOCK = Unit(clock_s, clock_as_written, _CLOCK_TEXT, ("07:30",), zero=False)


def _typed(unit: Unit) -> tuple[BeforeValidator, WithJsonSchema, Unit]:
    """Annotations of a field with this unit. Defaults are texts too (see `validate_default`), so no number is parsed twice."""
    return BeforeValidator(unit.parse), WithJsonSchema(unit.schema()), unit


Duration = Annotated[float, *_typed(DURATION)]
Rate = Annotated[float, *_typed(RATE)]
Probability = Annotated[float, *_typed(PROBABILITY)]
Factor = Annotated[float, *_typed(FACTOR)]
Cents = Annotated[int, *_typed(CENTS)]
Clock = Annotated[float, *_typed(CLOCK)]
