"""What "agrees with theory" means: within three standard errors, and the standard error is small enough to mean something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimated:
    """A simulated number with its standard error."""

    value: float
    se: float

    def check(self, expected: float, *, se_below: float, what: str = "") -> None:
        """`se_below`: the largest standard error that proves anything, as a share of the expected value."""
        text = f"{what}: expected {expected:.5g}, simulated {self.value:.5g} ± {self.se:.2g}"
        assert self.se <= se_below * expected, f"too noisy to prove anything; {text}"
        assert abs(self.value - expected) <= 3 * self.se, text


def mean_of(values: np.ndarray) -> Estimated:
    """The mean of independent values: purchases that share nothing, batch means, or mornings."""
    return Estimated(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))))


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
