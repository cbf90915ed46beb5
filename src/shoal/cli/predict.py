"""``shoal predict``: a table in, the same table with answers out, in constant memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import typer

from shoal.cli.answers import Chunk, Columns, Form, writing
from shoal.cli.choose import chosen_network
from shoal.cli.exits import FELL_SHORT
from shoal.cli.output import standard_input
from shoal.cli.tables import label
from shoal.cli.targets import model_of
from shoal.cli.two_classes import check_two_classes, positive_class
from shoal.data.cells import parse_number
from shoal.data.columns import text_columns
from shoal.data.delimited import OnError, TextFormat
from shoal.data.encode import encode_rows, encode_values
from shoal.data.opening import read_tables
from shoal.data.table import BadRow, Table, Unreadable, describe_row
from shoal.errors import ArgumentError, DataError, InputError
from shoal.files import check_output, whole_file
from shoal.models import Model, Unlike, free_names, unlike
from shoal.models import Prediction as Ensemble
from shoal.models.abstaining import Abstention
from shoal.models.reach import too_far
from shoal.models.table import columns_of
from shoal.models.thresholds import Threshold

UNLIKE: Final = "unlike"
"""The column that says why a row is unlike the training data."""
SHOWN = 10
"""Rows left out that are named one by one; the others are counted."""
MANY = 10_000
"""Rows from which a written file's line says what reading, predicting and writing cost."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What went by: counts and seconds, in constant memory."""

    n_rows: int = 0
    n_bad: int = 0
    n_unlike: int = 0
    bad: list[BadRow] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    undecided: np.ndarray | None = None
    reading_s: float = 0.0
    predicting_s: float = 0.0
    writing_s: float = 0.0

    def leave_out(self, bad: Sequence[BadRow]) -> None:
        """Count rows that were left out; the first few are kept to be named."""
        self.n_bad += len(bad)
        self.bad.extend(bad[: SHOWN - len(self.bad)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some rows: the columns that came, their features, and where each row stands.

    Attributes:
        came: cells by column.
        x: features, (N, D).
        table: the rows' lines, without their cells.
        rows: which rows of it they are, (N,).
    """

    came: Columns
    x: np.ndarray
    table: Table
    rows: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A prediction on its way.

    Attributes:
        model: the population, or one network of it.
        form: how the table is written.
        on_error: what to do about a row that cannot be read.
        abstention: what is left undecided.
        threshold: from which probability on one of two classes is said; None: the more probable.
        threads: how many to use; None: all there are.
        tally: what went by so far.
    """

    model: Model
    form: TextFormat
    on_error: OnError
    abstention: Abstention
    threshold: Threshold | None
    threads: int | None
    tally: Tally = field(default_factory=Tally)


def predict_data(
    file: Path,
    data: Sequence[str],
    *,
    which: str | None,
    on_error: OnError,
    form: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
    quiet: bool,
    output: Path | None,
    force: bool,
    threshold: float | None = None,
    positive: str | None = None,
    abstain_below: float | None = None,
    abstain_above: float | None = None,
    timing: bool = False,
) -> None:
    """Predict the rows of a file, or one row given as column=value."""
    if output is not None:
        check_output(output, force=force)
    model = chosen_network(model_of(str(file)), which)
    abstention = _abstention(model, abstain_below, abstain_above)
    task = Prediction(
        model=model, form=TextFormat(**form), on_error=on_error, abstention=abstention,
        threshold=_threshold(model, threshold, positive, abstention), threads=threads,
    )  # fmt: skip
    is_row = _is_row(data)
    parts = iter([_one_row(task, data)]) if is_row else _parts(task, data[0])
    shape: Form = "json" if as_json else "list" if is_row and output is None else "csv"
    tally = task.tally
    with writing(_file(output, force), shape, model.schema, task.form.decimal) as write:
        for part in parts:
            came, found = _predicted(task, part)
            begun = perf_counter()
            write(_chunk(task, came, found))
            tally.writing_s += perf_counter() - begun
            tally.n_rows += len(found.said.mean)
    if not quiet:
        _tell(task, output, is_list=shape == "list")
    if timing:
        print(_timing_json(tally) if as_json else _timing(tally), file=sys.stderr)
    if tally.n_bad and tally.n_rows == 0:
        raise typer.Exit(FELL_SHORT)


def _abstention(model: Model, below: float | None, above: float | None) -> Abstention:
    found = Abstention(below=below, above=above)
    problem = found.problem(model)
    if problem is not None:
        option, reason = problem
        cure = " Give --abstain-above, a disagreement." if option == "below" else ""
        raise InputError(f"--abstain-{option}: {reason}.{cure}", code="U107")
    return found


def _threshold(
    model: Model, at: float | None, positive: str | None, abstention: Abstention
) -> Threshold | None:
    if at is None:
        if positive is not None:
            raise InputError(
                "--positive: says whose --threshold it is. Give --threshold too.", code="U107"
            )
        return None
    check_two_classes(model.schema, "--threshold")
    if abstention.below is not None:
        told = "cannot be given with --abstain-below, as it may say the less probable class"
        raise InputError(f"--threshold: {told}. Give one of the two.", code="U107")
    return Threshold(at=at, positive=positive_class(model.schema, positive))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was found of some rows: what the networks say, and which rows are unlike others."""

    said: Ensemble
    undecided: np.ndarray | None
    unlike: Unlike | None


def _predicted(task: Prediction, part: _Part) -> tuple[Columns, _Found]:
    begun = perf_counter()
    try:
        said = task.model.prediction(part.x, threads=task.threads, where="predict")
    except ArgumentError as error:
        if error.argument != "x":
            raise
        part = _within_reach(task, part)
        said = task.model.prediction(part.x, threads=task.threads, where="predict")
    if task.threshold is not None:
        said = task.threshold.decide(said)
    apart = unlike(task.model, part.x)
    tally, open_ = task.tally, None
    if task.abstention != Abstention():
        open_ = task.abstention.undecided(said)
        counted = open_.sum(axis=0)
        tally.undecided = counted if tally.undecided is None else tally.undecided + counted
    tally.n_unlike += 0 if apart is None else int(apart.rows.sum())
    tally.predicting_s += perf_counter() - begun
    return part.came, _Found(said=said, undecided=open_, unlike=apart)


def _within_reach(task: Prediction, part: _Part) -> _Part:
    """Return the rows that the model can answer; tell of the others as of bad cells."""
    found = too_far(task.model, part.x, threads=task.threads)
    bad = []
    for row, why in found.items():
        place = int(part.rows[row])
        if task.on_error == "stop":
            raise DataError(why.reason, column=why.column, code="D115", **part.table.place(place))
        told = why.reason if why.column is None else describe_row(why.reason, "", why.column)
        bad.append(BadRow(row=place, line=part.table.place(place)["line"], reason=told))
    task.tally.leave_out(_numbered(bad, part.table))
    kept = [row for row in range(len(part.x)) if row not in found]
    came = {name: [cells[row] for row in kept] for name, cells in part.came.items()}
    return _Part(came=came, x=part.x[kept], table=part.table, rows=part.rows[kept])


def _numbered(bad: Sequence[BadRow], table: Table) -> list[BadRow]:
    """Return bad rows with their number among all rows where there are no lines."""
    return [
        replace(each, row=table.first_row + each.row) if each.line is None else each for each in bad
    ]


def _chunk(task: Prediction, came: Columns, found: _Found) -> Chunk:
    columns = columns_of(task.model, found.said, taken=list(came), undecided=found.undecided)
    told: dict[str, list[str]] = {}
    if found.unlike is not None:
        cells = [""] * len(found.unlike.rows)
        for row in np.flatnonzero(found.unlike.rows).tolist():
            cells[row] = found.unlike.reason(row)
        told = {free_names([UNLIKE], [*came, *columns])[0]: cells}
    return Chunk(came=came, found=columns, told=told)


def _file(output: Path | None, force: bool) -> AbstractContextManager[Any] | None:
    return None if output is None else whole_file(output, force=force)


def _is_row(data: Sequence[str]) -> bool:
    """Return whether the arguments are one row as column=value, and not a file's name."""
    pairs = ["=" in part for part in data]
    if len(data) == 1 and pairs[0]:
        return not Path(data[0]).is_file()
    if len(data) > 1 and not all(pairs):
        raise InputError(
            "give one file, or one row as column=value; got both or several files.", code="U107"
        )
    return pairs[0]


def _one_row(task: Prediction, data: Sequence[str]) -> _Part:
    model = task.model
    came = given_values(model, data)
    numbers = {column.name for column in model.schema.columns if column.categories is None}
    values: dict[str, str | float] = dict(came)
    for name in numbers & values.keys():
        number = parse_number(came[name], task.form.decimal)
        values[name] = came[name] if number is None else number
    x = encode_values(model.schema, values)
    cells = {name: [value] for name, value in came.items()}
    return _Part(came=cells, x=x, table=Table(names=(), columns=(), n_rows=1), rows=np.arange(1))


def given_values(model: Model, data: Sequence[str]) -> dict[str, str]:
    """Return the cells of one row given as column=value, by column.

    Raises:
        InputError: a column is given twice.
    """
    came: dict[str, str] = {}
    for part in data:
        name, value = _pair(model, part)
        if name in came:
            raise InputError(f"'{part}': the column '{name}' is given twice.", code="U107")
        came[name] = value
    return came


def _pair(model: Model, part: str) -> tuple[str, str]:
    """Return column and value; a column's name may hold a = itself."""
    known = [column.name for column in model.schema.columns if part.startswith(column.name + "=")]
    name = max(known, key=len, default=part.partition("=")[0])
    return name, part[len(name) + 1 :]


def _parts(task: Prediction, source: str) -> Iterator[_Part]:
    """Yield the columns of a part of the table, and its features."""
    model, on_error, tally = task.model, task.on_error, task.tally
    tables = read_tables(source, stdin=standard_input(), form=task.form, on_error=on_error)
    while True:
        begun = perf_counter()
        table = next(tables, None)
        if table is None:
            return
        encoded = encode_rows(model.schema, table, on_error=on_error)
        tally.leave_out(_numbered(encoded.bad, table))
        tally.unreadable |= _unreadable(table)
        came = _columns_that_came(table, encoded.rows.tolist())
        bare = replace(table, names=(), columns=())  # its cells are let go
        del table
        tally.reading_s += perf_counter() - begun
        yield _Part(came=came, x=encoded.x, table=bare, rows=encoded.rows)


def _columns_that_came(table: Table, rows: list[int]) -> dict[str, list[str]]:
    everything = len(rows) == table.n_rows
    return {
        name: list(cells) if everything else [cells[row] for row in rows]
        for name, cells in text_columns(table).items()
    }


def _unreadable(table: Table) -> dict[str, str]:
    """Return columns that cannot be handed on, with what they hold."""
    return {
        name: column.what
        for name, column in zip(table.names, table.columns, strict=True)
        if isinstance(column, Unreadable)
    }


def _tell(task: Prediction, output: Path | None, *, is_list: bool) -> None:
    tally = task.tally
    for row in tally.bad:
        place = f"row {row.row + 1}" if row.line is None else f"line {row.line}"
        print(f"left out: {place}, {row.reason}", file=sys.stderr)
    if tally.n_bad:
        more = f" ({tally.n_bad - SHOWN:,} not shown)" if tally.n_bad > SHOWN else ""
        plural = "" if tally.n_bad == 1 else "s"
        print(f"{tally.n_bad:,} row{plural} left out{more}", file=sys.stderr)
    for name, what in tally.unreadable.items():
        print(f"note: column '{label(name)}' is left out: its values are {what}", file=sys.stderr)
    for sentence in () if is_list else _sentences(task):
        print(sentence, file=sys.stderr)
    if task.model.summary is None:
        print(f"note: the model keeps no summary of its training rows: no column '{UNLIKE}'",
              file=sys.stderr)  # fmt: skip
    if output is not None:
        cost = f"; {_costs(tally)}" if tally.n_rows >= MANY else ""
        print(f"wrote {output}: {tally.n_rows:,} rows{cost}", file=sys.stderr)


def _sentences(task: Prediction) -> Iterator[str]:
    """Yield how many rows were left undecided, and how many are unlike the training data."""
    tally, of_all = task.tally, f"of {task.tally.n_rows:,}"
    if tally.undecided is not None:
        names = task.model.schema.targets if tally.undecided.ndim else ("",)
        for name, n in zip(names, np.atleast_1d(tally.undecided).tolist(), strict=True):
            whose = f" for '{label(name)}'" if name else ""
            yield f"{n:,} {of_all} rows undecided{whose}: {_why(task.abstention)}"
    if tally.n_unlike:
        yield f"{tally.n_unlike:,} {of_all} rows unlike the training data: see column '{UNLIKE}'"


def _why(abstention: Abstention) -> str:
    parts = []
    if abstention.below is not None:
        parts.append(f"a probability below {abstention.below:g}")
    if abstention.above is not None:
        parts.append(f"a disagreement above {abstention.above:g}")
    return " or ".join(parts)


def _timing(tally: Tally) -> str:
    return f"{tally.n_rows:,} rows: {_costs(tally)}"


def _costs(tally: Tally) -> str:
    rate = tally.n_rows / max(tally.predicting_s, 1e-9)
    told = f"{rate / 1e6:.1f} million" if rate >= 1e6 else f"{rate:,.0f}"
    return (
        f"reading {tally.reading_s:.2f} s, predicting {tally.predicting_s:.2f} s "
        f"({told} rows a second), writing {tally.writing_s:.2f} s"
    )


def _timing_json(tally: Tally) -> str:
    seconds = {
        name: round(getattr(tally, name), 6) for name in ("reading_s", "predicting_s", "writing_s")
    }
    return json.dumps({"n_rows": tally.n_rows, **seconds})
