"""Losses as shares of the target's spread while networks train, so that folds train as one.

`tol` is a share of the spread of the target. As a number in the target's own units it differs
from fold to fold, and networks that watch for different gains are no one population; in units
in which the spread is 1 it is the same for all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from shoal.data.dataset import Dataset
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.shelf import Shelf
from shoal.kernels import RowSet, State


def spread_of(dataset: Dataset, loss: str | None) -> float:
    """Return the target's spread as the loss has it: its variance, or its standard deviation.

    The mean over several targets.

    Args:
        dataset: with targets (N, C) that are numbers.
        loss: what is made small.
    """
    return float(np.mean(dataset.y.std(axis=0) ** _power(loss)))


def relative(prepared: Prepared, spread: float, shelf: Shelf) -> Prepared:
    """Return what was prepared with losses, and the gains that are watched for, over `spread`.

    Only figures change: the weights that come of it are the same.

    Args:
        prepared: with numbers as targets, where `spread` is not 1.
        spread: what losses are divided by.
        shelf: so that populations that share rows go on sharing them.
    """
    if spread in (0.0, 1.0):
        return prepared
    unit = spread ** (1 / _power(prepared.experiment.training.loss))

    parts = tuple(
        # the part stays there too, so that no other gets its id
        shelf.recall((id(part), unit), partial(_beside, part, unit))[1]
        for part in prepared.parts
    )
    watches = tuple(
        # twelve digits: the rounding of the spread must not part the folds again
        replace(watch, gain=float(f"{watch.gain / spread:.12g}"))
        for watch in prepared.settings.watches
    )
    return replace(prepared, parts=parts, settings=replace(prepared.settings, watches=watches))


def in_own_units(prepared: Prepared, state: State, spread: float) -> None:
    """Write the figures of a population that was trained `relative` in the target's own units."""
    if spread in (0.0, 1.0):
        return
    unit = spread ** (1 / _power(prepared.experiment.training.loss))
    factors = {"loss": spread, "mean_absolute_error": unit}
    for k, name in enumerate(prepared.settings.figures):
        state.figures[:, k] *= factors.get(name.partition("_")[2], 1.0)


def _power(loss: object) -> int:
    return 1 if loss == "absolute_error" else 2


def _beside(part: Part, unit: float) -> tuple[Part, Part]:
    return part, _in_units_of(part, unit)


def _in_units_of(part: Part, unit: float) -> Part:
    def again(rows: RowSet) -> RowSet:
        return rows if rows.units is None else replace(rows, units=rows.units / unit)

    return replace(
        part,
        train=again(part.train),
        validation=None if part.validation is None else again(part.validation),
        test=None if part.test is None else again(part.test),
    )


__all__ = ["in_own_units", "relative", "spread_of"]
