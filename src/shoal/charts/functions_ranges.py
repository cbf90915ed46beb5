"""What values a function can take, found by asking it far out and close by."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.network.activations import Activation

CLOSE: Final = 10.0
"""A bound that is reached this close to 0 is a value, else a limit."""
FAR: Final = 1e8
GROWS: Final = 1e5
"""A function that is larger than this far out has no bound."""


def range_of(activation: Activation) -> str:
    """Return the values that an activation can take, as an interval or one by one.

    Example:
        >>> from shoal.network import ACTIVATIONS
        >>> [range_of(ACTIVATIONS[name]) for name in ("sigmoid", "relu", "gelu", "step")]
        ['(0, 1)', '[0, inf)', '[-0.17, inf)', '0 or 1']
        >>> range_of(ACTIVATIONS["softmax"])
        '(0, 1), sum 1'
    """
    close = np.concatenate([np.linspace(-CLOSE, CLOSE, 20_001), [0.0]])
    far = np.geomspace(CLOSE, FAR, 200)
    near, out = _asked(activation, close), _asked(activation, np.concatenate([-far, far]))
    values = np.unique(np.concatenate([near, out]))
    if len(values) <= 3 and activation.slope is not None:
        return " or ".join(f"{value:g}" for value in values)
    low, high = _end(near.min(), out.min()), _end(near.max(), out.max())
    opening, closing = "[" if low[1] else "(", "]" if high[1] else ")"
    told = f"{opening}{low[0]}, {high[0]}{closing}"
    return f"{told}, sum 1" if _sums_to_one(activation) else told


def _asked(activation: Activation, z: np.ndarray) -> np.ndarray:
    """Return the values at weighted sums, of a row-wise function with the other sums at 0."""
    if activation.slope is None:
        rows = np.stack([z, np.zeros_like(z), np.zeros_like(z)], axis=1)
        return np.asarray(activation.function(rows), np.float64)[:, 0]
    return np.asarray(activation.function(z), np.float64)


def _end(near: float, out: float) -> tuple[str, bool]:
    """Return an end of the range, and whether it is a value rather than a limit."""
    if abs(out) > GROWS:
        return ("-inf" if out < 0 else "inf"), False
    is_value = abs(near) >= abs(out) if near * out > 0 else near == out
    return f"{(near if is_value else out) + 0.0:.2g}", bool(is_value)


def _sums_to_one(activation: Activation) -> bool:
    if activation.slope is not None:
        return False
    rows = np.array([[-3.0, 0.5, 2.0], [4.0, 4.0, -1.0]])
    return bool(np.allclose(np.asarray(activation.function(rows)).sum(axis=-1), 1.0))


__all__ = ["range_of"]
