"""Every task has a setting to begin with, and it learns the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal import Experiment
from shoal.data.tasks import TASKS
from shoal.lab.catalogue import catalogue
from shoal.lab.starts import STARTS

EXAMPLES = Path(__file__).parents[2] / "examples"


def _read(document: dict[str, Any]) -> Experiment:
    return Experiment.read({**document, "population": {"size": 16}}, source="a start")


def test_there_is_one_for_every_task_and_the_page_is_told_all_of_them() -> None:
    assert set(STARTS) == {*TASKS, "file"}
    assert catalogue(0).starts == STARTS


@pytest.mark.parametrize("task", TASKS)
def test_its_networks_learn_the_task(task: str) -> None:
    """Of sixteen networks the median leaves one row in fifty to others at most."""
    run = _read(STARTS[task]).run()
    figure = "train_accuracy" if task in {"majority", "points"} else "validation_accuracy"
    assert np.median(run.final(figure)) >= (0.96 if task == "digits" else 0.98)


@pytest.mark.parametrize("task", ["or", "and", "nand", "xor"])
def test_of_a_stream_the_way_there_is_seen(task: str) -> None:
    """Most of it lies in the first epoch, at whose end there would be the first report."""
    run = _read(STARTS[task]).run()
    first = run.report_steps <= run.prepared.schedule.steps_per_epoch
    assert first.sum() == 10
    loss = np.median(run.history["validation_loss"], axis=0)[first]
    assert loss[-1] < loss[0] / 2


def test_that_of_a_table_learns_one() -> None:
    start = STARTS["file"]
    classes = {"units": 3, "activation": "softmax"}
    layers = [*start["network"]["layers"][:-1], classes]
    data = {"file": str(EXAMPLES / "data" / "wine.csv"), "target": "cultivar"}
    run = _read({**start, "data": data, "network": {"layers": layers}}).run()
    assert np.median(run.final("validation_accuracy")) >= 0.94  # 34 of 36 rows


def test_that_of_greater_is_the_published_experiment_and_what_a_page_begins_with() -> None:
    def spelled_out(experiment: Experiment) -> dict[str, Any]:
        document: dict[str, Any] = experiment.document()
        document["training"].pop("loss", None)  # left out it is the one that the example names
        return document

    published = Experiment.load(EXAMPLES / "greater.toml")
    begun = Experiment.read(catalogue(0).start.experiment, source="the start")
    assert spelled_out(begun) == spelled_out(published)
