"""What "agrees with theory" means: within three standard errors, and the standard error is small enough to mean something."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

MOST_ERRORS = 3.0  # standard errors between what is expected and what is simulated
ROUNDING = 1e-9  # relative, where nothing is left to chance
Agreement = Literal["agrees", "differs", "too noisy to prove anything"]


@dataclass(frozen=True)
class Estimated:
    """A simulated number with its standard error; 0: nothing about it is left to chance."""

    value: float
    se: float

    def check(self, expected: float, *, se_below: float, what: str = "") -> None:
        """Raises AssertionError unless it agrees. `se_below`: the largest standard error, as a share of what is expected."""
        row = Row(what, expected, self, se_below)
        assert row.agrees, f"{row.status}; {what}: expected {expected:.5g}, simulated {self.value:.5g} ± {self.se:.2g}"


@dataclass(frozen=True)
class Row:
    """One number of a case: what theory says, what was simulated, and how noisy that may be at most to prove anything."""

    what: str
    expected: float
    simulated: Estimated
    se_below: float = 0.0  # as a share of what is expected
    at_least: bool = False  # more is no disagreement

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
    """The mean of independent values: purchases that share nothing, batch means, or mornings."""
    return Estimated(float(np.mean(values)), float(np.std(values, ddof=1) / math.sqrt(len(values))))


def exactly(value: float) -> Estimated:
    """A number that nothing is left to chance about."""
    return Estimated(float(value), 0.0)


def proportion(flags: np.ndarray, expected: float) -> Estimated:
    """The share of independent flags. Its standard error is that of the share expected, so that rare events have one too."""
    return Estimated(float(np.mean(flags)), math.sqrt(expected * (1 - expected) / len(flags)))


def quantile(values: np.ndarray, p: float, density: float) -> Estimated:
    """The p-quantile of independent values with that density there; standard error sqrt(p (1 - p) / n) / density."""
    return Estimated(float(np.quantile(values, p)), math.sqrt(p * (1 - p) / len(values)) / density)


def batches(values: np.ndarray, number: int = 30) -> np.ndarray:
    """Means of consecutive batches of equal size, shape (number,): nearly independent if each is long."""
    size = len(values) // number
    return values[: size * number].reshape(number, size).mean(axis=1)


def controlled(batch_means: np.ndarray, *controls: np.ndarray) -> Estimated:
    """The mean of batch means after regression on controls whose expectation is 0 (Lavenberg and Welch, 1981).

    What was lucky about the customers (they came slowly, they were served quickly) is taken out of the estimate.
    """
    matrix = np.column_stack([np.ones(len(batch_means)), *controls])
    coefficients, *_ = np.linalg.lstsq(matrix, batch_means, rcond=None)
    residuals = batch_means - matrix @ coefficients
    variance = residuals @ residuals / (len(batch_means) - matrix.shape[1])
    return Estimated(float(coefficients[0]), float(np.sqrt(variance * np.linalg.inv(matrix.T @ matrix)[0, 0])))
