"""Coverage by hand and against a loop."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.metrics.coverage import covered


def test_every_threshold_against_a_loop() -> None:
    rng = np.random.default_rng(0)
    sure, right = np.round(rng.random(200), 1), rng.random(200) < 0.7
    w = rng.integers(0, 3, 200).astype(float)
    found = covered(sure, right, w)
    for threshold, share, figure, n in zip(
        found.threshold, found.share, found.figure, found.n_rows, strict=True
    ):
        kept = (sure >= threshold) & (w > 0)
        assert share == pytest.approx(w[kept].sum() / w.sum())
        assert figure == pytest.approx(np.average(right[kept], weights=w[kept]))
        assert n == kept.sum()


def test_the_area_is_the_mean_over_the_surest_rows() -> None:
    # right, right, wrong, right: 1, 1, 2/3, 3/4
    found = covered([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    assert found.area == pytest.approx((1 + 1 + 2 / 3 + 3 / 4) / 4)


def test_thresholds_for_what_is_asked() -> None:
    found = covered([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1])
    assert found.threshold[found.at_share(0.5)] == 0.8
    assert found.threshold[found.at_share(0.51)] == 0.7
    assert found.threshold[found.at_share(1.0)] == 0.6
    # 3/4 are right of all rows, and more than 0.7 is wanted: most rows go first
    assert found.threshold[found.at_least(0.7)] == 0.6
    assert found.threshold[found.at_least(0.8)] == 0.8
    assert covered([0.9, 0.8], [0, 0]).at_least(0.5) is None


def test_a_share_that_is_a_sum() -> None:
    # 0.1 + ... + 0.1 nine times is 0.8999999999999999
    found = covered(np.arange(10)[::-1], np.ones(10), np.full(10, 0.1))
    assert found.n_rows[found.at_share(0.9)] == 9
