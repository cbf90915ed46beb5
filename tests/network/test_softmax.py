"""Softmax does not see a shift and does not overflow: reference, core, worked arithmetic.

The judge is exp in 60 decimal digits.
"""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from shoal import kernels
from shoal.network import ACTIVATIONS, Dense, Network
from shoal.network.worked import work

SUMS = {
    "published": [0.3, 2.9, 4.0],
    "equal": [1000.0, 1000.0],
    "large": [1000.0, 1001.0, 998.5],
    "small": [-1000.0, -1001.0, -998.5],
    "far apart": [0.0, 750.0, -750.0],
    "larger than exp can take": [88.75, 710.0, 709.5],
}


def exact(sums):
    with localcontext() as context:
        context.prec = 60
        powers = [Decimal(each).exp() for each in sums]
        return np.array([float(power / sum(powers)) for power in powers])


def by_reference(sums, dtype):
    with np.errstate(all="raise", under="ignore"):
        return ACTIVATIONS["softmax"].function(np.array(sums, dtype))


def layer(n):
    return Network([Dense(n, "softmax")], inputs=n)


def by_core(sums, dtype):
    """A layer whose weighted sums are its inputs, among 17 rows, so that lanes are filled."""
    n = len(sums)
    flat = np.concatenate([np.eye(n).ravel(), np.zeros(n)]).astype(dtype)
    rows = np.tile(np.array(sums, dtype), (17, 1))
    found = kernels.forward(layer(n), np.stack([flat, flat]), rows)
    assert (found == found[:1, :1]).all()
    return found[0, 0]


def by_worked(sums, dtype):
    n = len(sums)
    network = layer(n)
    parameters = network.start_from([np.eye(n)], [np.zeros(n)], dtype=dtype)
    return np.array(work(network, parameters, sums).outputs, dtype)


WAYS = pytest.mark.parametrize("way", [by_reference, by_core, by_worked])
DTYPES = pytest.mark.parametrize(("dtype", "ulps"), [("float64", 8), ("float32", 8)])


@WAYS
@DTYPES
@pytest.mark.parametrize("which", SUMS)
def test_softmax_is_that_of_sixty_digits(way, dtype, ulps, which):
    sums = np.array(SUMS[which], dtype)
    wanted = exact(sums.tolist())
    found = way(sums.tolist(), dtype)
    tiny = float(np.finfo(dtype).tiny)  # below it the core has 0
    tolerance = float(ulps * np.finfo(dtype).eps)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tiny)
    assert float(found.sum()) == pytest.approx(1.0, abs=tolerance)


@WAYS
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_half_and_half_is_exact(way, dtype):
    assert way([1000.0, 1000.0], dtype).tolist() == [0.5, 0.5]


@WAYS
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shift", [1024.0, -1024.0, 4096.0])
def test_a_shift_changes_no_bit_where_the_sums_are_exact(way, dtype, shift):
    sums = [0.5, -1.25, 3.0, 2.75]  # with a shift of a whole number they need 15 bits
    moved = [each + shift for each in sums]
    assert way(moved, dtype).tolist() == way(sums, dtype).tolist()


@WAYS
def test_a_shift_that_rounds_changes_no_more_than_the_rounding(way):
    """z + 1000 is rounded by up to 5.7e-14, and softmax passes that on as it is."""
    sums = [0.3, 2.9, 4.0]
    moved = [each + 1000 for each in sums]
    np.testing.assert_allclose(way(moved, "float64"), way(sums, "float64"), rtol=2.5e-13)


def test_without_the_largest_taken_away_it_would_overflow():
    """What the tests above guard against: exp(1000) is infinity, and infinity / infinity NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(np.array([1000.0, 1000.0]))
        assert np.isnan(powers / powers.sum()).all()
