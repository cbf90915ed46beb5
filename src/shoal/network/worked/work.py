"""A row worked through a network: forward, the loss, and back."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError
from shoal.network.layout import Parameters
from shoal.network.losses import check_fit
from shoal.network.network import Network
from shoal.network.worked.backward import work_backward
from shoal.network.worked.forward import work_forward
from shoal.network.worked.losses import TargetNumbers, work_loss
from shoal.network.worked.precision import Precision
from shoal.network.worked.problem import Problem, Target
from shoal.network.worked.records import Folding, Pass


def work(
    network: Network,
    parameters: Parameters,
    x: ArrayLike,
    *,
    target: Target | None = None,
    backward: bool = False,
    input_names: tuple[str, ...] = (),
    output_names: tuple[str, ...] = (),
    folding: Folding | None = None,
    where: str = "work",
) -> Pass:
    """Return a row worked through a network, with all the numbers.

    Every value is that of its formula in double precision, from left to right, rounded to the
    precision of the parameters and used as it is written from there on.

    Args:
        network: with known inputs.
        parameters: of one network.
        x: what the network sees.
        target: what it should say, and the loss; None for the way forward alone.
        backward: whether the way back is worked too.
        input_names: of features; x0, x1, ... if not given.
        output_names: of classes or targets; unit 1, unit 2, ... if not given.
        folding: how much is shown.
        where: the public function, for messages.

    Shapes:
        x (D,)

    Raises:
        ArgumentError: `x` or the target does not fit, or a number on the way is not finite.

    Example:
        >>> from shoal.network import Dense
        >>> network = Network([Dense(1, "sigmoid")], inputs=2)
        >>> start = network.start_from([[[0.5], [-0.25]]], [[0.125]], "float64")
        >>> worked = work(network, start, [1.0, 2.0])
        >>> worked.layers[0].units[0].z.value, round(worked.outputs[0], 6)
        (0.125, 0.531209)
    """
    row = np.asarray(x, np.float64)
    if row.shape != (network.n_inputs,):
        wanted = f"must have shape (D,) with D={network.n_inputs} from `network`"
        raise ArgumentError(where, "x", wanted, got=row.shape, code="A104")
    if not np.isfinite(row).all():
        raise ArgumentError(
            where, "x", f"must be finite in {parameters.dtype}", got="infinity or NaN", code="A105"
        )
    problem = Problem(
        network=network,
        parameters=parameters,
        x=Precision(str(parameters.dtype)).all_shown(row),
        input_names=input_names or tuple(f"x{i}" for i in range(len(row))),
        output_names=output_names,
        folding=folding or Folding(),
        where=where,
    )
    _check_target(where, network, target)
    asked = () if target is None else (int(np.argmax(target.y)),)
    forward = work_forward(problem, asked)
    ys = None if target is None else TargetNumbers(problem, target)
    loss = None if ys is None or target is None else work_loss(problem, forward, target, ys)
    if loss is not None and not math.isfinite(loss.value):
        wanted = f"must keep the loss finite in {problem.precision.dtype}"
        raise ArgumentError(where, "x", wanted, got=f"{loss.value:g}", code="A105")
    back = None
    if backward and ys is not None and target is not None:
        back = work_backward(problem, forward, target, ys)
    seen = sorted({i for chosen in forward.terms[0].values() for i in chosen})
    return Pass(
        dtype=problem.precision.dtype,
        inputs=tuple(seen),
        outputs=tuple(forward.a[-1].tolist()),
        layers=forward.layers,
        loss=loss,
        backward=back,
    )


def _check_target(where: str, network: Network, target: Target | None) -> None:
    if target is None:
        return
    why = check_fit(network, target.loss)
    if why is not None:
        raise ArgumentError(where, "loss", "must fit the network", got=why, code="A108")
    if target.y.shape != (network.n_outputs,):
        wanted = f"must have shape (C,) with C={network.n_outputs} from `network`"
        raise ArgumentError(where, "target", wanted, got=target.y.shape, code="A104")
    if not np.isfinite(target.y).all():
        raise ArgumentError(where, "target", "must be finite", got="infinity or NaN", code="A105")
