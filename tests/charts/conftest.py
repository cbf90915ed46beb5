"""Records to draw, made once: a run with noise, a sweep, a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoal.experiments.comparison import compare
from shoal.experiments.document import Experiment
from shoal.experiments.sweep import Sweep
from shoal.models.assessment.assessing import assess

EXAMPLES = Path(__file__).parents[2] / "examples"


def experiment(**training):
    return Experiment.read(
        {
            "data": {"task": "greater", "samples": 300, "label_noise": 0.1, "dummies": 1},
            "network": {
                "layers": [
                    {"units": 3, "activation": "tanh"},
                    {"units": 1, "activation": "sigmoid"},
                ]
            },
            "training": {
                "optimizer": {"name": "adam", "learning_rate": 0.03},
                "batch_size": 30,
                "epochs": 6,
                **training,
            },
            "population": {"size": 5},
        },
        source="experiment",
        folder=None,
    )


@pytest.fixture(scope="session")
def run():
    return experiment().run(threads=1)


@pytest.fixture(scope="session")
def other_run():
    return experiment(epochs=2).run(threads=1)


@pytest.fixture(scope="session")
def wine():
    """Three classes, thirteen features."""
    changes = ["population.size=3", "training.epochs=8"]
    return Experiment.load(EXAMPLES / "wine.toml", changes).run(threads=1)


@pytest.fixture(scope="session")
def swept():
    document = experiment().document()
    document["sweep"] = {
        "data.label_noise": [0.0, 0.2],
        "training.optimizer.learning_rate": [0.01, 0.1],
    }
    return Sweep.read(document).run(threads=1)


@pytest.fixture(scope="session")
def comparison():
    return compare(
        [experiment(), experiment(epochs=2)], names=["A", "B"], pairs=8,
        figure="validation_accuracy", target="train_loss<0.6", threads=1,
    )  # fmt: skip


def assessed(run, **asked):
    """An assessment of a run's ensemble on its validation rows."""
    part = run.prepared.parts[0]
    rows = part.split.validation
    x, y = part.dataset.x[rows], part.dataset.y[rows]
    return assess(run.ensemble, x, y, source="greater", **asked)


@pytest.fixture(scope="session")
def assessment(run):
    return assessed(run, costs=(1.0, 5.0), resamples=50)


@pytest.fixture(scope="session")
def assessment_of_numbers():
    document = experiment().document()
    document["data"] = {"file": str(EXAMPLES / "data" / "flowers.csv"), "target": "petal_width_cm"}
    document["network"]["layers"] = [{"units": 3, "activation": "tanh"}, {"units": 1}]
    run = Experiment.read(document, source="experiment", folder=None).run(threads=1)
    return assessed(run, resamples=50)
