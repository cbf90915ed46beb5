"""From the outputs of a classifier to probabilities of its classes, whatever its last layer is.

One home for the question what an output that is no probability means, so that predicting,
evaluating and exporting answer alike.
"""

from __future__ import annotations

import numpy as np

from shoal.network import FloatArray, Network


def probabilities(network: Network, outputs: FloatArray, *, threshold: float = 0.5) -> FloatArray:
    """Return the probability of every class, each row summing to 1.

    One output is the probability p of the second of two classes, so a row is ``[1 - p, p]``.
    What is done to outputs depends on the last layer:

    - ``softmax``: they are probabilities already, up to the rounding of their sum to 1;
    - ``sigmoid`` with several units: each is divided by their sum; if all are 0, every class
      has the same probability;
    - any other (squared error with identity, tanh, step...): the nearest point among the
      probabilities, in squared distance. For one output that is p, clipped to 0 and 1.

    In each of them the largest output never has less than another. Outputs that decide at 0,
    as the hinge loss trains them, become ``(1 + a) / 2`` first.

    Args:
        network: tells the last activation.
        outputs: of its last layer.
        threshold: what one output decides at: 0.5, or 0 for the hinge loss.

    Shapes:
        outputs (..., N, C) -> (..., N, 2) if C is 1, else (..., N, C); float64

    Example:
        >>> from shoal.network import Dense
        >>> probabilities(Network([Dense(1, "tanh")]), np.array([[-0.5], [0.75]]))
        array([[1.  , 0.  ],
               [0.25, 0.75]])
    """
    if outputs.shape[-1] == 1:
        p = label_probabilities(outputs, threshold=threshold)
        return np.concatenate([1.0 - p, p], axis=-1)
    values = _from_half(outputs, threshold)
    activation = network.layers[-1].activation
    if activation == "softmax" and threshold != 0:
        # in float32 they add up to 1 within 1e-7 only
        return values if outputs.dtype == np.float64 else _evened(values)
    if activation == "sigmoid" and threshold != 0:
        return _shares(values)
    return nearest_probabilities(values)


def label_probabilities(outputs: FloatArray, *, threshold: float = 0.5) -> FloatArray:
    """Return the probability of every label by itself: the output, clipped to 0 and 1.

    Outputs that decide at 0 become ``(1 + a) / 2`` first.

    Shapes:
        outputs (..., N, C) -> (..., N, C), float64

    Example:
        >>> label_probabilities(np.array([[-0.5, 2.0]]), threshold=0.0)
        array([[0.25, 1.  ]])
    """
    values = _from_half(outputs, threshold)
    # a second array of this size takes longer than the arithmetic: pages ask 30 times a second
    own = None if np.may_share_memory(values, outputs) else values
    clipped: FloatArray = np.clip(values, 0.0, 1.0, out=own)
    return clipped


def log_probabilities(network: Network, sums: FloatArray, p: FloatArray) -> FloatArray:
    """Return the logarithm of probabilities, exact where they round to 0 or 1.

    From the weighted sums z of the last layer where it is sigmoid or softmax: for one output
    ``-log(1 + e^-z)`` and ``-log(1 + e^z)``, for softmax ``z - log(sum(e^z))``, and for
    several sigmoid outputs that share one probability those less the log of their sum. For
    any other layer the log of p, at least that of the smallest normal number of the sums'
    precision.

    Args:
        network: tells the last activation.
        sums: weighted sums of the last layer, before its activation.
        p: what `probabilities` says.

    Shapes:
        sums (..., N, C), p (..., N, n_classes) -> (..., N, n_classes), float64

    Units:
        Natural log.
    """
    activation = network.layers[-1].activation
    if activation not in ("sigmoid", "softmax"):
        return _floored_log(p, sums)
    z = _bounded(sums)
    if sums.shape[-1] == 1:
        return _log_sigmoid(np.concatenate([-z, z], axis=-1))
    each = z if activation == "softmax" else _log_sigmoid(z)
    logs: FloatArray = each - np.logaddexp.reduce(each, axis=-1, keepdims=True)
    return logs


def log_label_probabilities(network: Network, sums: FloatArray, p: FloatArray) -> FloatArray:
    """Return the logarithms of 1 - p and of p for every label; see `log_probabilities`.

    Shapes:
        sums, p (..., N, C) -> (..., N, C, 2), float64
    """
    if network.layers[-1].activation != "sigmoid":
        return _floored_log(np.stack([1.0 - p, p], axis=-1), sums)
    z = _bounded(sums)
    return _log_sigmoid(np.stack([-z, z], axis=-1))


def nearest_probabilities(values: FloatArray) -> FloatArray:
    """Return the nearest point of the probability simplex, in squared distance.

    ``max(values - theta, 0)`` with the theta that makes the row sum to 1.

    Shapes:
        values (..., C) -> (..., C)

    Source:
        Duchi, Shalev-Shwartz, Singer, Chandra, "Efficient projections onto the l1-ball for
        learning in high dimensions" (2008), figure 1. We first subtract the largest value,
        which changes nothing and keeps every sum small.

    Example:
        >>> nearest_probabilities(np.array([1.5, 2.0, 0.0]))
        array([0.25, 0.75, 0.  ])
    """
    with np.errstate(over="ignore"):
        # what lies 1 or more below the largest gets nothing, however far below it is
        v = np.maximum(values - values.max(axis=-1, keepdims=True), -1.0)
    descending = -np.sort(-v, axis=-1)
    count = np.arange(1, v.shape[-1] + 1)
    theta = (np.cumsum(descending, axis=-1) - 1.0) / count
    n_above = (descending > theta).sum(axis=-1, keepdims=True)
    nearest: FloatArray = np.maximum(v - np.take_along_axis(theta, n_above - 1, axis=-1), 0.0)
    return nearest


def _from_half(outputs: FloatArray, threshold: float) -> FloatArray:
    values = np.asarray(outputs, dtype=np.float64)
    return values if threshold else (1.0 + values) / 2.0


def _log_sigmoid(z: FloatArray) -> FloatArray:
    """Return ``log(1 / (1 + e^-z))``, which is minus the softplus of -z."""
    logs: FloatArray = -np.logaddexp(0.0, -z)
    return logs


def _floored_log(p: FloatArray, sums: FloatArray) -> FloatArray:
    least = float(np.finfo(sums.dtype).smallest_normal)
    logs: FloatArray = np.log(np.maximum(p, least))
    return logs


def _bounded(sums: FloatArray) -> FloatArray:
    """Return sums in float64, within the largest number of their precision."""
    largest = float(np.finfo(sums.dtype).max)
    return np.clip(np.asarray(sums, np.float64), -largest, largest)


def _evened(values: FloatArray) -> FloatArray:
    """Divide rows, in place, by their sums, which are added class by class for any shape."""
    total = values[..., 0].copy()
    for k in range(1, values.shape[-1]):
        total += values[..., k]
    values /= total[..., np.newaxis]
    return values


def _shares(values: FloatArray) -> FloatArray:
    # cumsum adds in index order whatever the shape; sum does not
    total = np.cumsum(values, axis=-1)[..., -1:]
    n_classes = values.shape[-1]
    empty = total == 0
    return np.where(empty, 1.0 / n_classes, values / np.where(empty, 1.0, total))
