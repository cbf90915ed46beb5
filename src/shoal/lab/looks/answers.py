"""What networks answer: to the rows they are judged by, and to a few points."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.charts.asking import said, spread_members
from shoal.data.derive import recompute
from shoal.data.recipe import target_indices
from shoal.errors import InputError
from shoal.experiments.prepare import Part
from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import AnswersWish

BINS: Final = 20
"""Of the histogram, from 0 to 1."""
MOST_ANSWERS: Final = 4_000_000
"""Rows times networks that are asked; of more networks evenly spread ones are."""


def answers(scene: Scene, wish: AnswersWish) -> Arrays:
    """Return confusion matrix and histogram of the judged rows, and the answers to points.

    Of all networks the mean of their probabilities decides, as `Run.ensemble` does.
    """
    found: Arrays = {}
    part = scene.part if wish.network is None else _part_of(scene, wish.network)
    if not part.dataset.schema.is_regression:
        found |= _judged(scene, wish, part)
    if wish.points:
        found["points"] = _points(scene, wish)
    return found


def _part_of(scene: Scene, network: int) -> Part:
    return scene.prepared.parts[int(scene.prepared.part_of[scene.member(network)])]


def _judged(scene: Scene, wish: AnswersWish, part: Part) -> Arrays:
    dataset, split = part.dataset, part.split
    rows = split.validation if len(split.validation) else split.train
    p = _mean_said(scene, wish, np.asarray(dataset.x[rows], np.float64))
    output = scene.plane.output
    if dataset.schema.kind == "multilabel":
        number = 0 if output is None else output.number
        true, n_classes = dataset.y[rows, number].astype(np.int64), 2
        shown = p[:, number]
        answered = (shown > 0.5).astype(np.int64)
    else:
        true, n_classes = target_indices(dataset.y[rows]), max(2, p.shape[1])
        answered = p.argmax(axis=1)
        shown = p.max(axis=1) if output is None else p[:, output.number]
    bins = np.clip((np.nan_to_num(shown, nan=0.5) * BINS).astype(np.int64), 0, BINS - 1)
    return {
        "confusion": _counted(true, answered, n_classes, n_classes),
        "histogram": _counted(true, bins, n_classes, BINS),
    }


def _points(scene: Scene, wish: AnswersWish) -> np.ndarray:
    schema = scene.part.dataset.schema
    widths = {len(schema.base_features), len(schema.feature_names)}
    for point in wish.points:
        if len(point) not in widths:
            wanted = " or ".join(str(width) for width in sorted(widths))
            raise InputError(
                f"points: must have {wanted} features each; got {len(point)}.", code="L103"
            )
    width = max(len(point) for point in wish.points)
    if any(len(point) != width for point in wish.points):
        raise InputError("points: must all have as many features.", code="L103")
    rows = recompute(schema, np.array(wish.points, np.float64))
    return sane(_mean_said(scene, wish, rows), 0.0 if schema.is_regression else 0.5)


def _mean_said(scene: Scene, wish: AnswersWish, rows: np.ndarray) -> np.ndarray:
    """Return what one network says of rows, or all that are sound in the mean, (N, C)."""
    if wish.network is not None:
        members = np.array([scene.member(wish.network)])
    else:
        sound = np.flatnonzero(scene.sound & np.isfinite(scene.weights).all(axis=1))
        sound = sound if len(sound) else np.arange(1)
        members = sound[spread_members(len(sound), max(1, MOST_ANSWERS // max(1, len(rows))))]
    each = said(scene.prepared, scene.weights, rows, members=members, threads=scene.threads)
    return np.asarray(each.mean(axis=0))


def _counted(rows: np.ndarray, columns: np.ndarray, n_rows: int, n_columns: int) -> np.ndarray:
    found = np.bincount(rows * n_columns + columns, minlength=n_rows * n_columns)
    return found.astype(np.int32).reshape(n_rows, n_columns)
