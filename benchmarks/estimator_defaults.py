"""How the defaults of `ShoalClassifier` and `ShoalRegressor` were chosen.

``python -m benchmarks.estimator_defaults`` compares settings, changed one at a time, with
MLPClassifier and MLPRegressor in their defaults (features scaled, targets too), paired on the same
folds. One thread; times are those of the process, so that what else runs does not count.
``--held-out`` measures from how many rows on early stopping pays, ``--counts`` what counts gain
by being divided by their mean.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from shoal.sklearn import ShoalClassifier, ShoalRegressor

Rows = tuple[np.ndarray, np.ndarray]
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an estimator attained on a set: scores (folds,) and seconds of a fit (folds,)."""

    scores: np.ndarray
    seconds: np.ndarray


def classification_sets() -> dict[str, Callable[[], Rows]]:
    """Return the sets with classes: those of scikit-learn, and generated ones."""
    make = datasets.make_classification
    return {
        "iris": lambda: datasets.load_iris(return_X_y=True),
        "wine": lambda: datasets.load_wine(return_X_y=True),
        "cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
        "digits": lambda: datasets.load_digits(return_X_y=True),
        "moons": lambda: datasets.make_moons(600, noise=0.3, random_state=1),
        "rings": lambda: datasets.make_gaussian_quantiles(
            n_samples=900, n_features=5, n_classes=3, random_state=2
        ),
        "noisy": lambda: make(500, 20, n_informative=6, flip_y=0.1, random_state=3),
        "clusters": lambda: make(
            1500, 20, n_informative=8, n_classes=4, n_clusters_per_class=2, random_state=4
        ),
        "wide": lambda: make(300, 100, n_informative=10, random_state=5),
    }


def regression_sets() -> dict[str, Callable[[], Rows]]:
    """Return the sets with numbers."""
    return {
        "diabetes": lambda: datasets.load_diabetes(return_X_y=True),
        "friedman1": lambda: datasets.make_friedman1(500, noise=1.0, random_state=1),
        "friedman2": lambda: datasets.make_friedman2(800, noise=50.0, random_state=2),
        "friedman3": lambda: datasets.make_friedman3(800, noise=0.1, random_state=3),
        "linear": lambda: datasets.make_regression(
            400, 20, n_informative=8, noise=40.0, random_state=4
        ),
    }


def all_sets() -> Iterator[tuple[str, bool, Rows]]:
    """Yield every set: name, whether it has classes, rows."""
    for name, make in classification_sets().items():
        yield name, True, make()
    for name, make in regression_sets().items():
        yield name, False, make()


def peer(classes: bool) -> Any:
    """Return the estimator to be compared with: defaults, features and targets scaled."""
    if classes:
        return make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    inner = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
    return TransformedTargetRegressor(inner, transformer=StandardScaler())


def own(classes: bool, settings: Mapping[str, Any]) -> Any:
    """Return our estimator with some settings."""
    kind = ShoalClassifier if classes else ShoalRegressor
    return kind(random_state=0, n_jobs=1, **settings)


def measure(estimator: Any, classes: bool, rows: Rows, repeats: int) -> Measured:
    """Return scores and times of fits on the folds, the same folds for every estimator."""
    splitter = RepeatedStratifiedKFold if classes else RepeatedKFold
    x, y = rows
    scores, seconds = [], []
    folds = splitter(n_splits=FOLDS, n_repeats=repeats, random_state=0)
    for train, test in folds.split(x, y):
        fitted = clone(estimator)
        since = time.process_time()
        fitted.fit(x[train], y[train])
        seconds.append(time.process_time() - since)
        scores.append(fitted.score(x[test], y[test]))
    return Measured(scores=np.array(scores), seconds=np.array(seconds))


CHANGES: dict[str, list[Any]] = {
    "hidden_layer_sizes": [(32,), (64,), (100,)],
    "learning_rate_init": [0.003, 0.02],
    "batch_size": [64, 128],
    "max_iter": [30, 100],
    "alpha": [0.0001, 0.1, 0.5],
    "activation": ["tanh", "silu"],
    "n_networks": [1, 8, 32],
    "early_stopping": [True],
}
"""What is tried in place of the defaults, one at a time."""


