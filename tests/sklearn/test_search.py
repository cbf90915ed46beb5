"""`PopulationSearchCV`: the results of GridSearchCV to the last bit, trained as one population."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ParameterGrid,
    RandomizedSearchCV,
    ShuffleSplit,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from shoal.errors import ArgumentError
from shoal.sklearn import PopulationSearchCV, ShoalClassifier, ShoalRegressor, search

UNEQUAL = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
"""Mini-batches and float32 cannot; see docs/estimators.md."""
GRID = {"learning_rate_init": [0.003, 0.03], "hidden_layer_sizes": [(3,), (5, 3)]}


@pytest.fixture(scope="module")
def rows():
    return make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=1)


def few(**settings):
    return ShoalClassifier(**{"n_networks": 2, "max_iter": 4, "random_state": 7, **settings})


def assert_same_results(one, other):
    """All that is no time is equal, to the last bit, and the keys are the same."""
    assert one.keys() == other.keys()
    for key in one:
        if "time" not in key:
            np.testing.assert_array_equal(one[key], other[key], err_msg=key)
            if key.startswith("param_"):
                assert isinstance(one[key], np.ma.MaskedArray)


@pytest.mark.parametrize(
    "settings",
    [
        {"cv": 3},
        {"cv": 3, "return_train_score": True, "scoring": "f1_macro"},
        {"cv": 2, "scoring": ["accuracy", "f1_macro"], "refit": "accuracy"},
    ],
    ids=["plain", "train-scores", "two-scores"],
)
def test_results_are_those_of_grid_search(rows, settings):
    found = PopulationSearchCV(few(), GRID, **settings).fit(*rows)
    peer = GridSearchCV(few(), GRID, **settings).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)
    assert found.best_params_ == peer.best_params_
    assert found.best_index_ == peer.best_index_
    assert found.best_score_ == peer.best_score_
    assert found.n_splits_ == peer.n_splits_
    assert found.multimetric_ == peer.multimetric_
    np.testing.assert_array_equal(found.predict_proba(rows[0]), peer.predict_proba(rows[0]))
    assert found.score(*rows) == peer.score(*rows)
    assert list(found.classes_) == [0, 1, 2]
    assert found.n_features_in_ == 5


def test_results_are_those_of_random_search(rows):
    drawn = {"learning_rate_init": loguniform(1e-3, 1e-1), "batch_size": [16, 32]}
    settings = {"n_iter": 3, "random_state": 4, "cv": 2}
    found = PopulationSearchCV(few(), param_distributions=drawn, **settings).fit(*rows)
    peer = RandomizedSearchCV(few(), drawn, **settings).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)


def test_regression_with_weights_and_groups():
    x, y = make_regression(80, 4, noise=5.0, random_state=2)
    weights = np.linspace(0.5, 2, 80)
    groups = np.arange(80) % 4
    model = ShoalRegressor(n_networks=2, max_iter=4, random_state=1)
    grid, cv = {"alpha": [1e-4, 1.0]}, GroupKFold(4)
    given = {"groups": groups, "sample_weight": weights}
    found = PopulationSearchCV(model, grid, cv=cv).fit(x, y, **given)
    peer = GridSearchCV(model, grid, cv=cv).fit(x, y, **given)
    assert_same_results(found.cv_results_, peer.cv_results_)
    assert found.n_splits_ == 4


def test_a_pipeline_is_fitted_fold_by_fold(rows):
    pipe = Pipeline([("scale", StandardScaler()), ("model", few(scaling="none"))])
    grid = {"model__learning_rate_init": [0.003, 0.03], "scale__with_mean": [True, False]}
    found = PopulationSearchCV(pipe, grid, cv=3).fit(*rows)
    peer = GridSearchCV(pipe, grid, cv=3).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)


def test_networks_that_train_alike_are_one_population(rows, monkeypatch):
    """2 rates x 2 shapes x 3 folds: 12 jobs in one call, and nothing trained beside it."""
    from shoal.sklearn import fitting

    n_populations = []
    trained = fitting._trained

    def counted(populations, *more):
        n_populations.append(len(populations))
        return trained(populations, *more)

    monkeypatch.setattr(fitting, "_trained", counted)
    PopulationSearchCV(few(), GRID, cv=3, refit=False).fit(*rows)
    # networks of the same shape train as one; rates and folds do not part them
    assert sorted(n_populations) == [6, 6]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "absolute_error"},
        {"loss": "huber", "early_stopping": True},
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05},
    ],
    ids=lambda each: "-".join(map(str, each.values())) or "defaults",
)
def test_folds_of_numbers_are_one_population(settings, monkeypatch):
    """`tol` is a share of the spread of each fold's target; 30 epochs let it end networks."""
    x, y = make_regression(90, 4, noise=5.0, random_state=2)
    y = 1e3 * np.column_stack([y, 7 * y**2])
    given = {"n_networks": 2, "max_iter": 30, "random_state": 1, "tol": 0.01, "n_iter_no_change": 2}
    model = ShoalRegressor(**given | settings)
    peer = GridSearchCV(model, {"power_t": [0.5]}, cv=3).fit(x, y)
    n_jobs = counted(monkeypatch)
    found = PopulationSearchCV(model, {"power_t": [0.5]}, cv=3).fit(x, y)
    assert n_jobs == [3, 1]
    assert_same_results(found.cv_results_, peer.cv_results_)
    np.testing.assert_array_equal(
        found.best_estimator_.loss_curve_, peer.best_estimator_.loss_curve_
    )


