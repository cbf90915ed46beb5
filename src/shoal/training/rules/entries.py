"""What the modules of rules share: the types of their settings and the entry in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from shoal.fields import NUMBER, NamedRecord
from shoal.network.arrays import DType, FloatArray

Rate = Annotated[float, Field(strict=True, gt=0), NUMBER]
Decay = Annotated[float, Field(strict=True, ge=0, lt=1), NUMBER]
NotNegative = Annotated[float, Field(strict=True, ge=0), NUMBER]
Flag = Annotated[bool, Field(strict=True)]

Kind = Literal["gradient", "perceptron", "oracle", "python"]
Slots = tuple[FloatArray, FloatArray]
"""What a gradient rule returns: the new weights (..., K) and slots (S, ..., K)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerEntry:
    """An entry of `OPTIMIZERS`.

    Attributes:
        record: the class with its settings.
        function: the rule in NumPy. Of a "gradient" or "perceptron" rule
            ``function(optimizer, weights, gradient, slots, step, factor)``, see `update`; of an
            "oracle" or "python" rule ``function(optimizer, weights, state, oracle, step,
            factor)``, see `oracle_step`.
        kind: "gradient" rules are handed the gradient, "perceptron" the perceptron's error in
            its place, "oracle" rules the loss as a function; "python" rules too, and they are
            the user's, so the core does not have them.
        n_slots: S, the arrays of K numbers that it carries from step to step; where the
            settings decide, that of the defaults (see `slots_of`).
        needs_gradient: whether it uses the derivative of the loss.
        default_dtype: the precision where a document says nothing. Rules that compare losses
            or difference them need float64.
        start: returns the numbers that the slots begin with; None if all are 0.
        count: returns S where the settings decide.
    """

    record: type[NamedRecord]
    function: Callable[..., Any]
    kind: Kind = "gradient"
    n_slots: int = 0
    needs_gradient: bool = True
    default_dtype: DType = "float32"
    start: Callable[[Any], tuple[float, ...]] | None = None
    count: Callable[[Any], int] | None = None

    @property
    def name(self) -> str:
        """The name in documents."""
        return str(self.record.model_fields["name"].default)

    @property
    def has_learning_rate(self) -> bool:
        """Whether it has a learning rate, and so whether a schedule changes anything."""
        return "learning_rate" in self.record.model_fields

    def slots_of(self, optimizer: NamedRecord) -> int:
        """Return S for these settings."""
        return self.n_slots if self.count is None else self.count(optimizer)

    def first_numbers(self, optimizer: NamedRecord) -> tuple[float, ...]:
        """Return the S numbers that the slots begin with, one for each."""
        return (0.0,) * self.slots_of(optimizer) if self.start is None else self.start(optimizer)
