"""What a chart shows of a record: which features, networks, figure and output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.charts.asking import spread_members, telling_features
from shoal.data.dataset import Schema
from shoal.errors import ArgumentError, did_you_mean
from shoal.experiments.run import Run

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One class, label or target.

    Attributes:
        number: its place among the probabilities or values.
        title: what an axis calls it.
        is_probability: whether it lies from 0 to 1.
    """

    number: int
    title: str
    is_probability: bool


def chosen_features(where: str, run: Run, given: Sequence[int | str] | str | None) -> Pair:
    """Return the numbers of two features: of more than two those that change the answers most.

    They are base features: derived ones move with those that they are made of.

    Raises:
        ArgumentError: there are not two of them, or no such ones.
    """
    names = run.prepared.parts[0].dataset.schema.base_features
    if len(names) < 2:
        wanted = "must be two features of the data"
        raise ArgumentError(
            where, "features", wanted, got=f"data with one, '{names[0]}'", code="A108"
        )
    if given is None:
        return (0, 1) if len(names) == 2 else _telling(run)
    listed = [part.strip() for part in given.split(",")] if isinstance(given, str) else list(given)
    if len(listed) != 2:
        wanted = "must be two features, such as x0,x1"
        raise ArgumentError(where, "features", wanted, got=f"{len(listed)} of them", code="A104")
    one, two = (feature_number(where, run, each) for each in listed)
    if one == two:
        raise ArgumentError(
            where, "features", "must be two different ones", got=f"'{names[one]}'", code="A110"
        )
    return one, two


def _telling(run: Run) -> Pair:
    one, two = telling_features(run, 2)
    return one, two


def feature_number(where: str, run: Run, given: int | str) -> int:
    """Return the number of a base feature that is given by its name or its number.

    Raises:
        ArgumentError: there is none such, or it is a derived one.
    """
    schema = run.prepared.parts[0].dataset.schema
    names = schema.base_features
    if given in schema.feature_names[len(names) :]:
        wanted = f"must be a feature of the data, and {given} is derived"
        cure = "Derived features move with those that they are made of."
        raise ArgumentError(where, "features", wanted, got=repr(given), cure=cure, code="A101")
    if isinstance(given, str) and given in names:
        return names.index(given)
    text = str(given)
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(names):
        return int(text)
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    cure = did_you_mean(text, names)
    raise ArgumentError(
        where, "features", f"must be among {shown}", got=repr(given), cure=cure, code="A103"
    )


def chosen_output(where: str, run: Run, given: str | int | None) -> Output:
    """Return a class, label or target by its name or number.

    Raises:
        ArgumentError: there is none such.
    """
    return output_of(where, run.prepared.parts[0].dataset.schema, given)


def output_of(where: str, schema: Schema, given: str | int | None) -> Output:
    """Return a class, label or target of a schema by its name or number.

    Raises:
        ArgumentError: there is none such.
    """
    names = schema.classes or schema.targets
    if given is None:
        number = 1 if len(schema.classes) == 2 else 0
    elif given in names:
        number = names.index(str(given))
    else:
        text = str(given)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(names)):
            what = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            cure = did_you_mean(text, names)
            raise ArgumentError(
                where, "of", f"must be among {what}", got=repr(given), cure=cure, code="A103"
            )
        number = int(text)
    name = plain(names[number])
    if schema.is_regression:
        return Output(number=number, title=name, is_probability=False)
    what = f"{name} = {plain(schema.label_classes[number][1])}" if schema.label_classes else name
    return Output(number=number, title=f"probability of {what}", is_probability=True)


def chosen_members(where: str, run: Run, given: int | str | Sequence[int] | None) -> np.ndarray:
    """Return the numbers of networks: one, "best", several, or all, evenly spaced where many.

    Raises:
        ArgumentError: there is none such.
    """
    if given is None:
        return spread_members(len(run))
    if given == "best":
        return np.array([run.best_index])
    if isinstance(given, str):
        parts: list[object] = [part.strip() for part in given.split(",")]
    elif isinstance(given, Sequence | np.ndarray):
        parts = list(given)
    else:
        parts = [given]
    return np.array([_member(where, run, part) for part in parts])


def _member(where: str, run: Run, given: object) -> int:
    text = str(given)
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) < len(run):
        return int(text)
    wanted = f"must be best or 0 to {len(run) - 1}" if len(run) > 1 else "must be best or 0"
    raise ArgumentError(where, "network", wanted, got=repr(given), code="A102")


def plain(text: object, most: int = 60) -> str:
    """Return a name as it can stand in a picture: on one line and not too long.

    Example:
        >>> plain("a\\nb")
        'a b'
    """
    line = "".join(c if c.isprintable() else " " for c in str(text)).strip()
    return line if len(line) <= most else line[: most - 1] + "…"


__all__ = [
    "Output",
    "Pair",
    "chosen_features",
    "chosen_members",
    "chosen_output",
    "feature_number",
    "output_of",
    "plain",
]
