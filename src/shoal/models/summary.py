"""What training rows looked like, kept with a model: to tell later rows from them.

Everything is in the units that a scaler sees: those of the table, after the data recipe's
``multiply`` and ``add``.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Final

import numpy as np
from pydantic import Field

from shoal.data.dataset import Dataset, Feature, FloatArray, IndexArray, Schema
from shoal.data.wording import show
from shoal.fields import NUMBER
from shoal.records import Record

N_QUANTILES: Final = 101
"""Quantiles of a column of numbers: every hundredth, the least and the largest among them."""
MAX_COLUMNS: Final = 1024
"""The most columns that a summary is made for; it is larger than most networks beyond."""

_Value = Annotated[float, Field(strict=True), NUMBER]


class ColumnSummary(Record):
    """One column of the training rows.

    Attributes:
        quantiles: (101,), values that were there: of N sorted ones the ``ceil(k N / 100)``-th
            for each k, the least for 0; empty for categories.
        shares: (K,), of the rows in each category, in the schema's order; empty for numbers.
    """

    quantiles: tuple[_Value, ...] = ()
    shares: tuple[_Value, ...] = ()


class Summary(Record):
    """The training rows of a model.

    Attributes:
        n_rows: N.
        columns: one for each column of the schema.
    """

    n_rows: Annotated[int, Field(strict=True, ge=1), NUMBER]
    columns: tuple[ColumnSummary, ...]


def summarise(dataset: Dataset, rows: IndexArray) -> Summary | None:
    """Return the summary of some rows, None where there are too many columns.

    Args:
        dataset: without gaps.
        rows: (N,), at least one.

    Example:
        >>> schema = Schema(columns=(Feature(name="a"),), target="b", kind="regression")
        >>> table = Dataset(x=np.array([[3.0], [1.0]]), y=np.zeros((2, 1)), schema=schema)
        >>> found = summarise(table, np.arange(2))
        >>> found.columns[0].quantiles[0], found.columns[0].quantiles[-1]
        (1.0, 3.0)
    """
    columns = dataset.schema.columns
    if len(columns) > MAX_COLUMNS:
        return None
    x = np.asarray(dataset.x[rows], np.float64)
    found, start = [], 0
    for column in columns:
        width = len(column.feature_names)
        found.append(_column(column, x[:, start : start + width]))
        start += width
    return Summary(n_rows=len(x), columns=tuple(found))


def summary_problem(summary: Summary, schema: Schema) -> str | None:
    """Return why a summary is not one of rows of this schema, None if it may be."""
    if len(summary.columns) != len(schema.columns):
        return f"must have {len(schema.columns)} columns, as the schema"
    for column, about in zip(schema.columns, summary.columns, strict=True):
        n_shares = len(column.categories or ())
        n_quantiles = 0 if column.categories is not None else N_QUANTILES
        if (len(about.quantiles), len(about.shares)) != (n_quantiles, n_shares):
            wanted = f"{n_shares} shares" if n_shares else f"{N_QUANTILES} quantiles"
            return f"must have {wanted} for the column {show(column.name)}"
        if any(b < a for a, b in itertools.pairwise(about.quantiles)):
            return f"must have quantiles in ascending order for the column {show(column.name)}"
    return None


def _column(column: Feature, x: FloatArray) -> ColumnSummary:
    if column.categories is not None:
        return ColumnSummary(shares=tuple(x.mean(axis=0).tolist()))
    places = np.ceil(np.arange(N_QUANTILES) * len(x) / (N_QUANTILES - 1)).astype(np.int64) - 1
    return ColumnSummary(quantiles=tuple(np.sort(x[:, 0])[np.maximum(places, 0)].tolist()))
