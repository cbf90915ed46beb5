"""The experiment as a document: everything of `[training]` there and back, and user code."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import InputError
from shoal.experiments import Experiment
from shoal.network import Huber
from shoal.training import Divergence, Plateau, Predicate, Regularization, Target, Training

SETTINGS = Training(
    "evolution",
    loss=Huber(0.5),
    schedule=["linear_warmup", "cosine"],
    regularization=Regularization(l1=[0.1, 0.2], dropout=0.5),
    clip_norm=2.0,
    class_weight={"0": 1.5},
    stop=[
        Plateau(patience=3),
        Target("train_accuracy", above=0.9, keep="before"),
        Divergence(above=10.0),
        Predicate("own_stop:enough"),
    ],
    restore_best="validation_accuracy",
)


def test_toml_and_json_bring_the_settings_back(tmp_path: Path) -> None:
    made = Experiment(training=SETTINGS)
    document = made.document()
    assert document["training"]["dtype"] == "float64"
    assert document["training"]["loss"] == {"name": "huber", "delta": 0.5}
    assert document["training"]["stop"][3] == {
        "name": "python",
        "function": {"code": "own_stop:enough"},
    }
    assert Experiment.read(tomllib.loads(made.to_toml())) == made
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert Experiment.load(tmp_path / "a.json") == made


def test_names_stand_for_records() -> None:
    made = Experiment.read(
        tomllib.loads(
            '[training]\nloss = "hinge"\nschedule = "cosine"\nstop = ["plateau"]\n'
            "regularization.l2 = 0.1\n"
        )
    )
    assert made.training == Training(
        loss="hinge", schedule="cosine", stop=Plateau(), regularization=Regularization(l2=0.1)
    )
    assert made.document()["training"]["loss"] == "hinge"


def test_a_lambda_is_not_written_to_a_file() -> None:
    def stop(previous: Any, current: Any) -> bool:
        return False

    made = Experiment(training=Training(stop=[Plateau(), Predicate(stop)]))
    assert made.with_functions(allow_python=False) == made
    assert made.document()["training"]["stop"][1]["name"] == "python"
    with pytest.raises(InputError) as error:
        made.to_toml()
    code = made.training.stop[1].function.code
    assert str(error.value) == (
        f"training.stop[1].function: '{code}' cannot be written into a file: only a function "
        "that is defined with def at the top of a module can be found again. Move it into a "
        "module of its own and import it from there."
    )


def test_code_beside_the_experiment_is_found_if_it_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "own_stop.py").write_text("def enough(previous, current):\n    return True\n")
    (tmp_path / "a.toml").write_text(
        '[training]\nstop = [{ name = "python", function = "own_stop:enough" }]\n'
    )
    made = Experiment.load(tmp_path / "a.toml")
    try:
        assert "own_stop" not in sys.modules
        with pytest.raises(InputError) as error:
            made.run()
        assert str(error.value) == (
            "training.stop[0].function: the experiment names Python code 'own_stop:enough', which "
            "is only run if you allow it. Look at it, then give --allow-python (in Python: "
            "allow_python=True)."
        )
        ready = made.with_functions(allow_python=True)
        assert ready.training.stop[0].function.function({}, {}) is True
        assert (ready.folder, ready.source) == (made.folder, made.source)
        saved = Experiment.read(tomllib.loads(ready.to_toml()), folder=tmp_path)
        assert saved == ready
        assert len(saved.training.stop[0].function.sha256 or "") == 64
    finally:
        sys.modules.pop("own_stop", None)
