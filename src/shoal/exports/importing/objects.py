"""Networks of other libraries in memory: their weights and settings are read, nothing is run.

A class is recognised by its exact name and module, so that these libraries need not be
installed, and what a subclass may do otherwise is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.data.cells import class_name
from shoal.data.wording import show
from shoal.exports.importing.chain import Bend, Linear, Refusal, Step, Stretch, bends, fold, stretch
from shoal.exports.importing.keras_config import keras_found, normalized
from shoal.exports.importing.naming import Found
from shoal.network import FloatArray


def keras_object(model: Any) -> Found:
    """Return the layers of a Keras model in memory.

    Raises:
        Refusal: it is not built, has a layer of somebody's own, or one that is not known.
    """
    if not getattr(model, "built", False):
        raise Refusal("is not built.", "Begin it with keras.Input((n,)).", code="M108")
    for layer in model.layers:
        if not type(layer).__module__.startswith("keras.src.layers."):
            told = f"the layer {show(str(layer.name))} of the class {show(type(layer).__name__)}"
            raise Refusal(f"has {told}, which is not Keras' own.")
    config = _lists(model.get_config())
    # an InputLayer that stands in the configuration is no layer of a Sequential model
    skipped = len(config["layers"]) - len(model.layers)
    shape = getattr(model, "input_shape", None)
    document = {
        "class_name": type(model).__name__,
        "config": config,
        "build_config": {"input_shape": list(shape) if isinstance(shape, tuple) else None},
    }

    def weights(place: int, shapes: Sequence[tuple[int, ...]]) -> list[FloatArray]:
        arrays = [np.asarray(each) for each in model.layers[place - skipped].get_weights()]
        for array, wanted in zip(arrays, shapes, strict=False):
            if array.shape != wanted:
                raise Refusal(f"has an array of shape {array.shape}, not {wanted}.")
        return [_float(each) for each in arrays[: len(shapes)]]

    return keras_found(document, weights)


def _lists(value: Any) -> Any:
    """Return a configuration as its file has it, with lists for tuples."""
    if isinstance(value, Mapping):
        return {str(key): _lists(each) for key, each in value.items()}
    return [_lists(each) for each in value] if isinstance(value, list | tuple) else value


def torch_object(module: Any) -> Found:
    """Return the layers of a ``torch.nn.Sequential``.

    Raises:
        Refusal: a layer is not known, has hooks, or something in it cannot be said.
    """
    leaves = _leaves(module)
    widths = [int(leaf.in_features) for leaf in leaves if type(leaf).__name__ == "Linear"]
    if not widths:
        raise Refusal("has no dense layer.")
    steps: list[Step] = []
    ignored: list[str] = []
    width = widths[0]
    for number, leaf in enumerate(leaves):
        kind = type(leaf).__name__
        if kind in _TORCH_IGNORED:
            ignored += [kind] if "Dropout" in kind else []
        elif kind in _TORCH:
            steps += _TORCH[kind](leaf, f"the layer {number} ({kind})", width)
            width = int(leaf.out_features) if kind == "Linear" else width
        else:
            cure = ""
            if kind == "LogSoftmax":
                cure = "Leave it out, model[:-1], and give logits=True."
            told = f"has the layer {number} ({show(kind)[1:-1]}), which cannot be imported"
            raise Refusal(
                f"{told}; known: {', '.join((*_TORCH, *_TORCH_IGNORED))}.", cure, code="M105"
            )
    notes = (f"left out, since only training needs them: {', '.join(ignored)}",) if ignored else ()
    return Found(plain=fold(steps, widths[0]), origin="pytorch", notes=notes)


def _leaves(module: Any, depth: int = 0) -> list[Any]:
    """Return the layers of a Sequential, and of those inside it."""
    if depth > 16:
        raise Refusal("is nested more than 16 levels deep.")
    leaves: list[Any] = []
    for child in module._modules.values():
        kind = type(child)
        if getattr(child, "_forward_hooks", None) or getattr(child, "_forward_pre_hooks", None):
            raise Refusal(f"has hooks at a layer {show(kind.__name__)}, which are not run.")
        if not kind.__module__.startswith("torch.nn.modules."):
            told = f"has a layer of the class {show(kind.__name__)}"
            raise Refusal(f"{told}, which is not torch.nn's own.")
        if kind.__name__ == "Sequential":
            leaves += _leaves(child, depth + 1)
        else:
            leaves.append(child)
    return leaves


def _float(array: Any) -> FloatArray:
    found = np.asarray(array)
    if found.dtype.kind != "f":
        raise Refusal(f"has weights of {found.dtype}, not of floating-point numbers.")
    return found.astype(np.float64 if found.dtype.itemsize == 8 else np.float32)


def _tensor(tensor: Any) -> FloatArray:
    plain = tensor.detach().cpu()
    if str(plain.dtype) in ("torch.bfloat16", "torch.float16"):
        plain = plain.float()
    return _float(plain.numpy())


def _torch_linear(leaf: Any, name: str, width: int) -> list[Step]:
    bias = None if leaf.bias is None else _tensor(leaf.bias)
    return [Linear(name=name, weights=_tensor(leaf.weight).T, bias=bias)]


def _torch_batch_norm(leaf: Any, name: str, width: int) -> list[Step]:
    if leaf.running_mean is None or leaf.running_var is None:
        raise Refusal(f"has {name} without running statistics.")
    mean, variance = _tensor(leaf.running_mean), _tensor(leaf.running_var)
    gamma = np.ones(len(mean)) if leaf.weight is None else _tensor(leaf.weight)
    beta = np.zeros(len(mean)) if leaf.bias is None else _tensor(leaf.bias)
    arrays = [np.asarray(each, np.float64) for each in (mean, variance, gamma, beta)]
    return [normalized(name, arrays[0], arrays[1], arrays[2], arrays[3], float(leaf.eps))]


def _torch_gelu(leaf: Any, name: str, width: int) -> list[Step]:
    if leaf.approximate != "none":
        raise Refusal(f"has {name} approximated by {show(str(leaf.approximate))}.")
    return [Bend(name=name, activation="gelu")]


def _torch_softplus(leaf: Any, name: str, width: int) -> list[Step]:
    if leaf.beta != 1:
        raise Refusal(f"has {name} with a beta that is not 1.")
    return [Bend(name=name, activation="softplus")]


def _torch_softmax(leaf: Any, name: str, width: int) -> list[Step]:
    if leaf.dim not in (1, -1):
        raise Refusal(f"has {name} over another axis than the last.")
    return [Bend(name=name, activation="softmax")]


def _torch_slope(activation: str, setting: str) -> Callable[[Any, str, int], list[Step]]:
    def steps(leaf: Any, name: str, width: int) -> list[Step]:
        value = float(getattr(leaf, setting))
        if not 0 <= value < np.inf:
            raise Refusal(f"has {name} with a {setting} below 0.")
        return [Bend(name=name, activation=activation, settings={"alpha": value})]

    return steps


def _torch_plain(activation: str) -> Callable[[Any, str, int], list[Step]]:
    return lambda leaf, name, width: bends(name, activation, width)


_TORCH: Final[Mapping[str, Callable[[Any, str, int], list[Step]]]] = {
    "Linear": _torch_linear,
    "BatchNorm1d": _torch_batch_norm,
    "ReLU": _torch_plain("relu"),
    "Sigmoid": _torch_plain("sigmoid"),
    "Tanh": _torch_plain("tanh"),
    "SiLU": _torch_plain("silu"),
    "SELU": _torch_plain("selu"),
    "GELU": _torch_gelu,
    "LeakyReLU": _torch_slope("leaky_relu", "negative_slope"),
    "ELU": _torch_slope("elu", "alpha"),
    "Softplus": _torch_softplus,
    "Softmax": _torch_softmax,
}
_TORCH_IGNORED: Final = ("Dropout", "AlphaDropout", "Identity", "Flatten")


def scaler_of(scaler: Any) -> Stretch:
    """Return a StandardScaler or MinMaxScaler as a step.

    Raises:
        Refusal: it is another transformer, not fitted, or clips.
    """
    kind = type(scaler).__name__
    own = type(scaler).__module__.startswith("sklearn.preprocessing.")
    if not own or kind not in ("StandardScaler", "MinMaxScaler"):
        told = f"has the step {show(kind)} before the network"
        raise Refusal(f"{told}; StandardScaler and MinMaxScaler can be imported.")
    if not hasattr(scaler, "scale_"):
        raise Refusal(f"has a {kind} that is not fitted.", "Call fit first.", code="M108")
    width = int(scaler.n_features_in_)
    if kind == "StandardScaler":
        center = 0.0 if scaler.mean_ is None or not scaler.with_mean else scaler.mean_
        scale = 1.0 if scaler.scale_ is None else scaler.scale_
        return stretch(f"the {kind}", width, center=center, scale=scale)
    if scaler.clip:
        raise Refusal("has a MinMaxScaler that clips, which no scaler of shoal does.")
    # x * scale_ + min_, written so that the least of the training rows is the center
    low = float(scaler.feature_range[0])
    return stretch(
        f"the {kind}", width, center=scaler.data_min_, scale=1 / scaler.scale_, shift=low
    )


def mlp_found(mlp: Any, front: Sequence[Step], behind: Step | None) -> Found:
    """Return a fitted MLPClassifier or MLPRegressor between scalers.

    Raises:
        Refusal: it is not fitted.
    """
    kind = type(mlp).__name__
    if not hasattr(mlp, "coefs_"):
        raise Refusal(f"is not fitted: its {kind} has no weights.", "Call fit first.", code="M108")
    steps: list[Step] = list(front)
    pairs = list(zip(mlp.coefs_, mlp.intercepts_, strict=True))
    for number, (weights, bias) in enumerate(pairs):
        name = f"the layer {number}"
        steps.append(Linear(name=name, weights=_float(weights), bias=_float(bias)))
        function = mlp.activation if number < len(pairs) - 1 else mlp.out_activation_
        if function not in _MLP_ACTIVATIONS:
            raise Refusal(f"has the activation {show(str(function))}, which shoal does not have.")
        steps.append(Bend(name=name, activation=_MLP_ACTIVATIONS[function]))
    if behind is not None:
        steps.append(behind)
    plain = fold(steps, int(np.shape(mlp.coefs_[0])[0]))
    if kind == "MLPRegressor":
        return Found(plain=plain, origin="scikit-learn", kind="regression")
    multilabel = mlp.out_activation_ == "logistic" and plain.n_outputs > 1
    classes = None if multilabel else tuple(class_name(each) for each in mlp.classes_)
    return Found(
        plain=plain,
        origin="scikit-learn",
        kind="multilabel" if multilabel else "classification",
        classes=classes,
    )


_MLP_ACTIVATIONS: Final[Mapping[str, str]] = {
    "identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu",
    "softmax": "softmax", "exp": "exponential",
}  # fmt: skip
