"""From the outputs of a classifier to probabilities of its classes, whatever its last layer is.

One home for the question what an output that is no probability means, so that predicting,
evaluating and exporting answer alike.
"""

from __future__ import annotations

import numpy as np

from shoal.network import FloatArray, Network


def probabilities(network: Network, outputs: FloatArray) -> FloatArray:
    """Return the probability of every class, each row summing to 1.

    One output is the probability p of the second of two classes, so a row is ``[1 - p, p]``.
    What is done to outputs depends on the last layer:

    - ``softmax``: they are probabilities, and stay as they are;
    - ``sigmoid`` with several units: each is divided by their sum; if all are 0, every class
      has the same probability;
    - any other (squared error with identity, tanh, step...): the nearest point among the
      probabilities, in squared distance. For one output that is p, clipped to 0 and 1.

    In each of them the largest output never has less than another.

    Shapes:
        outputs (..., N, C) -> (..., N, 2) if C is 1, else (..., N, C); float64

    Example:
        >>> from shoal.network import Dense
        >>> probabilities(Network([Dense(1, "tanh")]), np.array([[-0.5], [0.75]]))
        array([[1.  , 0.  ],
               [0.25, 0.75]])
    """
    values = np.asarray(outputs, dtype=np.float64)
    if values.shape[-1] == 1:
        p = np.clip(values, 0.0, 1.0)
        return np.concatenate([1.0 - p, p], axis=-1)
    activation = network.layers[-1].activation
    if activation == "softmax":
        return values
    return _shares(values) if activation == "sigmoid" else nearest_probabilities(values)


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


def _shares(values: FloatArray) -> FloatArray:
    # cumsum adds in index order whatever the shape; sum does not
    total = np.cumsum(values, axis=-1)[..., -1:]
    n_classes = values.shape[-1]
    empty = total == 0
    return np.where(empty, 1.0 / n_classes, values / np.where(empty, 1.0, total))
