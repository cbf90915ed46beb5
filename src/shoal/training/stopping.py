"""Stop rules: what ends a network's training before its last epoch, as data.

Limits count steps, seconds or loss evaluations; watches look at a figure at every report; a
predicate is a Python function that gets the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from shoal.errors import InputError
from shoal.fields import NUMBER, NamedRecord, RecordIn, positional, reason
from shoal.kernels import Watch
from shoal.training.figures import FigureName, goes_up, usual_figure
from shoal.training.functions import FunctionField, UserFunction, call
from shoal.training.schedules import OneOrMore

MAX_LIMIT = 2**53
MAX_RULES = 64
Limit = Annotated[int, Field(strict=True, ge=1, le=MAX_LIMIT), NUMBER]
Patience = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), NUMBER]
Level = Annotated[float, Field(strict=True), NUMBER]
Keep = Literal["after", "before"]


class StepLimit(NamedRecord):
    """End every network after `limit` steps, even if more epochs are asked for.

    Args:
        limit: the most steps.
    """

    name: Literal["steps"] = "steps"
    limit: Limit

    @positional
    def __init__(self, limit: int, *, name: str = "steps") -> None: ...


class SecondLimit(NamedRecord):
    """End all networks when training has taken `limit` seconds.

    The step at which the clock ended each network is stored, so that a replay is exact.

    Args:
        limit: the most seconds of training.
    """

    name: Literal["seconds"] = "seconds"
    limit: Annotated[float, Field(strict=True, gt=0), NUMBER]

    @positional
    def __init__(self, limit: float, *, name: str = "seconds") -> None: ...


class EvaluationLimit(NamedRecord):
    """End a network after the step in which it reached `limit` evaluations of the loss.

    A gradient counts as one evaluation, and so does every loss that a rule asks for.

    Args:
        limit: the most evaluations of the loss.
    """

    name: Literal["evaluations"] = "evaluations"
    limit: Limit

    @positional
    def __init__(self, limit: int, *, name: str = "evaluations") -> None: ...


class Target(NamedRecord):
    """End a network when a figure has reached a level: above it, or below it.

    Args:
        figure: such as ``"validation_accuracy"``.
        above: the level, if larger figures reach it.
        below: the level, if smaller figures reach it.
        keep: the weights that reached the target are delivered ("after"), or those of the
            step before ("before").
    """

    name: Literal["target"] = "target"
    figure: FigureName
    above: Level | None = None
    below: Level | None = None
    keep: Keep = "after"

    @positional
    def __init__(
        self,
        figure: str,
        *,
        above: float | None = None,
        below: float | None = None,
        keep: str = "after",
        name: str = "target",
    ) -> None: ...

    @model_validator(mode="after")
    def _has_one_level(self) -> Self:
        if (self.above is None) == (self.below is None):
            told = "target needs either above or below; got"
            if self.above is None:
                raise reason("not_given", f"{told} neither. Give one of the two")
            raise reason("conflict", f"{told} both")
        return self

    @property
    def level(self) -> float:
        """The level, whichever way it is reached."""
        return self.below if self.above is None else self.above  # type: ignore[return-value]


class Plateau(NamedRecord):
    """End a network when a figure has not become better for a while.

    Better is up for accuracy and R2, and down for losses and errors.

    Args:
        figure: validation_loss if not given, or train_loss where no rows validate.
        patience: reports without a gain after which the network ends.
        gain: by how much more than this the figure must be better than its best to count.
    """

    name: Literal["plateau"] = "plateau"
    figure: FigureName | None = None
    patience: Patience = 10
    gain: Annotated[float, Field(strict=True, ge=0), NUMBER] = 0.0

    @positional
    def __init__(
        self,
        figure: str | None = None,
        *,
        patience: int = 10,
        gain: float = 0.0,
        name: str = "plateau",
    ) -> None: ...


class Divergence(NamedRecord):
    """Count a network as diverged when a figure has reached a level; NaN and infinity always do.

    Args:
        figure: which figure is watched.
        above: the level that counts as diverged.
    """

    name: Literal["divergence"] = "divergence"
    figure: FigureName = "train_loss"
    above: Level

    @positional
    def __init__(
        self, figure: str = "train_loss", *, above: float, name: str = "divergence"
    ) -> None: ...


class Predicate(NamedRecord):
    """End a network when a Python function of its figures says so.

    ``function(previous, current) -> bool`` is called for every network at every report, with
    the figures by name; at the first report `previous` is an empty dictionary.

    Args:
        function: a Python function, or where a document finds it: "module:name".
    """

    name: Literal["python"] = "python"
    function: FunctionField

    @positional
    def __init__(self, function: Any, *, name: str = "python") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StopEntry:
    """An entry of `STOP_RULES`: the record, and whether the core watches a figure for it."""

    record: type[NamedRecord]
    is_watch: bool = False


STOP_RULES: Mapping[str, StopEntry] = MappingProxyType(
    {
        "steps": StopEntry(record=StepLimit),
        "seconds": StopEntry(record=SecondLimit),
        "evaluations": StopEntry(record=EvaluationLimit),
        "target": StopEntry(record=Target, is_watch=True),
        "plateau": StopEntry(record=Plateau, is_watch=True),
        "divergence": StopEntry(record=Divergence, is_watch=True),
        "python": StopEntry(record=Predicate),
    }
)
"""Every stop rule, by name."""

ONE = RecordIn("stop rule", STOP_RULES)
StopRule = Annotated[
    StepLimit | SecondLimit | EvaluationLimit | Target | Plateau | Divergence | Predicate,
    Field(discriminator="name"),
    ONE,
]
"""The type of a document field that holds a stop rule: a table with a name."""


StopRules = Annotated[tuple[StopRule, ...], Field(max_length=MAX_RULES), OneOrMore(ONE)]
"""The type of a document field that holds stop rules: one, or a list of them."""


def limit_of(rules: Sequence[StopRule], name: str) -> float | None:
    """Return the smallest limit of the rules `name`: steps, seconds or evaluations.

    Example:
        >>> limit_of([StepLimit(30), StepLimit(20)], "steps")
        20
    """
    limits = [rule.limit for rule in rules if rule.name == name and hasattr(rule, "limit")]
    return min(limits, default=None)


def watched(rules: Sequence[StopRule]) -> tuple[Target | Plateau | Divergence, ...]:
    """Return the rules that the core watches a figure for, in the order of `watches`."""
    return tuple(rule for rule in rules if isinstance(rule, Target | Plateau | Divergence))


def watches(rules: Sequence[StopRule], *, has_validation: bool) -> tuple[Watch, ...]:
    """Return what the core must watch, one for each of `watched`.

    Example:
        >>> (watch,) = watches([Plateau(patience=3)], has_validation=True)
        >>> watch.figure, watch.up, watch.patience
        ('validation_loss', False, 3)
    """
    return tuple(_watch(rule, has_validation) for rule in watched(rules))


def figure_of(rule: Target | Plateau | Divergence, *, has_validation: bool) -> str:
    """Return the figure that a rule looks at."""
    return rule.figure or usual_figure(has_validation=has_validation)


def predicates(rules: Sequence[StopRule]) -> tuple[tuple[str, UserFunction], ...]:
    """Return the Python functions, each with its key path for messages."""
    return tuple(
        (f"training.stop[{k}].function", rule.function)
        for k, rule in enumerate(rules)
        if isinstance(rule, Predicate)
    )


def says_stop(
    where: str,
    function: UserFunction,
    previous: Mapping[str, float],
    current: Mapping[str, float],
) -> bool:
    """Ask a predicate about one network.

    Raises:
        InputError: it raised, or its answer is neither True nor False.
    """
    answer = call(where, function, previous, current)
    if isinstance(answer, bool | np.bool_):
        return bool(answer)
    raise InputError(
        f"{where}: '{function.code}' must return True or False; got {answer!r:.60}. "
        "Return a comparison, such as current['train_loss'] < 0.1.",
        code="F101",
    )


def _watch(rule: Target | Plateau | Divergence, has_validation: bool) -> Watch:
    figure = figure_of(rule, has_validation=has_validation)
    if isinstance(rule, Plateau):
        return Watch(
            kind=rule.name,
            figure=figure,
            up=goes_up(figure),
            patience=rule.patience,
            gain=rule.gain,
        )
    if isinstance(rule, Divergence):
        return Watch(kind=rule.name, figure=figure, up=True, level=rule.above)
    return Watch(
        kind=rule.name,
        figure=figure,
        up=rule.above is not None,
        level=rule.level,
        keep_before=rule.keep == "before",
    )
