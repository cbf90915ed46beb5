"""Why a model says what it says of one row: how much each column adds to a typical row's answer.

By integrated gradients, and by Shapley values where slopes say nothing (`step` units).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from shoal.errors import ArgumentError, InputError
from shoal.models.importance.asked import asked_of
from shoal.models.importance.coalitions import EXACT_UP_TO, shapley
from shoal.models.importance.path_integral import ROUNDING, path_integral
from shoal.models.importance.typical import cell_of, groups_of, typical_row
from shoal.models.inputs import Inputs, features_of
from shoal.models.model import Model
from shoal.network import FloatArray
from shoal.views import Viewed

WHERE: Final = "attribute"
TOLERANCE: Final = 1e-6
Method = Literal["gradients", "shapley"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAttribution:
    """What one column adds.

    Attributes:
        name: the column.
        cell: what the row has in it.
        baseline: what the typical row has.
        attribution: what the difference adds to the answer, mean over the networks.
        spread: its standard deviation over the networks (divided by P).
    """

    name: str
    cell: str
    baseline: str
    attribution: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attribution(Viewed):
    """What every column adds to what a model says of one row.

    Attributes:
        output: the class, label or target that is asked about.
        what: what it is, in words: ``probability of 'setosa'``.
        value: what the model says of the row, in float64.
        baseline_value: what it says of the typical row.
        baseline: what the typical row is, in words.
        columns: in the order of the schema.
        method: "gradients" or "shapley".
        gap: sum of the attributions less the change from the typical row to this one.
        tolerance: how large it may be, relative to the change.
        rounding: how large it may be in any case: what is rounded away on the way.
        n_networks: P.
        n_rows: rows between the two that were asked for.
        notes: what a reader should know.
        command: how to ask again, where that is known.
    """

    output: str
    what: str
    value: float
    baseline_value: float
    baseline: str
    columns: tuple[ColumnAttribution, ...]
    method: Method
    gap: float
    tolerance: float
    rounding: float
    n_networks: int
    n_rows: int
    notes: tuple[str, ...] = ()
    command: str = ""

    @property
    def change(self) -> float:
        """What the attributions add up to where they are complete."""
        return self.value - self.baseline_value

    @property
    def is_complete(self) -> bool:
        """Whether they add up to the change, within `tolerance` of it (or `rounding`)."""
        return abs(self.gap) <= max(self.tolerance * abs(self.change), self.rounding)

    @property
    def ranked(self) -> tuple[ColumnAttribution, ...]:
        """The columns by how much they add or take away, the most first."""
        return tuple(sorted(self.columns, key=lambda each: -abs(each.attribution)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        names = ("name", "cell", "baseline", "attribution", "spread")
        return {
            "output": self.output,
            "what": self.what,
            "value": self.value,
            "baseline_value": self.baseline_value,
            "baseline": self.baseline,
            "change": self.change,
            "method": self.method,
            "gap": self.gap,
            "is_complete": self.is_complete,
            "n_networks": self.n_networks,
            "n_rows": self.n_rows,
            "notes": list(self.notes),
            "columns": [{name: getattr(each, name) for name in names} for each in self.columns],
        }


def attribute(
    model: Model,
    x: Inputs | Any,
    *,
    output: str | int | None = None,
    baseline: Inputs | Any | None = None,
    method: Method | None = None,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> Attribution:
    """Return how much every column adds to what the ensemble says of one row.

    Between a typical row and this one the answer changes; integrated gradients share that
    change among the columns, one-hot features of a column together. For a linear network a
    column gets ``w (x - baseline)``.

    Args:
        model: the model.
        x: one row, as features (D,) or (1, D), or values by name.
        output: the class, label or target to ask about; by default the predicted class, or
            the first label or target.
        baseline: the row to start from; medians and most frequent categories of the training
            rows by default (see `typical_row`).
        method: "gradients"; or "shapley", which asks for mixtures of the two rows and is the
            default for networks with `step` units: their slope is 0 everywhere.
        tolerance: how far the attributions may be from adding up to the change, relative to it.
        seed: of the orders that Shapley values of more than 12 columns are taken over.

    Returns:
        The attributions; `is_complete` says whether they add up.

    Raises:
        ArgumentError: not one row, no such output or method, or a model with `step` units for
            "gradients".
        DataError: a column is missing, or a cell does not fit the schema.

    Example:
        >>> from shoal.data.dataset import Feature, Schema
        >>> from shoal.data.scaling import Scaler
        >>> from shoal.network import Network
        >>> network = Network([{"units": 1}], inputs=1)
        >>> model = Model(
        ...     network=network, parameters=network.start_from([[[[2.0]]]], [[[1.0]]]),
        ...     schema=Schema(columns=(Feature(name="a"),), target="b", kind="regression"),
        ...     scalers=(Scaler(kind="standard", center=(1.0,), scale=(1.0,)),),
        ...     target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        ...     seeds=(0,), best=0, experiment={}, arithmetic="1", version="0",
        ... )
        >>> found = attribute(model, [4.0])  # 2 (4 - 1), the typical row being the mean, 1
        >>> round(found.columns[0].attribution, 6), found.baseline_value
        (6.0, 1.0)
    """
    row = _one_row("x", model, x)
    typical = typical_row(model)
    start, words = typical.x, typical.words
    if baseline is not None:
        start, words = _one_row("baseline", model, baseline), "the row that was given"
    told = model.prediction(row[None], where=WHERE)
    predicted = 0 if told.codes is None or told.codes.ndim > 1 else int(told.codes[0])
    asked = asked_of(WHERE, model.schema, output, predicted)
    if not 0 < tolerance < 1:
        raise ArgumentError(
            WHERE, "tolerance", "must be above 0 and below 1", got=tolerance, code="A102"
        )
    how, notes = _method(model, method)
    if how == "gradients":
        found = path_integral(model, start, row, asked.place, tolerance=tolerance)
        each, ends, n_rows, rounding = found.each, found.ends, found.n_rows, found.rounding
        groups = groups_of(model.schema)
        each = np.stack([each[:, group].sum(axis=1) for group in groups], axis=1)
    else:
        each, ends, n_rows = _mixtures(model, start, row, asked.place, seed)
        rounding = ROUNDING * float(max(np.abs(ends).max(), np.abs(each).sum(axis=1).max()))
    first, last = (float(v) for v in ends.mean(axis=0))
    columns = _columns(model, start, row, each)
    return Attribution(
        output=asked.name,
        what=asked.words,
        value=last,
        baseline_value=first,
        baseline=words,
        columns=columns,
        method=how,
        gap=float(sum(column.attribution for column in columns) - (last - first)),
        tolerance=tolerance,
        rounding=rounding,
        n_networks=len(model),
        n_rows=n_rows,
        notes=notes,
    )


def _one_row(name: str, model: Model, x: Any) -> FloatArray:
    if not isinstance(x, Mapping) and not hasattr(type(x), "columns") and np.ndim(x) == 1:
        x = [x]
    features: FloatArray = features_of(WHERE, model.schema, x)
    if len(features) != 1:
        raise ArgumentError(
            WHERE, name, "must be one row", got=f"{len(features)} rows", code="A104"
        )
    row: FloatArray = features[0].copy()
    return row


def _method(model: Model, method: Method | None) -> tuple[Method, tuple[str, ...]]:
    if method not in (None, "gradients", "shapley"):
        wanted = "must be 'gradients' or 'shapley'"
        raise ArgumentError(WHERE, "method", wanted, got=repr(method), code="A103")
    steps = [i for i, layer in enumerate(model.network.layers, 1) if layer.activation == "step"]
    told = f"layer {', '.join(map(str, steps))} has step units, whose slope is 0 everywhere"
    if method == "gradients" and steps:
        raise InputError(
            f"attribute: {told}, so gradients say nothing. Use method='shapley'.", code="A111"
        )
    notes = [f"{told}: Shapley values in place of integrated gradients."] if steps else []
    how: Method = method or ("shapley" if steps else "gradients")
    if how == "shapley" and len(model.schema.columns) > EXACT_UP_TO:
        notes.append("Shapley values over random orders of the columns: they vary with the seed.")
    return how, tuple(notes)


def _mixtures(
    model: Model, start: FloatArray, row: FloatArray, place: int, seed: int
) -> tuple[FloatArray, FloatArray, int]:
    """Return Shapley values (P, K), what networks say of both rows (P, 2), and the rows asked."""

    def ask(rows: FloatArray) -> FloatArray:
        figures = model.member_figures(rows, where=WHERE)
        return np.concatenate([block[..., place] for block in figures], axis=1)

    each, n_rows = shapley(ask, start, row, groups_of(model.schema), seed)
    return each, ask(np.stack([start, row])), n_rows


def _columns(
    model: Model, start: FloatArray, row: FloatArray, each: FloatArray
) -> tuple[ColumnAttribution, ...]:
    groups = groups_of(model.schema)
    return tuple(
        ColumnAttribution(
            name=column.name,
            cell=cell_of(column, row[group]),
            baseline=cell_of(column, start[group]),
            attribution=float(each[:, k].mean()),
            spread=float(each[:, k].std()),
        )
        for k, (column, group) in enumerate(zip(model.schema.columns, groups, strict=True))
    )
