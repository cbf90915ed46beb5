"""Whether the parts of a model fit together; told before anything is computed with them."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from shoal.data.dataset import Schema
from shoal.data.scaling import Scaler
from shoal.data.wording import show
from shoal.errors import ArgumentError
from shoal.models.summary import summary_problem
from shoal.network import check_parameters
from shoal.streams import MAX_SEED

if TYPE_CHECKING:
    from shoal.models.model import Model

WHERE = "Model"


def check_model(model: Model) -> None:
    """Check that network, parameters, schema, scalers and seeds belong together.

    Raises:
        ArgumentError: names the first part that does not fit the others.
    """
    _check_network(model)
    _check_parameters(model)
    n_networks = model.parameters.n_networks or 0
    n_features, n_outputs = len(model.schema.feature_names), model.network.n_outputs
    _check_scalers("scalers", model.scalers, n_networks, n_features)
    _check_scalers("target_scalers", model.target_scalers, n_networks, n_outputs)
    if not model.schema.is_regression:
        _check_no_scaling(model.target_scalers)
    _check_seeds(model.seeds, n_networks)
    _check_best(model.best, n_networks)
    wrong = None if model.summary is None else summary_problem(model.summary, model.schema)
    if wrong is not None:
        raise ArgumentError(WHERE, "summary", wrong, got="another summary", code="A108")
    if model.threshold not in (0.0, 0.5):
        raise ArgumentError(
            WHERE, "threshold", "must be 0.5 or 0", got=model.threshold, code="A102"
        )
    for name in ("multiply", "add"):
        if not math.isfinite(getattr(model, name)):
            raise ArgumentError(
                WHERE, name, "must be finite", got=getattr(model, name), code="A105"
            )


def check_threads(where: str, threads: int | None) -> None:
    """Check a number of threads; None stands for as many as there are.

    Raises:
        ArgumentError: it is not a whole number from 1.
    """
    if threads is not None and (isinstance(threads, bool) or not _index(threads) >= 1):
        wanted = "must be a whole number from 1, or None"
        raise ArgumentError(where, "threads", wanted, got=repr(threads), code="A102")


def _check_network(model: Model) -> None:
    network = model.network
    if network.n_inputs is None:
        cure = "Settle it with network.with_inputs(n)."
        raise ArgumentError(
            WHERE, "network", "must know its inputs", got="None", cure=cure, code="A108"
        )
    schema = model.schema
    n_features = len(schema.feature_names)
    if network.n_inputs != n_features:
        wanted = f"must have {n_features} inputs, one for each feature of `schema`"
        raise ArgumentError(WHERE, "network", wanted, got=network.n_inputs, code="A104")
    allowed = _allowed_outputs(schema)
    if network.n_outputs not in allowed:
        told = " or ".join(str(n) for n in sorted(allowed))
        many = len(schema.targets) > 1
        whose = f"{len(schema.targets)} targets" if many else f"target '{schema.target}'"
        wanted = f"must have {told} outputs for the {whose}"
        raise ArgumentError(WHERE, "network", wanted, got=network.n_outputs, code="A104")


def _allowed_outputs(schema: Schema) -> set[int]:
    """Return how many outputs a network for this target may have."""
    _check_targets(schema)
    if schema.kind != "classification":
        if schema.classes:
            wanted = f"must have no classes for {schema.kind}"
            raise ArgumentError(WHERE, "schema", wanted, got=len(schema.classes), code="A104")
        return {schema.n_outputs}
    if len(schema.classes) < 2:
        wanted = "must have at least two classes"
        raise ArgumentError(WHERE, "schema", wanted, got=len(schema.classes), code="A104")
    twice = next((c for c, n in Counter(schema.classes).items() if n > 1), None)
    if twice is not None:
        wanted = "must have classes that differ"
        raise ArgumentError(WHERE, "schema", wanted, got=f"{show(twice)} twice", code="A110")
    return {schema.n_outputs, len(schema.classes)}  # two classes may have a unit each


def _check_targets(schema: Schema) -> None:
    """Check that targets differ, and that labels have two names each."""
    twice = next((t for t, n in Counter(schema.targets).items() if n > 1), None)
    if twice is not None:
        raise ArgumentError(
            WHERE,
            "schema",
            "must have targets that differ",
            got=f"{show(twice)} twice",
            code="A110",
        )
    if schema.kind == "classification" and schema.more_targets:
        wanted = "must have one target for a classification"
        raise ArgumentError(WHERE, "schema", wanted, got=len(schema.targets), code="A104")
    n_labels = len(schema.targets) if schema.kind == "multilabel" else 0
    if len(schema.label_classes) != n_labels:
        wanted = f"must have names of 0 and 1 for {n_labels} labels"
        raise ArgumentError(WHERE, "schema", wanted, got=len(schema.label_classes), code="A104")
    for pair in schema.label_classes:
        if pair[0] == pair[1]:
            wanted = "must have classes that differ"
            raise ArgumentError(WHERE, "schema", wanted, got=f"{show(pair[0])} twice", code="A110")


def _check_parameters(model: Model) -> None:
    parameters = model.parameters
    if not parameters.n_networks:
        wanted = "must have a first axis P of at least one network"
        got = parameters.weights[0].shape if parameters.weights else "no layers"
        raise ArgumentError(WHERE, "parameters", wanted, got=got, code="A104")
    check_parameters(WHERE, model.network.layout(), parameters)
    if parameters.dtype not in (np.float32, np.float64):
        wanted = "must be float32 or float64"
        raise ArgumentError(WHERE, "parameters", wanted, got=parameters.dtype, code="A101")
    # the arrays are asked, since the flat row of given arrays would be a copy
    for name, arrays in (("weights", parameters.weights), ("biases", parameters.biases)):
        for i, array in enumerate(arrays):
            if array is not None and not np.isfinite(array).all():
                raise ArgumentError(
                    WHERE, f"{name}[{i}]", "must be finite", got="infinity or NaN", code="A105"
                )


def _check_scalers(name: str, scalers: Sequence[Scaler], n_networks: int, width: int) -> None:
    if len(scalers) not in (1, n_networks):
        wanted = f"must have one entry for all or one for each of {n_networks} networks"
        raise ArgumentError(WHERE, name, wanted, got=len(scalers), code="A104")
    for i, scaler in enumerate(scalers):
        if len(scaler.center) != width:
            wanted = f"must have numbers for {width} columns"
            raise ArgumentError(WHERE, f"{name}[{i}]", wanted, got=len(scaler.center), code="A104")


def _check_no_scaling(scalers: Sequence[Scaler]) -> None:
    for i, scaler in enumerate(scalers):
        if set(scaler.center) != {0.0} or set(scaler.scale) != {1.0}:
            wanted = "must leave the targets of a classification alone"
            got = f"center {scaler.center}, scale {scaler.scale}"
            raise ArgumentError(WHERE, f"target_scalers[{i}]", wanted, got=got, code="A108")


def _check_seeds(seeds: Sequence[int], n_networks: int) -> None:
    if len(seeds) != n_networks:
        wanted = f"must have one entry for each of {n_networks} networks"
        raise ArgumentError(WHERE, "seeds", wanted, got=len(seeds), code="A104")
    for i, seed in enumerate(seeds):
        if isinstance(seed, bool) or not 0 <= _index(seed) <= MAX_SEED:
            wanted = f"must be a whole number from 0 to {MAX_SEED}"
            raise ArgumentError(WHERE, f"seeds[{i}]", wanted, got=repr(seed), code="A102")


def _check_best(best: int, n_networks: int) -> None:
    if isinstance(best, bool) or not 0 <= _index(best) < n_networks:
        wanted = f"must be the number of a network, 0 to {n_networks - 1}"
        raise ArgumentError(WHERE, "best", wanted, got=repr(best), code="A102")


def _index(value: object) -> int:
    """Return a whole number, of NumPy too; -1 for anything else, which nobody accepts."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return -1
