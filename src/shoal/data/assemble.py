"""A table to a dataset: which columns, which kind, what happens to gaps.

Gaps that are to be filled stay NaN until `fill_gaps` is given the training rows: a mean
over all rows would tell the training something about the others.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from shoal.data.cells import BoolArray
from shoal.data.columns import (
    Column,
    ColumnType,
    NumberColumn,
    TextColumn,
    cell_text,
    check_categories,
    read_column,
    read_weights,
)
from shoal.data.dataset import Dataset, Feature, FloatArray, IndexArray, Kind, Schema
from shoal.data.encode import one_hot
from shoal.data.goals import encode_goal, read_goal
from shoal.data.recipe import MAX_NUMBERS
from shoal.data.table import Table
from shoal.data.wording import count, listing, show
from shoal.errors import DataError

Missing = Literal["error", "drop", "mean"]

_ACCEPT_GAPS = 'Give missing="drop" or missing="mean" to accept gaps.'
_DROP_GAPS = 'Give missing="drop" to leave out rows with gaps.'


def build_dataset(
    table: Table,
    *,
    target: str | Sequence[str],
    features: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    types: Mapping[str, ColumnType] = MappingProxyType({}),
    weights: str | None = None,
    kind: Kind | None = None,
    missing: Missing = "error",
) -> Dataset:
    """Make a dataset of a table.

    Args:
        table: what was read.
        target: the column to predict, or several: labels that are yes or no, or numbers.
        features: the input columns, in this order; None: all but targets and weights.
        drop: columns to leave out.
        types: what columns of features hold; those not named are guessed.
        weights: the column that says how much each row counts; no feature.
        kind: classification, multilabel or regression; None: guessed from the targets and
            said in `Dataset.notes`.
        missing: what to do about gaps: ``"error"``; ``"drop"`` leaves out their rows;
            ``"mean"`` leaves NaN in number columns, for `fill_gaps`.

    Raises:
        DataError: a column is not there, a cell does not fit, a gap, too many categories,
            or a target with one class.
    """
    targets = (target,) if isinstance(target, str) else tuple(target)
    names = choose_columns(table, targets, features, drop, weights)
    check_types(table, types, targets, weights)
    goal = read_goal(table, targets, kind)
    columns = [read_column(table, name, types.get(name)) for name in names]
    counts = None if weights is None else read_weights(table, weights)
    kept, gap_notes = _settle_gaps(table, columns, goal.columns, counts, missing)
    columns = [column.take(kept) for column in columns]
    for column in columns:
        if isinstance(column, TextColumn):
            check_categories(table, column)
    _check_size(table, columns, len(kept))
    encoded = encode_goal(table, goal.take(kept))
    schema = Schema(
        columns=tuple(_feature(column) for column in columns),
        target=targets[0],
        more_targets=targets[1:],
        kind=goal.kind,
        classes=encoded.classes,
        label_classes=encoded.label_classes,
        weights=weights,
    )
    _check_feature_names(table, schema)
    return Dataset(
        x=np.hstack([_block(column) for column in columns]),
        y=encoded.y,
        schema=schema,
        source=table.source,
        lines=None if table.lines is None else table.lines[kept],
        weights=None if counts is None else _weights_of(table, counts.take(kept)),
        notes=(*table.notes, *goal.notes, *_category_notes(columns), *gap_notes),
    )


def _check_size(table: Table, columns: Sequence[Column], n_rows: int) -> None:
    """Raise before memory is taken for more numbers than a recipe may ask for."""
    width = sum(len(_feature(column).feature_names) for column in columns)
    if n_rows * width > MAX_NUMBERS:
        told = f"{count(n_rows, 'row')} of {count(width, 'feature')}, categories counted each, "
        raise DataError(
            f"{told}are more than {MAX_NUMBERS:,} numbers.",
            source=table.source,
            cure="Name fewer features, or give fewer rows.",
            code="D112",
        )


def choose_columns(
    table: Table,
    targets: Sequence[str],
    features: Sequence[str] | None,
    drop: Sequence[str],
    weights: str | None = None,
) -> tuple[str, ...]:
    """Return the names of the input columns.

    Raises:
        DataError: a name is not in the table, stands twice, or contradicts another.
    """
    roles = [("target", targets), ("weights column", () if weights is None else (weights,))]
    asked = [*roles, ("feature", features or ()), ("column to drop", drop)]
    for what, names in asked:
        for name in names:
            if name not in table.names:
                raise table.no_column(name, what)
    for number, (role, names) in enumerate(roles):
        for what, others in asked[number + 1 :]:
            for name in names:
                if name in others:
                    reason = f"the {role} {show(name)} is also named as a {what}."
                    raise DataError(reason, source=table.source, cure="Name it once.", code="D120")
    _check_once(table, targets, features or (), drop)
    everything = table.names if features is None else features
    left_out = {*targets, *drop, weights}
    chosen = tuple(name for name in everything if name not in left_out)
    if not chosen:
        cure = "Keep at least one column beside the target."
        raise DataError(
            "there are no feature columns.", source=table.source, cure=cure, code="D121"
        )
    return chosen


def check_types(
    table: Table, types: Mapping[str, ColumnType], targets: Sequence[str], weights: str | None
) -> None:
    """Check that types are given to columns that may be features; left-out ones do no harm.

    Raises:
        DataError: a name is not in the table, or is that of a target or of the weights.
    """
    for name, asked in types.items():
        if name not in table.names:
            raise table.no_column(name, f"column to read as a {asked}")
        if name not in targets and name != weights:
            continue
        role = "target" if name in targets else "weights column"
        cure = f"Leave {show(name)} out of `types`: weights are numbers."
        if name in targets:
            cure = f"Leave {show(name)} out of `types`, and say with `kind` what the target is."
        reason = f"the {role} {show(name)} is also given the type of a feature."
        raise DataError(reason, source=table.source, column=name, cure=cure, code="D120")


def _check_once(
    table: Table, targets: Sequence[str], features: Sequence[str], drop: Sequence[str]
) -> None:
    for what, names in (("target", targets), ("feature", features)):
        for name in names:
            if list(names).count(name) > 1:
                reason = f"the {what} {show(name)} is named twice."
                raise DataError(reason, source=table.source, cure="Name it once.", code="D120")
    for name in features:
        if name in drop:
            reason = f"the column {show(name)} is named both as a feature and to drop."
            raise DataError(reason, source=table.source, cure="Name it once.", code="D120")


def fill_gaps(dataset: Dataset, training_rows: IndexArray) -> Dataset:
    """Fill the gaps of number columns with the mean of the training rows.

    Every number column gets its `Feature.fill`, with or without gaps here, so that rows to
    be predicted may have gaps too. Call it only for ``missing="mean"``.

    Args:
        dataset: as `build_dataset` gave it; gaps are NaN.
        training_rows: the rows that the means are taken over, (N_training,).

    Raises:
        DataError: a column has no value in any training row.
    """
    x = dataset.x.copy()
    columns: list[Feature] = []
    start = 0
    for feature in dataset.schema.columns:
        if feature.categories is None:
            fill = _mean(x[training_rows, start], feature.name, dataset.source)
            x[np.isnan(x[:, start]), start] = fill
            columns.append(feature.model_copy(update={"fill": fill}))
        else:
            columns.append(feature)
        start += len(feature.feature_names)
    schema = dataset.schema.model_copy(update={"columns": tuple(columns)})
    return dataclasses.replace(dataset, x=x, schema=schema)


def _mean(values: FloatArray, name: str, source: str) -> float:
    present = values[~np.isnan(values)].tolist()
    if not present:
        reason = "every training row has a gap, so there is no mean to fill it with."
        raise DataError(
            reason, source=source, column=name, cure=f"Leave it out: --drop {name}.", code="D119"
        )
    n = len(present)
    try:
        return math.fsum(present) / n  # exactly rounded, so the same bits on every machine
    except OverflowError:
        return math.fsum(value / n for value in present)


def _settle_gaps(
    table: Table,
    columns: Sequence[Column],
    goals: Sequence[Column],
    weights: Column | None,
    missing: Missing,
) -> tuple[IndexArray, tuple[str, ...]]:
    """Return the rows to keep and what to say about gaps."""
    everyone = np.arange(table.n_rows, dtype=np.int64)
    roles = ["feature"] * len(columns) + ["target"] * len(goals)
    used = (*columns, *goals, *(() if weights is None else (weights,)))
    roles += ["weight"] * (len(used) - len(roles))
    gaps = np.column_stack([column.gaps for column in used])
    if not bool(gaps.any()):
        return everyone, ()
    if missing == "drop":
        kept = everyone[~gaps.any(axis=1)]
        if not len(kept):
            reason = "no rows are left, every row has a gap."
            raise DataError(
                reason, source=table.source, cure="Drop the columns with most gaps.", code="D103"
            )
        told = _where(table, used, gaps)
        n_left_out = count(table.n_rows - len(kept), "row")
        return kept, (f"left out {n_left_out} of {table.n_rows:,} because of gaps: {told}",)
    for row, place in np.argwhere(gaps).tolist():
        _refuse_gap(table, used[place], row, missing, roles[place])
    n_gaps = count(int(gaps.sum()), "gap")
    return everyone, (
        f"{n_gaps} to fill with the mean of the training rows: {_where(table, used, gaps)}",
    )


def _refuse_gap(table: Table, column: Column, row: int, missing: Missing, role: str) -> None:
    """Raise the error for a gap, unless it is one that a mean will fill."""
    is_number = isinstance(column, NumberColumn) and role == "feature"
    if missing == "mean" and is_number:
        return
    cell = cell_text(table.column(column.name), row).strip()
    what = "the cell is empty" if not cell else f"{show(cell)} is a gap"
    cure = _DROP_GAPS
    if missing == "mean":
        what += (
            ", and the mean has no meaning for categories"
            if role == "feature"
            else f", and a {role} cannot be filled"
        )
    elif is_number:
        what = what if not cell else f"{show(cell)} is not a number"
        cure = _ACCEPT_GAPS
    code = "D102" if what.endswith("not a number") else "D103"
    raise DataError(f"{what}.", column=column.name, cure=cure, code=code, **table.place(row))


def _weights_of(table: Table, column: NumberColumn) -> FloatArray:
    if not column.values.any():
        reason = "every row has weight 0."
        raise DataError(
            reason, source=table.source, column=column.name, cure="Count some rows.", code="D116"
        )
    return column.values


def _where(table: Table, used: Sequence[Column], gaps: BoolArray, limit: int = 5) -> str:
    rows = np.flatnonzero(gaps.any(axis=1)).tolist()
    parts = []
    for row in rows[:limit]:
        line = table.place(row)["line"]
        number = f"line {line}" if line is not None else f"row {table.first_row + row + 1}"
        names = [c.name for c, is_gap in zip(used, gaps[row], strict=True) if is_gap]
        parts.append(f"{number} ({listing(names)})")
    rest = f" and {count(len(rows) - limit, 'more row')}" if len(rows) > limit else ""
    return ", ".join(parts) + rest


def _codes(column: TextColumn, known: Sequence[str]) -> IndexArray:
    lookup = {name: place for place, name in enumerate(known)}
    return np.array([lookup[label] for label in column.labels], dtype=np.int64)


def _feature(column: Column) -> Feature:
    categories = column.categories if isinstance(column, TextColumn) else None
    return Feature(name=column.name, categories=categories)


def _block(column: Column) -> FloatArray:
    if isinstance(column, NumberColumn):
        return column.values[:, np.newaxis]
    return one_hot(_codes(column, column.categories), len(column.categories))


def _category_notes(columns: Sequence[Column]) -> list[str]:
    notes = []
    for column in columns:
        if isinstance(column, TextColumn):
            what = "category" if len(column.categories) == 1 else "categories"
            told = f"{len(column.categories):,} {what}: {listing(column.categories, 5)}"
            mixed = f"; {column.n_numbers:,} of its cells are numbers" if column.n_numbers else ""
            why = ", as `types` says" if column.is_asked else mixed
            notes.append(f"column {show(column.name)} read as {told}{why}")
    return notes


def _check_feature_names(table: Table, schema: Schema) -> None:
    seen: set[str] = set()
    for name in schema.feature_names:
        if name in seen:
            reason = f"two features would both be called {show(name)}."
            raise DataError(
                reason, source=table.source, cure="Rename one of their columns.", code="D110"
            )
        seen.add(name)
