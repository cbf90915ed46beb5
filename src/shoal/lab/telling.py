"""What a page is told of a session that stands: data, network, runs, figures."""

from __future__ import annotations

import numpy as np

from shoal.data.recipe import true_classes
from shoal.data.tasks import Digits
from shoal.experiments.prepare import Part, Prepared
from shoal.experiments.result import truth_of
from shoal.experiments.shelf import Shelf
from shoal.kernels import RowSet
from shoal.lab.course import Planned
from shoal.lab.messages import DataTold, LayerTold, OpenedTold, RunTold
from shoal.lab.session import Session
from shoal.training.figures import HEADLINES

Ranges = tuple[tuple[float, float, float], ...]


def opened_told(
    id: int, prepared: Prepared, runs: tuple[Planned, ...], session: Session, shelf: Shelf
) -> OpenedTold:
    """Return the answer to `open`.

    Args:
        id: of the message.
        prepared: the experiment with its data.
        runs: of the session, branches and those of pins too.
        session: as it was sent.
        shelf: of what was found out about the data before.
    """
    experiment, network = prepared.experiment, prepared.network
    return OpenedTold.model_construct(
        type="opened",
        id=id,
        experiment=experiment.document(),
        toml=experiment.to_toml(),
        layers=layers_told(prepared),
        n_parameters=network.layout().n_parameters,
        data=data_told(prepared, shelf),
        figures=prepared.settings.figures,
        headline=headline(prepared),
        n_networks=len(prepared.members),
        runs=tuple(run_told(each, session) for each in runs),
        warnings=prepared.warnings,
    )


def layers_told(prepared: Prepared) -> tuple[LayerTold, ...]:
    """Return where the parameters of each layer lie."""
    network = prepared.network
    return tuple(
        LayerTold(
            n_inputs=at.n_inputs,
            units=at.n_outputs,
            activation=dense.activation,
            start=at.start,
            bias_start=at.bias_start,
            stop=at.stop,
        )
        for dense, at in zip(network.layers, network.layout().layers, strict=True)
    )


def headline(prepared: Prepared) -> str:
    """Return the figure that tells most of those that the networks have.

    Of numbers it is R², which says what a loss in squared units does not: how much is explained.
    Where the target does not vary there is none, and the loss is told.
    """
    part = prepared.parts[0]
    has_validation = part.validation is not None
    if part.dataset.schema.is_regression and _varies(part.validation or part.train):
        return f"{'validation' if has_validation else 'train'}_r2"
    return next(
        name
        for name in HEADLINES
        if name in prepared.settings.figures
        and (has_validation or not name.startswith("validation"))
    )


def _varies(rows: RowSet) -> bool:
    """Return whether every target differs among rows that count."""
    y = rows.y if rows.weights is None else rows.y[rows.weights > 0]
    return bool(len(y) and (np.ptp(y, axis=0) > 0).all())


def run_told(planned: Planned, session: Session) -> RunTold:
    """Return what the page is told of a run."""
    prepared, branch = planned.prepared, planned.branch
    return RunTold(
        run=planned.number,
        of=None if branch is None else branch.of,
        at=0 if branch is None else branch.at,
        total_steps=prepared.settings.total_steps,
        steps_per_epoch=prepared.schedule.steps_per_epoch,
        experiment=prepared.experiment.document(),
    )


def data_told(prepared: Prepared, shelf: Shelf) -> DataTold:
    """Return what the rows are and what is true of them."""
    part = prepared.parts[0]
    dataset, split = part.dataset, part.split
    schema = dataset.schema
    streams = prepared.fresh is not None
    # of rows that were measured a rule is known for these alone, which nobody can learn
    is_measured = isinstance(prepared.experiment.data, Digits)
    name = "truth", tuple(id(each) for each in prepared.parts)
    known, _ = shelf.recall(name, lambda: (truth_of(prepared), prepared.parts))
    return DataTold(
        kind=schema.kind,
        features=schema.feature_names,
        base_features=schema.base_features,
        targets=schema.targets,
        classes=schema.classes,
        n_train=len(part.train.x) if streams else len(split.train),
        n_validation=len(split.validation),
        n_test=len(split.test),
        ranges=ranges_of(part, shelf),
        attainable_accuracy=None if is_measured else known.get("attainable_accuracy"),
        rows_accuracy=None if is_measured else known.get("rows_accuracy"),
        true_boundary=true_classes(prepared.experiment.data, dataset.x[:1]) is not None,
        constant_guess_accuracy=known.get("constant_guess_accuracy"),
        streaming=streams,
        notes=tuple(prepared.notes),
    )


def ranges_of(part: Part, shelf: Shelf) -> Ranges:
    """Return least, median and greatest value of each feature; found once for the same rows."""

    def make() -> tuple[Ranges, object]:
        x = np.asarray(part.dataset.x, np.float64)
        each = np.stack([x.min(axis=0), np.median(x, axis=0), x.max(axis=0)], axis=1)
        return tuple((float(a), float(b), float(c)) for a, b, c in each), part.dataset

    # the rows are held beside what was found, so that no others get the same number
    return shelf.recall(("ranges", id(part.dataset)), make)[0]
