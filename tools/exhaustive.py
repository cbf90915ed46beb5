"""Bound the error of the elementary functions over every float32: `make exhaustive`.

Each of the 2^32 inputs is compared with the core's own float64 function, whose error (below
3 units in the last place of float64, tests/kernels/test_elementary.py) is 10^-8 of a float32
unit. Prints the largest error of each function in units of the last place, and fails above
the bounds that docs/architecture.md states. Takes about ten minutes on two cores.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from shoal import _core

BOUNDS = {"exp": 1.0, "log": 1.0, "tanh": 2.5, "sigmoid": 2.5, "softplus": 3.0, "erf": 2.5}
CHUNK = 2**24


def worst_error(name: str, first: int) -> tuple[float, float]:
    """Return the largest error in ulp among `CHUNK` bit patterns, and where it is."""
    x = np.arange(first, first + CHUNK, dtype=np.uint64).astype(np.uint32).view(np.float32)
    smallest = np.finfo(np.float32).tiny
    x = x[np.isfinite(x) & (np.abs(x) >= smallest)]  # subnormals are read as zero
    if name == "log":
        x = x[x > 0]
    if len(x) == 0:
        return 0.0, 0.0
    exact = _core.elementary(name, x.astype(np.float64))
    found = _core.elementary32(name, x).astype(np.float64)
    normal = (np.abs(exact) >= smallest) & (np.abs(exact) <= np.finfo(np.float32).max)
    if name == "sigmoid":
        normal &= x >= -87  # below, the smallest value is kept: it is 0 to 10^-38
    if name == "softplus":
        normal &= x >= -86  # below, where it is under 10^-37, it becomes 0
    if not normal.any():
        return 0.0, 0.0
    with np.errstate(over="ignore"):  # the gap above the largest float32
        unit = np.spacing(np.abs(exact[normal]).astype(np.float32)).astype(np.float64)
    error = np.abs(found[normal] - exact[normal]) / unit
    at = int(np.argmax(error))
    return float(error[at]), float(x[normal][at])


def main() -> int:
    """Go through all inputs of all functions."""
    failed = False
    with ThreadPoolExecutor() as pool:
        for name, bound in BOUNDS.items():
            found = list(
                pool.map(lambda k, n=name: worst_error(n, k * CHUNK), range(2**32 // CHUNK))
            )
            error, at = max(found)
            verdict = "ok" if error <= bound else "ABOVE THE BOUND"
            failed |= error > bound
            print(f"{name:9} {error:.3f} ulp at {at!r} (bound {bound}) {verdict}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
