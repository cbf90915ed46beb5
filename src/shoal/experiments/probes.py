"""Functions of the weights at chosen steps, collected as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from shoal.errors import ArgumentError, FunctionError
from shoal.experiments.pieces import Moment
from shoal.experiments.replay import check_step
from shoal.experiments.trainer import FAR
from shoal.network import Network, Parameters
from shoal.training.functions import what_was_raised

Probe = Callable[[Parameters], ArrayLike]
"""From parameters with axis P to an array (P, ...)."""


class Probes:
    """What functions say of the weights at some steps; an observer of the training.

    Args:
        network: whose parameters they are.
        functions: by name.
        steps: in ascending order.
    """

    def __init__(
        self, network: Network, functions: Mapping[str, Probe], steps: Sequence[int]
    ) -> None:
        self.network = network
        self.functions = functions
        self.steps = tuple(steps)
        self._found: dict[str, list[np.ndarray]] = {name: [] for name in functions}
        self._seen = 0

    def next_step(self, step: int) -> int:
        """Return the next step that is asked for."""
        return min((each for each in self.steps if each > step), default=FAR)

    def see(self, moment: Moment) -> None:
        """Call the functions if this step is asked for.

        Raises:
            FunctionError: one raised, or returned anything but an array (P, ...) of the same
                shape as before.
        """
        if self._seen < len(self.steps) and self.steps[self._seen] == moment.step:
            self.take(moment.step, moment.trainer.state.weights)

    def take(self, step: int, weights: np.ndarray) -> None:
        """Call the functions with weights (P, K)."""
        flat = weights.copy()
        flat.flags.writeable = False
        parameters = Parameters.from_flat(self.network.layout(), flat)
        for name, function in self.functions.items():
            first = self._found[name][0] if self._found[name] else None
            self._found[name].append(_call(name, function, step, parameters, first))
        self._seen += 1

    def finish(self, weights: np.ndarray) -> None:
        """Call the functions for the steps after every network has ended."""
        for step in self.steps[self._seen :]:
            self.take(step, weights)

    @property
    def reached(self) -> tuple[int, ...]:
        """The steps that were seen."""
        return self.steps[: self._seen]

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What was found, by name.

        Shapes:
            (P, n_steps, ...)
        """
        return {name: np.stack(each, axis=1) for name, each in self._found.items() if each}


def check_probes(
    where: str, functions: Mapping[str, Probe] | None, steps: Any, total: int
) -> tuple[Mapping[str, Probe], tuple[int, ...]]:
    """Return functions and the ascending steps to call them at.

    Raises:
        ArgumentError: functions without steps or the other way round, what is not a function,
            or a step that the run does not have.
    """
    functions = {} if functions is None else functions
    if not isinstance(functions, Mapping):
        wanted = "must be a dictionary of functions by name"
        raise ArgumentError(where, "probes", wanted, got=type(functions).__name__, code="A101")
    for name, function in functions.items():
        if not callable(function):
            raise ArgumentError(
                where, f"probes[{name!r}]", "must be a function", got=function, code="A101"
            )
    given = np.asarray(steps).reshape(-1).tolist() if steps is not None else []
    found = tuple(sorted({check_step(where, step, total) for step in given}))
    if functions and not found:
        cure = "Name the steps: probe_steps=[0, 100]."
        raise ArgumentError(
            where, "probe_steps", "must not be empty", got="no step", cure=cure, code="A106"
        )
    return functions, found if functions else ()


def _call(
    name: str, function: Probe, step: int, parameters: Parameters, first: np.ndarray | None
) -> np.ndarray:
    where = f"probe '{name}', step {step:,}"
    try:
        found = np.asarray(function(parameters))
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        told = what_was_raised(error, function)
        raise FunctionError(f"{where}: raised {told}.", network=None, step=step) from error
    n_networks = parameters.n_networks
    if found.ndim == 0 or found.shape[0] != n_networks:
        wanted = f"must return an array of shape (P, ...) with P={n_networks}"
    elif first is not None and found.shape != first.shape:
        wanted = f"must return the same shape at every step, {first.shape} as at the first"
    else:
        return found.copy()
    raise FunctionError(
        f"{where}: {wanted}; got {found.shape}.", network=None, step=step, code="F101"
    )
