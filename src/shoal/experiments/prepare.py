"""From a document to arrays: data drawn or read, split and scaled; weights and orders ready."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data.assemble import fill_gaps
from shoal.data.dataset import Dataset
from shoal.data.file_recipe import FileData, fingerprint_file, load_file
from shoal.data.recipe import DataRecipe, apply_recipe
from shoal.data.scaling import Scaler, fit_scaler, unscaled_columns, unscaled_sentence
from shoal.data.split import Split, split_rows
from shoal.data.tasks import LogicTask, TaskRecipe, fresh, load_task
from shoal.errors import ArgumentError, ExperimentError, InternalError, Problem
from shoal.experiments.checks import check_experiment
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.given import given_rows
from shoal.kernels import RowSet, RuleSettings
from shoal.network import Network, Parameters
from shoal.network.layout import check_parameters
from shoal.streams import member_seed, stream
from shoal.training import Schedule, rule_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One dataset as networks meet it; networks whose streams agree share a part.

    Attributes:
        dataset: all rows, recipe applied, gaps filled, in the units of the table.
        split: which rows train and validate; of a stream all rows validate.
        scaler, target_scaler: fitted on the training rows.
        train, validation, test: scaled rows in the networks' dtype, None where there are
            none; of a stream `train` holds the first epoch.
    """

    dataset: Dataset
    split: Split
    scaler: Scaler
    target_scaler: Scaler
    train: RowSet
    validation: RowSet | None
    test: RowSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that training needs.

    Attributes:
        experiment: the document.
        network: with its inputs known.
        parts: the datasets; `part_of` (P,) says which network has which.
        start: (P, K) initial parameters.
        order_keys: (P,) uint64.
        seeds: the networks' own seeds.
        schedule, settings: what the core is told.
        fresh: for a stream, the training rows of an epoch, one set per part.
        warnings: sentences to tell before training starts.
        notes: what the reader decided.
    """

    experiment: Experiment
    network: Network
    parts: tuple[Part, ...]
    part_of: np.ndarray
    start: np.ndarray
    order_keys: np.ndarray
    seeds: tuple[int, ...]
    schedule: Schedule
    settings: RuleSettings
    fresh: Callable[[int], list[RowSet]] | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def prepare(
    experiment: Experiment,
    *,
    rows: Any = None,
    start: Parameters | None = None,
    dataset: Dataset | None = None,
) -> Prepared:
    """Return everything training needs; nothing is trained yet.

    Args:
        experiment: the document.
        rows: what `Experiment.run` takes.
        start: initial parameters in place of the initializer's.
        dataset: what the experiment's own file holds, if it has been read already.

    Raises:
        ExperimentError: layers that do not fit the data or the loss.
        DataError: data that cannot be read or used.
    """
    loader = _Loader(experiment, rows, dataset)
    members = range(experiment.population.size)
    varied = {"data", "noise", "split"}.intersection(experiment.population.vary)
    keys = [loader.key(i) for i in members] if varied else [loader.key(0)] * len(members)
    unique = list(dict.fromkeys(keys))
    first, split = loader.load(unique[0])
    network = check_experiment(experiment, first, split)
    parts = [_part(experiment, network, loader, first, split, unique[0])]
    parts += [_part(experiment, network, loader, *loader.load(key), key) for key in unique[1:]]
    n_rows = parts[0].train.x.shape[0]
    schedule = experiment.training.schedule(n_rows)
    number = {key: k for k, key in enumerate(unique)}
    return Prepared(
        experiment=_settled(experiment, first, rows),
        network=network,
        parts=tuple(parts),
        part_of=np.array([number[key] for key in keys], np.int32),
        start=_start(experiment, network, start),
        order_keys=experiment.streams_of("order").keys,
        seeds=tuple(member_seed(experiment.seed, i) for i in members),
        schedule=schedule,
        settings=rule_settings(
            experiment.training,
            network,
            schedule,
            n_classes=len(first.schema.classes),
            shuffled=not loader.streams and schedule.batch < n_rows,
        ),
        fresh=_fresh_rows(loader, network, parts, unique) if loader.streams else None,
        warnings=_warnings(experiment, parts[0]),
        notes=first.notes,
    )


Key = tuple[int, int, int]
"""Seeds of the streams data, noise and split."""


class _Loader:
    """Loads the dataset of a key; a file is read once."""

    def __init__(self, experiment: Experiment, rows: Any, dataset: Dataset | None) -> None:
        self.experiment = experiment
        self.recipe = experiment.data
        self.given: tuple[Dataset, Split | None] | None = None
        if rows is not None:
            loss = experiment.training.loss_for(experiment.network)
            last = experiment.network.layers[-1].activation
            classes = loss != "squared_error" or last in ("sigmoid", "softmax", "step")
            self.given = given_rows(rows, classification=classes)
        elif isinstance(self.recipe, GivenData):
            problem = Problem(
                path="data.given",
                message="the rows were handed over in Python and are not in the document. "
                "Give them again: experiment.run(rows=...).",
            )
            raise ExperimentError(experiment.source, [problem])
        elif isinstance(self.recipe, FileData):
            stdin = None if sys.stdin is None else sys.stdin.buffer
            read = dataset or load_file(self.recipe, experiment.folder, stdin)
            self.given = (read, None)

    @property
    def streams(self) -> bool:
        """Whether every epoch has rows of its own."""
        return (
            self.given is None
            and isinstance(self.recipe, TaskRecipe)
            and (self.recipe.is_streaming)
        )

    def key(self, member: int) -> Key:
        seed = self.experiment.stream_seed
        return seed("data", member), seed("noise", member), seed("split", member)

    def load(self, key: Key) -> tuple[Dataset, Split]:
        data, noise, cut = (
            stream(seed, name) for seed, name in zip(key, ("data", "noise", "split"), strict=True)
        )
        shares = self.recipe.validation, self.recipe.test
        if self.given is not None:
            dataset, split = self.given
            split = split or split_rows(dataset, *shares, cut)
            if isinstance(self.recipe, FileData) and self.recipe.missing == "mean":
                dataset = fill_gaps(dataset, split.train)
            return apply_recipe(self.recipe, dataset, noise, data), split
        if not isinstance(self.recipe, TaskRecipe):
            raise InternalError(f"no way to load {type(self.recipe).__name__}.")
        dataset = load_task(self.recipe, data, noise)
        if self.streams:
            nothing, everything = np.zeros(0, np.int64), np.arange(dataset.n_rows)
            return dataset, Split(train=nothing, validation=everything, test=nothing)
        return dataset, split_rows(dataset, *shares, cut)

    def fresh(self, key: Key, epoch: int) -> Dataset:
        if not isinstance(self.recipe, LogicTask):
            raise InternalError(f"{type(self.recipe).__name__} does not stream.")
        batch = self.experiment.training.batch_size
        n_rows = self.recipe.batches * int(batch)
        streams = stream(key[0], "data"), stream(key[1], "noise")
        return fresh(self.recipe, *streams, epoch, n_rows)


def _part(
    experiment: Experiment,
    network: Network,
    loader: _Loader,
    dataset: Dataset,
    split: Split,
    key: Key,
) -> Part:
    """Return a dataset scaled, in the dtype and with the outputs of the network."""
    learn = loader.fresh(key, 0) if loader.streams else _rows(dataset, split.train)
    scaler = fit_scaler(experiment.preprocess.scaling, learn.x)
    if dataset.schema.kind == "regression":
        target_scaler = fit_scaler(experiment.preprocess.target_scaling, learn.y)
    else:
        target_scaler = fit_scaler("none", np.zeros((1, network.n_outputs)))
    judge, kept = _rows(dataset, split.validation), _rows(dataset, split.test)
    shape = _row_maker(network, scaler, target_scaler, experiment.training.dtype)
    return Part(
        dataset=dataset,
        split=split,
        scaler=scaler,
        target_scaler=target_scaler,
        train=shape(learn),
        validation=shape(judge) if judge.n_rows else None,
        test=shape(kept) if kept.n_rows else None,
    )


def _row_maker(
    network: Network, scaler: Scaler, target_scaler: Scaler, dtype: str
) -> Callable[[Dataset], RowSet]:
    """Return the function that makes rows for the core from a dataset in table units."""

    def rows(dataset: Dataset) -> RowSet:
        y = dataset.y
        if dataset.schema.kind == "regression":
            y = target_scaler.apply(y)
        elif y.shape[1] == 1 and network.n_outputs == 2:
            y = np.concatenate([1 - y, y], axis=1)
        return RowSet(
            x=np.ascontiguousarray(scaler.apply(dataset.x), dtype),
            y=np.ascontiguousarray(y, dtype),
        )

    return rows


def _rows(dataset: Dataset, numbers: np.ndarray) -> Dataset:
    return replace(
        dataset,
        x=dataset.x[numbers],
        y=dataset.y[numbers],
        clean_y=None if dataset.clean_y is None else dataset.clean_y[numbers],
        lines=None if dataset.lines is None else dataset.lines[numbers],
    )


def _fresh_rows(
    loader: _Loader, network: Network, parts: list[Part], keys: list[Key]
) -> Callable[[int], list[RowSet]]:
    dtype = loader.experiment.training.dtype

    def rows(epoch: int) -> list[RowSet]:
        if epoch == 0:
            return [part.train for part in parts]
        return [
            _row_maker(network, part.scaler, part.target_scaler, dtype)(loader.fresh(key, epoch))
            for part, key in zip(parts, keys, strict=True)
        ]

    return rows


def _start(experiment: Experiment, network: Network, start: Parameters | None) -> np.ndarray:
    size, dtype = experiment.population.size, experiment.training.dtype
    layout = network.layout()
    if start is not None:
        check_parameters("Experiment.run", layout, start)
        flat = np.asarray(start.flat, dtype)
        if flat.ndim == 2 and len(flat) not in (1, size):
            raise ArgumentError(
                "Experiment.run", "start", f"must hold one network or P={size}", got=len(flat)
            )
        return np.ascontiguousarray(np.broadcast_to(flat, (size, layout.n_parameters)))
    return network.initialize_from(experiment.streams_of("init"), dtype=dtype).flat


def _settled(experiment: Experiment, dataset: Dataset, rows: Any) -> Experiment:
    """Return the document with what the data turned out to be: given rows, a fingerprint."""
    data = experiment.data
    if rows is not None:
        return _with_given(experiment, dataset)
    if not isinstance(data, FileData) or data.fingerprint is not None or data.file == "-":
        return experiment
    found = fingerprint_file(data.file, experiment.folder)
    return experiment.model_copy(update={"data": data.model_copy(update={"fingerprint": found})})


def _with_given(experiment: Experiment, dataset: Dataset) -> Experiment:
    kept = {name: getattr(experiment.data, name) for name in DataRecipe.model_fields}
    name = dataset.source.replace("\\", "/").rpartition("/")[2]
    given = GivenData(given=name or "rows", fingerprint=dataset.fingerprint, **kept)
    return experiment.model_copy(update={"data": given})


def _warnings(experiment: Experiment, part: Part) -> tuple[str, ...]:
    dataset, found = part.dataset, []
    train = part.split.train if len(part.split.train) else part.split.validation
    if experiment.preprocess.scaling == "none":
        columns = unscaled_columns(dataset.x[train], dataset.schema.feature_names)
        found.append(unscaled_sentence(columns))
    if dataset.schema.kind == "regression" and experiment.preprocess.target_scaling == "none":
        found += [
            f"the target '{column.name}' reaches the network unscaled (mean "
            f"{column.mean:.6g}, std {column.std:.3g}). "
            'Set preprocess.target_scaling = "standard".'
            for column in unscaled_columns(dataset.y[train], [dataset.schema.target])
        ]
    return tuple(sentence for sentence in found if sentence)


__all__ = ["Part", "Prepared", "prepare"]
