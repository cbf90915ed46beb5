"""All that rows with known targets say about a model: figures with intervals, and where it fails.

`evaluate` gives the figures of the ensemble and each network; an assessment stands on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shoal.data.table import Decimal
from shoal.data.wording import count
from shoal.errors import ArgumentError, did_you_mean
from shoal.metrics.bootstrap import resamples_for
from shoal.models.assessment.advice import Advice, advice_of
from shoal.models.assessment.costs import costs_of
from shoal.models.assessment.evaluation import Evaluation, evaluation_of
from shoal.models.assessment.figures import WHOLE
from shoal.models.assessment.intervals import estimates
from shoal.models.assessment.records import (
    Calibration,
    Costs,
    Coverage,
    Estimate,
    Figures,
    PartFigures,
    Slices,
    WorstRow,
)
from shoal.models.assessment.rows import Judge, JudgedRows
from shoal.models.assessment.slices import slices_of
from shoal.models.assessment.trust import calibration_of, coverage_of, gap_error
from shoal.models.assessment.worst import Worst
from shoal.models.inputs import Inputs
from shoal.models.model import Model
from shoal.views import Viewed

WORST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What an assessment is to hold beside the figures.

    Attributes:
        positive: of two classes the one that ROC, calibration and costs are of.
        costs: of a false positive and a false negative.
        coverages: shares of rows to be answered, for which a threshold is wanted.
        accuracies: accuracies to be reached by leaving doubtful rows undecided.
        resamples: how many; None for as many as there is time for, 0 for no intervals.
        seed: of the resamples.
        decimal: the decimal mark of cells that slices are made by.
        threads: how many to use.
    """

    positive: str | None = None
    costs: tuple[float, float] | None = None
    coverages: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()
    resamples: int | None = None
    seed: int = 0
    decimal: Decimal = "."
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Assessment(Viewed):
    """What N rows with known targets say about a model.

    Attributes:
        source: what the rows are called.
        name: what the model is called, "" where it has no name.
        shape: how many networks of which widths: ``16 networks 4-8-3``.
        evaluation: the figures of the ensemble and of each network.
        figures: of the ensemble with intervals, by name; empty for numbers.
        classes, labels, targets: figures of each, else empty.
        positive: of two classes the one that ROC, calibration and costs are of, else "".
        calibration: of classes; None for labels and numbers.
        coverage: of classes, and of one number if there are several networks.
        slices: of the columns that were asked for.
        worst: the rows that it is most wrong about.
        costs: where they were asked for.
        confidence: of all intervals.
        n_resamples: how many; 0 where there are no intervals.
        seed: of the resamples.
        rows: what was said of every row, for charts.
        command: how it is made again, "" where it was made in Python.
        predicting: the command that predicts other rows, likewise.
        trained_on: whether these are rows of the file that trained the model; None: not known.
    """

    source: str
    name: str
    shape: str
    evaluation: Evaluation
    figures: Figures
    classes: tuple[PartFigures, ...]
    labels: tuple[PartFigures, ...]
    targets: tuple[PartFigures, ...]
    positive: str
    calibration: Calibration | None
    coverage: Coverage | None
    slices: tuple[Slices, ...]
    worst: tuple[WorstRow, ...]
    costs: Costs | None
    confidence: float
    n_resamples: int
    seed: int
    rows: JudgedRows
    command: str = ""
    predicting: str = ""
    trained_on: bool | None = None

    def __repr__(self) -> str:
        return f"<Assessment of {self.model} on {self.source}: {self.rows.n_rows:,} rows>"

    @property
    def model(self) -> str:
        """The model's name and shape: ``flowers.safetensors: 16 networks 4-8-3``."""
        return f"{self.name}: {self.shape}" if self.name else self.shape

    @property
    def constant_guess(self) -> float | None:
        """What needs no model: the accuracy, or of one number the mean absolute error."""
        if self.targets:
            return self.targets[0].constant_guess if len(self.targets) == 1 else None
        return self.evaluation.constant_guess_accuracy

    @property
    def headline(self) -> tuple[str, Estimate]:
        """The name of the figure that tells most, and the figure."""
        if not self.targets:
            return "accuracy", self.figures["accuracy"]
        if len(self.targets) == 1:
            return "mean_absolute_error", self.targets[0].figures["mean_absolute_error"]
        return "r2", Estimate(value=self.evaluation.r2)

    @property
    def advice(self) -> Advice | None:
        """The threshold that costs call for; None where none is worth it, or none was asked."""
        if self.costs is None:
            return None
        positive = self.rows.schema.classes.index(self.positive)
        p = np.asarray(self.rows.said[:, positive], np.float64)
        return advice_of(self.costs, self.calibration, p, self.predicting)

    def document(self) -> dict[str, Any]:
        """Return all of it as a JSON document: the figures of `Evaluation`, and the rest."""
        parts = {"by_class": self.classes, "by_label": self.labels, "by_target": self.targets,
                 "slices": self.slices, "worst": self.worst}  # fmt: skip
        single = {"calibration": self.calibration, "coverage": self.coverage, "costs": self.costs}
        return {
            **self.evaluation.model_dump(mode="json"),
            "source": self.source,
            "model": self.model,
            "confidence": self.confidence,
            "resamples": self.n_resamples,
            "seed": self.seed,
            "trained_on": self.trained_on,
            "positive": self.positive or None,
            "intervals": {name: each.model_dump(mode="json") for name, each in
                          self.figures.items()},
            **{name: [each.model_dump(mode="json") for each in listed]
               for name, listed in parts.items()},
            **{name: None if each is None else each.model_dump(mode="json")
               for name, each in single.items()},
            "advice": None if self.advice is None else self.advice.document(),
        }  # fmt: skip


