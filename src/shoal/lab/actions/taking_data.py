"""What came of a run as tables: every figure, and every row with what is said of it."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import numpy as np

from shoal.charts.asking import said
from shoal.charts.columns import csv_bytes
from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments import Run
from shoal.experiments.export import COLUMNS, blocks_of
from shoal.experiments.prepare import Part
from shoal.lab.actions.taken import Made, Taking, mime_of
from shoal.models.ensemble import combine
from shoal.models.table import free_names

MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 2**26
CSV: Final = mime_of(".csv")


def history(taking: Taking) -> Made:
    """Return every figure of every network at every report."""
    run = taking.run()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for block in blocks_of(run.digest[:12], run):
        taking.surroundings.tell("writing figures")
        writer.writerows(zip(*(block[name] for name in COLUMNS), strict=True))
        if text.tell() > MOST_BYTES:
            raise InputError(
                "take: the figures are more than 64 MiB of text. Give a larger "
                "training.report_every, or fewer networks.",
                code="L101",
            )
    return Made(content=text.getvalue().encode(), what="history", mime=CSV)


def predictions(taking: Taking) -> Made:
    """Return rows with their part, their target, and what the networks say.

    Raises:
        InputError: there is no such network, or every one diverged.
    """
    run = taking.run()
    member = taking.member(run)
    members = np.flatnonzero(run.sound) if member is None else np.array([member])
    if not len(members):
        raise InputError(
            "take: every network diverged, so nothing is said of the rows.", code="R101"
        )
    part = run.prepared.parts[int(run.prepared.part_of[members[0]])]
    n = min(part.dataset.n_rows, MOST_ROWS)
    dataset = part.dataset.take(np.arange(n))
    taking.surroundings.tell("asking the networks")
    columns = {
        "row": np.arange(n), "part": _parts(part, n), **_given(dataset),
    }  # fmt: skip
    found = _said(run, dataset, members)
    columns |= dict(zip(free_names(found, columns), found.values(), strict=True))
    every = run.prepared.parts
    notes = []
    if n < part.dataset.n_rows:
        notes.append(f"The first {n:,} of {part.dataset.n_rows:,} rows.")
    if len(every) > 1 and member is None:
        notes.append("Networks have rows of their own; these are the first one's.")
    what = f"predictions-{taking.member_name()}"
    return Made(content=csv_bytes(columns), what=what, mime=CSV, note=" ".join(notes))


def _parts(part: Part, n: int) -> list[str]:
    """Return for each row which part it is in; of a stream all rows judge."""
    names = np.full(part.dataset.n_rows, "train", dtype=object)
    split = part.split
    for name, rows in (("validation", split.validation), ("test", split.test)):
        names[rows] = name
    return [str(name) for name in names[:n]]


def _given(dataset: Dataset) -> dict[str, Any]:
    """Return features and targets as columns."""
    schema = dataset.schema
    features = dict(zip(schema.feature_names, np.asarray(dataset.x).T, strict=True))
    if schema.kind == "classification":
        wide = dataset.y.shape[1] > 1
        codes = dataset.y.argmax(axis=1) if wide else (dataset.y[:, 0] > 0.5).astype(int)
        targets: dict[str, Any] = {schema.target: [schema.classes[k] for k in codes.tolist()]}
    elif schema.kind == "multilabel":
        both = zip(schema.targets, schema.label_classes, dataset.y.T, strict=True)
        targets = {name: [two[int(v)] for v in y.tolist()] for name, two, y in both}
    else:
        targets = dict(zip(schema.targets, dataset.y.T, strict=True))
    return {**features, **targets}


def _said(run: Run, dataset: Dataset, members: np.ndarray) -> dict[str, Any]:
    """Return what networks say together as columns, named as `shoal predict` names them."""
    schema = dataset.schema
    each = said(run.prepared, run.weights, np.asarray(dataset.x, np.float64), members=members)
    found = combine(each, kind=schema.kind)
    columns: dict[str, Any] = {}
    if schema.kind == "classification":
        assert found.codes is not None
        columns["class"] = [schema.classes[k] for k in found.codes.tolist()]
        both = zip(schema.classes, found.mean.T, strict=True)
        columns |= {f"probability_{name}": p for name, p in both}
    elif schema.kind == "multilabel":
        assert found.codes is not None
        each_label = zip(schema.targets, schema.label_classes, found.codes.T, strict=True)
        columns |= {f"class_{t}": [two[k] for k in c.tolist()] for t, two, c in each_label}
        both = zip(schema.targets, found.mean.T, strict=True)
        columns |= {f"probability_{name}": p for name, p in both}
    else:
        one = len(schema.targets) == 1
        both = zip(schema.targets, found.mean.T, strict=True)
        columns |= {"value" if one else f"value_{name}": value for name, value in both}
    if len(members) > 1:
        apart = found.disagreement
        if apart.ndim == 1:
            columns["disagreement"] = apart
        else:
            both = zip(schema.targets, apart.T, strict=True)
            columns |= {f"disagreement_{name}": a for name, a in both}
    return columns


__all__ = ["history", "predictions"]
