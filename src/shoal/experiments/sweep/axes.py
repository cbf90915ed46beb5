"""The `[sweep]` table: which keys take which values.

An axis has one key, or several that walk together, and a number of places; its values are made
when they are asked for, so that a range of 10^9 places costs nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shoal.errors import ExperimentError, InputError, Problem, did_you_mean
from shoal.experiments.changes import change_to
from shoal.experiments.problems import path_of, shown_value
from shoal.experiments.sweep.rules import Rule
from shoal.streams import MAX_SEED, stream

RANGES: Final = ("linear", "log")
DRAWS: Final = ("uniform", "log", "integers", "choice")
RESERVED: Final = ("zip", "random")
TITLES: Final = ("name", "labels")
"""Keys of a zip that say what it is called, and change nothing."""
DIGITS: Final = 12
"""Significant digits of the values in a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Keys that walk together, and the values that they take.

    Attributes:
        keys: key paths such as ``data.label_noise``.
        size: how many places there are.
        at: the values of the keys at a place, counted from 0.
        name, labels: what keys that walk together, and their places, are called; if they are
            not, the keys and the values speak for themselves.
    """

    keys: tuple[str, ...]
    size: int
    at: Callable[[int], tuple[Any, ...]]
    name: str = ""
    labels: tuple[str, ...] = ()

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """What the keys are called where they are shown."""
        return (self.name,) if self.labels else self.keys


class AxisError(InputError):
    """What is wrong with the values of a key; the place is added by who knows it."""

    code = "X111"


def read_axes(table: object, source: str) -> tuple[Axis, ...]:
    """Return the axes of a `[sweep]` table: the grid, the zips, the random draws.

    Raises:
        ExperimentError: what is wrong, every problem with its key path.
    """
    if not isinstance(table, Mapping):
        raise ExperimentError(
            source, [Problem(path="sweep", message="must be a table.", code="X111")]
        )
    problems: list[Problem] = []
    axes: list[Axis] = []
    for key, spec in leaves({k: v for k, v in table.items() if k not in RESERVED}, RANGES):
        with _gathering(problems, f"sweep.{key}"):
            axes.append(_grid(key, spec))
    zips = table.get("zip", [])
    for k, one in enumerate(zips if isinstance(zips, list) else [zips]):
        with _gathering(problems, f"sweep.zip[{k}]"):
            axes.append(_zip(one))
            _check_name(axes[-1], axes[:-1])
    if "random" in table:
        with _gathering(problems, "sweep.random"):
            axes.append(_random(table["random"]))
    problems += _twice(axes)
    if problems:
        raise ExperimentError(source, problems)
    return tuple(axes)


def leaves(table: Mapping[str, Any], marks: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the key paths of a table, and what says which values they take.

    Args:
        table: nested, or with quoted paths.
        marks: keys of a table that is itself such a saying, besides `rule`.
    """
    for key, value in table.items():
        name = key.strip()
        is_table = isinstance(value, Mapping)
        if is_table and value and not any(mark in value for mark in (*marks, "rule", "n")):
            for below, spec in leaves(value, marks):
                yield f"{name}.{below}", spec
        else:
            yield name, value


class _gathering:  # noqa: N801
    """Turn what is wrong with an axis into a problem at its key."""

    def __init__(self, problems: list[Problem], path: str) -> None:
        self.problems = problems
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, InputError):
            return False
        at = getattr(error, "key", "")
        path = f"{self.path}.{at}" if at else self.path
        self.problems.append(Problem(path=path, message=str(error), code=error.code))
        return True


def _grid(key: str, spec: object) -> Axis:
    values = _places(spec)
    change_to(key, None)
    return Axis(keys=(key,), size=values.size, at=lambda k: (values.at(k),))


@dataclass(frozen=True, slots=True)
class _Places:
    size: int
    at: Callable[[int], Any]


def _places(spec: object) -> _Places:
    """Return the values that a list, a range or a rule stands for."""
    if isinstance(spec, list | tuple):
        if not spec:
            raise AxisError("is an empty list. Give at least one value.")
        values = [_value(each) for each in spec]
        return _Places(len(values), values.__getitem__)
    if not isinstance(spec, Mapping):
        wanted = "must be a list of values, or a range such as { linear = [0, 1], n = 5 }"
        raise AxisError(f"{wanted}; got {shown_value(spec)}.")
    if set(spec) == {"rule"}:
        rule = Rule.read(spec["rule"])
        return _Places(1, lambda k: rule)
    return _range(spec)


