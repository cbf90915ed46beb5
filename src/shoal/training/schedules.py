"""Schedules: how the learning rate changes in the course of training.

Each is a small record, in documents a name or a table, and an entry of `SCHEDULES`; several
multiply. All but `reduce_on_plateau` are a factor of the learning rate that is known before
training, a function of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shoal.fields import NUMBER, NamedRecord, RecordIn, positional
from shoal.kernels import Watch
from shoal.training.figures import FigureName, goes_up, usual_figure

MAX_STEPS: Final = 2**53
MAX_SCHEDULES: Final = 16
Epochs = Annotated[float, Field(strict=True, gt=0), NUMBER]
Factor = Annotated[float, Field(strict=True, gt=0, le=1), NUMBER]
Share = Annotated[float, Field(strict=True, ge=0, le=1), NUMBER]
NotNegative = Annotated[float, Field(strict=True, ge=0), NUMBER]
Patience = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), NUMBER]
Stage = tuple[str, float, float]
"""What the core takes: the name, n steps, and the factor, final factor or power."""


class ConstantRate(NamedRecord):
    """The learning rate as it is: factor 1."""

    name: Literal["constant"] = "constant"

    @positional
    def __init__(self, *, name: str = "constant") -> None: ...


class StepDecay(NamedRecord):
    """Multiply the learning rate by `factor` every so many epochs: ``factor^floor(step / n)``.

    Args:
        factor: what the rate is multiplied by each time.
        epochs: after how many, each time.
    """

    name: Literal["step"] = "step"
    factor: Factor = 0.5
    epochs: Epochs = 10.0

    @positional
    def __init__(
        self, factor: float = 0.5, epochs: float = 10.0, *, name: str = "step"
    ) -> None: ...


class ExponentialDecay(NamedRecord):
    """Shrink the learning rate a little every step, by `factor` in `epochs`: ``factor^(step / n)``.

    With ``epochs=1`` it has PyTorch's values at the start of every epoch.

    Args:
        factor: what is left of the rate after `epochs`.
        epochs: how long that takes.
    """

    name: Literal["exponential"] = "exponential"
    factor: Factor = 0.5
    epochs: Epochs = 10.0

    @positional
    def __init__(
        self, factor: float = 0.5, epochs: float = 10.0, *, name: str = "exponential"
    ) -> None: ...


class CosineDecay(NamedRecord):
    """Half a cosine from 1 to `final`, over `epochs` or the whole run, and `final` from there.

    ``final + (1 - final) * (1 + cos(pi * min(1, step / n))) / 2``

    Args:
        epochs: how long the fall takes; the whole run if not given.
        final: the share of the rate that stays at the end.

    Source:
        Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017),
        equation 5, without restarts and step by step.
    """

    name: Literal["cosine"] = "cosine"
    epochs: Epochs | None = None
    final: Share = 0.0

    @positional
    def __init__(
        self, epochs: float | None = None, final: float = 0.0, *, name: str = "cosine"
    ) -> None: ...


class LinearWarmup(NamedRecord):
    """Begin with small steps: ``min(1, (step + 1) / n)``, never 0.

    Args:
        epochs: how long the rise takes.

    Source:
        Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour" (2017),
        section 2.2, from 0 here.
    """

    name: Literal["linear_warmup"] = "linear_warmup"
    epochs: Epochs = 1.0

    @positional
    def __init__(self, epochs: float = 1.0, *, name: str = "linear_warmup") -> None: ...


class InverseScaling(NamedRecord):
    """Shrink the learning rate as a power of time: ``(1 + step / n)^-power``.

    Args:
        power: how strongly the rate falls with time; 0.5 is one over the root.
        epochs: the unit that time is counted in.

    Source:
        Bottou, "Stochastic gradient descent tricks" (2012), section 5.2, for power 1. In
        scikit-learn's `invscaling` time is counted in rows: there n is the steps of one row.
    """

    name: Literal["inverse_scaling"] = "inverse_scaling"
    power: Epochs = 0.5
    epochs: Epochs = 1.0

    @positional
    def __init__(
        self, power: float = 0.5, epochs: float = 1.0, *, name: str = "inverse_scaling"
    ) -> None: ...


class ReduceOnPlateau(NamedRecord):
    """Multiply a network's learning rate by `factor` when a figure has not become better.

    Args:
        factor: of the learning rate, each time.
        patience: reports without a gain after which it acts; then it counts from 0 again.
        gain: how much better than the best a figure must be to count.
        least: the product of all its factors never falls below this.
        figure: which figure; if not given, the loss: of the validation rows if there are any.

    Source:
        ReduceLROnPlateau of Keras, where patience and gain mean the same and epochs are
        counted; PyTorch's waits one longer, and its gain is a share of the figure. Here each
        network of a population has a factor of its own.
    """

    name: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    factor: Annotated[float, Field(strict=True, gt=0, lt=1), NUMBER] = 0.5
    patience: Patience = 10
    gain: NotNegative = 1e-4
    least: Share = 0.0
    figure: FigureName | None = None

    @positional
    def __init__(
        self,
        factor: float = 0.5,
        patience: int = 10,
        gain: float = 1e-4,
        least: float = 0.0,
        figure: str | None = None,
        *,
        name: str = "reduce_on_plateau",
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    """An entry of `SCHEDULES`.

    Attributes:
        record: the class with its settings.
        function: ``function(step, n, number) -> factor``, the step counted from 0; None where
            a figure decides.
        number: the setting that the function is handed, if any.
        must_end: whether it is a plan that a shorter run would cut off.
        waits: whether it does nothing before its epochs are over.
    """

    record: type[NamedRecord]
    function: Callable[[int, float, float], float] | None
    number: str | None = None
    must_end: bool = False
    waits: bool = False

    @property
    def name(self) -> str:
        """The name in documents."""
        return str(self.record.model_fields["name"].default)


def _constant(step: int, n: float, _: float) -> float:
    return 1.0


def _step(step: int, n: float, factor: float) -> float:
    return float(factor ** (step // n))


def _exponential(step: int, n: float, factor: float) -> float:
    return float(factor ** (step / n))


def _cosine(step: int, n: float, final: float) -> float:
    return final + (1 - final) * (1 + math.cos(math.pi * min(1.0, step / n))) / 2


def _warm_up(step: int, n: float, _: float) -> float:
    return min(1.0, (step + 1) / n)


def _inverse(step: int, n: float, power: float) -> float:
    return float((1 + step / n) ** -power)


SCHEDULES = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            ScheduleEntry(record=ConstantRate, function=_constant),
            ScheduleEntry(record=StepDecay, function=_step, number="factor", waits=True),
            ScheduleEntry(record=ExponentialDecay, function=_exponential, number="factor"),
            ScheduleEntry(record=CosineDecay, function=_cosine, number="final", must_end=True),
            ScheduleEntry(record=LinearWarmup, function=_warm_up, must_end=True),
            ScheduleEntry(record=InverseScaling, function=_inverse, number="power"),
            ScheduleEntry(record=ReduceOnPlateau, function=None),
        )
    }
)
"""Every schedule, by name."""

ONE = RecordIn("schedule", SCHEDULES)
OneSchedule = Annotated[
    ConstantRate
    | StepDecay
    | ExponentialDecay
    | CosineDecay
    | LinearWarmup
    | InverseScaling
    | ReduceOnPlateau,
    Field(discriminator="name"),
    ONE,
]
"""The type of a document field that holds one schedule: a name or a table."""


@dataclass(frozen=True, slots=True, eq=False)
class OneOrMore:
    """Mark a tuple of records: a document may give one that is not in a list."""

    one: RecordIn

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, several: (
                several(value) if isinstance(value, list | tuple) else (self.one.choose(value),)
            ),
            handler(source),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        several = handler(schema)
        return {"anyOf": [several["items"], several]}


Schedules = Annotated[tuple[OneSchedule, ...], Field(max_length=MAX_SCHEDULES), OneOrMore(ONE)]
"""The type of a document field that holds schedules: a name, a table, or a list of them."""


def factor(
    schedules: Sequence[NamedRecord], step: int, steps_per_epoch: int, total_steps: int
) -> float:
    """Return the factor of the learning rate at a step: the product over the schedules.

    `reduce_on_plateau` is not in it: its factor depends on the figures.

    Args:
        schedules: records of `SCHEDULES`.
        step: counted from 0.
        steps_per_epoch: steps of one pass over the training rows.
        total_steps: steps of the whole run.

    Example:
        >>> [factor([StepDecay(0.5, epochs=2)], step, 1, 10) for step in range(5)]
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    product = 1.0
    for name, n, number in stages(schedules, steps_per_epoch, total_steps):
        function = SCHEDULES[name].function
        assert function is not None
        product *= function(step, n, number)
    return product


