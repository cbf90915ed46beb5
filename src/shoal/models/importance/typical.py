"""The columns of a model's features, and a row that is typical of those that trained it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.cells import number_name
from shoal.data.dataset import Feature, Schema
from shoal.models.model import Model
from shoal.network import FloatArray

UNKNOWN = "zeros (the model keeps nothing of its training rows)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Typical:
    """A typical row, and what it is.

    Attributes:
        x: features as they stand in the table, (D,).
        words: what it is: "medians of the training rows, and their most frequent categories".
    """

    x: FloatArray
    words: str


def groups_of(schema: Schema) -> tuple[slice, ...]:
    """Return which features every column has, (K,): one, or one for each category.

    Example:
        >>> both = (Feature(name="a", categories=("x", "y")), Feature(name="b"))
        >>> groups_of(Schema(columns=both, target="c", kind="regression"))
        (slice(0, 2, None), slice(2, 3, None))
    """
    found, start = [], 0
    for column in schema.columns:
        width = len(column.feature_names)
        found.append(slice(start, start + width))
        start += width
    return tuple(found)


def typical_row(model: Model) -> Typical:
    """Return the medians and most frequent categories of the rows that trained a model.

    From its summary. Without one, from its scalers: means, or the middles of the ranges; and
    without those zeros, which `words` says.

    Shapes:
        x (D,), in the units of the table
    """
    if model.summary is not None:
        middle = [
            each.quantiles[len(each.quantiles) // 2 : len(each.quantiles) // 2 + 1] or each.shares
            for each in model.summary.columns
        ]
        x = np.concatenate([np.array(each, np.float64) for each in middle])
        words = "medians of the training rows"
    else:
        kinds = {scaler.kind for scaler in model.scalers}
        half = 0.5 if kinds == {"minmax"} else 0.0
        middles = [_center(s.center, s.scale, half) for s in model.scalers]
        x = np.mean(middles, axis=0)[: len(model.schema.base_features)]
        words = {"standard": "means of the training rows", "minmax": "middles of their ranges"}.get(
            "".join(kinds), UNKNOWN
        )
    x = (x - model.add) / (model.multiply or 1.0) if words != UNKNOWN else np.zeros_like(x)
    has_categories = False
    for column, group in zip(model.schema.columns, groups_of(model.schema), strict=True):
        if column.categories is not None:
            has_categories = True
            x[group] = np.arange(len(column.categories)) == int(np.argmax(x[group]))
    common = ", and their most frequent categories"
    return Typical(x=x, words=words + (common if has_categories and words != UNKNOWN else ""))


def cell_of(column: Feature, features: FloatArray) -> str:
    """Return what a column's features (k,) say, as a person reads it.

    Example:
        >>> cell_of(Feature(name="a", categories=("x", "y")), np.array([0.0, 1.0]))
        'y'
        >>> cell_of(Feature(name="b"), np.array([2.0]))
        '2'
    """
    if column.categories is None:
        return number_name(float(features[0]))
    if not (features == 1.0).any():
        return "a mixture"
    return column.categories[int(np.argmax(features))]


def _center(center: tuple[float, ...], scale: tuple[float, ...], half: float) -> FloatArray:
    return np.array(center) + half * np.array(scale)
