"""A Keras model's configuration to steps: a chain of known layers, anything else by name.

Nothing of Keras is called: a layer is what its class name and its numbers say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shoal.data.wording import show
from shoal.exports.importing.chain import Bend, Linear, Refusal, Step, bends, fold, stretch
from shoal.exports.importing.naming import Found
from shoal.network import MAX_UNITS, FloatArray

Weights = Callable[[int, Sequence[tuple[int, ...]]], list[FloatArray]]
"""``weights(i, shapes)``: the arrays of layer i in their order, in exactly these shapes."""

IGNORED: Final = (
    "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization",
)  # fmt: skip
"""Layers that do nothing once a network is trained."""
ACTIVATIONS: Final[Mapping[str, str]] = {
    "linear": "identity", "relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh",
    "softmax": "softmax", "elu": "elu", "selu": "selu", "gelu": "gelu", "silu": "silu",
    "swish": "silu", "softplus": "softplus", "exponential": "exponential",
    "leaky_relu": "leaky_relu",
}  # fmt: skip
"""Keras' names, and ours."""
LEAKY_SLOPE: Final = 0.2
"""What ``keras.activations.leaky_relu`` takes below 0 where nobody says otherwise."""
EPSILON: Final = 1e-7
"""``keras.backend.epsilon()``, the least deviation of a Normalization."""


@dataclass(slots=True)
class _State:
    """A chain as far as it is read: the shape of what comes in, and the layer's place."""

    shape: tuple[int, ...]
    place: int = 0
    name: str = ""

    @property
    def width(self) -> int:
        return math.prod(self.shape)


def keras_found(document: Mapping[str, Any], weights: Weights) -> Found:
    """Return the layers of a model's configuration.

    Args:
        document: ``{"class_name": ..., "config": ...}`` as Keras 3 writes it.
        weights: gives the arrays of a layer.

    Raises:
        Refusal: a layer is not known, or the layers are no chain.
    """
    kind, config = document.get("class_name"), document.get("config")
    if kind not in ("Sequential", "Functional", "Model") or not isinstance(config, Mapping):
        told = show(str(kind)) if kind else "no class"
        raise Refusal(f"is a Keras model of class {told}; Sequential and Functional are known.")
    layers = _layers(config)
    if kind != "Sequential":
        _check_chain(config, layers)
    state = _State(shape=_input_shape(document, config, layers))
    n_inputs = state.width
    steps: list[Step] = []
    ignored: list[str] = []
    for place, layer in enumerate(layers):
        state.place, state.name = place, _name(layer)
        if layer["class_name"] in IGNORED:
            ignored.append(str(layer["class_name"]))
        elif layer["class_name"] != "InputLayer":
            steps += _steps(layer, state, weights)
    notes = (f"left out, since only training needs them: {', '.join(ignored)}",) if ignored else ()
    plain = fold(steps, n_inputs)
    return Found(plain=plain, origin="keras", logits=_on_logits(document), notes=notes)


