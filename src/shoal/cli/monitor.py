"""``shoal monitor``: one look at a model in use, for cron and CI; and the history of all looks."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import typer

from shoal.charts.registry import make
from shoal.cli.choose import chosen_network
from shoal.cli.exits import FELL_SHORT, answering, remark
from shoal.cli.output import REPORT, attempted, print_json, standard_input, write_report
from shoal.cli.tables import Column, label, new_console, new_table, print_blocks
from shoal.cli.targets import model_of, stored_entry
from shoal.cli.watching import Rows, check_labels, read_rows
from shoal.data.columns import text_columns
from shoal.data.delimited import OnError, TextFormat
from shoal.data.opening import source_name
from shoal.data.wording import count
from shoal.errors import InputError
from shoal.files import check_output, whole_file
from shoal.models import free_names
from shoal.models.model import Model
from shoal.models.monitoring.changes import compared
from shoal.models.monitoring.drifting import ColumnDrift
from shoal.models.monitoring.history import (
    History,
    Look,
    append,
    check_history,
    history_file,
    look_of,
    read_history,
)
from shoal.models.monitoring.looking import Watch, bars_problem, unknown_reason
from shoal.models.monitoring.unlikeness import Unlike
from shoal.models.monitoring.watched import Bars, Watched

SHOWN: Final = 10
"""Strange rows that are named one by one, and looks of a history that are listed last."""
OPTIONS: Final = {
    "min_accuracy": "--min-accuracy",
    "max_error": "--max-error",
    "min_r2": "--min-r2",
    "max_drift": "--max-drift",
    "max_unlike": "--max-unlike",
}
CURES: Final = {
    "min_accuracy": "Give --max-error or --min-r2.",
    "max_error": "Give --min-accuracy.",
    "min_r2": "Give --min-accuracy.",
    "max_drift": "Train it again with this version of shoal.",
    "max_unlike": "Train it again with this version of shoal.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for beside the bars.

    Attributes:
        which: one network of the population, or None.
        on_error: what to do about a row that cannot be read.
        form: how the table is written.
        threads: how many to use.
        keep: whether the history is added to.
        save: the file for rows unlike the training rows.
        outputs: charts or reports.
        details: whether every column is listed.
        as_json, quiet, force: as everywhere.
    """

    which: str | None
    on_error: OnError
    form: Mapping[str, Any]
    threads: int | None
    keep: bool
    save: Path | None
    outputs: tuple[Path, ...]
    details: bool
    as_json: bool
    quiet: bool
    force: bool


def monitor_data(file: Path, data: str, bars: Bars, wishes: Wishes) -> None:
    """Look at a model in use and say on one line whether it keeps to its bars."""
    _check_outputs(wishes)
    model = chosen_network(model_of(str(file)), wishes.which)
    _check_bars(model, bars)
    history = _history_of(file, wishes)
    found, n_saved = _watched(model, data, bars, wishes)
    if history is not None and history.exists():
        found = compared(found, read_history(history).looks)
    _tell_strange(found, wishes)
    if not wishes.as_json:
        with answering():
            _print(found, wishes.details)
    problem = attempted(lambda: _write(found, history, wishes))
    if wishes.as_json:
        files = [*([wishes.save] if wishes.save else []), *wishes.outputs]
        with answering():
            print_json(found.document(), files=files)
    if problem is not None:
        raise problem
    if wishes.save is not None and not wishes.quiet:
        remark(f"wrote {wishes.save}: {count(n_saved, 'row')}")
    if found.falls_short:
        raise typer.Exit(FELL_SHORT)


def show_history(file: Path, *, outputs: tuple[Path, ...], as_json: bool, force: bool) -> None:
    """Print the looks at a model so far, and chart them."""
    from shoal.charts.saving import check_chart_path

    for path in outputs:
        check_chart_path(path, force=force)
    if stored_entry(str(file)) is not None:
        told = "is a stored run; a history is kept beside a model's file."
        raise InputError(f"{file}: {told} Name the file.", code="R103")
    kept = history_file(file)
    if not kept.exists():
        told = "there is no history yet. Look at the model first: shoal monitor MODEL DATA."
        raise InputError(f"{kept}: {told}", code="U109")
    history = read_history(kept)
    if not history.looks:
        raise InputError(f"{kept}: holds no look that can be read.", code="R103")
    for path in outputs:
        make("history", history).save(path, force=force)
    if as_json:
        print_json({
            "history": str(kept), "n_damaged": history.n_damaged, "is_whole": history.is_whole,
            "looks": [look.model_dump(mode="json") for look in history.looks],
        }, files=outputs)  # fmt: skip
        return
    _print_looks(history)


def _watched(model: Model, data: str, bars: Bars, wishes: Wishes) -> tuple[Watched, int]:
    watch = Watch(model, bars, threads=wishes.threads)
    blocks = read_rows(
        model.schema, data, form=TextFormat(**wishes.form), on_error=wishes.on_error,
        stdin=standard_input(),
    )  # fmt: skip
    n_bad, n_saved = 0, 0
    with _saving(wishes) as save:
        for number, block in enumerate(blocks):
            if number == 0 and bars.needs_labels:
                check_labels(model.schema, block.table)
            n_bad = _tell_bad(block, n_bad, wishes)
            n_saved += save(block, _add(watch, block))
        if n_bad and not wishes.quiet:
            remark(f"{count(n_bad, 'row')} left out")
        return watch.watched(data=source_name(data)), n_saved


def _add(watch: Watch, block: Rows) -> Unlike | None:
    """Add a block; return which of its rows are unlike the training rows."""
    found = watch.add(block.x, block.lines, block.first_row + block.rows)
    watch.add_unknown(block.strangers)
    if block.y is not None:
        watch.add_labels(block.x[block.labelled], block.y, block.weights)
    return found


