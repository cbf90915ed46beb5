"""``shoal run``: carry an experiment out, print its result, write what was asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from shoal.cli.exits import INTERRUPTED
from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.run import Run, carry_out
from shoal.files import check_output, write_bytes

SUFFIXES = (".safetensors", ".json")


def run_file(
    file: Path,
    changes: Sequence[str],
    *,
    threads: int | None,
    seed: int | None,
    as_json: bool,
    quiet: bool,
    outputs: Sequence[Path],
    force: bool,
) -> None:
    """Carry out the experiment in a file."""
    check_outputs(outputs, force)
    if seed is not None:
        changes = [*changes, f"seed={seed}"]
    experiment = Experiment.load(file, changes)
    carry(experiment, threads, as_json, quiet, outputs, force)


def check_outputs(outputs: Sequence[Path], force: bool) -> None:
    """Refuse outputs that cannot be written, before any work is done."""
    for path in outputs:
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path}: must end in .safetensors (the model) or .json (the result).")
        check_output(path, force=force)


def carry(
    experiment: Experiment,
    threads: int | None,
    as_json: bool,
    quiet: bool,
    outputs: Sequence[Path],
    force: bool,
    *,
    texts: Sequence[tuple[Path, str]] = (),
    dataset: Dataset | None = None,
) -> Run:
    """Train, print, write; after Ctrl-C what is there, then exit 130.

    Args:
        experiment: what to carry out.
        threads: how many to use.
        as_json: print the JSON document in place of the table.
        quiet: print nothing but what was asked for.
        outputs: files for the model and the result.
        force: replace files that exist.
        texts: further files to write once the run is done.
        dataset: what the experiment's own file holds, if it has been read already.
    """
    prepared = prepare(experiment, dataset=dataset)
    _say(prepared, quiet)
    result = _train(prepared, threads, quiet)
    document = result.to_dict() if as_json or any(p.suffix == ".json" for p in outputs) else {}
    for path in outputs:
        if path.suffix == ".json":
            write_bytes(path, to_json(document).encode(), force=force)
        else:
            result.ensemble.save(path, force=force)
    for path, text in texts:
        write_bytes(path, text.encode(), force=force)
    if as_json:
        sys.stdout.write(to_json(document))
    elif not quiet:
        from shoal.cli.tables import print_result

        print_result(result, [*outputs, *(path for path, _ in texts)])
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    return result


def to_json(document: Any) -> str:
    """Return one JSON document with a line end; NaN is refused, null stands for it."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _say(prepared: Prepared, quiet: bool) -> None:
    if not quiet:
        for note in prepared.notes:
            print(f"note: {note}", file=sys.stderr)
    for warning in prepared.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _train(prepared: Prepared, threads: int | None, quiet: bool) -> Run:
    if quiet:
        return carry_out(prepared, threads=threads)
    from shoal.cli.progress import showing_progress

    with showing_progress() as show:
        return carry_out(prepared, threads=threads, progress=show)
