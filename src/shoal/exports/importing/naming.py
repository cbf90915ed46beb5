"""From folded layers to a Model: what features, classes and targets are called, and the kind.

What a file does not know is asked for; what nobody says gets the names x0, x1, ... and 0, 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from pydantic import ValidationError

import shoal
from shoal.data.dataset import Feature, Kind, Schema
from shoal.data.scaling import Scaler
from shoal.data.wording import count, show
from shoal.errors import ArgumentError
from shoal.exports.importing.chain import Plain, PlainLayer, Refusal
from shoal.models import Model
from shoal.network import MAX_UNITS, Dense, Network, Parameters

WHERE: Final = "import_model"
KINDS: Final[tuple[Kind, ...]] = ("classification", "multilabel", "regression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a caller says about a network; None where he leaves it to the file.

    Attributes:
        features: the names of the columns, one for each input.
        classes: the names of the classes, or of no and yes of every label.
        targets: one name, or one for each of several outputs.
        kind: what is predicted.
        logits: whether the last layer's outputs are logits, to be put through softmax or
            sigmoid.
        activations: one for each layer of a state dict.
        layers: the names of the layers of a state dict, in order.
    """

    features: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    targets: tuple[str, ...] | None = None
    kind: Kind | None = None
    logits: bool | None = None
    activations: tuple[str, ...] | None = None
    layers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a reader makes of a file or an object.

    Attributes:
        plain: its layers.
        origin: which library it is from.
        features: the names it knows, or None; likewise the next three.
        logits: whether it was trained on logits.
        notes: what was left out or folded, and should be said.
    """

    plain: Plain
    origin: str
    features: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    kind: Kind | None = None
    logits: bool = False
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imported:
    """A model from elsewhere, and what should be said about it."""

    model: Model
    notes: tuple[str, ...] = ()


def build(found: Found, wishes: Wishes) -> Imported:
    """Return the model with its names.

    Raises:
        Refusal: the network is more than shoal can hold, or its outputs cannot be understood.
        ArgumentError: a wish does not fit the network.
    """
    kind, plain = _kind(found, wishes)
    n_features, n_outputs = len(plain.center), plain.n_outputs
    features = _features(wishes.features or found.features, n_features)
    targets = _targets(wishes.targets, 1 if kind == "classification" else n_outputs)
    classes = wishes.classes or found.classes
    schema = Schema(
        columns=tuple(Feature(name=name) for name in features),
        target=targets[0],
        more_targets=targets[1:],
        kind=kind,
        classes=_classes(classes, max(2, n_outputs)) if kind == "classification" else (),
        label_classes=_label_classes(classes, n_outputs) if kind == "multilabel" else (),
    )
    if kind == "regression" and wishes.classes:
        cure = 'Leave them out, or give kind="classification".'
        got = count(len(wishes.classes), "class").replace("classs", "classes")
        raise ArgumentError(
            WHERE, "classes", "must be left out for numbers", got=got, cure=cure, code="A108"
        )
    network, parameters = _network(plain)
    model = Model(
        network=network,
        parameters=parameters,
        schema=schema,
        scalers=(_scaler(plain.center, plain.scale),),
        target_scalers=(_target_scaler(plain, kind),),
        seeds=(0,),
        best=0,
        experiment={"imported": {"from": found.origin}},
        arithmetic="imported",
        version=shoal.__version__,
    )
    return Imported(model=model, notes=found.notes)


def _kind(found: Found, wishes: Wishes) -> tuple[Kind, Plain]:
    """Return what the network predicts, with an activation put on logits."""
    plain = found.plain
    named: Kind | None = "classification" if wishes.classes else None
    kind: Kind = wishes.kind or named or found.kind or _guess(plain, wishes, found)
    if plain.behind is not None and kind != "regression":
        raise Refusal("scales its outputs at the end, which fits numbers only.")
    if kind == "regression":
        if wishes.logits:
            cure = 'Give kind="classification" or "multilabel", or leave logits out.'
            raise ArgumentError(
                WHERE, "logits", "must be False for numbers", got=True, cure=cure, code="A108"
            )
        return kind, plain
    logits = wishes.logits
    if logits is None and plain.last == "identity":
        logits = found.logits or None
        if logits is None:
            cure = (
                "Give logits=True (--logits) to put softmax or sigmoid on it, or logits=False "
                "(--no-logits) if its outputs are near 0 and 1."
            )
            raise Refusal(
                "ends in a linear layer, so its outputs may be logits.", cure, code="M107"
            )
    return kind, _with_probabilities(plain, kind) if logits else plain


def _guess(plain: Plain, wishes: Wishes, found: Found) -> Kind:
    """Return what the last activation is made for."""
    if plain.behind is not None:
        return "regression"
    if plain.last == "softmax" or ((wishes.logits or found.logits) and plain.last == "identity"):
        return "classification"
    if plain.last in ("sigmoid", "step"):
        return "classification" if plain.n_outputs == 1 else "multilabel"
    return "regression"


def _with_probabilities(plain: Plain, kind: Kind) -> Plain:
    *before, last = plain.layers
    if plain.last != "identity":
        wanted = "must be left out where the last layer has an activation"
        raise ArgumentError(WHERE, "logits", wanted, got=f"True after {plain.last}", code="A108")
    put = "sigmoid" if kind == "multilabel" or plain.n_outputs == 1 else "softmax"
    return replace(plain, layers=(*before, replace(last, activation=put)))


def _features(names: Sequence[str] | None, n_features: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{i}" for i in range(n_features))
    return _unique("features", names, n_features, "input")


def _targets(names: Sequence[str] | None, n_targets: int) -> tuple[str, ...]:
    if names is None:
        return ("target",) if n_targets == 1 else tuple(f"target{i}" for i in range(n_targets))
    return _unique("target", names, n_targets, "target")


def _classes(names: Sequence[str] | None, n_classes: int) -> tuple[str, ...]:
    if names is None:
        return tuple(str(i) for i in range(n_classes))
    return _unique("classes", names, n_classes, "class")


def _label_classes(names: Sequence[str] | None, n_labels: int) -> tuple[tuple[str, str], ...]:
    no, yes = ("0", "1") if names is None else _unique("classes", names, 2, "answer")
    return ((no, yes),) * n_labels


def _unique(argument: str, names: Sequence[str], n: int, thing: str) -> tuple[str, ...]:
    things = count(n, thing).replace("classs", "classes")
    if len(names) != n:
        wanted = f"must have a name for each of {things}" if n > 1 else "must be a single name"
        raise ArgumentError(WHERE, argument, wanted, got=len(names), code="A104")
    seen: set[str] = set()
    for name in names:
        if not name or name in seen:
            wanted = "must be names that differ and are not empty"
            raise ArgumentError(
                WHERE, argument, wanted, got=f"{show(name)}{' twice' * bool(name)}", code="A110"
            )
        seen.add(name)
    return tuple(names)


def _network(plain: Plain) -> tuple[Network, Parameters]:
    """Return network and parameters, P = 1."""
    for layer in plain.layers:
        if max(layer.weights.shape) > MAX_UNITS:
            told = f"{max(layer.weights.shape):,} inputs or units, more than {MAX_UNITS:,}"
            raise Refusal(f"has {layer.name} of {told}.")
    try:
        layers = [_dense(layer) for layer in plain.layers]
        network = Network(layers, inputs=len(plain.center))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Refusal(f"is more than shoal can hold: {first['msg']}.") from None
    arrays = [layer.weights for layer in plain.layers]
    arrays += [layer.bias for layer in plain.layers if layer.bias is not None]
    single = plain.exact and all(array.dtype == np.float32 for array in arrays)
    parameters = network.start_from(
        [layer.weights[None] for layer in plain.layers],
        [None if layer.bias is None else layer.bias[None] for layer in plain.layers],
        dtype="float32" if single else "float64",
        where=WHERE,
    )
    return network, parameters


def _dense(layer: PlainLayer) -> Dense:
    settings: Mapping[str, Any] = layer.settings
    activation = layer.activation or "identity"
    has_bias = layer.bias is not None
    return Dense(int(layer.weights.shape[1]), activation, bias=has_bias, **settings)


def _target_scaler(plain: Plain, kind: Kind) -> Scaler:
    if plain.behind is None or kind != "regression":
        return Scaler(center=(0.0,) * plain.n_outputs, scale=(1.0,) * plain.n_outputs)
    return _scaler(*plain.behind)


def _scaler(center: Any, scale: Any) -> Scaler:
    nothing = not center.any() and bool((scale == 1).all())
    kind: Literal["none", "standard"] = "none" if nothing else "standard"
    return Scaler(kind=kind, center=tuple(center.tolist()), scale=tuple(scale.tolist()))
