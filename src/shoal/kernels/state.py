"""The state of a population in training: mutable arrays, and nothing else.

What is here is all there is: copy it, and the copy can be carried on to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from shoal.kernels.plan import (
    FIRST_SLOTS,
    N_COUNTERS,
    N_HYPER,
    ORACLE_RULES,
    RuleSettings,
)
from shoal.shapes import check_shapes

AnyArray = np.ndarray[Any, Any]

CAUSES: Final = {
    0: None,
    1: "the gradient became non-finite",
    2: "the weights became non-finite",
    3: "the loss became non-finite",
    4: "a figure passed its limit",
}
"""Why a network diverged, by its status."""
LIMIT_PASSED: Final = 4
"""The status of a network whose step was taken; with the others it was not."""
ENDED_BY_EVALUATIONS: Final = 100
"""What `State.ended` says of a network that may have no more evaluations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """Rows as the core reads them: contiguous, in the networks' dtype.

    Attributes:
        x, y: features and targets.
        weights: how much a row counts in the figures; None: all alike.
        emphasis: how much a row counts in the gradient; None: all alike.
        units: what a target's unit is to the network; figures are in the target's own.

    Shapes:
        x (N, D), y (N, C), weights (N,), emphasis (N,), units (C,) float64
    """

    x: AnyArray
    y: AnyArray
    weights: AnyArray | None = None
    emphasis: AnyArray | None = None
    units: AnyArray | None = None


@dataclass(slots=True, kw_only=True)
class State:
    """P networks in training.

    Attributes:
        weights: (P, K) parameters after `step` updates.
        slots: (P, S, K) what the rule carries along.
        counters: (P, 8) float64, numbers it carries along, such as beta_1^step of Adam.
        step: (P,) int64, updates done.
        status: (P,) int32, a key of `CAUSES`; 0 while all is well.
        ended: (P,) int32, 0 while it goes on; k + 1: watch k ended it; or
            `ENDED_BY_EVALUATIONS`.
        evaluations: (P,) int64, of the loss or its gradient.
        watch: (P, W, 2) float64, the best figure of each watch and the reports since then.
        rate_factor: (P,) float64, what watches have made of the learning rate.
        best: (P, K) the best weights so far, or (P, 0) if none are kept.
        best_value: (P,) float64, the figure they had.
        best_report: (P,) int64, the report they had it at, from 0; -1: none yet.
        hyper: (P, 8) float64, learning rate and the rule's other numbers.
        order, dropout, search: (P,) uint64, keys of the streams.
        train_set, validation_set: (P,) int32, which rows; -1: no validation rows.
        figures: (P, F, T) float64, the kept figures at each report; NaN where there is none.
    """

    weights: AnyArray
    slots: AnyArray
    counters: AnyArray
    step: AnyArray
    status: AnyArray
    ended: AnyArray
    evaluations: AnyArray
    watch: AnyArray
    rate_factor: AnyArray
    best: AnyArray
    best_value: AnyArray
    best_report: AnyArray
    hyper: AnyArray
    order: AnyArray
    dropout: AnyArray
    search: AnyArray
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
        dropout: AnyArray | None = None,
        search: AnyArray | None = None,
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
        n, n_parameters = sizes["P"], sizes["K"]
        numbers = np.zeros((n, N_HYPER))
        numbers[:, : hyper.shape[1]] = hyper
        watch = np.zeros((n, len(settings.watches), 2))
        watch[:, :, 1] = -1
        no_keys = np.zeros(n, np.uint64)
        return cls(
            weights=np.array(weights, order="C"),
            slots=_first_slots(settings, numbers, n_parameters, weights.dtype),
            counters=first_counters(settings, n),
            step=np.zeros(n, np.int64),
            status=np.zeros(n, np.int32),
            ended=np.zeros(n, np.int32),
            evaluations=np.zeros(n, np.int64),
            watch=watch,
            rate_factor=np.ones(n),
            best=np.array(weights[:, : n_parameters if settings.keep_best else 0], order="C"),
            best_value=np.zeros(n),
            best_report=np.full(n, -1, np.int64),
            hyper=numbers,
            order=np.ascontiguousarray(order, np.uint64),
            dropout=np.ascontiguousarray(no_keys if dropout is None else dropout, np.uint64),
            search=np.ascontiguousarray(no_keys if search is None else search, np.uint64),
            train_set=np.ascontiguousarray(train_set, np.int32),
            validation_set=np.ascontiguousarray(validation_set, np.int32),
            figures=np.full((n, len(settings.figures), settings.n_reports), np.nan),
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
        """Networks that have neither diverged nor been ended by a rule, (P,) bool."""
        return np.asarray((self.status == 0) & (self.ended == 0))

    @property
    def keeps_best(self) -> bool:
        """Whether the best weights are kept."""
        return bool(self.best.shape[1])


def first_counters(settings: RuleSettings, n_networks: int) -> AnyArray:
    """Return the rule's numbers before the first step, (P, 8).

    Rules that are handed the loss carry along what belongs to the present weights: where
    weights are changed from outside, these numbers start again.
    """
    first = 0.0 if settings.rule in ORACLE_RULES else 1.0
    return np.full((n_networks, N_COUNTERS), first)


def _first_slots(
    settings: RuleSettings, hyper: AnyArray, n_parameters: int, dtype: np.dtype[Any]
) -> AnyArray:
    slots = np.zeros((len(hyper), settings.n_slots, n_parameters), dtype)
    for slot, number in FIRST_SLOTS.get(settings.rule, {}).items():
        slots[:, slot] = hyper[:, number : number + 1]
    return slots