def settings_to_compare() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the defaults, and what differs from them in one setting."""
    yield "defaults", {}
    for key, values in CHANGES.items():
        for value in values:
            yield f"{key}={value}", {key: value}


def compare(repeats: int, chosen: list[str] | None) -> None:
    """Print, for every setting and set, points above the peer, and the median ratio of times."""
    sets = list(all_sets())
    peers = {name: measure(peer(c), c, rows, repeats) for name, c, rows in sets}
    names = [name for name, _, _ in sets]
    print(f"{'':32}" + "".join(f"{name[:9]:>10}" for name in names) + "      mean  worst  time")
    told = "".join(f"{peers[name].scores.mean():10.3f}" for name in names)
    print(f"{'MLPClassifier or MLPRegressor':32}{told}")
    for label, settings in settings_to_compare():
        if chosen and label not in chosen:
            continue
        gains, ratios = [], []
        for name, classes, rows in sets:
            found = measure(own(classes, settings), classes, rows, repeats)
            gains.append(100 * float((found.scores - peers[name].scores).mean()))
            ratios.append(float(np.median(found.seconds) / np.median(peers[name].seconds)))
        told = "".join(f"{gain:+10.2f}" for gain in gains)
        end = f"{np.mean(gains):+10.2f} {min(gains):+6.2f} {np.median(ratios):5.2f}"
        print(f"{label[:31]:32}{told}{end}", flush=True)


def held_out_study(repeats: int) -> None:
    """Print what early stopping gains by the number of rows, on larger generated sets."""
    print("rows      set          without     with   points   time with/without")
    for n in (500, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000):
        for name, classes, rows in larger_sets(n):
            found = [
                measure(own(classes, {"early_stopping": stop}), classes, rows, repeats)
                for stop in (False, True)
            ]
            scores = [100 * float(each.scores.mean()) for each in found]
            ratio = np.median(found[1].seconds) / np.median(found[0].seconds)
            told = f"{scores[0]:8.2f} {scores[1]:8.2f} {scores[1] - scores[0]:+8.2f} {ratio:8.2f}"
            print(f"{n:8,}  {name:10} {told}", flush=True)


def counts_study(repeats: int) -> None:
    """Print R2 of counts by their mean: divided by it, as they are, and as numbers."""
    print("mean       divided   as they are   squared error")
    ways: list[dict[str, Any]] = [
        {"loss": "poisson"},
        {"loss": "poisson", "target_scaling": "none"},
        {"loss": "squared_error"},
    ]
    for mean in (1, 30, 1_000, 100_000):
        scores = np.array([[score_of_counts(mean, seed, way) for way in ways]
                           for seed in range(repeats)])  # fmt: skip
        told = "".join(f"{score:12.3f}" for score in scores.mean(axis=0))
        print(f"{mean:7,}{told}", flush=True)


def score_of_counts(mean: float, seed: int, settings: Mapping[str, Any]) -> float:
    """Return R2 of the true rates of 2,000 rows, learnt from counts of 300."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2_300, 5))
    rates = mean * np.exp(0.5 * x[:, 0] + 0.3 * np.sin(x[:, 1]))
    fitted = own(False, settings).fit(x[:300], rng.poisson(rates[:300]))
    return float(fitted.score(x[300:], rates[300:]))


def larger_sets(n: int) -> Iterator[tuple[str, bool, Rows]]:
    """Yield sets of n rows."""
    flips = datasets.make_classification(n, 20, n_informative=8, flip_y=0.2, random_state=1)
    clean = datasets.make_classification(
        n, 20, n_informative=10, n_classes=4, flip_y=0.01, random_state=2
    )
    yield "flips", True, flips
    yield "clean", True, clean
    yield "friedman1", False, datasets.make_friedman1(n, noise=1.0, random_state=3)


def main() -> None:
    """Run the study that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--counts", action="store_true")
    parser.add_argument("--only", nargs="*", help="settings to compare, such as 'alpha=1.0'")
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):
        if given.held_out:
            held_out_study(given.repeats)
        elif given.counts:
            counts_study(given.repeats)
        else:
            compare(given.repeats, given.only)


if __name__ == "__main__":
    main()
