"""A network of a run at a step, and the update that follows, worked as the run made it."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np

from shoal.errors import ArgumentError
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.replay import check_step, owner
from shoal.kernels import Course, RowSet, RuleSettings, State, rate_factors
from shoal.network import Parameters
from shoal.network.worked import (
    BackwardWorked,
    Folded,
    LayerBackward,
    UnitBackward,
    UpdateWorked,
    WeightBackward,
)
from shoal.streams import Stream
from shoal.training import OPTIMIZERS
from shoal.training.freezing import frozen_mask
from shoal.training.worked_update import Place, StepTaken, work_update

if TYPE_CHECKING:
    from shoal.experiments.run import Run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """A network of a run at a step.

    Attributes:
        run: the run that made the step: the one that was asked, or one that it branched from.
        network: its number.
        step: updates done.
        weights: (K,).
        slots: (S, K) what the rule carries along.
        plateau: what schedules that watch figures have made of the learning rate.
        after: the weights (K,) after one more update; None where none follows or is asked for.
        batch: the rows of that update, as numbers of the dataset's rows; of a stream within the
            epoch.
    """

    run: Run
    network: int
    step: int
    weights: np.ndarray
    slots: np.ndarray
    plateau: float
    after: np.ndarray | None
    batch: np.ndarray

    @property
    def prepared(self) -> Prepared:
        """What the run was made from."""
        return self.run.prepared

    @property
    def part(self) -> Part:
        """The data as the network meets it."""
        return self.prepared.parts[int(self.prepared.part_of[self.network])]

    @property
    def parameters(self) -> Parameters:
        """Of the network at the step."""
        return Parameters.from_flat(self.run.network.layout(), self.weights)


def standing_at(
    where: str, run: Run, network: int | None, step: int | None, update: bool | None
) -> Standing:
    """Return a network of a run at a step.

    Args:
        where: the public function, for messages.
        run: what was trained.
        network: its number; None for the best.
        step: updates done; None for the weights that are delivered, or, where an update must
            follow, for the last that one follows.
        update: whether an update must follow, may, or is not wanted.

    Raises:
        ArgumentError: there is no such network or step, or no update follows it.
    """
    i = _member(where, run, network)
    taken = int(run.steps[i])
    at = _step(where, run, i, step, must_follow=update is True)
    own = owner(run, at)
    tape = own.tape(at)
    weights, slots = tape.state.weights[i].copy(), tape.state.slots[i].copy()
    plateau, batch = float(tape.state.rate_factor[i]), np.zeros(0, np.int64)
    after = None
    if update is not False and at < taken:
        batch = tape.next_batch(i)
        after = tape.forward().weights[i]
    return Standing(
        run=own, network=i, step=at, weights=weights, slots=slots, plateau=plateau, after=after,
        batch=batch,
    )  # fmt: skip


def _member(where: str, run: Run, network: int | None) -> int:
    if network is None:
        return run.best_index
    check_whole(where, "network", network, len(run))
    return int(network)


def check_whole(where: str, argument: str, value: object, n: int) -> None:
    """Refuse what is not a whole number from 0 to n - 1.

    Raises:
        ArgumentError: it is not.
    """
    found = operator.index(value) if isinstance(value, SupportsIndex) else -1
    if isinstance(value, bool) or not 0 <= found < n:
        raise ArgumentError(
            where, argument, f"must be from 0 to {n - 1}", got=repr(value), code="A102"
        )


def _step(where: str, run: Run, i: int, step: int | None, *, must_follow: bool) -> int:
    taken = int(run.steps[i])
    if step is None:
        delivered = int(run.delivered_step[i])
        return min(delivered, max(taken - 1, 0)) if must_follow else delivered
    at = check_step(where, step, run.prepared.settings.total_steps)
    if must_follow and at >= taken:
        told = f"network {i} took {taken:,} steps" if taken else f"network {i} took no step"
        wanted = f"must be from 0 to {taken - 1} for an update to follow" if taken else (
            "must be one that an update follows")  # fmt: skip
        raise ArgumentError(
            where, "step", wanted, got=f"{at}", cure=f"{told.capitalize()}.", code="A102"
        )
    return at


def work_step(standing: Standing, backward: BackwardWorked, *, has_row: bool) -> UpdateWorked:
    """Work the update that follows of the weights that are shown on the way back.

    Args:
        standing: the network before it, and its weights after it.
        backward: which weights, and the derivatives of the row's loss.
        has_row: whether the row is one of the batch.
    """
    assert standing.after is not None
    prepared, i, step = standing.prepared, standing.network, standing.step
    training, settings = prepared.experiment.training, prepared.settings
    optimizer = training.optimizer
    course = _OneNetwork(standing)
    is_asked = OPTIMIZERS[optimizer.name].kind in ("oracle", "python")
    schedule = float(rate_factors(prepared.network, settings, np.array([step]))[0])
    taken = StepTaken(
        optimizer=optimizer,
        settings=settings,
        network=prepared.network,
        weights=standing.weights,
        after=standing.after,
        slots=standing.slots,
        gradient=None if is_asked else course.gradient(),
        t=step + 1,
        epoch=step // prepared.schedule.steps_per_epoch + 1,
        schedule=schedule,
        plateau=standing.plateau,
        n_rows=len(standing.batch),
        has_row=has_row,
        streaming=prepared.fresh is not None,
        loss=course.loss,
        stream=Stream(int(prepared.search_keys[i])),
        frozen=frozen_mask(settings.frozen, len(standing.weights)),
    )
    places = _places(backward)
    n = len(standing.weights) - len(places)
    return work_update(taken, places, Folded(n=n, what="parameters") if n else None)


class _OneNetwork:
    """The loss of the batch that follows, and its gradient, as the core has them."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.rows = self._rows()

    def gradient(self) -> np.ndarray:
        """Return the gradient of the batch without penalties and clipping, (K,)."""
        plain = replace(
            self.standing.prepared.settings, l1=(), l2=(), clip_value=0.0, clip_norm=0.0, frozen=()
        )
        out = np.zeros_like(self.standing.weights)
        self._course(plain).batch_loss(0, self.standing.step, self.standing.weights, out)
        return out

    def loss(self, weights: np.ndarray) -> float:
        """Return what the step makes small, for some weights (K,)."""
        settings = self.standing.prepared.settings
        return self._course(settings).batch_loss(0, self.standing.step, weights)

    def _course(self, settings: RuleSettings) -> Course:
        standing, prepared = self.standing, self.standing.prepared
        one = slice(standing.network, standing.network + 1)
        state = State.begin(
            settings,
            standing.weights[np.newaxis],
            hyper=prepared.hyper[one],
            order=prepared.order_keys[one],
            dropout=prepared.dropout_keys[one],
            search=prepared.search_keys[one],
            train_set=np.zeros(1, np.int32),
            validation_set=np.full(1, -1, np.int32),
        )
        return Course(prepared.network, settings, state, [self.rows])

    def _rows(self) -> RowSet:
        standing, prepared = self.standing, self.standing.prepared
        number = int(prepared.part_of[standing.network])
        if prepared.fresh is None:
            return prepared.parts[number].train
        return prepared.fresh(standing.step // prepared.schedule.steps_per_epoch)[number]


def _places(backward: BackwardWorked) -> list[Place]:
    """Return the parameters of the way back, the first layer first."""
    return [
        _place(layer, unit, each)
        for layer in reversed(backward.layers)
        for unit in layer.units
        for each in unit.parameters
    ]


def _place(layer: LayerBackward, unit: UnitBackward, each: WeightBackward) -> Place:
    what = "bias" if each.index is None else f"weight from {each.name}"
    return Place(
        parameter=each.parameter,
        name=f"layer {layer.index}, {unit.name}: {what}",
        layer=layer.index - 1,
        unit=unit.unit,
        input=each.index,
        gradient=each.gradient.value,
    )
