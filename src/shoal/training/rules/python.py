"""A learning rule of one's own: a Python function, slower than the core's rules but free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from shoal.errors import InputError
from shoal.fields import NamedRecord, positional
from shoal.network.arrays import FloatArray
from shoal.training.functions import FunctionField, UserFunction, call
from shoal.training.rules.entries import OptimizerEntry
from shoal.training.rules.searching import Oracle, SearchState

WHERE = "training.optimizer.function"


class PythonRule(NamedRecord):
    """A rule of one's own: ``(parameters, state, loss, gradient, rng) -> (parameters, state)``.

    Every step the function gets the parameters (K,), what it returned as state in the step
    before (None in the first), ``loss(parameters)`` and ``gradient(parameters)`` on the
    step's batch, and a NumPy generator that depends on the stream `search` and the step. A
    loss that is not a number is handed over as infinity. Each call of `loss` or `gradient`
    counts as one evaluation.

    Args:
        function: the function, or in documents ``"module:name"``.
    """

    name: Literal["python"] = "python"
    function: FunctionField

    @positional
    def __init__(
        self, function: UserFunction | Callable[..., Any] | str, *, name: str = "python"
    ) -> None: ...


def _ask(
    rule: PythonRule, w: FloatArray, state: SearchState, oracle: Oracle, t: int, factor: float
) -> tuple[FloatArray, SearchState]:
    rng = np.random.default_rng(oracle.stream.words(4, step=t))
    answer = call(WHERE, rule.function, w.copy(), state.own, oracle.loss, oracle.gradient, rng)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise _refused(rule, "(parameters, state)", type(answer).__name__)
    parameters = np.asarray(answer[0])
    if parameters.shape != w.shape:
        raise _refused(rule, f"parameters of shape ({len(w)},)", str(parameters.shape))
    if parameters.dtype.kind not in "fiu":
        raise _refused(rule, "parameters that are numbers", str(parameters.dtype))
    return parameters.astype(w.dtype), SearchState(own=answer[1])


def _refused(rule: PythonRule, wanted: str, got: str) -> InputError:
    return InputError(f"{WHERE}: '{rule.function.code}' must return {wanted}; got {got}.")


PYTHON_ENTRIES = (
    OptimizerEntry(
        record=PythonRule,
        function=_ask,
        kind="python",
        needs_gradient=False,
        default_dtype="float64",
    ),
)
