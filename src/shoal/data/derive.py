"""Features that are computed from others: squares, products, sines.

They stand behind the base features, in the units that the data recipe leaves: networks and
scalers see them as any feature, and people give the base features alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from shoal.data.dataset import Dataset, FeatureArray, FloatArray, Schema
from shoal.data.formulas import FARTHEST, Derived, parsed
from shoal.data.wording import listing, show
from shoal.errors import ArgumentError, DataError, did_you_mean


def recompute(schema: Schema, rows: FloatArray) -> FloatArray:
    """Return rows with their derived features computed from the base features before them.

    Args:
        schema: which features there are, and what is derived from what.
        rows: in the units of the experiment's rows; with the derived features, whose values do
            not matter, or without them.

    Shapes:
        rows (N, B) or (N, D), B base features of D -> (N, D); NaN where a formula has no value

    Raises:
        ArgumentError: rows with another number of features.

    Example:
        >>> from shoal.data.dataset import Feature
        >>> columns = Feature(name="a"), Feature(name="b")
        >>> schema = Schema(columns=columns, target="y", kind="regression",
        ...                 derived=(parsed("a^2"), parsed("a*b")))
        >>> recompute(schema, np.array([[3.0, 2.0], [-1.0, 4.0]])).tolist()
        [[3.0, 2.0, 9.0, 6.0], [-1.0, 4.0, 1.0, -4.0]]
    """
    if not schema.derived:
        return rows
    base = schema.base_features
    if rows.ndim != 2 or rows.shape[1] not in (len(base), len(base) + len(schema.derived)):
        wanted = f"must have {len(base)} base features, or {len(schema.feature_names)} with all"
        raise ArgumentError("recompute", "rows", wanted, got=rows.shape, code="A104")
    full = np.empty((len(rows), len(schema.feature_names)))
    full[:, : len(base)] = rows[:, : len(base)]
    for place, each in enumerate(schema.derived, start=len(base)):
        full[:, place] = each.values(*(full[:, base.index(name)] for name in each.of))
    return full


def base_slopes(schema: Schema, rows: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return derivatives by the base features, with what goes through the derived ones.

    Args:
        schema: which features there are.
        rows: where, in the units of the experiment's rows.
        slopes: of something by every feature, as if they could move alone.

    Shapes:
        rows (N, D), slopes (N, D) -> (N, B)

    Example:
        >>> from shoal.data.dataset import Feature
        >>> schema = Schema(columns=(Feature(name="a"),), target="y", kind="regression",
        ...                 derived=(parsed("a^2"),))
        >>> base_slopes(schema, np.array([[3.0, 9.0]]), np.array([[1.0, 10.0]])).tolist()
        [[61.0]]
    """
    base = schema.base_features
    found = np.array(slopes[..., : len(base)], np.float64)
    for place, each in enumerate(schema.derived, start=len(base)):
        at = [base.index(name) for name in each.of]
        by_each = each.slopes(*(rows[:, k] for k in at))
        for k, by_one in zip(at, by_each, strict=True):
            found[..., k] += slopes[..., place] * by_one
    return found


def with_derived(dataset: Dataset, formulas: Sequence[str]) -> Dataset:
    """Return a dataset with derived features behind those that it has.

    Raises:
        DataError: a formula names no number of the data, or has no value in a row.
    """
    if not formulas:
        return dataset
    for number, told in derived_problems(dataset.schema, formulas):
        raise DataError(f"derived[{number}]: {told}", source=dataset.source, code="D123")
    derived = tuple(parsed(text) for text in formulas)
    schema = dataset.schema.model_copy(update={"derived": derived})
    x = recompute(schema, dataset.x)
    _check_values(dataset, derived, x)
    return replace(dataset, x=x, schema=schema)


def derived_problems(schema: Schema, formulas: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with formulas for a table: the number of each, and a sentence.

    Args:
        schema: of the base features.
        formulas: as they are written.
    """
    numbers = [column.name for column in schema.columns if column.categories is None]
    for place, text in enumerate(formulas):
        each = parsed(text)
        wrong = [name for name in each.of if name not in numbers]
        if wrong:
            yield place, _no_number(schema, numbers, wrong[0])
        elif each.name in schema.base_features or each.name in schema.targets:
            yield place, f"{show(each.name)} is the name of a column. Rename that column."


def _no_number(schema: Schema, numbers: Sequence[str], name: str) -> str:
    categories = [column for column in schema.columns if column.categories is not None]
    if any(name in (column.name, *column.feature_names) for column in categories):
        return f"{show(name)} is a category, and formulas take numbers. Name a column of numbers."
    if name in schema.targets:
        return f"{show(name)} is what is to be predicted. Name a feature."
    there = f"the columns of numbers are {listing(numbers)}" if numbers else "there are no numbers"
    return f"there is no feature {show(name)}; {there}. {did_you_mean(name, numbers)}".rstrip()


def _check_values(dataset: Dataset, derived: Sequence[Derived], x: FeatureArray) -> None:
    """Raise for the first value that a formula does not have, with its row."""
    first = x.shape[1] - len(derived)
    usable = np.isfinite(x[:, first:])
    if usable.all():
        return
    row, place = (int(k) for k in np.argwhere(~usable)[0])
    each = derived[place]
    given = " and ".join(
        f"{name} = {x[row, dataset.schema.base_features.index(name)]:g}"
        for name in dict.fromkeys(each.of)
    )
    reason = f"{each.name} has no finite value for {given}."
    far = each.formula in ("sin", "cos")
    cure = f"Bring the feature within {FARTHEST:,.0f}." if far else "Give smaller numbers."
    line = None if dataset.lines is None else int(dataset.lines[row])
    raise DataError(reason, source=dataset.source, line=line, cure=cure, code="D118")


__all__ = ["base_slopes", "derived_problems", "recompute", "with_derived"]
