"""A model as plain parts that any format can write, with vectors that prove it.

Formats read these records and nothing else of shoal, so that what a model means (scaling,
layers, what its outputs stand for, the mean over networks) is decided once.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from shoal.data.dataset import Feature, Kind
from shoal.data.scaling import Scaler
from shoal.exports.vectors import Vectors, draw_vectors
from shoal.models import Model
from shoal.network import FloatArray

Decision = Literal["values", "labels", "one", "softmax", "shares", "nearest"]
"""What outputs stand for.

- ``values``: each output ``a`` is ``a * target_scale + target_center``;
- ``labels``: the probability of each label, clipped to 0 and 1;
- ``one``: one output p, clipped to 0 and 1, is that of the second class: ``[1 - p, p]``;
- ``softmax``: outputs are the probabilities;
- ``shares``: each is divided by their sum; all alike where the sum is 0;
- ``nearest``: the nearest point among the probabilities, see `nearest_probabilities`.
"""

N_VECTORS: Final = 16
"""Rows that an export is proved on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortableLayer:
    """A layer of P networks: ``a = activation(x @ weights + biases)``.

    Attributes:
        weights: in the model's precision.
        biases: likewise, or None.
        activation: a name of `shoal.network.ACTIVATIONS`.
        settings: of the activation, all of them.

    Shapes:
        weights (P, D, H), biases (P, H)
    """

    weights: FloatArray
    biases: FloatArray | None
    activation: str
    settings: Mapping[str, float]

    @property
    def n_inputs(self) -> int:
        """D, what every unit sees."""
        return int(self.weights.shape[1])

    @property
    def n_units(self) -> int:
        """H, the units."""
        return int(self.weights.shape[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedStep:
    """A derived feature.

    Attributes:
        formula: a name of `shoal.data.formulas.FORMULAS`.
        places: the numbers of the features that it is made of.
    """

    formula: str
    places: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Portable:
    """Everything that a format needs of a model.

    A row of features x becomes, for network i,
    ``scaled = ((x * multiply + add) - centers[i]) / scales[i]`` in float64, then cast to
    `dtype`; the layers follow, then `decision`, and the mean over the networks. Derived features
    are made of ``x * multiply + add`` and stand behind them: `centers` and `scales` count them.

    Attributes:
        name: an identifier in every language, made from the file's name.
        model: where it comes from.
        hinge: outputs decide at 0: ``a`` becomes ``(1 + a) / 2`` before the decision.
        centers, scales: float64.
        target_centers, target_scales: float64; 0 and 1 where classes are predicted.
        n_vectors: V, the rows of its self-test.

    Shapes:
        centers, scales (P, D + derived); target_centers, target_scales (P, C)
    """

    name: str
    model: Model
    layers: tuple[PortableLayer, ...]
    decision: Decision
    hinge: bool
    centers: FloatArray
    scales: FloatArray
    target_centers: FloatArray
    target_scales: FloatArray
    n_vectors: int = N_VECTORS

    @property
    def kind(self) -> Kind:
        """What is predicted: a class, labels or numbers."""
        return self.model.schema.kind

    @property
    def columns(self) -> tuple[Feature, ...]:
        """The columns of a row, in order."""
        return self.model.schema.columns

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the D features of a row, one for each category of a column."""
        return self.model.schema.base_features

    @property
    def derived(self) -> tuple[DerivedStep, ...]:
        """The features that are computed from those of a row, in the order behind them."""
        names = self.feature_names
        return tuple(
            DerivedStep(formula=each.formula, places=tuple(names.index(name) for name in each.of))
            for each in self.model.schema.derived
        )

    @property
    def n_seen(self) -> int:
        """What a network sees of a row: its features and the derived ones."""
        return self.layers[0].n_inputs

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; empty if something else is predicted."""
        return self.model.schema.classes

    @property
    def label_classes(self) -> tuple[tuple[str, str], ...]:
        """What 0 and 1 of every label are called; empty if something else is predicted."""
        return self.model.schema.label_classes

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets."""
        return self.model.schema.targets

    @property
    def multiply(self) -> float:
        """What a feature is multiplied by first."""
        return float(self.model.multiply)

    @property
    def add(self) -> float:
        """What is added to a feature then."""
        return float(self.model.add)

    @property
    def dtype(self) -> Literal["float32", "float64"]:
        """The precision of weights and of scaled features."""
        return "float64" if self.model.parameters.dtype == np.float64 else "float32"

    @property
    def n_networks(self) -> int:
        """P."""
        return len(self.model)

    @property
    def n_features(self) -> int:
        """D, the features of a row."""
        return len(self.feature_names)

    @property
    def n_figures(self) -> int:
        """K, the figures of a row: classes (two for one output), labels or values."""
        return len(self.classes) or len(self.targets)

    @property
    def n_parameters(self) -> int:
        """Weights and biases of all networks together."""
        return int(self.model.parameters.flat.size)

    @cached_property
    def vectors(self) -> Vectors:
        """Rows and what the model says of them; drawn when first asked for.

        Raises:
            InputError: no row can be found that a self-test could judge the model by.
        """
        return draw_vectors(self.model, self.n_vectors)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights, as the model's file has it."""
        return self.model.parameters.digest


def portable(model: Model, *, name: str, n_vectors: int = N_VECTORS) -> Portable:
    """Return a model as plain parts.

    Args:
        model: of one network or many.
        name: what the file is called, without suffix; see `safe_name`.
        n_vectors: V, rows of the self-test.
    """
    n_networks = len(model)
    parameters = model.parameters
    layers = tuple(
        PortableLayer(weights=w, biases=b, activation=layer.activation, settings=layer.settings)
        for layer, w, b in zip(
            model.network.layers, parameters.weights, parameters.biases, strict=True
        )
    )
    centers, scales = _of_each(model.scalers, n_networks)
    target_centers, target_scales = _of_each(model.target_scalers, n_networks)
    return Portable(
        name=safe_name(name),
        model=model,
        layers=layers,
        decision=decision_of(model),
        hinge=not model.schema.is_regression and model.threshold == 0,
        centers=centers,
        scales=scales,
        target_centers=target_centers,
        target_scales=target_scales,
        n_vectors=n_vectors,
    )


def safe_name(text: str) -> str:
    """Return an identifier of ASCII letters, digits and underscores, a letter in front.

    Example:
        >>> safe_name("my flowers-2"), safe_name("2nd"), safe_name("class"), safe_name("花")
        ('my_flowers_2', 'model_2nd', 'class_', 'model')
    """
    plain = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")[:60]
    if not plain:
        return "model"
    if plain[0].isdigit():
        return f"model_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain in _RESERVED else plain


def decision_of(model: Model) -> Decision:
    """Return what the outputs of a model stand for, as `probabilities` takes them."""
    kind, last = model.schema.kind, model.network.layers[-1].activation
    if kind == "regression":
        return "values"
    if kind == "multilabel":
        return "labels"
    if model.network.n_outputs == 1:
        return "one"
    if model.threshold and last == "softmax":
        return "softmax"
    return "shares" if model.threshold and last == "sigmoid" else "nearest"


_RESERVED: Final = frozenset({
    "auto", "case", "char", "const", "default", "delete", "do", "double", "enum", "export",
    "extern", "float", "function", "goto", "inline", "int", "let", "long", "main", "new",
    "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
    "this", "throw", "typedef", "typeof", "union", "unsigned", "var", "void", "volatile",
})  # fmt: skip
"""Words of C and JavaScript that are no names there; those of Python are known to it."""


def _of_each(
    scalers: tuple[Scaler, ...], n_networks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return center and scale of every network, (P, D), whether or not they share a scaler."""
    width = len(scalers[0].center)
    centers = np.array([scaler.center for scaler in scalers], np.float64)
    scales = np.array([scaler.scale for scaler in scalers], np.float64)
    shape = (n_networks, width)
    return np.broadcast_to(centers, shape), np.broadcast_to(scales, shape)
