"""``shoal run``: carry an experiment out, print its result, write what was asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from shoal.cli.exits import FELL_SHORT, INTERRUPTED
from shoal.cli.output import print_json, to_json
from shoal.data.dataset import Dataset
from shoal.errors import InputError
from shoal.experiments.document import Experiment
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.run import Run, carry_out
from shoal.files import check_output, write_bytes

MODEL, RESULT = ".safetensors", ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line, whatever is trained.

    Attributes:
        threads: how many to use; None: all there are.
        as_json: print the JSON document in place of the table.
        quiet: print nothing but what was asked for.
        outputs: files for the model and the result.
        force: replace files that exist.
    """

    threads: int | None
    as_json: bool
    quiet: bool
    outputs: tuple[Path, ...]
    force: bool


def run_file(file: Path, changes: Sequence[str], *, seed: int | None, wishes: Wishes) -> None:
    """Carry out the experiment in a file."""
    check_outputs(wishes.outputs, wishes.force)
    carry(Experiment.load(file, with_seed(changes, seed)), wishes)


def with_seed(changes: Sequence[str], seed: int | None) -> list[str]:
    """Return the changes with that of ``--seed`` as the last one."""
    return [*changes, *([] if seed is None else [f"seed={seed}"])]


def check_outputs(outputs: Sequence[Path], force: bool) -> None:
    """Refuse outputs that cannot be written, before any work is done."""
    for number, path in enumerate(outputs):
        if path.suffix not in (MODEL, RESULT):
            raise InputError(f"{path}: must end in .safetensors (the model) or .json (the result).")
        if path in outputs[:number]:
            raise InputError(f"{path}: is named twice as an output. Name it once.")
        check_output(path, force=force)


def carry(
    experiment: Experiment,
    wishes: Wishes,
    *,
    texts: Sequence[tuple[Path, str]] = (),
    dataset: Dataset | None = None,
) -> None:
    """Train, print, write; after Ctrl-C what is there, then exit 130.

    Args:
        experiment: what to carry out.
        wishes: what to print and write.
        texts: further files to write once the run is done.
        dataset: what the experiment's own file holds, if it has been read already.
    """
    prepared = prepare(experiment, dataset=dataset)
    _say(prepared, wishes.quiet)
    run = _train(prepared, wishes)
    document = _write(run, wishes, texts)
    if wishes.as_json:
        print_json(document)
    elif not wishes.quiet:
        from shoal.cli.result import print_result

        print_result(run, [*wishes.outputs, *(path for path, _ in texts)])
    if run.interrupted:
        raise typer.Exit(INTERRUPTED)
    if len(run.diverged) == len(run):
        raise typer.Exit(FELL_SHORT)


def _write(run: Run, wishes: Wishes, texts: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    """Write the files that were asked for; return the document if anyone wants it."""
    wanted = wishes.as_json or any(path.suffix == RESULT for path in wishes.outputs)
    document = run.to_dict() if wanted else {}
    for path in wishes.outputs:
        if path.suffix == RESULT:
            write_bytes(path, to_json(document).encode(), force=wishes.force)
        elif len(run.diverged) < len(run):
            run.ensemble.save(path, force=wishes.force)
        else:
            told = "every network diverged, so there is no model to write."
            print(f"shoal: {path}: {told}", file=sys.stderr)
    for path, text in texts:
        write_bytes(path, text.encode(), force=wishes.force)
    return document


def _say(prepared: Prepared, quiet: bool) -> None:
    if not quiet:
        for note in prepared.notes:
            print(f"note: {note}", file=sys.stderr)
    for warning in prepared.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _train(prepared: Prepared, wishes: Wishes) -> Run:
    if wishes.quiet:
        return carry_out(prepared, threads=wishes.threads)
    from shoal.cli.progress import showing_progress

    with showing_progress() as show:
        return carry_out(prepared, threads=wishes.threads, progress=show)
