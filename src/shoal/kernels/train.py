"""Carry populations on, and compute outputs and gradients, in the compiled core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from shoal import _core
from shoal.errors import ArgumentError
from shoal.kernels.choice import KernelName, default_threads, units_of_work
from shoal.kernels.plan import KINDS, ORACLE_RULES, RuleSettings, forward_plan, make_plan
from shoal.kernels.state import AnyArray, RowSet, State
from shoal.network import Network

MAX_THREADS: Final = 256
"""More threads than this gain nothing and may be refused by the system."""
ARITHMETIC: Final = "2"
"""Version of the arithmetic: results with the same version have the same bits.

A change of bits is a change of this number and stands in the changelog.
"""


class Course:
    """A population on its way: the plan, the rows, and the state that `advance` moves.

    Args:
        network: with known inputs.
        settings: how to train.
        state: the arrays, moved in place.
        train: sets of rows to learn from; ``state.train_set`` says who takes which.
        validation: sets of rows to judge by, possibly none.
        kernel: "auto", or one of the kernels for all (the bits are the same).

    Raises:
        ArgumentError: rows that do not fit the network, or have another dtype.
    """

    def __init__(
        self,
        network: Network,
        settings: RuleSettings,
        state: State,
        train: Sequence[RowSet],
        validation: Sequence[RowSet] = (),
        *,
        kernel: KernelName = "auto",
    ) -> None:
        self.settings = settings
        self.state = state
        self.kernel = kernel
        self._n_rows = np.array([rows.x.shape[0] for rows in train], np.int64)
        for rows in (*train, *validation):
            _check_rows(network, state, rows)
        self._group = _core.Group(
            make_plan(network, settings),
            state.arrays(),
            train=[core_rows(rows) for rows in train],
            validation=[core_rows(rows) for rows in validation],
        )

    def advance(
        self,
        until: int,
        *,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> bool:
        """Carry every running network on to step `until`.

        Args:
            until: steps counted from the start of the run.
            threads: how many networks, or groups of 16, are worked on at once; a network with
                large batches may be worked on by several.
            progress: called about every 50 ms with the steps done in this call; what it
                returns is looked at: False ends the call.

        Returns:
            Whether a signal (Ctrl-C) ended it early. Then networks may be at different
            steps; a further call takes each on from where it is.
        """
        state, n_threads = self.state, _limited(threads)
        done = ~state.running | (state.step >= until)
        alike = np.where(done, -1, state.step * len(self._n_rows) + self._same_rows())
        units = units_of_work(
            alike,
            batch=self.settings.batch,
            n_parameters=state.weights.shape[1],
            until=until,
            threads=n_threads,
            kernel="rows" if self.settings.rule in ORACLE_RULES else self.kernel,
        )
        if len(units) == 0:
            return False
        return _core.train([self._group], units, n_threads, progress)

    def batch_loss(
        self, network: int, step: int, weights: AnyArray, gradient: AnyArray | None = None
    ) -> float:
        """Return what a step of network `network` makes small, for parameters `weights`.

        That is the loss of the batch that follows `step` updates, with penalties, smoothing
        and dropout; the gradient is clipped as the settings say.

        Args:
            network: its number.
            step: updates done before.
            weights: (K,), in the networks' dtype.
            gradient: (K,), written, if it is wanted.
        """
        return self._group.batch_loss(network, step, weights, gradient)

    def report(self, network: int, step: int, weights: AnyArray) -> bool:
        """Record the figures of parameters (K,) after `step` updates, and let them be watched.

        Returns:
            Whether the step is taken: a watch may keep what was before.
        """
        return self._group.report(network, step, weights)

    def _same_rows(self) -> AnyArray:
        """Return a number for each network, equal for equal numbers of training rows."""
        _, number = np.unique(self._n_rows, return_inverse=True)
        return np.asarray(number[self.state.train_set])


def forward(
    network: Network, flat: AnyArray, x: AnyArray, *, threads: int | None = None
) -> AnyArray:
    """Return the outputs of P networks.

    A row's outputs have the same bits whatever rows are beside it.

    Shapes:
        flat (P, K), x (N, D) -> (P, N, C)

    Raises:
        ArgumentError: shapes that do not fit the network, or dtypes that differ.
    """
    layout = network.layout()
    _check("forward", "flat", flat, (None, layout.n_parameters), flat.dtype)
    _check("forward", "x", x, (None, layout.n_inputs), flat.dtype)
    plan = forward_plan(network)
    flat, x = np.ascontiguousarray(flat), np.ascontiguousarray(x)
    return _core.forward(plan, flat, x, _limited(threads))


def gradient(
    network: Network, settings: RuleSettings, flat: AnyArray, rows: RowSet
) -> tuple[float, AnyArray]:
    """Return the loss that training makes small, and its gradient, of one network on all rows.

    Shapes:
        flat (K,), x (N, D), y (N, C) -> gradient (K,)
    """
    whole = replace(settings, batch=rows.x.shape[0], shuffled=False)
    one = np.zeros(1, np.int32)
    state = State.begin(
        whole, flat[np.newaxis], hyper=np.zeros((1, 1)), order=one, train_set=one,
        validation_set=one - 1,
    )  # fmt: skip
    out = np.zeros_like(flat)
    return Course(network, whole, state, [rows]).batch_loss(0, 0, flat, out), out


def figures(
    network: Network,
    settings: RuleSettings,
    flat: AnyArray,
    rows: RowSet,
    *,
    threads: int | None = None,
) -> dict[str, AnyArray]:
    """Return the figures of P networks on some rows: a kind ("loss", ...) to values (P,).

    Those that there are not, such as the accuracy where targets are numbers, are NaN.

    Shapes:
        flat (P, K), x (N, D), y (N, C)
    """
    flat = np.ascontiguousarray(flat)
    found = _core.figures(make_plan(network, settings), flat, core_rows(rows), _limited(threads))
    return {kind: found[:, k] for k, kind in enumerate(KINDS)}


def rate_factors(network: Network, settings: RuleSettings, steps: AnyArray) -> AnyArray:
    """Return the schedule's factor of the learning rate at each step, counted from 0."""
    plan = make_plan(network, settings)
    return np.array([plan.rate_factor(int(step)) for step in steps])


