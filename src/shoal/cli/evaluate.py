"""``shoal evaluate``: a model judged on rows whose answer is known."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shoal.cli.choose import chosen_network
from shoal.cli.output import (
    REPORT,
    check_files,
    print_json,
    standard_input,
    to_json,
    write_report,
)
from shoal.cli.tables import label
from shoal.cli.targets import model_of
from shoal.cli.two_classes import check_two_classes, positive_class, told_kind
from shoal.data.columns import cell_text
from shoal.data.dataset import IndexArray, Schema
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_targets, encode_weights
from shoal.data.opening import read_tables, source_name
from shoal.data.table import Table
from shoal.errors import DataError, InputError
from shoal.files import write_bytes
from shoal.models import Model
from shoal.models.assessment.assessing import WORST, Asked, Assessment, assessment_of, scales_of
from shoal.models.assessment.rows import Judge
from shoal.models.assessment.worst import Worst
from shoal.models.training_file import trained_on

WRITES = {REPORT: "a report", ".json": "the figures"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for on the command line.

    Attributes:
        by: columns whose slices are judged.
        worst: how many of the rows furthest off are named.
        asked: the rest of it.
        full: whether every table is printed.
        network: which network is judged, as `--network` has it; None: all together.
    """

    by: Sequence[str]
    worst: int
    asked: Asked
    full: bool = False
    network: str | None = None


def evaluate_data(
    file: Path,
    data: str,
    *,
    form: Mapping[str, Any],
    request: Request,
    as_json: bool,
    outputs: Sequence[Path],
    force: bool,
) -> None:
    """Judge a model on a table that holds the target."""
    check_files(outputs, WRITES, force=force)
    model = chosen_network(model_of(str(file)), request.network)
    check_request(model, request)
    found = assessed(model, file.name, data, TextFormat(**form), request)
    for path in outputs:
        if path.suffix == REPORT:
            write_report(found, path, force=force)
        else:
            write_bytes(path, to_json(found.document()).encode(), force=force)
    if as_json:
        print_json(found.document(), files=outputs)
        return
    from shoal.cli.evaluate_tables import print_assessment

    print_assessment(found, full=request.full)
    for path in outputs:
        print(f"wrote {label(str(path))}", file=sys.stderr)


def request_of(
    *, by: Sequence[str], worst: int | None, full: bool, network: str | None, **asked: Any
) -> Request:
    """Return what is asked for, from the options of the command."""
    listed = {name: tuple(asked.pop(name)) for name in ("coverages", "accuracies")}
    known = {key: value for key, value in asked.items() if value is not None}
    return Request(
        by=tuple(dict.fromkeys(by)),
        worst=WORST if worst is None else worst,
        full=full,
        network=network,
        asked=Asked(**{**known, **listed}),
    )


def check_request(model: Model, request: Request) -> None:
    """Refuse what cannot be asked of a model, before any row is read.

    Raises:
        InputError: costs, a class, a coverage or an accuracy that do not fit its target.
    """
    schema, asked = model.schema, request.asked
    if asked.costs is not None or asked.positive is not None:
        check_two_classes(schema, "--positive" if asked.costs is None else "--costs")
        positive_class(schema, asked.positive)
    if asked.accuracies and schema.kind != "classification":
        told = f"--min-accuracy: is for a target of classes; {told_kind(schema)}."
        raise InputError(told, code="U107")
    numbers = schema.is_regression and len(schema.targets) == 1 and len(model) > 1
    if asked.coverages and schema.kind != "classification" and not numbers:
        wanted = "is for a target of classes, or one number and several networks"
        raise InputError(f"--coverage: {wanted}; {told_kind(schema)}.", code="U107")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """A table on its way through the model, a chunk at a time: only small arrays are kept."""

    judge: Judge
    worst: Worst
    by: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, table: Table) -> None:
        """Judge the rows of a chunk."""
        schema = self.judge.model.schema
        for name in self.by:
            if name not in table.names:
                raise table.no_column(name)
        encoded = encode_rows(schema, table)
        y = encode_targets(schema, table, rows=encoded.rows)
        rows = self.judge.add(encoded.x, y, encode_weights(schema, table, rows=encoded.rows))
        cells, places = _shown(schema, table, self.by), encoded.rows
        lines = None if table.lines is None else table.lines[places]
        self.worst.add(rows, lines=lines, cells={
            name: _Cells(column=column, places=places) for name, column in cells.items()
        })  # fmt: skip
        for name, kept in self.by.items():
            column = table.column(name)
            kept += [cell_text(column, row) for row in places.tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells(Sequence[str]):
    """Cells of the rows that were read, written out only when one is asked for."""

    column: Any
    places: IndexArray

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: Any) -> Any:
        return cell_text(self.column, int(self.places[row]))


