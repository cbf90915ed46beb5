"""A network of another library as a chain of steps, and the chain folded into dense layers.

Every reader gives the same three kinds of step; what lies before the first layer becomes the
scaler, what lies behind the last one the scaler of the target, and the rest goes into weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shoal.network import FloatArray

NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
SELU_ALPHA: Final = 1.6732632423543772
SELU_SCALE: Final = 1.0507009873554805
"""Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks" (2017), eq. 14."""


class Refusal(Exception):  # noqa: N818 - not an error of the program, a finding about a file
    """Why something cannot be imported; the public entry adds what was to be imported.

    Args:
        reason: begins with a verb and ends with a full stop.
        cure: one sentence that says what to do, or nothing.
        code: of the situation, from `shoal.codes`.
    """

    def __init__(self, reason: str, cure: str = "", *, code: str = "M105") -> None:
        self.reason = reason
        self.cure = cure
        self.code = code
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linear:
    """``x @ weights + bias``.

    Shapes:
        weights (D, H), bias (H,) or None
    """

    name: str
    weights: FloatArray
    bias: FloatArray | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """``(x - center) / scale + shift`` for every unit by itself; a scale may be negative.

    Shapes:
        center, scale, shift (D,), float64
    """

    name: str
    center: FloatArray
    scale: FloatArray
    shift: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """An activation, under shoal's name."""

    name: str
    activation: str
    settings: Mapping[str, float] = field(default_factory=lambda: NOTHING)


Step = Linear | Stretch | Bend


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlainLayer:
    """A dense layer as shoal has it; an activation of None is still to come."""

    name: str
    weights: FloatArray
    bias: FloatArray | None
    activation: str | None = None
    settings: Mapping[str, float] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plain:
    """Dense layers between two scalers.

    Attributes:
        layers: at least one.
        center: of the scaler of the features.
        scale: likewise, above 0.
        behind: (C,), (C,): center and scale of the target, None where nothing is done to it.
        exact: whether every weight is the source's own, so that its precision is enough.

    Shapes:
        center, scale (D,)
    """

    layers: tuple[PlainLayer, ...]
    center: FloatArray
    scale: FloatArray
    behind: tuple[FloatArray, FloatArray] | None
    exact: bool

    @property
    def last(self) -> str:
        """The activation of the last layer."""
        return self.layers[-1].activation or "identity"

    @property
    def n_outputs(self) -> int:
        """C."""
        return int(self.layers[-1].weights.shape[1])


def stretch(
    name: str, width: int, *, center: Any = 0.0, scale: Any = 1.0, shift: Any = 0.0
) -> Stretch:
    """Return a `Stretch` of numbers or arrays, in float64.

    Raises:
        Refusal: a number is not finite, or a scale is 0.
    """
    arrays = [
        np.array(np.broadcast_to(np.asarray(each, np.float64), (width,)))
        for each in (center, scale, shift)
    ]
    if not all(np.isfinite(each).all() for each in arrays):
        raise Refusal(f"has numbers in {name} that are not finite.")
    if (arrays[1] == 0).any():
        raise Refusal(f"has {name}, which makes a column constant.", "Drop that column.")
    return Stretch(name=name, center=arrays[0], scale=arrays[1], shift=arrays[2])


def bends(name: str, activation: str, width: int, **settings: float) -> list[Step]:
    """Return the steps of an activation; selu is elu, stretched."""
    if activation != "selu":
        return [Bend(name=name, activation=activation, settings=settings)]
    elu = Bend(name=name, activation="elu", settings={"alpha": SELU_ALPHA})
    return [elu, stretch(name, width, scale=1 / SELU_SCALE)]


def fold(steps: Sequence[Step], n_inputs: int) -> Plain:
    """Return the chain as dense layers between two scalers.

    Raises:
        Refusal: the steps do not fit together, or cannot be said with dense layers.

    Example:
        >>> two = Linear(name="a", weights=np.array([[2.0]]), bias=None)
        >>> plain = fold([stretch("s", 1, center=5.0), two, stretch("t", 1, scale=0.5)], 1)
        >>> plain.layers[0].weights.item(), plain.center.item()
        (4.0, 5.0)
    """
    folding = _Folding(n_inputs)
    for step in steps:
        if isinstance(step, Linear):
            folding.layer(step)
        elif isinstance(step, Stretch):
            folding.stretch(step)
        else:
            folding.bend(step)
    return folding.plain()


