"""What is to be predicted: one column of classes or numbers, or several alike.

Several columns are labels if each has two values, and numbers if each holds numbers; a
mixture is refused, since one network cannot be judged by both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.data.columns import (
    Column,
    NumberColumn,
    TextColumn,
    check_categories,
    number_labels,
    read_target,
    two_classes,
)
from shoal.data.dataset import FloatArray, IndexArray, Kind
from shoal.data.encode import code_targets
from shoal.data.table import Table
from shoal.data.wording import listing
from shoal.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The columns to predict, of one kind, and what to say about them."""

    columns: tuple[Column, ...]
    kind: Kind
    notes: tuple[str, ...]

    def take(self, rows: IndexArray) -> Goal:
        """Return the goal with these rows only."""
        return replace(self, columns=tuple(column.take(rows) for column in self.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Targets as numbers, y (N, C), and the names that `Schema` keeps."""

    y: FloatArray
    classes: tuple[str, ...] = ()
    label_classes: tuple[tuple[str, str], ...] = ()


def read_goal(table: Table, names: Sequence[str], kind: Kind | None) -> Goal:
    """Read the columns to predict and decide what they are.

    Args:
        table: what was read.
        names: the targets, at least one, each once.
        kind: what they are; None: guessed and said.

    Raises:
        DataError: a cell does not fit the kind, every cell is a gap, or the targets are of
            different kinds.
    """
    if len(names) > 1:
        return _several(table, names, kind)
    if kind == "multilabel":
        reason = 'kind="multilabel" needs several targets.'
        cure = 'Name them all, or give kind="classification".'
        raise DataError(reason, source=table.source, column=names[0], cure=cure, code="D122")
    column, decided, said = read_target(table, names[0], kind)
    return Goal(columns=(column,), kind=decided, notes=(said,))


def encode_goal(table: Table, goal: Goal) -> Targets:
    """Return the targets of the rows that were kept.

    Raises:
        DataError: a target has one class only, or too many.
    """
    if goal.kind == "regression":
        columns = [column for column in goal.columns if isinstance(column, NumberColumn)]
        return Targets(y=np.column_stack([column.values for column in columns]))
    if goal.kind == "multilabel":
        pairs = tuple(_pair(table, column) for column in goal.columns)
        codes = [_codes(_named(c), pair) for c, pair in zip(goal.columns, pairs, strict=True)]
        return Targets(y=np.column_stack(codes).astype(np.float64), label_classes=pairs)
    (column,) = goal.columns
    classes = _classes(table, column)
    named = _named(column)
    check_categories(table, named, is_target=True)
    return Targets(y=code_targets(_codes(named, classes), len(classes)), classes=classes)


def _several(table: Table, names: Sequence[str], kind: Kind | None) -> Goal:
    if kind == "classification":
        reason = 'kind="classification" is for one target.'
        cure = 'Give kind="multilabel" for several that are yes or no, or leave it out.'
        raise DataError(reason, source=table.source, cure=cure, code="D122")
    read = [read_target(table, name, kind) for name in names]
    columns = tuple(column for column, _, _ in read)
    if kind == "multilabel":
        for column in columns:
            _pair(table, column)
    decided = kind or _kind_of_all(table, columns, [found for _, found, _ in read])
    what, why = "labels", "each has two values"
    if decided == "regression":
        what, why = "numbers", "they hold numbers"
    told = f"targets {listing(names)} read as {what}, "
    if kind is not None:
        return Goal(columns=columns, kind=decided, notes=(f'{told}as kind="{kind}" says',))
    change = ""
    if decided == "multilabel" and all(isinstance(c, NumberColumn) for c in columns):
        change = '; give kind="regression" to change this'
    return Goal(columns=columns, kind=decided, notes=(f"{told}because {why}{change}",))


def _kind_of_all(table: Table, columns: Sequence[Column], found: Sequence[Kind]) -> Kind:
    labels, numbers = [], []
    for column, kind in zip(columns, found, strict=True):
        if kind == "classification" and two_classes(column) is not None:
            labels.append(column.name)
        elif isinstance(column, NumberColumn):
            numbers.append(column.name)
        else:
            _pair(table, column)
    if labels and numbers:
        all_numbers = all(isinstance(column, NumberColumn) for column in columns)
        change = ', or give kind="regression" to read all as numbers' if all_numbers else ""
        raise DataError(
            f"the targets are of different kinds: {listing(labels)} with two values, and "
            f"{listing(numbers)} with numbers.",
            source=table.source,
            cure=f"Train a model for each kind{change}.",
            code="D122",
        )
    return "multilabel" if labels else "regression"


def _pair(table: Table, column: Column) -> tuple[str, str]:
    """Return what 0 and 1 of a label are called."""
    pair = two_classes(column)
    if pair is None:
        classes = _classes(table, column)
        raise DataError(
            f"the target has {len(classes):,} classes, {listing(classes, 5)}; "
            "one label of several has two.",
            source=table.source,
            column=column.name,
            cure="Train a model of its own for it.",
            code="D122",
        )
    return pair


def _classes(table: Table, column: Column) -> tuple[str, ...]:
    classes = number_labels(column)[0] if isinstance(column, NumberColumn) else column.categories
    if len(classes) >= 2:
        return classes
    reason = f"the target has one class only, {listing(classes)}."
    cure = "Classification needs rows of at least two classes."
    raise DataError(reason, source=table.source, column=column.name, cure=cure, code="D106")


def _named(column: Column) -> TextColumn:
    return number_labels(column)[1] if isinstance(column, NumberColumn) else column


def _codes(column: TextColumn, known: Sequence[str]) -> IndexArray:
    lookup = {name: place for place, name in enumerate(known)}
    return np.array([lookup[label] for label in column.labels], dtype=np.int64)
