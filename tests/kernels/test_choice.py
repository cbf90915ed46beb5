"""Units of work: every network once, neighbours that are alike side by side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shoal.kernels import units_of_work


def units(alike, **changes):
    kwargs = {"batch": 4, "n_parameters": 20, "until": 9, "threads": 2, "kernel": "auto"}
    return units_of_work(np.array(alike, np.int64), **(kwargs | changes)).tolist()


def test_sixteen_networks_side_by_side_for_small_batches():
    assert units([0] * 40, kernel="networks") == [[0, 0, 16, 9], [0, 16, 16, 9], [0, 32, 8, 9]]
    assert units([0] * 32) == [[0, 0, 16, 9], [0, 16, 16, 9]]


def test_one_by_one_for_large_batches_and_few_networks():
    assert units([0, 0, 0], batch=512) == [[0, 0, 1, 9], [0, 1, 1, 9], [0, 2, 1, 9]]
    # 16 networks are one unit, so the second thread would be idle: at batch 30 rows are sooner
    assert [n for _, _, n, _ in units([0] * 16, batch=30)] == [1] * 16
    assert [n for _, _, n, _ in units([0] * 16, batch=30, threads=1)] == [16]


def test_networks_that_differ_or_have_ended_are_kept_apart():
    assert units([5, 5, -1, 5, 7], kernel="networks") == [
        [0, 0, 2, 9], [0, 3, 1, 9], [0, 4, 1, 9],
    ]  # fmt: skip


@given(
    st.lists(st.integers(-1, 2), max_size=60),
    st.integers(1, 300),
    st.integers(1, 3000),
    st.integers(1, 8),
    st.sampled_from(["auto", "rows", "networks"]),
)
def test_every_running_network_is_in_one_unit(alike, batch, n_parameters, threads, kernel):
    found = units(alike, batch=batch, n_parameters=n_parameters, threads=threads, kernel=kernel)
    members = [first + k for _, first, count, _ in found for k in range(count)]
    assert members == [i for i, number in enumerate(alike) if number >= 0]
    for _, first, count, _ in found:
        assert 1 <= count <= 16
        assert len(set(alike[first : first + count])) == 1