def _value(given: Any) -> Any:
    if isinstance(given, Mapping) and set(given) == {"rule"}:
        return Rule.read(given["rule"])
    return given


def _range(spec: Mapping[str, Any]) -> _Places:
    kind = _kind(spec, RANGES, ("n", "whole"))
    low, high = _bounds(kind, spec[kind])
    if "n" not in spec:
        raise AxisError(f"has no end: say how many values with n, as in {{ {kind} = ..., n = 5 }}.")
    n = spec["n"]
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise AxisError(f"n must be a whole number of 1 or more; got {shown_value(n)}.")
    whole = spec.get("whole", isinstance(low, int) and isinstance(high, int) and kind == "linear")
    if not isinstance(whole, bool):
        raise AxisError(f"whole must be true or false; got {shown_value(whole)}.")
    always = spec.get("whole") is True
    return _Places(n, lambda k: _in_range(kind, low, high, n, k, whole, always))


def _in_range(
    kind: str, low: float, high: float, n: int, k: int, whole: bool, always: bool
) -> int | float:
    """Return value `k` of `n` from `low` to `high`, both among them."""
    share = k / (n - 1) if n > 1 else 0.0
    if share == 0 or share == 1:
        value: float = high if share else low
    elif kind == "log":
        value = tidy(math.exp((1 - share) * math.log(low) + share * math.log(high)))
    else:
        value = tidy((1 - share) * low + share * high)
    if whole and (always or float(value).is_integer()):
        return round(value)
    return value


def tidy(value: float) -> float:
    """Return a number without what rounding left behind its first 12 digits.

    Example:
        >>> tidy(3 * 0.1)
        0.3
    """
    return float(f"{value:.{DIGITS}g}")


def _kind(spec: Mapping[str, Any], kinds: Sequence[str], others: Sequence[str]) -> str:
    """Return which kind of range a table is; it has no key but that and `others`."""
    found = [name for name in kinds if name in spec]
    unknown = [name for name in spec if name not in (*kinds, *others)]
    if unknown:
        known = (*kinds, *others)
        cure = did_you_mean(unknown[0], known) or f"Known keys: {', '.join(known)}."
        raise AxisError(f"has an unknown key '{unknown[0]}'. {cure}")
    if len(found) != 1:
        raise AxisError(f"must have one of the keys {', '.join(kinds)}.")
    return found[0]


def _bounds(kind: str, given: object) -> tuple[float, float]:
    """Return the ends of a range, which are finite, and above 0 for a logarithmic one."""
    is_pair = isinstance(given, list | tuple) and len(given) == 2
    pair = list(given) if is_pair and isinstance(given, list | tuple) else []
    if not is_pair or not all(isinstance(v, int | float) and type(v) is not bool for v in pair):
        raise AxisError(f"{kind} must be two numbers [from, to]; got {shown_value(given)}.")
    for value in pair:
        if not math.isfinite(value) or abs(value) > 1e300:
            raise AxisError(f"{kind} must go from one finite number to another; got {value}.")
        if kind == "log" and value <= 0:
            raise AxisError(f"log must go between numbers above 0; got {value}.")
    return pair[0], pair[1]


