"""What people hand to `evaluate` as targets: codes, names of classes, labels, values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.cells import class_name
from shoal.data.dataset import Schema
from shoal.data.encode import one_hot
from shoal.errors import ArgumentError, did_you_mean

Y = NDArray[np.float64]


def targets_of(where: str, schema: Schema, y: ArrayLike) -> Y:
    """Return `y` one-hot (N, n_classes), as labels (N, L) of 0 and 1, or as values (N, C).

    Numbers (N,) are classes by name where each of them is the name of one: of the classes '1'
    and '2', 1 is the first. Else of two classes 0 is the first and 1 the second.

    Raises:
        ArgumentError: another shape, or values that the schema does not know.
    """
    try:
        given = np.asarray(y)
    except ValueError:
        wanted = "must have rows of one length"
        raise ArgumentError(where, "y", wanted, got="something else", code="A109") from None
    classes = schema.classes
    if classes and given.ndim == 1 and given.dtype.kind in "OUT":
        codes = _codes(where, classes, given.tolist())
        return one_hot(np.array(codes, np.int64), len(classes))
    if classes and given.ndim == 1 and given.dtype.kind in "biuf":
        numbers = _codes_of_numbers(classes, given)
        if numbers is not None:
            return one_hot(numbers, len(classes))
    if given.dtype.kind not in "biuf":
        wanted = "must be a table of numbers, or names of classes"
        raise ArgumentError(where, "y", wanted, got=f"an array of {given.dtype}", code="A109")
    array = given.astype(np.float64)
    array = array[:, None] if array.ndim == 1 else array
    widths = {schema.n_outputs, len(classes)} if classes else {len(schema.targets)}
    if array.ndim != 2 or array.shape[1] not in widths:
        told = " or ".join(f"(N, {width})" for width in sorted(widths))
        raise ArgumentError(where, "y", f"must have shape {told}", got=np.shape(y), code="A104")
    if not np.isfinite(array).all():
        raise ArgumentError(where, "y", "must be finite", got="infinity or NaN", code="A105")
    if schema.kind == "multilabel" and not ((array == 0) | (array == 1)).all():
        wrong = array[(array != 0) & (array != 1)][0]
        wanted = "must be 0 or 1 for every label"
        raise ArgumentError(where, "y", wanted, got=f"{wrong:g}", code="A109")
    return _one_hot(where, array) if classes else array


def _one_hot(where: str, array: Y) -> Y:
    if array.shape[1] == 1:
        array = np.concatenate([1.0 - array, array], axis=1)
    fits = ((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()
    if not fits:
        wanted = "must be 0 and 1, with one 1 a row where there are several columns"
        raise ArgumentError(where, "y", wanted, got="other values", code="A109")
    return array


def _codes_of_numbers(classes: Sequence[str], given: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the codes of classes that are called by numbers; None where one is not a class."""
    values, place = np.unique(given, return_inverse=True)
    names = [class_name(value) for value in values]
    if not names or not set(names) <= set(classes):
        return None
    codes = np.array([classes.index(name) for name in names], np.int64)
    return np.asarray(codes[place], np.int64)


def _codes(where: str, classes: Sequence[str], names: Sequence[object]) -> list[int]:
    place = {name: i for i, name in enumerate(classes)}
    for row, name in enumerate(names):
        if not isinstance(name, str) or name not in place:
            wanted = f"must hold classes of the model, {', '.join(map(repr, classes[:10]))}"
            cure = did_you_mean(str(name), classes)
            raise ArgumentError(
                where, "y", wanted, got=f"{name!r} in row {row}", cure=cure, code="A109"
            )
    return [place[str(name)] for name in names]
