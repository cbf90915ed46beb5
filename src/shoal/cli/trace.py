"""``shoal trace``: one row through one network of a run or a model, printed and written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.cli.choose import chosen_index
from shoal.cli.exits import answering
from shoal.cli.nth_row import nth_row
from shoal.cli.options import names_in
from shoal.cli.output import print_json, to_json
from shoal.cli.tables import new_console
from shoal.cli.targets import MODEL, is_checkpoint, is_sweep, open_target
from shoal.cli.terminal import has_bars
from shoal.data.cells import parse_number
from shoal.data.encode import encode_rows, encode_targets
from shoal.data.opening import source_name
from shoal.data.table import Table
from shoal.errors import ArgumentError, DataError, InputError, did_you_mean
from shoal.experiments import Prepared, Run
from shoal.experiments.replay import check_step
from shoal.files import check_output, write_bytes
from shoal.models import Model, load_model
from shoal.network.worked import ALL, Folding, Trace, row_words

WRITES: Final = {".html": "a page", ".tex": "LaTeX", ".json": "the document", ".txt": "text"}
OPTIONS: Final = {
    "row": "--row", "step": "--step", "network": "--network", "point": "--input",
    "x": "--input", "y": "--backward",
}  # fmt: skip
"""Options by the argument that they are handed on as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be worked: see the options; rows count from 1."""

    record: str
    changes: Sequence[str]
    row: int | None
    rows: str | None
    given: Sequence[str]
    step: int | None
    network: str | None
    backward: bool
    update: bool
    everything: bool

    @property
    def is_model(self) -> bool:
        """Whether it is of a model's file, and not of a checkpoint."""
        file = Path(self.record)
        return file.suffix == MODEL and not is_checkpoint(file)

    @property
    def folding(self) -> Folding | None:
        """How much is shown."""
        return ALL if self.everything else None


def trace_record(
    asked: Asked,
    *,
    as_json: bool,
    outputs: Sequence[Path],
    force: bool,
    threads: int | None,
    quiet: bool,
    allow_python: bool,
) -> None:
    """Work a row of a run or a model, print it and write it."""
    _check_files(outputs, force=force)
    _check_asked(asked)
    try:
        if asked.is_model:
            found = _of_model(load_model(Path(asked.record)), asked)
        else:
            run = _opened(asked, threads=threads, quiet=quiet, allow_python=allow_python)
            found = _of_run(run, asked)
    except ArgumentError as error:
        raise _told(error) from None
    for path in outputs:
        write_bytes(path, _written(found, path.suffix, asked.everything), force=force)
    if as_json:
        print_json(found.to_dict(), files=outputs)
    elif not outputs:
        from shoal.charts.worked_text import print_trace

        with answering():
            print_trace(found, new_console(), in_full=asked.everything)
    elif not quiet:
        print(f"{found.source.title}: {', '.join(map(str, outputs))}")


def _written(found: Trace, suffix: str, in_full: bool) -> bytes:
    from shoal.charts.worked import page_of, written

    if suffix == ".json":
        return to_json(found.to_dict()).encode()
    if suffix == ".html":
        return page_of(found)
    kind = "latex" if suffix == ".tex" else "text"
    return written(found, kind, in_full=in_full).encode()


def _check_files(outputs: Sequence[Path], *, force: bool) -> None:
    for number, path in enumerate(outputs):
        if path.suffix not in WRITES:
            *known, last = (f"{suffix} ({what})" for suffix, what in WRITES.items())
            raise InputError(f"{path}: must end in {', '.join(known)} or {last}.", code="O109")
        if path in outputs[:number]:
            raise InputError(f"{path}: is named twice as an output. Name it once.", code="O111")
        check_output(path, force=force)


def _check_asked(asked: Asked) -> None:
    """Refuse what cannot be meant, before anything is trained."""
    if asked.row is None and not asked.given:
        raise InputError(
            "--row: is missing. Name a row, or give one by --input COLUMN=VALUE.", code="U104"
        )
    if asked.row is not None and asked.given:
        raise InputError("--input: gives a row of its own. Leave it or --row out.", code="U107")
    if not asked.is_model and asked.rows is not None:
        raise InputError(
            "--rows: is for a model; a run has rows of its own. Leave it out.", code="U107"
        )
    if not asked.is_model:
        return
    for option, is_given in (("--step", asked.step is not None), ("--update", asked.update)):
        if is_given:
            told = "is of a training, which a model does not hold"
            raise InputError(
                f"{option}: {told}. Give the experiment or the stored run.", code="U108"
            )
    if asked.changes:
        told = "a model cannot be changed so"
        raise InputError(f"{asked.changes[0]}: {told}. Give the experiment's file.", code="U108")
    if asked.row is not None and asked.rows is None:
        load_model(Path(asked.record))  # what is no model is told first
        cure = "Name the table with --rows, or give the experiment or the stored run."
        raise InputError(f"--row: is row {asked.row} of what? {cure}", code="U104")


def _opened(asked: Asked, *, threads: int | None, quiet: bool, allow_python: bool) -> Run:
    from shoal.cli.progress import showing_progress

    if is_sweep(asked.record):  # told before all of it is trained
        raise _has_no_network(asked.record, "sweep")
    silent = quiet or not has_bars()
    with nullcontext() if silent else showing_progress() as show:
        found = open_target(
            asked.record, asked.changes, threads=threads, progress=show,
            allow_python=allow_python, quiet=quiet, check=lambda made: _arguments(made, asked),
        )  # fmt: skip
    found = found.run if type(found).__name__ == "Diagnosis" else found
    if not isinstance(found, Run):
        kind = {"Swept": "sweep"}.get(type(found).__name__, type(found).__name__.lower())
        raise _has_no_network(asked.record, kind)
    return found


