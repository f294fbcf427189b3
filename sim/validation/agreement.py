"""What "agrees with theory" means: within three standard errors, where the standard error is small enough to prove anything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

MOST_ERRORS = 3.0  # the most standard errors between the expected and the simulated value
ROUNDING = 1e-9  # the relative error allowed for values without randomness
Agreement = Literal["agrees", "differs", "too noisy to prove anything"]


@dataclass(frozen=True)
class Estimated:
    """A simulated number with its standard error, which is 0 if the number has no randomness."""

    value: float
    se: float

    def check(self, expected: float, *, se_below: float, what: str = "") -> None:
        """Raises AssertionError unless the value agrees with `expected`; `se_below` as in `Row`."""
        row = Row(what, expected, self, se_below)
        assert row.agrees, f"{row.status}; {what}: expected {expected:.5g}, simulated {self.value:.5g} ± {self.se:.2g}"


@dataclass(frozen=True)
class Row:
    """One number of a case: the value that theory gives, the simulated one, and how noisy that may be to prove anything."""

    what: str
    expected: float
    simulated: Estimated
    se_below: float = 0.0  # the largest standard error allowed, as a share of the expected value
    at_least: bool = False  # a larger simulated value agrees too

    @property
    def status(self) -> Agreement:
        off = self.expected - self.simulated.value if self.at_least else abs(self.simulated.value - self.expected)
        if self.simulated.se > self.se_below * abs(self.expected) + ROUNDING:
            return "too noisy to prove anything"
        return "agrees" if off <= MOST_ERRORS * self.simulated.se + ROUNDING * max(1.0, abs(self.expected)) else "differs"

    @property
    def agrees(self) -> bool:
        return self.status == "agrees"


def mean_of(values: np.ndarray) -> Estimated:
    """The mean of independent values, with its standard error: purchases that share nothing, batch means, or mornings."""
    return Estimated(float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values))))


def exactly(value: float) -> Estimated:
    """A number without randomness, so with a standard error of 0."""
    return Estimated(float(value), 0.0)


def proportion(flags: np.ndarray, expected: float) -> Estimated:
    """The share of flags that are set. The flags are independent.

    The standard error is computed from the expected share, so that it is not 0 if a rare event was never seen.
    """
    return Estimated(float(np.mean(flags)), math.sqrt(expected * (1 - expected) / len(flags)))


def quantile(values: np.ndarray, p: float, density: float) -> Estimated:
    """The p-quantile of independent values, whose density there is `density`: standard error sqrt(p (1 - p) / n) / density."""
    return Estimated(float(np.quantile(values, p)), math.sqrt(p * (1 - p) / len(values)) / density)


def batches(values: np.ndarray, number: int = 30) -> np.ndarray:
    """Means of consecutive batches of equal size, shape (number,). They are nearly independent if the batches are long."""
    size = len(values) // number
    return values[: size * number].reshape(number, size).mean(axis=1)


def controlled(batch_means: np.ndarray, *controls: np.ndarray) -> Estimated:
    """The mean of batch means after regression on controls whose expectation is 0 (Lavenberg and Welch, 1981).

    The regression removes the luck of the customers from the estimate: that they came slowly, or were served quickly.
    """
    matrix = np.column_stack([np.ones(len(batch_means)), *controls])
    coefficients, *_ = np.linalg.lstsq(matrix, batch_means, rcond=None)
    residuals = batch_means - matrix @ coefficients
    variance = residuals @ residuals / (len(batch_means) - matrix.shape[1])
    return Estimated(float(coefficients[0]), float(np.sqrt(variance * np.linalg.inv(matrix.T @ matrix)[0, 0])))
