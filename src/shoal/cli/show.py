"""``shoal show``: a network as a table, from a model or an experiment file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from shoal.cli.choose import chosen_network
from shoal.cli.run import to_json
from shoal.cli.tables import new_table
from shoal.errors import InputError
from shoal.models import Model, load_model
from shoal.network import Network, Parameters

MODEL_SUFFIX = ".safetensors"


def show_file(file: Path, *, weights: bool, which: str | None, as_json: bool) -> None:
    """Show the network of a model or of an experiment file, which is not trained for it."""
    if file.suffix == MODEL_SUFFIX:
        model = chosen_network(load_model(file), which)
        features, classes = model.schema.feature_names, model.schema.classes
        about = _about(model)
        shown = model.best_network.parameters.member(0) if weights else None
        network = model.network
    else:
        network, features, classes, about, shown = _untrained(file, which, weights)
    if as_json:
        sys.stdout.write(to_json(_document(network, features, classes, about, shown)))
        return
    console = Console(highlight=False, soft_wrap=True)
    _print_layers(console, network)
    for name, value in about.items():
        console.print(f"{name}: {value}", markup=False)
    if shown is not None:
        _print_weights(console, network, features, classes, shown)


def _untrained(
    file: Path, which: str | None, weights: bool
) -> tuple[Network, tuple[str, ...], tuple[str, ...], dict[str, Any], Parameters | None]:
    from shoal.experiments import Experiment, prepare

    if which is not None:
        raise InputError("--network: chooses from a trained population; this is an experiment.")
    experiment = Experiment.load(file)
    small = experiment.model_copy(
        update={"population": experiment.population.model_copy(update={"size": 1})}
    )
    prepared = prepare(small)
    schema = prepared.parts[0].dataset.schema
    shown = None
    if weights:
        shown = Parameters.from_flat(prepared.network.layout(), prepared.start).member(0)
    about = {
        "features": ", ".join(schema.feature_names),
        "population": f"{experiment.population.size}, untrained",
    }
    return prepared.network, schema.feature_names, schema.classes, about, shown


def _about(model: Model) -> dict[str, Any]:
    schema = model.schema
    about: dict[str, Any] = {"features": ", ".join(schema.feature_names)}
    if schema.classes:
        about["classes"] = ", ".join(schema.classes)
    about["target"] = schema.target
    about["scaling"] = model.scalers[0].kind
    about["networks"] = len(model)
    about["best network"] = model.best
    about["made by"] = f"shoal {model.version}, arithmetic {model.arithmetic}"
    return about


def _print_layers(console: Console, network: Network) -> None:
    table = new_table("layer", "shape", "parameters", "activation")
    table.columns[-1].justify = "left"
    total = 0
    for row in network.table():
        shape = f"{row.shape[0]} x {row.shape[1]}"
        table.add_row(str(row.layer), shape, f"{row.n_parameters:,}", row.activation)
        total += row.n_parameters
    table.add_row("", "", f"{total:,}", "in all", style="dim")
    console.print(table)


def _print_weights(
    console: Console,
    network: Network,
    features: tuple[str, ...],
    classes: tuple[str, ...],
    parameters: Parameters,
) -> None:
    names = list(features)
    for number, (weights, bias) in enumerate(
        zip(parameters.weights, parameters.biases, strict=True), 1
    ):
        last = number == len(network.layers)
        outputs = list(classes) if last and len(classes) == weights.shape[1] else []
        outputs = outputs or [f"unit {k}" for k in range(weights.shape[1])]
        table = new_table(f"layer {number}", *outputs)
        for name, row in zip(names, weights, strict=True):
            table.add_row(name, *(f"{value:.6g}" for value in row))
        if bias is not None:
            table.add_row("bias", *(f"{value:.6g}" for value in bias), style="dim")
        console.print(table)
        names = [f"unit {k}" for k in range(weights.shape[1])]


def _document(
    network: Network,
    features: tuple[str, ...],
    classes: tuple[str, ...],
    about: dict[str, Any],
    parameters: Parameters | None,
) -> dict[str, Any]:
    layers: list[dict[str, Any]] = [
        {
            "layer": row.layer,
            "shape": list(row.shape),
            "parameters": row.n_parameters,
            "activation": row.activation,
        }
        for row in network.table()
    ]
    if parameters is not None:
        for layer, weights, bias in zip(layers, parameters.weights, parameters.biases, strict=True):
            layer["weights"] = np.asarray(weights, np.float64).tolist()
            layer["bias"] = None if bias is None else np.asarray(bias, np.float64).tolist()
    total = sum(layer["parameters"] for layer in layers)
    about = {name.replace(" ", "_"): value for name, value in about.items()}
    return {"layers": layers, "parameters": total} | about | {
        "features": list(features), "classes": list(classes)
    }  # fmt: skip
