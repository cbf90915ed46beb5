"""``shoal sweep``: from a file and changes to a table of cells, files and the store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from shoal.cli.exits import FELL_SHORT, INTERRUPTED, answering
from shoal.cli.output import REPORT, attempted, check_files, print_json, to_json, write_report
from shoal.cli.run import with_seed
from shoal.cli.storing import Storing, finish_sweep, storing_sweep
from shoal.cli.sweep_progress import showing_checks, showing_sweep
from shoal.cli.sweep_tables import check_names, print_forecast, print_swept
from shoal.cli.targets import origin_of
from shoal.errors import InputError
from shoal.experiments.executors import Tls, check_address, known_workers
from shoal.experiments.sweep.document import Sweep
from shoal.experiments.sweep.forecast import Forecast, forecast
from shoal.experiments.sweep.rows import arrow, csv_of, parquet_of
from shoal.experiments.sweep.swept import Swept
from shoal.files import write_bytes

WRITES = {
    ".csv": "a line for each network", ".parquet": "the same", ".json": "the result",
    REPORT: "a report",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line, beside the sweep."""

    figure: str | None
    sort: str | None
    top: int
    dry_run: bool
    executor: str | None
    workers: int | None
    cluster: str | None
    tls_files: tuple[Path | None, Path | None, Path | None]
    history: bool
    as_json: bool
    quiet: bool
    outputs: tuple[Path, ...]
    allow_python: bool
    force: bool
    storing: Storing

    @property
    def tls(self) -> Tls | None:
        """The certificates, if they were given.

        Raises:
            InputError: some of them were.
        """
        ca, cert, key = self.tls_files
        if ca is None and cert is None and key is None:
            return None
        if ca is None or cert is None or key is None:
            raise InputError(
                "--tls-ca, --tls-cert and --tls-key: give all three, or none.", code="U107"
            )
        return Tls(ca=ca, cert=cert, key=key)


def carry_sweep(text: str, changes: Sequence[str], *, seed: int | None, wanted: Wanted) -> None:
    """Carry a sweep out, of a file or of a stored record, or say what it would take."""
    _check(wanted)
    origin = origin_of(text)
    sweep = origin.sweep(with_seed(changes, seed))
    wanted = replace(wanted, storing=replace(wanted.storing, name=origin.name))
    with showing_checks(sweep.n_cells, quiet=wanted.quiet) as show:
        known = sweep.survey(allow_python=wanted.allow_python, progress=show)
    if wanted.dry_run:
        for warning in known.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        _say_what_it_takes(sweep, known, wanted)
        return
    swept = _carried_out(sweep, known, wanted)
    if swept.interrupted:
        raise typer.Exit(INTERRUPTED)
    if bool(np.all(swept.columns["diverged"])):
        raise typer.Exit(FELL_SHORT)


def _check(wanted: Wanted) -> None:
    """Refuse what cannot be, before any work is done."""
    wanted.storing.check()
    check_names(wanted.figure, wanted.sort)
    if wanted.cluster is not None:
        if wanted.executor is not None:
            raise InputError(
                "--cluster: has workers of its own. Leave --executor out.", code="U107"
            )
        check_address(wanted.cluster, wanted.tls)
    check_files(wanted.outputs, WRITES, force=wanted.force)
    if any(path.suffix == ".parquet" for path in wanted.outputs):
        arrow()


def _say_what_it_takes(sweep: Sweep, known: Any, wanted: Wanted) -> None:
    n_workers = known_workers(wanted.cluster or wanted.executor, wanted.workers)
    found: Forecast = forecast(
        sweep.grid(), known, n_workers=n_workers, allow_python=wanted.allow_python
    )
    if wanted.as_json:
        print_json(
            {
                "keys": list(sweep.keys),
                "n_cells": sweep.n_cells,
                "n_networks": known.plan.n_networks,
                "n_chunks": known.plan.n_chunks,
                "n_workers": n_workers,
                "seconds": found.seconds,
                "n_measured": found.n_measured,
                "result_bytes": found.result_bytes,
                "worker_bytes": found.worker_bytes,
            }
        )
    else:
        print_forecast(sweep, known.plan, found, wanted.cluster or wanted.executor or "threads")


def _carried_out(sweep: Sweep, known: Any, wanted: Wanted) -> Swept:
    """Train, print, write and store; after Ctrl-C what is there."""
    how = {"keep_history": wanted.history}
    with storing_sweep(sweep, wanted.storing, **how) as draft:
        with showing_sweep(quiet=wanted.quiet) as show:
            swept = sweep.run(
                executor=wanted.cluster or wanted.executor,
                threads=wanted.workers,
                tls=wanted.tls,
                progress=show,
                ledger=None if draft is None else draft.ledger,
                allow_python=wanted.allow_python,
                survey=known,
                **how,
            )
        for warning in swept.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        needs = wanted.as_json or any(path.suffix == ".json" for path in wanted.outputs)
        document = swept.to_dict() if needs else None
        if not (wanted.as_json or wanted.quiet):
            with answering():
                print_swept(swept, figure=wanted.figure, sort=wanted.sort, top=wanted.top)
        finish_sweep(draft, swept, wanted.storing, document)
    # a full disk takes neither the answer nor the store's
    problem = attempted(lambda: _write(swept, document, wanted))
    if wanted.as_json:
        with answering():
            print_json(document, files=wanted.outputs)
    if problem is not None:
        raise problem
    return swept


def _write(swept: Swept, document: dict[str, Any] | None, wanted: Wanted) -> None:
    """Write the files that were asked for."""
    for path in wanted.outputs:
        if path.suffix == REPORT:
            write_report(swept, path, force=wanted.force, figure=wanted.figure)
            continue
        if path.suffix == ".json":
            content = to_json(document).encode()
        else:
            content = csv_of(swept) if path.suffix == ".csv" else parquet_of(swept)
        write_bytes(path, content, force=wanted.force)
