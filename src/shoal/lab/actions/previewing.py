"""What is in a table that a page brought: columns, kinds, first rows, and a guess at its use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from shoal.data.assemble import build_dataset
from shoal.data.columns import (
    ColumnType,
    NumberColumn,
    TextColumn,
    cell_text,
    check_categories,
    read_column,
    read_target,
)
from shoal.data.file_recipe import FileData
from shoal.data.opening import tables_of
from shoal.data.table import RawColumn, Table, Unreadable
from shoal.data.wording import count, listing
from shoal.errors import DataError, InputError
from shoal.experiments import Experiment
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.messages import Preview

ROWS: Final = 8
"""Rows that are shown."""
COLUMNS: Final = 200
"""Columns that are shown; more are counted."""
EXAMPLES: Final = 4
LOOKED_AT: Final = 200
"""Rows that examples are taken from."""
LETTERS: Final = 60
"""Letters of a cell that are shown."""
CHUNK: Final = 20_000
"""Rows that are read between two looks at whether anybody still wants them."""
LIKELY: Final = (
    "target", "class", "label", "y", "output", "outcome", "species", "category", "result",
)  # fmt: skip
"""What targets are called, most telling first."""
FEW: Final = 20
"""Different texts up to which a column may be classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A column as it was found.

    Attributes:
        name: of the column.
        kind: "number", "category", "empty" or "unreadable".
        guessed: the same where nobody says what it holds.
        n_missing: gaps in it.
        n_different: different values.
        examples: some values as they were written.
        problem: why it cannot be a feature, or nothing.
    """

    name: str
    kind: str
    guessed: str
    n_missing: int
    n_different: int
    examples: tuple[str, ...]
    problem: str = ""

    def told(self) -> dict[str, Any]:
        """Return what the page is told."""
        return {
            "name": self.name,
            "kind": self.kind,
            "guessed": self.guessed,
            "n_missing": self.n_missing,
            "n_different": self.n_different,
            "examples": list(self.examples),
            "problem": self.problem,
        }


def preview(surroundings: Surroundings, message: Preview) -> Outcome:
    """Return what is in a table that was brought, and what it could be used for.

    Raises:
        InputError: it was not brought, cannot be read as a table, or what is settled of
            ``[data]`` cannot be.
    """
    recipe = _recipe(message)
    surroundings.tell(f"reading {message.table.name}", 0.0)
    table = _read(surroundings, message, recipe)
    columns = []
    for k, name in enumerate(table.names[:COLUMNS]):
        surroundings.tell(f"looking at column {k + 1} of {len(table.names)}", k / len(table.names))
        columns.append(_typed(table, name, recipe.types.get(name)))
    guess, notes = _guess(table, columns, recipe, message.data)
    more = len(table.names) - COLUMNS
    hidden = (f"{count(more, 'further column')} are not shown here.",) if more > 0 else ()
    problem = _problem(table, guess, recipe)
    return Outcome(
        document={
            "name": message.table.name,
            "columns": [each.told() for each in columns],
            "n_columns": len(table.names),
            "rows": _first_rows(table),
            "n_rows": table.n_rows,
            "separator": _separator(table, recipe),
            "guess": guess,
            "notes": [*(_sentence(each) for each in table.notes), *notes, *hidden],
            "problems": [] if problem is None else [problem],
        }
    )


def _recipe(message: Preview) -> FileData:
    """Return what is settled of ``[data]``; the file is the one that was brought.

    Raises:
        ExperimentError: a key that is not there, or a value that cannot be.
    """
    settled = {key: value for key, value in message.data.items() if value is not None}
    document = {"target": "target", **settled, "file": f"{message.table.digest}.csv"}
    data = Experiment.read({"data": document}, source=message.table.name).data
    assert isinstance(data, FileData)
    return data


def _read(surroundings: Surroundings, message: Preview, recipe: FileData) -> Table:
    """Return the whole table, read chunk by chunk."""
    path, name = surroundings.table_path(message.table), message.table.name
    chunks = []
    try:
        with path.open("rb") as stream:
            for chunk in tables_of(stream, name, form=recipe.form, rows=CHUNK):
                chunks.append(chunk)
                surroundings.tell(f"reading {name}: {chunk.first_row + chunk.n_rows:,} rows")
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{name}: cannot be read: {error.strerror or error}.", code="O105"
        ) from None
    first = chunks[0]
    if len(chunks) == 1:
        return first
    lines = [chunk.lines for chunk in chunks if chunk.lines is not None]
    return replace(
        first,
        columns=tuple(_joined([chunk.columns[k] for chunk in chunks])
                      for k in range(len(first.names))),
        n_rows=sum(chunk.n_rows for chunk in chunks),
        lines=np.concatenate(lines) if lines else None,
    )  # fmt: skip


def _joined(parts: Sequence[RawColumn | Unreadable]) -> RawColumn | Unreadable:
    if isinstance(parts[0], Unreadable):
        return parts[0]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate([np.asarray(part) for part in parts])
    return [cell for part in parts if not isinstance(part, Unreadable) for cell in part]


def _typed(table: Table, name: str, asked: ColumnType | None) -> Seen:
    """Return a column as a feature would be read, and what is guessed where it was said."""
    seen = _seen(table, name, asked)
    return seen if asked is None else replace(seen, guessed=_seen(table, name).kind)


def _seen(table: Table, name: str, asked: ColumnType | None = None) -> Seen:
    """Return a column as a feature would be read."""
    column = table.columns[table.names.index(name)]
    if isinstance(column, Unreadable):
        told = f"Its values are {column.what}, neither text nor numbers."
        return Seen(
            name=name, kind="unreadable", guessed="unreadable", n_missing=0, n_different=0,
            examples=(), problem=told,
        )  # fmt: skip
    texts = [cell_text(column, k) for k in range(min(LOOKED_AT, table.n_rows))]
    examples = tuple(dict.fromkeys(_short(text) for text in texts if text.strip()))[:EXAMPLES]
    try:
        read = read_column(table, name, asked)
    except DataError as error:
        empty = "every cell is a gap" in error.reason
        return Seen(
            name=name,
            kind="empty" if empty else "number",
            guessed="empty" if empty else "number",
            n_missing=table.n_rows if empty else 0,
            n_different=0,
            examples=examples,
            problem=_bare(error),
        )
    kind = "number" if isinstance(read, NumberColumn) else "category"
    return Seen(
        name=name,
        kind=kind,
        guessed=kind,
        n_missing=int(read.gaps.sum()),
        n_different=_n_different(read),
        examples=examples,
        problem=_too_many(table, read),
    )


def _n_different(column: NumberColumn | TextColumn) -> int:
    if isinstance(column, TextColumn):
        return len(column.categories)
    return len(np.unique(column.values[~column.gaps]))


def _too_many(table: Table, column: NumberColumn | TextColumn) -> str:
    """Return why a column of text has too many values for categories, or nothing."""
    if isinstance(column, NumberColumn):
        return ""
    try:
        check_categories(table, column)
    except DataError as error:
        return _bare(error)
    return ""


def _guess(
    table: Table, columns: Sequence[Seen], recipe: FileData, settled: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return target, kind, features and what is done about gaps, and what was decided."""
    notes: list[str] = []
    target = settled.get("target") or _target(table, columns)
    targets = (target,) if isinstance(target, str) else tuple(target)
    kind: str | None = None
    if len(targets) == 1 and targets[0] in table.names:
        try:
            _, kind, said = read_target(table, targets[0], recipe.kind)
            notes.append(_sentence(said))
        except DataError:
            kind = recipe.kind  # told with the problems
    bad = [each.name for each in columns if each.problem]
    left_out = {*targets, *recipe.drop, recipe.weights}
    features = recipe.features
    if features is None:
        features = tuple(n for n in table.names if n not in left_out and n not in bad)
        bad = [name for name in bad if name not in left_out]
        if bad:
            notes.append(f"Left out as features: {listing(bad)}.")
    missing = settled.get("missing") or _missing(columns, features, targets)
    if missing != "error" and "missing" not in settled:
        done = "filled with means" if missing == "mean" else "left out"
        what = "Gaps are" if missing == "mean" else "Rows with gaps are"
        notes.append(f"{what} {done}.")
    guess = {
        "target": target,
        "kind": recipe.kind or kind,
        "features": list(features),
        "missing": missing,
        **({"types": dict(recipe.types)} if recipe.types else {}),
    }
    return guess, notes


