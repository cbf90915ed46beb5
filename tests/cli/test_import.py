"""Tests of ``shoal import``: what it prints, what it writes, and what it leaves alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import shoal as library

NODES = {"nodes": [2, 1], "weights": [[[1.0], [2.0]]], "func": "logistic"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a network as JSON and one as a state dict."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.json").write_text(json.dumps(NODES))
    save_file(
        {"0.weight": np.ones((4, 3), np.float32), "0.bias": np.zeros(4, np.float32),
         "2.weight": np.ones((2, 4), np.float32)},
        tmp_path / "net.safetensors",
    )  # fmt: skip
    return tmp_path


def test_what_it_says_and_writes(shoal: Any, place: Path) -> None:
    result = shoal("import", "net.json", "-o", "m.safetensors", "--features", 'a,"b, c"',
                   "--classes", "no,yes", "--target", "answer")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "layer   shape   parameters   activation",
        "───────────────────────────────────────",
        "1       2 x 1            2   sigmoid",
        "",
        "features   a, b, c",
        "predicts   answer",
        "classes    no, yes",
        "scaling    none",
        "precision  float64",
        "wrote      m.safetensors",
    ]
    model = library.load(place / "m.safetensors")
    assert model.schema.feature_names == ("a", "b, c")
    # 1 / (1 + exp(-(1 * 0.5 + 2 * 0.25)))
    assert abs(model.predict_proba([[0.5, 0.25]])[0, 1] - 1 / (1 + np.exp(-1.0))) < 1e-15
    used = shoal("predict", "m.safetensors", "a=0.5", "b, c=0.25")
    assert used.exit_code == 0
    assert "yes" in used.stdout


def test_as_json(shoal: Any, place: Path) -> None:
    result = shoal("import", "net.safetensors", "-o", "m.safetensors", "--activations",
                   "leaky_relu:0.2,identity", "--target", "u,v", "--json")  # fmt: skip
    written = (place / "m.safetensors").read_bytes()
    digest = hashlib.sha256(written).hexdigest()
    assert json.loads(result.stdout) == {
        "model": "m.safetensors",
        "files": [{"path": "m.safetensors", "bytes": len(written), "sha256": digest}],
        "layers": [
            {"shape": [3, 4], "parameters": 16, "activation": "leaky_relu"},
            {"shape": [4, 2], "parameters": 8, "activation": "identity"},
        ],
        "features": ["x0", "x1", "x2"],
        "targets": ["u", "v"],
        "kind": "regression",
        "classes": [],
        "label_classes": [],
        "precision": "float32",
        "notes": ["layers: 0 - 2"],
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("net.safetensors", "-o", "net.safetensors", "-f"),
         "net.safetensors: is the file that is imported. Name another."),
        (("net.json", "-o", "m.txt"), "m.txt: must end in .safetensors (the model)."
                                      " Give the file one of these endings."),
        (("none.json", "-o", "m.safetensors"),
         "none.json: there is no such file. Did you mean 'net.json'?"),
        (("net.json", "-o", "m.safetensors", "--features", "a"),
         "import_model: `features` must have a name for each of 2 inputs; got 1."
         " Give as many as that."),
        (("m.pt", "-o", "m.safetensors"),
         "m.pt: may hold Python code that runs when it is read, and is not opened. Save its "
         "weights: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors')."),
        (("net.json", "-o", "no/m.safetensors"),
         "no/m.safetensors: the folder 'no' does not exist."
         " Make the folder first, or name another."),
    ],
    ids=["itself", "suffix", "missing", "features", "pickle", "folder"],
)  # fmt: skip
def test_wrong_input(shoal: Any, place: Path, arguments: tuple[str, ...], told: str) -> None:
    before = sorted(path.name for path in place.iterdir())
    result = shoal("import", *arguments)
    assert (result.exit_code, result.stderr.partition("]: ")[2]) == (2, f"{told}\n")
    assert sorted(path.name for path in place.iterdir()) == before


def test_a_model_that_is_there_stays(shoal: Any, place: Path) -> None:
    (place / "m.safetensors").write_text("mine")
    result = shoal("import", "net.json", "-o", "m.safetensors")
    assert result.exit_code == 2
    assert result.stderr == (
        "shoal [O102]: m.safetensors: exists already. Give --force to replace it.\n"
    )
    assert (place / "m.safetensors").read_text() == "mine"
    assert shoal("import", "net.json", "-o", "m.safetensors", "-f", "-q").stdout == ""
    assert library.load(place / "m.safetensors").schema.target == "target"


def test_kind_and_logits(shoal: Any, place: Path) -> None:
    wrong = shoal("import", "net.json", "-o", "m.safetensors", "--kind", "guess")
    assert wrong.exit_code == 2
    assert "must be classification or multilabel or regression; got guess." in wrong.stderr
    activations = ("--activations", "relu,linear")
    asked = shoal("import", "net.safetensors", "-o", "m.safetensors", *activations,
                  "--classes", "a,b")  # fmt: skip
    assert asked.exit_code == 2
    assert "ends in a linear layer, so its outputs may be logits." in asked.stderr
    done = shoal("import", "net.safetensors", "-o", "m.safetensors", *activations, "--logits")
    assert done.exit_code == 0
    assert library.load(place / "m.safetensors").network.layers[-1].activation == "softmax"
