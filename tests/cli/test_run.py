"""Tests of ``shoal run``: what is printed, what is written, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import shoal as package

EXAMPLES = Path(__file__).parents[2] / "examples"
KEYS = {
    "experiment", "networks", "summary", "diverged", "warnings", "truth", "seconds", "digest",
    "arithmetic", "version",
}  # fmt: skip
NETWORK_KEYS = {
    "index", "seed", "steps", "epochs", "evaluations", "train_loss", "train_accuracy",
    "validation_loss",
    "validation_accuracy", "stopped_because",
}  # fmt: skip


def strict_json(text: str) -> Any:
    """Read one JSON document; NaN and a second document are errors."""

    def no(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=no)


def test_the_table_stands_beside_what_is_attainable(shoal: Any, or_file: str) -> None:
    result = shoal("run", or_file, "population=2", "training.epochs=20")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "or: 2 networks 2-8-1, 20 epochs, sgd 0.01"
    assert lines[2].split() == ["median", "5", "%", "95", "%", "best", "(network", "0)"]
    assert [line[:20].strip() for line in lines[4:11]] == [
        "validation accuracy",
        "training accuracy",
        "validation loss",
        "training loss",
        "attainable accuracy",
        "constant guess",
        "linear model",
    ]
    assert lines[4].split()[2:] == ["1.0000"] * 4
    assert lines[8].split()[2:] == ["1.0000"]
    assert lines[9].split()[2:] == ["0.7500"]
    assert lines[10].split()[2:] == ["1.0000"]  # a line tells one corner from three
    assert lines[12].startswith("40,000 steps in ")
    assert lines[12].endswith(" steps per second")
    assert "\x1b" not in result.stdout


def test_json_is_one_document_with_the_keys_of_the_issue(shoal: Any, or_file: str) -> None:
    result = shoal("run", or_file, "population=3", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = strict_json(result.stdout)
    assert document.keys() >= KEYS
    assert [network["index"] for network in document["networks"]] == [0, 1, 2]
    for network in document["networks"]:
        assert network.keys() == NETWORK_KEYS
        assert network["steps"] == 3000
        assert network["epochs"] == 3
        assert network["stopped_because"] == "epochs"
    assert document["summary"]["validation_accuracy"].keys() == {
        "median",
        "p05",
        "p95",
        "n_counted",
    }
    assert document["truth"]["attainable_accuracy"] == 1.0
    assert document["experiment"]["population"]["size"] == 3
    assert len(document["digest"]) == 64
    assert document["diverged"] == document["warnings"] == []
    assert document["version"] == package.__version__


def test_json_keeps_warnings_off_standard_output(shoal: Any) -> None:
    result = shoal(
        "run", str(EXAMPLES / "greater_shifted.toml"), "population=1", "training.epochs=1", "--json"
    )
    document = strict_json(result.stdout)
    (warning,) = document["warnings"]
    assert result.stderr == f"warning: {warning}\n"
    assert warning.endswith('Set preprocess.scaling = "standard".')


def test_networks_that_diverge_are_named_and_null_in_json(shoal: Any, or_file: str) -> None:
    lost = ("training.optimizer.learning_rate=1e38", "training.reduction=sum", "data.multiply=1e6")
    printed = shoal("run", or_file, "population=2", *lost)
    assert printed.exit_code == 1
    lines = [line for line in printed.stdout.splitlines() if "diverged" in line]
    assert lines[0].startswith("network 0 (seed 2652359465318999) diverged at step ")
    assert lines[-1] == "every network diverged. Try a smaller training.optimizer.learning_rate."
    assert "median" not in printed.stdout
    result = shoal("run", or_file, "population=2", *lost, "--json", "--quiet")
    assert result.exit_code == 1
    document = strict_json(result.stdout)
    assert document["summary"] == {}
    assert [lost["index"] for lost in document["diverged"]] == [0, 1]
    for network in document["networks"]:
        assert network["stopped_because"] == "diverged"
        assert network["train_loss"] is network["validation_accuracy"] is None


def test_quiet_prints_nothing(shoal: Any, or_file: str) -> None:
    result = shoal("run", or_file, "population=1", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_model_and_result_are_written(shoal: Any, or_file: str, folder: Path) -> None:
    args = ("run", or_file, "population=2", "-o", "m.safetensors", "-o", "r.json")
    result = shoal(*args)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2:] == ["wrote m.safetensors", "wrote r.json"]
    assert len(package.load("m.safetensors")) == 2
    document = strict_json((folder / "r.json").read_text())
    again = strict_json(shoal("run", or_file, "population=2", "--json").stdout)
    assert document["digest"] == again["digest"]
    assert shoal(*args).exit_code == 2
    assert shoal(*args, "--force").exit_code == 0


def test_seed_and_threads(shoal: Any, or_file: str) -> None:
    def digest(*args: str) -> str:
        text = shoal("run", or_file, "population=2", "--json", *args).stdout
        return str(strict_json(text)["digest"])

    assert digest("--threads", "1") == digest("--threads", "2") == digest("--seed", "0")
    assert digest("--seed", "1") == digest("seed=1") == digest("seed=2", "--seed", "1")
    assert digest("--seed", "1") != digest()


def test_changes_of_a_run(shoal: Any, or_file: str) -> None:
    changes = ("data.task=xor", "population=2", "training.optimizer=adam", "training.epochs=1",
               "network.layers.0.units=5", "data.batches=1_00")  # fmt: skip
    document = strict_json(shoal("run", or_file, *changes, "--json").stdout)["experiment"]
    assert document["data"]["task"] == "xor"
    assert document["data"]["batches"] == 100
    assert document["population"] == {"size": 2, "vary": ["init", "order", "dropout", "search"]}
    assert document["training"]["optimizer"]["name"] == "adam"
    assert document["training"]["optimizer"]["learning_rate"] == 0.001
    assert document["network"]["layers"][0]["units"] == 5


EXPERIMENTS = [
    path for path in sorted(EXAMPLES.glob("*.toml")) if "[sweep" not in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_example_runs(shoal: Any, path: Path) -> None:
    result = shoal("run", str(path), "training.epochs=2", "--json")
    assert result.exit_code == 0
    document = strict_json(result.stdout)
    assert {network["epochs"] for network in document["networks"]} == {2}
    assert document["diverged"] == []
    assert f"shoal run examples/{path.name}" in path.read_text()


def test_an_experiment_finds_its_data_from_anywhere(shoal: Any, folder: Path) -> None:
    shutil.copytree(EXAMPLES, folder / "elsewhere")
    result = shoal("run", "elsewhere/wine.toml", "training.epochs=1", "population=1")
    assert result.exit_code == 0
    assert result.stderr == "note: target 'cultivar' read as classes, because it holds text\n"
    assert result.stdout.splitlines()[0] == "data/wine.csv: 1 network 13-16-3, 1 epoch, adam 0.01"


def test_all_problems_of_a_document_at_once(refused: Callable[..., str], or_file: str) -> None:
    assert refused(
        "run", or_file, "training.epochs=0", "network.layers.1.units=-1", "traning.epochs=3",
        "network.layers.0.activation=rellu", "training.batch_size=half",
    ) == (
        "or.toml, network.layers[0].activation: unknown activation 'rellu'. "
        "Did you mean 'relu'?\n"
        "or.toml, network.layers[1].units: must be a whole number from 1 to 65,536; got -1. "
        "Give a value within the bounds.\n"
        'or.toml, training.batch_size: must be a whole number of 1 or more, or "full"; '
        "got 'half'. Give a value of that kind.\n"
        "or.toml, training.epochs: must be a whole number of 1 or more; got 0. "
        "Give a value within the bounds.\n"
        "or.toml, traning: unknown key. Did you mean 'training'?"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["run", "what.toml.not"],
            "what.toml.not: there is no such file. Look at the spelling and the folder.",
        ),
        (["run", "orr.toml"], "orr.toml: there is no such file. Did you mean 'or.toml'?"),
        (["run", "."], ".: is a folder. Name a file in it."),
        (
            ["run", "or.toml", "epochs"],
            "'epochs': is not a change. Write key=value, such as training.epochs=20.",
        ),
        (
            ["run", "or.toml", "-o", "x.txt"],
            "x.txt: must end in .safetensors (the model), .json (the result) or .html (a report)."
            " Give the file one of these endings.",
        ),
        (
            ["run", "or.toml", "-o", "no/x.json"],
            "no/x.json: the folder 'no' does not exist. Make the folder first, or name another.",
        ),
        (
            ["run", "or.toml", "-o", "there.json"],
            "there.json: exists already. Give --force to replace it.",
        ),
        (
            ["run", "or.toml", "-o", "x.json", "-o", "x.json"],
            "x.json: is named twice as an output. Name it once.",
        ),
        (
            ["run", "or.toml", "network.layers.1.activation=softmax"],
            'or.toml, training.loss: binary_crossentropy needs "sigmoid" in the last layer; '
            'got "softmax". Use "sigmoid" there, or the loss "categorical_crossentropy".',
        ),
        (
            ["run", "or.toml", "network.layers.1.units=3"],
            "or.toml, network.layers[1].units: must be 1 (or 2 with softmax) for the 2 classes "
            "of 'label'; got 3."
            " Make the two agree.",
        ),
        (
            ["run", "or.toml", "training.epochs=1000000000"],
            "or.toml, training.report_every: 1,000,000,000 reports of 16 networks are more than "
            '134,217,728. Give a larger number of steps, or "end".',
        ),
        (
            ["run", "or.toml", f"training.epochs=1{'0' * 18}"],
            "or.toml, training.epochs: more than 2^53 steps. Ask for fewer.",
        ),
        (
            ["run", "or.toml", "population=1000000", "network.layers.0.units=6000"],
            "or.toml, population.size: 1,000,000 networks of 24,001 parameters, 1 numbers each, "
            "are more than 1,073,741,824 numbers. Ask for fewer.",
        ),
        (
            ["run", "or.toml", "data.file=no.csv", "data.target=y"],
            "no.csv: there is no such file. Look at the spelling and the folder.",
        ),
        (
            ["run", "model.safetensors"],
            "model.safetensors: is a trained model, not an experiment. See: shoal show.",
        ),
        (
            ["run", "table.csv"],
            "table.csv: is a table of data, not an experiment. See: shoal train.",
        ),
    ],
)
def test_what_is_refused(
    refused: Callable[..., str], or_file: str, folder: Path, args: list[str], sentence: str
) -> None:
    (folder / "there.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"anything")
    (folder / "table.csv").write_text("a,b\n1,2\n")
    assert refused(*args) == sentence


def test_a_disk_that_is_full_leaves_nothing(
    refused: Callable[..., str], or_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shoal.files.os.fsync", full)
    sentence = refused("run", or_file, "-q", "-o", "x.json")
    assert (
        sentence == "x.json: cannot be written: No space left on device."
        " Make room, or name a file elsewhere."
    )


def test_a_folder_that_may_not_be_written_to_is_told_before_training(
    refused: Callable[..., str], or_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*args: object, **settings: object) -> None:
        raise AssertionError("trained")

    # root may write anywhere, so the answer of the system is put in its place
    monkeypatch.setattr("shoal.files.os.access", lambda path, mode: not mode & os.W_OK)
    monkeypatch.setattr("shoal.cli.run.carry_out", train)
    sentence = refused("run", or_file, "-o", "x.json")
    assert (
        sentence == "x.json: the folder '.' may not be written to."
        " Make room, or name a file elsewhere."
    )
