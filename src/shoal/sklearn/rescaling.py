"""Scalers that are not those of the training rows: weighted ones, and ones given from before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.data.dataset import Dataset, FloatArray, IndexArray
from shoal.data.scaling import Scaler, fit_scaler
from shoal.experiments.prepare import Part, Prepared
from shoal.kernels import RowSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """Scalers of features and targets: one for all networks, or one for each."""

    features: tuple[Scaler, ...]
    targets: tuple[Scaler, ...]

    def of(self, network: int) -> tuple[Scaler, Scaler]:
        """Return the scalers of one network."""
        features, targets = self.features, self.targets
        return features[network % len(features)], targets[network % len(targets)]


def rescaled(prepared: Prepared, scales: Scales) -> Prepared:
    """Return what was prepared with rows that given scalers scale."""
    parts: list[Part] = []
    number: dict[tuple[int, Scaler, Scaler], int] = {}
    part_of = []
    for network, k in enumerate(prepared.part_of.tolist()):
        key = (k, *scales.of(network))
        if key not in number:
            number[key] = len(parts)
            parts.append(_with_scalers(prepared, prepared.parts[k], *scales.of(network)))
        part_of.append(number[key])
    return replace(prepared, parts=tuple(parts), part_of=np.array(part_of, np.int32))


def weighted(prepared: Prepared) -> Prepared:
    """Return what was prepared with standard scalers that heed the weights of the rows.

    A row of weight 2 counts as two rows, so that weights and repeated rows give the same
    network; "minmax" and "none" heed no weights.
    """
    preprocess = prepared.experiment.preprocess
    parts = []
    for part in prepared.parts:
        weights = part.dataset.weights
        if weights is None:
            return prepared
        rows = part.split.train
        scaler, target_scaler = part.scaler, part.target_scaler
        if preprocess.scaling == "standard":
            scaler = weighted_scaler(part.dataset.x[rows], weights[rows])
        if preprocess.target_scaling == "standard" and part.dataset.schema.is_regression:
            target_scaler = weighted_scaler(part.dataset.y[rows], weights[rows])
        parts.append(_with_scalers(prepared, part, scaler, target_scaler))
    return replace(prepared, parts=tuple(parts))


def weighted_scaler(x: FloatArray, weights: FloatArray) -> Scaler:
    """Return the standard scaler with weighted mean and standard deviation.

    Shapes:
        x (N, D), weights (N,)

    Example:
        >>> scaler = weighted_scaler(np.array([[0.0], [3.0]]), np.array([2.0, 1.0]))
        >>> scaler.center, round(scaler.scale[0] ** 2, 12)
        ((1.0,), 2.0)
    """
    shares = weights / weights.max()
    total = float(shares.sum())
    center = (shares @ x) / total
    scale = np.sqrt((shares @ np.square(x - center)) / total)
    constant = (x == x[:1]).all(axis=0)
    center = np.where(constant, x[0], center)
    scale = np.where(constant | (scale == 0), 1.0, scale)
    return Scaler(kind="standard", center=tuple(center.tolist()), scale=tuple(scale.tolist()))


def counted(prepared: Prepared) -> Prepared:
    """Return what was prepared with targets that are divided by their mean, as counts are."""
    parts = []
    for part in prepared.parts:
        rows, weights = part.split.train, part.dataset.weights
        y = part.dataset.y[rows]
        known = fit_scaler("standard", y) if weights is None else weighted_scaler(y, weights[rows])
        scaler = scaler_of_counts(np.array(known.center))
        parts.append(_with_scalers(prepared, part, part.scaler, scaler))
    return replace(prepared, parts=tuple(parts))


def scaler_of_counts(mean: FloatArray) -> Scaler:
    """Return the scaler that divides counts by their mean and leaves 0 where it is.

    An exponential output begins near 1, and reaches a mean of thousands too late if at all.

    Shapes:
        mean (C,)

    Example:
        >>> scaler_of_counts(np.array([250.0, 0.0])).scale
        (250.0, 1.0)
    """
    scale = np.where(mean > 0, mean, 1.0)
    return Scaler(kind="standard", center=(0.0,) * len(scale), scale=tuple(scale.tolist()))


def _with_scalers(prepared: Prepared, part: Part, scaler: Scaler, target: Scaler) -> Part:
    dtype = str(prepared.start.dtype)
    split = part.split

    def again(old: RowSet | None, rows: IndexArray) -> RowSet | None:
        if old is None:
            return None
        return _row_set(old, part.dataset, rows, scaler, target, dtype)

    train = again(part.train, split.train)
    assert train is not None
    return replace(
        part,
        scaler=scaler,
        target_scaler=target,
        train=train,
        validation=again(part.validation, split.validation),
        test=again(part.test, split.test),
    )


def _row_set(
    old: RowSet, dataset: Dataset, rows: IndexArray, scaler: Scaler, target: Scaler, dtype: str
) -> RowSet:
    x = scaler.apply_to(dataset.x, rows, dtype)
    if not dataset.schema.is_regression:
        return replace(old, x=x)
    y = np.ascontiguousarray(target.apply(dataset.y[rows]), dtype)
    return replace(old, x=x, y=y, units=np.array(target.scale))


__all__: Sequence[str] = [
    "Scales",
    "counted",
    "rescaled",
    "scaler_of_counts",
    "weighted",
    "weighted_scaler",
]
