"""Which columns a model's answers rest on: how much worse they become without each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from numpy.typing import ArrayLike

from shoal.data.weights import check_weights
from shoal.errors import ArgumentError, did_you_mean
from shoal.models.importance.asked import asked_of
from shoal.models.importance.dependence import dependence_of
from shoal.models.importance.kinship import families, related_columns
from shoal.models.importance.permutation import (
    MEASURES,
    Dealt,
    Judged,
    aim_of,
    deal_out,
    judge,
    score,
)
from shoal.models.importance.records import (
    ColumnImportance,
    FamilyImportance,
    Importance,
    Weighed,
)
from shoal.models.importance.sampling import sampled
from shoal.models.importance.typical import groups_of
from shoal.models.inputs import Inputs, features_of
from shoal.models.model import Model
from shoal.models.targets import targets_of
from shoal.network import FloatArray

WHERE: Final = "importance_of"
REPEATS: Final = 10
ROWS: Final = 10_000
"""Rows that columns are dealt out among; of more a sample is taken."""
PANELS: Final = 9
"""Columns whose dependence is computed, those that matter most."""
LEVEL: Final = 0.95


def importance_of(
    model: Model,
    x: Inputs | Any,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    measure: str | None = None,
    columns: Sequence[str] | None = None,
    of: str | int | None = None,
    repeats: int = REPEATS,
    rows: int = ROWS,
    level: float = LEVEL,
    networks: bool = False,
    panels: int = PANELS,
    seed: int = 0,
    threads: int | None = None,
) -> Importance:
    """Return how much a model's answers rest on every column.

    Each column's cells (a category's one-hot features together) are dealt out anew among the
    rows, several times, and answers are judged again: what accuracy falls by, or an error
    rises by, is the column's importance. Its interval is by Student's t over the rows, at a
    level that makes all intervals hold together (Bonferroni); a column matters where it lies
    above 0. Columns that say much the same stand in for each other, so they are dealt out
    together as well.

    Args:
        model: the model.
        x: rows, as for `Model.predict`; better not those that trained it.
        y: their targets, as for `evaluate`.
        weights: how much every row counts; None: all alike.
        measure: what decides: "accuracy" (the default for classes) or "loss";
            "mean_absolute_error" (the default for numbers) or "mean_squared_error".
        columns: which; all by default.
        of: of several targets the one that counts, by name or place; by default all of them,
            numbers in standard deviations of each, so that their units do not matter.
        repeats: how often each column is dealt out.
        rows: how many to use at most; of more a sample is taken.
        level: with this probability all intervals hold together.
        networks: whether to tell it of every network alone too.
        panels: of how many columns to compute the dependence, the most important first.
        seed: of permutations and samples.
        threads: None for as many as there are; the result is the same.

    Shapes:
        x (N, D), y (N, C) or (N,), weights (N,), N at least 2

    Raises:
        ArgumentError: an argument does not fit the model or the others.
        DataError: a column is missing, or a cell does not fit the schema.

    Source:
        Breiman, "Random forests" (2001), section 10; see `permutation.deal_out`.
    """
    chosen = _columns(model, columns)
    deciding, place = _measure(model, measure), _place(model, of)
    _check_numbers(repeats=repeats, rows=rows, panels=panels, level=level)
    features, targets, counts = _rows(model, x, y, weights)
    n_given = len(features)
    kept = sampled(n_given, max(2, rows), seed)
    features, targets = features[kept], targets[kept]
    counts = None if counts is None else counts[kept]
    aim = aim_of(model, targets, place, counts)
    before = judge(model, features, targets, aim, alone=networks, threads=threads)
    before = _ordered(before, deciding)
    groups = groups_of(model.schema)
    all_columns = [model.schema.columns[k] for k in chosen]
    related = related_columns(all_columns, [groups[k] for k in chosen], features)
    joined = families([column.name for column in all_columns], related)
    n_intervals = len(chosen) + len(joined)

    def dealt(names: Sequence[str], before: Judged) -> Dealt:
        return deal_out(
            model, features, targets, aim, _features(model, names), before, weights=counts,
            repeats=repeats, seed=seed, level=1 - (1 - level) / n_intervals, threads=threads,
        )  # fmt: skip

    found = [_column(column.name, deciding, dealt([column.name], before)) for column in all_columns]
    together = Judged(wrong=before.wrong, alone={})
    ranked = tuple(sorted(found, key=_rank))
    return Importance(
        kind=model.schema.kind,
        targets=model.schema.targets if place is None else (model.schema.targets[place],),
        measure=deciding,
        scores={name: score(wrong, name, counts) for name, wrong in before.wrong.items()},
        columns=ranked,
        n_rows=len(features),
        n_rows_given=n_given,
        n_networks=len(model),
        repeats=repeats,
        level=level,
        seed=seed,
        related=related,
        families=tuple(sorted((
            FamilyImportance(names=names, rises=dealt(names, together).rises, measure=deciding)
            for names in joined
        ), key=_rank)),
        dependences=tuple(
            dependence_of(model, features, each.name, seed=seed, threads=threads)
            for each in ranked[:panels]
        ),
        weighted=counts is not None,
    )  # fmt: skip


def _features(model: Model, names: Sequence[str]) -> list[int]:
    """Return the features of some columns."""
    both = zip(model.schema.columns, groups_of(model.schema), strict=True)
    places = {column.name: group for column, group in both}
    return [k for name in names for k in range(places[name].start, places[name].stop)]


def _columns(model: Model, columns: Sequence[str] | None) -> list[int]:
    names = [column.name for column in model.schema.columns]
    if columns is None:
        return list(range(len(names)))
    for name in columns:
        if name not in names:
            wanted = f"must be columns of the model, {', '.join(map(repr, names[:10]))}"
            cure = did_you_mean(str(name), names)
            raise ArgumentError(WHERE, "columns", wanted, got=repr(name), cure=cure, code="A103")
    if not columns:
        raise ArgumentError(
            WHERE, "columns", "must name at least one column", got="none", code="A106"
        )
    return sorted({names.index(name) for name in columns})


def _measure(model: Model, measure: str | None) -> str:
    known = MEASURES[model.schema.kind]
    if measure is not None and measure not in known:
        wanted = f"must be {' or '.join(map(repr, known))} for this target"
        raise ArgumentError(WHERE, "measure", wanted, got=repr(measure), code="A103")
    return known[0] if measure is None else measure


def _place(model: Model, of: str | int | None) -> int | None:
    if of is None:
        return None
    if len(model.schema.targets) == 1:
        told = f"chooses among several targets, and the model has '{model.schema.target}' alone"
        raise ArgumentError(WHERE, "of", told, got=repr(of), code="A101")
    return asked_of(WHERE, model.schema, of, argument="of").place


def _check_numbers(*, repeats: Any, rows: Any, panels: Any, level: float) -> None:
    for name, value, least in (("repeats", repeats, 1), ("rows", rows, 2), ("panels", panels, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            wanted = f"must be a whole number from {least}"
            raise ArgumentError(WHERE, name, wanted, got=repr(value), code="A101")
    if not 0 < level < 1:
        raise ArgumentError(WHERE, "level", "must be above 0 and below 1", got=level, code="A102")


def _rows(
    model: Model, x: Any, y: ArrayLike, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    features = features_of(WHERE, model.schema, x)
    targets = targets_of(WHERE, model.schema, y)
    if len(features) != len(targets):
        wanted = f"must have N={len(features)} rows from `x`"
        raise ArgumentError(WHERE, "y", wanted, got=len(targets), code="A104")
    counts = None if weights is None else check_weights(WHERE, weights, len(targets))
    if len(features) < 2:
        cure = "Cells are dealt out among rows, so one row has nothing to give."
        raise ArgumentError(
            WHERE, "x", "must have at least two rows", got=len(features), cure=cure, code="A104"
        )
    return features, targets, counts


def _ordered(before: Judged, measure: str) -> Judged:
    """Return the same with the measure that decides first."""
    names = [measure, *(name for name in before.wrong if name != measure)]
    return Judged(
        wrong={name: before.wrong[name] for name in names},
        alone={name: before.alone[name] for name in names if name in before.alone},
    )


def _column(name: str, measure: str, dealt: Dealt) -> ColumnImportance:
    return ColumnImportance(name=name, rises=dealt.rises, measure=measure, alone=dealt.alone)


def _rank(each: Weighed) -> tuple[float, ...]:
    return tuple(-rise.mean for rise in each.rises.values())  # the one that decides is first


__all__ = ["ColumnImportance", "FamilyImportance", "Importance", "importance_of"]
