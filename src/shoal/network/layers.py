"""The parts a network is described with: its inputs and its dense layers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from shoal.fields import NUMBER, positional, reason
from shoal.network.activations import ACTIVATIONS, Activation, ActivationName
from shoal.network.initializers import Initializer
from shoal.records import Record

MAX_UNITS = 65_536
"""The most units of a layer, and the most inputs of a network."""

Size = Annotated[int, Field(strict=True, ge=1, le=MAX_UNITS), NUMBER]


class Input(Record):
    """A named input of `width` features; several are joined into one, in order.

    Args:
        name: what it is called in tables and charts.
        width: its features.
    """

    name: str = Field(min_length=1)
    width: Size = 1

    @positional
    def __init__(self, name: str, width: int = 1) -> None: ...


class Dense(Record):
    """A layer in which every unit sees every input: ``a = activation(x @ weights + bias)``.

    Args:
        units: H, the number of outputs.
        activation: a name from `ACTIVATIONS`.
        bias: whether a bias is added to the weighted sums.
        initializer: how the weights begin, if not as the network says.
        alpha: the slope below 0 of ``leaky_relu`` (0.01 unless given); for ``elu`` (1.0 unless
            given) the outputs approach -alpha.
        at_zero: the value of ``step`` at exactly 0, from 0 to 1 (1.0 unless given).

    Shapes:
        x (N, D), weights (D, H), bias (H,) -> (N, H)

    Raises:
        pydantic.ValidationError: an unknown activation, `units` outside 1 to 65,536, or a
            setting that the activation does not have.

    Example:
        >>> Dense(3, "leaky_relu").settings
        mappingproxy({'alpha': 0.01})
    """

    units: Size
    activation: ActivationName = "identity"
    bias: bool = Field(default=True, strict=True)
    initializer: Initializer | None = None
    alpha: Annotated[float, Field(strict=True, ge=0), NUMBER] | None = None
    at_zero: Annotated[float, Field(strict=True, ge=0, le=1), NUMBER] | None = None

    @positional
    def __init__(
        self,
        units: int,
        activation: str = "identity",
        *,
        bias: bool = True,
        initializer: Initializer | str | Mapping[str, Any] | None = None,
        alpha: float | None = None,
        at_zero: float | None = None,
    ) -> None: ...

    @field_validator("alpha", "at_zero")
    @classmethod
    def _belongs(cls, value: float | None, info: ValidationInfo) -> float | None:
        activation = info.data.get("activation")
        if value is None or activation is None or info.field_name is None:
            return value
        if info.field_name not in ACTIVATIONS[activation].settings:
            fitting = [f'"{a.name}"' for a in ACTIVATIONS.values() if info.field_name in a.settings]
            raise reason(
                "conflict",
                f'{info.field_name} fits only {" and ".join(fitting)}; got "{activation}"',
            )
        return value

    @property
    def function(self) -> Activation:
        """The entry of `ACTIVATIONS`."""
        return ACTIVATIONS[self.activation]

    @property
    def settings(self) -> Mapping[str, float]:
        """The settings of the activation, with defaults where nothing is given."""
        given = {"alpha": self.alpha, "at_zero": self.at_zero}
        return MappingProxyType(
            {
                name: default if (value := given[name]) is None else value
                for name, default in self.function.settings.items()
            }
        )
