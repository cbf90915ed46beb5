"""Populations as scikit-learn estimators; needs the extra ``sklearn``.

`ShoalClassifier` and `ShoalRegressor` train a population as one and predict as its ensemble;
`PopulationSearchCV` trains all folds and settings of a search as one population.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from shoal.errors import MissingExtraError

if TYPE_CHECKING:
    from shoal.sklearn.classifier import ShoalClassifier
    from shoal.sklearn.regressor import ShoalRegressor
    from shoal.sklearn.search import PopulationSearchCV
    from shoal.sklearn.worth_asking import worth
    from shoal.sklearn.worth_record import Worth

__all__ = ["PopulationSearchCV", "ShoalClassifier", "ShoalRegressor", "Worth", "worth"]

_HOMES = {
    "ShoalClassifier": "classifier",
    "ShoalRegressor": "regressor",
    "PopulationSearchCV": "search",
    "Worth": "worth_record",
    "worth": "worth_asking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if find_spec("sklearn") is None:
        raise MissingExtraError(f"shoal.sklearn.{name}", "scikit-learn", "sklearn")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
