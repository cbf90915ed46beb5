"""``shoal show``: a network as a table, from a model or an experiment file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from shoal.cli.choose import chosen_index
from shoal.cli.output import print_json
from shoal.cli.run import MODEL
from shoal.cli.tables import Column, label, new_console, new_table, print_blocks
from shoal.cli.targets import model_of, stored_entry
from shoal.errors import InputError
from shoal.models import Model
from shoal.network import Network, Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a file.

    Attributes:
        network: with known inputs.
        features: their names.
        classes: of the target; empty for numbers.
        about: other facts by name.
        parameters: of one network, if weights were asked for.
        is_trained: whether it is a model, and not an experiment.
        n_networks: how many there are or will be.
    """

    network: Network
    features: tuple[str, ...]
    classes: tuple[str, ...]
    about: Mapping[str, Any]
    parameters: Parameters | None
    is_trained: bool
    n_networks: int


def show_file(file: Path, *, weights: bool, which: str | None, as_json: bool) -> None:
    """Show the network of a model or of an experiment file, which is not trained for it."""
    is_model = file.suffix == MODEL or stored_entry(str(file)) is not None
    shown = _trained(file, which, weights) if is_model else _untrained(file, which, weights)
    if as_json:
        print_json(_document(shown))
        return
    console = new_console()
    _print_layers(console, shown.network)
    names = {"features": shown.features, "classes": shown.classes}
    facts = {name: ", ".join(each) for name, each in names.items() if each} | dict(shown.about)
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        console.print(f"{name:{width}}  {label(str(value))}")
    if shown.parameters is not None:
        console.print()
        _print_weights(console, shown, shown.parameters)


def _trained(file: Path, which: str | None, weights: bool) -> Shown:
    model = model_of(str(file))
    index = chosen_index(model, which)
    chosen = model.best if index is None else index
    about = _about(model, index)
    if weights:
        about["weights of"] = f"network {chosen}"
    return Shown(
        network=model.network,
        features=model.schema.feature_names,
        classes=model.schema.classes,
        about=about,
        parameters=model[chosen].parameters.member(0) if weights else None,
        is_trained=True,
        n_networks=len(model),
    )


def _about(model: Model, index: int | None) -> dict[str, Any]:
    about: dict[str, Any] = {"target": model.schema.target, "scaling": model.scalers[0].kind}
    if index is None:
        about["networks"] = len(model)
        about["best network"] = model.best
    else:
        about["network"] = index
        about["seed"] = model.seeds[index]
    about["made by"] = f"shoal {model.version}, arithmetic {model.arithmetic}"
    return about


def _untrained(file: Path, which: str | None, weights: bool) -> Shown:
    from shoal.experiments import Experiment, prepare

    if which is not None:
        raise InputError(
            "--network: chooses from a trained population; this is an experiment.", code="U109"
        )
    experiment = Experiment.load(file)
    one = experiment.population.model_copy(update={"size": 1})
    prepared = prepare(experiment.model_copy(update={"population": one}))
    schema = prepared.parts[0].dataset.schema
    first = Parameters.from_flat(prepared.network.layout(), prepared.start).member(0)
    about: dict[str, Any] = {
        "target": schema.target,
        "scaling": experiment.preprocess.scaling,
        "networks": f"{experiment.population.size:,}, not trained yet",
    }
    if weights:
        about["weights of"] = "network 0 before the first step"
    return Shown(
        network=prepared.network,
        features=schema.feature_names,
        classes=schema.classes,
        about=about,
        parameters=first if weights else None,
        is_trained=False,
        n_networks=experiment.population.size,
    )


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
    console.print()


def _print_weights(console: Console, shown: Shown, parameters: Parameters) -> None:
    names: Sequence[str] = shown.features
    pairs = list(zip(parameters.weights, parameters.biases, strict=True))
    for number, (weights, bias) in enumerate(pairs, 1):
        n_units = weights.shape[1]
        is_last = number == len(pairs)
        units = [f"unit {k + 1}" for k in range(n_units)]
        heads = shown.classes if is_last and len(shown.classes) == n_units else units
        rows = weights if bias is None else np.concatenate([weights, bias[np.newaxis]])
        print_blocks(
            console,
            Column(head=f"layer {number}", cells=[*names, *(() if bias is None else ("bias",))]),
            [
                Column(head=head, cells=[f"{value:.6g}" for value in rows[:, k]])
                for k, head in enumerate(heads)
            ],
            dim_last=bias is not None,
        )
        names = units


def _document(shown: Shown) -> dict[str, Any]:
    layers: list[dict[str, Any]] = [
        {
            "layer": row.layer,
            "shape": list(row.shape),
            "parameters": row.n_parameters,
            "activation": row.activation,
        }
        for row in shown.network.table()
    ]
    if shown.parameters is not None:
        pairs = zip(shown.parameters.weights, shown.parameters.biases, strict=True)
        for layer, (weights, bias) in zip(layers, pairs, strict=True):
            layer["weights"] = np.asarray(weights, np.float64).tolist()
            layer["bias"] = None if bias is None else np.asarray(bias, np.float64).tolist()
    total = sum(layer["parameters"] for layer in layers)
    about = {name.replace(" ", "_"): value for name, value in shown.about.items()}
    if not shown.is_trained:
        about["networks"] = shown.n_networks
    names = {"features": list(shown.features), "classes": list(shown.classes)}
    known = {"layers": layers, "parameters": total, "is_trained": shown.is_trained}
    return known | names | about
