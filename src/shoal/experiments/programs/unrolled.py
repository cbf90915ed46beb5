"""A network's formulas written out layer by layer, in NumPy and with the names of JAX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shoal.experiments.programs.outline import Outline
from shoal.experiments.programs.text import WIDTH, listed, number
from shoal.network import Dense
from shoal.network.initializers import Constant, Initializer, Normal, Uniform, Zeros
from shoal.network.worked.spelling import completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An activation in NumPy.

    Attributes:
        value: of the weighted sums z; p is the setting.
        slope: what dLoss/da, d, becomes as dLoss/dz.
        needs: functions of the template, or modules, that they call.
    """

    value: str
    slope: str
    needs: tuple[str, ...] = ()

    def uses(self, name: str) -> bool:
        """Return whether the slope is made of `name`, z or a."""
        return f"{{{name}}}" in self.slope


_WRITTEN: Final[Mapping[str, Formula]] = {
    "identity": Formula(value="{z}", slope=""),
    "step": Formula(value="np.heaviside({z}, {p})", slope=""),
    "sigmoid": Formula(
        value="sigmoid({z})", slope="{d} * {a} * (1 - {a})", needs=("sigmoid",)
    ),
    "tanh": Formula(value="np.tanh({z})", slope="{d} * (1 - {a}**2)"),
    "relu": Formula(value="np.maximum({z}, 0)", slope="np.where({z} > 0, {d}, 0)"),
    "leaky_relu": Formula(
        value="np.where({z} > 0, {z}, {p} * {z})", slope="np.where({z} > 0, {d}, {p} * {d})"
    ),
    "elu": Formula(
        value="np.where({z} > 0, {z}, {p} * np.expm1(np.minimum({z}, 0)))",
        slope="np.where({z} > 0, {d}, {d} * ({a} + {p}))",
    ),
    "gelu": Formula(
        value="{z} * normal({z})",
        slope="{d} * (normal({z}) + {z} * np.exp(-{z} * {z} / 2) / math.sqrt(2 * math.pi))",
        needs=("normal", "math"),
    ),
    "silu": Formula(
        value="{z} * sigmoid({z})",
        slope="{d} * (sigmoid({z}) + {a} * (1 - sigmoid({z})))",
        needs=("sigmoid",),
    ),
    "softplus": Formula(
        value="np.logaddexp({z}, 0)", slope="{d} * sigmoid({z})", needs=("sigmoid",)
    ),
    "exponential": Formula(value="np.exp({z})", slope="{d} * {a}"),
    "softmax": Formula(
        value="softmax({z})",
        slope="{a} * ({d} - ({d} * {a}).sum(axis=1, keepdims=True))",
        needs=("softmax",),
    ),
}  # fmt: skip


def _spelled() -> dict[str, Formula]:
    """Return the activations that have a plain formula, as NumPy spells it."""
    values = completed({}, "numpy", z="{z}")
    slopes = completed({}, "numpy", z="{z}", a="{a}")
    return {
        name: Formula(value=value, slope=f"{{d}} * ({slopes[name]})")
        for name, value in values.items()
        if name in slopes
    }


NUMPY: Final[Mapping[str, Formula]] = _spelled() | dict(_WRITTEN)
"""Every activation, forward and backward."""

LOSSES: Final[Mapping[str, tuple[str, str, str]]] = {
    "binary_crossentropy": (
        "binary cross-entropy, from z so that nothing overflows",
        "np.maximum({z}, 0) - y * {z} + np.log1p(np.exp(-np.abs({z})))",
        "{a} - y",
    ),
    "categorical_crossentropy": ("categorical cross-entropy", "", "{a} - y"),
    "squared_error": ("squared error", "({a} - y) ** 2", "2 * ({a} - y)"),
    "absolute_error": ("absolute error", "np.abs({a} - y)", "np.sign({a} - y)"),
    "huber": ("Huber's, squared near the target", "", "np.clip({a} - y, -DELTA, DELTA)"),
    "hinge": (
        "hinge, with labels 0 and 1 as -1 and 1",
        "np.maximum(1 - (2 * y - 1) * {a}, 0)",
        "np.where((2 * y - 1) * {a} < 1, 1 - 2 * y, 0)",
    ),
    "poisson": ("Poisson's, without what no weight changes", "{a} - y * {z}", "{a} - y"),
}
"""Of every loss: what it is called, each output's loss, and its slope (by z where the
activation belongs to the loss, else by a)."""

BY_SUMS: Final = ("binary_crossentropy", "categorical_crossentropy", "poisson")
"""Losses whose slope is told by the weighted sums."""


def parameter_names(outline: Outline) -> list[str]:
    """Return what parameters are called: w1, b1 and so on, in their order."""
    names = []
    for k, layer in enumerate(outline.layers, 1):
        names += [f"w{k}", *([f"b{k}"] if layer.bias else [])]
    return names


def unpacked(names: Sequence[str], value: str, used: Sequence[str] | None = None) -> str:
    """Return the line that gives the parts of a value their names, inside a function.

    Args:
        names: of all parts.
        value: what is taken apart.
        used: names that are needed; the others become underscores.
    """
    shown = [name if used is None or name in used else "_" for name in names]
    line = f"{', '.join(shown)} = {value}" if len(shown) > 1 else f"({shown[0]},) = {value}"
    return line if len(line) <= WIDTH - 4 else listed("", shown, "()", tail=f" = {value}")


def setting(layer: Dense) -> str:
    """Return the setting of a layer's activation as source, nothing if it has none."""
    return next((number(value) for value in layer.settings.values()), "")


def initial_lines(outline: Outline) -> list[str]:
    """Return the first weights and biases, an item each, drawn with NumPy."""
    items = []
    for k, layer in enumerate(outline.layers):
        shape = (outline.sizes[k], outline.sizes[k + 1])
        items.append(first_numbers(outline.initializer(k), shape, str(shape)))
        if layer.bias:
            drawn = first_numbers(outline.network.bias_initializer, shape, str(shape[1]))
            items.append(drawn)
    return items


def first_numbers(initializer: Initializer, fans: tuple[int, int], shape: str) -> str:
    """Return an expression for numbers as an initializer draws them.

    Args:
        initializer: which.
        fans: inputs and outputs of the layer.
        shape: of the array, as source.
    """
    if isinstance(initializer, Zeros):
        return f"np.zeros({shape})"
    if isinstance(initializer, Constant):
        return f"np.full({shape}, {number(float(initializer.value))})"
    if isinstance(initializer, Uniform):
        return f"rng.uniform({number(initializer.low)}, {number(initializer.high)}, {shape})"
    if isinstance(initializer, Normal):
        return f"rng.normal({number(initializer.mean)}, {number(initializer.stddev)}, {shape})"
    family, _, kind = initializer.name.partition("_")
    fan = f"({fans[0]} + {fans[1]})" if family == "glorot" else str(fans[0])
    variance = 1 if family == "lecun" else 2
    if kind == "normal":
        return f"np.sqrt({variance} / {fan}) * rng.standard_normal({shape})"
    return f"np.sqrt({3 * variance} / {fan}) * rng.uniform(-1, 1, {shape})"


def draws_in_training(outline: Outline) -> bool:
    """Return whether steps draw random numbers."""
    noisy = bool(outline.per_layer("dropout") or outline.training.regularization.input_noise)
    return noisy or outline.optimizer.name in ("random_perturbation", "annealing", "evolution")
