"""Figures of weights as they are: at the end of a run, at a step of the tape, on test rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.experiments.prepare import Prepared
from shoal.kernels import KINDS, RowSet, figures


def measured(
    prepared: Prepared, weights: np.ndarray, steps: np.ndarray, members: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the figures of weights on the training and the validation rows.

    Args:
        prepared: the rows.
        weights: of all networks.
        steps: how many steps each network has done; decides the training rows of a stream.
        members: of which networks, in ascending order.

    Shapes:
        weights (P, K), steps (P,), members (M,) -> each (P,), NaN but for the members
    """
    found = {name: np.full(len(weights), np.nan) for name in prepared.settings.figures}
    validation = [part.validation for part in prepared.parts]
    epochs = np.maximum(steps - 1, 0) // prepared.schedule.steps_per_epoch
    epochs = epochs if prepared.fresh is not None else np.zeros_like(epochs)
    for epoch in np.unique(epochs[members]).tolist():
        some = members[epochs[members] == epoch]
        train: Sequence[RowSet | None] = (
            [part.train for part in prepared.parts]
            if prepared.fresh is None
            else prepared.fresh(epoch)
        )
        for name, rows in (("train", train), ("validation", validation)):
            for measure, values in on_rows(prepared, weights, some, rows).items():
                if f"{name}_{measure}" in found:
                    found[f"{name}_{measure}"][some] = values[some]
    return found


def on_rows(
    prepared: Prepared,
    weights: np.ndarray,
    members: np.ndarray,
    rows: Sequence[RowSet | None],
) -> dict[str, np.ndarray]:
    """Return what is measured of networks on rows, one set for each part of the data.

    Shapes:
        weights (P, K), members (M,) -> each (P,), NaN but for the members
    """
    kinds = {name.partition("_")[2] for name in prepared.settings.figures}
    found: dict[str, np.ndarray] = {
        kind: np.full(len(weights), np.nan) for kind in KINDS if kind in kinds
    }
    for k, own in enumerate(rows):
        some = members[prepared.part_of[members] == k]
        if own is None or len(some) == 0:
            continue
        flat = np.ascontiguousarray(weights[some])
        values = figures(prepared.network, prepared.settings, flat, own)
        for kind, each in found.items():
            each[some] = values[kind]
    return found
