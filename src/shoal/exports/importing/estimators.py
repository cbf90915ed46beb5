"""scikit-learn's networks in memory, alone or inside a Pipeline or a TransformedTargetRegressor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shoal.data.wording import show
from shoal.exports.importing.chain import Refusal, Step, Stretch, stretch
from shoal.exports.importing.naming import Found
from shoal.exports.importing.objects import mlp_found, scaler_of

NETWORKS = ("MLPClassifier", "MLPRegressor")


def sklearn_object(estimator: Any) -> Found:
    """Return the layers and scalers of an estimator.

    Raises:
        Refusal: it is not fitted, another estimator, or scaled in a way that is not known.
    """
    behind, inner = None, estimator
    if type(inner).__name__ == "TransformedTargetRegressor":
        behind, inner = _target_scaler(estimator)
    front: list[Step] = []
    if type(inner).__name__ == "Pipeline":
        *scalers, (_, last) = inner.steps
        front = [scaler_of(step) for _, step in scalers if step not in (None, "passthrough")]
        if type(last).__name__ == "TransformedTargetRegressor" and behind is None:
            behind, last = _target_scaler(last)
        inner = last
    if type(inner).__name__ not in NETWORKS or not _is_own(inner):
        told = f"has no MLPClassifier or MLPRegressor, but {show(type(inner).__name__)}"
        raise Refusal(f"{told} at its end.")
    found = mlp_found(inner, front, behind)
    return replace(found, features=_names(estimator))


def _target_scaler(estimator: Any) -> tuple[Step | None, Any]:
    """Return how the target is brought back to its units, and the regressor inside."""
    if not hasattr(estimator, "regressor_"):
        raise Refusal("is not fitted.", "Call fit first.", code="M108")
    transformer = estimator.transformer_
    own = type(transformer).__name__
    if own == "FunctionTransformer" and transformer.func is None:
        return None, estimator.regressor_
    scaler = scaler_of(transformer)
    return _inverse(scaler), estimator.regressor_


def _inverse(step: Stretch) -> Stretch:
    """y = (t - c) / s + h, solved for t: (y - h) s + c."""
    width = len(step.center)
    return stretch(step.name, width, center=step.shift, scale=1 / step.scale, shift=step.center)


def _names(estimator: Any) -> tuple[str, ...] | None:
    """Return the names of the columns, where it was fitted on a data frame."""
    for each in (estimator, getattr(estimator, "regressor_", None)):
        names = getattr(each, "feature_names_in_", None)
        if names is not None:
            return tuple(str(name) for name in names)
    return None


def _is_own(estimator: Any) -> bool:
    return type(estimator).__module__.startswith("sklearn.")
