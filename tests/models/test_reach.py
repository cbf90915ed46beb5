"""Rows beyond what a model can answer: which, and why, whatever stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError
from shoal.models.reach import TooFar, first_too_far, too_far
from shoal.network import Dense, Network


def test_each_row_has_its_own_reason(make) -> None:
    # float32 ends at 3.4e38: 1e39 does not fit, 1e38 does, but 9 times 1e38 does not
    network = Network([Dense(1, "relu", bias=False), Dense(1, bias=False)], inputs=2)
    model = make(network, network.start_from([[[[9.0], [0.0]]], [[[1.0]]]]))
    x = np.array([[1.0, 2.0], [1.0, -1e39], [1e38, 1.0], [3.0, 4.0], [1e39, 1e39]])
    together = TooFar(column=None, reason="its numbers are too large for the networks to answer.")
    assert too_far(model, x) == {
        1: TooFar(column="x1", reason="-1e+39 is too large for float32 once scaled."),
        2: together,
        4: TooFar(column="x0", reason="1e+39 is too large for float32 once scaled."),
    }
    for row in range(5):
        if row in (0, 3):
            assert np.isfinite(model.predict(x[row : row + 1])).all()
        else:
            with pytest.raises(ArgumentError):
                model.predict(x[row : row + 1])


def test_every_networks_scaling_is_asked(coin) -> None:
    # the second network divides by 1e-300, so that 1e10 is infinite there alone
    scalers = (Scaler(center=(0.0,), scale=(1.0,)), Scaler(center=(0.0,), scale=(1e-300,)))
    model = coin(scalers=scalers)
    assert list(too_far(model, np.array([[1.0], [1e10]]))) == [1]
    assert too_far(model, np.array([[1.0], [2.0]])) == {}


@pytest.mark.parametrize("rows", [[0], [6], [3, 5], [5, 6], [0, 1, 2, 3, 4, 5, 6]])
def test_the_first_row_that_is_refused(coin, rows: list[int]) -> None:
    x = np.ones((7, 1))
    x[rows] = 1e10
    model = coin(scalers=(Scaler(center=(0.0,), scale=(1e-300,)),))
    assert first_too_far(model, x) == rows[0]
    assert list(too_far(model, x)) == rows
