"""What differences over repeated folds say: an interval that knows that training rows overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError
from shoal.metrics.paired_signs import LEVEL, Interval, checked


def corrected_interval(
    values: ArrayLike, test_share: float, confidence: float = 1 - LEVEL
) -> Interval:
    """Return the interval of a mean over splits whose training rows overlap.

    ``mean +- t(J - 1) * sqrt(variance * (1 / J + n_test / n_train))``: the usual t interval has
    ``1 / J`` alone and is far too narrow, since the same rows train the models of most splits.
    Where all values are equal it is a point.

    Args:
        values: a figure, or a difference, of every split.
        test_share: ``n_test / n_train`` of a split: ``1 / (K - 1)`` for K folds.
        confidence: of the interval, 0 to 1.

    Shapes:
        values (J,) of at least two splits

    Raises:
        ArgumentError: fewer than two values, one that is not finite, or no such share.

    Source:
        Nadeau and Bengio, "Inference for the generalization error" (2003), the corrected
        resampled t-test; for repeated K folds as in Bouckaert and Frank, "Evaluating the
        replicability of significance tests for comparing learning algorithms" (2004).

    Example:
        >>> found = corrected_interval([1.0, 2.0, 3.0], 0.5)
        >>> round(found.low, 3), round(found.high, 3)
        (-1.928, 5.928)
    """
    from scipy.stats import t

    found = checked("corrected_interval", values)
    if len(found) < 2 or not np.isfinite(found).all():
        wanted = "must hold two finite values or more"
        raise ArgumentError(
            "corrected_interval", "values", wanted, got=found.tolist()[:5], code="A105"
        )
    if not 0 < test_share < np.inf:
        raise ArgumentError(
            "corrected_interval", "test_share", "must be above 0", got=test_share, code="A102"
        )
    mean, n = float(found.mean()), len(found)
    if np.ptp(found) == 0:
        return Interval(low=mean, high=mean, confidence=confidence)
    spread = np.sqrt(found.var(ddof=1) * (1 / n + test_share))
    reach = float(t.ppf((1 + confidence) / 2, n - 1) * spread)
    return Interval(low=mean - reach, high=mean + reach, confidence=confidence)


__all__ = ["corrected_interval"]