def core_rows(rows: RowSet) -> _core.Rows:
    """Return rows in the form that the core reads them."""
    return _core.Rows(
        rows.x, rows.y, weights=rows.weights, emphasis=rows.emphasis, units=rows.units
    )


def _limited(threads: int | None) -> int:
    """Return how many threads to start: never more than `MAX_THREADS`, whatever was asked for."""
    return max(1, min(threads or default_threads(), MAX_THREADS))


def _check_rows(network: Network, state: State, rows: RowSet) -> None:
    layout = network.layout()
    dtype = state.weights.dtype
    _check("Course", "x", rows.x, (None, layout.n_inputs), dtype)
    _check("Course", "y", rows.y, (rows.x.shape[0], layout.n_outputs), dtype)
    _check("Course", "weights", state.weights, (None, layout.n_parameters), dtype)
    for name, array in (("x", rows.x), ("y", rows.y)):
        if not array.flags.c_contiguous:
            raise ArgumentError(
                "Course", name, "must be C-contiguous", got=array.strides, code="A101"
            )
    for name, counts in (("weights", rows.weights), ("emphasis", rows.emphasis)):
        if counts is not None and (counts.shape != rows.x.shape[:1] or counts.dtype != dtype):
            wanted = f"must have shape (N,) with N={rows.x.shape[0]} from `x`, and be {dtype}"
            raise ArgumentError(
                "Course", name, wanted, got=f"{counts.shape}, {counts.dtype}", code="A104"
            )


def _check(
    where: str, name: str, array: AnyArray, shape: tuple[int | None, int], dtype: np.dtype[Any]
) -> None:
    letters = tuple("N" if size is None else size for size in shape)
    fits = array.ndim == 2 and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join(str(letter) for letter in letters) + ")"
        raise ArgumentError(where, name, f"must have shape {wanted}", got=array.shape, code="A104")
    if array.dtype != dtype or dtype not in (np.float32, np.float64):
        raise ArgumentError(
            where, name, f"must be {dtype}, float32 or float64", got=array.dtype, code="A101"
        )
