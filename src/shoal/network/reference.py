"""Forward and backward pass in plain NumPy, written to be read: the oracle for the core.

Everything works in float32 and float64, for one network and for a population. ``@`` is the
matrix product over the last two axes, so a leading axis P of the parameters is carried along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError
from shoal.network.arrays import FloatArray
from shoal.network.layout import Parameters, check_parameters
from shoal.network.losses import LOSSES, Huber, check_fit, loss_name, loss_settings, smoothed

if TYPE_CHECKING:
    from shoal.network.network import Network

Reduction = Literal["mean", "sum"]
"""How the losses of the rows become one number: mean or sum over the N rows."""
Rule = Literal["gradient", "perceptron"]
"""What is propagated back: the derivative of the loss, or the perceptron's error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForwardPass:
    """Every stage of the way from features to outputs.

    Shapes:
        x (N, D), weighted_sums[l] and outputs[l] (..., N, H of layer l); masks[l] the same, or
        None where nothing is dropped
    """

    x: FloatArray
    weighted_sums: tuple[FloatArray, ...]
    outputs: tuple[FloatArray, ...]
    masks: tuple[FloatArray | None, ...] = ()

    def inputs_of(self, layer: int) -> FloatArray:
        """Return what layer `layer` (counted from 0) sees: x, or the outputs before it."""
        return self.x if layer == 0 else self.masked(layer - 1, self.outputs[layer - 1])

    def masked(self, layer: int, values: FloatArray) -> FloatArray:
        """Return values of the units of a layer times its mask, if it has one."""
        mask = self.masks[layer] if self.masks else None
        return values if mask is None else values * mask


def forward_pass(
    network: Network,
    parameters: Parameters,
    x: ArrayLike,
    masks: Sequence[ArrayLike | None] = (),
) -> ForwardPass:
    """Compute ``z = x @ weights + bias`` and ``a = activation(z)`` layer by layer.

    Args:
        network: the network.
        parameters: weights and biases.
        x: the features.
        masks: for dropout, what the outputs of each layer are multiplied by on the way to the
            next: 0 where a unit is dropped with probability p, else ``1 / (1 - p)``; None for
            a layer that drops nothing, as the last one must be.

    Shapes:
        x (N, D), parameters of one network or with P in front, masks[l] (..., N, H of layer l)

    Raises:
        ArgumentError: `x`, a mask or a parameter does not fit the network (the layer is named).

    Source:
        Srivastava and others, "Dropout: a simple way to prevent neural networks from
        overfitting" (2014), scaled in training ("inverted", section 10).

    Example:
        >>> from shoal.network import Dense, Network
        >>> network = Network([Dense(1)], inputs=2)
        >>> parameters = network.start_from([[[2.0], [3.0]]], [[0.5]])
        >>> forward_pass(network, parameters, [[1.0, 1.0]]).outputs[-1]
        array([[5.5]], dtype=float32)
    """
    inputs = features = _rows(network, parameters, x)
    weighted_sums: list[FloatArray] = []
    outputs: list[FloatArray] = []
    kept = _masks(network, masks, features)
    for layer, weights, bias, mask in zip(
        network.layers, parameters.weights, parameters.biases, kept, strict=True
    ):
        z = inputs @ weights
        if bias is not None:
            z = z + bias[..., None, :]
        a = layer.function.function(z, **layer.settings)
        weighted_sums.append(z)
        outputs.append(a)
        inputs = a if mask is None else a * mask
    return ForwardPass(
        x=features, weighted_sums=tuple(weighted_sums), outputs=tuple(outputs), masks=kept
    )


