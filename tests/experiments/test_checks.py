"""Tests of whether network, loss, optimizer and data fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.split import split_rows
from shoal.data.tasks import load_task
from shoal.errors import ExperimentError
from shoal.experiments import Experiment, prepare
from shoal.experiments.checks import check_experiment
from shoal.streams import stream

LAST = {"units": 1, "activation": "sigmoid"}
LINEAR = {"units": 1}
COUNTING = {"units": 1, "activation": "exponential"}
X = np.arange(40.0).reshape(20, 2)
THREE = (X, np.arange(20) % 3)
NUMBERS = (X, np.linspace(0, 1, 20))
BELOW_ZERO = (X, np.linspace(-3, 1, 20))


def problems(document: dict[str, Any], rows: Any = None) -> dict[str, str]:
    experiment = Experiment.read(document, source="a.toml")
    with pytest.raises(ExperimentError) as error:
        prepare(experiment, rows=rows)
    return {problem.path: problem.message for problem in error.value.problems}


def network(*layers: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"network": {"layers": list(layers), **settings}}


@pytest.mark.parametrize(
    ("document", "rows", "wanted"),
    [
        (
            network({"units": 1, "activation": "softmax"})
            | {"training": {"loss": "binary_crossentropy"}},
            None,
            {
                "training.loss": 'binary_crossentropy needs "sigmoid" in the last layer; '
                'got "softmax". Use "sigmoid" there, or the loss "categorical_crossentropy".'
            },
        ),
        (
            network({"units": 3, "activation": "sigmoid"}),
            None,
            {
                "network.layers[0].units": "must be 1 (or 2 with softmax) for the 2 classes of "
                "'label'; got 3. Make the two agree."
            },
        ),
        (
            network({"units": 2, "activation": "softmax"}),
            THREE,
            {"network.layers[0].units": "must be 3 for the 3 classes of 'y'; got 2."
            " Make the two agree."},
        ),
        (
            network({"units": 2}),
            NUMBERS,
            {"network.layers[0].units": "must be 1 for one numeric target; got 2."
            " Make the two agree."},
        ),
        (
            network({"units": 3, "activation": "step"}, LAST),
            None,
            {
                "network.layers[0].activation": '"step" has no slope, so adam cannot train it. '
                'Use "sigmoid", the optimizer "random_perturbation", or "perceptron" with this as '
                "the only layer.",
            },
        ),
        (
            network(LAST, inputs=3),
            None,
            {"network.inputs": "must give 2 features, as the data has (x0, x1); got 3."
            " Make the two agree."},
        ),
        (
            network(LAST, inputs=["x1", "x0"]),
            None,
            {
                "network.inputs": "must name the features in the order of the data (x0, x1); "
                "got x1, x0. Make the two agree."
            },
        ),
        (
            {"data": {"task": "greater", "validation": 0.0},
             "training": {"restore_best": "validation_loss"}},
            None,
            {"training.restore_best": "validation_loss needs validation rows. "
             "Set data.validation."},
        ),
        (
            network({"units": 1}) | {"training": {"restore_best": "train_accuracy"}},
            NUMBERS,
            {"training.restore_best": "train_accuracy is for classes; the target is a number. "
             "Use a loss."},
        ),
        (
            {"data": "or", "training": {"batch_size": "full"}},
            None,
            {"training.batch_size": '"full" needs a fixed set of rows, but the task streams '
             "fresh ones. Give a number, or set data.stream = false."},
        ),
        (
            {"training": {"epochs": 10**12}, "population": 1},
            None,
            {"training.report_every": "1,000,000,000,000 reports of 1 network are more than "
             '134,217,728. Give a larger number of steps, or "end".'},
        ),
        (
            {"training": {"epochs": 2**52}},
            None,
            {"training.epochs": "more than 2^53 steps. Ask for fewer."},
        ),
        (
            {"training": {"epochs": 1 << 20_000}},
            None,
            {"training.epochs": "more than 2^53 steps. Ask for fewer."},
        ),
        (
            # 3 x 6000 + 6001 parameters; Adam keeps two more of each
            network({"units": 6000}, LAST) | {"population": 100_000},
            None,
            {"population.size": "100,000 networks of 24,001 parameters, 3 numbers each, are more "
             "than 1,073,741,824 numbers. Ask for fewer."},
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit(document: dict[str, Any], rows: Any, wanted: dict[str, str]) -> None:
    assert problems(document, rows) == wanted


TREE = {"units": 3, "activation": "tanh"}
TARGET = {"name": "target", "figure": "train_accuracy", "above": 0.9}


@pytest.mark.parametrize(
    ("training", "layers", "rows", "wanted"),
    [
        ({"loss": "poisson"}, [COUNTING], None,
         {"training.loss": "poisson is for numbers, but the target 'label' is a class. Use "
          '"binary_crossentropy" with the last activation "sigmoid", or '
          'data.kind = "regression".'}),
        ({"loss": "poisson"}, [COUNTING], BELOW_ZERO,
         {"training.loss": "poisson needs targets of 0 or more, but 'y' goes down to -3. Use "
          '"squared_error" or "huber".'}),
        ({"loss": "poisson"}, [LINEAR], NUMBERS,
         {"training.loss": 'poisson needs "exponential" in the last layer; got "identity". Use '
          '"exponential" there, or the loss "squared_error".'}),
        ({"loss": "poisson"}, [LAST], None,
         {"training.loss": 'poisson needs "exponential" in the last layer; got "sigmoid". Use '
          '"exponential" there, or the loss "binary_crossentropy".'}),
        ({"loss": "absolute_error"}, [{"units": 1, "activation": "step"}], None,
         {"training.loss": '"step" in the last layer fits only squared_error; got '
          'absolute_error. Use the loss "squared_error".',
          "network.layers[0].activation": '"step" has no slope, so adam cannot train it. Use '
          '"sigmoid", the optimizer "random_perturbation", or "perceptron" with this as the only '
          "layer."}),
        ({}, [TREE, {"units": 1, "activation": "softmax"}], None,
         {"training.loss": "categorical_crossentropy needs at least 2 units in the last layer; "
          'got 1. Use a unit for each class, or one unit of "sigmoid" for yes or no.'}),
        ({}, [{"units": 1, "activation": "softmax"}, LAST], None,
         {"training.loss": '"softmax" needs at least 2 units, one alone is always 1; got 1 in '
          'layer 1. Use "sigmoid" there, or give that layer more units.'}),
        ({"optimizer": "perceptron"}, [TREE, LAST], None,
         {"training.optimizer": "perceptron needs a single layer; got 2. Make it one layer of "
          '"step", or use an optimizer such as "adam".'}),
        ({"loss": "hinge"}, [LAST], None,
         {"training.loss": 'hinge says yes above 0, and "sigmoid" in the last layer never goes '
          'below. Use "identity" or "tanh" there.'}),
        ({"optimizer": "lbfgs"}, [LAST], None,
         {"training.batch_size": 'lbfgs needs all rows in every step; got 32. Set it to "full".'}),
        ({"optimizer": "lbfgs", "batch_size": "full", "loss": "squared_error"},
         [{"units": 1, "activation": "step"}], None,
         {"network.layers[0].activation": '"step" has no slope, so lbfgs cannot train it. Use '
          '"sigmoid", the optimizer "random_perturbation", or "perceptron" with this as the only '
          "layer."}),
        ({"optimizer": "finite_difference", "loss": "squared_error"},
         [{"units": 1, "activation": "step"}], None,
         {"network.layers[0].activation": '"step" has no slope, so finite_difference cannot '
          'train it. Use "sigmoid", the optimizer "random_perturbation", or "perceptron" with '
          "this as the only layer."}),
        ({"optimizer": "annealing", "clip_norm": 1.0, "class_weight": "balanced",
          "schedule": "cosine", "regularization": {"l2": 0.1, "max_norm": 2.0}}, [LAST], None,
         {"training.regularization.l2": "acts on a gradient, and annealing has none. "
          "Leave it out.",
          "training.clip_norm": "acts on a gradient, and annealing has none. Leave it out.",
          "training.class_weight": "acts on a gradient, and annealing has none. Leave it out.",
          "training.schedule": "changes a learning rate, and annealing has none. "
          "Leave it out."}),
        ({"schedule": {"name": "cosine", "epochs": 20}, "epochs": 10}, [LAST], None,
         {"training.schedule[0].epochs": "cosine takes 20 epochs, but the run has 10. Give it 10 "
          "or fewer, or train longer."}),
        # 8,000 training rows in batches of 32 are 250 steps, and 500 of them 2 epochs
        ({"schedule": ["step", {"name": "linear_warmup", "epochs": 2.5}],
          "stop": {"name": "steps", "limit": 500}}, [LAST], None,
         {"training.schedule[0].epochs": "step waits 10 epochs, but the run has 2. Give it fewer "
          "than 2, or train longer.",
          "training.schedule[1].epochs": "linear_warmup takes 2.5 epochs, but the run has 2. "
          "Give it 2 or fewer, or train longer."}),
        ({"regularization": {"l1": [1, 2, 3], "dropout": [0.5, 0.5]}}, [TREE, LAST], None,
         {"training.regularization.l1": "needs a number for each of 2 layers; got 3. Give one "
          "number for all, or as many as there are layers.",
          "training.regularization.dropout": "must be 0 for the last layer, whose outputs are "
          "the answer; got 0.5. Write 0 at the end of the list."}),
        ({"regularization": {"label_smoothing": 0.1}}, [LINEAR], NUMBERS,
         {"training.regularization.label_smoothing": "is for classes, but the target 'y' is a "
          "number. Leave it out."}),
        ({"class_weight": {"1": 2.0, "maybe": 3.0}}, [LAST], None,
         {"training.class_weight.maybe": "unknown class 'maybe'. Known names: 0, 1."}),
        ({"class_weight": "balanced"}, [LINEAR], NUMBERS,
         {"training.class_weight": "is for classes, but the targets are numbers. Leave it out."}),
        ({"stop": [{"name": "plateau", "figure": "train_r2"}, TARGET]}, [LAST], None,
         {"training.stop[0].figure": "train_r2 is for numbers; the target is a class. Use a loss "
          "or accuracy."}),
        ({"stop": [{"name": "steps", "limit": 9}, TARGET],
          "schedule": {"name": "reduce_on_plateau", "figure": "validation_accuracy"}},
         [LINEAR], NUMBERS,
         {"training.schedule[0].figure": "validation_accuracy is for classes; the target is a "
          "number. Use a loss.",
          "training.stop[1].figure": "train_accuracy is for classes; the target is a number. "
          "Use a loss."}),
    ],
)  # fmt: skip
def test_training_that_does_not_fit(
    training: dict[str, Any], layers: list[dict[str, Any]], rows: Any, wanted: dict[str, str]
) -> None:
    assert problems(network(*layers) | {"training": training}, rows) == wanted


def test_a_loss_for_classes_on_numbers(tmp_path: Path) -> None:
    lines = [f"{k},{k * k / 7}" for k in range(30)]
    (tmp_path / "a.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    document = network(LAST) | {"data": {"file": str(tmp_path / "a.csv"), "target": "y"}}
    assert problems(document) == {
        "training.loss": "binary_crossentropy is for classes, but the target 'y' is a number. "
        'Use "squared_error" with a last activation such as "identity", or '
        'data.kind = "classification".'
    }


def test_labels_of_their_own_are_no_classes(tmp_path: Path) -> None:
    lines = [f"{k},{k % 2},{k % 3 % 2}" for k in range(30)]
    (tmp_path / "a.csv").write_text("\n".join(["x,odd,other", *lines]) + "\n")
    data = {"file": str(tmp_path / "a.csv"), "target": ["odd", "other"], "kind": "multilabel"}
    document = network({"units": 2, "activation": "softmax"}) | {
        "data": data,
        "training": {"class_weight": "balanced"},
    }
    assert problems(document) == {
        "training.loss": "categorical_crossentropy is for one of several classes, but each "
        'target is a label of its own. Use "binary_crossentropy" with the last activation '
        '"sigmoid".',
        "training.class_weight": "is for classes, but the targets are labels of their own. "
        "Leave it out.",
    }
    document = network({"units": 3, "activation": "sigmoid"}) | {"data": data}
    assert problems(document) == {
        "network.layers[0].units": "must be 2 for 2 labels; got 3. Make the two agree."
    }
    data = data | {"kind": "regression"}
    document = network({"units": 1}) | {"data": data}
    assert problems(document) == {
        "network.layers[0].units": "must be 2 for 2 numeric targets; got 1. Make the two agree."
    }


def test_every_rule_that_looks_at_missing_rows_is_told() -> None:
    found = problems(
        {
            "data": {"task": "greater", "validation": 0.0},
            "training": {
                "stop": [{"name": "divergence", "figure": "validation_loss", "above": 9.0}],
                "schedule": {"name": "reduce_on_plateau", "figure": "validation_loss"},
                "restore_best": "validation_loss",
            },
        }
    )
    message = "validation_loss needs validation rows. Set data.validation."
    assert found == dict.fromkeys(
        ("training.schedule[0].figure", "training.stop[0].figure", "training.restore_best"),
        message,
    )


def test_poisson_wants_counts_as_they_are() -> None:
    document = network(COUNTING) | {"preprocess": {"target_scaling": "standard"}}
    assert problems(document, NUMBERS) == {
        "preprocess.target_scaling": 'poisson needs counts as they are; got "standard". '
        'Set it to "none".'
    }


def check(document: dict[str, Any]) -> None:
    experiment = Experiment.read(document)
    dataset = load_task(experiment.data, stream(0, "data"), stream(0, "noise"))
    check_experiment(experiment, dataset, split_rows(dataset, 0.2, 0.0, stream(0, "split")))


@pytest.mark.parametrize("optimizer", ["random_perturbation", "annealing", "evolution"])
def test_rules_that_compare_losses_train_steps(optimizer: str) -> None:
    layer = {"units": 1, "activation": "step"}
    check(network(layer) | {"training": {"optimizer": optimizer}})


@pytest.mark.parametrize("optimizer", ["random_perturbation", "annealing", "evolution"])
def test_they_train_steps_in_hidden_layers_too(optimizer: str) -> None:
    layer = {"units": 3, "activation": "step"}
    training = {"optimizer": optimizer, "epochs": 1, "batch_size": 20}
    document = network(layer, LAST) | {
        "data": {"task": "greater", "samples": 50},
        "training": training,
        "population": 1,
    }
    run = Experiment.read(document).run()
    assert (run.weights != run.prepared.start).any()


def test_patience_that_never_ends_is_told() -> None:
    training = {
        "epochs": 5,
        "stop": [TARGET, {"name": "plateau", "patience": 5}, {"name": "plateau", "patience": 4}],
        "schedule": ["reduce_on_plateau"],
    }
    rows = {"data": {"task": "greater", "samples": 50}, "training": training, "population": 1}
    told = prepare(Experiment.read(rows)).warnings
    assert told == (
        "training.stop[1]: plateau never acts: it waits for 5 reports after the first, and the "
        "run has 5. Give it less patience, or set training.report_every lower.",
        "training.schedule[0]: reduce_on_plateau never acts: it waits for 10 reports after the "
        "first, and the run has 5. Give it less patience, or set training.report_every lower.",
    )


def test_what_fits_is_let_through() -> None:
    check(
        network(TREE, LAST)
        | {
            "training": {
                "optimizer": {"name": "adamw", "weight_decay": 0.1},
                "schedule": ["linear_warmup", "cosine", "reduce_on_plateau"],
                "regularization": {"dropout": [0.2, 0.0], "label_smoothing": 0.1},
                "class_weight": {"1": 2.0},
                "stop": ["plateau", TARGET, {"name": "seconds", "limit": 9.5}],
                "restore_best": "validation_accuracy",
            }
        }
    )
    check(network(LINEAR) | {"training": {"loss": "hinge"}})


def test_several_misfits_at_once() -> None:
    document = network({"units": 3, "activation": "step"}, {"units": 3, "activation": "sigmoid"},
                       inputs=5) | {"training": {"loss": "poisson"}}  # fmt: skip
    assert list(problems(document)) == [
        "training.loss",
        "network.layers[1].units",
        "network.layers[0].activation",
        "network.inputs",
    ]


@pytest.mark.parametrize("last", [1, 2])
def test_two_classes_take_one_output_or_two(last: int) -> None:
    activation = "sigmoid" if last == 1 else "softmax"
    experiment = Experiment.read(
        network({"units": last, "activation": activation}) | {"population": 1}
    )
    assert prepare(experiment).network.n_outputs == last


def test_no_hidden_layer_and_named_inputs_are_fine() -> None:
    experiment = Experiment.read(network(LAST, inputs=["first", "second"]) | {"population": 1})
    assert prepare(experiment).network.n_inputs == 2
