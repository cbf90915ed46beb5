"""Tests of what is said about a wrong document: every problem, its key path, plain words."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from shoal.errors import ExperimentError
from shoal.experiments import Experiment

ONE = [{"units": 1, "activation": "sigmoid"}]


def problems(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ExperimentError) as error:
        Experiment.read(document, source="a.toml")
    return {problem.path: problem.message for problem in error.value.problems}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"sed": 1}, "sed", "unknown key. Did you mean 'seed'?"),
        (
            {"sweep": {"seed": [1, 2]}},
            "sweep",
            "is for what takes many experiments: shoal sweep, search, plot and report."
            " Give what the message names.",
        ),
        (
            {"zzz": 1},
            "zzz",
            "unknown key. Known keys: data, network, population, preprocess, seed, streams, "
            "training.",
        ),
        ({"epochs": 3}, "epochs", "unknown key. Did you mean 'training.epochs'?"),
        ({"size": 3}, "size", "unknown key. Did you mean 'population.size'?"),
        ({"learning_rate": 0.1}, "learning_rate",
         "unknown key. Did you mean 'training.optimizer.learning_rate'?"),
        ({"training": {"learning_rate": 0.1}}, "training.learning_rate",
         "unknown key. Did you mean 'training.optimizer.learning_rate'?"),
        ({"training": {"optimiser": "sgd"}}, "training.optimiser",
         "unknown key. Did you mean 'optimizer'?"),
        ({"training": {"optimizer": {"name": "sgd", "beta_1": 0.5}}}, "training.optimizer.beta_1",
         "unknown key. Known keys: learning_rate, name."),
        ({"network": {"layers": [{"units": 1, "unit": 1}]}}, "network.layers[0].unit",
         "unknown key. Did you mean 'units'?"),
        ({"data": {"sample": 1}}, "data.sample", "unknown key. Did you mean 'samples'?"),
        ({"data": {"file": "a.csv", "target": "y", "samples": 1}}, "data.samples",
         "unknown key. Known keys: add, decimal, derived, drop, dummies, encoding, features, file, "
         "fingerprint, kind, label_noise, missing, multiply, separator, target, test, types, "
         "validation, weights."),
        ({"data": {"file": "a.csv"}}, "data.target", "is missing. Add it to the experiment."),
        ({"seed": -1}, "seed", "must be a whole number from 0 to 9,007,199,254,740,991; got -1."
                               " Give a value within the bounds."),
        ({"seed": "1"}, "seed",
         "must be a whole number from 0 to 9,007,199,254,740,991; got '1'."
         " Give a value of that kind."),
        ({"seed": True}, "seed",
         "must be a whole number from 0 to 9,007,199,254,740,991; got true."
         " Give a value of that kind."),
        ({"training": {"epochs": 0}}, "training.epochs",
         "must be a whole number of 1 or more; got 0. Give a value within the bounds."),
        ({"training": {"epochs": 1.5}}, "training.epochs",
         "must be a whole number of 1 or more; got 1.5. Give a value of that kind."),
        ({"training": {"batch_size": "half"}}, "training.batch_size",
         'must be a whole number of 1 or more, or "full"; got \'half\'.'
         " Give a value of that kind."),
        ({"training": {"report_every": []}}, "training.report_every",
         'must be a whole number of 1 or more, or "epoch" or "end"; got a list of 0.'
         " Give a value of that kind."),
        ({"training": {"optimizer": {"name": "sgd", "learning_rate": 0}}},
         "training.optimizer.learning_rate", "must be a number greater than 0; got 0."
                                             " Give a value within the bounds."),
        ({"training": {"optimizer": {"name": "sgd", "learning_rate": float("inf")}}},
         "training.optimizer.learning_rate",
         "must be a finite number greater than 0; got inf. Give a value within the bounds."),
        ({"training": {"optimizer": {"name": "momentum", "momentum": 1}}},
         "training.optimizer.momentum", "must be a number from 0 to below 1; got 1."
                                        " Give a value within the bounds."),
        ({"training": {"loss": "hubr"}}, "training.loss",
         "unknown loss 'hubr'. Did you mean 'huber'?"),
        ({"training": {"loss": {"name": "huber", "delta": -1}}}, "training.loss.delta",
         "must be a number greater than 0; got -1. Give a value within the bounds."),
        ({"training": {"loss": {"name": "hinge", "delta": 1}}}, "training.loss.delta",
         "unknown key. Known keys: name."),
        ({"training": {"loss": 3}}, "training.loss",
         "loss must be a name or a table with a name; got 3. Give a value of that kind."),
        ({"training": {"regularization": {"dropuot": 1}}}, "training.regularization.dropuot",
         "unknown key. Did you mean 'dropout'?"),
        ({"training": {"regularization": {"l1": "much"}}}, "training.regularization.l1",
         "must be a number of 0 or more, or a list; got 'much'. Give a value of that kind."),
        ({"training": {"regularization": {"l2": [0.1, -0.1]}}}, "training.regularization.l2[1]",
         "must be a number of 0 or more; got -0.1. Give a value within the bounds."),
        ({"training": {"regularization": {"dropout": 1}}}, "training.regularization.dropout",
         "must be a number from 0 to below 1, or a list; got 1."
         " Give a value within the bounds."),
        ({"training": {"regularization": 3}}, "training.regularization",
         "must be a table; got 3. Give a value of that kind."),
        ({"training": {"class_weight": "even"}}, "training.class_weight",
         "must be \"balanced\", or a table from class to weight; got 'even'. "
         "Give a value of that kind."),
        ({"training": {"class_weight": {"yes": 0}}}, "training.class_weight.yes",
         "must be a number greater than 0; got 0. Give a value within the bounds."),
        ({"training": {"clip_norm": 0}}, "training.clip_norm",
         "must be a number greater than 0; got 0. Give a value within the bounds."),
        ({"training": {"stop": 3}}, "training.stop",
         "stop rule must be a name or a table with a name; got 3. Give a value of that kind."),
        ({"training": {"stop": [{"name": "plato"}]}}, "training.stop[0]",
         "unknown stop rule 'plato'. Did you mean 'plateau'?"),
        ({"training": {"stop": [{"name": "plateau", "patient": 3}]}}, "training.stop[0].patient",
         "unknown key. Did you mean 'patience'?"),
        ({"training": {"stop": [{"name": "steps"}]}}, "training.stop[0].limit", "is missing."
         " Add it to the experiment."),
        ({"training": {"stop": [{"name": "steps", "limit": 0.5}]}}, "training.stop[0].limit",
         "must be a whole number from 1 to 9,007,199,254,740,992; got 0.5."
         " Give a value of that kind."),
        ({"training": {"stop": [{"name": "target", "figure": "acuracy", "above": 1}]}},
         "training.stop[0].figure",
         "unknown figure 'acuracy'. Did you mean 'train_accuracy'?"),
        ({"training": {"stop": [{"name": "target", "figure": "train_loss"}]}},
         "training.stop[0]", "target needs either above or below; got neither."
                             " Give one of the two."),
        ({"training": {"stop": [{"name": "target", "figure": "train_loss", "above": 1,
                                 "below": 2}]}},
         "training.stop[0]", "target needs either above or below; got both."
                             " Leave one of the two out."),
        ({"training": {"stop": [{"name": "python", "function": "enough"}]}},
         "training.stop[0].function",
         "must be a Python function by name, \"module:name\"; got 'enough'. "
         "Give a value of that kind."),
        ({"training": {"stop": [{"name": "python", "function": {"code": "a:b", "sha256": "0"}}]}},
         "training.stop[0].function.sha256", "must be text like ^[0-9a-f]{64}$; got '0'."
                                             " Give a value within the bounds."),
        ({"training": {"schedule": "cosin"}}, "training.schedule",
         "unknown schedule 'cosin'. Did you mean 'cosine'?"),
        ({"training": {"schedule": ["step", {"name": "cosine", "final": 2}]}},
         "training.schedule[1].final", "must be a number from 0 to 1; got 2."
                                       " Give a value within the bounds."),
        ({"training": {"restore_best": "val_loss"}}, "training.restore_best",
         "unknown figure 'val_loss'. Did you mean 'validation_loss'?"),
        ({"population": {"vary": ["drop"]}}, "population.vary",
         "unknown stream 'drop'. Did you mean 'dropout'?"),
        ({"streams": {"serch": 1}}, "streams.serch", "unknown key. Did you mean 'search'?"),
        ({"training": {"dtype": "float16"}}, "training.dtype",
         'must be "float32" or "float64"; got \'float16\'.'
         " Choose one of the names that are known: shoal schema lists them."),
        ({"preprocess": {"scaling": "log"}}, "preprocess.scaling",
         'must be one of "none", "standard" or "minmax"; got \'log\'.'
          " Choose one of the names that are known: shoal schema lists them."),
        ({"network": {"layers": 3}}, "network.layers", "must be a list of 1 to 64 entries; got 3."
                                                       " Give a value of that kind."),
        ({"network": {"layers": [3]}}, "network.layers[0]", "must be a table; got 3."
                                                            " Give a value of that kind."),
        ({"network": 3}, "network", "must be a table; got 3. Give a value of that kind."),
        ({"population": "many"}, "population",
         "must be a whole number from 1 to 1,000,000, or a table; got 'many'."
         " Give a value of that kind."),
        ({"population": 0}, "population.size",
         "must be a whole number from 1 to 1,000,000; got 0. Give a value within the bounds."),
        ({"data": {"label_noise": 2}}, "data.label_noise", "must be a number from 0 to 1; got 2."
                                                           " Give a value within the bounds."),
        ({"data": {"task": "or", "stream": "perhaps"}}, "data.stream",
         "must be true or false; got 'perhaps'. Give a value of that kind."),
        ({"data": {"file": "", "target": "y"}}, "data.file",
         "must be text that is not empty; got ''. Give a value within the bounds."),
        ({"data": {"file": "a.csv", "target": datetime.date(2024, 1, 2)}}, "data.target",
         "must be text that is not empty, or a list with 1 or more entries; got 2024-01-02."
         " Give a value of that kind."),
        ({"data": {"file": "a.csv", "target": "y", "fingerprint": "f"}}, "data.fingerprint",
         "must be text like ^[0-9a-f]{64}$; got 'f'. Give a value within the bounds."),
        ({"data": {"task": "rings"}}, "data",
         "unknown task 'rings'. Known names: or, and, nand, xor, majority, greater, points, "
         "circle, gaussians, moons, spiral, digits."),
        ({"data": {"task": "or", "file": "a.csv"}}, "data",
         "names both a task and a file. Leave one of the two out."),
        ({"training": {"optimizer": "sdg"}}, "training.optimizer",
         "unknown optimizer 'sdg'. Did you mean 'sgd'?"),
        ({"training": {"epochs": "x" * 10**6}}, "training.epochs",
         "must be a whole number of 1 or more; got '" + "x" * 58 + "…. Give a value of that kind."),
        ({"training": {"epochs": -(16**5000)}}, "training.epochs",
         "must be a whole number of 1 or more; got a number of thousands of digits."
         " Give a value within the bounds."),
    ],
)  # fmt: skip
def test_one_problem(document: dict[str, Any], path: str, message: str) -> None:
    assert problems(document) == {path: message}


def test_all_problems_at_once_with_their_places() -> None:
    found = problems(
        {
            "seed": -1,
            "data": {"task": "xor", "batches": 0, "sample": 3},
            "network": {"layers": [{"units": 0}, {"units": 1, "activation": "sigmod"}]},
            "training": {"epochs": 0, "batch_size": 0, "optimizer": {"name": "adam", "beta_1": 1}},
            "population": {"size": 0, "vary": ["inits"]},
        }
    )
    assert list(found) == [
        "seed",
        "data.batches",
        "data.sample",
        "network.layers[0].units",
        "network.layers[1].activation",
        "training.optimizer.beta_1",
        "training.batch_size",
        "training.epochs",
        "population.size",
        "population.vary",
    ]


def test_the_error_reads_as_lines_with_file_and_key() -> None:
    with pytest.raises(ExperimentError) as error:
        Experiment.read({"seed": -1, "sed": 1}, source="a.toml")
    assert str(error.value) == (
        "a.toml, seed: must be a whole number from 0 to 9,007,199,254,740,991; got -1. "
        "Give a value within the bounds.\n"
        "a.toml, sed: unknown key. Did you mean 'seed'?"
    )


def test_so_many_problems_are_counted() -> None:
    with pytest.raises(ExperimentError) as error:
        Experiment.read({f"key{k}": 1 for k in range(50)})
    assert len(error.value.problems) == 21
    assert str(error.value).splitlines()[-1] == "experiment: 30 more problems. Mend these first."


@pytest.mark.parametrize("value", [None, 3, 1.5, True, "x", [], [3], {}, {"x": 1}, [[{}]]])
@pytest.mark.parametrize(
    "key",
    [
        "seed", "data", "preprocess", "network", "training", "population", "streams",
        "training.optimizer", "training.loss", "training.batch_size", "training.dtype",
        "training.schedule", "training.stop", "training.regularization", "training.class_weight",
        "training.clip_norm", "training.restore_best",
        "network.initializer", "network.inputs", "network.layers",
        "population.vary", "preprocess.scaling", "streams.data", "data.task", "data.file",
    ],
)  # fmt: skip
def test_nothing_of_pydantic_shows(key: str, value: Any) -> None:
    first, _, second = key.partition(".")
    document = {first: {second: value} if second else value}
    if first == "network" and second and second != "layers":
        document["network"]["layers"] = ONE
    try:
        Experiment.read(document)
    except ExperimentError as error:
        text = str(error)
        for word in ("Input should", "valid ", "union", "function-", "pydantic", "tagged", "int]",
                     "literal[", "Value error", "something else"):  # fmt: skip
            assert word not in text
        for problem in error.problems:
            assert problem.path.startswith(first)
