"""The JSON that `plain_json` writes, back to a model: strict, and proved on its own vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from shoal.data.dataset import Feature, Kind, Schema
from shoal.data.formulas import Derived
from shoal.data.scaling import Scaler, ScalingKind
from shoal.errors import ShoalError
from shoal.exports.formats.plain import FORMAT, VERSION, WITHOUT_DERIVED
from shoal.exports.importing.chain import Refusal
from shoal.exports.portable import Decision, decision_of
from shoal.models import Model
from shoal.models.document import one_line
from shoal.models.summary import Summary
from shoal.network import Dense, FloatArray, Network, Parameters
from shoal.records import Record

_CHANGED = "Export the model again."
_Number = Annotated[float, Field(strict=True)]
_Numbers = tuple[_Number, ...]
_Names = tuple[Annotated[str, Field(strict=True)], ...]


class _Layer(Record):
    units: Annotated[int, Field(strict=True, ge=1)]
    activation: str
    settings: dict[str, _Number]
    bias: Annotated[bool, Field(strict=True)]


class _Weights(Record):
    weights: tuple[_Numbers, ...]
    biases: _Numbers | None


class _Network(Record):
    seed: Annotated[int, Field(strict=True)]
    center: _Numbers
    scale: _Numbers
    target_center: _Numbers
    target_scale: _Numbers
    layers: tuple[_Weights, ...]


class _Vectors(Record):
    tolerances: tuple[Annotated[float, Field(strict=True, ge=0)], ...]
    rows: tuple[_Numbers, ...]
    expected: tuple[_Numbers, ...]
    disagreement: Any = None


class _Derived(Record):
    name: str
    formula: str
    of: _Names
    places: tuple[Annotated[int, Field(strict=True, ge=0)], ...]


class _Document(Record):
    format: str
    version: int
    about: Any = None
    how: Any = None
    name: str
    made_by: str
    arithmetic: str
    digest: str
    kind: Kind
    targets: Annotated[_Names, Field(min_length=1)]
    classes: _Names
    label_classes: tuple[tuple[str, str], ...]
    columns: tuple[Feature, ...]
    features: _Names
    derived: tuple[_Derived, ...] = ()
    multiply: _Number
    add: _Number
    scaling: ScalingKind
    target_scaling: ScalingKind
    precision: Literal["float32", "float64"]
    layers: Annotated[tuple[_Layer, ...], Field(min_length=1)]
    decision: Decision
    hinge: Annotated[bool, Field(strict=True)]
    best: Annotated[int, Field(strict=True)]
    networks: Annotated[tuple[_Network, ...], Field(min_length=1)]
    vectors: _Vectors
    summary: Summary | None


def from_json(document: Mapping[str, Any]) -> Model:
    """Return the model that a document holds; its predictions have the bits they had.

    Its weights must have the digest that it states, and predict what its vectors say.

    Raises:
        Refusal: it is something else, or was changed; says what is wrong.
    """
    if document.get("format") != FORMAT:
        wanted = f'nodes and weights, or "format": "{FORMAT}" as shoal export writes it'
        raise Refusal(f"is JSON, but no network: it must have {wanted}.", code="M101")
    if document.get("version") not in (WITHOUT_DERIVED, VERSION):
        got = one_line(str(document.get("version")), 20)
        raise Refusal(
            f"is of version {got}; this shoal knows 1 to {VERSION}.", "Update shoal.", code="M103"
        )
    try:
        model = _model(_Document.model_validate(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise Refusal(
            f"is damaged: {one_line(place)}: {one_line(first['msg'])}.", code="M102"
        ) from None
    except (ShoalError, TypeError) as error:  # TypeError: a setting that no layer has
        raise Refusal(f"is damaged: {one_line(str(error))}", code="M102") from None
    _check(model, document)
    return model


def _model(given: _Document) -> Model:
    layers = [
        Dense(units=layer.units, activation=layer.activation, bias=layer.bias, **layer.settings)  # type: ignore[arg-type]
        for layer in given.layers
    ]
    network = Network(layers, inputs=len(given.features) + len(given.derived))
    members = [_parameters(network, each, given.precision) for each in given.networks]
    return Model(
        network=network,
        parameters=Parameters.stack(members),
        schema=Schema(
            columns=given.columns,
            target=given.targets[0],
            more_targets=given.targets[1:],
            kind=given.kind,
            classes=given.classes,
            label_classes=given.label_classes,
            derived=tuple(Derived(formula=each.formula, of=each.of) for each in given.derived),
        ),
        scalers=tuple(
            Scaler(kind=given.scaling, center=each.center, scale=each.scale)
            for each in _one_if_alike(given.networks, "center", "scale")
        ),
        target_scalers=tuple(
            Scaler(kind=given.target_scaling, center=each.target_center, scale=each.target_scale)
            for each in _one_if_alike(given.networks, "target_center", "target_scale")
        ),
        multiply=given.multiply,
        add=given.add,
        threshold=0.0 if given.hinge else 0.5,
        seeds=tuple(each.seed for each in given.networks),
        best=given.best,
        experiment={"imported": {"from": "shoal json"}},
        arithmetic=given.arithmetic,
        version=given.made_by.removeprefix("shoal "),
        summary=given.summary,
    )


def _parameters(
    network: Network, given: _Network, dtype: Literal["float32", "float64"]
) -> Parameters:
    weights = [layer.weights for layer in given.layers]
    biases = [layer.biases for layer in given.layers]
    with np.errstate(over="ignore"):  # what single precision cannot hold is refused as infinite
        return network.start_from(weights, biases, dtype=dtype, where="import")


def _one_if_alike(networks: tuple[_Network, ...], *names: str) -> tuple[_Network, ...]:
    """Return the first network only, if all have the same numbers under these names."""
    first = [getattr(networks[0], name) for name in names]
    alike = all([getattr(each, name) for name in names] == first for each in networks)
    return networks[:1] if alike else networks


def _check(model: Model, document: Mapping[str, Any]) -> None:
    """Check what the document states against what it holds."""
    if list(model.schema.base_features) != list(document["features"]):
        raise Refusal(
            "is damaged: its features are not those of its columns.", _CHANGED, code="M102"
        )
    stated = [(each["name"], list(each["places"])) for each in document.get("derived", ())]
    names = model.schema.base_features
    derived = [(d.name, [names.index(name) for name in d.of]) for d in model.schema.derived]
    if stated != derived or (derived and document["version"] < VERSION):
        raise Refusal(
            "is damaged: its derived features are not what they are called.", _CHANGED, code="M102"
        )
    if decision_of(model) != document["decision"]:
        raise Refusal(
            f"is damaged: its decision must be {decision_of(model)}.", _CHANGED, code="M102"
        )
    if model.parameters.digest != document["digest"]:
        raise Refusal(
            "was changed: its weights do not have the digest it states.", _CHANGED, code="M109"
        )
    vectors = document["vectors"]
    expected: FloatArray = np.array(vectors["expected"], np.float64)
    try:
        found = model.prediction(np.array(vectors["rows"], np.float64)).mean
        proved = found.shape == expected.shape and (
            (np.abs(found - expected) <= vectors["tolerances"]).all()
        )
    except (ShoalError, ValueError):
        proved = False
    if not proved:
        raise Refusal(
            "was changed: it predicts something else than its vectors.", _CHANGED, code="M109"
        )
