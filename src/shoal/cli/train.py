"""``shoal train``: from a table to a model, with an experiment file to go on from."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shoal.cli.options import names_text, types_text
from shoal.cli.run import MODEL, Wishes, carry, check_outputs, named, with_seed
from shoal.cli.table_file import read_table_file, targets_in
from shoal.cli.tables import label
from shoal.data.dataset import Dataset
from shoal.data.file_recipe import FileData, fingerprint_file
from shoal.data.opening import STANDARD_INPUT
from shoal.data.recipe import DataRecipe
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.reading import override
from shoal.files import check_output

HIDDEN = 32
"""Hidden units where nothing else is said: enough for most small tables."""


def train_file(
    data: str,
    table: Mapping[str, Any],
    changes: Sequence[str],
    *,
    seed: int | None,
    wishes: Wishes,
) -> None:
    """Train on a file and write model and experiment.

    Args:
        data: the file's name, or ``-``.
        table: how to read it: keys of `FileData`, None where nothing was said.
        changes: to the experiment.
        seed: in place of the experiment's.
        wishes: what to print and write.
    """
    name = "" if data == STANDARD_INPUT else Path(data).stem
    wishes = named(replace(wishes, outputs=_outputs(data, wishes.outputs)), name)
    check_outputs(wishes.outputs, wishes.force)
    again = None if data == STANDARD_INPUT else _model_of(wishes.outputs).with_suffix(".toml")
    if again is not None:
        check_output(again, force=wishes.force)
    _refuse_reading_twice(changes)
    recipe = {key: value for key, value in table.items() if value not in (None, ())}
    recipe["target"] = targets_in(str(table["target"]))
    dataset = read_table_file({**recipe, "file": data}, "train")
    folder = Path() if again is None else again.parent
    recipe = {"file": _seen_from(data, folder), **recipe}
    if again is not None:
        recipe["fingerprint"] = fingerprint_file(data)
    document = override(default_document(recipe, dataset), with_seed(changes, seed))
    experiment = Experiment.read(document, source="shoal train", folder=folder)
    experiment = experiment.with_functions(allow_python=wishes.allow_python)
    texts = [] if again is None else [(again, _text(experiment, data))]
    carry(experiment, wishes, texts=texts, dataset=dataset)


def default_document(recipe: Mapping[str, Any], dataset: Dataset) -> dict[str, Any]:
    """Return the experiment that suits a table where nothing else is said.

    One hidden layer, standardised features, and outputs that fit the targets.
    """
    schema = dataset.schema
    activation, scaling, loss = "identity", {"target_scaling": "standard"}, {}
    if schema.kind != "regression":
        labels = schema.kind == "multilabel"
        activation = "sigmoid" if labels or schema.n_outputs == 1 else "softmax"
        scaling, loss = {}, {"loss": "binary_crossentropy"} if labels else {}
    last = {"units": schema.n_outputs, "activation": activation}
    return {
        "data": {**recipe, "kind": schema.kind},
        "preprocess": {"scaling": "standard", **scaling},
        "network": {
            "layers": [{"units": HIDDEN, "activation": "relu"}, last],
            "initializer": "he_uniform",
        },
        "training": {
            "optimizer": {"name": "adam", "learning_rate": 0.01},
            "epochs": 100,
            **loss,
        },
    }


def _outputs(data: str, given: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files to write; a model is always among them."""
    if any(path.suffix == MODEL for path in given):
        return tuple(given)
    if data == STANDARD_INPUT:
        raise InputError(
            "standard input has no name to call the model by. Give -o NAME.safetensors.",
            code="U104",
        )
    return Path(Path(data).stem + MODEL), *given


def _model_of(outputs: Sequence[Path]) -> Path:
    return next(path for path in outputs if path.suffix == MODEL)


def _refuse_reading_twice(changes: Sequence[str]) -> None:
    """Refuse changes of what is read: the argument and options of the command say that."""
    of_reading = FileData.model_fields.keys() - DataRecipe.model_fields.keys()
    for change in changes:
        key = change.partition("=")[0].strip()
        name = key.removeprefix("data.").partition(".")[0]
        if key in ("data", "data.file", "data.task", "data.fingerprint"):
            raise InputError(
                f"'{change}': the data is the file that shoal train is given.", code="U108"
            )
        if name in of_reading and (key != name or name not in Experiment.model_fields):
            raise InputError(
                f"'{change}': use the option --{name} of shoal train instead.", code="U108"
            )


def _seen_from(data: str, folder: Path) -> str:
    """Return the name that a data file has in an experiment in `folder`."""
    return (
        data
        if data == STANDARD_INPUT or Path(data).is_absolute()
        else os.path.relpath(data, folder)
    )


def _text(experiment: Experiment, data: str) -> str:
    asked = experiment.data
    assert isinstance(asked, FileData)
    words = ["shoal", "train", data, "--target", names_text(asked.targets)]
    for name in (
        "features",
        "drop",
        "types",
        "weights",
        "missing",
        "encoding",
        "separator",
        "decimal",
    ):
        value = getattr(asked, name)
        if value != FileData.model_fields[name].default:
            words += [f"--{name}", _option(name, value)]
    made_by = shlex.join(words)
    return f"# Made by: {label(made_by)}\n\n{experiment.to_toml()}"


def _option(name: str, value: Any) -> str:
    """Return what stands behind an option."""
    if name == "types":
        return types_text(value)
    return names_text(value) if name in ("features", "drop") else str(value)
