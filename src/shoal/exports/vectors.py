"""Rows that an export is proved on, and what the model says of them.

They come from what the model knows of its training rows, the far ends among them, and keep
away from places where the last bit of a sum decides: the threshold of a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shoal.data.scaling import LARGEST, Scaler
from shoal.errors import ArgumentError, InputError
from shoal.models import Model
from shoal.models.ensemble import combine
from shoal.models.probabilities import label_probabilities, probabilities
from shoal.network import FloatArray, Parameters, forward_pass
from shoal.streams import Stream, stream

TOLERANCE: Final = 1e-6
"""How far a figure may be from the model's, times the largest of its kind if above 1."""
ROUNDING: Final = 4.0
"""How many times the model's own rounding a difference may be, where that is more."""
NEAR_STEP: Final = 1e-3
"""Weighted sums of step units keep this far from 0..."""
NEAR_STEP_RELATIVE: Final = 1e-4
"""...or, if no rows do, this part of the magnitudes that are added."""
NEAR_TIE: Final = 1e-4
"""How far the most probable class should be ahead of the next."""
AT_ONCE: Final = 2**22
"""Figures of hidden units that are computed at once."""
TRIES: Final = 12
"""Batches of candidates, each twice as many rows as are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vectors:
    """Rows and what the model says of them.

    Attributes:
        x: features as they stand in a table, categories one-hot.
        expected: the mean over the networks: probabilities of classes or labels, or values.
        disagreement: as `Prediction.disagreement`.
        codes: the predicted class, or 0 and 1 for every label; None for numbers.
        tolerances: how far each figure may be from the expected one.

    Shapes:
        x (V, D), expected (V, K), disagreement (V,) or (V, C), codes (V,) or (V, C),
        tolerances (K,)
    """

    x: NDArray[np.float64]
    expected: NDArray[np.float64]
    disagreement: NDArray[np.float64]
    codes: NDArray[np.int64] | None
    tolerances: NDArray[np.float64]

    def __len__(self) -> int:
        """V, the number of rows."""
        return len(self.x)


def draw_vectors(model: Model, n_vectors: int) -> Vectors:
    """Return rows for a self-test of `model`: the same for the same weights.

    A fourth of them have every number at the least or the largest of the training rows.
    Rows are left out that come near a step's threshold in any network, or that drive an
    output to infinity; rows between two classes are taken only if there are no others.

    Raises:
        InputError: there is no such row.
    """
    source = stream(int(model.parameters.digest[:13], 16), "export")
    clear, tied = [], []
    for found in _candidates(model, source, n_vectors):
        clear.append(found.x[found.clear])
        tied.append(found.x[~found.clear])
        if sum(map(len, clear)) >= n_vectors:
            break
    none = np.zeros((0, len(model.schema.base_features)))
    x = np.concatenate([none, *clear, *tied])[:n_vectors]
    if not len(x):
        raise InputError(
            "export: no test rows keep away from the thresholds of the step units and within "
            "finite outputs, so an export could not be proved.",
            code="T105",
        )
    said = model.prediction(x, where="export")
    exact = combine(_figures(model, _in_double(model, x).outputs), kind=model.schema.kind)
    return Vectors(
        x=x,
        expected=np.asarray(said.mean, np.float64),
        disagreement=np.asarray(said.disagreement, np.float64),
        codes=said.codes,
        tolerances=_tolerances(model, said.mean, exact.mean),
    )


def _tolerances(model: Model, said: FloatArray, exact: FloatArray) -> NDArray[np.float64]:
    """Return how far each figure may be from what the model said, (K,).

    Targets are judged each in its own units: beside one of 1e6, or of 1e6 +- 1e-3, the same
    tolerance for all would allow any network whatever.
    """
    unit = np.maximum(1.0, np.abs(said).max(axis=0))
    if model.schema.is_regression:
        center = np.mean([each.center for each in model.target_scalers], axis=0)
        scale = np.max([each.scale for each in model.target_scalers], axis=0)
        unit = np.minimum(unit, np.maximum(scale, np.abs(said - center).max(axis=0)))
    own = np.abs(said - exact).max(axis=0)
    # what double precision knows of a number far from 0, and of the mean of so many
    known = np.finfo(np.float64).eps / 2 * (8 + len(model)) * np.abs(said).max(axis=0)
    return np.asarray(np.max([TOLERANCE * unit, ROUNDING * own, known], axis=0), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """Candidates that can be used, and whether one class is clearly ahead."""

    x: NDArray[np.float64]
    clear: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passed:
    """What rows come to in float64: outputs (P, N, C), and per row what stands in the way."""

    outputs: FloatArray
    finite: NDArray[np.bool_]
    far: NDArray[np.bool_]
    rather_far: NDArray[np.bool_]


def _candidates(model: Model, source: Stream, n_vectors: int) -> Iterator[_Found]:
    """Yield candidates batch after batch; ever wider ones where none can be used."""
    n_found = 0
    for turn in range(TRIES):
        spread = n_found == 0 and turn >= TRIES // 3
        x = _draw(model, source, 2 * n_vectors, turn, known=not spread)
        passed = _in_double(model, x)
        far = passed.far if turn < 2 * TRIES // 3 else passed.rather_far
        x, usable = x[passed.finite & far], passed.outputs[:, passed.finite & far]
        kept = [i for i, row in enumerate(x) if _is_answered(model, row)]
        n_found += len(kept)
        if kept:
            yield _Found(x=x[kept], clear=_clear(model, usable[:, kept]))


def _draw(model: Model, source: Stream, n: int, turn: int, *, known: bool) -> NDArray[np.float64]:
    """Return rows, the first eighth of them at the far ends."""
    x, start = np.zeros((n, len(model.schema.base_features))), 0
    for place, column in enumerate(model.schema.columns):
        u = source.uniform(n, turn, place)
        width = len(column.feature_names)
        if column.categories is None:
            u[: n // 8] = np.round(u[: n // 8])
            x[:, start] = _numbers(model, place, start, u, known=known)
        else:
            x[np.arange(n), start + (u * width).astype(np.int64)] = 1.0
        start += width
    return x


def _numbers(
    model: Model, place: int, feature: int, u: NDArray[np.float64], *, known: bool
) -> NDArray[np.float64]:
    """Return numbers of one column for u in [0, 1]: quantiles, or about the scaler's center."""
    if model.summary is not None and known:
        quantiles = np.array(model.summary.columns[place].quantiles)
        seen = quantiles[np.rint(u * (len(quantiles) - 1)).astype(np.int64)]
    else:
        scaler = model.scalers[0]
        seen = scaler.center[feature] + scaler.scale[feature] * (4 * u - 2)
    if model.multiply == 0:
        return np.zeros_like(u)
    raw = (seen - model.add) / model.multiply
    if not known or model.summary is None:  # short numbers are easier to read
        raw = np.array([float(f"{value:.6g}") for value in raw])
    return np.clip(raw, -LARGEST, LARGEST)


