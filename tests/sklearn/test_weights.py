"""A row of weight 2 is two rows, and a row of weight 0 is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from shoal.sklearn import ShoalClassifier, ShoalRegressor

FULL: dict[str, Any] = {
    "batch_size": "full",
    "early_stopping": False,
    "random_state": 0,
    "n_iter_no_change": np.inf,
}
"""Full batches and no hold-out: nothing but the last bits of float32 can differ."""


def rows(classes: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = (load_iris if classes else load_diabetes)(return_X_y=True)
    some = np.random.default_rng(0).permutation(len(x))[:120]
    counts = np.random.default_rng(1).integers(0, 4, 120)
    return x[some], y[some], counts


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_classes(alpha: float) -> None:
    x, y, counts = rows(True)
    weighted = ShoalClassifier(**FULL, alpha=alpha).fit(x, y, sample_weight=counts)
    repeated = ShoalClassifier(**FULL, alpha=alpha * counts.sum() / np.count_nonzero(counts))
    repeated.fit(x.repeat(counts, axis=0), y.repeat(counts))
    np.testing.assert_allclose(weighted.predict_proba(x), repeated.predict_proba(x), atol=1e-4)


def test_numbers() -> None:
    x, y, counts = rows(False)
    weighted = ShoalRegressor(**FULL, alpha=0.0).fit(x, y, sample_weight=counts)
    repeated = ShoalRegressor(**FULL, alpha=0.0).fit(x.repeat(counts, axis=0), y.repeat(counts))
    spread = float(y.std())
    ours, theirs = weighted.predict(x) / spread, repeated.predict(x) / spread
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_partial_fit() -> None:
    x, y, counts = rows(True)
    weighted, repeated = ShoalClassifier(**FULL, alpha=0.0), ShoalClassifier(**FULL, alpha=0.0)
    for start in (0, 60):
        some = slice(start, start + 60)
        weighted.partial_fit(x[some], y[some], counts[some], classes=[0, 1, 2])
        repeated.partial_fit(
            x[some].repeat(counts[some], axis=0), y[some].repeat(counts[some]), classes=[0, 1, 2]
        )
    np.testing.assert_allclose(weighted.predict_proba(x), repeated.predict_proba(x), atol=1e-4)


def test_equal_weights_are_no_weights() -> None:
    x, y, _ = rows(True)
    one = ShoalClassifier(n_networks=2, max_iter=3, random_state=0).fit(x, y)
    two = ShoalClassifier(n_networks=2, max_iter=3, random_state=0)
    two.fit(x, y, sample_weight=np.full(120, 0.3))
    assert one.model_.parameters.digest == two.model_.parameters.digest


def test_weights_that_cannot_be() -> None:
    x, y, counts = rows(True)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        ShoalClassifier().fit(x, y, sample_weight=counts - 1.0)
    # scikit-learn 1.9 refuses weights that are all 0 in its own words, earlier ones leave it to us
    with pytest.raises(ValueError, match=r"weights must contain at least one non-zero|above 0"):
        ShoalClassifier().fit(x, y, sample_weight=np.zeros(120))
