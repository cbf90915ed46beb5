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

    The function is called once a step for every network, with

    - ``parameters`` (K,): all weights of the network, a copy, in the precision of the training.
    - ``state``: what it returned as state in the step before, a copy; None in the first step.
    - ``loss(parameters)``: the number that training makes small, on the batch of the step, with
      penalties, dropout and the like; infinity where it is not a number.
    - ``gradient(parameters)``: its derivative (K,), clipped as the settings say.
    - ``rng``: a NumPy generator that depends on the network's stream `search` and the step.

    Each call of `loss` or `gradient` counts as one evaluation. It returns the new parameters
    (K,) and the new state. Nothing else may be remembered, in globals or closures: steps are
    wound back, taken again and carried on from checkpoints. The state may be anything that
    ``copy.deepcopy`` copies; a checkpoint holds None, bool, int, float, str, NumPy numbers and
    arrays, and lists, tuples and dictionaries of these. Parameters that are not finite end the
    network as diverged. What the function raises ends the run as a `FunctionError`, and its
    `run` holds what was trained. Max-norm is applied to what it returns; learning rate,
    schedule and weight decay are its own affair.

    Args:
        function: the function, or in documents ``"module:name"``.

    Example:
        >>> def descend(parameters, state, loss, gradient, rng):
        ...     return parameters - 0.5 * gradient(parameters), state
        >>> PythonRule(descend).name
        'python'
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
    return InputError(
        f"{WHERE}: '{rule.function.code}' must return {wanted}; got {got}.", code="F101"
    )


PYTHON_ENTRIES = (
    OptimizerEntry(
        record=PythonRule,
        function=_ask,
        kind="python",
        needs_gradient=False,
        default_dtype="float64",
    ),
)
