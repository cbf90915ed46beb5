"""``shoal run``: carry an experiment out, print its result, write what was asked for."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from shoal.cli.exits import FELL_SHORT, INTERRUPTED, answering
from shoal.cli.output import (
    REPORT,
    check_files,
    print_json,
    to_json,
    write_report,
)
from shoal.cli.storing import RunStoring, Storing, storing_run
from shoal.cli.targets import one_experiment
from shoal.data.dataset import Dataset
from shoal.errors import FunctionError, InputError
from shoal.experiments.document import Experiment
from shoal.experiments.keeper import check_new
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.run import Run
from shoal.files import write_bytes

if TYPE_CHECKING:
    from shoal.store.entry import Entry

MODEL, RESULT = ".safetensors", ".json"
WRITES: Final = {MODEL: "the model", RESULT: "the result", REPORT: "a report"}
"""What a run can be written as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line, whatever is trained.

    Attributes:
        threads: how many to use; None: all there are.
        as_json: print the JSON document in place of the table.
        quiet: print nothing but what was asked for.
        outputs: files for the model, the result and a report.
        force: replace files that exist.
        checkpoint: a file to go on from if training is interrupted.
        checkpoint_every_s: seconds from one checkpoint to the next, if that was said.
        allow_python: whether Python functions that the experiment names may be imported.
        storing: whether and how the run is stored.
    """

    threads: int | None
    as_json: bool
    quiet: bool
    outputs: tuple[Path, ...]
    force: bool
    checkpoint: Path | None = None
    checkpoint_every_s: float | None = None
    allow_python: bool = False
    storing: Storing = field(default_factory=lambda: Storing(wanted=False))

    @property
    def every_s(self) -> float:
        """Seconds from one checkpoint to the next."""
        return 10.0 if self.checkpoint_every_s is None else self.checkpoint_every_s


def run_experiment(text: str, changes: Sequence[str], *, seed: int | None, wishes: Wishes) -> None:
    """Carry out the experiment in a file, or that of a stored run."""
    check_outputs(wishes.outputs, wishes.force)
    origin = one_experiment(text)
    wishes = named(wishes, origin.name)
    if wishes.checkpoint is None and wishes.checkpoint_every_s is not None:
        raise InputError(
            "--checkpoint-every: needs a file to write to. Give --checkpoint FILE.", code="U104"
        )
    if wishes.checkpoint is not None:
        if wishes.checkpoint in wishes.outputs:
            raise InputError(
                f"{wishes.checkpoint}: is named twice as an output. Name it once.", code="O111"
            )
        check_new(wishes.checkpoint, force=wishes.force)
    experiment = origin.experiment(with_seed(changes, seed))
    carry(experiment.with_functions(allow_python=wishes.allow_python), wishes)


def named(wishes: Wishes, name: str) -> Wishes:
    """Return the wishes with what the run is called in the store.

    Raises:
        StoreError: a tag that cannot be one.
    """
    wishes.storing.check()
    storing = replace(wishes.storing, name=name, quiet=wishes.quiet, every_s=wishes.every_s)
    return replace(wishes, storing=storing)


def with_seed(changes: Sequence[str], seed: int | None) -> list[str]:
    """Return the changes with that of ``--seed`` as the last one."""
    return [*changes, *([] if seed is None else [f"seed={seed}"])]


def check_outputs(outputs: Sequence[Path], force: bool) -> None:
    """Refuse outputs that cannot be written, before any work is done."""
    check_files(outputs, WRITES, force=force)


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
    say(prepared, wishes.quiet)
    checkpointed = wishes.checkpoint is not None
    with storing_run(prepared, wishes.storing, checkpointed=checkpointed) as stored:

        def train(**how: Any) -> Run:
            return carry_out(
                prepared,
                checkpoint=wishes.checkpoint,
                checkpoint_every_s=wishes.every_s,
                force=wishes.force,
                observers=stored.observers,
                **how,
            )

        deliver(prepared, wishes, train, stored, texts=texts)


def deliver(
    prepared: Prepared,
    wishes: Wishes,
    train: Callable[..., Run],
    stored: RunStoring,
    *,
    texts: Sequence[tuple[Path, str]] = (),
) -> None:
    """Train, print, write; after Ctrl-C, or where a function failed, what is there.

    Args:
        prepared: what is trained.
        wishes: what to print and write.
        train: takes `threads`, `progress` and `tape_bytes`.
        stored: keeps the run.
        texts: further files to write once the run is done.

    Raises:
        FunctionError: a function of the user's ended the run; what is there is written.
        InputError: the last checkpoint could not be written; the rest is.
    """
    try:
        run = _train(train, wishes)
    except FunctionError as error:
        if error.run is not None:
            _write(error.run, wishes, texts)
            stored.finish(error.run, status="failed")
        raise
    document = _write(run, wishes, texts)
    files = [*wishes.outputs, *(path for path, _ in texts)]
    with answering():
        if wishes.as_json:
            print_json(document, files=files)
        elif not wishes.quiet:
            from shoal.cli.result import print_result

            print_result(run, files)
    entry = stored.finish(run, document)
    problems = run.warnings[len(prepared.warnings) :]
    if run.interrupted:
        for problem in problems:
            print(f"warning: {problem}", file=sys.stderr)
        _say_how_to_go_on(wishes, entry)
        raise typer.Exit(INTERRUPTED)
    if problems:
        raise InputError("\n".join(problems), code="U107")
    if len(run.diverged) == len(run):
        raise typer.Exit(FELL_SHORT)


def _write(run: Run, wishes: Wishes, texts: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    """Write the files that were asked for; return the document if anyone wants it."""
    wanted = wishes.as_json or any(path.suffix == RESULT for path in wishes.outputs)
    document = run.to_dict() if wanted else {}
    for path in wishes.outputs:
        if path.suffix == RESULT:
            write_bytes(path, to_json(document).encode(), force=wishes.force)
        elif path.suffix == REPORT:
            write_report(run, path, force=wishes.force)
        elif len(run.diverged) < len(run):
            run.ensemble.save(path, force=wishes.force)
        else:
            told = "every network diverged, so there is no model to write."
            print(f"shoal: {path}: {told}", file=sys.stderr)
    for path, text in texts:
        write_bytes(path, text.encode(), force=wishes.force)
    return document


def say(prepared: Prepared, quiet: bool) -> None:
    """Print notes and warnings, on standard error."""
    if not quiet:
        for note in prepared.notes:
            print(f"note: {note}", file=sys.stderr)
    for warning in prepared.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _say_how_to_go_on(wishes: Wishes, entry: Entry | None) -> None:
    """Print the command that goes on from the checkpoint, if there is one."""
    file = wishes.checkpoint
    there = file if file is not None and file.exists() else entry and entry.has_state and entry.id
    if wishes.quiet or not there:
        return
    from shoal.cli.tables import label

    allow = ["--allow-python"] if wishes.allow_python else []
    command = shlex.join(["shoal", "resume", str(there), *allow])
    print(f"note: to go on: {label(command)}", file=sys.stderr)


def _train(train: Callable[..., Run], wishes: Wishes) -> Run:
    # nobody winds a run back here, so no memory is spent on it
    if wishes.quiet:
        return train(threads=wishes.threads, tape_bytes=0)
    from shoal.cli.progress import showing_progress

    with showing_progress() as show:
        return train(threads=wishes.threads, progress=show, tape_bytes=0)
