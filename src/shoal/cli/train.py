"""``shoal train``: from a table to a model, with an experiment file to go on from."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shoal.cli.run import carry, check_outputs
from shoal.data.dataset import Dataset
from shoal.data.file_recipe import FileData, fingerprint_file, load_file
from shoal.data.recipe import DataRecipe
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.reading import override
from shoal.files import check_output

SHARED = set(DataRecipe.model_fields)
"""Keys of the data that do not change how the file is read."""
HIDDEN = 32
"""Hidden units where nothing else is said: enough for most small tables."""


def train_file(
    data: str,
    table: Mapping[str, Any],
    changes: Sequence[str],
    *,
    threads: int | None,
    seed: int | None,
    as_json: bool,
    quiet: bool,
    outputs: Sequence[Path],
    force: bool,
) -> None:
    """Train on a file and write model and experiment."""
    from_pipe = data == "-"
    if from_pipe and not outputs:
        raise InputError(
            "standard input has no name to call the model by. Give -o NAME.safetensors."
        )
    outputs = outputs or [Path(Path(data).stem + ".safetensors")]
    check_outputs(outputs, force)
    document_path = None if from_pipe else outputs[0].with_suffix(".toml")
    if document_path is not None:
        check_output(document_path, force=force)
    if seed is not None:
        changes = [*changes, f"seed={seed}"]
    folder = (document_path or Path()).parent
    recipe = {key: value for key, value in table.items() if value not in (None, ())}
    recipe["file"] = data if from_pipe else os.path.relpath(data, folder)
    refuse_reading_twice(changes)
    dataset = _read(recipe, folder)
    if not from_pipe:
        recipe["fingerprint"] = fingerprint_file(data)
    document = override(default_document(recipe, dataset), changes)
    experiment = Experiment.read(document, source=data, folder=folder)
    texts = [(document_path, _text(experiment, data))] if document_path else []
    carry(experiment, threads, as_json, quiet, outputs, force, texts=texts, dataset=dataset)


def refuse_reading_twice(changes: Sequence[str]) -> None:
    """Refuse changes of how the file is read: the options of the command say that."""
    for change in changes:
        key = change.partition("=")[0].strip()
        if key.startswith("data.") and key[5:] in FileData.model_fields.keys() - SHARED:
            option = f"--{key[5:]}"
            raise InputError(f"'{change}': use the option {option} of shoal train instead.")


def default_document(recipe: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Return the experiment that suits a table where nothing else is said.

    One hidden layer, standardised features, and outputs that fit the target.
    """
    schema = dataset.schema
    if schema.kind == "regression":
        last, scaling = {"units": 1, "activation": "identity"}, {"target_scaling": "standard"}
    else:
        activation = "sigmoid" if schema.n_outputs == 1 else "softmax"
        last, scaling = {"units": schema.n_outputs, "activation": activation}, {}
    return {
        "data": {**recipe, "kind": schema.kind},
        "preprocess": {"scaling": "standard", **scaling},
        "network": {
            "layers": [{"units": HIDDEN, "activation": "relu"}, last],
            "initializer": "he_uniform",
        },
        "training": {"optimizer": {"name": "adam", "learning_rate": 0.01}, "epochs": 100},
    }


def _read(recipe: Mapping[str, Any], folder: Path) -> Dataset:
    asked = Experiment.read({"data": dict(recipe)}, source="shoal train", folder=folder).data
    assert isinstance(asked, FileData)
    return load_file(asked, folder, sys.stdin.buffer)


def _text(experiment: Experiment, data: str) -> str:
    return f"# Made by: shoal train {data}\n\n{experiment.to_toml()}"