def _in_double(model: Model, x: NDArray[np.float64]) -> _Passed:
    """Return what rows come to in float64, from the scaled numbers that the model sees."""
    n_units = sum(layer.units for layer in model.network.layers)
    n_networks = len(model)
    outputs = np.empty((n_networks, len(x), model.network.n_outputs))
    finite, far, rather_far = (np.ones(len(x), np.bool_) for _ in range(3))
    for scaler, members in _groups(model.scalers, n_networks, AT_ONCE // (len(x) * n_units)):
        with np.errstate(all="ignore"):
            scaled = scaler.apply(model.seen(x))
            scaled = scaled.astype(model.parameters.dtype).astype(np.float64)
            flat = model.parameters.flat[members].astype(np.float64)
            parameters = Parameters.from_flat(model.network.layout(), flat)
            stages = forward_pass(model.network, parameters, scaled)
            outputs[members] = stages.outputs[-1]
            largest = float(np.finfo(model.parameters.dtype).max) / 16
            for place, layer in enumerate(model.network.layers):
                z = stages.weighted_sums[place]
                # in the model's precision too, and through exp
                bounded = (np.abs(z) < largest) & (np.abs(stages.outputs[place]) < largest)
                finite &= bounded.all(axis=(0, 2))
                if layer.activation == "step":
                    added = _added(parameters, place, stages.inputs_of(place))
                    off = _added(parameters, place, np.ones_like(stages.inputs_of(place))) == 0
                    far &= ((np.abs(z) >= NEAR_STEP) | off).all(axis=(0, 2))
                    enough = (np.abs(z) >= NEAR_STEP_RELATIVE * added) & ((added > 0) | off)
                    rather_far &= enough.all(axis=(0, 2))
    return _Passed(outputs=outputs, finite=finite, far=far, rather_far=rather_far)


def _added(parameters: Parameters, place: int, inputs: FloatArray) -> FloatArray:
    """Return the sum of the magnitudes that make up each weighted sum, (P, N, H)."""
    added: FloatArray = np.abs(inputs) @ np.abs(parameters.weights[place])
    bias = parameters.biases[place]
    return added if bias is None else added + np.abs(bias[:, None, :])


def _groups(
    scalers: tuple[Scaler, ...], n_networks: int, n_most: int
) -> Iterator[tuple[Scaler, list[int]]]:
    """Yield scalers with networks that share them, at most `n_most` at once."""
    groups: dict[Scaler, list[int]] = {}
    for i in range(n_networks):
        groups.setdefault(scalers[i % len(scalers)], []).append(i)
    for scaler, members in groups.items():
        for start in range(0, len(members), max(1, n_most)):
            yield scaler, members[start : start + max(1, n_most)]


def _is_answered(model: Model, row: NDArray[np.float64]) -> bool:
    try:
        model.outputs(row[np.newaxis])
    except ArgumentError:
        return False
    return True


def _figures(model: Model, outputs: FloatArray) -> FloatArray:
    """Return outputs (P, N, C) as probabilities or values, (P, N, K)."""
    if model.schema.is_regression:
        scalers = model.target_scalers
        scale = np.array([each.scale for each in scalers])[:, None, :]
        center = np.array([each.center for each in scalers])[:, None, :]
        values: FloatArray = outputs * scale + center
        return values
    if model.schema.kind == "multilabel":
        return label_probabilities(outputs, threshold=model.threshold)
    return probabilities(model.network, outputs, threshold=model.threshold)


def _clear(model: Model, outputs: FloatArray) -> NDArray[np.bool_]:
    """Return which rows have one class clearly ahead, (N,); all of them for numbers."""
    mean = _figures(model, outputs).mean(axis=0)
    if model.schema.is_regression:
        return np.ones(len(mean), np.bool_)
    if model.schema.kind == "multilabel":
        return np.asarray((np.abs(mean - 0.5) >= NEAR_TIE).all(axis=-1))
    highest = np.sort(mean, axis=-1)
    return np.asarray(highest[:, -1] - highest[:, -2] >= NEAR_TIE)
