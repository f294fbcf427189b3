"""Which of several are better: nobody else is at least as good in everything, and better in something."""

from __future__ import annotations

import numpy as np


def dominates(points: np.ndarray) -> np.ndarray:
    """Whether row i is at least as low as row j everywhere and lower somewhere, shape (n, n), of points (n, metrics)."""
    one, other = points[:, None, :], points[None, :, :]
    return np.logical_and((one <= other).all(axis=2), (one < other).any(axis=2))


def ranks(points: np.ndarray) -> np.ndarray:
    """0 for those that nobody dominates, 1 for those that only these dominate, and so on; shape (n,)."""
    over = dominates(points)
    result = np.full(len(points), -1)
    left, rank = np.ones(len(points), dtype=bool), 0
    while left.any():
        front = left & ~over[left].any(axis=0)
        result[front] = rank
        left &= ~front
        rank += 1
    return result


def crowding(points: np.ndarray) -> np.ndarray:
    """How far the neighbours on either side are, summed over metrics; infinite at the ends. Deb et al. 2002 (NSGA-II)."""
    n = len(points)
    result = np.zeros(n)
    for column in points.T:
        order = np.argsort(column, kind="stable")
        result[order[[0, -1]]] = np.inf
        if n > 2 and np.isfinite(column).all() and (span := np.ptp(column)) > 0:
            result[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return result


def in_order(points: np.ndarray, violation: np.ndarray) -> list[int]:
    """Best first: those that violate nothing by rank, then the lonelier ones, then the earlier; the others by violation."""
    good = np.flatnonzero(violation == 0)
    rank = np.zeros(len(points))
    lonely = np.zeros(len(points))
    if len(good):
        rank[good] = ranks(points[good])
        for one in np.unique(rank[good]):
            front = good[rank[good] == one]
            lonely[front] = crowding(points[front])
    return sorted(range(len(points)), key=lambda i: (violation[i], rank[i], -lonely[i], i))


def front(points: np.ndarray) -> list[int]:
    """The rows that nobody dominates, by the first metric."""
    if not len(points):
        return []
    return sorted(np.flatnonzero(ranks(points) == 0).tolist(), key=lambda i: (*points[i], i))