def _layers(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    layers = config.get("layers")
    if not isinstance(layers, list) or not 1 <= len(layers) <= 1000:
        raise Refusal("is damaged: its configuration has no list of layers.", code="M102")
    for layer in layers:
        whole = isinstance(layer, Mapping) and isinstance(layer.get("config"), Mapping)
        if not whole or not isinstance(layer.get("class_name"), str):
            raise Refusal(
                "is damaged: a layer of its configuration has no class or settings.", code="M102"
            )
    return layers


def _name(layer: Mapping[str, Any]) -> str:
    """Return a layer as messages name it."""
    return f"the layer {show(str(layer['config'].get('name')))} ({show(layer['class_name'])[1:-1]})"


def _check_chain(config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> None:
    """Check that each layer takes what the one before it gives, from one input to one output."""
    names = [layer.get("name") for layer in layers]
    if layers[0]["class_name"] != "InputLayer" or _ends(config.get("input_layers")) != names[:1]:
        raise Refusal("has not one input, so it is no chain of dense layers.")
    if _ends(config.get("output_layers")) != names[-1:]:
        raise Refusal("has not one output at its end, so it is no chain of dense layers.")
    for before, layer in zip(names, layers[1:], strict=False):
        nodes = layer.get("inbound_nodes")
        tensors = _histories(nodes)
        if not isinstance(nodes, list) or len(nodes) != 1 or tensors != [before]:
            raise Refusal(f"branches at {_name(layer)}; only a chain of layers can be imported.")


def _ends(value: Any) -> list[Any]:
    """Return the names of ``["a", 0, 0]`` or ``[["a", 0, 0], ...]``."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        return value[:1]
    if isinstance(value, list):
        return [each[0] if isinstance(each, list) and each else None for each in value]
    return []


def _histories(value: Any) -> list[Any]:
    """Return the layers whose tensors stand anywhere in some arguments."""
    if isinstance(value, list):
        return [name for each in value for name in _histories(each)]
    if not isinstance(value, Mapping):
        return []
    if value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        history = config.get("keras_history") if isinstance(config, Mapping) else None
        return [history[0] if isinstance(history, list) and history else None]
    return [name for each in value.values() for name in _histories(each)]


def _input_shape(
    document: Mapping[str, Any], config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]
) -> tuple[int, ...]:
    """Return the shape of a row, without the batch."""
    first = layers[0]["config"]
    built = document.get("build_config")
    candidates = [first.get("batch_shape"), first.get("batch_input_shape")]
    candidates += [config.get("build_input_shape")]
    candidates += [built.get("input_shape") if isinstance(built, Mapping) else None]
    for shape in candidates:
        if not isinstance(shape, list) or not 2 <= len(shape) <= 5:
            continue
        sizes = shape[1:]
        if all(type(n) is int and 1 <= n <= MAX_UNITS for n in sizes):
            if math.prod(sizes) > MAX_UNITS:
                raise Refusal(f"has {math.prod(sizes):,} inputs, more than {MAX_UNITS:,}.")
            return tuple(sizes)
    raise Refusal(
        "does not say how many inputs it has.",
        "Begin it with keras.Input((n,)) and save it again.",
        code="M107",
    )


def _steps(layer: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    """Return the steps of a layer that does something."""
    kind, config = str(layer["class_name"]), layer["config"]
    if config.get("quantization_config") is not None or config.get("lora_rank"):
        raise Refusal(f"has {state.name} with quantised or low-rank weights.")
    reader = _READERS.get(kind)
    if reader is None:
        known = ", ".join([*_READERS, "Dropout", "GaussianNoise"])
        raise Refusal(f"has {state.name}, and no such layer can be imported.", f"Known: {known}.")
    return reader(config, state, weights)


def _dense(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    units, has_bias = config.get("units"), config.get("use_bias", True)
    if type(units) is not int or not 1 <= units <= MAX_UNITS or type(has_bias) is not bool:
        raise Refusal(f"has {state.name} without a number of units from 1 to {MAX_UNITS}.")
    if len(state.shape) != 1:
        told = " x ".join(map(str, state.shape))
        raise Refusal(f"has {state.name} over rows of {told}.", "Put a Flatten layer before it.")
    shapes = [(state.width, units), *([(units,)] if has_bias else [])]
    arrays = weights(state.place, shapes)
    state.shape = (units,)
    linear = Linear(name=state.name, weights=arrays[0], bias=arrays[1] if has_bias else None)
    return [linear, *_activation(config.get("activation"), state)]


def _activation(value: Any, state: _State) -> list[Step]:
    """Return the steps of an activation as Keras names it."""
    name = value
    if isinstance(value, Mapping):
        name = value.get("config") if value.get("class_name") == "function" else None
        if value.get("class_name") in _BENDS and isinstance(value.get("config"), Mapping):
            return _READERS[value["class_name"]](value["config"], state, _no_weights)
    if value is None:
        name = "linear"
    if not isinstance(name, str) or name not in ACTIVATIONS:
        told = show(name if isinstance(name, str) else "a function in Python")
        raise Refusal(
            f"has {state.name} with the activation {told}, which shoal does not have.",
            f"Known: {', '.join(ACTIVATIONS)}.",
        )
    settings = {"alpha": LEAKY_SLOPE} if name == "leaky_relu" else {}
    return bends(state.name, ACTIVATIONS[name], state.width, **settings)


def _activation_layer(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    return _activation(config.get("activation"), state)


def _relu(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    if config.get("max_value") is not None or config.get("threshold", 0.0) != 0.0:
        raise Refusal(f"has {state.name} with a largest value or a threshold.")
    slope = _number(config.get("negative_slope", 0.0), state)
    if slope == 0:
        return [Bend(name=state.name, activation="relu")]
    return [_leaky_bend(slope, state)]


def _leaky_relu(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    given = config.get("negative_slope", config.get("alpha", 0.3))  # Keras 2 called it alpha
    return [_leaky_bend(_number(given, state), state)]


def _leaky_bend(slope: float, state: _State) -> Bend:
    if slope < 0:
        raise Refusal(f"has {state.name} with a slope below 0.")
    return Bend(name=state.name, activation="leaky_relu", settings={"alpha": slope})


def _elu(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    alpha = _number(config.get("alpha", 1.0), state)
    if alpha < 0:
        raise Refusal(f"has {state.name} with an alpha below 0.")
    return [Bend(name=state.name, activation="elu", settings={"alpha": alpha})]


def _softmax(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    if config.get("axis", -1) not in (-1, 1) or len(state.shape) != 1:
        raise Refusal(f"has {state.name} over another axis than the last.")
    return [Bend(name=state.name, activation="softmax")]


def _flatten(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    # channels_first would move the channels behind; with one axis there is nothing to move
    if config.get("data_format") == "channels_first" and len(state.shape) > 1:
        raise Refusal(f"has {state.name} with channels first.")
    state.shape = (state.width,)
    return []


def _rescaling(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    scale = _numbers(config.get("scale"), state)
    offset = _numbers(config.get("offset", 0.0), state)
    with np.errstate(divide="ignore"):
        return [stretch(state.name, state.width, scale=1 / scale, shift=offset)]


def _normalization(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    kept = _axes(config.get("axis", -1), state)
    if config.get("mean") is not None:
        mean, variance = (_numbers(config.get(name), state) for name in ("mean", "variance"))
    else:
        shape = tuple(state.shape[axis] for axis in kept)
        mean, variance = (
            _spread(np.asarray(each, np.float64), kept, state)
            for each in weights(state.place, [shape, shape])
        )
    with np.errstate(invalid="ignore"):
        deviation = np.maximum(np.sqrt(variance), EPSILON)
    if config.get("invert") is True:
        return [stretch(state.name, state.width, scale=1 / deviation, shift=mean)]
    return [stretch(state.name, state.width, center=mean, scale=deviation)]


def _batch_normalization(config: Mapping[str, Any], state: _State, weights: Weights) -> list[Step]:
    if _axes(config.get("axis", -1), state) != (len(state.shape) - 1,) or len(state.shape) != 1:
        raise Refusal(f"has {state.name} over another axis than the last.")
    has_scale, has_center = config.get("scale", True) is True, config.get("center", True) is True
    arrays = weights(state.place, [(state.width,)] * (2 + has_scale + has_center))
    *learnt, mean, variance = (np.asarray(each, np.float64) for each in arrays)
    gamma = learnt.pop(0) if has_scale else np.ones(state.width)
    beta = learnt.pop(0) if has_center else np.zeros(state.width)
    epsilon = _number(config.get("epsilon", 0.001), state)
    return [normalized(state.name, mean, variance, gamma, beta, epsilon)]


def normalized(
    name: str,
    mean: FloatArray,
    variance: FloatArray,
    gamma: FloatArray,
    beta: FloatArray,
    epsilon: float,
) -> Step:
    """Return batch normalisation as it is once trained: by its moving mean and variance.

    ``gamma (x - mean) / sqrt(variance + epsilon) + beta``
    """
    if (gamma == 0).any() or not (variance + epsilon > 0).all():
        raise Refusal(f"has {name} with a gamma of 0, or a variance that is not above 0.")
    scale = np.sqrt(variance + epsilon) / gamma
    return stretch(name, len(mean), center=mean, scale=scale, shift=beta)


def _axes(value: Any, state: _State) -> tuple[int, ...]:
    """Return which axes of a row are kept apart, counted without the batch."""
    axes = [] if value is None else value if isinstance(value, list) else [value]
    n_axes = len(state.shape)
    if not all(type(axis) is int and (0 < axis <= n_axes or -n_axes <= axis < 0) for axis in axes):
        raise Refusal(f"has {state.name} with an axis that its inputs do not have.")
    return tuple(sorted(axis - 1 if axis > 0 else n_axes + axis for axis in axes))


def _spread(values: FloatArray, kept: tuple[int, ...], state: _State) -> FloatArray:
    """Return a number for every feature, from one for each place along the kept axes."""
    shape = [n if axis in kept else 1 for axis, n in enumerate(state.shape)]
    return np.broadcast_to(values.reshape(shape), state.shape).reshape(-1)


def _number(value: Any, state: _State) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refusal(f"has {state.name} with a setting that is not a finite number.")
    return float(value)


def _numbers(value: Any, state: _State) -> FloatArray:
    """Return a setting that is a number, or nested lists of them, for every feature."""
    try:
        array = np.asarray(value, np.float64)
        spread: FloatArray = np.broadcast_to(array, state.shape).reshape(-1)
    except (TypeError, ValueError):
        told = f"has {state.name} with settings that are not a number for every input."
        raise Refusal(told) from None
    return spread


def _no_weights(place: int, shapes: Sequence[tuple[int, ...]]) -> list[FloatArray]:
    raise Refusal("is damaged: an activation has no weights.", code="M102")


def _on_logits(document: Mapping[str, Any]) -> bool:
    """Return whether the loss that it was trained with takes logits."""
    compiled = document.get("compile_config")
    loss = compiled.get("loss") if isinstance(compiled, Mapping) else None
    config = loss.get("config") if isinstance(loss, Mapping) else None
    return isinstance(config, Mapping) and config.get("from_logits") is True


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], _State, Weights], list[Step]]]] = {
    "Dense": _dense,
    "Activation": _activation_layer,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "BatchNormalization": _batch_normalization,
    "Flatten": _flatten,
}
_BENDS: Final = ("ReLU", "LeakyReLU", "ELU", "Softmax")