def test_a_splitter_that_draws_anew_is_asked_once(rows):
    cv = ShuffleSplit(2, test_size=0.3, random_state=np.random.RandomState(3))
    found = PopulationSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=cv).fit(*rows)
    again = ShuffleSplit(2, test_size=0.3, random_state=np.random.RandomState(3))
    peer = GridSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=again).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)


def test_a_setting_that_cannot_be_gets_the_error_score(rows):
    grid = {"learning_rate_init": [0.01, -1.0]}
    with (
        pytest.warns(UserWarning, match="non-finite"),
        pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4"),
    ):
        found = PopulationSearchCV(few(), grid, cv=2).fit(*rows)
    scores = found.cv_results_["mean_test_score"]
    assert np.isfinite(scores[0])
    assert np.isnan(scores[1])
    assert found.best_params_ == {"learning_rate_init": 0.01}
    with pytest.raises(ValueError, match="learning_rate"):
        PopulationSearchCV(few(), grid, cv=2, error_score="raise").fit(*rows)


def test_fit_times_are_shares_of_the_whole(rows):
    """Their sum over all fits is no more than the search took."""
    import time

    begun = time.perf_counter()
    found = PopulationSearchCV(few(), GRID, cv=3, refit=False).fit(*rows)
    whole = time.perf_counter() - begun
    times = found.cv_results_["mean_fit_time"]
    assert (times > 0).all()
    assert 3 * times.sum() < whole


def test_refit_false_and_callable(rows):
    found = PopulationSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=2, refit=False).fit(*rows)
    assert not hasattr(found, "best_estimator_")
    assert set(found.best_params_) == {"alpha"}
    last = PopulationSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=2, refit=lambda results: 1)
    assert last.fit(*rows).best_params_ == {"alpha": 1.0}


def test_clone_pickle_and_html(rows):
    made = PopulationSearchCV(few(), GRID, cv=2)
    assert clone(made).get_params()["estimator__n_networks"] == 2
    found = made.fit(*rows)
    back = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(back.predict(rows[0]), found.predict(rows[0]))
    assert "PopulationSearchCV" in found._repr_html_()
    assert not hasattr(found, "_rows")


def test_without_a_seed_it_is_still_one_population(rows, monkeypatch):
    from shoal.sklearn import fitting

    n_trained = []
    trained = fitting._trained
    monkeypatch.setattr(fitting, "_trained", lambda *given: n_trained.append(1) or trained(*given))
    PopulationSearchCV(
        few(random_state=None), {"learning_rate_init": [0.01, 0.1]}, cv=2, refit=False
    ).fit(*rows)  # fmt: skip
    assert len(n_trained) == 1


def test_others_are_refused_by_name(rows):
    with pytest.raises(ArgumentError) as told:
        PopulationSearchCV(RandomForestClassifier(), {"max_depth": [1]}).fit(*rows)
    assert str(told.value) == (
        "PopulationSearchCV: `estimator` must be a ShoalClassifier or ShoalRegressor, or a "
        "Pipeline that ends in one; got RandomForestClassifier. Only networks train as one "
        "population; for others take GridSearchCV."
    )
    pipe = Pipeline([("scale", StandardScaler()), ("model", RandomForestClassifier())])
    with pytest.raises(ArgumentError, match="got Pipeline that ends in RandomForestClassifier"):
        PopulationSearchCV(pipe, {"model__max_depth": [1]}).fit(*rows)