def assess(
    model: Model,
    x: Inputs | Any,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    by: Mapping[str, Any] | None = None,
    worst: int = WORST,
    costs: tuple[float, float] | None = None,
    positive: str | None = None,
    coverage: float | Sequence[float] = (),
    accuracy: float | Sequence[float] = (),
    resamples: int | None = None,
    seed: int = 0,
    source: str = "rows",
    threads: int | None = None,
) -> Assessment:
    """Return all that rows with known targets say about a model.

    Every figure has an interval that holds it in 95 of 100 samples of rows, found by drawing
    the rows again; see `shoal.metrics.bootstrap`.

    Args:
        model: the model.
        x: as for `Model.predict`.
        y: as for `evaluate`.
        weights: how much every row counts.
        by: columns, of the model or not, whose slices are judged one by one.
        worst: how many of the rows furthest off are named.
        costs: of a false positive and of a false negative, for two classes.
        positive: of two classes the one that is looked for; the second.
        coverage: shares of rows to answer, for which a threshold is wanted.
        accuracy: accuracies to be reached by leaving doubtful rows undecided.
        resamples: how many; None for 2,000, and fewer of more than 20,000 rows.
        seed: of the resamples.
        source: what the rows are called.
        threads: None for as many as there are.

    Shapes:
        x (N, D), y (N, C) or (N,), weights (N,), each of `by` (N,)

    Raises:
        ArgumentError: they do not fit the model or each other.
        DataError: as for `Model.predict`.
    """
    judge = Judge(model=model, threads=threads, where="assess")
    rows = judge.add(x, y, weights)
    keep = Worst(n=worst, scale=scales_of(model))
    keep.add(rows, cells=_cells(model, x, rows.n_rows))
    asked = Asked(
        positive=positive, costs=costs, coverages=_listed(coverage), accuracies=_listed(accuracy),
        resamples=resamples, seed=seed, threads=threads,
    )  # fmt: skip
    return assessment_of(model, judge.rows(), asked, by=by or {}, worst=keep.rows(), source=source)


def assessment_of(
    model: Model,
    rows: JudgedRows,
    asked: Asked,
    *,
    by: Mapping[str, Any],
    worst: tuple[WorstRow, ...] = (),
    source: str = "rows",
    name: str = "",
    command: str = "",
    predicting: str = "",
    trained_on: bool | None = None,
) -> Assessment:
    """Return the assessment of rows that were judged; see `assess`.

    Args:
        model: what judged them.
        rows: what was said.
        asked: what it is to hold.
        by: columns whose slices are judged.
        worst: the rows furthest off.
        source: what the rows are called.
        name: what the model is called.
        command: how it is made again.
        predicting: the command that predicts other rows.
        trained_on: whether they are of the file that trained the model, where that is known.
    """
    evaluation = evaluation_of(rows)
    positive = positive_of(rows, asked.positive)
    costs = None
    if asked.costs is not None:
        costs = costs_of(rows, positive, asked.costs, seed=asked.seed, resamples=asked.resamples)
    resamples = resamples_for(rows.n_rows) if asked.resamples is None else asked.resamples
    of_all = estimates(rows, positive, resamples=resamples, seed=asked.seed, threads=asked.threads)
    schema = rows.schema
    return Assessment(
        source=source,
        name=name,
        shape=shape_of(model),
        evaluation=evaluation,
        figures=of_all.get(WHOLE, {}),
        classes=_of_classes(rows, of_all) if schema.kind == "classification" else (),
        labels=_of_labels(evaluation, rows, of_all) if schema.kind == "multilabel" else (),
        targets=_of_targets(rows, of_all) if schema.is_regression else (),
        positive="" if positive is None else schema.classes[positive],
        calibration=calibration_of(rows, positive),
        coverage=coverage_of(rows, asked.coverages, asked.accuracies),
        slices=slices_of(
            rows, by, scale=scales_of(model), decimal=asked.decimal, seed=asked.seed,
            resamples=asked.resamples,
        ),
        worst=worst,
        costs=costs,
        confidence=0.95,
        n_resamples=resamples,
        seed=asked.seed,
        rows=rows,
        command=command,
        predicting=predicting,
        trained_on=trained_on,
    )  # fmt: skip


