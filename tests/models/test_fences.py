"""Limits that training rows set: by formula, and how often rows like them lie beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.models.fences import MOST_ROWS, fences, some_rows, tail_limit, together, whitening


def test_the_limit_of_few_scores_allows_for_how_little_they_say() -> None:
    # n = 50, k = 5: the five largest lie 1, 2, 3, 4 and 5 beyond 45, their mean is 3, and
    # 5 ((0.1 / 0.004)^(1/5) - 1) = 5 (25^0.2 - 1) = 4.5183
    scores = np.concatenate([np.linspace(0, 45, 45), [46.0, 47, 48, 49, 50]])
    assert tail_limit(scores, 0.004) == pytest.approx(45 + 3 * 5 * (25**0.2 - 1))


def test_the_limit_is_exact_for_exponential_scores() -> None:
    # the chance that the next score is beyond the limit, 0.004 by the formula
    rng = np.random.default_rng(0)
    found = [
        math.exp(-tail_limit(rng.exponential(size=50), 0.004)) for _ in range(4000)
    ]  # P(X > limit) of an exponential number
    assert np.mean(found) == pytest.approx(0.004, rel=0.25)


def test_training_rows_lie_within() -> None:
    x = np.random.default_rng(0).standard_t(2, size=(300, 5))
    low, high = fences(x)
    assert ((low <= x) & (x <= high)).all()


def test_a_constant_column_allows_its_value_alone() -> None:
    x = np.column_stack([np.full(50, 7.0), np.arange(50.0)])
    low, high = fences(x)
    assert (low[0], high[0]) == (7.0, 7.0)


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_a_handful_of_rows_sets_limits_too(n: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, 3))
    low, high = fences(x)
    assert np.isfinite([low, high]).all()
    assert ((low <= x) & (x <= high)).all()
    joint = together(x)
    assert joint is None if n == 1 else joint is not None


def test_huge_numbers_stay_finite() -> None:
    x = np.array([[1e150, 1.0], [-1e150, 2.0], [3.0, 3.0], [4.0, 4.5]])
    low, high = fences(x)
    assert np.isfinite([low, high]).all()
    assert together(x) is not None


def test_columns_that_go_together_are_known_to() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(size=2000)
    joint = together(np.column_stack([a, 2 * a + 0.1 * rng.normal(size=2000), np.ones(2000)]))
    assert joint is not None
    assert joint.columns == (0, 1)
    # the correlation of a with 2a + 0.1e is 2 / sqrt(4.01)
    assert joint.correlation[0, 1] == pytest.approx(2 / math.sqrt(4.01), abs=2e-4)
    assert joint.shrinkage == pytest.approx(2 / 2002, rel=1e-6)
    w = whitening(joint.correlation, joint.shrinkage)
    mixed = (1 - joint.shrinkage) * joint.correlation + joint.shrinkage * np.eye(2)
    assert w @ mixed @ w.T == pytest.approx(np.eye(2))


def test_columns_that_say_the_same_can_be_looked_at() -> None:
    a = np.random.default_rng(1).normal(size=(40, 1))
    joint = together(np.hstack([a, a, -a]))
    assert joint is not None
    assert np.isfinite(whitening(joint.correlation, joint.shrinkage)).all()


def test_of_many_rows_some_at_even_distances_set_the_limits() -> None:
    x = np.arange(3.0 * MOST_ROWS)[:, None]
    assert some_rows(x)[:4, 0].tolist() == [0, 3, 6, 9]
    assert len(some_rows(x)) == MOST_ROWS


DRAWS = {
    "normal": lambda rng, n, d, mix: rng.normal(size=(n, d)),
    "uniform": lambda rng, n, d, mix: rng.uniform(size=(n, d)),
    "exponential": lambda rng, n, d, mix: rng.exponential(size=(n, d)),
    "correlated": lambda rng, n, d, mix: rng.normal(size=(n, d)) @ mix,
    "counts": lambda rng, n, d, mix: rng.poisson(1.0, size=(n, d)).astype(float),
    "t3": lambda rng, n, d, mix: rng.standard_t(3, size=(n, d)),
}


def alarms(kind: str, n: int, d: int, repeats: int) -> float:
    """Return the share of new rows, drawn as the training rows were, that lie beyond."""
    rng = np.random.default_rng(n * d)
    found = []
    for _ in range(repeats):
        mix = rng.normal(size=(d, d))
        x, new = DRAWS[kind](rng, n, d, mix), DRAWS[kind](rng, 2000, d, mix)
        low, high = fences(x)
        beyond = ((new < low) | (new > high)).any(axis=1)
        joint = together(x)
        assert joint is not None
        z = (new[:, joint.columns] - joint.centers) / joint.scales
        squared = ((z @ whitening(joint.correlation, joint.shrinkage).T) ** 2).sum(axis=1)
        found.append((beyond | (squared > joint.limit)).mean())
    return float(np.mean(found))


@pytest.mark.parametrize("d", [2, 8])
def test_rows_like_the_training_rows_are_rarely_beyond(d: int) -> None:
    assert alarms("normal", 150, d, 20) < 0.012
    assert alarms("exponential", 50, d, 20) < 0.015


@pytest.mark.slow
@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize(("n", "repeats"), [(50, 60), (150, 40), (1000, 12), (10_000, 3)])
def test_the_stated_rate_of_alarms(kind: str, n: int, repeats: int) -> None:
    """About one in a hundred; docs/monitor.md states the worst of these."""
    for d in (2, 8, 30):
        most = {50: 0.02, 150: 0.015, 1000: 0.006, 10_000: 0.002}[n]
        assert alarms(kind, n, d, repeats) < most