def _shown(schema: Schema, table: Table, by: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that are told of a row: slices first, then inputs, then others."""
    inputs = [column.name for column in schema.columns]
    own = {*schema.targets, schema.weights}
    others = [name for name in table.names if name not in own and name not in inputs]
    wanted = dict.fromkeys([*by, *inputs, *others])
    columns = dict(zip(table.names, table.columns, strict=True))
    return {name: columns[name] for name in wanted if _is_readable(columns.get(name))}


def _is_readable(column: Any) -> bool:
    return isinstance(column, np.ndarray | Sequence)


def command_of(name: str, data: str, form: TextFormat, request: Request) -> str:
    """Return the command that asks the same of the same files, which have to be at hand."""
    asked, words = request.asked, ["shoal", "evaluate", name, Path(data).name]
    for column in request.by:
        words += ["--by", column]
    if asked.costs is not None:
        words += ["--costs", "{:g},{:g}".format(*asked.costs)]
    words += [] if asked.positive is None else ["--positive", asked.positive]
    for option, shares in (("--coverage", asked.coverages), ("--min-accuracy", asked.accuracies)):
        for share in shares:
            words += [option, f"{share:g}"]
    words += [] if asked.resamples is None else ["--resamples", str(asked.resamples)]
    words += ["--seed", str(asked.seed)] if asked.seed else []
    return shlex.join([*words, *_reading_words(form, request)])


def predicting_of(name: str, form: TextFormat, request: Request) -> str:
    """Return the command that predicts other rows that are written alike."""
    return shlex.join(["shoal", "predict", name, "new.csv", *_reading_words(form, request)])


def _reading_words(form: TextFormat, request: Request) -> list[str]:
    """Return the options that say which network is asked and how a table is read."""
    given = {"--network": request.network, "--encoding": form.encoding,
             "--separator": form.separator,
             "--decimal": None if form.decimal == "." else form.decimal}  # fmt: skip
    return [word for option, value in given.items() if value is not None
            for word in (option, value)]  # fmt: skip


def assessed(model: Model, name: str, data: str, form: TextFormat, request: Request) -> Assessment:
    """Return the assessment of a model on a file, which is read in chunks.

    Raises:
        DataError: the file cannot be read, or does not fit the model.
    """
    judge = Judge(model=model, threads=request.asked.threads)
    reading = _Reading(
        judge=judge,
        worst=Worst(n=request.worst, scale=scales_of(model)),
        by={column: [] for column in request.by},
    )
    for table in read_tables(data, stdin=standard_input(), form=form):
        reading.take(table)
    try:
        rows = judge.rows()
    except InputError as error:
        if "weights" not in str(error):
            raise
        told = f"every one of the {reading.worst.n_rows:,} rows has weight 0."
        raise DataError(
            told, source=source_name(data), column=model.schema.weights, code="D116"
        ) from None
    return assessment_of(
        model, rows, request.asked, by=reading.by, worst=reading.worst.rows(),
        source=source_name(data), name=name,
        command=command_of(name, data, form, request),
        predicting=predicting_of(name, form, request), trained_on=trained_on(model, data),
    )  # fmt: skip


__all__ = ["Request", "assessed", "check_request", "evaluate_data", "request_of"]
