"""The parameters of the estimators: what each may be, in one table.

Everything is checked at the start of a fit, all of it with our own sentences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shoal.errors import ArgumentError, did_you_mean
from shoal.network import ACTIVATIONS
from shoal.training import OPTIMIZERS

LOSSES_OF_NUMBERS: Final = ("squared_error", "absolute_error", "huber", "poisson")
"""What a regression can make small."""
ACTIVATIONS_OF_PEER: Final = MappingProxyType({"logistic": "sigmoid"})
"""What MLPClassifier calls otherwise."""
NO_SOLVERS: Final = ("python", "perceptron")
"""Learning rules that need more than a name: a function, or a layer of step units."""
MAX_NETWORKS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of an estimator.

    Attributes:
        wanted: the requirement in words, beginning with a verb.
        allows: whether a value meets it.
        names: what may be named, for a guess at what was meant.
    """

    wanted: str
    allows: Callable[[Any], bool]
    names: Sequence[str] = ()


def check_parameters(where: str, given: Mapping[str, Any]) -> None:
    """Check every parameter of an estimator.

    Args:
        where: the estimator's class, for messages.
        given: parameters by name.

    Raises:
        ArgumentError: names the first that cannot be.
    """
    for name, value in given.items():
        parameter = PARAMETERS[name]
        if not parameter.allows(value):
            cure = did_you_mean(value, parameter.names) if isinstance(value, str) else ""
            raise ArgumentError(
                where, name, parameter.wanted, got=repr(value), cure=cure, code="A103"
            )


def _is_number(value: Any, low: float, high: float, *, low_too: bool) -> bool:
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        return False
    number = float(value)
    return (low <= number if low_too else low < number) and number < high


def _number(wanted: str, low: float, high: float = math.inf, *, low_too: bool = True) -> Parameter:
    return Parameter(
        wanted=wanted,
        allows=lambda value: _is_number(value, low, high, low_too=low_too),
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not _is_flag(value) and int(value) >= 1


def _count(*words: str) -> Parameter:
    told = "".join(f', or "{word}"' for word in words)
    return Parameter(
        wanted=f"must be a whole number of 1 or more{told}",
        allows=lambda value: _is_count(value) or (isinstance(value, str) and value in words),
    )


def _one_of(*names: str) -> Parameter:
    return Parameter(
        wanted=f"must be one of {', '.join(names)}",
        allows=lambda value: isinstance(value, str) and value in names,
        names=names,
    )


def _are_sizes(value: Any) -> bool:
    if _is_count(value):
        return True
    if isinstance(value, str | bytes | Mapping):
        return False
    try:
        return all(_is_count(size) for size in value)
    except TypeError:
        return False


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_seed(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, np.random.RandomState)
        or (isinstance(value, Integral) and 0 <= int(value) < 2**53 and not _is_flag(value))
    )


def _is_class_weight(value: Any) -> bool:
    if value is None or (isinstance(value, str) and value == "balanced"):
        return True
    return isinstance(value, Mapping) and all(
        _is_number(weight, 0, math.inf, low_too=False) for weight in value.values()
    )


def _is_n_jobs(value: Any) -> bool:
    return value is None or (
        isinstance(value, Integral) and int(value) != 0 and not _is_flag(value)
    )


_FLAG = Parameter(wanted="must be True or False", allows=_is_flag)
_SHARE = _number("must be a number from 0 up to, but not, 1", 0, 1)
_NOT_NEGATIVE = _number("must be a number of 0 or more", 0)
_ABOVE_0 = _number("must be a number above 0", 0, low_too=False)
_SCALING = _one_of("standard", "minmax", "none")

PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "hidden_layer_sizes": Parameter(
            wanted="must be a whole number of 1 or more, or a sequence of them", allows=_are_sizes
        ),
        "activation": _one_of(*ACTIVATIONS_OF_PEER, *ACTIVATIONS),
        "solver": _one_of(*(name for name in OPTIMIZERS if name not in NO_SOLVERS)),
        "loss": _one_of(*LOSSES_OF_NUMBERS),
        "alpha": Parameter(
            wanted='must be a number of 0 or more, or "auto"',
            allows=lambda value: _NOT_NEGATIVE.allows(value) or value == "auto",
        ),
        "batch_size": _count("auto", "full"),
        "learning_rate": _one_of("constant", "invscaling", "adaptive"),
        "learning_rate_init": _ABOVE_0,
        "power_t": _NOT_NEGATIVE,
        "max_iter": _count(),
        "shuffle": _FLAG,
        "random_state": Parameter(
            wanted="must be None, a whole number from 0 to 2**53 - 1, or a RandomState",
            allows=_is_seed,
        ),
        "tol": _NOT_NEGATIVE,
        "verbose": Parameter(
            wanted="must be True, False or a whole number of 0 or more",
            allows=lambda value: (
                _is_flag(value) or (isinstance(value, Integral) and int(value) >= 0)
            ),
        ),
        "warm_start": _FLAG,
        "momentum": _SHARE,
        "nesterovs_momentum": _FLAG,
        "early_stopping": Parameter(
            wanted='must be True, False or "auto"',
            allows=lambda value: _is_flag(value) or (isinstance(value, str) and value == "auto"),
        ),
        "validation_fraction": _SHARE,
        "beta_1": _SHARE,
        "beta_2": _SHARE,
        "epsilon": _ABOVE_0,
        "n_iter_no_change": Parameter(
            wanted="must be a whole number of 1 or more, or infinity",
            allows=lambda value: (
                _is_count(value) or (isinstance(value, Real) and float(value) == math.inf)
            ),
        ),
        "max_fun": _count(),
        "n_networks": Parameter(
            wanted=f"must be a whole number from 1 to {MAX_NETWORKS:,}",
            allows=lambda value: _is_count(value) and value <= MAX_NETWORKS,
        ),
        "class_weight": Parameter(
            wanted='must be None, "balanced" or a dictionary from class to a weight above 0',
            allows=_is_class_weight,
        ),
        "scaling": _SCALING,
        "target_scaling": _SCALING,
        "dropout": _SHARE,
        "n_jobs": Parameter(
            wanted="must be None or a whole number other than 0", allows=_is_n_jobs
        ),
    }
)
"""Every parameter of `ShoalClassifier` and `ShoalRegressor`, by name."""
