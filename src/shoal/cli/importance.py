"""``shoal importance``: which columns a model's answers rest on, and why it answers a row so."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.cli.choose import chosen_network
from shoal.cli.nth_row import nth_row
from shoal.cli.output import REPORT, check_files, print_json, standard_input, to_json, write_report
from shoal.cli.predict import given_values
from shoal.cli.tables import label, new_console, new_table
from shoal.cli.targets import model_of
from shoal.data.cells import parse_number
from shoal.data.delimited import TextFormat
from shoal.data.encode import encode_rows, encode_targets, encode_values, encode_weights
from shoal.data.opening import read_tables, source_name
from shoal.data.table import Table
from shoal.data.wording import count
from shoal.errors import ArgumentError, DataError, InputError
from shoal.files import write_bytes
from shoal.models import Attribution, Importance, Model, attribute, importance_of
from shoal.models.importance.measuring import ColumnImportance, FamilyImportance
from shoal.models.importance.sampling import least, sample_keys
from shoal.models.reach import too_far
from shoal.models.training_file import trained_on

if TYPE_CHECKING:
    from rich.table import Table as RichTable

WRITES: Final = {REPORT: "a report", ".json": "the result"}
HEADS: Final = {
    "accuracy": "accuracy lost",
    "loss": "loss added",
    "mean_absolute_error": "error added",
    "mean_squared_error": "squared error",
}
OPTIONS: Final = {"columns": "--columns", "measure": "--measure", "output": "--of", "of": "--of"}
"""Options by the argument that they are handed on as."""
WIDTH: Final = 80
"""Where sentences are broken."""
SHOWN: Final = 25
"""Columns that are printed, the most important first."""
USUAL: Final = {"--repeats": 10, "--rows": 10_000, "--seed": 0, "--decimal": "."}
"""Options that a command need not name."""


def weigh_columns(
    file: Path,
    data: str | None,
    *,
    of: str | None,
    measure: str | None,
    columns: str | None,
    repeats: int,
    rows: int,
    seed: int,
    which: str | None,
    form: Mapping[str, Any],
    threads: int | None,
    as_json: bool,
    outputs: Sequence[Path],
    force: bool,
) -> None:
    """Say which columns a model's answers rest on."""
    check_files(outputs, WRITES, force=force)
    if data is None:
        raise InputError(
            "importance: DATA is missing. Name a table with the target, or give --row.", code="U104"
        )
    model = chosen_network(model_of(str(file)), which)
    given = _labelled(model, data, TextFormat(**form), rows, seed)
    chosen = None if columns is None else [name.strip() for name in columns.split(",")]
    try:
        found = importance_of(
            model, given.x, given.y, weights=given.weights, measure=measure, columns=chosen, of=of,
            repeats=repeats, rows=rows, seed=seed, threads=threads, networks=as_json,
        )  # fmt: skip
    except ArgumentError as error:
        raise _told(error, data) from None
    seen = trained_on(model, data) is True
    found = replace(found, n_rows_given=given.n_rows, seen=seen)
    asked = {"--of": of, "--measure": measure, "--columns": columns, "--network": which,
             "--repeats": repeats, "--rows": rows, "--seed": seed}  # fmt: skip
    found = replace(found, command=_command(file, data, asked, form))
    _write(found, outputs, force=force)
    if as_json:
        print_json(found.to_dict(), files=outputs)
    else:
        _print_columns(found, data)


def explain_row(
    file: Path,
    data: str | None,
    row: Sequence[str],
    *,
    of: str | None,
    which: str | None,
    form: Mapping[str, Any],
    seed: int,
    as_json: bool,
    outputs: Sequence[Path],
    force: bool,
) -> None:
    """Say how much each column adds to a model's answer of one row."""
    check_files(outputs, WRITES, force=force)
    model = chosen_network(model_of(str(file)), which)
    shape = TextFormat(**form)
    x = _by_number(model, data, row[0], shape) if _is_number(row) else _by_name(model, row, shape)
    try:
        found = attribute(model, x, output=of, seed=seed)
    except ArgumentError as error:
        raise _told(error, data or "--row") from None
    parts = [word for each in row for word in ("--row", each)]
    given = {"--of": of, "--network": which, "--seed": seed}
    found = replace(found, command=_command(file, data, given, form, *parts))
    _write(found, outputs, force=force)
    if as_json:
        print_json(found.to_dict(), files=outputs)
    else:
        place = f"{source_name(data)}, row {row[0]}: " if data and _is_number(row) else ""
        _print_row(found, place)


