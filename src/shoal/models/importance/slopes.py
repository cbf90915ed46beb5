"""What every network says of rows, and how fast that changes with each feature.

Everything is in float64 and plain NumPy, so that slopes can be checked against differences;
predictions in float32 are some 1e-7 away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.derive import base_slopes
from shoal.errors import ArgumentError
from shoal.models.model import Model
from shoal.models.probabilities import label_probabilities, probabilities
from shoal.network import FloatArray, Network, Parameters
from shoal.network.reference import ForwardPass, forward_pass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slopes:
    """One figure of N rows, of every network, and its derivative by every feature.

    Shapes:
        values (P, N), gradients (P, N, D), float64, in the units of the table
    """

    values: FloatArray
    gradients: FloatArray


def slopes(model: Model, x: FloatArray, place: int) -> Slopes:
    """Return a figure of rows and its derivative by their features.

    With s the scaler, a the last layer's outputs and p the decision (see `probabilities`)::

        value = p(a(s(x * multiply + add)))
        slope = dp/da . da/ds . multiply / scale

    with what goes through derived features, which move with those that they are made of.
    dp/da is 0 where a probability is clipped to 0 or 1; a `step` unit has slope 0 everywhere.

    Args:
        model: the model.
        x: features as they stand in the table.
        place: which class, label or number; see `asked_of`.

    Shapes:
        x (N, D) -> values (P, N), gradients (P, N, D)

    Raises:
        ArgumentError: a value or a slope is not finite.

    Example:
        >>> from shoal.data.dataset import Feature, Schema
        >>> from shoal.data.scaling import Scaler
        >>> network = Network([{"units": 1}], inputs=1)
        >>> model = Model(
        ...     network=network, parameters=network.start_from([[[[2.0]]]], [[[1.0]]]),
        ...     schema=Schema(columns=(Feature(name="a"),), target="b", kind="regression"),
        ...     scalers=(Scaler(center=(0.0,), scale=(4.0,)),),
        ...     target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        ...     seeds=(0,), best=0, experiment={}, arithmetic="1", version="0",
        ... )
        >>> found = slopes(model, np.array([[8.0]]), 0)  # 2 (x / 4) + 1
        >>> found.values.tolist(), found.gradients.tolist()
        ([[5.0]], [[[0.5]]])
    """
    parameters = model.parameters.astype("float64")
    values = np.empty((len(model), len(x)))
    gradients = np.empty((len(model), *x.shape))
    for i in range(len(model)):
        scaler = model.scalers[i % len(model.scalers)]
        with np.errstate(over="ignore", invalid="ignore"):
            features = model.seen(np.asarray(x, np.float64))
            scaled = scaler.apply(features)
            one = parameters.member(i)
            stages = forward_pass(model.network, one, scaled)
            values[i], d_a = _decided(model, stages.outputs[-1], place, i)
            by_scaled = input_gradients(model.network, one, stages, d_a)
            by_feature = by_scaled * (model.multiply / np.array(scaler.scale))
            gradients[i] = base_slopes(model.schema, features, by_feature)
    if not (np.isfinite(values).all() and np.isfinite(gradients).all()):
        wanted = "must keep what the networks say, and its slope, finite"
        raise ArgumentError("slopes", "x", wanted, got="infinity or NaN", code="A105")
    return Slopes(values=values, gradients=gradients)


def input_gradients(
    network: Network, parameters: Parameters, stages: ForwardPass, d_outputs: FloatArray
) -> FloatArray:
    """Return the derivative by what the first layer sees, from that by the last one's outputs.

    The backward pass without parameters: ``d_x = pullback(z, a, d_a) @ weights.T``, layer by
    layer from the last.

    Shapes:
        d_outputs (N, C) -> (N, D), of one network
    """
    d_a = d_outputs
    layers = list(zip(network.layers, parameters.weights, strict=True))
    for i in reversed(range(len(layers))):
        layer, weights = layers[i]
        z, a = stages.weighted_sums[i], stages.outputs[i]
        d_z = layer.function.pullback(z, a, d_a, **layer.settings)
        d_a = d_z @ weights.swapaxes(-1, -2)
    return d_a


def _decided(
    model: Model, outputs: FloatArray, place: int, network: int
) -> tuple[FloatArray, FloatArray]:
    """Return the figure of network number `network`, (N,), and its slope by the outputs."""
    if model.schema.is_regression:
        scaler = model.target_scalers[network % len(model.target_scalers)]
        d_a = np.zeros_like(outputs)
        d_a[:, place] = scaler.scale[place]
        return scaler.inverse(np.asarray(outputs, np.float64))[:, place], d_a
    if model.schema.kind == "multilabel" or outputs.shape[-1] == 1:
        return _clipped(model, outputs, place)
    p = probabilities(model.network, outputs, threshold=model.threshold)
    activation = model.network.layers[-1].activation
    unit = np.zeros_like(outputs)
    unit[:, place] = 1.0
    if model.threshold == 0 or activation not in ("softmax", "sigmoid"):
        half = 1.0 if model.threshold else 0.5
        return p[:, place], half * _nearest_slope(p, place, unit)
    if activation == "sigmoid":  # p = a / sum(a)
        total = outputs.sum(axis=-1, keepdims=True)
        safe = np.where(total == 0, 1.0, total)
        return p[:, place], np.where(total == 0, 0.0, (unit - p[:, place : place + 1]) / safe)
    return p[:, place], unit


def _clipped(model: Model, outputs: FloatArray, place: int) -> tuple[FloatArray, FloatArray]:
    """Return the figure of one output that is a probability, clipped to 0 and 1."""
    p = label_probabilities(outputs, threshold=model.threshold)
    half = 1.0 if model.threshold else 0.5
    inside = np.where((p > 0) & (p < 1), half, 0.0)
    if model.schema.kind != "multilabel":  # of two classes the first has 1 - p
        return (p[:, 0], inside) if place else (1.0 - p[:, 0], -inside)
    d_a = np.zeros_like(outputs)
    d_a[:, place] = inside[:, place]
    return p[:, place], d_a


def _nearest_slope(p: FloatArray, place: int, unit: FloatArray) -> FloatArray:
    """Return the slope of the nearest probabilities: those above 0 share what one of them gains."""
    above = p > 0
    among = unit - above / above.sum(axis=-1, keepdims=True)
    slope: FloatArray = np.where(above & above[:, place : place + 1], among, 0.0)
    return slope
