"""Partial dependence: a peer to the last bits, bands over networks, categories."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.data.dataset import Feature, Schema
from shoal.errors import ArgumentError
from shoal.models import dependence_of
from shoal.network import Dense, Network


def test_a_peer_says_the_same(drawn, rows) -> None:
    inspection = pytest.importorskip("sklearn.inspection")
    base = pytest.importorskip("sklearn.base")

    class Wrapped(base.RegressorMixin, base.BaseEstimator):
        def fit(self, x, y):
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, x):
            return model.predict(x)

    model = drawn(Network([Dense(8, "tanh"), Dense(1)], inputs=3), 4, dtype="float64")
    x = rows(120, 3)
    found = dependence_of(model, x, "x1", points=7, lines=120)
    peer = inspection.partial_dependence(
        Wrapped(), x, [1], custom_values={1: found.places}, kind="both", method="brute"
    )
    np.testing.assert_allclose(found.mean, peer["average"], rtol=1e-12)
    np.testing.assert_allclose(found.lines[:, 0], peer["individual"][0], rtol=1e-12)
    # the grid is of values that were there, from the least to the largest
    assert set(found.places) <= set(x[:, 1])
    assert (found.places[0], found.places[-1]) == (x[:, 1].min(), x[:, 1].max())


def test_bands_over_the_networks(lines) -> None:
    # 2 x and 4 x + 1: at 0 and 1 the means are 0.5 and 3.5, the networks 0, 1 and 2, 5;
    # 5 % and 95 % between two numbers lie a twentieth of the way from them
    found = dependence_of(lines(), [[0.0], [1.0]], "x0")
    assert found.mean.tolist() == [[0.5, 3.5]]
    np.testing.assert_allclose(found.low, [[0.05, 2.15]])
    np.testing.assert_allclose(found.high, [[0.95, 4.85]])
    assert found.swing == 3.0
    assert found.outputs == ("y",)
    assert found.grid == ("0", "1")


def test_categories(make) -> None:
    columns = (Feature(name="c", categories=("red", "blue")), Feature(name="x"))
    schema = Schema(columns=columns, target="y", kind="regression")
    network = Network([Dense(1, bias=False)], inputs=3)
    model = make(network, network.start_from([[[[3.0], [1.0], [2.0]]]]), schema=schema)
    found = dependence_of(model, {"c": ["red", "blue", "red"], "x": [0.0, 1.0, 2.0]}, "c")
    # 3 and 1, plus 2 times the mean of x
    assert found.is_category
    assert (found.grid, found.mean.tolist()) == (("red", "blue"), [[5.0, 3.0]])
    assert found.shares == pytest.approx((2 / 3, 1 / 3))
    assert found.own.tolist() == [0.0, 1.0, 0.0]


def test_of_two_classes_the_second(coin) -> None:
    found = dependence_of(coin(), [[-1.0], [1.0]], "x0")
    assert found.outputs == ("yes",)
    np.testing.assert_allclose(found.mean, [[(0.25 + 0.5) / 2, (0.75 + 0.5) / 2]])


def test_a_sample_and_few_lines(lines) -> None:
    x = np.arange(50.0)[:, None]
    found = dependence_of(lines(), x, "x0", rows=10, lines=3)
    assert (found.n_rows, found.lines.shape, found.own.shape) == (10, (3, 1, 10), (3,))
    assert dependence_of(lines(), x, "x0", lines=0).lines.shape[0] == 0


def test_what_is_refused(coin) -> None:
    for given, message in (
        ({"column": "x1"}, "`column` must be a column of the model, 'x0'; got 'x1'."
                           " Choose one of the names that are known."),
        ({"x": np.zeros((0, 1))}, "`x` must have at least one row; got 0. Give at least one."),
        ({"points": 1}, "`points` must be at least 2; got 1. Give a value within the bounds."),
    ):  # fmt: skip
        arguments = {"x": [[1.0]], "column": "x0", **given}
        with pytest.raises(ArgumentError) as caught:
            dependence_of(coin(), arguments.pop("x"), arguments.pop("column"), **arguments)
        assert str(caught.value) == f"dependence_of: {message}"