class _Folding:
    """A chain as far as it is folded."""

    def __init__(self, n_inputs: int) -> None:
        self.width = n_inputs
        self.layers: list[PlainLayer] = []
        self.front: Stretch = stretch("the beginning", n_inputs)
        self.waiting: Stretch | None = None
        self.exact = True

    def layer(self, step: Linear) -> None:
        """Add a layer; what waits goes into its weights."""
        weights, bias = step.weights, step.bias
        _check(step, self.width)
        if self.waiting is not None and self.layers:
            w = np.asarray(weights, np.float64)
            before = self.waiting.shift - self.waiting.center / self.waiting.scale
            bias = before @ w + (0.0 if bias is None else bias)
            weights, self.exact = w / self.waiting.scale[:, None], False
        elif self.waiting is not None:
            self.front, turned = _positive(self.waiting)
            weights = weights * turned[:, None].astype(weights.dtype)  # +-1: the same bits
        self.waiting = None
        self.layers.append(PlainLayer(name=step.name, weights=weights, bias=bias))
        self.width = int(weights.shape[1])

    def stretch(self, step: Stretch) -> None:
        """Fold a stretch into the layer before it, or let it wait for what comes."""
        _check_width(step.name, len(step.center), self.width)
        if self.waiting is not None:
            self.waiting = _then(self.waiting, step)
        elif self.layers and self.layers[-1].activation is None:
            last, self.exact = self.layers[-1], False
            bias = np.zeros(self.width) if last.bias is None else np.asarray(last.bias, np.float64)
            self.layers[-1] = replace(
                last,
                weights=np.asarray(last.weights, np.float64) / step.scale,
                bias=(bias - step.center) / step.scale + step.shift,
            )
        else:
            self.waiting = step

    def bend(self, step: Bend) -> None:
        """Give the last layer its activation."""
        if not self.layers:
            raise Refusal(f"has {step.name} before its first dense layer, which no scaler can do.")
        last = self.layers[-1]
        if step.activation == "identity":
            return
        if last.activation is not None or self.waiting is not None:
            told = f"has {step.name} behind another activation or a scaling"
            raise Refusal(f"{told}, where no dense layer is between them.")
        self.layers[-1] = replace(last, activation=step.activation, settings=step.settings)

    def plain(self) -> Plain:
        if not self.layers:
            raise Refusal("has no dense layer.")
        behind = None
        if self.waiting is not None:
            factor = 1.0 / self.waiting.scale
            if (factor <= 0).any():
                raise Refusal(f"ends in {self.waiting.name}, which turns an output around.")
            behind = (self.waiting.shift - self.waiting.center / self.waiting.scale, factor)
        return Plain(
            layers=tuple(self.layers),
            center=self.front.center,
            scale=self.front.scale,
            behind=behind,
            exact=self.exact,
        )


def _then(first: Stretch, second: Stretch) -> Stretch:
    """((x - c1) / s1 + h1 - c2) / s2 + h2 as one stretch."""
    return Stretch(
        name=second.name,
        center=first.center + (second.center - first.shift) * first.scale,
        scale=first.scale * second.scale,
        shift=second.shift,
    )


def _positive(front: Stretch) -> tuple[Stretch, FloatArray]:
    """Return a stretch without shift and with scales above 0, and the signs taken out of it."""
    turned = np.sign(front.scale)
    center = np.where(front.shift == 0, front.center, front.center - front.shift * front.scale)
    return replace(front, center=center, scale=np.abs(front.scale), shift=front.shift * 0), turned


def _check(step: Linear, width: int) -> None:
    _check_width(step.name, step.weights.shape[0], width)
    arrays = [step.weights, *(() if step.bias is None else (step.bias,))]
    if not all(np.isfinite(each).all() for each in arrays):
        raise Refusal(f"has NaN or infinity in the weights of {step.name}.")


def _check_width(name: str, got: int, width: int) -> None:
    if got != width:
        raise Refusal(f"has {name} for {got:,} inputs, where {width:,} come in.")
