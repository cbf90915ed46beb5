"""How networks are trained: the `[training]` table of an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, TypeAdapter, WrapValidator, field_validator
from pydantic_core.core_schema import ValidationInfo

from shoal.fields import NUMBER, NamedRecord, positional, reason
from shoal.kernels import RuleSettings
from shoal.network import (
    LOSSES,
    DType,
    Huber,
    LossChoice,
    Network,
    Reduction,
    loss_name,
    loss_settings,
)
from shoal.records import Record
from shoal.training.figures import FigureName, TargetKind, figures_of
from shoal.training.freezing import FrozenPaths, frozen_ranges
from shoal.training.functions import UserFunction
from shoal.training.optimizers import OPTIMIZERS, Adam, Optimizer, PythonRule
from shoal.training.regularization import Regularization, per_layer
from shoal.training.schedules import Schedules, stages
from shoal.training.schedules import watches as reducing_watches
from shoal.training.stopping import Predicate, StopRules, limit_of, predicates, watches

Count = Annotated[int, Field(strict=True, ge=1), NUMBER]
Positive = Annotated[float, Field(strict=True, gt=0), NUMBER]
BEST_LOSSES = {
    "sigmoid": "binary_crossentropy",
    "softmax": "categorical_crossentropy",
    "exponential": "poisson",
}
"""The loss that fits a last activation, where none is given; else squared_error."""

_CLASS_WEIGHTS: TypeAdapter[dict[str, float]] = TypeAdapter(dict[str, Positive])


def _choose_class_weight(value: object, _union: object) -> str | dict[str, float] | None:
    if value is None or value == "balanced":
        return None if value is None else "balanced"
    if not isinstance(value, Mapping):
        raise reason(
            "wrong_kind", f'must be "balanced", or a table from class to weight; got {value!r}'
        )
    return _CLASS_WEIGHTS.validate_python({str(name): value[name] for name in value})


ClassWeight = Annotated[
    Literal["balanced"] | dict[str, Positive] | None, WrapValidator(_choose_class_weight)
]


def _not_given() -> Any:
    """Return what the validator of `dtype` replaces."""
    return None


def _is_empty(value: Sequence[object]) -> bool:
    """Return whether nothing is frozen: documents then stay what they were."""
    return not value


class Training(Record):
    """How networks are trained.

    Args:
        optimizer: the rule that turns gradients, or losses, into new weights: a name or a
            record.
        loss: what is made small: a name or a record; if not given, what fits the last layer
            (sigmoid: binary_crossentropy, softmax: categorical_crossentropy, exponential:
            poisson, else squared_error).
        reduction: gradients are averaged over the rows of a batch ("mean") or summed ("sum").
        batch_size: rows of a step, or "full" for all.
        epochs: passes over the training rows.
        schedule: how the learning rate changes on the way: a name, a record, or a list whose
            factors multiply.
        regularization: penalties, decay, dropout and the like.
        clip_norm: the largest length of a gradient; longer ones are scaled back.
        clip_value: the largest number in a gradient, up or down; comes before clip_norm.
        class_weight: how much rows of a class count in the gradient: "balanced" (each class
            as much as any other), or weights by class name, 1 where none is given.
        stop: what ends a network before its last epoch: stop rules, the first to act does.
        report_every: when figures are computed: each "epoch", at the "end", or every so many
            steps. Figures cost time and memory.
        dtype: the precision of weights and arithmetic; if not given float32, or float64 for
            optimizers that compare losses.
        restore_best: a figure: the weights it was best with are delivered (ties: the
            earliest), whatever ended the run. Not given: those of the last step.
        frozen: paths of weights and biases that stay what they are, such as "layers.0",
            "layers.0.bias.2" or "layers.1.weights.0.2" (from input 0 to unit 2).

    Example:
        >>> Training(Adam(0.03), epochs=20).batch_size
        32
    """

    optimizer: Optimizer = Field(default_factory=Adam)
    loss: LossChoice | None = None
    reduction: Reduction = "mean"
    batch_size: Count | Literal["full"] = 32
    epochs: Count = 100
    schedule: Schedules = ()
    regularization: Regularization = Regularization()
    clip_norm: Positive | None = None
    clip_value: Positive | None = None
    class_weight: ClassWeight = None
    stop: StopRules = ()
    report_every: Count | Literal["epoch", "end"] = "epoch"
    dtype: DType = Field(default_factory=_not_given)
    restore_best: FigureName | None = None
    frozen: FrozenPaths = Field(
        default=(),
        exclude_if=_is_empty,
        description='Weights and biases that stay what they are: "layers.0", "layers.0.bias", '
        '"layers.0.bias.2" (of unit 2), "layers.0.weights.1.2" (from input 1 to unit 2).',
    )

    @positional
    def __init__(
        self,
        optimizer: Optimizer | str = ...,  # the default is Adam()
        *,
        loss: str | Huber | Mapping[str, Any] | None = None,
        reduction: str = "mean",
        batch_size: int | str = 32,
        epochs: int = 100,
        schedule: NamedRecord | str | Sequence[NamedRecord | str] = (),
        regularization: Regularization | Mapping[str, Any] = ...,  # the default does nothing
        clip_norm: float | None = None,
        clip_value: float | None = None,
        class_weight: str | Mapping[str, float] | None = None,
        stop: NamedRecord | Sequence[NamedRecord | Mapping[str, Any]] = (),
        report_every: int | str = "epoch",
        dtype: str | None = None,
        restore_best: str | None = None,
        frozen: str | Sequence[str] = (),
    ) -> None: ...

    @field_validator("dtype", mode="before")
    @classmethod
    def _usual_dtype(cls, value: object, info: ValidationInfo) -> object:
        optimizer = info.data.get("optimizer")
        if value is not None or optimizer is None:
            return value or "float32"
        return OPTIMIZERS[optimizer.name].default_dtype

    def loss_choice(self, network: Network) -> str | Huber:
        """Return the loss as given, or the name of the one that fits the last layer."""
        return self.loss or BEST_LOSSES.get(network.layers[-1].activation, "squared_error")

    def loss_for(self, network: Network) -> str:
        """Return the name of the loss, or of the one that fits the network's last layer."""
        return loss_name(self.loss_choice(network))

    @property
    def loss_parameter(self) -> float:
        """The loss's setting (Huber's delta), 0.0 for a loss without."""
        settings = {} if self.loss is None else loss_settings(self.loss)
        return next(iter(settings.values()), 0.0)

    @property
    def functions(self) -> tuple[tuple[str, UserFunction], ...]:
        """The user's Python functions, each with its key path."""
        found = predicates(self.stop)
        if isinstance(self.optimizer, PythonRule):
            found = (("training.optimizer.function", self.optimizer.function), *found)
        return found

    def with_functions(self, *, allow_python: bool, folder: Path | None = None) -> Self:
        """Return the settings with the user's functions found; see `UserFunction.found`.

        Raises:
            InputError: code may not be imported, cannot be, or has changed.
        """
        if all(function.function is not None for _, function in self.functions):
            return self
        found = {
            where: function.found(allow_python=allow_python, where=where, folder=folder)
            for where, function in self.functions
        }
        optimizer = self.optimizer
        if isinstance(optimizer, PythonRule):
            own = found["training.optimizer.function"]
            optimizer = optimizer.model_copy(update={"function": own})
        stop = tuple(
            rule.model_copy(update={"function": found[f"training.stop[{k}].function"]})
            if isinstance(rule, Predicate)
            else rule
            for k, rule in enumerate(self.stop)
        )
        return self.model_copy(update={"optimizer": optimizer, "stop": stop})

    def hyper(self, n_networks: int) -> np.ndarray:
        """Return the rule's numbers for the core, the same for P networks.

        Shapes:
            (P, H) float64, in the order of the record's fields after the name.
        """
        fields = type(self.optimizer).model_fields
        values = [getattr(self.optimizer, name) for name in fields if name != "name"]
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return np.tile(np.array(numbers, np.float64), (n_networks, 1))

    def steps(self, n_rows: int) -> Steps:
        """Return the steps that these settings mean for N training rows."""
        batch = n_rows if self.batch_size == "full" else min(self.batch_size, n_rows)
        per_epoch = -(-n_rows // batch)
        limit = limit_of(self.stop, "steps")
        all_epochs = per_epoch * self.epochs
        total = all_epochs if limit is None else min(all_epochs, int(limit))
        every = {"epoch": per_epoch, "end": total}
        chosen = self.report_every
        return Steps(
            batch=batch,
            steps_per_epoch=per_epoch,
            total_steps=total,
            report_every=min(total, chosen if isinstance(chosen, int) else every[chosen]),
            end="epochs" if total == all_epochs else "steps",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Settings in steps.

    Attributes:
        batch: rows of a step; the last batch of an epoch may be smaller.
        steps_per_epoch: steps of one pass over the training rows.
        total_steps: steps of the whole run.
        report_every: steps from one report to the next.
        end: the reason why a network that takes them all ends: its last epoch, or a stop rule.
    """

    batch: int
    steps_per_epoch: int
    total_steps: int
    report_every: int
    end: Literal["epochs", "steps"] = "epochs"


def rule_settings(
    training: Training,
    network: Network,
    steps: Steps,
    *,
    kind: TargetKind,
    shuffled: bool,
    has_validation: bool,
) -> RuleSettings:
    """Return the settings of the core for a population.

    Args:
        training: the settings as the document has them.
        network: the network.
        steps: the same in steps.
        kind: of the target.
        shuffled: whether rows are taken in the random order of each epoch.
        has_validation: whether there are rows to validate on.
    """
    loss, regular = training.loss_for(network), training.regularization
    threshold = network.layers[-1].units == 1 or kind == "multilabel"
    accuracy = None if kind == "regression" else "threshold" if threshold else "argmax"
    ending = watches(training.stop, has_validation=has_validation)
    reducing = reducing_watches(training.schedule, has_validation=has_validation)
    return RuleSettings(
        rule=training.optimizer.name,
        n_slots=OPTIMIZERS[training.optimizer.name].slots_of(training.optimizer),
        loss=loss,
        accuracy=accuracy,
        mean_reduction=training.reduction == "mean",
        shuffled=shuffled,
        keep_best=training.restore_best,
        batch=steps.batch,
        report_every=steps.report_every,
        total_steps=steps.total_steps,
        loss_parameter=training.loss_parameter,
        threshold=LOSSES[loss].threshold,
        figures=figures_of(kind),
        schedule=stages(training.schedule, steps.steps_per_epoch, steps.total_steps),
        clip_norm=training.clip_norm or 0.0,
        clip_value=training.clip_value or 0.0,
        l1=per_layer(regular.l1, network),
        l2=per_layer(regular.l2, network),
        dropout=per_layer(regular.dropout, network, hidden_only=True),
        max_norm=per_layer(regular.max_norm, network),
        weight_decay=regular.weight_decay,
        input_noise=regular.input_noise,
        label_smoothing=regular.label_smoothing,
        watches=(*ending, *reducing),
        max_evaluations=int(limit_of(training.stop, "evaluations") or 0),
        frozen=frozen_ranges(training.frozen, network.layout()) if training.frozen else (),
    )
