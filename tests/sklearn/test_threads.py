"""n_jobs as a number of threads."""

from __future__ import annotations

from typing import Any

import joblib
import pytest

from shoal.kernels.choice import default_threads
from shoal.sklearn.threads import threads_of

ALL = default_threads()


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        (None, ALL),
        ("1", 1),
        ("1,4", 1),
        (str(ALL + 7), ALL),
        ("0", ALL),
        ("-1", ALL),
        ("", ALL),
        ("many", ALL),
    ],
)
def test_none_heeds_the_variable(limit: str | None, wanted: int, monkeypatch: Any) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if limit is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert threads_of(None) == wanted


def test_numbers_are_what_they_say(monkeypatch: Any) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert [threads_of(n) for n in (1, 5, -1)] == [1, 5, ALL]
    assert threads_of(-2) == max(1, ALL - 1)
    assert threads_of(-1000) == 1


def test_workers_of_a_parallel_search_share_the_machine(monkeypatch: Any) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    n = joblib.cpu_count()
    with joblib.parallel_config("loky", n_jobs=max(2, n)):
        found = joblib.Parallel()(joblib.delayed(threads_of)(None) for _ in range(2))
    assert found == [1, 1]
