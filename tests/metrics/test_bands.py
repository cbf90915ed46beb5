"""Bands against np.nanpercentile, and where networks have diverged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shoal.errors import ArgumentError
from shoal.metrics import band


def test_by_hand():
    # positions 0.05 * 4 = 0.2, 2 and 3.8 among 0, 10, 20, 30, 40
    found = band([40.0, 10.0, 20.0, 0.0, 30.0])
    assert (float(found.median), int(found.n_counted)) == (20.0, 5)
    assert float(found.p05) == pytest.approx(2.0)
    assert float(found.p95) == pytest.approx(38.0)


values = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6, width=32))


@given(arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=8), elements=values))
def test_like_numpys_percentiles_without_nan(array):
    found = band(array)
    counted = ~np.isnan(array)
    some = counted.any(axis=0)
    np.testing.assert_array_equal(found.n_counted, counted.sum(axis=0))
    for name, share in (("p05", 5), ("median", 50), ("p95", 95)):
        got = getattr(found, name)
        assert got.shape == array.shape[1:]
        assert np.isnan(got[~some]).all()
        if some.all():
            expected = np.nanpercentile(array, share, axis=0)
            # NumPy interpolates from the nearer end: a rounding of 1e6 apart
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-9)


def test_diverged_networks_are_left_out_and_counted():
    found = band([[1.0, np.nan], [2.0, np.inf], [3.0, np.nan], [np.nan, np.nan]])
    assert found.n_counted.tolist() == [3, 0]
    assert found.median[0] == 2.0
    assert np.isnan([found.median[1], found.p05[1], found.p95[1]]).all()


def test_no_network_at_all():
    found = band(np.empty((0, 2)))
    assert found.n_counted.tolist() == [0, 0]
    assert np.isnan(found.median).all()


def test_a_number_is_refused():
    with pytest.raises(ArgumentError) as error:
        band(3.0)
    assert (
        str(error.value) == "band: `values` must have shape (P, ...); got (). Give as many as that."
    )
