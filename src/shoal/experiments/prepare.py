"""From a document to arrays: data drawn or read, split and scaled; weights and orders ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.dataset import Dataset, IndexArray
from shoal.data.recipe import DataRecipe
from shoal.data.scaling import Scaler, fit_scaler, unscaled_columns, unscaled_sentence
from shoal.data.split import Split
from shoal.data.weights import row_emphasis, row_weights
from shoal.errors import ArgumentError
from shoal.experiments.checks import check_experiment
from shoal.experiments.document import Experiment, GivenData
from shoal.experiments.loading import Key, Loader, fingerprinted
from shoal.experiments.shelf import Shelf
from shoal.experiments.training_checks import idle_rules
from shoal.kernels import RowSet, RuleSettings
from shoal.network import Network, Parameters
from shoal.network.layout import check_parameters
from shoal.streams import member_seed
from shoal.training import Steps, rule_settings


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
        hyper: (P, H) the learning rule's numbers.
        order_keys, dropout_keys, search_keys: (P,) uint64.
        members: which networks of the population, by their numbers.
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
    hyper: np.ndarray
    order_keys: np.ndarray
    dropout_keys: np.ndarray
    search_keys: np.ndarray
    members: range
    seeds: tuple[int, ...]
    schedule: Steps
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
    members: range | None = None,
    shelf: Shelf | None = None,
) -> Prepared:
    """Return everything training needs; nothing is trained yet.

    Args:
        experiment: the document.
        rows: what `Experiment.run` takes.
        start: initial parameters in place of the initializer's.
        dataset: what the experiment's own file holds, if it has been read already.
        members: which networks, by their numbers, in place of the first `population.size`; they
            may lie beyond it. A network is the same wherever it is trained.
        shelf: of what experiments have in common, so that it is made once.

    Raises:
        ExperimentError: layers that do not fit the data or the loss.
        DataError: data that cannot be read or used.
    """
    shelf = Shelf() if shelf is None else shelf
    loader = Loader(experiment, rows, dataset, shelf)
    members = range(experiment.population.size) if members is None else members
    varied = {"data", "noise", "split"}.intersection(experiment.population.vary)
    keys = [loader.key(i) for i in members] if varied else [loader.key(0)] * len(members)
    same = shared_part(experiment)
    unique = list(dict.fromkeys(keys))
    first, split = loader.load(unique[0])
    network = check_experiment(experiment, first, split, len(members))

    def part_of(key: Key) -> Part:
        return shelf.recall(
            ("part", loader.name, key, network.n_outputs, same),
            lambda: _part(experiment, network, loader, *loader.load(key), key),
        )

    parts = [part_of(key) for key in unique]
    n_rows = parts[0].train.x.shape[0]
    schedule = experiment.training.steps(n_rows)
    settings = rule_settings(
        experiment.training,
        network,
        schedule,
        kind=first.schema.kind,
        shuffled=not loader.streams and schedule.batch < n_rows,
        has_validation=parts[0].validation is not None,
    )
    scaling = experiment.preprocess.scaling, experiment.preprocess.target_scaling
    unscaled = shelf.recall(
        ("unscaled", loader.name, unique[0], *scaling),
        lambda: tuple(unscaled_warnings(experiment, first, split)),
    )
    number = {key: k for k, key in enumerate(unique)}
    return Prepared(
        experiment=_settled(experiment, first, rows),
        network=network,
        parts=tuple(parts),
        part_of=np.array([number[key] for key in keys], np.int32),
        start=_start(experiment, network, start, members),
        hyper=experiment.training.hyper(len(members)),
        order_keys=experiment.streams_of("order", members).keys,
        dropout_keys=experiment.streams_of("dropout", members).keys,
        search_keys=experiment.streams_of("search", members).keys,
        members=members,
        seeds=tuple(member_seed(experiment.seed, i) for i in members),
        schedule=schedule,
        settings=settings,
        fresh=_fresh_rows(loader, network, parts, unique) if loader.streams else None,
        warnings=(*unscaled, *idle_rules(experiment, settings.n_reports)),
        notes=first.notes,
    )


def shared_part(experiment: Experiment) -> tuple[object, ...]:
    """Return what decides how rows look to a network, beside the rows and its outputs."""
    training = experiment.training
    return (
        experiment.preprocess.model_dump_json(),
        training.dtype,
        str(training.class_weight),
        training.batch_size if getattr(experiment.data, "is_streaming", False) else None,
    )


def _part(
    experiment: Experiment,
    network: Network,
    loader: Loader,
    dataset: Dataset,
    split: Split,
    key: Key,
) -> Part:
    """Return a dataset scaled, in the dtype and with the outputs of the network."""
    learn, rows = dataset, split.train
    if loader.streams:
        learn = loader.fresh(key, 0)
        rows = np.arange(learn.n_rows)
    schema = dataset.schema
    scaler = fit_scaler(experiment.preprocess.scaling, learn.x[rows])
    if schema.is_regression:
        target_scaler = fit_scaler(experiment.preprocess.target_scaling, learn.y[rows])
    else:
        target_scaler = fit_scaler("none", np.zeros((1, network.n_outputs)))
    shape = _row_maker(experiment, network, scaler, target_scaler)
    return Part(
        dataset=dataset,
        split=split,
        scaler=scaler,
        target_scaler=target_scaler,
        train=shape(learn, rows, "training"),
        validation=shape(dataset, split.validation, "validation")
        if len(split.validation)
        else None,
        test=shape(dataset, split.test, "test") if len(split.test) else None,
    )


RowMaker = Callable[[Dataset, IndexArray, str], RowSet]


def _row_maker(
    experiment: Experiment, network: Network, scaler: Scaler, target_scaler: Scaler
) -> RowMaker:
    """Return the function that makes rows for the core from rows of a dataset."""
    dtype, class_weight = experiment.training.dtype, experiment.training.class_weight

    def row_set(dataset: Dataset, rows: IndexArray, part: str) -> RowSet:
        y = dataset.y[rows]
        if dataset.schema.is_regression:
            y = target_scaler.apply(y)
        elif y.shape[1] == 1 and network.n_outputs == 2:
            y = np.concatenate([1 - y, y], axis=1)
        weights = row_weights(dataset, rows, part)
        is_training = part == "training"
        emphasis = row_emphasis(dataset, rows, class_weight) if is_training else None
        units = np.array(target_scaler.scale) if dataset.schema.is_regression else None
        return RowSet(
            x=scaler.apply_to(dataset.x, rows, dtype),
            y=np.ascontiguousarray(y, dtype),
            weights=None if weights is None else np.ascontiguousarray(weights, dtype),
            emphasis=None if emphasis is None else np.ascontiguousarray(emphasis, dtype),
            units=units,
        )

    return row_set


def _fresh_rows(
    loader: Loader, network: Network, parts: list[Part], keys: list[Key]
) -> Callable[[int], list[RowSet]]:
    makers = [
        _row_maker(loader.experiment, network, part.scaler, part.target_scaler) for part in parts
    ]

    def rows(epoch: int) -> list[RowSet]:
        if epoch == 0:
            return [part.train for part in parts]
        drawn = [loader.fresh(key, epoch) for key in keys]
        return [
            make(dataset, np.arange(dataset.n_rows), "training")
            for make, dataset in zip(makers, drawn, strict=True)
        ]

    return rows


def _start(
    experiment: Experiment, network: Network, start: Parameters | None, members: range
) -> np.ndarray:
    size, dtype = len(members), experiment.training.dtype
    layout = network.layout()
    if start is not None:
        check_parameters("Experiment.run", layout, start)
        flat = np.asarray(start.flat, dtype)
        if flat.ndim == 2 and len(flat) not in (1, size):
            raise ArgumentError(
                "Experiment.run",
                "start",
                f"must hold one network or P={size}",
                got=len(flat),
                code="A104",
            )
        return np.ascontiguousarray(np.broadcast_to(flat, (size, layout.n_parameters)))
    return network.initialize_from(experiment.streams_of("init", members), dtype=dtype).flat


def _settled(experiment: Experiment, dataset: Dataset, rows: Any) -> Experiment:
    """Return the document with what the data turned out to be: given rows, a fingerprint."""
    return fingerprinted(experiment) if rows is None else _with_given(experiment, dataset)


def _with_given(experiment: Experiment, dataset: Dataset) -> Experiment:
    kept = {name: getattr(experiment.data, name) for name in DataRecipe.model_fields}
    name = dataset.source.replace("\\", "/").rpartition("/")[2]
    given = GivenData(given=name or "rows", fingerprint=dataset.fingerprint, **kept)
    return experiment.model_copy(update={"data": given})


def unscaled_warnings(experiment: Experiment, dataset: Dataset, split: Split) -> Iterator[str]:
    """Yield what to tell of features and targets that reach the network in unsuitable units."""
    found = []
    train = split.train if len(split.train) else split.validation
    if experiment.preprocess.scaling == "none":
        columns = unscaled_columns(dataset.x[train], dataset.schema.feature_names)
        found.append(unscaled_sentence(columns))
    counts = experiment.training.loss_for(experiment.network) == "poisson"  # never scaled
    if (
        dataset.schema.is_regression
        and experiment.preprocess.target_scaling == "none"
        and not counts
    ):
        found += [
            f"the target '{column.name}' reaches the network unscaled (mean "
            f"{column.mean:.6g}, std {column.std:.3g}). "
            'Set preprocess.target_scaling = "standard".'
            for column in unscaled_columns(dataset.y[train], dataset.schema.targets)
        ]
    yield from filter(None, found)


__all__ = ["Part", "Prepared", "prepare", "unscaled_warnings"]
