"""Random streams: pure functions of seed, purpose, purchase and attempt."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.config.model import Distribution
from sim.world.streams import _KEEP, BLOCK, Streams, mean, quantile, sample, share_above

EXPONENTIAL = Distribution.model_validate({"exponential": "2s"})
MAKERS = {"default_rng", "RandomState", "PCG64", "seed_all"}  # of generators


def test_a_draw_does_not_depend_on_the_others() -> None:
    """Whoever asks first, last, or again after the block was forgotten gets the same number."""
    forward, backward = (Streams(7).times("x", EXPONENTIAL) for _ in range(2))
    keys = [(purchase, attempt) for attempt in range(3) for purchase in range(0, (_KEEP + 5) * BLOCK, BLOCK // 2)]
    drawn = {key: forward(*key) for key in keys}
    assert {key: backward(*key) for key in reversed(keys)} == drawn
    assert len(set(drawn.values())) == len(keys)


def test_seed_and_purpose_matter() -> None:
    """Two purposes, or two seeds, share nothing."""
    values = {Streams(seed).uniform(purpose)(3, 1) for seed in (0, 1) for purpose in ("a", "b")}
    assert len(values) == 4


@pytest.mark.parametrize(
    "distribution",
    [
        {"constant": "3s"},
        {"exponential": "2s"},
        {"lognormal": {"median": "450ms", "sigma": 0.6}},
        {"lognormal": {"median": "0s", "sigma": 0.6}},
        {"uniform": ["1s", "4s"]},
    ],
    ids=lambda value: next(iter(value)),
)
def test_means(distribution: dict[str, object]) -> None:
    """The stated expectation lies within three standard errors of the mean of many draws."""
    chosen = Distribution.model_validate(distribution)
    draws = sample(chosen, np.random.default_rng(1), 40_000)
    assert abs(draws.mean() - mean(chosen)) <= 3 * draws.std() / 200 + 1e-12


SHAPES = (
    {"constant": "3s"},
    {"exponential": "2s"},
    {"exponential": "0s"},
    {"lognormal": {"median": "450ms", "sigma": 0.6}},
    {"lognormal": {"median": "450ms", "sigma": 0}},
    {"lognormal": {"median": "0s", "sigma": 0.6}},
    {"uniform": ["1s", "4s"]},
    {"uniform": ["2s", "2s"]},
    {"empirical": "latency.csv"},
)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_quantiles_and_shares(shape: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many draws a share q is no longer than the q-quantile, and the rest is above it, within three standard errors."""
    monkeypatch.chdir(tmp_path)
    Path("latency.csv").write_text("latency_s\n3\n1\n2\n10\n")
    chosen = Distribution.model_validate(shape)
    draws = sample(chosen, np.random.default_rng(1), 40_000)
    for q in (0.05, 0.5, 0.99):
        value, error = quantile(chosen, q), 3 * (q * (1 - q) / 40_000) ** 0.5
        assert (draws <= value + 1e-12).mean() >= q - error
        assert (draws < value - 1e-12).mean() <= q + error
        assert share_above(chosen, value + 1e-9) == pytest.approx((draws > value + 1e-9).mean(), abs=error)
    assert share_above(chosen, 1e6) == pytest.approx(0, abs=1e-12)


def test_the_published_tail_of_the_default_latency() -> None:
    """Lognormal, median .45 s, sigma .6: p95 1.207 s, p99 1.817 s, and a share of 3.0e-5 takes longer than 5 s."""
    latency = Distribution.model_validate({"lognormal": {"median": "450ms", "sigma": 0.6}})
    assert [quantile(latency, q) for q in (0.95, 0.99)] == pytest.approx([1.207, 1.817], abs=0.001)
    assert share_above(latency, 5.0) == pytest.approx(3.0e-5, rel=0.02)


def test_an_empirical_distribution_stays_within_its_samples(tmp_path: Path) -> None:
    """Draws interpolate between the sorted samples; their mean is that of the interpolation."""
    (tmp_path / "latency.csv").write_text("# measured\nlatency_s\n3\n1\n2\n10\n")
    chosen = Distribution.model_validate({"empirical": str(tmp_path / "latency.csv")})
    draws = sample(chosen, np.random.default_rng(1), 40_000)
    assert (draws.min() >= 1, draws.max() <= 10) == (True, True)
    assert abs(draws.mean() - mean(chosen)) <= 3 * draws.std() / 200
    assert mean(chosen) == pytest.approx((1.5 + 2.5 + 6.5) / 3)


def test_nobody_else_makes_a_generator() -> None:
    """No module of the package but `world/streams.py` names numpy's or the standard library's random generators.

    `validation/erring.py` draws the values of mornings, and nothing of a world.
    """
    root = Path(sim.__file__).parent
    for path in root.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        if path in (root / "world" / "streams.py", root / "validation" / "erring.py"):
            continue
        if not any(name in code for name in (*MAKERS, "random")):
            continue  # to parse it would only take time
        for node in ast.walk(ast.parse(code)):
            names = [node.attr] if isinstance(node, ast.Attribute) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            assert not MAKERS & set(names), path
            assert "random" not in names or isinstance(node, ast.Attribute), path
