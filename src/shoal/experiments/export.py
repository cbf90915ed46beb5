"""Stored runs as one tidy table: a row for each network, report and figure.

Rows are made and written in blocks, so that memory does not grow with the number of runs,
networks or reports.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from shoal.errors import InputError, MissingExtraError
from shoal.experiments.archive import load
from shoal.experiments.result import clean_accuracy
from shoal.experiments.run import Run
from shoal.files import check_output, whole_file
from shoal.store.store import Store

BLOCK: Final = 65_536
"""Rows that are in memory at once, about."""
COLUMNS: Final = ("run", "part", "network", "seed", "report", "step", "epoch", "figure", "value")
"""`part`: the cell of a sweep, or the arm of a comparison; `report`: counted from 1, none for a
figure of the delivered weights alone."""
WHOLE: Final = ("network", "seed", "report", "step")
"""Columns of whole numbers."""
FORMATS: Final = (".parquet", ".csv", ".json")

Block = dict[str, list[Any]]
Write = Callable[[Block], None]


def export(
    refs: Sequence[str],
    path: str | os.PathLike[str],
    *,
    store: Store | None = None,
    force: bool = False,
    allow_python: bool = False,
) -> int:
    """Write the figures of stored runs as one table; return how many rows it has.

    Args:
        refs: which runs; sweeps and comparisons too.
        path: ends in .parquet, .csv or .json; it appears whole.
        store: the user's store if not given.
        force: replace a file that is there.
        allow_python: whether Python functions that runs name may be imported.

    Raises:
        InputError: another ending, or the file cannot be written.
        StoreError: a run cannot be found or brought back.
        MissingExtraError: Parquet, without pyarrow.
    """
    target = Path(path)
    if target.suffix not in FORMATS:
        raise InputError(f"{target}: must end in .parquet, .csv or .json.", code="O109")
    check_output(target, force=force)
    store = Store.open() if store is None else store
    ids = [store.get(ref).id for ref in refs]
    n_rows = 0
    with whole_file(target, force=force) as file, _writer(target.suffix, file) as write:
        for id in ids:
            record = load(id, store=store, allow_python=allow_python)
            for block in blocks_of(id, record):
                write(block)
                n_rows += len(block["run"])
    return n_rows


def blocks_of(id: str, record: Any) -> Iterator[Block]:
    """Yield the rows of a record in blocks.

    Args:
        id: of the record in the store.
        record: a Run, Swept, Comparison or Diagnosis.
    """
    if isinstance(record, Run):
        yield from _of_run(id, record)
    elif hasattr(record, "columns"):
        yield from _of_sweep(id, record)
    elif hasattr(record, "arms"):
        for arm in record.arms:
            yield from _of_arm(id, record, arm)
    else:
        yield from _of_run(id, record.run)


def _of_run(id: str, run: Run) -> Iterator[Block]:
    """Yield the history of each network, then what its delivered weights have beside it."""
    per_epoch, steps = run.prepared.schedule.steps_per_epoch, run.report_steps
    yield from _histories(id, "", run.history, run.seeds, steps, per_epoch)
    final = dict(run.test)
    clean = clean_accuracy(run)
    final |= {} if clean is None else {"clean_accuracy": clean}
    yield from _finals(id, final, np.asarray(run.seeds), run.delivered_step, per_epoch)


def _of_arm(id: str, comparison: Any, arm: Any) -> Iterator[Block]:
    seeds, steps = np.asarray(comparison.seeds), np.asarray(arm.report_steps)
    per_epoch = _per_epoch(steps, arm.experiment.training.epochs)
    yield from _histories(id, arm.name, arm.history, seeds, steps, per_epoch)
    ends = np.full(len(seeds), -1)
    alone = {name: values for name, values in arm.figures.items() if name not in arm.history}
    yield from _finals(id, alone, seeds, ends, 0, part=arm.name)


def _of_sweep(id: str, swept: Any) -> Iterator[Block]:
    """Yield the figures of each network at its end, with its cell, and histories if kept."""
    from shoal.experiments.sweep.cells import label_of

    columns = swept.columns
    labels = [label_of(values) for values in swept.cell_values]
    parts = [labels[cell] for cell in np.asarray(columns["cell"]).tolist()]
    seeds, networks = np.asarray(columns["seed"]), np.asarray(columns["network"])
    figures = {name: columns[name] for name in swept.figures}
    steps = np.asarray(columns["steps"])
    yield from _finals(id, figures, seeds, steps, 0, parts=parts, networks=networks.tolist())
    names = [name for name in columns if name.startswith("history.")]
    epochs = [_epochs_of(swept, values) for values in swept.cell_values] if names else []
    for name in names:
        for i, values in enumerate(np.asarray(columns[name], np.float64)):
            history = {name.removeprefix("history."): values[np.newaxis]}
            at = columns["report_steps"][i]
            per_epoch = _per_epoch(at, epochs[columns["cell"][i]])
            for block in _histories(id, parts[i], history, seeds[i : i + 1], at, per_epoch):
                yield {**block, "network": [int(networks[i])] * len(block["run"])}


def _epochs_of(swept: Any, values: Mapping[str, Any]) -> int | None:
    """Return the epochs of a cell; None if a larger piece of the document was swept."""
    if any("training.epochs".startswith(f"{key}.") for key in values):
        return None
    return int(values.get("training.epochs", swept.sweep.base.training.epochs))


def _per_epoch(steps: np.ndarray, epochs: int | None) -> int:
    """Return the steps of an epoch from the last report, which is at the end; 0: not known."""
    last = int(steps.max()) if len(steps) else 0
    return last // epochs if epochs and last > 0 and last % epochs == 0 else 0


def _histories(
    id: str,
    part: str,
    history: Any,
    seeds: Sequence[int] | np.ndarray,
    steps: np.ndarray,
    per_epoch: int,
) -> Iterator[Block]:
    """Yield (P, T) figures in rows; none where a network had ended."""
    at_once = max(1, BLOCK // max(1, len(steps)))
    for name, values in history.items():
        for start in range(0, len(values), at_once):
            some = np.asarray(values[start : start + at_once], np.float64)
            network, report = np.nonzero(~np.isnan(some))
            step = steps[report]
            yield {
                "run": [id] * len(step),
                "part": [part] * len(step),
                "network": (network + start).tolist(),
                "seed": [int(seeds[i + start]) for i in network.tolist()],
                "report": (report + 1).tolist(),
                "step": step.tolist(),
                "epoch": (step / per_epoch).tolist() if per_epoch else [None] * len(step),
                "figure": [name] * len(step),
                "value": some[network, report].tolist(),
            }


def _finals(
    id: str,
    figures: Any,
    seeds: np.ndarray,
    steps: np.ndarray,
    per_epoch: int,
    *,
    part: str = "",
    parts: Sequence[str] | None = None,
    networks: Sequence[int] | None = None,
) -> Iterator[Block]:
    """Yield (P,) figures in rows; none for a network that diverged."""
    for name, values in figures.items():
        for start in range(0, len(values), BLOCK):
            some = np.asarray(values[start : start + BLOCK], np.float64)
            there = np.flatnonzero(~np.isnan(some))
            at = (there + start).tolist()
            step = [int(steps[i]) if steps[i] >= 0 else None for i in at]
            epochs = [s / per_epoch if per_epoch and s is not None else None for s in step]
            yield {
                "run": [id] * len(at),
                "part": [part] * len(at) if parts is None else [parts[i] for i in at],
                "network": at if networks is None else [networks[i] for i in at],
                "seed": [int(seeds[i]) for i in at],
                "report": [None] * len(at),
                "step": step,
                "epoch": epochs,
                "figure": [name] * len(at),
                "value": some[there].tolist(),
            }


def _writer(suffix: str, file: BinaryIO) -> contextlib.AbstractContextManager[Write]:
    if suffix == ".parquet":
        return _parquet(file)
    return _csv(file) if suffix == ".csv" else _json(file)


@contextlib.contextmanager
def _csv(file: BinaryIO) -> Iterator[Write]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    yield lambda block: writer.writerows(zip(*(block[name] for name in COLUMNS), strict=True))
    text.flush()
    text.detach()


@contextlib.contextmanager
def _json(file: BinaryIO) -> Iterator[Write]:
    """Write one array with an object a line."""
    first = True

    def write(block: Block) -> None:
        nonlocal first
        for row in zip(*(block[name] for name in COLUMNS), strict=True):
            said = dict(zip(COLUMNS, row, strict=True))
            if not math.isfinite(said["value"]):
                said["value"] = None  # JSON has no word for infinity
            line = json.dumps(said, ensure_ascii=False, allow_nan=False)
            file.write((("[\n" if first else ",\n") + line).encode())
            first = False

    yield write
    file.write(b"[]\n" if first else b"\n]\n")


@contextlib.contextmanager
def _parquet(file: BinaryIO) -> Iterator[Write]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet", "pyarrow", "parquet") from None
    types = {name: arrow.int64() if name in WHOLE else arrow.string() for name in COLUMNS}
    schema = arrow.schema({**types, "epoch": arrow.float64(), "value": arrow.float64()})
    with parquet.ParquetWriter(file, schema) as writer:
        yield lambda block: writer.write_table(arrow.table(block, schema=schema))