def row_losses(
    network: Network,
    loss: str | Huber,
    forward_pass: ForwardPass,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> FloatArray:
    """Return the loss of every row, times its weight where weights are given.

    Shapes:
        y (N, C), weights (N,) -> (N,), or (P, N) for a population

    Raises:
        ArgumentError: `y` does not fit the outputs, or the loss not the layers.
    """
    rows = _row_losses("row_losses", network, loss, forward_pass, y, label_smoothing)
    w = _weights("row_losses", weights, rows)
    return rows if w is None else rows * w


def loss_of(
    network: Network,
    loss: str | Huber,
    forward_pass: ForwardPass,
    y: ArrayLike,
    reduction: Reduction = "mean",
    *,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """Return the loss of one network over all rows.

    With weights the mean is ``sum(w * rows) / sum(w)`` and the sum ``sum(w * rows)``.

    Args:
        network: the network, for its last layer.
        loss: a name from `LOSSES`, or a record such as ``Huber(0.5)``.
        forward_pass: the stages, from `forward_pass`.
        y: the targets.
        reduction: mean or sum over the rows.
        weights: how much each row counts.
        label_smoothing: see `smoothed`.

    Shapes:
        y (N, C), weights (N,)

    Raises:
        ArgumentError: `y` does not fit, the loss does not, or this is a population (use
            `row_losses` for that).
    """
    rows = _row_losses("loss_of", network, loss, forward_pass, y, label_smoothing)
    if rows.ndim != 1:
        cure = "Use row_losses for a population."
        wanted = "must be of a single network"
        raise ArgumentError(
            "loss_of", "forward_pass", wanted, got=len(rows), cure=cure, code="A104"
        )
    w = _weights("loss_of", weights, rows)
    if _checked("loss_of", reduction) == "sum":
        return float(rows.sum() if w is None else (rows * w).sum())
    return float(rows.mean() if w is None else (rows * w).sum() / w.sum())


def backward(
    network: Network,
    parameters: Parameters,
    forward_pass: ForwardPass,
    y: ArrayLike,
    loss: str | Huber,
    reduction: Reduction = "mean",
    rule: Rule = "gradient",
    *,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> Parameters:
    """Return the derivative of the loss by every parameter, in the shape of the parameters.

    With delta = dLoss/dz of a layer and x what the layer sees::

        d_weights = x.T @ delta
        d_bias    = sum of delta over the rows
        d_x       = delta @ weights.T      (and x is the layer before's a)
        delta     = pullback(z, a, d_x)    of the layer before

    With weights delta of row r is multiplied by ``weights[r]``; the mean still divides by N, so
    it is the derivative of the weighted mean if the weights have mean 1. Through a mask of
    dropout go ``x = a * mask`` and ``d_x * mask``.

    Args:
        network: the network.
        parameters: the weights that `forward_pass` was made with.
        forward_pass: the stages, from `forward_pass`.
        y: the targets.
        loss: a name from `LOSSES`, or a record such as ``Huber(0.5)``.
        reduction: mean or sum over the rows.
        rule: ``"perceptron"`` begins with `perceptron_delta` in place of the derivative.
        weights: how much each row counts.
        label_smoothing: see `smoothed`.

    Shapes:
        y (N, C), weights (N,) -> weights (..., D, H), biases (..., H)

    Raises:
        ArgumentError: `y` or the loss does not fit, or the rule not the network.

    Source:
        Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors"
        (1986).
    """
    targets = _targets("backward", network, loss, forward_pass, y, label_smoothing)
    z, a = forward_pass.weighted_sums, forward_pass.outputs
    delta = _last_delta(network, loss, forward_pass, targets, rule)
    w = _weights("backward", weights, delta[..., 0])
    if w is not None:
        delta = delta * w[:, None]
    if _checked("backward", reduction) == "mean":
        delta = delta / len(targets)

    d_weights: list[FloatArray] = []
    d_biases: list[FloatArray | None] = []
    for i in reversed(range(len(network.layers))):
        d_weights.insert(0, _transpose(forward_pass.inputs_of(i)) @ delta)
        d_biases.insert(0, None if parameters.biases[i] is None else delta.sum(axis=-2))
        if i > 0:
            before = network.layers[i - 1]
            d_x = forward_pass.masked(i - 1, delta @ _transpose(parameters.weights[i]))
            delta = before.function.pullback(z[i - 1], a[i - 1], d_x, **before.settings)
    return Parameters(weights=tuple(d_weights), biases=tuple(d_biases))


def penalty_gradient(
    network: Network, parameters: Parameters, l1: Sequence[float], l2: Sequence[float]
) -> Parameters:
    """Return the derivative of ``l1 |w|_1 + l2 / 2 |w|^2``: ``l1 sign(w) + l2 w``, biases 0.

    Args:
        network: the network.
        parameters: of one network or of a population.
        l1: the factor of each layer; none for no such penalty.
        l2: the same.

    Shapes:
        weights (..., D, H), biases (..., H) -> the same
    """
    n_layers = len(network.layers)
    pairs = zip(l1 or (0.0,) * n_layers, l2 or (0.0,) * n_layers, strict=True)
    return Parameters(
        weights=tuple(
            w.dtype.type(one) * np.sign(w) + w.dtype.type(two) * w
            for w, (one, two) in zip(parameters.weights, pairs, strict=True)
        ),
        biases=tuple(None if b is None else np.zeros_like(b) for b in parameters.biases),
    )


def perceptron_delta(outputs: FloatArray, y: FloatArray) -> FloatArray:
    """Return the perceptron's error ``a - y``: 1 for a false yes, -1 for a false no, else 0.

    It stands where dLoss/dz would: the step function has slope 0, so there is no gradient.

    Shapes:
        outputs (..., N, C), y (N, C) -> (..., N, C)

    Source:
        Rosenblatt, "The perceptron: a probabilistic model for information storage and
        organization in the brain" (1958).

    Example:
        >>> perceptron_delta(np.array([[1.0], [1.0]]), np.array([[0.0], [1.0]]))
        array([[1.],
               [0.]])
    """
    delta: FloatArray = outputs - y
    return delta


def check_perceptron(network: Network) -> str | None:
    """Return why the perceptron rule does not fit the network, or None if it does."""
    if len(network.layers) > 1:
        return f"perceptron needs a single layer; got {len(network.layers)}"
    activation = network.layers[0].activation
    if activation != "step":
        return f'perceptron needs "step" in its layer; got "{activation}"'
    return None


def _row_losses(
    where: str,
    network: Network,
    loss: str | Huber,
    forward_pass: ForwardPass,
    y: ArrayLike,
    smoothing: float,
) -> FloatArray:
    targets = _targets(where, network, loss, forward_pass, y, smoothing)
    z, a = forward_pass.weighted_sums[-1], forward_pass.outputs[-1]
    return LOSSES[loss_name(loss)].rows(z, a, targets, **loss_settings(loss))


def _last_delta(
    network: Network, loss: str | Huber, forward_pass: ForwardPass, targets: FloatArray, rule: Rule
) -> FloatArray:
    """Return dLoss/dz of the last layer, or what the perceptron rule has in its place."""
    z, a = forward_pass.weighted_sums[-1], forward_pass.outputs[-1]
    if rule == "perceptron":
        _check_perceptron(network)
        return perceptron_delta(a, targets)
    entry = LOSSES[loss_name(loss)]
    return entry.delta(network.layers[-1], z, a, targets, **loss_settings(loss))


def _check_perceptron(network: Network) -> None:
    why = check_perceptron(network)
    if why is not None:
        wanted = "must fit the network"
        raise ArgumentError(
            "backward", "rule", wanted, got="'perceptron'", cure=f"{why}.", code="A111"
        )


def _transpose(array: FloatArray) -> FloatArray:
    return array.swapaxes(-1, -2)


def _rows(network: Network, parameters: Parameters, x: ArrayLike) -> FloatArray:
    """Return `x` (N, D) in the precision of the parameters, all shapes checked."""
    where = "Network.forward"
    features: FloatArray = np.asarray(x, dtype=parameters.dtype)
    if features.ndim != 2 or features.shape[0] == 0:
        wanted = "must have shape (N, D) with at least one row"
        raise ArgumentError(where, "x", wanted, got=features.shape, code="A104")
    known = network.n_inputs
    n_inputs = int(parameters.weights[0].shape[-2]) if known is None else known
    if features.shape[1] != n_inputs:
        origin = "the weights of layer 1" if known is None else "`network`"
        wanted = f"must have shape (N, D) with D={n_inputs} from {origin}"
        raise ArgumentError(where, "x", wanted, got=features.shape, code="A104")
    check_parameters(where, network.layout(n_inputs), parameters)
    return features


def _masks(
    network: Network, masks: Sequence[ArrayLike | None], x: FloatArray
) -> tuple[FloatArray | None, ...]:
    """Return a mask (..., N, H) or None for each layer, in the precision of `x`."""
    n_layers = len(network.layers)
    if not len(masks):
        return (None,) * n_layers
    if len(masks) != n_layers or masks[-1] is not None:
        wanted = f"must hold a mask or None for each of {n_layers} layers, None for the last"
        raise ArgumentError(
            "Network.forward", "masks", wanted, got=f"{len(masks)} entries", code="A104"
        )
    found = tuple(None if mask is None else np.asarray(mask, x.dtype) for mask in masks)
    for i, (mask, layer) in enumerate(zip(found, network.layers, strict=True)):
        if mask is not None and mask.shape[-2:] != (len(x), layer.units):
            wanted = f"must have shape ({len(x)}, {layer.units}) in layer {i + 1}"
            raise ArgumentError(
                "Network.forward", f"masks[{i}]", wanted, got=mask.shape, code="A104"
            )
    return found


def _weights(where: str, weights: ArrayLike | None, rows: FloatArray) -> FloatArray | None:
    """Return the weights (N,) in the precision of `rows` (..., N)."""
    if weights is None:
        return None
    found: FloatArray = np.asarray(weights, rows.dtype)
    if found.shape != rows.shape[-1:]:
        wanted = f"must have shape (N,) with N={rows.shape[-1]} from `forward_pass`"
        raise ArgumentError(where, "weights", wanted, got=found.shape, code="A104")
    return found


def _targets(
    where: str,
    network: Network,
    loss: str | Huber,
    forward_pass: ForwardPass,
    y: ArrayLike,
    smoothing: float,
) -> FloatArray:
    """Return `y` (N, C) in the precision of the outputs, checked against them and the loss."""
    why = check_fit(network, loss)
    if why is not None:
        got = repr(loss_name(loss))
        raise ArgumentError(
            where, "loss", "must fit the network", got=got, cure=f"{why}.", code="A108"
        )
    outputs = forward_pass.outputs[-1]
    targets: FloatArray = np.asarray(y, dtype=outputs.dtype)
    if targets.shape != outputs.shape[-2:]:
        n, c = outputs.shape[-2:]
        wanted = f"must have shape (N, C) with N={n} from `forward_pass` and C={c} from `network`"
        raise ArgumentError(where, "y", wanted, got=targets.shape, code="A104")
    return smoothed(loss, targets, smoothing)


def _checked(where: str, reduction: Reduction) -> Reduction:
    if reduction not in ("mean", "sum"):
        wanted = 'must be "mean" or "sum"'
        raise ArgumentError(where, "reduction", wanted, got=repr(reduction), code="A103")
    return reduction
