"""What the networks of a model say together: the mean, and how far they are apart.

Sums run over the networks in their order, row by row, so that a row's figures have the same
bits whatever rows are beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shoal.data.dataset import Kind
from shoal.metrics import predicted_classes
from shoal.network import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """What a model says about N rows.

    Attributes:
        mean: the mean over the networks: of the probabilities of every class, of the
            probability of every label, or of the values.
        codes: the predicted class, a place in the schema's classes; 0 or 1 for every label;
            None for regression.
        disagreement: the standard deviation over the networks (divided by P, not P - 1) of the
            probability of the predicted class, of every label's probability, or of the
            values; 0 for one network.

    Shapes:
        mean (N, n_classes) or (N, C); codes (N,), or (N, C) for labels; disagreement (N,), or
        (N, C) for several targets
    """

    mean: FloatArray
    codes: NDArray[np.int64] | None
    disagreement: FloatArray


def combine(each: FloatArray, *, kind: Kind) -> Prediction:
    """Return what the networks say together.

    Args:
        each: the probabilities of every class or label, or the values, from each network.
        kind: which of them.

    Shapes:
        each (P, N, n_classes) or (P, N, C)

    Example:
        >>> found = combine(np.array([[[0.2, 0.8]], [[0.6, 0.4]]]), kind="classification")
        >>> found.mean.round(3).tolist(), found.codes.tolist(), found.disagreement.round(3).tolist()
        ([[0.4, 0.6]], [1], [0.2])
    """
    mean = _mean(each)
    codes: NDArray[np.int64] | None = None
    chosen, centre = each, mean
    if kind == "classification":
        codes = predicted_classes(mean)
        chosen, centre = _of_class(each, codes), _of_class(mean[None], codes)[0]
    elif each.shape[-1] == 1:
        chosen, centre = each[..., 0], mean[:, 0]
    if kind == "multilabel":
        codes = (mean > 0.5).astype(np.int64)
    return Prediction(mean=mean, codes=codes, disagreement=_spread(chosen, centre))


def _of_class(each: FloatArray, codes: NDArray[np.int64]) -> FloatArray:
    """Return the figures (P, N, n_classes) of one class for every row, (P, N)."""
    if each.shape[-1] == 2:  # a third of the time
        return np.where(codes[None] == 1, each[..., 1], each[..., 0])
    return np.take_along_axis(each, codes[None, :, None], axis=-1)[..., 0]


def _spread(each: FloatArray, centre: FloatArray) -> FloatArray:
    """Return the standard deviation over the networks around their mean."""
    if len(each) == 1:
        return np.zeros(centre.shape)
    apart = each - centre
    apart *= apart
    spread: FloatArray = np.sqrt(_mean(apart))
    return spread


def join_rows(parts: Sequence[Prediction]) -> Prediction:
    """Return blocks of rows as one prediction."""
    codes = [part.codes for part in parts if part.codes is not None]
    return Prediction(
        mean=np.concatenate([part.mean for part in parts]),
        codes=np.concatenate(codes) if codes else None,
        disagreement=np.concatenate([part.disagreement for part in parts]),
    )


def _mean(each: FloatArray) -> FloatArray:
    """Return the mean over the first axis, added in order: np.mean adds otherwise for N = 1.

    Both ways add in the same order; a loop over 100,000 networks would be slow, and running
    sums of many rows need room for all of them.
    """
    total: FloatArray
    if len(each) > each[0].size:
        total = np.cumsum(each, axis=0, dtype=np.float64)[-1]
    else:
        total = each[0].astype(np.float64)
        for one in each[1:]:
            total += one
    mean: FloatArray = total / len(each)
    return mean
