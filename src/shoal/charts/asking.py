"""What networks say of rows, in the units of the experiment's rows; every picture asks here."""

from __future__ import annotations

from typing import Final

import numpy as np

from shoal.data.derive import recompute
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.run import Run
from shoal.kernels import forward
from shoal.models.probabilities import label_probabilities, probabilities
from shoal.network import LOSSES

MOST_MEMBERS: Final = 400
"""Networks that a surface is computed for, unless others are asked for."""
PROBED: Final = 2000
"""Rows that tell how far a feature ranges..."""
MOVES: Final = 5
"""...and how many values of it are tried, to see which features matter."""
MOST_MOVED: Final = 2**22
"""Numbers of the rows that are asked about at once: of D features there are D * D * `MOVES`."""
FEW: Final = 2
"""Values of a feature that fill no axis."""
ASKED: Final = 8
"""Networks that are asked which features tell most."""


def said(
    prepared: Prepared,
    flat: np.ndarray,
    rows: np.ndarray,
    *,
    members: np.ndarray,
    output: int | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Return what networks say of rows: probabilities of classes or labels, or values.

    Args:
        prepared: the scalers, and which network has which.
        flat: the weights of the whole population.
        rows: in the units of the experiment's rows; derived features are computed of the base
            ones, whatever stands for them.
        members: which networks.
        output: one class, label or target; None for all of them.
        threads: how many to use.

    Shapes:
        flat (P, K), rows (N, D), or (N, B) of base features alone, members (M,) -> (M, N), or
        (M, N, n_classes) without `output`; NaN for a network whose weights or outputs are not
        finite; an array of its own, for the caller to change
    """
    schema, network = prepared.parts[0].dataset.schema, prepared.network
    rows = recompute(schema, rows)
    wide = len(schema.classes) or len(schema.targets)
    shape = (len(members), len(rows)) if output is not None else (len(members), len(rows), wide)
    found = None
    finite = np.isfinite(flat[members]).all(axis=1)
    for k, part in enumerate(prepared.parts):
        places = np.flatnonzero((prepared.part_of[members] == k) & finite)
        if len(places) == 0:
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            x = part.scaler.apply(rows).astype(flat.dtype)
        if not np.isfinite(x).all():
            continue
        some = np.ascontiguousarray(flat[members[places]])
        outputs = forward(network, some, x, threads=threads)
        meant = _meant(prepared, part, outputs, output)
        if len(places) == len(members):
            return meant
        found = np.full(shape, np.nan) if found is None else found
        found[places] = meant
    return np.full(shape, np.nan) if found is None else found


def spread_members(n_networks: int, most: int = MOST_MEMBERS) -> np.ndarray:
    """Return the numbers of at most `most` networks, evenly spaced over all of them."""
    if n_networks <= most:
        return np.arange(n_networks)
    return np.unique(np.linspace(0, n_networks - 1, most).round().astype(np.int64))


def typical_place(run: Run) -> np.ndarray:
    """Return the median of every base feature, (B,)."""
    return np.asarray(np.median(base_rows(run), axis=0))


def base_rows(run: Run) -> np.ndarray:
    """Return the base features of the rows of the first network's data, (N, B)."""
    dataset = run.prepared.parts[0].dataset
    return np.asarray(dataset.x[:, : len(dataset.schema.base_features)], np.float64)


def telling_features(run: Run, n: int) -> tuple[int, ...]:
    """Return the base features that change the answers most, each moved over its own range.

    That is from the 5th to the 95th percentile of its rows, with the others held at their median;
    of equals the first is taken. Features of two values or one, such as the columns of a
    category, which lie on two lines of a picture, come last.
    """
    x = base_rows(run)
    x = x[spread_members(len(x), PROBED)]
    low, high = np.percentile(x, (5, 95), axis=0)
    sound = np.flatnonzero(run.sound)
    members = (sound if len(sound) else np.arange(len(run)))[:ASKED]
    place, n_features = typical_place(run), x.shape[1]
    block = max(1, MOST_MOVED // (MOVES * n_features))
    moved = []
    for start in range(0, n_features, block):
        some = np.arange(start, min(start + block, n_features))
        rows = np.repeat(place[np.newaxis], MOVES * len(some), axis=0)
        ways = np.linspace(low[some], high[some], MOVES, axis=1)
        rows[np.arange(len(rows)), np.repeat(some, MOVES)] = ways.ravel()
        answers = said(run.prepared, run.weights, rows, members=members)
        each = np.ptp(answers.reshape(len(members), len(some), MOVES, -1), axis=2)
        moved.append(each.mean(axis=(0, 2)))
    has_few = np.array([len(np.unique(column)) <= FEW for column in x.T])
    order = np.lexsort((-np.nan_to_num(np.concatenate(moved)), has_few))
    return tuple(sorted(int(i) for i in order[:n]))


def _meant(prepared: Prepared, part: Part, outputs: np.ndarray, output: int | None) -> np.ndarray:
    """Return outputs (P, N, C) as probabilities of classes or labels, or as values."""
    experiment, schema = prepared.experiment, part.dataset.schema
    if schema.is_regression:
        rows = np.asarray(outputs, np.float64).reshape(-1, outputs.shape[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            values = part.target_scaler.inverse(rows).reshape(outputs.shape)
        return values if output is None else values[..., output]
    threshold = LOSSES[experiment.training.loss_for(experiment.network)].threshold
    if schema.kind == "multilabel":
        each = label_probabilities(outputs, threshold=threshold)
        return each if output is None else each[..., output]
    if outputs.shape[-1] == 1 and output is not None:
        # the other class is not made only to be thrown away: pages ask 30 times a second
        p = label_probabilities(outputs[..., 0], threshold=threshold)
        return p if output else np.subtract(1.0, p, out=p)
    both = probabilities(prepared.network, outputs, threshold=threshold)
    return both if output is None else both[..., output]
