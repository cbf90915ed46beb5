"""Rows that a model cannot answer, since their numbers are beyond what its precision holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import ArgumentError
from shoal.models.importance.typical import groups_of
from shoal.models.inputs import Features
from shoal.models.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFar:
    """Why a row has no answer.

    Attributes:
        column: whose number is too large; None where all of them together are.
        reason: a full sentence.
    """

    column: str | None
    reason: str


def too_far(model: Model, x: Features, *, threads: int | None = None) -> dict[int, TooFar]:
    """Return the rows that `Model.prediction` refuses, each with the reason.

    Those whose features are not finite once scaled, and those that drive an output to
    infinity. It asks again and again, so it is for rows of which one was refused.

    Args:
        model: the model.
        x: features, finite.
        threads: None for as many as there are.

    Shapes:
        x (N, D) -> rows from 0 to N - 1, in order

    Example:
        >>> from shoal.data.dataset import Feature, Schema
        >>> from shoal.data.scaling import Scaler
        >>> from shoal.network import Network
        >>> network, plain = Network([{"units": 1}], inputs=1), Scaler(center=(0.0,), scale=(1.0,))
        >>> model = Model(
        ...     network=network, parameters=network.start_from([[[[2.0]]]], [[[0.0]]]),
        ...     schema=Schema(columns=(Feature(name="a"),), target="b", kind="regression"),
        ...     scalers=(plain,), target_scalers=(plain,),
        ...     seeds=(0,), best=0, experiment={}, arithmetic="1", version="0",
        ... )
        >>> too_far(model, np.array([[1.0], [1e200]]))[1].reason
        '1e+200 is too large for float32 once scaled.'
    """
    dtype = model.parameters.dtype
    beyond = np.zeros((len(x), len(model.schema.feature_names)), np.bool_)
    with np.errstate(over="ignore", invalid="ignore"):
        for scaler in dict.fromkeys(model.scalers):
            scaled = scaler.apply(model.seen(x)).astype(dtype)
            beyond |= ~np.isfinite(scaled)
    too_large = beyond.any(axis=1)
    told = TooFar(column=None, reason="its numbers are too large for the networks to answer.")
    found = dict.fromkeys(_refused(model, x, np.flatnonzero(~too_large), threads), told)
    for row in np.flatnonzero(too_large).tolist():
        found[row] = _of_feature(model, x[row], beyond[row])
    return dict(sorted(found.items()))


def first_too_far(model: Model, x: Features, *, threads: int | None = None) -> int:
    """Return the first of some rows that `Model.prediction` refuses, found by halves.

    Other than `too_far` it asks for no more than all rows once again, however many are refused.

    Args:
        model: the model.
        x: features, of which it refused at least one row.
        threads: None for as many as there are.

    Shapes:
        x (N, D) -> a row from 0 to N - 1
    """
    low, high = 0, len(x)
    while high - low > 1:
        middle = (low + high) // 2
        if _is_refused(model, x[low:middle], threads):
            high = middle
        else:
            low = middle
    return low


def _of_feature(model: Model, row: Features, beyond: np.ndarray) -> TooFar:
    feature, n_base = int(np.argmax(beyond)), len(row)
    if feature >= n_base:
        derived = model.schema.derived[feature - n_base]
        reason = f"{derived.name} has no value that {model.parameters.dtype} can hold once scaled."
        return TooFar(column=derived.of[0], reason=reason)
    groups = groups_of(model.schema)
    place = next(k for k, group in enumerate(groups) if group.start <= feature < group.stop)
    told = f"{row[feature]:g} is too large for {model.parameters.dtype} once scaled."
    return TooFar(column=model.schema.columns[place].name, reason=told)


def _refused(model: Model, x: Features, rows: np.ndarray, threads: int | None) -> list[int]:
    """Return which of some rows the model refuses, by halves: of the usual few it is quick."""
    if len(rows) == 0:
        return []
    if not _is_refused(model, x[rows], threads):
        return []
    if len(rows) == 1:
        return [int(rows[0])]
    middle = len(rows) // 2
    return [
        row for half in (rows[:middle], rows[middle:])
        for row in _refused(model, x, half, threads)
    ]  # fmt: skip


def _is_refused(model: Model, x: Features, threads: int | None) -> bool:
    """Return whether the model refuses one of some rows."""
    try:
        for _ in model.member_figures(x, threads=threads, where="too_far"):
            pass
    except ArgumentError as error:
        if error.argument != "x":
            raise
        return True
    return False
