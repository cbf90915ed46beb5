"""Rows of the data as points in the plane."""

from __future__ import annotations

import numpy as np

from shoal.charts.asking import spread_members
from shoal.data.recipe import target_indices
from shoal.experiments.prepare import Part
from shoal.lab.looks.plane import NO_FEATURE, strip_heights
from shoal.lab.looks.scene import Arrays, Scene, sane
from shoal.lab.messages import RowsWish


def rows(scene: Scene, wish: RowsWish) -> Arrays:
    """Return rows that are spread evenly over all, with their class or value and their part."""
    part, plane = scene.part, scene.plane
    name = "rows", plane.numbers, None if plane.output is None else plane.output.number, wish.most
    return scene.kept.recall(name, part, lambda: _rows(scene, wish.most))


def _rows(scene: Scene, most: int) -> Arrays:
    part = scene.part
    dataset = part.dataset
    chosen = spread_members(dataset.n_rows, most)
    one, two = scene.plane.numbers
    x = np.asarray(dataset.x[chosen, one], np.float64)
    y = strip_heights(dataset, chosen) if two == NO_FEATURE else dataset.x[chosen, two]
    found = {
        "rows_x": sane(np.stack([x, np.asarray(y, np.float64)], axis=1), 0.0),
        "rows_part": parts_of_rows(part)[chosen],
        "rows_index": chosen.astype(np.int32),
    }
    schema, targets = dataset.schema, dataset.y[chosen]
    output = scene.plane.output
    number = 0 if output is None else output.number
    if schema.is_regression:
        found["rows_value"] = sane(targets[:, number], 0.0)
    elif schema.kind == "multilabel":
        found["rows_class"] = targets[:, number].astype(np.uint8)
    else:
        found["rows_class"] = target_indices(targets).astype(np.uint8)
    return found


def parts_of_rows(part: Part) -> np.ndarray:
    """Return 0 for training rows, 1 for those that validate, 2 for test rows, (N,) uint8."""
    found = np.zeros(part.dataset.n_rows, np.uint8)
    found[part.split.validation] = 1
    found[part.split.test] = 2
    return found