def _command(
    file: Path, data: str | None, given: Mapping[str, Any], form: Mapping[str, Any], *parts: str
) -> str:
    """Return the command that asks the same again."""
    options = {**given, **{f"--{name}": value for name, value in form.items()}}
    said = [
        word
        for name, value in options.items()
        if value is not None and value != USUAL.get(name)
        for word in (name, str(value))
    ]
    words = ["shoal", "importance", str(file), *([] if data is None else [data]), *parts, *said]
    return shlex.join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labelled:
    """Rows with their targets, and how many there were."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    n_rows: int


def _labelled(model: Model, data: str, form: TextFormat, most: int, seed: int) -> _Labelled:
    """Return features, targets and weights of a table, or of a sample as it comes by.

    The rows that are kept are those that `importance_of` would take of all of them.
    """
    kept: list[np.ndarray] = []
    keys, n_rows = np.empty(0), 0
    for table in read_tables(data, stdin=standard_input(), form=form):
        part = _encoded(model, table)
        keys = np.concatenate([keys, sample_keys(n_rows, n_rows + len(part[0]), seed)])
        n_rows += len(part[0])
        kept = [np.concatenate(both) for both in zip(kept, part, strict=True)] if kept else part
        if len(keys) > most:
            places = least(keys, most)
            keys, kept = keys[places], [each[places] for each in kept]
    x, y, *weights = kept
    return _Labelled(x=x, y=y, weights=weights[0] if weights else None, n_rows=n_rows)


def _encoded(model: Model, table: Table) -> list[np.ndarray]:
    """Return features and targets of a table, and weights where the model has them."""
    x, y = _features(model, table), encode_targets(model.schema, table)
    weights = encode_weights(model.schema, table)
    return [x, y] if weights is None else [x, y, weights]


def _features(model: Model, table: Table) -> np.ndarray:
    """Return the features of all rows of a table, all of which the model can answer."""
    x = encode_rows(model.schema, table).x
    for row, why in too_far(model, x).items():
        raise DataError(why.reason, column=why.column, code="D115", **table.place(row))
    return x


def _is_number(row: Sequence[str]) -> bool:
    return len(row) == 1 and "=" not in row[0]


def _by_number(model: Model, data: str | None, text: str, form: TextFormat) -> np.ndarray:
    """Return the features of a row of a table, counted from 1."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16 and int(text) > 0):
        raise InputError(
            f"--row: must be a number from 1, or COLUMN=VALUE; got {text}.", code="U103"
        )
    if data is None:
        raise InputError(
            f"--row: is row {text} of what? Name DATA as well, or give COLUMN=VALUE.", code="U104"
        )
    return _features(model, nth_row(data, int(text), form))


def _by_name(model: Model, row: Sequence[str], form: TextFormat) -> np.ndarray:
    wrong = next((part for part in row if "=" not in part), None)
    if wrong is not None:
        told = "must be one number, or COLUMN=VALUE for each column"
        raise InputError(f"--row: {told}; got {wrong} among others.", code="U103")
    came = given_values(model, row)
    values: dict[str, str | float] = dict(came)
    for column in model.schema.columns:
        if column.categories is None and column.name in came:
            number = parse_number(came[column.name], form.decimal)
            values[column.name] = came[column.name] if number is None else number
    x = encode_values(model.schema, values)
    for why in too_far(model, x).values():
        raise DataError(why.reason, column=why.column, code="D115")
    return x


def _told(error: ArgumentError, source: str) -> InputError:
    """Return an error of the function in the words of the command."""
    option = OPTIONS.get(error.argument, source_name(source))
    cure = f" {error.cure}" if error.cure else ""
    return InputError(f"{option}: {error.requirement}; got {error.got}.{cure}", code="U103")


def _write(found: Importance | Attribution, outputs: Sequence[Path], *, force: bool) -> None:
    for path in outputs:
        if path.suffix == REPORT:
            write_report(found, path, force=force)
        else:
            write_bytes(path, to_json(found.to_dict()).encode(), force=force)