def shape_of(model: Model) -> str:
    """Return how many networks a model has, and of which widths: ``16 networks 4-8-3``."""
    sizes = [model.network.n_inputs or 0, *(layer.units for layer in model.network.layers)]
    return f"{count(len(model), 'network')} {'-'.join(map(str, sizes))}"


def scales_of(model: Model) -> NDArray[np.float64]:
    """Return the scale of every target in the training rows, (C,); 1 for classes."""
    return np.asarray(model.target_scalers[0].scale, np.float64)


def positive_of(rows: JudgedRows, given: str | None, where: str = "assess") -> int | None:
    """Return which of two classes is looked for: the second unless given; None of other kinds.

    Raises:
        ArgumentError: there is no such class, or there are not two of them.
    """
    classes = rows.schema.classes
    if given is None:
        return 1 if len(classes) == 2 else None
    if len(classes) != 2:
        got = f"{len(classes)} of them" if classes else "none"
        raise ArgumentError(where, "positive", "chooses between two classes", got=got, code="A108")
    if given not in classes:
        wanted = f"must be '{classes[0]}' or '{classes[1]}'"
        cure = did_you_mean(given, classes)
        raise ArgumentError(where, "positive", wanted, got=repr(given), cure=cure, code="A103")
    return classes.index(given)


def _of_classes(
    rows: JudgedRows, of_all: Mapping[int, Mapping[str, Estimate]]
) -> tuple[PartFigures, ...]:
    counts = np.bincount(rows.true_codes, minlength=len(rows.schema.classes)).tolist()
    several = len(counts) > 2
    return tuple(
        PartFigures(
            name=name,
            n_rows=counts[k],
            figures=dict(of_all[k]),
            calibration_error=gap_error(rows, k) if several else None,
        )
        for k, name in enumerate(rows.schema.classes)
    )


def _of_labels(
    evaluation: Evaluation, rows: JudgedRows, of_all: Mapping[int, Mapping[str, Estimate]]
) -> tuple[PartFigures, ...]:
    return tuple(
        PartFigures(
            name=each.name,
            n_rows=int((rows.true[:, k] > 0.5).sum()),
            figures=dict(of_all[k]),
            constant_guess=each.constant_guess_accuracy,
        )
        for k, each in enumerate(evaluation.labels)
    )


def _of_targets(
    rows: JudgedRows, of_all: Mapping[int, Mapping[str, Estimate]]
) -> tuple[PartFigures, ...]:
    kept = rows.counted > 0
    error = np.abs(rows.said - rows.true)[kept]
    true, w = rows.true[kept], rows.counted[kept]
    return tuple(
        PartFigures(
            name=name,
            n_rows=rows.n_rows,
            figures=dict(of_all[k]),
            largest_error=float(error[:, k].max()),
            constant_guess=_constant_error(true[:, k], w),
        )
        for k, name in enumerate(rows.schema.targets)
    )


def _constant_error(true: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    """Return the mean absolute error of always saying the median, which is the least there is."""
    order = np.argsort(true, kind="stable")
    upto = np.cumsum(w[order])
    median = true[order][int(np.searchsorted(upto, upto[-1] / 2))]
    return float(np.average(np.abs(true - median), weights=w))


def _cells(model: Model, x: Any, n_rows: int) -> dict[str, Sequence[Any]]:
    """Return the columns that rows came in, as they can be shown."""
    if isinstance(x, Mapping):
        columns = {str(name): np.atleast_1d(np.asarray(each)).tolist() for name, each in x.items()}
    elif hasattr(type(x), "columns"):
        columns = {str(name): list(x[name]) for name in x.columns}
    else:
        array = np.asarray(x, np.float64)
        columns = {
            name: [f"{value:.6g}" for value in array[:, k].tolist()]
            for k, name in enumerate(model.schema.base_features)
        }
    return {name: each for name, each in columns.items() if len(each) == n_rows}


def _listed(given: float | Sequence[float]) -> tuple[float, ...]:
    return (float(given),) if isinstance(given, int | float) else tuple(given)
