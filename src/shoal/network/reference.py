"""Forward and backward pass in plain NumPy, written to be read: the oracle for the core.

Everything works in float32 and float64, for one network and for a population. ``@`` is the
matrix product over the last two axes, so a leading axis P of the parameters is carried along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError
from shoal.network.arrays import FloatArray
from shoal.network.layout import Parameters, check_parameters
from shoal.network.losses import LOSSES, check_fit

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
        x (N, D), weighted_sums[l] and outputs[l] (..., N, H of layer l)
    """

    x: FloatArray
    weighted_sums: tuple[FloatArray, ...]
    outputs: tuple[FloatArray, ...]

    def inputs_of(self, layer: int) -> FloatArray:
        """Return what layer `layer` (counted from 0) sees: x, or the outputs before it."""
        return self.x if layer == 0 else self.outputs[layer - 1]


def forward_pass(network: Network, parameters: Parameters, x: ArrayLike) -> ForwardPass:
    """Compute ``z = x @ weights + bias`` and ``a = activation(z)`` layer by layer.

    Shapes:
        x (N, D), parameters of one network or with P in front

    Raises:
        ArgumentError: `x` or a parameter does not fit the network (the layer is named).

    Example:
        >>> from shoal.network import Dense, Network
        >>> network = Network([Dense(1)], inputs=2)
        >>> parameters = network.start_from([[[2.0], [3.0]]], [[0.5]])
        >>> forward_pass(network, parameters, [[1.0, 1.0]]).outputs[-1]
        array([[5.5]], dtype=float32)
    """
    a = features = _rows(network, parameters, x)
    weighted_sums: list[FloatArray] = []
    outputs: list[FloatArray] = []
    for layer, weights, bias in zip(
        network.layers, parameters.weights, parameters.biases, strict=True
    ):
        z = a @ weights
        if bias is not None:
            z = z + bias[..., None, :]
        a = layer.function.function(z, **layer.settings)
        weighted_sums.append(z)
        outputs.append(a)
    return ForwardPass(x=features, weighted_sums=tuple(weighted_sums), outputs=tuple(outputs))


def row_losses(network: Network, loss: str, forward_pass: ForwardPass, y: ArrayLike) -> FloatArray:
    """Return the loss of every row.

    Shapes:
        y (N, C) -> (N,), or (P, N) for a population

    Raises:
        ArgumentError: `y` does not fit the outputs, or the loss not the layers.
    """
    return _row_losses("row_losses", network, loss, forward_pass, y)


def loss_of(
    network: Network,
    loss: str,
    forward_pass: ForwardPass,
    y: ArrayLike,
    reduction: Reduction = "mean",
) -> float:
    """Return the loss of one network over all rows.

    Args:
        network: the network, for its last layer.
        loss: a name from `LOSSES`.
        forward_pass: the stages, from `forward_pass`.
        y: the targets.
        reduction: mean or sum over the rows.

    Shapes:
        y (N, C)

    Raises:
        ArgumentError: `y` does not fit, the loss does not, or this is a population (use
            `row_losses` for that).
    """
    rows = _row_losses("loss_of", network, loss, forward_pass, y)
    if rows.ndim != 1:
        cure = "Use row_losses for a population."
        wanted = "must be of a single network"
        raise ArgumentError("loss_of", "forward_pass", wanted, got=len(rows), cure=cure)
    return float(rows.sum() if _checked("loss_of", reduction) == "sum" else rows.mean())


