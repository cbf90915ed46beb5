"""Features and numeric targets on a common scale, fitted on training rows only.

A scaler is plain data that goes with the model; `unscaled_columns` finds the features that
would keep a network from learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from shoal import _core
from shoal.data.dataset import FeatureArray, FloatArray, IndexArray
from shoal.errors import ArgumentError
from shoal.records import Record
from shoal.shapes import check_shapes

ScalingKind = Literal["none", "standard", "minmax"]

TOO_LARGE = 20.0
"""Values beyond this in magnitude drive tanh and sigmoid units flat."""
TOO_FAR = 10.0
"""A mean this many standard deviations from zero drowns what varies..."""
FAR_FROM = 2.0
"""...unless the mean is this small: a bit that is nearly always 1 is no offset."""
TOO_SMALL = 0.01
"""A feature that varies less than this hardly moves a weighted sum."""


BLOCK = 4_096
"""Rows that are scaled at once."""
LARGEST = 1e150
"""Squares of larger numbers are beyond float64."""


class Scaler(Record):
    """The map ``(x - center) / scale`` of each feature, and back.

    Kind "standard" has the mean and the population standard deviation of the training rows,
    "minmax" their minimum and range, so that they fill [0, 1]; "none" has 0 and 1. A
    constant feature gets scale 1: it becomes 0.
    """

    kind: ScalingKind = "none"
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = Field(default=())

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        if len(self.center) != len(self.scale):
            raise ValueError(
                f"center and scale must have a number for every feature; "
                f"got {len(self.center)} and {len(self.scale)}"
            )
        if not all(scale > 0 for scale in self.scale):
            raise ValueError("scale must be above 0 for every feature")
        return self

    def apply(self, x: FloatArray) -> FloatArray:
        """Return `x` scaled.

        Shapes:
            x (N, D) -> (N, D), float64.

        Raises:
            ArgumentError: `x` has another number of features.
        """
        center, scale = self._columns("Scaler.apply", x)
        return np.asarray((x - center) / scale, dtype=np.float64)

    def apply_to(self, x: FeatureArray, rows: IndexArray, dtype: str) -> np.ndarray:
        """Return some rows of `x` scaled in float64 and cast, a block at a time.

        The same bits as ``apply(x[rows]).astype(dtype)``, without float64 arrays of all rows:
        for 60,000 images they would be the most of the memory.

        Shapes:
            x (N, D), rows (n,) -> (n, D), contiguous.

        Raises:
            ArgumentError: `x` has another number of features.
        """
        scaled = np.empty((len(rows), x.shape[1]), dtype)
        for start in range(0, len(rows), BLOCK):
            some = rows[start : start + BLOCK]
            scaled[start : start + BLOCK] = self.apply(np.asarray(x[some], np.float64))
        return scaled

    def inverse(self, x: FloatArray) -> FloatArray:
        """Return what `apply` made of it in the units it had before.

        Shapes:
            x (N, D) -> (N, D), float64.

        Raises:
            ArgumentError: `x` has another number of features.
        """
        center, scale = self._columns("Scaler.inverse", x)
        return np.asarray(x * scale + center, dtype=np.float64)

    def _columns(self, where: str, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        if x.ndim != 2 or x.shape[1] != len(self.center):
            raise ArgumentError(
                where, "x", f"must have shape (N, {len(self.center)})", got=np.shape(x), code="A104"
            )
        return np.array(self.center), np.array(self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnscaledColumn:
    """A feature that should not reach a network as it is."""

    name: str
    mean: float
    std: float


def fit_scaler(kind: ScalingKind, x_train: FloatArray) -> Scaler:
    """Return the scaler of `kind` for the training rows; works for numeric targets too.

    Args:
        kind: "none", "standard" or "minmax".
        x_train: the training rows, and no others.

    Shapes:
        x_train (N, D), N at least 1.

    Units:
        The standard deviation is that of the population: divided by N, not N - 1.

    Raises:
        ArgumentError: `kind` is unknown, or `x_train` has no rows, values that are not
            finite or whose squares are not.

    Example:
        >>> scaler = fit_scaler("minmax", np.array([[1.0, 7.0], [3.0, 7.0]]))
        >>> scaler.apply(np.array([[2.0, 7.0]])).tolist()
        [[0.5, 0.0]]
    """
    if kind not in ("none", "standard", "minmax"):
        raise ArgumentError(
            "fit_scaler",
            "kind",
            "must be 'none', 'standard' or 'minmax'",
            got=repr(kind),
            code="A103",
        )
    low, high = _bounds("fit_scaler", x_train)
    if kind == "none":
        center, scale = np.zeros_like(low), np.ones_like(low)
    elif kind == "standard":
        center, scale = _moments(x_train)
        # Rounding can give equal values a tiny spread; bounds tell what is constant.
        center = np.where(low == high, low, center)
    else:
        center, scale = low, high - low
    scale = np.where((low == high) | (scale == 0), 1.0, scale)
    return Scaler(kind=kind, center=tuple(center.tolist()), scale=tuple(scale.tolist()))


def unscaled_columns(x_train: FloatArray, names: Sequence[str]) -> tuple[UnscaledColumn, ...]:
    """Return the features that would reach a network in unsuitable units.

    These are features with values beyond 20 in magnitude, features whose mean lies more than
    10 standard deviations (and more than 2) from zero, and features that vary, but by less
    than 0.01 in all. Bits, numbers from 0 to 16 and standardised features are none of these.

    Shapes:
        x_train (N, D), as it would enter the network; D names.

    Raises:
        ArgumentError: `x_train` has no rows, values that are not finite, or another number
            of features than `names`.

    Example:
        >>> unscaled_columns(np.array([[0.1, 1000.0], [0.9, 1001.0]]), ["a", "b"])
        (UnscaledColumn(name='b', mean=1000.5, std=0.5),)
    """
    low, high = _bounds("unscaled_columns", x_train)
    if len(names) != len(low):
        raise ArgumentError(
            "unscaled_columns",
            "names",
            f"must have D={len(low)} names from `x_train`",
            got=len(names),
            code="A104",
        )
    mean, std = _moments(x_train)
    varies = low < high
    too_large = np.maximum(np.abs(low), np.abs(high)) > TOO_LARGE
    offset = varies & (np.abs(mean) > TOO_FAR * std) & (np.abs(mean) > FAR_FROM)
    too_small = varies & (high - low < TOO_SMALL)
    return tuple(
        UnscaledColumn(name=names[d], mean=float(mean[d]), std=float(std[d]))
        for d in np.flatnonzero(too_large | offset | too_small).tolist()
    )


def unscaled_sentence(columns: Sequence[UnscaledColumn]) -> str:
    """Return what to tell about unscaled features, with the cure; nothing for none.

    Example:
        >>> unscaled_sentence([UnscaledColumn(name="x0", mean=1000.5, std=0.29)])[:60]
        "1 feature reaches the network unscaled: 'x0' (mean 1000.5, s"
    """
    if not columns:
        return ""
    told = ", ".join(f"'{c.name}' (mean {c.mean:.6g}, std {_short(c.std)})" for c in columns[:3])
    more = f" and {len(columns) - 3} more" if len(columns) > 3 else ""
    what = "1 feature reaches" if len(columns) == 1 else f"{len(columns)} features reach"
    return f'{what} the network unscaled: {told}{more}. Set preprocess.scaling = "standard".'


def _short(number: float) -> str:
    """Return three digits, but whole numbers in full."""
    return f"{number:.0f}" if 1000 <= number < 1e9 else f"{number:.3g}"


def _bounds(where: str, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the minimum and maximum of each feature, once they are known to be usable."""
    if check_shapes(where, "x_train (N, D)", x_train=x)["N"] == 0:
        raise ArgumentError(
            where, "x_train", "must have at least one row", got=x.shape, code="A106"
        )
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    usable = (low >= -LARGEST) & (high <= LARGEST)
    if not usable.all():
        worst = int(np.flatnonzero(~usable)[0])
        raise ArgumentError(
            where,
            "x_train",
            f"must be finite and at most {LARGEST:g} in magnitude",
            got=f"{low[worst]:g} to {high[worst]:g} in feature {worst}",
            code="A105",
        )
    return low, high


def _moments(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, std = _core.column_moments(np.ascontiguousarray(x, dtype=np.float64))
    return np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
