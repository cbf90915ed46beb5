"""The constant guess and the linear model, against formulas and scikit-learn."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from shoal.experiments.baselines import baselines_of, linear_experiment
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import prepare
from shoal.training import Training

EXAMPLES = Path(__file__).parents[2] / "examples"
RNG = np.random.default_rng(2)
X = RNG.normal(size=(300, 3))
LINE = {"layers": [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "identity"}]}


def test_classes() -> None:
    noisy = Experiment(
        data={"task": "greater", "samples": 600, "label_noise": 0.1}, training=Training(epochs=1)
    )
    part = prepare(noisy).parts[0]
    x, y = part.train.x, part.train.y[:, 0]
    share = y.mean()
    judged = part.validation
    assert judged is not None
    guess = judged.y[:, 0] == (share > 0.5)
    found = baselines_of(noisy, "validation_accuracy")
    peer = LogisticRegression(C=np.inf, tol=1e-8).fit(x, y)
    assert found["constant guess"] == pytest.approx(guess.mean())
    assert found["linear model"] == pytest.approx(peer.score(judged.x, judged.y[:, 0]), abs=0.01)
    assert found["attainable"] == pytest.approx(0.9)
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    losses = baselines_of(noisy, "train_loss")
    chance = peer.predict_proba(x)[np.arange(len(y)), y.astype(int)]
    assert losses["constant guess"] == pytest.approx(entropy, rel=1e-6)
    assert losses["linear model"] == pytest.approx(-np.log(chance).mean(), rel=1e-3)
    assert "attainable" not in losses


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_numbers(loss: str) -> None:
    y = X @ [3.0, -1.0, 0.5] + 7 + RNG.normal(size=300)
    experiment = Experiment(network=LINE, training=Training(epochs=1, loss=loss))
    rows = (X, y, X, y)
    found = baselines_of(experiment, "train_loss", rows=rows)
    if loss == "squared_error":
        left = y - LinearRegression().fit(X, y).predict(X)
        assert found["constant guess"] == pytest.approx(y.var(), rel=1e-5)
        assert found["linear model"] == pytest.approx((left**2).mean(), rel=1e-3)
    else:
        assert found["constant guess"] == pytest.approx(np.abs(y - np.median(y)).mean(), rel=1e-5)
        assert found["linear model"] < found["constant guess"]
    explained = baselines_of(experiment, "validation_r2", rows=rows)
    assert explained["constant guess"] == pytest.approx(0.0, abs=1e-6 if loss[0] == "s" else 0.2)


def test_several_classes() -> None:
    wine = Experiment.load(EXAMPLES / "wine.toml")
    found = baselines_of(wine, "validation_loss")
    part = prepare(wine).parts[0]
    assert part.validation is not None
    share = part.train.y.mean(axis=0)
    expected = -np.log(share[part.validation.y.argmax(axis=1)]).mean()
    assert found["constant guess"] == pytest.approx(expected, rel=1e-6)


def test_what_is_not_there_is_left_out() -> None:
    one = Experiment(training=Training(epochs=1))
    for figure in ("test_accuracy", "train_r2", "steps_to_target", "clean_accuracy"):
        assert baselines_of(one, figure) == {}


def test_it_takes_no_time() -> None:
    greater = Experiment()
    baselines_of(greater, "validation_accuracy")
    began = time.perf_counter()
    baselines_of(greater, "validation_accuracy")
    assert time.perf_counter() - began < 0.5  # 0.02 s where nothing else runs


def test_the_linear_model_of_a_long_stream_is_fitted_soon() -> None:
    long = Experiment.read(
        {"data": {"task": "or"}, "training": {"epochs": 10**9, "report_every": "end"}}
    )
    assert linear_experiment(long).training.epochs == 10