@pytest.mark.parametrize("given", [{}, {"param_grid": GRID, "param_distributions": GRID}])
def test_grid_or_distributions(rows, given):
    with pytest.raises(ArgumentError) as told:
        PopulationSearchCV(few(), **given).fit(*rows)
    got = "both" if given else "neither"
    assert str(told.value) == (
        "PopulationSearchCV: `param_grid` or `param_distributions` must be given, one of the "
        f"two; got {got}."
        " Give one of the two."
    )


def test_datasets_are_shared_between_settings(rows):
    """Four settings of three folds: the rows of three folds are kept, not of twelve fits."""
    from shoal.sklearn.search_jobs import turns_of

    splits = list(ShuffleSplit(3, random_state=0).split(rows[0]))
    ((settings, jobs),) = turns_of(few(), ParameterGrid(GRID), splits, rows, {})
    assert settings == list(ParameterGrid(GRID))
    assert len(jobs) == 12
    assert len({id(job.dataset) for job in jobs}) == 3


# --- what a user may bring along


def counted(monkeypatch):
    """Return a list to which every population that is trained adds how many jobs it joins."""
    from shoal.sklearn import fitting

    n_jobs, trained = [], fitting._trained
    monkeypatch.setattr(
        fitting, "_trained", lambda each, *more: n_jobs.append(len(each)) or trained(each, *more)
    )
    return n_jobs


def test_splits_may_come_from_a_generator(rows):
    """It can be read once; scikit-learn's own search reads it once, too."""
    drawn = (each for each in ShuffleSplit(3, random_state=0).split(rows[0]))
    again = (each for each in ShuffleSplit(3, random_state=0).split(rows[0]))
    found = PopulationSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=drawn).fit(*rows)
    peer = GridSearchCV(few(), {"alpha": [0.0, 1.0]}, cv=again).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)
    assert found.n_splits_ == 3


def test_a_setting_that_the_rows_refuse_fails_alone(rows):
    """No row is of class 9: that is found out when training is prepared, after the checks."""
    grid = {"class_weight": [None, {9: 2.0}]}
    with (
        pytest.warns(UserWarning, match="non-finite"),
        pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4"),
    ):
        found = PopulationSearchCV(few(), grid, cv=2).fit(*rows)
    assert np.isfinite(found.cv_results_["mean_test_score"]).tolist() == [True, False]
    with pytest.raises(ValueError, match="must name classes of y"):
        PopulationSearchCV(few(), grid, cv=2, error_score="raise").fit(*rows)


def test_what_looks_on_sees_every_fit_once(rows, capsys, monkeypatch):
    """2 settings x 2 folds of 4 epochs: 16 lines, as of GridSearchCV, and no population."""
    n_jobs = counted(monkeypatch)
    told = few(verbose=True)
    PopulationSearchCV(told, {"alpha": [0.0, 1.0]}, cv=2, refit=False).fit(*rows)
    mine = capsys.readouterr().out
    GridSearchCV(told, {"alpha": [0.0, 1.0]}, cv=2, refit=False).fit(*rows)
    assert mine == capsys.readouterr().out
    assert len(mine.splitlines()) == 16
    assert n_jobs == [1] * 8  # 4 in each search


class Watcher:
    """A callback that goes from a search to its fits, and counts what it is told."""

    max_propagation_depth = None

    def __init__(self):
        self.begun = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.estimator_name.split("CV")[0][-6:], context.task_name))

    def on_fit_task_end(self, estimator, context):
        pass