def _print_columns(found: Importance, data: str) -> None:
    console = new_console()
    rows, networks = count(found.n_rows, "row"), count(found.n_networks, "network")
    scores = ", ".join(f"{name.replace('_', ' ')} {v:.4g}" for name, v in found.scores.items())
    weighted = ", weighted" if found.weighted else ""
    head = f"{label(source_name(data))}: {rows}{weighted}, {networks} together; {scores}"
    console.print(head, style="bold")
    console.print(_wrapped(found.answer))
    console.print()
    console.print(_rises("column", [(each.name, each) for each in found.columns[:SHOWN]], found))
    if len(found.columns) > SHOWN:
        rest = len(found.columns) - SHOWN
        console.print(f"{count(rest, 'more column')}: -o report.html or --json", style="dim")
    console.print()
    if found.families:
        named = [(_names(each.names), each) for each in found.families[:SHOWN]]
        console.print(_rises("dealt out together", named, found))
        console.print()
    for sentence in (_how(found), *(f"note: {note}" for note in found.notes)):
        console.print(_wrapped(sentence))


def _rises(
    head: str, named: Sequence[tuple[str, ColumnImportance | FamilyImportance]], found: Importance
) -> RichTable:
    """Return a table in which names give way where it is narrow, and numbers never do."""
    other = next(name for name in found.scores if name != found.measure)
    table = new_table(head, HEADS[found.measure], "from", "to", HEADS[other], "verdict")
    table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"
    table.columns[-1].justify = "left"
    for name, each in named:
        rise = each.rise
        figures = (rise.mean, rise.low, rise.high, each.rises[other].mean)
        cells = (f"{v:.4f}" if abs(v) < 100 else f"{v:.5g}" for v in figures)
        dim = None if each.verdict == "matters" else "dim"
        table.add_row(label(name), *cells, each.verdict, style=dim)
    return table


def _names(names: Sequence[str]) -> str:
    more = f" + {len(names) - 4} more" if len(names) > 4 else ""
    return " + ".join(names[:4]) + more


def _how(found: Importance) -> str:
    return (
        f"Each column's cells were dealt out anew {count(found.repeats, 'time')}; the "
        f"{100 * found.level:g} % intervals hold together for all columns. It tells what this "
        "model uses, not what causes what."
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(label(text), WIDTH, break_long_words=False, break_on_hyphens=False)


def _print_row(found: Attribution, which: str) -> None:
    console = new_console()
    console.print(_wrapped(f"{which}{found.what}: {found.value:.6g}"), style="bold")
    console.print()
    table = new_table("column", "this row", "typical row", "adds", "spread")
    for column in table.columns[:3]:
        column.no_wrap, column.overflow = False, "fold"
    table.add_row("typical row", "", "", f"{found.baseline_value:.6g}", "", style="dim")
    for each in found.ranked[:SHOWN]:
        spread = f"{each.spread:.2g}" if found.n_networks > 1 else ""
        table.add_row(
            label(each.name), label(_short(each.cell)), label(_short(each.baseline)),
            f"{each.attribution:+.6f}" if abs(found.change) < 1e4 else f"{each.attribution:+.6g}",
            spread,
        )  # fmt: skip
    others = found.ranked[SHOWN:]
    if others:
        rest = sum(each.attribution for each in others)
        table.add_row(count(len(others), "more column"), "", "", f"{rest:+.6g}", "", style="dim")
    table.add_row("together", "", "", f"{found.value:.6g}", "")
    console.print(table)
    console.print()
    how = "integrated gradients" if found.method == "gradients" else "Shapley values"
    console.print(_wrapped(f"By {how} from a typical row ({found.baseline})."))
    if found.is_complete:
        console.print(f"The parts add up to the change to within {abs(found.gap):.1e}.")
    else:
        console.print(f"The parts do not add up to the change: they miss it by {found.gap:.2g}.")
    for note in found.notes:
        console.print(_wrapped(f"note: {note}"))


def _short(cell: str) -> str:
    """Return a number's cell with six digits at most, others as they are.

    Example:
        >>> _short("-0.006584467611155497"), _short("12000000"), _short("Zone 1.123456789")
        ('-0.00658447', '12000000', 'Zone 1.123456789')
    """
    number = parse_number(cell)
    if number is None or len(cell) <= 10:
        return cell
    return f"{number:.6g}"
