"""Where an experiment's rows come from: drawn, read from files, or handed over in Python.

A file is read once; what its streams do to it is done again for every network whose streams
differ.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from shoal.data.assemble import fill_gaps
from shoal.data.dataset import Dataset
from shoal.data.file_recipe import FileData, fingerprint_file, load_file
from shoal.data.image_recipe import ImageData, fingerprint_images, load_images
from shoal.data.recipe import DataRecipe, apply_recipe, recipe_problems
from shoal.data.split import Split, split_rows
from shoal.data.tasks import LogicTask, TaskRecipe, fresh, load_task, task_schema
from shoal.errors import ExperimentError, InternalError, Problem
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.given import given_rows
from shoal.experiments.shelf import Shelf
from shoal.network import LOSSES
from shoal.streams import Stream, stream

Key = tuple[int, int, int]
"""Seeds of the streams data, noise and split."""


class Loader:
    """Loads the dataset of a key.

    Args:
        experiment: the document.
        rows: what `Experiment.run` takes, or None.
        dataset: what the experiment's own file holds, if it has been read already.
        shelf: of files and rows that other experiments may want too.

    Raises:
        ExperimentError: the document stands for rows that were handed over, and none are.
        DataError: a file cannot be read or used.
    """

    def __init__(
        self, experiment: Experiment, rows: Any, dataset: Dataset | None, shelf: Shelf
    ) -> None:
        self.experiment = experiment
        self.recipe = experiment.data
        self.shelf = shelf
        self.name: tuple[object, ...] = (
            self.recipe.model_dump_json(), str(experiment.folder), id(rows), id(dataset),
        )  # fmt: skip
        self.given: Dataset | None = None
        self.split: Split | None = None
        self.n_first: int | None = None
        if rows is not None:
            loss = experiment.training.loss_for(experiment.network)
            last = experiment.network.layers[-1].activation
            kind, deciding = LOSSES[loss].kind, last in ("sigmoid", "softmax", "step")
            classes = kind == "classification" or (kind is None and deciding)
            one_hot = loss == "categorical_crossentropy" or last == "softmax"
            # held there too, so that no other rows get the same id
            self.given, self.split, _ = shelf.recall(
                ("given", id(rows), classes, one_hot),
                lambda: (*given_rows(rows, classification=classes, one_hot=one_hot), rows),
            )
            self.name += classes, one_hot
        elif isinstance(self.recipe, GivenData):
            problem = Problem(
                path="data.given",
                message="the rows were handed over in Python and are not in the document. "
                "Give them again: experiment.run(rows=...).",
                code="X108",
            )
            raise ExperimentError(experiment.source, [problem])
        elif isinstance(self.recipe, FileData):
            stdin = None if sys.stdin is None else sys.stdin.buffer
            recipe, folder = self.recipe, experiment.folder
            self.given = dataset or shelf.recall(
                ("file", reading_of(recipe), str(folder)),
                lambda: load_file(recipe, folder, stdin),
            )
        elif isinstance(self.recipe, ImageData):
            seen, folder = self.recipe, experiment.folder
            images = shelf.recall(
                ("images", reading_of(seen), str(folder)), lambda: load_images(seen, folder)
            )
            self.given, self.n_first = images.dataset, images.n_first

    @property
    def streams(self) -> bool:
        """Whether every epoch has rows of its own."""
        drawn = self.given is None and isinstance(self.recipe, TaskRecipe)
        return drawn and isinstance(self.recipe, LogicTask) and self.recipe.is_streaming

    def key(self, member: int) -> Key:
        """Return the seeds of a network's streams."""
        seed = self.experiment.stream_seed
        return seed("data", member), seed("noise", member), seed("split", member)

    def load(self, key: Key) -> tuple[Dataset, Split]:
        """Return the rows as the streams of a key make and divide them."""
        return self.shelf.recall(("rows", self.name, key), lambda: self._load(key))

    def _load(self, key: Key) -> tuple[Dataset, Split]:
        data, noise, cut = (
            stream(seed, name) for seed, name in zip(key, ("data", "noise", "split"), strict=True)
        )
        self._check_derived()
        if self.given is not None:
            dataset = self.given
            split = self.split or self._split(dataset, cut)
            if isinstance(self.recipe, FileData) and self.recipe.missing == "mean":
                dataset = fill_gaps(dataset, split.train)
            return apply_recipe(self.recipe, dataset, noise, data), split
        if not isinstance(self.recipe, TaskRecipe):
            raise InternalError(f"no way to load {type(self.recipe).__name__}.")
        dataset = load_task(self.recipe, data, noise)
        if self.streams:
            nothing, everything = np.zeros(0, np.int64), np.arange(dataset.n_rows)
            return dataset, Split(train=nothing, validation=everything, test=nothing)
        return dataset, self._split(dataset, cut)

    def fresh(self, key: Key, epoch: int) -> Dataset:
        """Return the training rows of an epoch of a streaming task."""
        if not isinstance(self.recipe, LogicTask):
            raise InternalError(f"{type(self.recipe).__name__} does not stream.")
        batch = self.experiment.training.batch_size
        n_rows = self.recipe.batches * int(batch)
        streams = stream(key[0], "data"), stream(key[1], "noise")
        return fresh(self.recipe, *streams, epoch, n_rows)

    def _check_derived(self) -> None:
        """Raise what is wrong with the recipe's formulas, all at once with their key paths."""
        if self.given is not None:
            schema, source = self.given.schema, self.given.source
        elif isinstance(self.recipe, TaskRecipe):
            schema, source = task_schema(self.recipe), self.recipe.task
        else:
            return
        found = [
            Problem(path=f"data.derived[{number}]", message=told, code="X108")
            for number, told in recipe_problems(self.recipe, schema, source)
        ]
        if found:
            raise ExperimentError(self.experiment.source, found)

    def _split(self, dataset: Dataset, cut: Stream) -> Split:
        """Divide the rows; those of a second pair of image files all validate."""
        shares = self.recipe.validation, self.recipe.test
        if self.n_first is None or self.n_first == dataset.n_rows:
            return split_rows(dataset, *shares, cut)
        split = split_rows(dataset.take(np.arange(self.n_first)), *shares, cut)
        more = np.arange(self.n_first, dataset.n_rows)
        return Split(train=split.train, validation=more, test=split.test)


def reading_of(recipe: FileData | ImageData) -> str:
    """Return the keys of a recipe that decide what is read, without what is done to it."""
    return recipe.model_dump_json(exclude=set(DataRecipe.model_fields))


def fingerprinted(experiment: Experiment) -> Experiment:
    """Return the document with the fingerprint of its files, where it has none."""
    data, folder = experiment.data, experiment.folder
    if isinstance(data, FileData) and data.fingerprint is None and data.file != "-":
        found = fingerprint_file(data.file, folder)
    elif isinstance(data, ImageData) and data.fingerprint is None:
        found = fingerprint_images(data, folder)
    else:
        return experiment
    return experiment.model_copy(update={"data": data.model_copy(update={"fingerprint": found})})