def _reasons(block: Rows, found: Unlike | None) -> dict[int, str]:
    """Return why rows of a block's table are unlike the training rows."""
    places = () if found is None else found.places.tolist()
    reasons = {int(block.rows[i]): found.reason(i) for i in places if found is not None}
    for stranger in block.strangers:
        reasons[stranger.row - block.first_row] = unknown_reason(stranger.categories)
    return reasons


def _check_bars(model: Model, bars: Bars) -> None:
    problem = bars_problem(model, bars)
    if problem is not None:
        name, told, _ = problem
        raise InputError(f"{OPTIONS[name]}: {told}. {CURES[name]}", code="U107")


def _check_outputs(wishes: Wishes) -> None:
    from shoal.charts.saving import check_chart_path, renderer

    for path in wishes.outputs:
        if path.suffix == REPORT:
            check_output(path, force=wishes.force)
        else:
            check_chart_path(path, force=wishes.force)
    if wishes.outputs:
        renderer()
    if wishes.save is not None:
        check_output(wishes.save, force=wishes.force)


def _history_of(file: Path, wishes: Wishes) -> Path | None:
    """Return the file of the history; None where none is kept: a stored run has no file."""
    if not wishes.keep or stored_entry(str(file)) is not None:
        return None
    kept = history_file(file)
    check_history(kept)
    return kept


def _tell_strange(found: Watched, wishes: Wishes) -> None:
    if wishes.quiet:
        return
    for row in found.strange[:SHOWN]:
        place = f"row {row.row + 1}" if row.line is None else f"line {row.line}"
        remark(f"unlike the training rows: {place}: {label(row.reason)}")
    more = (found.n_unlike or 0) - SHOWN
    if more > 0:
        remark(f"{more:,} more" + ("" if wishes.save else "; --save-unlike FILE.csv writes them"))


def _print(found: Watched, details: bool) -> None:
    print(label(found.sentence), flush=True)
    if details and found.drift:
        _print_columns(found.drift)


def _print_columns(columns: tuple[ColumnDrift, ...]) -> None:
    every = sorted(columns, key=lambda each: -each.psi)
    cells = {
        "PSI": [f"{each.psi:.4f}" for each in every],
        "by chance": [f"{each.psi_by_chance:.4f}" for each in every],
        "KS": ["" if each.ks is None else f"{each.ks:.4f}" for each in every],
        "p-value": ["<0.0001" if each.p_value < 1e-4 else f"{each.p_value:.4f}" for each in every],
        "drifted": ["" if each.is_chance else "yes" for each in every],
        "new": [", ".join(f"{name} ({n:,})" for name, n in each.new[:3]) for each in every],
    }
    shown = [Column(head=head, cells=column) for head, column in cells.items() if any(column)]
    console = new_console()
    console.print()
    print_blocks(console, Column(head="column", cells=[each.name for each in every]), shown)


def _print_looks(history: History) -> None:
    console = new_console()
    names = list(dict.fromkeys(check.name for look in history.looks for check in look.checks))
    last = history.looks[-SHOWN:]
    many = len({look.model for look in last}) > 1
    heads = ("time (UTC)", *(["model"] if many else []), "verdict", "rows")
    table = new_table(*heads, *(name.replace("_", " ") for name in names))
    for look in last:
        table.add_row(
            look.time.replace("T", " ").removesuffix("Z"),
            *([label(look.model[:6])] if many else []), label(look.verdict), f"{look.n_rows:,}",
            *(_cell(look, name) for name in names),
        )  # fmt: skip
    console.print(f"{label(history.source)}: {count(len(history.looks), 'look')}", style="bold")
    console.print()
    console.print(table)
    if history.n_damaged:
        console.print(f"{count(history.n_damaged, 'line')} could not be read")


def _cell(look: Look, name: str) -> str:
    check = next((each for each in look.checks if each.name == name), None)
    if check is None or check.value is None:
        return ""
    return f"{check.value:.4g}" + (" !" if check.falls_short else "")


def _write(found: Watched, history: Path | None, wishes: Wishes) -> None:
    if history is not None:
        append(history, look_of(found))
    for path in wishes.outputs:
        if path.suffix == REPORT:
            write_report(found, path, force=wishes.force)
        else:
            make("drift", found).save(path, force=wishes.force)


def _tell_bad(block: Rows, n_bad: int, wishes: Wishes) -> int:
    for bad in block.bad[: max(0, SHOWN - n_bad)]:
        if not wishes.quiet:
            line = "" if bad.line is None else f"line {bad.line}, "
            remark(f"left out: {line}{label(bad.reason)}")
    return n_bad + len(block.bad)


@contextlib.contextmanager
def _saving(wishes: Wishes) -> Iterator[Callable[[Rows, Unlike | None], int]]:
    """Offer what writes rows unlike the training rows, as they came, with line and reason."""
    if wishes.save is None:
        yield lambda block, found: 0
        return
    with whole_file(wishes.save, force=wishes.force) as file:
        saved = _Saved(file)
        yield saved.add


class _Saved:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begun = False

    def add(self, block: Rows, found: Unlike | None) -> int:
        """Write the rows of a block that are unlike the training rows, and return how many."""
        reasons = _reasons(block, found)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = text_columns(block.table)
        if not self._begun:
            writer.writerow([*columns, *free_names(["line", "unlike"], set(columns))])
            self._begun = True
        lines = block.table.lines
        for row in sorted(reasons):
            line = "" if lines is None else int(lines[row])
            writer.writerow([*(cells[row] for cells in columns.values()), line, reasons[row]])
        self._file.write(text.getvalue().encode())
        return len(reasons)