def _target(table: Table, columns: Sequence[Seen]) -> str:
    """Return the column that looks most like what is to be predicted."""
    fitting = [each for each in columns if each.kind in ("number", "category") and not each.problem]
    by_name = {each.name.strip().lower(): each.name for each in fitting}
    for name in LIKELY:
        if name in by_name:
            return by_name[name]
    texts = [e for e in fitting if e.kind == "category" and 2 <= e.n_different <= FEW]
    if texts:
        return texts[-1].name
    return fitting[-1].name if fitting else table.names[-1]


def _missing(columns: Sequence[Seen], features: Sequence[str], targets: Sequence[str]) -> str:
    """Return what to do about gaps: means where only numbers have some."""
    gappy = [each for each in columns if each.n_missing and each.name in {*features, *targets}]
    if not gappy:
        return "error"
    only_numbers = all(each.kind == "number" and each.name not in targets for each in gappy)
    return "mean" if only_numbers else "drop"


def _problem(table: Table, guess: Mapping[str, Any], recipe: FileData) -> dict[str, str] | None:
    """Return why the table cannot be used as guessed or settled, if it cannot."""
    try:
        build_dataset(
            table,
            target=guess["target"],
            features=tuple(guess["features"]) or None,
            types=recipe.types,
            weights=recipe.weights,
            kind=recipe.kind,
            missing=guess["missing"],
        )
    except DataError as error:
        named = {guess["target"]} if isinstance(guess["target"], str) else {*guess["target"]}
        where = "data.target" if error.column in named else "data.features"
        return {"where": where, "sentence": str(error)}
    return None


def _first_rows(table: Table) -> list[list[str]]:
    """Return the first rows as text, cells cut short."""
    shown = [
        [] if isinstance(column, Unreadable) else [cell_text(column, k) for k in _few(table)]
        for column in table.columns[:COLUMNS]
    ]
    return [
        [_short(column[k]) if column else "" for column in shown] for k in _few(table)
    ]  # fmt: skip


def _few(table: Table) -> range:
    return range(min(ROWS, table.n_rows))


def _separator(table: Table, recipe: FileData) -> str:
    """Return what parts the values, as a person writes it; nothing of a Parquet file."""
    if recipe.separator is not None:
        return recipe.separator
    for note in table.notes:
        if note.startswith("the values are separated by "):
            return note.removeprefix("the values are separated by ").strip("'")
    return "," if table.lines is not None else ""


def _bare(error: DataError) -> str:
    """Return what is wrong with a column, without the names of file and column."""
    place = "" if error.line is None else f"line {error.line}: "
    return _sentence(f"{place}{error.reason}")


def _sentence(text: str) -> str:
    told = text.strip()
    return f"{told[:1].upper()}{told[1:]}{'' if told.endswith('.') else '.'}"


def _short(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text[: LETTERS + 1])
    return plain if len(text) <= LETTERS else f"{plain[: LETTERS - 1]}…"


__all__ = ["Seen", "preview"]