def backward(
    network: Network,
    parameters: Parameters,
    forward_pass: ForwardPass,
    y: ArrayLike,
    loss: str,
    reduction: Reduction = "mean",
    rule: Rule = "gradient",
) -> Parameters:
    """Return the derivative of the loss by every parameter, in the shape of the parameters.

    With delta = dLoss/dz of a layer and x what the layer sees::

        d_weights = x.T @ delta
        d_bias    = sum of delta over the rows
        d_x       = delta @ weights.T      (and x is the layer before's a)
        delta     = pullback(z, a, d_x)    of the layer before

    Args:
        network: the network.
        parameters: the weights that `forward_pass` was made with.
        forward_pass: the stages, from `forward_pass`.
        y: the targets.
        loss: a name from `LOSSES`.
        reduction: mean or sum over the rows.
        rule: ``"perceptron"`` begins with `perceptron_delta` in place of the derivative.

    Shapes:
        y (N, C) -> weights (..., D, H), biases (..., H)

    Raises:
        ArgumentError: `y` or the loss does not fit, or the rule not the network.

    Source:
        Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors"
        (1986).
    """
    targets = _targets("backward", network, loss, forward_pass, y)
    z, a = forward_pass.weighted_sums, forward_pass.outputs
    if rule == "perceptron":
        _check_perceptron(network)
        delta = perceptron_delta(a[-1], targets)
    else:
        delta = LOSSES[loss].delta(network.layers[-1], z[-1], a[-1], targets)
    if _checked("backward", reduction) == "mean":
        delta = delta / len(targets)

    d_weights: list[FloatArray] = []
    d_biases: list[FloatArray | None] = []
    for i in reversed(range(len(network.layers))):
        d_weights.insert(0, _transpose(forward_pass.inputs_of(i)) @ delta)
        d_biases.insert(0, None if parameters.biases[i] is None else delta.sum(axis=-2))
        if i > 0:
            before = network.layers[i - 1]
            d_x = delta @ _transpose(parameters.weights[i])
            delta = before.function.pullback(z[i - 1], a[i - 1], d_x, **before.settings)
    return Parameters(weights=tuple(d_weights), biases=tuple(d_biases))


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
    where: str, network: Network, loss: str, forward_pass: ForwardPass, y: ArrayLike
) -> FloatArray:
    targets = _targets(where, network, loss, forward_pass, y)
    return LOSSES[loss].rows(forward_pass.weighted_sums[-1], forward_pass.outputs[-1], targets)


def _check_perceptron(network: Network) -> None:
    why = check_perceptron(network)
    if why is not None:
        wanted = "must fit the network"
        raise ArgumentError("backward", "rule", wanted, got="'perceptron'", cure=f"{why}.")


def _transpose(array: FloatArray) -> FloatArray:
    return array.swapaxes(-1, -2)


def _rows(network: Network, parameters: Parameters, x: ArrayLike) -> FloatArray:
    """Return `x` (N, D) in the precision of the parameters, all shapes checked."""
    where = "Network.forward"
    features: FloatArray = np.asarray(x, dtype=parameters.dtype)
    if features.ndim != 2 or features.shape[0] == 0:
        wanted = "must have shape (N, D) with at least one row"
        raise ArgumentError(where, "x", wanted, got=features.shape)
    known = network.n_inputs
    n_inputs = int(parameters.weights[0].shape[-2]) if known is None else known
    if features.shape[1] != n_inputs:
        origin = "the weights of layer 1" if known is None else "`network`"
        wanted = f"must have shape (N, D) with D={n_inputs} from {origin}"
        raise ArgumentError(where, "x", wanted, got=features.shape)
    check_parameters(where, network.layout(n_inputs), parameters)
    return features


def _targets(
    where: str, network: Network, loss: str, forward_pass: ForwardPass, y: ArrayLike
) -> FloatArray:
    """Return `y` (N, C) in the precision of the outputs, checked against them and the loss."""
    why = check_fit(network, loss)
    if why is not None:
        raise ArgumentError(where, "loss", "must fit the network", got=repr(loss), cure=f"{why}.")
    outputs = forward_pass.outputs[-1]
    targets: FloatArray = np.asarray(y, dtype=outputs.dtype)
    if targets.shape != outputs.shape[-2:]:
        n, c = outputs.shape[-2:]
        wanted = f"must have shape (N, C) with N={n} from `forward_pass` and C={c} from `network`"
        raise ArgumentError(where, "y", wanted, got=targets.shape)
    return targets


def _checked(where: str, reduction: Reduction) -> Reduction:
    if reduction not in ("mean", "sum"):
        wanted = 'must be "mean" or "sum"'
        raise ArgumentError(where, "reduction", wanted, got=repr(reduction))
    return reduction
