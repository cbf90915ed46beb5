"""How networks are trained: the `[training]` table of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from shoal.fields import NUMBER, positional
from shoal.kernels import FIGURES, RuleSettings
from shoal.network import DType, LossName, Network, Reduction
from shoal.records import Record
from shoal.training.optimizers import OPTIMIZERS, Adam, Optimizer

Count = Annotated[int, Field(strict=True, ge=1), NUMBER]
FigureName = Literal["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]
BEST_LOSSES = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}
"""The loss that fits a last activation, where none is given; else squared_error."""


class Training(Record):
    """How networks are trained.

    Args:
        optimizer: the rule that turns gradients into new weights: a name or a record.
        loss: what is made small; if not given, what fits the last layer (sigmoid:
            binary_crossentropy, softmax: categorical_crossentropy, else squared_error).
        reduction: gradients are averaged over the rows of a batch ("mean") or summed ("sum").
        batch_size: rows of a step, or "full" for all.
        epochs: passes over the training rows.
        report_every: when figures are computed: each "epoch", at the "end", or every so many
            steps. Figures cost time and memory.
        dtype: the precision of weights and arithmetic.
        restore_best: a figure: the weights it was best with are delivered (ties: the
            earliest), whatever ended the run. Not given: those of the last step.

    Example:
        >>> Training(Adam(0.03), epochs=20).batch_size
        32
    """

    optimizer: Optimizer = Field(default_factory=Adam)
    loss: LossName | None = None
    reduction: Reduction = "mean"
    batch_size: Count | Literal["full"] = 32
    epochs: Count = 100
    report_every: Count | Literal["epoch", "end"] = "epoch"
    dtype: DType = "float32"
    restore_best: FigureName | None = None

    @positional
    def __init__(
        self,
        optimizer: Optimizer | str = ...,  # the default is Adam()
        *,
        loss: str | None = None,
        reduction: str = "mean",
        batch_size: int | str = 32,
        epochs: int = 100,
        report_every: int | str = "epoch",
        dtype: str = "float32",
        restore_best: str | None = None,
    ) -> None: ...

    def loss_for(self, network: Network) -> str:
        """Return the loss, or the one that fits the network's last layer."""
        return self.loss or BEST_LOSSES.get(network.layers[-1].activation, "squared_error")

    def hyper(self, n_networks: int) -> np.ndarray:
        """Return the rule's numbers for the core, the same for P networks.

        Shapes:
            (P, H) float64, in the order of the record's fields after the name.
        """
        names = [name for name in type(self.optimizer).model_fields if name != "name"]
        numbers = [float(getattr(self.optimizer, name)) for name in names]
        return np.tile(np.array(numbers), (n_networks, 1))

    def schedule(self, n_rows: int) -> Schedule:
        """Return the steps that these settings mean for N training rows."""
        batch = n_rows if self.batch_size == "full" else min(self.batch_size, n_rows)
        per_epoch = -(-n_rows // batch)
        total = per_epoch * self.epochs
        every = {"epoch": per_epoch, "end": total}
        chosen = self.report_every
        return Schedule(
            batch=batch,
            steps_per_epoch=per_epoch,
            total_steps=total,
            report_every=min(total, chosen if isinstance(chosen, int) else every[chosen]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Settings in steps.

    Attributes:
        batch: rows of a step; the last batch of an epoch may be smaller.
        steps_per_epoch: steps of one pass over the training rows.
        total_steps: steps of the whole run.
        report_every: steps from one report to the next.
    """

    batch: int
    steps_per_epoch: int
    total_steps: int
    report_every: int


def rule_settings(
    training: Training,
    network: Network,
    schedule: Schedule,
    *,
    n_classes: int,
    shuffled: bool,
) -> RuleSettings:
    """Return the settings of the core for a population.

    Args:
        training: the settings as the document has them.
        network: the network.
        schedule: the same in steps.
        n_classes: classes of the target, 0 for regression.
        shuffled: whether rows are taken in the random order of each epoch.
    """
    several = network.layers[-1].units > 1
    return RuleSettings(
        rule=training.optimizer.name,
        n_slots=OPTIMIZERS[training.optimizer.name].n_slots,
        loss=training.loss_for(network),
        accuracy=None if n_classes == 0 else "argmax" if several else "threshold",
        mean_reduction=training.reduction == "mean",
        shuffled=shuffled,
        keep_best=training.restore_best,
        batch=schedule.batch,
        report_every=schedule.report_every,
        total_steps=schedule.total_steps,
    )


assert FigureName.__args__ == FIGURES  # type: ignore[attr-defined]
