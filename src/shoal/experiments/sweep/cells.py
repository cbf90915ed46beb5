"""The cells of a sweep: every combination of the axes, made when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from shoal.experiments.document import Experiment
from shoal.experiments.loading import Loader
from shoal.experiments.shelf import Shelf
from shoal.experiments.sweep.axes import Axis
from shoal.experiments.sweep.making import Base, Values
from shoal.experiments.sweep.rules import Number, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of values.

    Attributes:
        index: its number.
        values: of the swept keys, as they are shown.
        experiment: the base with these values.
    """

    index: int
    values: dict[str, Any]
    experiment: Experiment

    @property
    def label(self) -> str:
        """What tells it from other cells: ``label_noise=0.1, epochs=20``."""
        return label_of(self.values)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Numbers of cells, and the values that they stand for; the last axis moves fastest.

    Attributes:
        base: the document that cells change.
        source, folder: of the document.
        axes: what is swept.
        rows: what the data is, if it was handed over; rules may speak of it.
    """

    base: Mapping[str, Any]
    source: str
    folder: Path
    axes: tuple[Axis, ...]
    rows: Any = None
    shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The swept key paths."""
        return tuple(key for axis in self.axes for key in axis.keys)

    @cached_property
    def n_cells(self) -> int:
        """How many combinations there are."""
        return math.prod(axis.size for axis in self.axes)

    def places(self, index: int) -> list[tuple[Axis, int]]:
        """Return the place of a cell on each axis."""
        found: list[tuple[Axis, int]] = []
        for axis in reversed(self.axes):
            index, place = divmod(index, axis.size)
            found.append((axis, place))
        return found[::-1]

    def values(self, index: int) -> dict[str, Any]:
        """Return the values of a cell, rules not yet followed."""
        return {
            key: value
            for axis, place in self.places(index)
            for key, value in zip(axis.keys, axis.at(place), strict=True)
        }

    def shown(self, index: int) -> dict[str, Any]:
        """Return the values of a cell, labels in place of those that have some."""
        settled = self.settled(index)
        return {
            key: axis.labels[place] if axis.labels else settled[key]
            for axis, place in self.places(index)
            if axis in self.telling
            for key in axis.shown_keys
        }

    @cached_property
    def telling(self) -> tuple[Axis, ...]:
        """The axes that tell cells apart; those with one place do not, unless there are no others.

        A width that follows from other values by a rule is such a place.
        """
        return tuple(axis for axis in self.axes if axis.size > 1) or self.axes

    def axes_shown(self) -> list[tuple[str, list[str]]]:
        """Return what each axis and its places are called."""
        return [
            (
                name,
                list(axis.labels)
                or [", ".join(shown(each) for each in axis.at(k)) for k in range(axis.size)],
            )
            for axis, name in zip(self.axes, self.axis_names(), strict=True)
        ]

    def axis_names(self) -> list[str]:
        """Return what each axis is called."""
        names = short_names([key for axis in self.axes for key in axis.shown_keys])
        return [" with ".join(names[key] for key in axis.shown_keys) for axis in self.axes]

    def settled(self, index: int) -> dict[str, Any]:
        """Return the values of a cell with the rules followed.

        Raises:
            InputError: a rule has no value, or the data that it speaks of cannot be read.
        """
        values = self.values(index)
        rules = {key: value for key, value in values.items() if isinstance(value, Rule)}
        if not rules:
            return values
        plain = {key: value for key, value in values.items() if key not in rules}
        facts = self._facts(self.experiment(plain))
        return {key: rules[key].of(facts) if key in rules else values[key] for key in values}

    def experiment(self, values: Mapping[str, Any]) -> Experiment:
        """Return the base with some values.

        Raises:
            InputError: they do not make an experiment.
        """
        return self._making.experiment(in_order(values))

    @cached_property
    def _making(self) -> Base:
        return Base(self.base, self.source, self.folder)

    def cell(self, index: int) -> Cell:
        """Return a cell.

        Raises:
            InputError: its values do not make an experiment.
        """
        experiment = self.experiment(self.settled(index))
        return Cell(index=index, values=self.shown(index), experiment=experiment)

    def _facts(self, experiment: Experiment) -> dict[str, Number]:
        name = ("facts", experiment.data.model_dump_json(), experiment.seed, experiment.streams)
        return self.shelf.recall(name, lambda: facts_of(experiment, self.rows, self.shelf))


def facts_of(experiment: Experiment, rows: Any, shelf: Shelf) -> dict[str, Number]:
    """Return what rules may speak of; see `rules.NAMES`."""
    loader = Loader(experiment, rows, None, shelf)
    dataset, split = loader.load(loader.key(0))
    n_train = len(split.train)
    if loader.streams:
        batch = experiment.training.batch_size
        n_train = int(getattr(experiment.data, "batches", 1)) * (batch if batch != "full" else 1)
    return {
        "features": int(dataset.x.shape[1]),
        "outputs": dataset.schema.n_outputs,
        "rows": n_train,
        "samples": dataset.n_rows,
    }


def in_order(values: Mapping[str, Any]) -> Values:
    """Return values with those of whole tables before what is in them."""
    return tuple(sorted(values.items(), key=lambda each: each[0].count(".")))


class Cells(Sequence[Cell]):
    """The cells of a sweep, made one by one as they are asked for."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid

    def __len__(self) -> int:
        return self._grid.n_cells

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | Sequence[Cell]:
        """Return a cell, or several."""
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} cells; got {index}")
        return self._grid.cell(index % len(self))


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Return the shortest ends of key paths that tell them apart.

    Example:
        >>> short_names(["data.label_noise", "training.epochs"])
        {'data.label_noise': 'label_noise', 'training.epochs': 'epochs'}
        >>> list(short_names(["network.layers.0.units", "network.layers.1.units"]).values())
        ['layers.0.units', 'layers.1.units']
    """
    found = {}
    for key in keys:
        parts = key.split(".")
        others = [other.split(".") for other in keys if other != key]
        n = 2 if parts[-1] in ("name", "units", "seed") and len(parts) > 1 else 1
        if parts[-1] == "name" and len(parts) > 2:
            parts, n = parts[:-1], 1
        elif len(parts) > 2 and parts[-2].isdigit():
            n = 3
        while n < len(parts) and any(other[-n:] == parts[-n:] for other in others):
            n += 1
        found[key] = ".".join(parts[-n:])
    return found


def label_of(values: Mapping[str, Any]) -> str:
    """Return the values of a cell in one line.

    Example:
        >>> label_of({"training.optimizer": {"name": "sgd", "learning_rate": 0.1}, "seed": 3})
        'optimizer=sgd(learning_rate=0.1), seed=3'
    """
    names = short_names(list(values))
    return ", ".join(f"{names[key]}={shown(value)}" for key, value in values.items())


def shown(value: object) -> str:
    """Return a value as tables and messages show it, short.

    Example:
        >>> shown(0.30000000000000004), shown(["init", "order"]), shown(True), shown(1e-05)
        ('0.3', 'init+order', 'true', '1e-05')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, Mapping):
        rest = [f"{k}={shown(v)}" for k, v in value.items() if k not in ("name", "task")]
        name = str(value.get("name", value.get("task", "")))
        return f"{name}({', '.join(rest)})" if rest else name
    if isinstance(value, list | tuple):
        return "+".join(shown(each) for each in value) or "none"
    if isinstance(value, Rule):
        return value.text
    return str(value)
