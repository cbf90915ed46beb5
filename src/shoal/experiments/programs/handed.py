"""What shoal itself begins with, as arrays: so that a program can begin with the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Prepared, prepare
from shoal.network import Parameters
from shoal.streams import Stream

MOST = 2**28
"""Numbers of orders and rows that are handed over."""


def handed(experiment: Experiment) -> dict[str, np.ndarray]:
    """Return rows, first weights and orders of epochs of network 0, by name.

    Features are scaled, in the network's precision. Of a streaming task the rows of all epochs
    follow each other, and the orders say which are of which epoch.

    Returns:
        ``x_train``, ``y_train``, ``weights_train`` and ``emphasis_train`` where there are any,
        the same of ``validation`` and ``test``, ``start_0`` and on (weights and biases layer by
        layer), ``orders`` (epochs, N) where rows are taken in a random order, ``unit`` of the
        targets where they are scaled.

    Raises:
        InputError: there would be more than 2^28 numbers.
    """
    return handed_of(prepare(experiment, members=range(1)))


def handed_of(prepared: Prepared) -> dict[str, np.ndarray]:
    """Return what network 0 of a prepared population begins with; see `handed`.

    Raises:
        InputError: there would be more than 2^28 numbers.
    """
    part, epochs = prepared.parts[0], prepared.experiment.training.epochs
    found: dict[str, np.ndarray] = {}
    n_rows, width = part.train.x.shape
    drawn = prepared.fresh is not None
    if (prepared.settings.shuffled or drawn) and epochs * n_rows * (width if drawn else 1) > MOST:
        raise InputError(
            f"--with-data: {epochs:,} epochs of {n_rows:,} rows are too many to hand over. Ask for "
            "fewer epochs: training.epochs=10.",
            code="T102",
        )
    for name, rows in (("train", part.train), ("validation", part.validation), ("test", part.test)):
        if rows is not None:
            found |= _columns(name, rows)
    if prepared.fresh is not None:
        sets = [prepared.fresh(epoch)[0] for epoch in range(epochs)]
        found["x_train"] = np.concatenate([each.x for each in sets])
        found["y_train"] = np.concatenate([each.y for each in sets])
        found["orders"] = np.arange(epochs * n_rows, dtype=np.int32).reshape(epochs, n_rows)
    elif prepared.settings.shuffled:
        stream = Stream(int(prepared.order_keys[0]))
        orders = [stream.permutation(n_rows, step=epoch) for epoch in range(epochs)]
        found["orders"] = np.array(orders, np.int32)
    elif prepared.schedule.batch < n_rows:
        found["orders"] = np.tile(np.arange(n_rows, dtype=np.int32), (epochs, 1))
    if part.dataset.schema.is_regression:
        found["unit"] = np.array(part.target_scaler.scale)
    start = Parameters.from_flat(prepared.network.layout(), prepared.start).member(0)
    return found | start_of(start)


def start_of(parameters: Parameters) -> dict[str, np.ndarray]:
    """Return weights and biases of one network, in their order, as ``start_0`` and on."""
    arrays = []
    for weights, bias in zip(parameters.weights, parameters.biases, strict=True):
        arrays += [weights] if bias is None else [weights, bias]
    return {f"start_{k}": array for k, array in enumerate(arrays)}


def _columns(part: str, rows: object) -> Mapping[str, np.ndarray]:
    names = ("x", "y", "weights", "emphasis") if part == "train" else ("x", "y", "weights")
    found = {f"{name}_{part}": getattr(rows, name) for name in names}
    return {name: values for name, values in found.items() if values is not None}
