"""Regular expressions for texts whose number is too small or too large: how JSON Schema says the bounds of a quantity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import floor, isclose

PLACES = 15
FRACTION = r"(\.[0-9]*)?"
EXPONENT = r"[0-9.][eE]"  # nobody writes one where there are bounds, and its number can't be compared


def too_small(bound: float, sizes: Mapping[str, float]) -> str:
    """For texts like `99ms` of less than `bound`, in units of these sizes. It finds no legal text, but for exponents."""
    return _any(sizes, lambda size: _less(bound / size))


def too_large(bound: float, sizes: Mapping[str, float]) -> str:
    """For those of more."""
    return _any(sizes, lambda size: _more(bound / size))


def _any(sizes: Mapping[str, float], numbers: Callable[[float], str]) -> str:
    texts = "|".join(rf"({numbers(size)})\s*({unit})" for unit, size in sizes.items())
    return rf"^\s*({texts})\s*$|{EXPONENT}"


def _less(number: float) -> str:
    """Texts of numbers below it. A bound in a longer unit may have no last digit: PLACES of them are compared."""
    whole = _whole(number)
    below = [rf"0*({'|'.join(_whole_less(str(whole)))}){FRACTION}"] if whole else []
    if whole != number and not isclose(whole, number):
        digits = f"{number - whole:.{PLACES}f}"[2:].rstrip("0")
        below.append(rf"0*{whole or ''}\.({'|'.join(_fraction_less(digits))})")
    return "|".join([*below, r"0+(\.0*)?|\.0+"])


def _more(number: float) -> str:
    whole = _whole(number)
    exactly = rf"|0*{whole}\.[0-9]*[1-9][0-9]*" if whole == number and whole else ""
    return f"0*({'|'.join(_whole_more(str(whole)))}){FRACTION}{exactly}"


def _whole(number: float) -> int:
    return round(number) if isclose(number, round(number)) else floor(number)


def _whole_less(digits: str) -> Iterator[str]:
    """Whole numbers below the one of these digits, without leading zeros."""
    if len(digits) > 1:
        yield f"[0-9]{{1,{len(digits) - 1}}}"
    for place, digit in enumerate(digits):
        if digit > "0":
            yield f"{digits[:place]}[0-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"


def _whole_more(digits: str) -> Iterator[str]:
    yield f"[1-9][0-9]{{{len(digits)},}}"
    for place, digit in enumerate(digits):
        if digit < "9":
            yield f"{digits[:place]}[{int(digit) + 1}-9][0-9]{{{len(digits) - place - 1}}}"


def _fraction_less(digits: str) -> Iterator[str]:
    """Digits behind a point of less than these."""
    for place, digit in enumerate(digits):
        yield digits[:place]
        if digit > "0":
            yield f"{digits[:place]}[0-{int(digit) - 1}][0-9]*"
