"""What a fitted estimator says and keeps, beyond what scikit-learn's checks ask."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from shoal.errors import ArgumentError, InputError, ShoalWarning
from shoal.models import assess, load_model
from shoal.sklearn import ShoalClassifier, ShoalRegressor, base, modelling
from shoal.sklearn.recipe import held_out, recipe_of

QUICK: dict[str, Any] = {"n_networks": 4, "max_iter": 8, "random_state": 5}
X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.fixture(scope="module")
def fitted() -> ShoalClassifier:
    return ShoalClassifier(**QUICK).fit(X, NAMES[Y])


def test_probability_is_the_mean_over_networks(fitted: ShoalClassifier) -> None:
    each = np.stack([network.predict_proba(X) for network in fitted.model_])
    np.testing.assert_allclose(fitted.predict_proba(X), each.mean(axis=0), rtol=1e-12)
    chosen = fitted.predict_proba(X).argmax(axis=1)
    assert (fitted.predict(X) == NAMES[chosen]).all()
    spread = each.std(axis=0)[np.arange(len(X)), chosen]
    np.testing.assert_allclose(fitted.predict_std(X), spread, atol=1e-12)
    np.testing.assert_allclose(fitted.predict_log_proba(X), np.log(fitted.predict_proba(X)))


def test_a_row_has_the_same_bits_whatever_is_beside_it(fitted: ShoalClassifier) -> None:
    together = fitted.predict_proba(X)
    alone = np.concatenate([fitted.predict_proba(X[i : i + 1]) for i in range(0, 150, 7)])
    assert np.array_equal(together[::7], alone)
    assert np.array_equal(fitted.predict_proba(sparse.csr_array(X)), together)


def test_random_state_decides_all_and_threads_nothing() -> None:
    one = ShoalClassifier(**QUICK, n_jobs=1).fit(X, Y)
    two = ShoalClassifier(**QUICK, n_jobs=2).fit(X, Y)
    assert one.model_.parameters.digest == two.model_.parameters.digest
    drawn = [
        ShoalClassifier(**QUICK | {"random_state": np.random.RandomState(0)}).fit(X, Y)
        for _ in range(2)
    ]
    assert drawn[0].model_.seeds == drawn[1].model_.seeds
    free = [ShoalClassifier(**QUICK | {"random_state": None}).fit(X, Y) for _ in range(2)]
    assert free[0].model_.seeds != free[1].model_.seeds


def test_copies_and_pickles_predict_alike_and_hold_no_rows(fitted: ShoalClassifier) -> None:
    proba = fitted.predict_proba(X)
    for other in (copy.deepcopy(fitted), copy.copy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert np.array_equal(other.predict_proba(X), proba)
        assert other.model_.summary is not None
    # 4 networks of (4 x 48 + 48) + (48 x 3 + 3) = 387 float32 numbers, in the model, in the
    # state and twice in Adam's moments, are 25 KB; the rows of this one would be 480 KB
    wide = np.tile(X, (100, 1))
    many = ShoalClassifier(**QUICK | {"max_iter": 1}).fit(wide, np.tile(Y, 100))
    assert len(pickle.dumps(many)) < 150_000
    assert many.model_.summary.n_rows == 15_000


def test_rows_written_over_after_a_fit_change_nothing() -> None:
    x = X.copy()
    own = ShoalClassifier(**QUICK).fit(x, Y)
    x[:] = -1.0
    assert own.model_.summary.columns[0].quantiles[-1] == 7.9  # the longest sepal


def test_many_rows_are_summed_up_at_once_and_alike(monkeypatch: Any) -> None:
    settings = QUICK | {"early_stopping": True}  # of the rows that trained, 135 of 150
    held = ShoalClassifier(**settings).fit(X, Y).model_.summary
    monkeypatch.setattr(modelling, "HELD_BYTES", 0)
    own = ShoalClassifier(**settings).fit(X, Y)
    assert own._trained.delivered._held is None
    assert own.model_.summary == held
    assert held is not None
    assert held.n_rows == 135


def test_clone_forgets_and_parameters_come_back(fitted: ShoalClassifier) -> None:
    again = clone(fitted)
    assert again.get_params() == fitted.get_params()
    assert not hasattr(again, "classes_")
    for name in ("model_", "coefs_", "intercepts_"):
        assert not hasattr(again, name)


def test_the_model_is_a_model(fitted: ShoalClassifier, tmp_path: Any) -> None:
    fitted.model_.save(tmp_path / "iris.safetensors")
    model = load_model(tmp_path / "iris.safetensors")
    assert model.schema.classes == tuple(NAMES)
    assert np.array_equal(model.predict_proba(X), fitted.predict_proba(X))
    assert (model.predict(X) == fitted.predict(X)).all()


def test_the_model_is_evaluated_with_the_labels_of_the_fit() -> None:
    for labels in (Y, Y + 3, NAMES[Y], Y == 1):
        own = ShoalClassifier(**QUICK).fit(X, labels)
        found = assess(own.model_, X, labels)
        assert found.figures["accuracy"].value == own.score(X, labels)


def test_names_of_a_frame_go_into_the_model() -> None:
    frame = pd.DataFrame(X, columns=["sepal l", "sepal w", "petal l", "petal w"])
    own = ShoalClassifier(**QUICK).fit(frame, Y)
    assert own.feature_names_in_.tolist() == frame.columns.tolist()
    assert own.model_.schema.feature_names == tuple(frame.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        own.predict(frame[frame.columns[::-1]])
    pipe = make_pipeline(StandardScaler(), ShoalClassifier(**QUICK)).set_output(transform="pandas")
    assert pipe.fit(frame, Y)[-1].feature_names_in_.tolist() == frame.columns.tolist()


def test_coefs_are_those_of_the_best_network(fitted: ShoalClassifier) -> None:
    scaler = fitted.model_.scalers[0]
    hidden = np.maximum(scaler.apply(X) @ fitted.coefs_[0] + fitted.intercepts_[0], 0)
    z = hidden @ fitted.coefs_[1] + fitted.intercepts_[1]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    best = fitted.model_.best_network.predict_proba(X)
    np.testing.assert_allclose(p, best, atol=1e-5)


def test_several_labels() -> None:
    x, y = make_multilabel_classification(120, 6, n_classes=3, random_state=2)
    own = ShoalClassifier(**QUICK | {"max_iter": 40}).fit(x, y)
    assert own.predict_proba(x).shape == own.predict_std(x).shape == (120, 3)
    assert ((own.predict_proba(x) > 0.5) == own.predict(x)).all()
    assert own.score(x, y) > 0.5
    assert own.out_activation_ == "logistic"
    assert own.classes_.tolist() == [0, 1, 2]
    from_sparse = ShoalClassifier(**QUICK | {"max_iter": 40}).fit(x, sparse.csr_array(y))
    assert (from_sparse.predict(x) == own.predict(x)).all()


def test_several_numbers_in_their_own_units() -> None:
    x, y = load_diabetes(return_X_y=True)
    both = np.column_stack([y, 1000 - 1e-3 * y])
    own = ShoalRegressor(random_state=0).fit(x, both)
    assert own.predict(x).shape == own.predict_std(x).shape == (442, 2)
    assert own.score(x, both) > 0.5
    each = np.stack([network.predict(x) for network in own.model_])
    np.testing.assert_allclose(own.predict(x), each.mean(axis=0), rtol=1e-9)


def test_counts_stay_positive() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2))
    y = rng.poisson(np.exp(1 + x[:, 0]))
    own = ShoalRegressor("poisson", random_state=0).fit(x, y)
    assert own.out_activation_ == "exp"
    assert own.predict(x).min() > 0
    # the mean of a Poisson variable is exp(1 + x); the mean error of 300 counts is far below 0.5
    assert np.abs(own.predict(x) - np.exp(1 + x[:, 0])).mean() < 0.5


@pytest.mark.parametrize("mean", [1.0, 1e3, 1e5])
def test_counts_of_any_size(mean: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    rate = mean * np.exp(0.5 * x[:, 0] + 0.3 * np.sin(x[:, 1]))
    y = rng.poisson(rate)
    own = ShoalRegressor("poisson", random_state=0).fit(x, y)  # and nothing warns
    assert own.score(x, rate) > 0.8
    scaler = own.model_.target_scalers[0]
    assert scaler.center == (0.0,)
    assert scaler.scale == pytest.approx((y.mean(),), rel=1e-12)
    with pytest.raises(ArgumentError) as error:
        own.fit(x, y - mean)
    assert str(error.value) == (
        f'ShoalRegressor: `y` must be 0 or more for the loss "poisson"; got {y.min() - mean:g}. '
        'Give "squared_error" or "huber" for other numbers.'
    )
    as_they_are = ShoalRegressor("poisson", target_scaling="none", random_state=0).fit(x, y)
    assert as_they_are.model_.target_scalers[0].scale == (1.0,)


def test_counts_in_batches_and_with_weights() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = rng.poisson(500 * np.exp(x[:, 0]))
    weights = rng.integers(1, 4, 200)
    own = ShoalRegressor("poisson", **QUICK).fit(x, y, sample_weight=weights)
    mean = np.average(y, weights=weights)
    assert own.model_.target_scalers[0].scale == pytest.approx((mean,), rel=1e-12)
    parts = ShoalRegressor("poisson", **QUICK)
    for start in (0, 50, 150):
        parts.partial_fit(x[start : start + 100], y[start : start + 100])
    seen = np.concatenate([y[:100], y[50:150], y[150:]])
    assert parts.model_.target_scalers[0].scale == pytest.approx((seen.mean(),), rel=1e-12)
    assert ShoalRegressor("poisson", **QUICK).fit(x, 0 * y).predict(x).max() < 1


def test_weights_of_classes_move_the_border() -> None:
    few = np.concatenate([np.flatnonzero(Y == 1), np.flatnonzero(Y == 2)[:8]])
    found = {
        str(weight): ShoalClassifier(**QUICK, class_weight=weight)
        .fit(X[few], Y[few])
        .predict_proba(X[few])[:, 1]
        .mean()
        for weight in (None, "balanced", {2: 50.0}, {1: 50.0})
    }
    assert found["{1: 50.0}"] < found["None"] < found["balanced"] < found["{2: 50.0}"]


def test_weights_of_classes_that_a_fold_lacks() -> None:
    # as in scikit-learn: a weight of a class that is not there is no error if all that are
    # there have one
    weights = {0: 1.0, 1: 2.0, 2: 3.0}
    two = ShoalClassifier(**QUICK, class_weight=weights).fit(X[:100], Y[:100])
    same = ShoalClassifier(**QUICK, class_weight={1: 2.0}).fit(X[:100], Y[:100])
    assert two.classes_.tolist() == [0, 1]
    assert np.array_equal(two.predict_proba(X), same.predict_proba(X))


def test_weights_go_by_label_whatever_classes_are_called_in_the_model() -> None:
    labels = np.array(["", "b", "c"])[Y]
    own = ShoalClassifier(**QUICK, class_weight={"b": 5.0}).fit(X, labels)
    assert own.model_.schema.classes == ("class 0", "class 1", "class 2")
    named = ShoalClassifier(**QUICK, class_weight={"versicolor": 5.0}).fit(X, NAMES[Y])
    assert np.array_equal(own.predict_proba(X), named.predict_proba(X))


def test_early_stopping_keeps_the_best_weights() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 10))
    y = (x[:, 0] + rng.normal(size=400) > 0).astype(int)
    own = ShoalClassifier(
        (64,), early_stopping=True, alpha=0.0, max_iter=200, n_networks=3, random_state=0
    ).fit(x, y)
    assert own.n_iter_ < 200
    assert len(own.validation_scores_) == len(own.loss_curve_) == own.n_iter_
    assert own.best_validation_score_ == max(own.validation_scores_)
    vary = own.model_.experiment["population"]["vary"]
    assert "split" in vary
    assert own.model_.experiment["training"]["restore_best"] == "validation_loss"
    assert len({scaler.center for scaler in own.model_.scalers}) == 3  # rows held out of its own
    without = clone(own).set_params(early_stopping=False, n_iter_no_change=1000).fit(x, y)
    assert without.validation_scores_ is None
    assert without.n_iter_ == 200
    # a network that has learnt by heart is sure of what is chance
    sure = [np.abs(each.predict_proba(x)[:, 0] - 0.5).mean() for each in (own, without)]
    assert sure[0] < sure[1] - 0.05


def test_auto_holds_out_of_many_rows_only() -> None:
    def found(n: int, **settings: Any) -> int:
        dataset = type("Rows", (), {"n_rows": n, "schema": _schema()})()
        return held_out(recipe_of(ShoalClassifier(**settings)), dataset)

    assert found(49_999) == 0
    assert found(50_000) == 5_000
    assert found(100, early_stopping=True) == 10
    assert found(100, early_stopping=True, validation_fraction=0.25) == 25
    assert found(14, early_stopping=True) == 0  # one row is no hold-out
    assert found(100, early_stopping=True, validation_fraction=0.99) == 0  # a class of three lost
    assert found(100, early_stopping=True, solver="lbfgs") == 0


def _schema() -> Any:
    return type("Schema", (), {"classes": ("a", "b", "c")})()


def test_early_stopping_with_few_rows_trains_without() -> None:
    own = ShoalClassifier(**QUICK, early_stopping=True).fit(X[48:55], Y[48:55])
    assert own.validation_scores_ is None


def test_warm_start_goes_on_from_the_weights() -> None:
    once = ShoalRegressor(**QUICK, warm_start=True)
    x, y = load_diabetes(return_X_y=True)
    first = once.fit(x, y).loss_curve_
    second = once.fit(x, y).loss_curve_[8:]
    assert first[-1] < first[0]
    assert second[0] < (first[0] + first[-1]) / 2
    # it is a fresh rule from given weights, not a longer run
    again = ShoalRegressor(**QUICK).fit(x, y)
    assert again.loss_curve_ == first
    with pytest.raises(ArgumentError) as error:
        once.set_params(n_networks=5).fit(x, y)
    assert (
        str(error.value) == "ShoalRegressor: `n_networks` must stay 4 to train on; got 5."
        " Give what belongs to it."
    )
    with pytest.raises(ArgumentError) as error:
        once.set_params(n_networks=4, hidden_layer_sizes=(48, 2)).fit(x, y)
    assert str(error.value) == (
        "ShoalRegressor: `hidden_layer_sizes` must stay (48,) to train on; got (48, 2)."
        " Give what belongs to it."
    )


def test_warm_start_goes_on_with_the_curve_as_the_peer_does() -> None:
    settings: dict[str, Any] = {"max_iter": 2, "warm_start": True, "random_state": 0}
    own, peer = ShoalClassifier(**settings), MLPClassifier(**settings)
    for _ in range(3):
        own.fit(X, Y)
        with pytest.warns(ConvergenceWarning):
            peer.fit(X, Y)
    assert (own.n_iter_, own.t_, len(own.loss_curve_)) == (2, 900, 6)
    assert (peer.n_iter_, peer.t_, len(peer.loss_curve_)) == (2, 900, 6)
    assert own.loss_ == own.loss_curve_[-1]
    own.partial_fit(X, Y)
    assert (own.n_iter_, own.t_, len(own.loss_curve_)) == (3, 1050, 7)


def test_a_fit_that_fails_leaves_nothing_to_predict_with() -> None:
    own = ShoalClassifier(**QUICK, solver="sgd").fit(X, NAMES[Y])
    with pytest.raises(InputError):
        own.set_params(learning_rate_init=1e6, alpha=1e3).fit(X, Y)
    # classes_ are the new ones: the old networks must not name them
    with pytest.raises(NotFittedError):
        own.predict(X)


def test_warm_start_keeps_its_classes() -> None:
    own = ShoalClassifier(**QUICK, warm_start=True).fit(X, Y)
    with pytest.raises(ArgumentError) as error:
        own.fit(X, Y + 1)
    assert str(error.value) == (
        "ShoalClassifier: `y` must have classes of those known, [0, 1, 2]; got [3]."
        " Give the answers in that form, or choose another kind of model."
    )


def test_lbfgs_and_other_rules() -> None:
    x, y = load_diabetes(return_X_y=True)
    # a linear network by L-BFGS is least squares, whose R2 on these rows is 0.5177
    line = ShoalRegressor(
        hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, max_iter=200, n_networks=1, tol=1e-6
    )
    assert line.fit(x, y).score(x, y) == pytest.approx(0.5177484, abs=2e-6)
    assert not hasattr(line, "partial_fit")
    for solver in ("nadam", "rmsprop", "lion", "rprop"):
        assert ShoalClassifier(**QUICK, solver=solver).fit(X, Y).score(X, Y) > 0.6


def test_verbose_prints_a_line_an_epoch(capsys: Any) -> None:
    own = ShoalClassifier(**QUICK | {"max_iter": 3}, verbose=True).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    told = [f"Iteration {k}, loss = {loss:.8f}" for k, loss in enumerate(own.loss_curve_, 1)]
    assert lines == told


def test_looking_on_changes_no_bit(capsys: Any) -> None:
    quiet = ShoalClassifier(**QUICK).fit(X, Y)
    told = ShoalClassifier(**QUICK, verbose=True).fit(X, Y)
    assert quiet.model_.parameters.digest == told.model_.parameters.digest


def test_routing_and_repr() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        own = ShoalClassifier(**QUICK).set_fit_request(sample_weight=True)
        own.set_partial_fit_request(sample_weight=True, classes=True)
        own.set_score_request(sample_weight=False)
        scores = cross_val_score(own, X, Y, params={"sample_weight": np.ones(150)})
    assert scores.shape == (5,)
    assert "ShoalClassifier" in estimator_html_repr(own)
    assert repr(ShoalClassifier(alpha=0.5)) == "ShoalClassifier(alpha=0.5)"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"solver": "adma"}, "`solver` must be one of sgd, momentum, nesterov"),
    (
        {"alpha": -1},
        '`alpha` must be a number of 0 or more, or "auto"; got -1.'
        " Choose one of the names that are known.",
    ),
    (
        {"alpha": "much"},
        "`alpha` must be a number of 0 or more, or \"auto\"; got 'much'."
        " Choose one of the names that are known.",
    ),
    (
        {"hidden_layer_sizes": (3, 0)},
        "`hidden_layer_sizes` must be a whole number of 1 or more, or a sequence of them; "
        "got (3, 0)."
        " Choose one of the names that are known.",
    ),
    (
        {"momentum": 1.0},
        "`momentum` must be a number from 0 up to, but not, 1; got 1.0."
        " Choose one of the names that are known.",
    ),
    (
        {"batch_size": 0},
        '`batch_size` must be a whole number of 1 or more, or "auto", or "full"; got 0.'
        " Choose one of the names that are known.",
    ),
    (
        {"early_stopping": "yes"},
        "`early_stopping` must be True, False or \"auto\"; got 'yes'."
        " Choose one of the names that are known.",
    ),
    (
        {"max_iter": 2.5},
        "`max_iter` must be a whole number of 1 or more; got 2.5."
        " Choose one of the names that are known.",
    ),
    (
        {"max_iter": True},
        "`max_iter` must be a whole number of 1 or more; got True."
        " Choose one of the names that are known.",
    ),
    (
        {"n_networks": 0},
        "`n_networks` must be a whole number from 1 to 1,000,000; got 0."
        " Choose one of the names that are known.",
    ),
    (
        {"learning_rate_init": np.nan},
        "`learning_rate_init` must be a number above 0; got nan."
        " Choose one of the names that are known.",
    ),
    (
        {"class_weight": {0: -1.0}},
        '`class_weight` must be None, "balanced" or a dictionary from class to a weight above 0; '
        "got {0: -1.0}."
        " Choose one of the names that are known.",
    ),
    (
        {"n_jobs": 0},
        "`n_jobs` must be None or a whole number other than 0; got 0."
        " Choose one of the names that are known.",
    ),
]


@pytest.mark.parametrize(("settings", "told"), REFUSED, ids=lambda each: str(each)[:30])
def test_settings_that_cannot_be(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as error:
        ShoalClassifier(**settings).fit(X, Y)
    assert str(error.value).startswith(f"ShoalClassifier: {told}")
    if settings == {"solver": "adma"}:
        assert str(error.value).endswith("got 'adma'. Did you mean 'adam'?")


def test_rows_that_cannot_be() -> None:
    own = ShoalClassifier(**QUICK)
    with pytest.raises(ArgumentError) as error:
        own.fit(X[:10], Y[:10])
    assert str(error.value) == (
        "ShoalClassifier: `y` must have rows of at least 2 classes; got 1 class, [0]."
        " Give the answers in that form, or choose another kind of model."
    )
    with pytest.raises(ArgumentError) as error:
        own.fit(X, np.column_stack([Y, Y]))
    assert str(error.value) == (
        "ShoalClassifier: `y` must be one column of classes, or labels of 0 and 1 each; got "
        "2 columns. Train one estimator for each: sklearn.multioutput.MultiOutputClassifier."
    )
    with pytest.raises(ArgumentError) as error:
        own.set_params(class_weight={"verginica": 2.0}).fit(X, NAMES[Y])
    assert str(error.value) == (
        "ShoalClassifier: `class_weight` must name classes of y, "
        "['setosa', 'versicolor', 'virginica']; got 'verginica'. Did you mean 'virginica'?"
    )
    with pytest.raises(ArgumentError) as error:
        own.set_params(class_weight={"0": 2.0}).fit(X, Y)
    assert str(error.value) == (
        "ShoalClassifier: `class_weight` must name classes of y, [0, 1, 2]; got '0'. "
        "Did you mean 0?"
    )


TOO_LARGE: list[tuple[str, Any, Any, Any]] = [
    ("X", X * 1e150, np.arange(150.0), None),
    ("y", X, np.arange(150.0) * 1e306, None),
    ("sample_weight", X, np.arange(150.0), np.full(150, 1e200)),
]


@pytest.mark.parametrize(("name", "x", "y", "weight"), TOO_LARGE, ids=lambda each: str(each)[:13])
def test_numbers_without_squares(name: str, x: Any, y: Any, weight: Any) -> None:
    # 1.49e308 is the largest of y, 7.9e150 of X
    largest = {"X": "7.9e+150", "y": "1.49e+308", "sample_weight": "1e+200"}
    with pytest.raises(ArgumentError) as error:
        ShoalRegressor(**QUICK).fit(x, y, weight)
    assert str(error.value) == (
        f"ShoalRegressor: `{name}` must be at most 1e+150 in magnitude; got {largest[name]}."
        " Take these numbers out, or fill the gaps first."
    )


def test_a_sparse_matrix_too_large_to_be_written_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "MAX_NUMBERS", 599)
    with pytest.raises(InputError) as error:
        ShoalClassifier(**QUICK).fit(sparse.csr_array(X), Y)
    assert str(error.value) == (
        "ShoalClassifier: sparse X is written out to be standardised, and 150 rows of 4 features "
        "are more than 599 numbers. Select features first, or train on batches of rows with "
        "partial_fit."
    )


def test_networks_that_diverge_are_told() -> None:
    x, y = load_diabetes(return_X_y=True)
    own = ShoalRegressor(solver="sgd", learning_rate_init=1e3, random_state=0, max_iter=20)
    with pytest.raises(InputError) as error:
        own.fit(x, y)
    assert str(error.value) == (
        "ShoalRegressor: every one of 16 networks diverged. Give a smaller learning_rate_init, "
        "or scaled features and targets."
    )


def test_unscaled_features_are_told() -> None:
    with pytest.warns(ShoalWarning, match="2 features reach the network unscaled"):
        ShoalClassifier(**QUICK, scaling="none").fit(X * [1, 1, 100, 100], Y)


def test_probabilities_add_up_as_log_loss_asks() -> None:
    """It warns of rows that add up to 1 within 1e-7 only, and here warnings are errors."""
    own = ShoalClassifier(**QUICK).fit(X, Y)
    assert 0 < log_loss(Y, own.predict_proba(X)) < np.log(3)
