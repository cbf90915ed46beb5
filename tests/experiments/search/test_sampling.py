"""Searches by a sampler: the space, batches, pruned trials, repetition, a study of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from shoal.errors import ArgumentError, MissingExtraError
from shoal.experiments.search import SearchProgress, optimise
from shoal.experiments.search.sampling import cells_of
from shoal.experiments.search.space import space_of
from shoal.experiments.sweep import Sweep

DOCUMENT: dict[str, Any] = {
    "data": {"task": "greater", "samples": 300, "validation": 0.3},
    "network": {
        "layers": [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    },
    "training": {"epochs": 5, "batch_size": 30},
    "population": {"size": 3},
}
RATE = {"training.optimizer.learning_rate": {"log": [1e-4, 10.0], "n": 5}}


def sweep_of(axes: dict[str, Any], **changes: Any) -> Sweep:
    return Sweep.read({**DOCUMENT, **changes, "sweep": axes})


@pytest.mark.parametrize(
    ("axes", "wanted"),
    [
        (RATE, {"training.optimizer.learning_rate": FloatDistribution(1e-4, 10.0, log=True)}),
        (
            {"data.label_noise": {"linear": [0.3, 0.0], "n": 4}},
            {"data.label_noise": FloatDistribution(0.0, 0.3)},
        ),
        (
            {"training.epochs": {"linear": [5, 20], "n": 4}},
            {"training.epochs": IntDistribution(5, 20)},
        ),
        (
            {"network.layers.0.units": {"log": [2, 64], "n": 6, "whole": True}},
            {"network.layers.0.units": IntDistribution(2, 64, log=True)},
        ),
        ({"seed": [1, 2]}, {"seed": CategoricalDistribution((1, 2))}),
        (
            {"training.optimizer": ["adam", {"name": "sgd", "learning_rate": 0.1}]},
            {"training.optimizer": CategoricalDistribution(("adam", "sgd(learning_rate=0.1)"))},
        ),
        (
            {"zip": {"training.epochs": [5, 10], "seed": [1, 2]}},
            {"training.epochs, seed": CategoricalDistribution(("5, 1", "10, 2"))},
        ),
        (
            {
                "random": {
                    "draws": 3,
                    "data.label_noise": {"uniform": [0.0, 0.2]},
                    "training.epochs": {"integers": [2, 9]},
                    "training.batch_size": {"choice": [10, 30]},
                }
            },
            {
                "data.label_noise": FloatDistribution(0.0, 0.2),
                "training.epochs": IntDistribution(2, 9),
                "training.batch_size": CategoricalDistribution((10, 30)),
            },
        ),
        (
            {"network.layers.0.units": [4, {"rule": "int(1.2 * features + 1)"}]},
            {
                "network.layers.0.units": CategoricalDistribution(
                    ("4", "int(1.2 * features + 1)")
                )
            },
        ),
    ],
    ids=["log", "linear", "whole", "whole_log", "list", "tables", "zip", "random", "rule"],
)  # fmt: skip
def test_the_space_of_a_sweep(axes: dict[str, Any], wanted: dict[str, BaseDistribution]) -> None:
    space = space_of(sweep_of(axes).table)
    assert {each.name: each.distribution() for each in space} == wanted


def test_what_was_drawn_becomes_a_cell() -> None:
    sweep = sweep_of(
        {
            "zip": {"training.epochs": [5, 10], "seed": [1, 2]},
            "network.layers.0.units": [4, {"rule": "int(1.2 * features + 1)"}],
        }
    )
    drawn = {
        "training.epochs, seed": "10, 2",
        "network.layers.0.units": "int(1.2 * features + 1)",
    }
    cells = cells_of(sweep.grid(), space_of(sweep.table), [drawn])
    # two features: int(1.2 x 2 + 1) = 3
    assert cells.settled(0) == {"network.layers.0.units": 3, "training.epochs": 10, "seed": 2}


def test_labels_stand_for_what_walks_together() -> None:
    rows, epochs = "training.batch_size", "training.epochs"
    zipped = {"name": "size", "labels": ["small", "large"], rows: [8, 16], epochs: [1, 2]}
    (space,) = space_of({"zip": [zipped]})
    assert (space.name, list(space.labels())) == ("size", ["small", "large"])
    assert space.values("large") == ((rows, 16), (epochs, 2))
    document = {"data": {"task": "greater", "samples": 60}, "population": 1}
    found = optimise(Sweep.read({**document, "sweep": {"zip": [zipped]}}), trials=2, batch=2)
    for trial in found.trials:
        large = trial.values == {rows: 16, epochs: 2}
        assert trial.label == ("size=large" if large else "size=small")


def test_scores_are_medians_of_the_trials_own_experiments() -> None:
    found = optimise(sweep_of(RATE), trials=6, batch=4, figure="validation_loss")
    assert [trial.number for trial in found.trials] == list(range(6))
    for trial in found.trials:
        run = sweep_of(RATE).grid().experiment(trial.values).run()
        assert trial.score == np.median(run.final("validation_loss"))
    scores = [trial.score for trial in found.trials]
    assert found.best.score == min(scores)
    assert found.n_networks == 18
    assert found.steps == 18 * 5 * 7  # 210 rows in batches of 30
    assert found.experiment.run().digest == run_of(found.best.values).digest


def run_of(values: dict[str, Any]) -> Any:
    return sweep_of(RATE).grid().experiment(values).run()


def test_the_same_search_again_and_on_other_threads() -> None:
    one, two = (optimise(sweep_of(RATE), trials=30, threads=n).to_dict() for n in (2, 1))
    assert one | {"seconds": 0} == two | {"seconds": 0}
    other = optimise(sweep_of(RATE, streams={"search": 7}), trials=3).to_dict()
    assert other["trials"][0]["values"] != one["trials"][0]["values"]


def test_a_sampler_learns() -> None:
    """The rate is all that matters: the last trials are better than the first ones."""
    found = optimise(
        sweep_of(RATE, training={"epochs": 5, "batch_size": 30, "optimizer": {"name": "sgd"}}),
        trials=40, batch=8, figure="validation_loss",
    )  # fmt: skip
    scores = np.array([trial.score for trial in found.trials])
    assert np.median(scores[-16:]) < np.median(scores[:10])


def test_a_diverged_trial_is_told_as_pruned() -> None:
    axes = {"training.optimizer.learning_rate": {"log": [1e-6, 1e30], "n": 5}}
    training = {"epochs": 5, "loss": "squared_error", "optimizer": {"name": "sgd"}}
    layers = {"layers": [{"units": 1, "activation": "identity"}]}
    found = optimise(
        sweep_of(axes, training=training, network=layers), trials=8, figure="validation_loss"
    )
    assert 0 < found.n_pruned < 8
    for trial, told in zip(found.trials, found.study.trials, strict=True):
        lost = trial.n_diverged >= 2
        assert (trial.score == np.inf) == lost
        assert told.state == (TrialState.PRUNED if lost else TrialState.COMPLETE)
    assert np.isfinite(found.best.score)
    plain = found.to_dict()
    assert None in [trial["score"] for trial in plain["trials"]]
    assert plain["n_pruned"] == found.n_pruned


def test_a_study_of_ones_own() -> None:
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed=1))
    first = optimise(sweep_of(RATE), trials=3, batch=2, figure="validation_loss", study=study)
    again = optimise(sweep_of(RATE), trials=2, figure="validation_loss", study=study)
    assert first.sampler == "RandomSampler"
    assert [trial.number for trial in again.trials] == [3, 4]
    assert len(study.trials) == 5
    assert study.best_value == min(first.best.score, again.best.score)


def test_rows_of_ones_own() -> None:
    random = np.random.default_rng(0)
    x = random.random((200, 2))
    y = (x[:, :1] > x[:, 1:]).astype(float)
    rows = (x[:150], y[:150], x[150:], y[150:])
    found = optimise(sweep_of(RATE), trials=3, rows=rows)
    run = sweep_of(RATE).grid().experiment(found.best.values).run(rows=rows)
    assert found.best.score == np.median(run.final("validation_accuracy"))


def test_a_file_is_read(tmp_path: Path) -> None:
    examples = Path(__file__).parents[3] / "examples"
    sweep = Sweep.load(
        examples / "wine.toml",
        ["training.epochs=2", "population=2", "training.optimizer.learning_rate=0.01,0.1"],
    )
    found = optimise(sweep, trials=2)
    assert set(found.best.values) == {"training.optimizer.learning_rate"}


def test_progress() -> None:
    told: list[SearchProgress] = []
    optimise(sweep_of(RATE), trials=5, batch=2, progress=told.append)
    assert [(each.stage, each.n_stages, each.done, each.total) for each in told] == [
        (1, 3, 2, 5), (2, 3, 4, 5), (3, 3, 5, 5),
    ]  # fmt: skip


def test_trials_that_fail_are_told_as_failed() -> None:
    study = optuna.create_study(direction="minimize")
    axes = {"network.layers.1.units": [2, 3]}  # one class column: two outputs fit, three do not
    with pytest.raises(Exception, match="trial"):
        optimise(sweep_of(axes), trials=8, figure="validation_loss", study=study)
    assert study.trials
    assert all(trial.state == TrialState.FAIL for trial in study.trials)


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError) as error:
        optimise(sweep_of(RATE))
    told = "a search by a sampler needs the optuna package: pip install 'shoal[search]'."
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            {"trials": 0},
            "optimise: `trials` must be a whole number of 1 or more; got 0."
            " Give a value within the bounds.",
        ),
        (
            {"batch": 1.5},
            "optimise: `batch` must be a whole number of 1 or more; got 1.5."
            " Give a value within the bounds.",
        ),
        (
            {"figure": "test_loss"},
            "optimise: `figure` must be one of validation_loss, validation_accuracy; "
            "got 'test_loss'."
            " Choose one of the names that are known.",
        ),
        (
            {"study": optuna.create_study(direction="minimize")},
            "optimise: `study` must maximize validation_accuracy; got minimize."
            " Make it with direction='maximize'.",
        ),
        (
            {"study": optuna.create_study(directions=["maximize", "minimize"])},
            "optimise: `study` must maximize validation_accuracy; got maximize and minimize."
            " Make it with direction='maximize'.",
        ),
    ],
    ids=["trials", "batch", "figure", "direction", "directions"],
)
def test_what_is_refused(how: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        optimise(sweep_of(RATE), **how)
    assert str(error.value) == sentence
