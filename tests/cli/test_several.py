"""Several targets and weights, from a table through training to predictions and figures."""

from __future__ import annotations

import gzip
import json
import struct
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal as package
from shoal.data.file_recipe import load_file
from shoal.experiments import Experiment
from shoal.experiments.prepare import prepare
from shoal.models import evaluate

FEW = ("population=3", "training.epochs=3", "-q")


@pytest.fixture
def table(folder: Path) -> str:
    """u, v, labels red (0, 1) and big (no, yes), numbers size and mass, weights w."""
    rng = np.random.default_rng(0)
    lines = ["u,v,red,big,size,mass,w"]
    for u, v in rng.normal(size=(80, 2)).tolist():
        big = "yes" if v > 0 else "no"
        numbers = f"{100 + u:.3f},{v / 9:.5f},{1 + v * v:.2f}"
        lines.append(f"{u:.3f},{v:.3f},{int(u > 0)},{big},{numbers}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return "t.csv"


def test_labels(shoal: Any, table: str, folder: Path) -> None:
    args = ("--target", "red, big", "--drop", "size,mass", "--weights", "w", *FEW)
    assert shoal("train", table, *args).exit_code == 0
    document = tomllib.loads((folder / "t.toml").read_text())
    assert document["data"]["target"] == ["red", "big"]
    assert document["data"]["kind"] == "multilabel"
    assert document["data"]["weights"] == "w"
    assert document["network"]["layers"][-1]["activation"] == "sigmoid"
    assert document["training"]["loss"] == "binary_crossentropy"
    assert shoal("run", "t.toml", "-q", "-o", "again.safetensors").exit_code == 0
    first, again = package.load("t.safetensors"), package.load("again.safetensors")
    assert first.parameters.flat.tobytes() == again.parameters.flat.tobytes()
    assert first.schema.feature_names == ("u", "v")

    head, *rows = shoal("predict", "t.safetensors", table).stdout.splitlines()
    assert head == (
        "u,v,red,big,size,mass,w,class_red,class_big,probability_red,probability_big,"
        "disagreement_red,disagreement_big,unlike"
    )
    assert len(rows) == 80
    said = first.predict([[0.126, -0.132]])[0].tolist()
    assert rows[0].split(",")[7:9] == said
    line = json.loads(shoal("predict", "t.safetensors", "u=0.126", "v=-0.132", "--json").stdout)
    assert [line["class_red"], line["class_big"]] == said
    assert isinstance(line["probability_red"], float)


def test_one_row_of_labels_is_a_table(shoal: Any, table: str) -> None:
    shoal("train", table, "-t", "red,big", "--features", "u,v", *FEW)
    lines = shoal("predict", "t.safetensors", "u=0.2", "v=-0.2").stdout.splitlines()
    assert [line.split() for line in lines[:3]] == [["u", "0.2"], ["v", "-0.2"], ["unlike", "no"]]
    assert lines[4].split() == ["class", "probability", "disagreement"]
    assert [line.split()[0] for line in lines[6:8]] == ["red", "big"]
    shoal("train", table, "-t", "size,mass", "--features", "u,v", *FEW, "-f")
    lines = shoal("predict", "t.safetensors", "u=0.2", "v=-0.2").stdout.splitlines()
    assert lines[4].split() == ["value", "disagreement"]


def test_the_figures_of_labels_are_printed(shoal: Any, table: str) -> None:
    shoal("train", table, "-t", "red,big", "--features", "u,v", "--weights", "w", *FEW)
    text = shoal("evaluate", "t.safetensors", table).stdout
    assert text.startswith("t.csv: 80 rows, weighted by 'w', 3 networks\n")
    for words in ("every label right", "labels wrong", "constant guess", "confusion of each label"):
        assert words in text
    found = json.loads(shoal("evaluate", "t.safetensors", table, "--json").stdout)
    assert [each["name"] for each in found["labels"]] == ["red", "big"]
    assert found["weighted"] is True
    everything = np.genfromtxt(table, delimiter=",", names=True)["w"].sum()
    assert np.sum(found["labels"][0]["confusion"]) == pytest.approx(everything)


def test_the_figures_of_numbers_are_printed(shoal: Any, table: str) -> None:
    shoal("train", table, "-t", "size,mass", "--features", "u,v", *FEW)
    lines = shoal("evaluate", "t.safetensors", table).stdout.splitlines()
    heads = [line.split() for line in lines if line.startswith(("size", "mass"))]
    assert heads == [["size", "95", "%", "interval"], ["mass", "95", "%", "interval"]]
    assert sum(line.startswith("mean absolute error") for line in lines) == 2


def test_a_column_that_the_table_lacks(refused: Callable[..., str], shoal: Any, table: str) -> None:
    shoal("train", table, "-t", "red,big", "--features", "u,v", "--weights", "w", *FEW)
    Path("less.csv").write_text("u,v,red,w\n1,2,0,1\n")
    assert refused("evaluate", "t.safetensors", "less.csv") == (
        "less.csv: there is no target 'big'; the columns are 'u', 'v', 'red', 'w'."
        " Look at the names in the first line of the table, or rename the column."
    )
    Path("less.csv").write_text("u,v,red,big\n1,2,0,no\n")
    assert refused("evaluate", "t.safetensors", "less.csv") == (
        "less.csv: there is no weights column 'w'; the columns are 'u', 'v', 'red', 'big'."
        " Look at the names in the first line of the table, or rename the column."
    )
    text = Path(table).read_text().splitlines()
    Path("nan.csv").write_text("\n".join([*text[:3], text[3].rpartition(",")[0] + ",NaN"]))
    assert refused("train", "nan.csv", "-t", "red", "--weights", "w") == (
        "nan.csv, line 4, column 'w': 'NaN' is a gap. "
        "Give --missing drop to leave out rows with gaps."
    )


@pytest.mark.parametrize("target", ["big", "red,big", "kind", "size"])
def test_evaluating_equals_the_run(shoal: Any, table: str, folder: Path, target: str) -> None:
    lines = (folder / table).read_text().splitlines()
    kinds = [",kind", *(f",{'abc'[k % 3]}" for k in range(80))]
    (folder / table).write_text("\n".join(a + b for a, b in zip(lines, kinds, strict=True)))
    args = ("-t", target, "--features", "u,v", "data.validation=0", "training.epochs=30")
    result = shoal("train", table, *args, "population=3", "--json")
    assert result.exit_code == 0
    networks = json.loads(result.stdout)["networks"]
    found = json.loads(shoal("evaluate", "t.safetensors", table, "--json").stdout)
    losses = [network["train_loss"] for network in networks]
    np.testing.assert_allclose(found["network_losses"], losses, rtol=1e-6)


def test_rows_for_the_core_have_weights(shoal: Any, table: str, folder: Path) -> None:
    shoal("train", table, "-t", "size", "--features", "u,v", "--weights", "w", *FEW)
    experiment = Experiment.load(folder / "t.toml")
    part = prepare(experiment).parts[0]
    assert part.dataset.weights is not None
    everything = load_file(experiment.data, folder).weights  # type: ignore[arg-type]
    assert part.dataset.weights.tolist() == everything.tolist()  # type: ignore[union-attr]
    model = package.load("t.safetensors")
    rows = part.split.validation
    x, y = part.dataset.x[rows], part.dataset.y[rows]
    weights = part.dataset.weights[rows]
    error = (model.predict(x) - y[:, 0]) ** 2
    found = evaluate(model, x, y, weights=weights)
    assert found.loss == pytest.approx((weights * error).sum() / weights.sum(), rel=1e-12)


def idx(array: np.ndarray) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def test_images_are_trained_on(shoal: Any, refused: Callable[..., str], folder: Path) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 90)
    images = rng.integers(0, 60, (90, 4, 4))
    images[np.arange(90), label] += 150  # the row that is bright is the class
    (folder / "x.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "y").write_bytes(idx(label))
    (folder / "im.toml").write_text(
        'data = { images = "x.gz", labels = "y", validation_images = "x.gz", '
        'validation_labels = "y" }\n'
        "[preprocess]\nscaling = 'standard'\n"
        "[network]\nlayers = [{ units = 3, activation = 'softmax' }]\n"
        "[training]\noptimizer = { name = 'adam', learning_rate = 0.05 }\nepochs = 30\n"
        "[population]\nsize = 2\n"
    )
    result = shoal("run", "im.toml", "--json", "-o", "im.safetensors", "-q")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["summary"]["validation_accuracy"]["median"] == 1.0
    assert document["summary"]["train_loss"] == document["summary"]["validation_loss"]
    assert len(document["experiment"]["data"]["fingerprint"]) == 64
    model = package.load("im.safetensors")
    assert model.predict(images.reshape(90, -1)).tolist() == [str(k) for k in label]
    (folder / "y").write_bytes(idx(label)[:-1])
    assert refused("run", "im.toml") == (
        "y: is damaged: it is cut off, its header promises 90 bytes of values; got 89. "
        "Is the file damaged or not downloaded whole?"
    )
    assert refused("run", "im.toml", "data.images=none.gz").startswith(
        "none.gz: there is no such file."
    )


def test_a_model_of_images_names_no_folder(shoal: Any, folder: Path) -> None:
    (folder / "deep").mkdir()
    rng = np.random.default_rng(0)
    (folder / "deep" / "x").write_bytes(idx(rng.integers(0, 9, (20, 2, 2))))
    (folder / "deep" / "y").write_bytes(idx(np.arange(20) % 2))
    changes = ("data.images=deep/x", "data.labels=deep/y")
    network = "[network]\nlayers = [{ units = 1, activation = 'sigmoid' }]\n"
    (folder / "im.toml").write_text(f"[data]\nimages = 'a'\nlabels = 'b'\n{network}")
    result = shoal("run", "im.toml", *changes, *FEW, "-o", "im.safetensors")
    assert result.exit_code == 0
    data = package.load("im.safetensors").experiment["data"]
    assert (data["images"], data["labels"]) == ("x", "y")
