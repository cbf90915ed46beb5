"""Running figures of rows that come in batches.

In `partial_fit` nobody knows the mean and the spread of the rows to come, so rows are scaled by
those of all rows so far, which settle as rows come. Weights are left alone when they move: to
rewrite the first layer so that it says what it said would keep what was learnt from two or three
rows alive as weights many times too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shoal.data.dataset import FloatArray
from shoal.data.scaling import Scaler, ScalingKind, fit_scaler
from shoal.sklearn.rescaling import weighted_scaler

STILL: Final = 1e-12
"""A relative change of center or scale that is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What columns were like over all rows so far.

    Attributes:
        weight: how many rows, or their summed weight.
        mean, std: of each column; the spread is 0 where every row had the same number.
        low, high: the least and the largest number.

    Shapes:
        mean, std, low, high (D,)
    """

    weight: float
    mean: FloatArray
    std: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def varied(self) -> np.ndarray:
        """Which columns have had two different numbers, (D,) bool."""
        return np.asarray(self.low < self.high)

    def joined(self, other: Moments) -> Moments:
        """Return the figures of these rows and those.

        Source:
            Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
            sample variances" (1979), equation 1.5.

        Example:
            >>> both = moments_of(np.array([[0.0], [2.0]])).joined(moments_of(np.array([[7.0]])))
            >>> both.mean.tolist(), (both.std**2).round(9).tolist()
            ([3.0], [8.666666667])
        """
        weight = self.weight + other.weight
        share = other.weight / weight
        delta = other.mean - self.mean
        variance = self.std**2 * (1 - share) + other.std**2 * share + delta**2 * share * (1 - share)
        return Moments(
            weight=weight,
            mean=self.mean + delta * share,
            std=np.sqrt(variance),
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
        )

    def scaler(self, kind: ScalingKind) -> Scaler:
        """Return the scaler of `kind` for all rows so far."""
        center, scale = {
            "none": (np.zeros_like(self.mean), np.ones_like(self.mean)),
            "standard": (np.where(self.varied, self.mean, self.low), self.std),
            "minmax": (self.low, self.high - self.low),
        }[kind]
        scale = np.where(self.varied & (scale > 0), scale, 1.0)
        return Scaler(kind=kind, center=tuple(center.tolist()), scale=tuple(scale.tolist()))


def moments_of(x: FloatArray, weights: FloatArray | None = None) -> Moments:
    """Return the figures of some rows.

    Shapes:
        x (N, D), weights (N,) not negative
    """
    fitted = fit_scaler("standard", x) if weights is None else weighted_scaler(x, weights)
    low, high = x.min(axis=0), x.max(axis=0)
    return Moments(
        weight=float(len(x)) if weights is None else float(weights.sum()),
        mean=np.array(fitted.center),
        std=np.where(low < high, np.array(fitted.scale), 0.0),
        low=low,
        high=high,
    )


def steady(before: Scaler, now: Scaler) -> Scaler:
    """Return the scaler of before if the one of now differs by rounding only."""
    old, new = np.array([before.center, before.scale]), np.array([now.center, now.scale])
    is_still = np.abs(new - old) <= STILL * np.maximum(np.abs(old), old[1])
    return before if before.kind == now.kind and is_still.all() else now
