"""The loss of the best constant guess: the yardstick for how much a network has learned.

A loss divided by it is the *unexplained share*: 1 for a network that knows nothing, 0 for one
that knows everything, whatever the loss and its units.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from shoal.experiments.prepare import Part, Prepared
from shoal.kernels import RowSet, figures
from shoal.network import Dense, Network

NEAR: Final = 1e-3
"""How close to 0 and 1 a constant probability may come."""
MANY: Final = 2.0
"""From here on a share is told as so many times."""
MIDDLES: Final = ("absolute_error", "huber")
"""Losses whose best constant is the median; of the others it is the mean."""


def guess_loss(prepared: Prepared, part: Part, rows: RowSet) -> float:
    """Return the loss on `rows` of always saying the mean (or median) of the training targets.

    It is measured as a network's is: a single layer with weights 0 and a bias that gives the
    constant.
    """
    settings, layer = prepared.settings, prepared.network.layers[-1]
    middle = np.median if settings.loss in MIDDLES else np.mean
    constant = np.asarray(middle(part.train.y.astype(np.float64), axis=0))
    bias = _weighted_sum(layer, settings.loss, constant)
    d = rows.x.shape[1]
    network = Network([layer.model_copy(update={"bias": True})], inputs=d)
    flat = np.concatenate([np.zeros(d * len(bias)), bias]).astype(rows.x.dtype)
    plain = replace(settings, l1=(), l2=(), dropout=(), max_norm=(), watches=(), keep_best=None)
    return float(figures(network, plain, flat[np.newaxis], rows, threads=1)["loss"][0])


def _weighted_sum(layer: Dense, loss: str, constant: np.ndarray) -> np.ndarray:
    """Return the weighted sums (C,) with which a last layer says a constant, or comes near it."""
    share = np.clip(constant, NEAR, 1 - NEAR)
    if loss == "hinge":
        return np.where(constant > 0.5, 1.0, -1.0)
    match layer.activation:
        case "sigmoid":
            return np.asarray(np.log(share / (1 - share)))
        case "softmax":
            return np.asarray(np.log(np.maximum(constant, NEAR)))
        case "exponential":
            return np.asarray(np.log(np.maximum(constant, NEAR)))
        case "tanh":
            return np.asarray(np.arctanh(np.clip(constant, NEAR - 1, 1 - NEAR)))
        case "step":
            return np.where(constant > 0.5, 1.0, -1.0)
    return constant


def unexplained(loss: np.ndarray, guess: np.ndarray | float) -> np.ndarray:
    """Return losses as shares of that of the constant guess; NaN where that is 0.

    Poisson's loss may be negative; what is said of it is only as good as that.
    """
    base = np.asarray(guess, np.float64)
    whole = np.where(base > 0, base, math.nan)
    return np.asarray(loss / whole)


def told_share(share: float) -> str:
    """Return an unexplained share in words.

    Example:
        >>> told_share(0.3), told_share(10.03)
        ("30% of the constant guess's loss", "10 times the constant guess's loss")
    """
    amount = f"{share:.0%} of" if share < MANY else f"{share:,.0f} times"
    return f"{amount} the constant guess's loss"