@pytest.mark.parametrize("where", ["search", "estimator", "pipeline"])
def test_callbacks_are_told_as_by_grid_search(rows, where):
    pytest.importorskip("sklearn.callback")
    told = []
    for makes in (PopulationSearchCV, GridSearchCV):
        seen, model, grid = Watcher(), few(), {"alpha": [0.0, 1.0]}
        if where == "pipeline":
            model = Pipeline([("scale", StandardScaler()), ("model", few())])
            grid = {"model__alpha": [0.0, 1.0]}
        made = makes(model, grid, cv=2)
        if where == "search":
            made.set_callbacks(seen)
        else:
            # one that goes on by itself is refused below a search
            seen = type("Own", (), {k: v for k, v in vars(Watcher).items() if k[:3] != "max"})()
            model.set_callbacks(seen)
        made.fit(*rows)
        told.append([name for _, name in seen.begun])
    assert told[0] == told[1]
    n_fits = 5  # 2 settings x 2 folds, and the best on all rows
    if where != "pipeline":
        assert told[0].count("epoch") == 4 * n_fits


def test_warnings_come_once(rows):
    """GridSearchCV warns of a column y in each of 3 fits; the beginnings of fits add none."""
    x, y = rows
    told = []
    for makes in (PopulationSearchCV, GridSearchCV):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            makes(few(), {"alpha": [0.0]}, cv=2, scoring=lambda *_: 1.0).fit(
                x, y[:, np.newaxis], sample_weight=np.ones(90)
            )
        told.append(sorted(each.category.__name__ for each in found))
    assert told == [["DataConversionWarning"] * 3 + ["UserWarning"]] * 2


def test_searches_in_threads_do_not_meet(rows):
    from concurrent.futures import ThreadPoolExecutor

    grids = [{"alpha": [0.0, 1.0]}, {"learning_rate_init": [0.01, 0.1]}]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda g: PopulationSearchCV(few(), g, cv=2).fit(*rows), grids * 2))
    for each, grid in zip(found, grids * 2, strict=True):
        assert_same_results(
            each.cv_results_, GridSearchCV(few(), grid, cv=2).fit(*rows).cv_results_
        )


def test_a_search_leaves_nothing_behind(rows):
    """Fits after a search train themselves, also after one that failed half-way."""
    from shoal.sklearn.fitting import _READY

    def broken(*_):
        raise RuntimeError("scorer")

    with pytest.raises(RuntimeError, match="scorer"):
        PopulationSearchCV(few(), GRID, cv=2, scoring=broken, error_score="raise").fit(*rows)
    assert _READY.get() is None


def test_models_of_many_settings_are_trained_in_turns(rows, monkeypatch):
    """With room for the networks of 2 settings, 5 settings take 3 turns, with the same results."""
    from shoal.sklearn import search_jobs

    grid = {"learning_rate_init": [0.001, 0.003, 0.01, 0.03, 0.1]}
    peer = GridSearchCV(few(), grid, cv=2).fit(*rows)
    n_jobs = counted(monkeypatch)
    # 5-48-3: (5 + 1) * 48 + (48 + 1) * 3 = 435 numbers; 2 folds x 2 networks of 4 arrays of
    # float32; and 2 x 45 rows of 5 features in double and in float32
    room = 2 * (2 * 2 * 435 * 4 * 4) + 2 * 45 * 5 * (8 + 4)
    monkeypatch.setattr(search_jobs, "BYTES_AT_ONCE", room)
    found = PopulationSearchCV(few(), grid, cv=2).fit(*rows)
    assert_same_results(found.cv_results_, peer.cv_results_)
    assert n_jobs == [4, 4, 2, 1]  # and the best on all rows
    assert (found.cv_results_["mean_fit_time"] > 0).all()


def test_ctrl_c_ends_a_search(rows, monkeypatch):
    """Fits that were cut short would be scored as if they were whole."""
    from dataclasses import replace

    from shoal.sklearn import search_jobs

    trained = search_jobs.train_all
    monkeypatch.setattr(
        search_jobs, "train_all",
        lambda *given, **more: [replace(run, interrupted=True) for run in trained(*given, **more)],
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        PopulationSearchCV(few(), GRID, cv=2).fit(*rows)


def test_an_empty_pipeline_is_refused(rows):
    with pytest.raises(ArgumentError, match="got Pipeline without steps"):
        PopulationSearchCV(Pipeline([]), {}).fit(*rows)


@parametrize_with_checks(
    [search.PopulationSearchCV(few(max_iter=10), {"alpha": [1e-4, 1e-2]}, cv=2)],
    expected_failed_checks=lambda estimator: dict.fromkeys(UNEQUAL, "as for the estimator itself"),
)
def test_estimator_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)
