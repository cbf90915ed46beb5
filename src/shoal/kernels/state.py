"""The state of a population in training: mutable arrays, and nothing else.

What is here is all there is: copy it, and the copy can be carried on to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from shoal.kernels.plan import N_HYPER, RuleSettings
from shoal.shapes import check_shapes

AnyArray = np.ndarray[Any, Any]

CAUSES: Final = {
    0: None,
    1: "the gradient became non-finite",
    2: "the weights became non-finite",
}
"""Why a network stopped early, by its status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """Rows as the core reads them: contiguous, in the networks' dtype.

    Shapes:
        x (N, D), y (N, C)
    """

    x: AnyArray
    y: AnyArray


@dataclass(slots=True, kw_only=True)
class State:
    """P networks in training.

    Attributes:
        weights: (P, K) parameters after `step` updates.
        slots: (P, S, K) what the rule carries along.
        powers: (P, 2) float64, beta_1^step and beta_2^step of Adam.
        step: (P,) int64, updates done.
        status: (P,) int32, a key of `CAUSES`; 0 while all is well.
        best: (P, K) the best weights so far, or (0, 0) if none are kept.
        best_value: (P,) float64, the figure they had.
        best_report: (P,) int64, the report they had it at, from 0; -1: none yet.
        hyper: (P, 4) float64, learning rate and the rule's other numbers.
        order: (P,) uint64, keys of the order streams.
        train_set, validation_set: (P,) int32, which rows; -1: no validation rows.
        figures: (P, 4, T) float64, `FIGURES` at each report; NaN where there is none.
    """

    weights: AnyArray
    slots: AnyArray
    powers: AnyArray
    step: AnyArray
    status: AnyArray
    best: AnyArray
    best_value: AnyArray
    best_report: AnyArray
    hyper: AnyArray
    order: AnyArray
    train_set: AnyArray
    validation_set: AnyArray
    figures: AnyArray

    @classmethod
    def begin(
        cls,
        settings: RuleSettings,
        weights: AnyArray,
        *,
        hyper: AnyArray,
        order: AnyArray,
        train_set: AnyArray,
        validation_set: AnyArray,
    ) -> State:
        """Return the state before the first step; `weights` (P, K) are copied."""
        sizes = check_shapes(
            "State.begin",
            "weights (P, K), order (P), train_set (P), validation_set (P)",
            weights=weights,
            order=order,
            train_set=train_set,
            validation_set=validation_set,
        )
        n_networks, n_parameters = sizes["P"], sizes["K"]
        keep = settings.keep_best is not None
        numbers = np.zeros((n_networks, N_HYPER))
        numbers[:, : hyper.shape[1]] = hyper
        return cls(
            weights=np.array(weights, order="C"),
            slots=np.zeros((n_networks, settings.n_slots, n_parameters), weights.dtype),
            powers=np.ones((n_networks, 2)),
            step=np.zeros(n_networks, np.int64),
            status=np.zeros(n_networks, np.int32),
            best=np.array(weights) if keep else np.zeros((0, 0), weights.dtype),
            best_value=np.zeros(n_networks),
            best_report=np.full(n_networks, -1, np.int64),
            hyper=numbers,
            order=np.ascontiguousarray(order, np.uint64),
            train_set=np.ascontiguousarray(train_set, np.int32),
            validation_set=np.ascontiguousarray(validation_set, np.int32),
            figures=np.full((n_networks, 4, settings.n_reports), np.nan),
        )

    def copy(self) -> State:
        """Return a copy that shares nothing."""
        return State(**{f.name: getattr(self, f.name).copy() for f in fields(self)})

    def arrays(self) -> dict[str, AnyArray]:
        """Return the arrays by name, not copied."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def n_networks(self) -> int:
        """P."""
        return int(self.weights.shape[0])

    @property
    def running(self) -> AnyArray:
        """Networks that have not stopped early, (P,) bool."""
        return np.asarray(self.status == 0)
