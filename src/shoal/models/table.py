"""Predictions as columns of text, to stand beside the columns that came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shoal.data.dataset import Schema
from shoal.models.ensemble import Prediction
from shoal.models.inputs import Inputs
from shoal.models.model import Model
from shoal.network import FloatArray

SUFFIX = "_predicted"
"""What a new column's name ends in where a column that came in has it already."""
FAR = 16.0
"""Targets this many scales from zero have digits that float32 cannot write."""


def prediction_columns(
    model: Model,
    x: Inputs | Any,
    *,
    taken: Collection[str] = (),
    threads: int | None = None,
) -> dict[str, list[str]]:
    """Return what a model says, as new columns of a table.

    For classes: ``class``, one ``probability_<class>`` for each, and, with more than one
    network, ``disagreement``. For numbers: ``value`` and ``disagreement``. For several
    labels ``class_<target>`` and ``probability_<target>`` (of the second of its two classes),
    for several numbers ``value_<target>``, and ``disagreement_<target>``: first one sort for
    all targets, then the next. A name that is taken gets ``_predicted`` at its end, as often
    as is needed.

    Numbers have as many digits as their precision needs to be read back: 0.9987 in float32.
    Values in float32 whose target lies far from zero for its scale (years, timestamps) are
    written as float64.

    Args:
        model: the model.
        x: as for `Model.predict`, such as `EncodedRows.x`; no rows give empty columns.
        taken: names of the columns that came in.
        threads: None for as many as there are.

    Shapes:
        x (N, D) -> columns of N texts

    Raises:
        ArgumentError, DataError: as `Model.predict`.
    """
    found = model.prediction(x, threads=threads, where="prediction_columns")
    return columns_of(model, found, taken=taken)


def columns_of(
    model: Model,
    found: Prediction,
    *,
    taken: Collection[str] = (),
    undecided: NDArray[np.bool_] | None = None,
) -> dict[str, list[str]]:
    """Return a prediction as new columns of a table; see `prediction_columns`.

    Args:
        model: that made it.
        found: the prediction.
        taken: names of the columns that came in.
        undecided: whose class or value is left empty; see `Abstention`.

    Shapes:
        undecided (N,), or (N, C) for several targets -> columns of N texts
    """
    single = model.parameters.dtype == np.float32
    schema = model.schema
    if schema.kind == "classification":
        columns = _class_columns(model, found, single=single)
    elif schema.kind == "multilabel":
        columns = _label_columns(schema, found, single=single)
    else:
        single = single and _near_zero(model)
        columns = _target_columns(schema, "value", found.mean, single=single)
    if undecided is not None:
        _empty(columns, undecided.reshape(len(undecided), -1))
    if len(model) > 1:
        each = found.disagreement
        each = each[:, None] if each.ndim == 1 else each
        columns |= _target_columns(schema, "disagreement", each, single=single)
    return dict(zip(free_names(columns, taken), columns.values(), strict=True))


def free_names(names: Iterable[str], taken: Collection[str]) -> list[str]:
    """Return `names`, with ``_predicted`` at the end of those that are taken.

    Example:
        >>> free_names(["class", "disagreement"], {"x", "class"})
        ['class_predicted', 'disagreement']
    """
    wanted = list(names)
    used = set(taken)
    kept = [name for name in wanted if name not in used]
    used.update(kept)
    result = []
    for name in wanted:
        free = name
        if name in taken:
            while free in used:
                free += SUFFIX
            used.add(free)
        result.append(free)
    return result


def _class_columns(model: Model, found: Prediction, *, single: bool) -> dict[str, list[str]]:
    classes = model.schema.classes
    assert found.codes is not None
    columns = {"class": list(map(classes.__getitem__, found.codes.tolist()))}
    for i, name in enumerate(classes):
        columns[f"probability_{name}"] = _texts(found.mean[:, i], single=single)
    return columns


def _label_columns(schema: Schema, found: Prediction, *, single: bool) -> dict[str, list[str]]:
    assert found.codes is not None
    columns = {
        f"class_{name}": [pair[code] for code in found.codes[:, i].tolist()]
        for i, (name, pair) in enumerate(zip(schema.targets, schema.label_classes, strict=True))
    }
    return columns | _target_columns(schema, "probability", found.mean, single=single)


def _target_columns(
    schema: Schema, what: str, values: FloatArray, *, single: bool
) -> dict[str, list[str]]:
    """Return values (N, C) as columns: one called `what`, or ``what_target`` for several."""
    if values.shape[1] == 1:
        return {what: _texts(values[:, 0], single=single)}
    return {
        f"{what}_{name}": _texts(values[:, i], single=single)
        for i, name in enumerate(schema.targets)
    }


def _empty(columns: dict[str, list[str]], undecided: NDArray[np.bool_]) -> None:
    """Empty the cells of answers that are not given: the first columns, one for each target."""
    for cells, open_ in zip(columns.values(), undecided.T, strict=False):
        for row in np.flatnonzero(open_).tolist():
            cells[row] = ""


def _near_zero(model: Model) -> bool:
    return all(
        abs(center) <= FAR * scale
        for scaler in model.target_scalers
        for center, scale in zip(scaler.center, scaler.scale, strict=True)
    )


def _texts(values: FloatArray, *, single: bool) -> list[str]:
    plain = values + 0.0  # -0.0 becomes 0.0
    if not single:
        return list(map(repr, plain.tolist()))
    with np.errstate(over="ignore"):
        short = plain.astype(np.float32)
    texts = list(map(str, short))
    # each value by itself, so that a row is written alike whatever rows are beside it
    for row in np.flatnonzero(~np.isfinite(short)).tolist():
        texts[row] = repr(float(plain[row]))
    return texts
