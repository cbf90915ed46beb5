"""Tests of documents from text, and of changes to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoal.errors import InputError, MissingFileError
from shoal.experiments import Experiment
from shoal.experiments.changes import read_value
from shoal.experiments.reading import override, read_document


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_document(path)
    return str(error.value).removeprefix(f"{path}").removeprefix(", ").removeprefix(": ")


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('seed = 1\n[data]\ntask = "or"\n', encoding="utf-8-sig")
    (tmp_path / "a.json").write_text('{"seed": 1, "data": {"task": "or"}}')
    wanted = {"seed": 1, "data": {"task": "or"}}
    assert read_document(tmp_path / "a.toml") == read_document(tmp_path / "a.json") == wanted


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.toml", b"a = 1\nb = \n", "line 2, column 5: is not TOML: invalid value."
                                     " Mend this place; shoal new writes a file to start from."),
        ("a.toml", b"a = 1\na = 2\n", "line 2, column 6: is not TOML: cannot overwrite a value."
                                      " Mend this place; shoal new writes a file to start from."),
        (
            "a.toml",
            b"[a",
            "at the end: is not TOML: expected ']' at the end of a table declaration."
            " Mend this place; shoal new writes a file to start from.",
        ),
        ("a.toml", b"a = 1\nb = '\xff'", "line 2: the byte 0xff at offset 11 is not UTF-8. "
         "Save the file as UTF-8."),
        ("a.toml", b"a = 1" + b"0" * 5000, "is not TOML: a number has thousands of digits."
         " Mend this place; shoal new writes a file to start from."),
        ("a.toml", b"a = " + b"[" * 50 + b"]" * 50, "is nested more than 32 levels deep."
         " Mend this place; shoal new writes a file to start from."),
        ("a.toml", b"a = " + b"[" * 9999, "is nested more than 32 levels deep."
         " Mend this place; shoal new writes a file to start from."),
        ("a.json", b'{"a": 1,\n "b": }', "line 2, column 7: is not JSON: expecting value."
         " Mend this place; shoal new writes a file to start from."),
        ("a.json", b"", "line 1, column 1: is not JSON: expecting value."
                        " Mend this place; shoal new writes a file to start from."),
        ("a.json", b"[1]", "must hold a table of keys."
                           " Mend this place; shoal new writes a file to start from."),
        ("a.json", b'{"a": NaN}', "is not JSON: the value NaN is not one that JSON knows."
                                  " Mend this place; shoal new writes a file to start from."),
        ("a.json", b'{"a": 1, "a": 2}', "is not JSON: the key 'a' is there twice."
                                        " Mend this place; shoal new writes a file to start from."),
        ("a.json", b"[" * 9999, "is nested more than 32 levels deep."
                                " Mend this place; shoal new writes a file to start from."),
        ("a.csv", b"a,b\n", "is a table of data, not an experiment. See: shoal train."),
        ("a.safetensors", b"", "is a trained model, not an experiment. See: shoal show."),
    ],
)  # fmt: skip
def test_text_that_is_no_document(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name) == reason


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "greater.toml").write_text("")
    assert refusal(tmp_path) == "is a folder. Name a file in it."
    assert (
        refusal(tmp_path / "no" / "a.toml") == "there is no such file."
        " Look at the spelling and the folder."
    )
    with pytest.raises(MissingFileError) as error:
        read_document(tmp_path / "grater.toml")
    wanted = f"there is no such file. Did you mean '{tmp_path / 'greater.toml'}'?"
    assert str(error.value) == f"{tmp_path / 'grater.toml'}: {wanted}"
    large = tmp_path / "large.toml"
    with large.open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    assert (
        refusal(large) == "is larger than 16 MiB, too large for an experiment."
        " Give a file in TOML or JSON; shoal new writes one."
    )
    assert (
        refusal(tmp_path / "a\0") == "cannot be read: embedded null byte."
        " Look at its rights: ls -l shows them."
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10_000", 10_000),
        ("0.2", 0.2),
        ("1e-3", 1e-3),
        ("true", True),
        ("True", "True"),
        ('"3"', "3"),
        ("sgd", "sgd"),
        ("my column", "my column"),
        ("", ""),
        ("points.csv", "points.csv"),
        ("2024-01-02", "2024-01-02"),
        ("[1, 2]", [1, 2]),
        ('["init", "order"]', ["init", "order"]),
        ("[init, order]", ["init", "order"]),
        ("[]", []),
        ('{ name = "adam" }', {"name": "adam"}),
        ("1\nother = 2", "1\nother = 2"),
        ("9" * 5000, "9" * 5000),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_values_of_changes(text: str, value: Any) -> None:
    assert read_value(text) == value


GREATER = {
    "data": {"task": "greater", "samples": 500, "label_noise": 0.1, "validation": 0.3},
    "training": {"optimizer": {"name": "sgd", "learning_rate": 0.5}},
    "network": {
        "layers": [{"units": 3, "activation": "leaky_relu", "alpha": 0.2}, {"units": 1}],
        "initializer": {"name": "uniform", "low": -1.0},
    },
    "population": {"size": 4, "vary": ["init"]},
}


@pytest.mark.parametrize(
    ("changes", "key", "wanted"),
    [
        (["seed=3"], "seed", 3),
        (["network.layers.0.units=8"], "network.layers.0.units", 8),
        # another task keeps what means the same there: label_noise, and validation where the
        # default is the same
        (["data.task=circle"], "data", {"task": "circle", "label_noise": 0.1, "validation": 0.3}),
        (["data.task=xor"], "data", {"task": "xor", "label_noise": 0.1}),
        (["data=xor"], "data", {"task": "xor", "label_noise": 0.1}),
        (["data.task=greater"], "data", GREATER["data"]),
        # what is asked for with the new task is kept, in any order
        (["data.batches=9", "data=xor"], "data", {"task": "xor", "label_noise": 0.1, "batches": 9}),
        (["data={task='or'}"], "data", {"task": "or"}),
        (
            ["data.file=a.csv", "data.target=my column"],
            "data",
            {"file": "a.csv", "target": "my column", "label_noise": 0.1, "validation": 0.3},
        ),
        # so do optimizers: the rate means the same for sgd and momentum
        (
            ["training.optimizer=momentum"],
            "training.optimizer",
            {"name": "momentum", "learning_rate": 0.5},
        ),
        (["training.optimizer=adam"], "training.optimizer", {"name": "adam"}),
        (["training.optimizer.name=adam"], "training.optimizer", {"name": "adam"}),
        (
            ["training.optimizer=sgd"],
            "training.optimizer",
            {"name": "sgd", "learning_rate": 0.5},
        ),
        (
            ["training.optimizer.learning_rate=0.1", "training.optimizer=adam"],
            "training.optimizer",
            {"name": "adam", "learning_rate": 0.1},
        ),
        (["training.loss=huber"], "training.loss", {"name": "huber"}),
        (
            ["training.loss.delta=2", "training.loss=huber"],
            "training.loss",
            {"name": "huber", "delta": 2},
        ),
        (["training.schedule=cosine"], "training.schedule", {"name": "cosine"}),
        (
            ["training.schedule=[linear_warmup, cosine]"],
            "training.schedule",
            ["linear_warmup", "cosine"],
        ),
        (
            ['training.stop=[{name="target", figure="train_loss", below=0.2}]'],
            "training.stop",
            [{"name": "target", "figure": "train_loss", "below": 0.2}],
        ),
        (
            ["training.stop=[plateau]", "training.regularization.l2=0.1"],
            "training",
            {
                "optimizer": {"name": "sgd", "learning_rate": 0.5},
                "stop": ["plateau"],
                "regularization": {"l2": 0.1},
            },
        ),
        (["training.class_weight.yes=2"], "training.class_weight", {"yes": 2}),
        # classes and columns have any names, those of tables and of choices too
        (["training.class_weight.loss=2"], "training.class_weight", {"loss": 2}),
        (["data.types.zip=category"], "data.types", {"zip": "category"}),
        (
            ["data.types.activation=category", "data.types.loss=number"],
            "data.types",
            {"activation": "category", "loss": "number"},
        ),
        (['data.types={"a.b"="number"}'], "data.types", {"a.b": "number"}),
        (["network.initializer=zeros"], "network.initializer", {"name": "zeros"}),
        (
            ["network.layers.1.initializer=zeros"],
            "network.layers.1.initializer",
            {"name": "zeros"},
        ),
        (
            ["network.layers.0.activation=tanh"],
            "network.layers.0",
            {"units": 3, "activation": "tanh"},
        ),
        (
            ["network.layers.0.activation=elu"],
            "network.layers.0",
            {"units": 3, "activation": "elu", "alpha": 0.2},
        ),
        (["population=64"], "population", {"size": 64, "vary": ["init"]}),
        (["population.size=64"], "population", {"size": 64, "vary": ["init"]}),
        (["population.vary=[init, order]"], "population.vary", ["init", "order"]),
        (["streams.data=5"], "streams", {"data": 5}),
        (["preprocess.scaling=standard"], "preprocess", {"scaling": "standard"}),
    ],
)
def test_changes(changes: list[str], key: str, wanted: Any) -> None:
    found: Any = override(GREATER, changes)
    for part in key.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    assert found == wanted


def test_a_schedule_by_name_takes_the_place_of_several() -> None:
    document = {"training": {"schedule": [{"name": "step"}, {"name": "cosine", "final": 0.1}]}}
    assert override(document, ["training.schedule=constant"]) == {
        "training": {"schedule": {"name": "constant"}}
    }
    found = override(document, ["training.schedule.1.final=0.3"])
    assert found["training"]["schedule"][1] == {"name": "cosine", "final": 0.3}


def test_another_optimizer_brings_its_own_precision() -> None:
    saved = Experiment.read({}).document()
    assert saved["training"]["dtype"] == "float32"
    made = Experiment.read(override(saved, ["training.optimizer=finite_difference"]))
    assert made.training.dtype == "float64"
    assert override(saved, ["training.optimizer=sgd"])["training"]["dtype"] == "float32"
    changes = ["training.dtype=float32", "training.optimizer=finite_difference"]
    assert Experiment.read(override(saved, changes)).training.dtype == "float32"
    chosen = {"training": {"dtype": "float64"}}
    assert override(chosen, ["training.optimizer=evolution"])["training"]["dtype"] == "float64"


def test_changes_write_out_what_a_bare_value_stands_for() -> None:
    document = {"data": "or", "training": {"optimizer": "sgd"}, "population": 3}
    changes = ["data.batches=5", "training.optimizer.learning_rate=0.2", "population.vary=order"]
    assert override(document, changes) == {
        "data": {"task": "or", "batches": 5},
        "training": {"optimizer": {"name": "sgd", "learning_rate": 0.2}},
        "population": {"size": 3, "vary": "order"},
    }


def test_changes_of_what_is_not_there_start_from_the_default() -> None:
    changes = ["training.optimizer.learning_rate=0.2", "data.samples=50"]
    made = Experiment.read(override({}, changes))
    assert made.training.optimizer.name == "adam"
    assert made.training.optimizer.learning_rate == 0.2
    assert made.document()["data"]["samples"] == 50


def test_layers_that_nobody_named_cannot_be_changed() -> None:
    with pytest.raises(InputError) as caught:
        override({}, ["network.layers.0.units=8"])
    assert str(caught.value) == (
        "'network.layers.0.units=8': the experiment names no layers to change. Give all of them: "
        "network.layers='[{units=8, activation=\"tanh\"}, {units=1}]'."
    )


def test_another_file_has_another_fingerprint() -> None:
    data = {"file": "a.csv", "target": "y", "fingerprint": "0" * 64, "missing": "drop"}
    assert override({"data": data}, ["data.file=b.csv"])["data"] == {
        "file": "b.csv",
        "target": "y",
        "missing": "drop",
    }


def test_the_document_given_stays_as_it_was() -> None:
    document = {"network": {"layers": [{"units": 1}]}}
    override(document, ["network.layers.0.units=2"])
    assert document == {"network": {"layers": [{"units": 1}]}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("epochs", "'epochs': is not a change. Write key=value, such as training.epochs=20."),
        ("=3", "'=3': is not a change. Write key=value, such as training.epochs=20."),
        ("a..b=3", "'a..b=3': is not a change. Write key=value, such as training.epochs=20."),
        (
            "seed.x=3",
            "'seed.x=3': 'seed' is not a table. Write key=value, such as training.epochs=20.",
        ),
        (
            "network.layers.2.units=3",
            "'network.layers.2.units=3': '2' is not an index from 0 to 1."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "network.layers.x=3",
            "'network.layers.x=3': 'x' is not an index from 0 to 1."
            " Write key=value, such as training.epochs=20.",
        ),
        (
            "population.vary.0=x",
            "'population.vary.0=x': '0' is not an index: the list is empty."
            " Write key=value, such as training.epochs=20.",
        ),
    ],
)
def test_changes_that_cannot_be(change: str, sentence: str) -> None:
    document = {"seed": 1, "network": {"layers": [{}, {}]}, "population": {"vary": []}}
    with pytest.raises(InputError) as error:
        override(document, [change])
    assert str(error.value) == sentence
