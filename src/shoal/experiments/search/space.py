"""The space that a sampler draws from: one dimension for each axis of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from shoal.experiments.sweep.axes import DRAWS, RANGES, Axis, leaves, read_axes
from shoal.experiments.sweep.cells import shown

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

LOOKED_AT: Final = 1000
"""Places of a range that are looked at to see whether all are whole numbers."""
PLAIN: Final = (str, int, float, bool, type(None))
"""What Optuna takes as a choice; anything else goes by its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """What one axis can be: a range of numbers, or a list.

    Attributes:
        name: of the parameter, the key path; of keys that move together all of them.
        keys: the key paths that it sets.
        kind: "float", "int" or "choice".
        low, high: the ends of a range, both included.
        is_log: whether its logarithm is drawn evenly.
        choices: of a list, each with a value for every key.
        names: what they are called, if they have labels.
    """

    name: str
    keys: tuple[str, ...]
    kind: Literal["float", "int", "choice"]
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    choices: tuple[tuple[Any, ...], ...] = ()
    names: tuple[str, ...] = ()

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna has it."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if self.kind == "choice":
            return CategoricalDistribution(tuple(self.labels()))
        if self.kind == "int":
            return IntDistribution(round(self.low), round(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)

    def labels(self) -> dict[Any, tuple[Any, ...]]:
        """Return the choices by what stands for them: themselves where that can be."""
        if self.names:
            return dict(zip(self.names, self.choices, strict=True))
        alone = all(len(each) == 1 and isinstance(each[0], PLAIN) for each in self.choices)
        plain = [each[0] if alone else _label(each) for each in self.choices]
        if len(set(map(repr, plain))) < len(plain) or len(set(plain)) < len(plain):
            plain = [f"{k}: {_label(each)}" for k, each in enumerate(self.choices)]
        return dict(zip(plain, self.choices, strict=True))

    def values(self, parameter: Any) -> tuple[tuple[str, Any], ...]:
        """Return keys and their values, from what a sampler drew."""
        if self.kind != "choice":
            return ((self.keys[0], parameter),)
        return tuple(zip(self.keys, self.labels()[parameter], strict=True))


def _label(values: tuple[Any, ...]) -> str:
    return ", ".join(shown(each) for each in values)


def space_of(table: Mapping[str, Any]) -> tuple[Dimension, ...]:
    """Return the space of a `[sweep]` table that has been read.

    Ranges become ranges of all numbers in between, whole numbers if their places all are; lists,
    rules and keys that walk together become choices; random draws become what they draw from.
    """
    table = dict(table)
    zips, random = table.pop("zip", []), table.pop("random", {})
    found = [_dimension(key, spec) for key, spec in leaves(table, RANGES)]
    for one in zips if isinstance(zips, list) else [zips]:
        (axis,) = read_axes({"zip": one}, "sweep")
        found.append(_choice(axis))
    drawn = {key: spec for key, spec in random.items() if key not in ("draws", "seed")}
    found += [_drawn(key, spec) for key, spec in leaves(drawn, DRAWS)]
    return tuple(found)


def _dimension(key: str, spec: Any) -> Dimension:
    (axis,) = read_axes({key: spec}, "sweep")
    kind = next((name for name in RANGES if isinstance(spec, Mapping) and name in spec), None)
    if kind is None:
        return _choice(axis)
    low, high = sorted(spec[kind])
    first = (axis.at(k)[0] for k in range(min(axis.size, LOOKED_AT)))
    is_whole = all(isinstance(value, int) for value in first)
    return Dimension(
        name=key, keys=axis.keys, kind="int" if is_whole else "float",
        low=low, high=high, is_log=kind == "log",
    )  # fmt: skip


def _drawn(key: str, spec: Mapping[str, Any]) -> Dimension:
    if "choice" in spec:
        return _dimension(key, spec["choice"])
    (kind,) = spec
    low, high = spec[kind]
    whole = kind == "integers"
    return Dimension(
        name=key, keys=(key,), kind="int" if whole else "float",
        low=low, high=high, is_log=kind == "log",
    )  # fmt: skip


def _choice(axis: Axis) -> Dimension:
    choices = tuple(axis.at(k) for k in range(axis.size))
    return Dimension(
        name=", ".join(axis.shown_keys), keys=axis.keys, kind="choice", choices=choices,
        names=axis.labels,
    )  # fmt: skip