def _has_no_network(record: str, kind: str) -> InputError:
    told = f"is a {kind}, which has no one network to look into"
    return InputError(f"{record}: {told}. Give an experiment, a run or a model.", code="U109")


def _of_run(run: Run, asked: Asked) -> Trace:
    return run.trace(
        **_arguments(run.prepared, asked), backward=asked.backward, update=asked.update,
        folding=asked.folding,
    )  # fmt: skip


def _arguments(prepared: Prepared, asked: Asked) -> dict[str, Any]:
    """Return what `Run.trace` is asked, all that can be known before training checked."""
    found: dict[str, Any] = {"network": _member(len(prepared.seeds), asked.network)}
    if asked.step is not None:
        found["step"] = check_step("trace", asked.step, prepared.settings.total_steps)
    if asked.row is not None:
        n = prepared.parts[0].dataset.n_rows
        if asked.row > n:
            raise InputError(f"--row: must be from 1 to {n}; got {asked.row}.", code="U103")
        return found | {"row": asked.row - 1}
    for option, wanted in (("--backward", asked.backward), ("--update", asked.update)):
        if wanted:
            told = "needs a row of the data, whose target is known"
            raise InputError(f"{option}: {told}. Give --row in place of --input.", code="U107")
    return found | {"point": _point(prepared, asked.given)}


def _member(n: int, which: str | None) -> int | None:
    if which is None or which == "best":
        return None
    if which.isascii() and which.isdigit() and len(which) < 10 and int(which) < n:
        return int(which)
    raise InputError(f"--network: must be best or 0 to {n - 1}; got {which}.", code="U103")


def _pairs(given: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Return cells by column from ``a=1,b=2``."""
    found: dict[str, str] = {}
    for part in (part for text in given for part in names_in(text) or ()):
        named = [name for name in known if part.startswith(f"{name}=")]
        name = max(named, key=len, default=part.partition("=")[0])
        if "=" not in part:
            raise InputError(f"--input: must be COLUMN=VALUE; got {part}.", code="U103")
        if name not in known:
            told = f"there is no column '{name}'"
            raise InputError(f"--input: {told}. {did_you_mean(name, known)}".rstrip(), code="U107")
        if name in found:
            raise InputError(f"--input: the column '{name}' is given twice.", code="U107")
        found[name] = part[len(name) + 1 :]
    return found


def _point(prepared: Prepared, given: Sequence[str]) -> list[float]:
    names = prepared.parts[0].dataset.schema.base_features
    cells = _pairs(given, names)
    missing = [name for name in names if name not in cells]
    if missing:
        raise InputError(
            f"--input: the feature '{missing[0]}' is missing. Give all {len(names)}.", code="U104"
        )
    values: list[float] = []
    for name in names:
        number = parse_number(cells[name])
        if number is None or not np.isfinite(number):
            raise InputError(f"--input: '{name}' must be a number; got {cells[name]}.", code="U103")
        values.append(number)
    return values


def _of_model(model: Model, asked: Asked) -> Trace:
    from shoal.models.worked import trace_row

    schema = model.schema
    if asked.rows is None:
        known = [*(column.name for column in schema.columns), *schema.targets]
        cells = _pairs(asked.given, known)
        table = Table(
            names=tuple(cells), columns=tuple((cell,) for cell in cells.values()), n_rows=1,
            source="--input",
        )  # fmt: skip
    else:
        table = nth_row(asked.rows, asked.row or 1)
    x = encode_rows(schema, table).x
    y, why_not = _target(model, table, asked)
    index = chosen_index(model, asked.network)
    i = model.best if index is None else index
    what, row = "a row", None
    if asked.rows is not None:
        row = table.first_row
        line = None if table.lines is None else int(table.lines[0])
        what = row_words(row, Path(source_name(asked.rows)).name, line)
    found = trace_row(
        model, x, y=y, network=i, backward=asked.backward, folding=asked.folding,
        title=f"{what}, network {i} of {Path(asked.record).name}", row=row,
    )  # fmt: skip
    return replace(found, source=replace(found.source, notes=(*found.source.notes, *why_not)))


def _target(model: Model, table: Table, asked: Asked) -> tuple[Any, tuple[str, ...]]:
    """Return the target of a row, None without one, and what is to be said of that."""
    schema = model.schema
    missing = [name for name in schema.targets if name not in table.names]
    if missing and asked.backward:
        told = f"needs the target '{missing[0]}', from which the loss is"
        raise InputError(f"--backward: {told}. Give it as a column of the row.", code="U107")
    if missing:
        return None, ()
    try:
        return encode_targets(schema, table), ()
    except DataError as error:
        if asked.backward or asked.rows is None:
            raise
        return None, (f"No loss, since the target is not known. {error}",)


def _told(error: ArgumentError) -> InputError:
    """Return an error of the function in the words of the command."""
    option = OPTIONS.get(error.argument, error.argument)
    cure = f" {error.cure}" if error.cure else ""
    return InputError(f"{option}: {error.requirement}; got {error.got}.{cure}", code="U103")
