"""The result of a run as a document, and its summary over the population."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np

import shoal
from shoal.data.dataset import IndexArray
from shoal.data.tasks import TaskRecipe, attainable_accuracy
from shoal.data.weights import row_weights
from shoal.experiments.ending import evaluations
from shoal.experiments.prepare import Part, Prepared
from shoal.kernels import ARITHMETIC, forward
from shoal.metrics import Band, band, constant_guess_accuracy, predicted_classes

if TYPE_CHECKING:
    from shoal.experiments.run import Run

BLOCK = 2**22
"""Outputs that are computed at once, however many networks there are."""


def result_document(run: Run) -> dict[str, Any]:
    """Return what ``shoal run --json`` prints: plain data, null where a figure is not known."""
    return {
        "experiment": run.experiment.document(),
        "networks": _networks(run),
        "best": run.best_index,
        "summary": {
            name: {
                "median": number(b.median),
                "p05": number(b.p05),
                "p95": number(b.p95),
                "n_counted": int(b.n_counted),
            }
            for name, b in summary(run).items()
        },
        "diverged": run.diverged,
        "warnings": list(run.warnings),
        "notes": list(run.prepared.notes),
        "truth": truth(run),
        "seconds": run.seconds,
        "interrupted": run.interrupted,
        "digest": run.digest,
        "arithmetic": ARITHMETIC,
        "version": shoal.__version__,
    }


def summary(run: Run) -> dict[str, Band]:
    """Return median and 5 to 95 % band of each figure over the networks that have it.

    Networks that diverged are not among them; `Run.diverged` names them.
    """
    found = {name: band(run.final(name)) for name in run.history}
    found |= {name: band(values) for name, values in run.test.items()}
    clean = clean_accuracy(run)
    if clean is not None:
        found["clean_accuracy"] = band(clean)
    return {name: values for name, values in found.items() if values.n_counted}


def truth(run: Run) -> dict[str, Any]:
    """Return what is known beside what was achieved; see `truth_of`."""
    return truth_of(run.prepared)


def truth_of(prepared: Prepared) -> dict[str, Any]:
    """Return what is known before anything is trained.

    Returns:
        ``attainable_accuracy`` in expectation (null where unknown); ``rows_accuracy``: that of
        the true rule on the very rows that the networks are judged by (the validation rows, or
        the training rows where there are none; the median where networks differ in them);
        ``constant_guess_accuracy``: of always saying the most frequent class of the training
        rows, judged like the networks.
    """
    part, recipe = prepared.parts[0], prepared.experiment.data
    dataset = part.dataset
    found: dict[str, Any] = {"attainable_accuracy": None, "rows_accuracy": None}
    if isinstance(recipe, TaskRecipe):
        known = attainable_accuracy(recipe)
        if dataset.truth is not None:
            known = dataset.truth.attainable_accuracy
        found["rows_accuracy"] = _rule_accuracy(prepared)
        found["attainable_accuracy"] = known
    if not dataset.schema.is_regression:
        judged = part.validation or part.train
        found["constant_guess_accuracy"] = number(
            constant_guess_accuracy(
                part.train.y,
                judged.y,
                weights_train=part.train.weights,
                weights_validation=judged.weights,
                labels=dataset.schema.kind == "multilabel",
            )
        )
    return found


def _rule_accuracy(prepared: Prepared) -> float | None:
    found = []
    for part in prepared.parts:
        rows = _judged(part)
        if part.dataset.rule is None:
            return None
        right = part.dataset.rule[rows] == predicted_classes(part.dataset.y[rows])
        found.append(float(np.average(right, weights=row_weights(part.dataset, rows, "judged"))))
    return float(band(np.array(found)).median)  # np.median loads masked arrays: 15 ms


def _judged(part: Part) -> IndexArray:
    """Return the rows that networks are judged by."""
    return part.split.validation if len(part.split.validation) else part.split.train


def clean_accuracy(run: Run) -> np.ndarray | None:
    """Return each network's accuracy against the labels before they were flipped, (P,).

    On the validation rows, or the training rows where there are none; None if no label was
    flipped or the clean ones are not known.
    """
    parts = run.prepared.parts
    if run.experiment.data.label_noise == 0 or any(p.dataset.clean_y is None for p in parts):
        return None
    found = np.full(len(run), np.nan)
    for k, part in enumerate(parts):
        rows = _judged(part)
        members = np.flatnonzero((run.prepared.part_of == k) & run.sound)
        clean = part.dataset.clean_y
        if clean is None:
            continue
        weights = row_weights(part.dataset, rows, "judged")
        x = part.scaler.apply_to(part.dataset.x, rows, str(run.weights.dtype))
        at_once = max(1, BLOCK // max(1, len(rows) * run.network.n_outputs))
        for start in range(0, len(members), at_once):
            some = members[start : start + at_once]
            right = _right(run, forward(run.network, run.weights[some], x), clean[rows])
            found[some] = np.average(right, axis=1, weights=weights)
    return found


def _right(run: Run, outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which rows are answered rightly, as the core decides it.

    Shapes:
        outputs (P, N, C), y (N, C) -> (P, N)
    """
    settings = run.prepared.settings
    if settings.accuracy == "threshold":
        return np.asarray(((outputs > settings.threshold) == (y > 0.5)).all(axis=-1))
    return np.asarray(outputs.argmax(axis=-1) == predicted_classes(y))


def number(value: SupportsFloat) -> float | None:
    """Return `value`, or None where JSON has no word for it."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def _networks(run: Run) -> list[dict[str, Any]]:
    figures = {name: run.final(name) for name in run.history} | dict(run.test)
    clean = clean_accuracy(run)
    reasons = run.stopped_because
    counted = evaluations(run.state)
    networks = []
    for i in range(len(run)):
        entry: dict[str, Any] = {
            "index": i,
            "seed": run.seeds[i],
            "steps": int(run.steps[i]),
            "epochs": int(run.steps[i]) // run.prepared.schedule.steps_per_epoch,
        }
        entry["evaluations"] = int(counted[i])
        entry |= {name: number(values[i]) for name, values in figures.items()}
        if clean is not None:
            entry["clean_accuracy"] = number(clean[i])
        entry["stopped_because"] = reasons[i]
        networks.append(entry | _best(run, i))
    return networks


def _best(run: Run, i: int) -> dict[str, Any]:
    """Return at which step, and after which epoch, the best weights were found, if asked for."""
    if run.prepared.settings.keep_best is None:
        return {}
    if run.delivered_report[i] < 0:
        return {"best_step": None, "best_epoch": None}
    step, per_epoch = int(run.delivered_step[i]), run.prepared.schedule.steps_per_epoch
    return {"best_step": step, "best_epoch": None if step % per_epoch else step // per_epoch}


__all__ = ["clean_accuracy", "number", "result_document", "summary", "truth", "truth_of"]
