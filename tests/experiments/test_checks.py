"""Tests of whether network, loss, optimizer and data fit together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ExperimentError
from shoal.experiments import Experiment, prepare

LAST = {"units": 1, "activation": "sigmoid"}
X = np.arange(40.0).reshape(20, 2)
THREE = (X, np.arange(20) % 3)
NUMBERS = (X, np.linspace(0, 1, 20))


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
                'got "softmax".'
            },
        ),
        (
            network({"units": 3, "activation": "sigmoid"}),
            None,
            {
                "network.layers[0].units": "must be 1 (or 2 with softmax) for the 2 classes of "
                "'label'; got 3."
            },
        ),
        (
            network({"units": 2, "activation": "softmax"}),
            THREE,
            {"network.layers[0].units": "must be 3 for the 3 classes of 'y'; got 2."},
        ),
        (
            network({"units": 2}),
            NUMBERS,
            {"network.layers[0].units": "must be 1 for one numeric target; got 2."},
        ),
        (
            network({"units": 3, "activation": "step"}, LAST),
            None,
            {
                "network.layers[0].activation": '"step" has no slope, so adam cannot train it. '
                'Use "sigmoid", or the optimizer "perceptron" with this as the only layer.',
                "training.loss": '"step" fits only squared_error; got binary_crossentropy '
                'with "step" in layer 1.',
            },
        ),
        (
            network(LAST, inputs=3),
            None,
            {"network.inputs": "must give 2 features, as the data has (x0, x1); got 3."},
        ),
        (
            network(LAST, inputs=["x1", "x0"]),
            None,
            {
                "network.inputs": "must name the features in the order of the data (x0, x1); "
                "got x1, x0."
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


def test_several_misfits_at_once() -> None:
    document = network({"units": 3, "activation": "step"}, {"units": 3, "activation": "sigmoid"},
                       inputs=5)  # fmt: skip
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
