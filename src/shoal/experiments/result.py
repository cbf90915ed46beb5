"""The result of a run as a document, and its summary over the population."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np

from shoal.data.tasks import TaskRecipe, attainable_accuracy
from shoal.kernels import ARITHMETIC, FIGURES, forward
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
            name: {"median": number(b.median), "p05": number(b.p05), "p95": number(b.p95)}
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
        "version": version("shoal"),
    }


def summary(run: Run) -> dict[str, Band]:
    """Return median and 5 to 95 % band of each figure over the networks that have it.

    Networks that diverged are not among them; `Run.diverged` names them.
    """
    found = {name: band(run.final(name)) for name in FIGURES}
    found |= {name: band(values) for name, values in run.test.items()}
    clean = clean_accuracy(run)
    if clean is not None:
        found["clean_accuracy"] = band(clean)
    determination = r2_of(run)
    if determination is not None:
        found["validation_r2"] = band(determination)
    return {name: values for name, values in found.items() if values.n_counted}


def truth(run: Run) -> dict[str, Any]:
    """Return what is known beside what was achieved.

    Returns:
        ``attainable_accuracy`` in expectation (null where unknown); ``rows_accuracy``: that of
        the true rule on the very rows that the networks are judged by (the validation rows, or
        the training rows where there are none; the median where networks differ in them);
        ``constant_guess_accuracy``: of always saying the most frequent class of the training
        rows, judged like the networks.
    """
    part, recipe = run.prepared.parts[0], run.experiment.data
    dataset = part.dataset
    found: dict[str, Any] = {"attainable_accuracy": None, "rows_accuracy": None}
    if isinstance(recipe, TaskRecipe):
        known = attainable_accuracy(recipe)
        if dataset.truth is not None:
            known = dataset.truth.attainable_accuracy
        found["rows_accuracy"] = _rule_accuracy(run)
        found["attainable_accuracy"] = known
    if dataset.schema.kind == "classification":
        judged = part.validation or part.train
        found["constant_guess_accuracy"] = number(constant_guess_accuracy(part.train.y, judged.y))
    return found


def _rule_accuracy(run: Run) -> float | None:
    found = []
    for part in run.prepared.parts:
        rows = part.split.validation if len(part.split.validation) else part.split.train
        if part.dataset.rule is None:
            return None
        labels = predicted_classes(part.dataset.y[rows])
        found.append(float((part.dataset.rule[rows] == labels).mean()))
    return float(np.median(found))


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
        rows = part.split.validation if len(part.split.validation) else part.split.train
        members = np.flatnonzero((run.prepared.part_of == k) & (run.state.status == 0))
        clean = part.dataset.clean_y
        assert clean is not None
        true = predicted_classes(clean[rows])
        x = np.ascontiguousarray(part.scaler.apply(part.dataset.x[rows]), run.weights.dtype)
        at_once = max(1, BLOCK // max(1, len(rows) * run.network.n_outputs))
        for start in range(0, len(members), at_once):
            some = members[start : start + at_once]
            outputs = forward(run.network, run.weights[some], x)
            found[some] = (predicted_classes(outputs) == true).mean(axis=1)
    return found


def r2_of(run: Run) -> np.ndarray | None:
    """Return each network's R2 on the validation rows, (P,), for a regression."""
    part = run.prepared.parts[0]
    if part.dataset.schema.kind != "regression" or not len(part.split.validation):
        return None
    found = np.full(len(run), np.nan)
    for k, each in enumerate(run.prepared.parts):
        y = each.dataset.y[each.split.validation]
        members = (run.prepared.part_of == k) & (run.state.status == 0)
        spread = float(((y - y.mean()) ** 2).mean())
        if spread > 0:
            found[members] = 1 - run.final("validation_loss")[members] / spread
    return found


def number(value: SupportsFloat) -> float | None:
    """Return `value`, or None where JSON has no word for it."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def _networks(run: Run) -> list[dict[str, Any]]:
    figures = {name: run.final(name) for name in FIGURES} | dict(run.test)
    clean = clean_accuracy(run)
    reasons = run.stopped_because
    networks = []
    for i in range(len(run)):
        entry: dict[str, Any] = {
            "index": i,
            "seed": run.seeds[i],
            "steps": int(run.steps[i]),
            "epochs": int(run.steps[i]) // run.prepared.schedule.steps_per_epoch,
        }
        entry |= {name: number(values[i]) for name, values in figures.items()}
        if clean is not None:
            entry["clean_accuracy"] = number(clean[i])
        entry["stopped_because"] = reasons[i]
        networks.append(entry)
    return networks


__all__ = ["clean_accuracy", "number", "result_document", "summary", "truth"]
