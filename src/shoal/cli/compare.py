"""``shoal compare``: from files and changes to arms, and the verdict as sentence and tables."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer

from shoal.cli.compare_tables import print_comparison
from shoal.cli.exits import FELL_SHORT, INTERRUPTED, answering
from shoal.cli.output import REPORT, check_files, print_json, to_json, write_report
from shoal.cli.run import with_seed
from shoal.cli.storing import Storing, store_record
from shoal.cli.targets import experiment_in
from shoal.cli.terminal import is_live
from shoal.errors import InputError
from shoal.experiments.comparison import compare
from shoal.experiments.comparison.looks import AT_MOST
from shoal.experiments.document import Experiment
from shoal.experiments.sweep.alternatives import alternatives
from shoal.files import write_bytes
from shoal.streams import STREAMS

MOST_ARMS = 64
WRITES = {".json": "the result", REPORT: "a report"}
WORDLESS = ("name", "task", "size")
"""Last keys that say nothing of their own: ``optimizer.name=sgd`` is called optimizer=sgd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line, beside the arms."""

    figure: str | None
    pairs: int | None
    until: str | None
    at_most: int | None
    region: float | None
    vary: str | None
    target: str | None
    threads: int | None
    seed: int | None
    as_json: bool
    quiet: bool
    outputs: tuple[Path, ...]
    allow_python: bool
    force: bool
    storing: Storing


def compare_files(sides: Sequence[str], wanted: Wanted) -> None:
    """Compare experiments; print the verdict and write what was asked for."""
    check_files(wanted.outputs, WRITES, force=wanted.force)
    if wanted.at_most is not None and wanted.until is None:
        raise InputError(
            "--at-most: is for --until. Without it --pairs says how many there are.", code="U107"
        )
    wanted.storing.check()
    names, arms = arms_of(sides, wanted.seed)
    found = compare(
        [each.with_functions(allow_python=wanted.allow_python) for each in arms],
        names=names,
        figure=wanted.figure,
        pairs=wanted.pairs,
        until=wanted.until,
        at_most=wanted.at_most or AT_MOST,
        region=wanted.region,
        vary=STREAMS if wanted.vary is None else _listed(wanted.vary),
        target=wanted.target,
        threads=wanted.threads,
        progress=None if wanted.quiet or not is_live() else _Shown(),
    )
    document = found.to_dict()
    for path in wanted.outputs:
        if path.suffix == REPORT:
            write_report(found, path, force=wanted.force)
        else:
            write_bytes(path, to_json(document).encode(), force=wanted.force)
    with answering():
        if wanted.as_json:
            print_json(document, files=wanted.outputs)
        else:
            print_comparison(found, quiet=wanted.quiet)
    store_record(found, wanted.storing, document)
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if all(arm.n_diverged == found.n_pairs for arm in found.arms):
        raise typer.Exit(FELL_SHORT)


def arms_of(sides: Sequence[str], seed: int | None = None) -> tuple[list[str], list[Experiment]]:
    """Return the arms that files and changes stand for, with what they are called.

    Every file is taken with every combination of the values of the changes.

    Raises:
        InputError: they make one arm only, or too many.
    """
    files = [side for side in sides if not _is_change(side)]
    changes = [alternatives(side) for side in sides if _is_change(side)]
    n_arms = len(files) * int(np.prod([len(values) for values in changes], dtype=object))
    if n_arms < 2 or n_arms > MOST_ARMS:
        few = "compare: needs two experiments or more. Name a second file, or several values: "
        many = f"compare: takes up to {MOST_ARMS} experiments; got {n_arms:,}. For more: shoal "
        cure = "training.optimizer.name=sgd,adam." if n_arms < 2 else "sweep."
        raise InputError((few if n_arms < 2 else many) + cure, code="U107")
    names, arms = [], []
    for file in files:
        for chosen in itertools.product(*changes):
            told = [
                called(each)
                for each, values in zip(chosen, changes, strict=True)
                if len(values) > 1
            ]
            names.append(", ".join([*_file_name(file, files), *told]))
            arms.append(experiment_in(file, with_seed(chosen, seed)))
    return _distinct(names), arms


def called(change: str) -> str:
    """Return what an arm is called after its change.

    Example:
        >>> called("training.optimizer.name=sgd"), called("data.label_noise=0.1")
        ('optimizer=sgd', 'label_noise=0.1')
    """
    key, _, value = change.partition("=")
    parts = key.strip().split(".")
    last = parts[-2] if len(parts) > 1 and parts[-1] in WORDLESS else parts[-1]
    return f"{last}={value.strip()}"


def _is_change(side: str) -> bool:
    return "=" in side and not Path(side).exists()


def _file_name(file: str, files: Sequence[str]) -> list[str]:
    """Return what a file adds to the name of its arms: nothing if there is one file."""
    if len(files) == 1:
        return []
    stems = [Path(each).stem for each in files]
    return [Path(file).stem if len(set(stems)) == len(stems) else file]


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names that differ: those that came before get a number."""
    return [
        name if name not in names[:k] else f"{name} ({names[:k].count(name) + 1})"
        for k, name in enumerate(names)
    ]


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.strip("[]").split(",") if name.strip()]


class _Shown:
    """A line on standard error about what is trained now."""

    def __call__(self, name: str, done: int, most: int) -> None:
        """Show an arm that is about to be trained."""
        line = f"{name}: pair {done + 1:,} of up to {most:,}"
        print(f"\r{line[:78]:<78}\r", end="", file=sys.stderr, flush=True)