def stages(
    schedules: Sequence[NamedRecord], steps_per_epoch: int, total_steps: int
) -> tuple[Stage, ...]:
    """Return the schedules as the core takes them, in steps; those that do nothing left out.

    Example:
        >>> stages([LinearWarmup(2), CosineDecay(final=0.1)], 5, 100)
        (('linear_warmup', 10.0, 0.0), ('cosine', 100.0, 0.1))
    """
    found = []
    for schedule in schedules:
        entry = SCHEDULES[schedule.name]
        if entry.function is None or isinstance(schedule, ConstantRate):
            continue
        number = 0.0 if entry.number is None else float(getattr(schedule, entry.number))
        found.append((schedule.name, _n_steps(schedule, steps_per_epoch, total_steps), number))
    return tuple(found)


def watches(schedules: Sequence[NamedRecord], *, has_validation: bool) -> tuple[Watch, ...]:
    """Return those that a figure decides as the core takes them.

    Example:
        >>> [each.figure for each in watches([ReduceOnPlateau()], has_validation=True)]
        ['validation_loss']
    """
    found = []
    for schedule in schedules:
        if isinstance(schedule, ReduceOnPlateau):
            figure = schedule.figure or usual_figure(has_validation=has_validation)
            found.append(
                Watch(
                    kind="reduce",
                    figure=figure,
                    up=goes_up(figure),
                    patience=schedule.patience,
                    gain=schedule.gain,
                    factor=schedule.factor,
                    least=schedule.least,
                )
            )
    return tuple(found)