def _zip(table: object) -> Axis:
    if not isinstance(table, Mapping) or not table:
        raise AxisError("must be a table of keys and the values that they take together.")
    places: dict[str, _Places] = {}
    name, labels = table.get("name", "setting"), table.get("labels", [])
    for key, spec in leaves({k: v for k, v in table.items() if k not in TITLES}, RANGES):
        places[key] = _with_key(key, lambda spec=spec: _places(spec))  # type: ignore[misc]
    sizes = {key: each.size for key, each in places.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{key} has {size:,}" for key, size in sizes.items())
        raise AxisError(f"keys that walk together must have equally many values: {told}.")
    columns = list(places.values())
    if not columns:
        raise AxisError("must be a table of keys and the values that they take together.")
    _check_titles(name, labels, columns[0].size)
    return Axis(
        keys=tuple(places),
        size=columns[0].size,
        at=lambda k: tuple(each.at(k) for each in columns),
        name=name,
        labels=tuple(labels),
    )


def _check_titles(name: object, labels: object, size: int) -> None:
    """Raise unless places of an axis can be called by these labels."""
    if not isinstance(name, str) or not name.strip() or "." in name:
        raise AxisError(f"name must be a word or two without dots; got {shown_value(name)}.")
    words = labels if isinstance(labels, list) else [None]
    fine = all(isinstance(each, str) and each for each in words)
    if not fine or len(words) not in (0, size) or len(set(words)) != len(words):
        told = f"labels must be {size:,} different words, one for each place"
        raise AxisError(f"{told}; got {shown_value(labels)}.")


def _check_name(axis: Axis, others: Sequence[Axis]) -> None:
    """Raise if other axes are called the same."""
    if axis.labels and any(axis.name in other.shown_keys for other in others):
        raise AxisError(f"another axis is called '{axis.name}' too. Give it another name.")


def _with_key(key: str, make: Callable[[], _Places]) -> _Places:
    """Return what `make` gives; what is wrong is told with the key."""
    try:
        change_to(key, None)
        return make()
    except InputError as error:
        told = AxisError(str(error), code=error.code)
        told.key = key  # type: ignore[attr-defined]
        raise told from None


def _random(table: object) -> Axis:
    if not isinstance(table, Mapping):
        raise AxisError("must be a table with draws, seed and keys.")
    n, seed = table.get("draws"), table.get("seed", 0)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        got = "nothing" if n is None else shown_value(n)
        raise AxisError(f"draws must be a whole number of 1 or more; got {got}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise AxisError(f"seed must be a whole number from 0 to 2^53 - 1; got {shown_value(seed)}.")
    rest = {key: value for key, value in table.items() if key not in ("draws", "seed")}
    places = {
        key: _with_key(key, lambda key=key, spec=spec: _drawn(key, spec, n, seed))  # type: ignore[misc]
        for key, spec in leaves(rest, DRAWS)
    }
    if not places:
        raise AxisError("has no key to draw values of.")
    columns = list(places.values())
    return Axis(keys=tuple(places), size=n, at=lambda k: tuple(each.at(k) for each in columns))


def _drawn(key: str, spec: object, n: int, seed: int) -> _Places:
    """Return random values: draw k is the same however many there are, and whatever else is."""
    if not isinstance(spec, Mapping):
        told = "must be a table such as { uniform = [0, 1] } or { choice = [1, 2] }"
        raise AxisError(f"{told}; got {shown_value(spec)}.")
    kind = _kind(spec, DRAWS, ())
    numbers = stream(seed, "sweep")
    own = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")

    def uniform(k: int) -> float:
        return float(numbers.uniform(1, step=k, part=own)[0])

    if kind == "choice":
        options = _places(spec["choice"])
        return _Places(n, lambda k: options.at(int(uniform(k) * options.size)))
    low, high = _bounds(kind, spec[kind])
    if low > high:
        raise AxisError(f"{kind} must go from the smaller to the larger number; got {low}, {high}.")
    if kind == "integers":
        if not (isinstance(low, int) and isinstance(high, int)):
            raise AxisError(f"integers must go between whole numbers; got {low}, {high}.")
        return _Places(n, lambda k: low + int(uniform(k) * (high - low + 1)))
    if kind == "uniform":
        return _Places(n, lambda k: tidy(low + (high - low) * uniform(k)))
    first, span = math.log(low), math.log(high) - math.log(low)
    return _Places(n, lambda k: tidy(math.exp(first + span * uniform(k))))


def _twice(axes: Sequence[Axis]) -> Iterator[Problem]:
    """Yield a problem for each key that two axes have."""
    seen: set[tuple[str, ...]] = set()
    for axis in axes:
        for key in axis.keys:
            path = change_to(key, None).path
            if path in seen:
                yield Problem(
                    path=f"sweep.{key}", message="is there twice. Keep one of them.", code="X111"
                )
            seen.add(path)


def place_of(key: str) -> str:
    """Return a key path as messages write it.

    Example:
        >>> place_of("network.layers.0.units")
        'network.layers[0].units'
    """
    return path_of(tuple(int(part) if part.isdigit() else part for part in key.split(".")))
