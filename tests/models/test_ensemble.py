"""Sums over the networks: in order, whatever the shape."""

from typing import Any

import numpy as np
import pytest

from shoal.models.ensemble import combine


@pytest.mark.parametrize("n_networks", [1, 2, 9, 200, 1000])
@pytest.mark.parametrize("classes", [True, False])
def test_sums_run_in_the_order_of_the_networks(n_networks: int, classes: bool) -> None:
    p = np.random.default_rng(1).uniform(size=(n_networks, 60, 1))
    each = np.concatenate([1 - p, p], axis=-1) if classes else p
    kind: Any = "classification" if classes else "regression"
    found = combine(each, kind=kind)
    for row in (0, 59):
        alone = combine(each[:, row : row + 1], kind=kind)
        assert alone.mean.tolist() == found.mean[row : row + 1].tolist()
        assert alone.disagreement.tolist() == found.disagreement[row : row + 1].tolist()
        total = 0.0
        for value in each[:, row, -1].tolist():
            total += value
        assert found.mean[row, -1] == total / n_networks


def test_disagreement_is_that_of_the_predicted_class() -> None:
    # means (0.3, 0.4, 0.3): class 1, with 0.6, 0.2, 0.4 around 0.4
    each = np.array([[[0.1, 0.6, 0.3]], [[0.5, 0.2, 0.3]], [[0.3, 0.4, 0.3]]])
    found = combine(each, kind="classification")
    assert found.codes is not None
    assert found.codes.tolist() == [1]
    np.testing.assert_allclose(found.disagreement, [np.sqrt(0.08 / 3)], rtol=1e-14)