def is_relative(schedules: Sequence[NamedRecord]) -> bool:
    """Return whether a factor depends on the length of the run, which then cannot be changed."""
    return any(isinstance(each, CosineDecay) and each.epochs is None for each in schedules)


def beyond(schedules: Sequence[NamedRecord], epochs: float) -> tuple[int, ...]:
    """Return the numbers of the schedules that a run of so many epochs is too short for.

    It would cut them off, or end before they do anything.

    Example:
        >>> beyond([LinearWarmup(3), CosineDecay(20), StepDecay(epochs=10)], epochs=10)
        (1, 2)
    """
    lengths = [getattr(schedule, "epochs", None) for schedule in schedules]
    entries = [SCHEDULES[schedule.name] for schedule in schedules]
    return tuple(
        k
        for k, (entry, length) in enumerate(zip(entries, lengths, strict=True))
        if length is not None
        and ((entry.must_end and length > epochs) or (entry.waits and length >= epochs))
    )


def _n_steps(schedule: NamedRecord, steps_per_epoch: int, total_steps: int) -> float:
    """Return n: the steps of its epochs, half a step up, at least 1 and exact in a float64."""
    epochs = getattr(schedule, "epochs", None)
    steps = total_steps if epochs is None else min(epochs * steps_per_epoch, float(MAX_STEPS))
    return float(max(1, math.floor(steps + 0.5)))
