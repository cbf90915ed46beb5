"""Networks as ``{"nodes", "weights", "func"}``: the plain data of neuro's published results.

There every layer has the same function and no bias; a constant input stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from shoal.errors import ArgumentError, did_you_mean
from shoal.network.layers import MAX_UNITS, Dense
from shoal.network.layout import Parameters, check_parameters
from shoal.network.network import MAX_LAYERS, Network

FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "logistic": "sigmoid",
        "step": "step",
        "identity": "identity",
        "tanh": "tanh",
        "relu": "relu",
    }
)
"""The names of functions there, and the activations they are here."""

_KEYS = ("nodes", "weights", "func")


def from_nodes(data: Mapping[str, Any]) -> tuple[Network, Parameters]:
    """Return the network and its parameters in float64.

    Args:
        data: ``nodes`` (inputs, then the units of each layer), ``weights`` (for each layer
            inputs x outputs) and ``func`` (a name from `FUNCTIONS`).

    Raises:
        ArgumentError: a key is missing or unknown, a value is not of its kind, or a layer's
            weights have another shape than the nodes say.

    Example:
        >>> network, parameters = from_nodes(
        ...     {"nodes": [2, 1], "weights": [[[1.0], [2.0]]], "func": "identity"}
        ... )
        >>> network.forward(parameters, [[3.0, 4.0]])
        array([[11.]])
    """
    where = "from_nodes"
    _check_keys(where, data)
    nodes, func = _sizes_of(where, data["nodes"]), data["func"]
    if not isinstance(func, str) or func not in FUNCTIONS:
        wanted = f"must be one of {', '.join(FUNCTIONS)}"
        cure = did_you_mean(str(func), FUNCTIONS)
        raise ArgumentError(where, "func", wanted, got=repr(func), cure=cure, code="A103")
    weights = _layers_of(where, data["weights"], len(nodes) - 1)
    layers = [Dense(units, FUNCTIONS[func], bias=False) for units in nodes[1:]]
    network = Network(layers, inputs=nodes[0])
    parameters = network.start_from(weights, dtype="float64", where=where)
    if parameters.n_networks is not None:
        wanted = "must be of a single network"
        raise ArgumentError(where, "weights", wanted, got=parameters.n_networks, code="A103")
    return network, parameters


def to_nodes(network: Network, parameters: Parameters) -> dict[str, Any]:
    """Return ``{"nodes", "weights", "func"}``, the inverse of `from_nodes`.

    Raises:
        ArgumentError: a layer has a bias, the layers differ in their activation or have one
            that has no name there, or there is a population.
    """
    where = "to_nodes"
    activations = {layer.activation for layer in network.layers}
    names = {here: there for there, here in FUNCTIONS.items()}
    if len(activations) > 1 or not activations <= set(names):
        wanted = f"must have one activation in all layers, of {', '.join(names)}"
        raise ArgumentError(
            where, "network", wanted, got=", ".join(sorted(activations)), code="A108"
        )
    biased = [i for i, layer in enumerate(network.layers, 1) if layer.bias]
    if biased:
        cure = "Give it bias=False and a constant input."
        wanted = "must have no biases"
        raise ArgumentError(
            where, "network", wanted, got=f"one in layer {biased[0]}", cure=cure, code="A108"
        )
    if parameters.n_networks is not None:
        wanted = "must be of a single network"
        raise ArgumentError(where, "parameters", wanted, got=parameters.n_networks, code="A108")
    n_inputs = network.n_inputs or int(parameters.weights[0].shape[0])
    check_parameters(where, network.layout(n_inputs), parameters)
    return {
        "nodes": [n_inputs, *(layer.units for layer in network.layers)],
        "weights": [weights.tolist() for weights in parameters.weights],
        "func": names[activations.pop()],
    }


def _layers_of(where: str, weights: object, n_layers: int) -> Sequence[Any]:
    if isinstance(weights, list | tuple) and len(weights) == n_layers:
        return weights
    got = len(weights) if isinstance(weights, list | tuple) else type(weights).__name__
    wanted = f"must be a list of {n_layers} layers, one less than nodes"
    raise ArgumentError(where, "weights", wanted, got=got, code="A101")


def _check_keys(where: str, data: object) -> None:
    if isinstance(data, Mapping) and set(data) == set(_KEYS):
        return
    got = ", ".join(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
    wanted = "must have the keys nodes, weights and func"
    raise ArgumentError(where, "data", wanted, got=got or "none", code="A101")


def _sizes_of(where: str, nodes: object) -> Sequence[int]:
    if (
        isinstance(nodes, list | tuple)
        and 2 <= len(nodes) <= MAX_LAYERS + 1
        and all(type(n) is int and 1 <= n <= MAX_UNITS for n in nodes)
    ):
        return nodes
    wanted = f"must be 2 to {MAX_LAYERS + 1} whole numbers from 1 to {MAX_UNITS}"
    raise ArgumentError(where, "nodes", wanted, got=repr(nodes), code="A102")
