"""How many threads an estimator may use."""

from __future__ import annotations

import os
from typing import Final

from shoal.kernels.choice import default_threads

LIMIT: Final = "OMP_NUM_THREADS"
"""The variable that says how many threads a process may use; joblib sets it in its workers."""


def threads_of(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` stands for.

    None is every one this process may use, or as many as `OMP_NUM_THREADS` says if that is less,
    as for scikit-learn's own threads: so the workers of a parallel search share the machine.
    Negative numbers count from all: -1 is all, -2 all but one.

    Example:
        >>> threads_of(3), threads_of(-1) == default_threads()
        (3, True)
    """
    if n_jobs is None:
        # levels of nested threads are parted by commas; the outermost counts
        first = os.environ.get(LIMIT, "").partition(",")[0].strip()
        allowed = int(first) if first.isdecimal() and int(first) > 0 else default_threads()
        return min(allowed, default_threads())
    n = int(n_jobs)
    return n if n > 0 else max(1, default_threads() + 1 + n)


__all__ = ["threads_of"]
