"""How good predictions are over rows as they come, from sums: with intervals, in any number.

The same figures as `models.evaluate` has, but of rows that nobody keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.dataset import Schema
from shoal.metrics import predicted_classes
from shoal.metrics.intervals import mean_interval, share_interval
from shoal.models.ensemble import Prediction
from shoal.network import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with the range that 95 of 100 samples' true figures are in.

    Attributes:
        name: "accuracy", "mean_absolute_error", "r2" or "unlike".
        value: the figure; None where it has no meaning, such as R2 of rows that do not vary,
            and of an error that is beyond all numbers.
        low, high: the ends of the interval, None where there is none.
        n_rows: rows that it is of.
        n_effective: as many rows as their weights are worth: ``sum(w)^2 / sum(w^2)``.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_rows: int
    n_effective: float


class Judging:
    """Sums over rows with known targets: `add` them, then ask for `figures`."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.n_rows = 0
        self._weight = 0.0
        self._squares = 0.0
        self._right = 0.0
        self._values: _Values | None = _Values() if schema.is_regression else None

    def add(self, said: Prediction, y: FloatArray, weights: FloatArray | None) -> None:
        """Add rows: what was predicted, the true targets (n, C), and weights (n,)."""
        w = np.ones(len(y)) if weights is None else weights
        self.n_rows += len(y)
        self._weight += float(w.sum())
        self._squares += float((w * w).sum())
        if self._values is not None:
            self._values.add(said.mean, y, w)
            return
        assert said.codes is not None
        if self.schema.kind == "multilabel":
            right = (said.codes == (y > 0.5)).all(axis=1)
        else:
            right = said.codes == predicted_classes(y)
        self._right += float(w[right].sum())

    @property
    def n_effective(self) -> float:
        """As many rows as the weights are worth, 0 where none counts."""
        return self._weight**2 / self._squares if self._squares > 0 else 0.0

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures; none where no row counts."""
        n = self.n_effective
        if n == 0:
            return ()
        if self._values is not None:
            found = self._values.figures(self._weight, n)
        else:
            share = min(1.0, self._right / self._weight)
            found = (("accuracy", share, *share_interval(share * n, n)),)
        return tuple(
            Figure(name=name, value=_finite(value), low=_finite(low), high=_finite(high),
                   n_rows=self.n_rows, n_effective=n)
            for name, value, low, high in found
        )  # fmt: skip


class _Values:
    """Weighted sums of powers of targets and errors, each about the first block's mean."""

    def __init__(self) -> None:
        self._center: FloatArray | None = None
        self._absolute = np.zeros(2)
        self._powers = np.zeros(0)

    def add(self, said: FloatArray, y: FloatArray, w: FloatArray) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            if self._center is None:
                self._center = y.mean(axis=0)
            gone = np.abs(said - y).mean(axis=1)
            self._absolute += [(w * gone).sum(), (w * gone * gone).sum()]
            d, e = y - self._center, (y - said) ** 2
            d2 = d * d
            terms = (d, d2, d2 * d, d2 * d2, e, e * d, e * d2, e * e)
            sums = np.array([(w[:, None] * term).sum(axis=0) for term in terms])
            self._powers = sums if self._powers.size == 0 else self._powers + sums

    def figures(self, weight: float, n: float) -> tuple[tuple[str, float, float, float], ...]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mean, square = self._absolute / weight
            low, high = mean_interval(mean, square - mean**2, n)
            r2 = self._explained(self._powers / weight, n)
        return ("mean_absolute_error", float(mean), max(0.0, low), high), ("r2", *r2)

    @staticmethod
    def _explained(m: FloatArray, n: float) -> tuple[float, float, float]:
        """Return R2 and its interval from weighted means of powers (8, C).

        ``R2 = 1 - E / V`` with the mean squared error E and the variance V; a row moves it by
        ``-(e - E/V (y - mean)^2) / V``, whose variance gives the interval (the delta method).
        The interval is left out where there are several targets.
        """
        shift, e, ee = m[0], m[4], m[7]
        variance = m[1] - shift**2
        if not (variance > 1e-12 * m[1]).all():
            return np.nan, np.nan, np.nan
        share = e / variance
        fourth = m[3] - 4 * shift * m[2] + 6 * shift**2 * m[1] - 3 * shift**4
        mixed = m[6] - 2 * shift * m[5] + shift**2 * e
        spread = (ee - 2 * share * mixed + share**2 * fourth) / variance**2
        value = float((1 - share).mean())
        if len(share) > 1:
            return value, np.nan, np.nan
        low, high = mean_interval(value, float(spread[0]), n)
        return value, low, min(high, 1.0)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
