"""``shoal worth``: from a table to the answer whether a network is worth it there."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shoal.cli.options import names_text, types_text
from shoal.cli.output import (
    REPORT,
    check_files,
    print_json,
    to_json,
    write_report,
)
from shoal.cli.table_file import read_table_file, targets_in
from shoal.cli.tables import Column, label, new_console, print_blocks
from shoal.cli.terminal import is_live
from shoal.data.file_recipe import FileData
from shoal.data.wording import count
from shoal.errors import MissingExtraError
from shoal.files import write_bytes

if TYPE_CHECKING:
    from shoal.sklearn.worth_record import Worth

WRITES: Final = {".json": "the result", REPORT: "a report"}
WIDTH: Final = 79
HEADS: Final = {"accuracy": "accuracy, %", "mean_absolute_error": "mean abs. error",
                "log_loss": "log loss", "r2": "R²"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line, beside the table."""

    folds: int
    repeats: int
    seed: int
    threads: int | None
    as_json: bool
    quiet: bool
    outputs: tuple[Path, ...]
    force: bool


def worth_file(data: str, table: Mapping[str, Any], asked: Asked) -> None:
    """Answer for a file; print the table and the sentence, and write what was asked for.

    Args:
        data: the file's name, or ``-``.
        table: how to read it: keys of `FileData`, None where nothing was said.
        asked: the rest.
    """
    check_files(asked.outputs, WRITES, force=asked.force)
    worth = _asking()
    recipe = {key: value for key, value in table.items() if value not in (None, ())}
    target = targets_in(str(table["target"]))
    dataset = read_table_file({**recipe, "file": data, "target": target}, "worth")
    if not asked.quiet:
        for note in dataset.notes:
            print(f"{label(dataset.source)}: {label(note)}", file=sys.stderr)
    found: Worth = worth(
        dataset, folds=asked.folds, repeats=asked.repeats, seed=asked.seed, threads=asked.threads,
        progress=None if asked.quiet or not is_live() else _show,
    )  # fmt: skip
    found = replace(found, command=_command(data, recipe, asked))
    document = found.to_dict()
    for path in asked.outputs:
        if path.suffix == REPORT:
            write_report(found, path, force=asked.force)
        else:
            write_bytes(path, to_json(document).encode(), force=asked.force)
    if asked.as_json:
        print_json(document, files=asked.outputs)
    else:
        print_worth(found, quiet=asked.quiet)


def print_worth(found: Worth, *, quiet: bool = False) -> None:
    """Print the answer, and the table that it stands on."""
    if is_live():
        print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)
    console = new_console()
    console.print(found.sentence)
    if found.caution:
        console.print(found.caution)
    if quiet:
        return
    console.print()
    print_blocks(console, *_columns(found))
    times = count(found.repeats, "time")
    points = ", in points" if found.figure == "accuracy" else ""
    console.print(
        f"{found.n_rows:,} rows, {count(found.n_features, 'feature')}, {found.folds} folds drawn "
        f"{times}, seed {found.seed};\n"
        f"every fit with {count(found.threads, 'thread')}. 'network by': by how much it is better"
        f"{points}\nin the same folds; in brackets 95 % intervals that allow for shared rows."
    )


def _columns(found: Worth) -> tuple[Column, list[Column]]:
    """Return the learners' names, and a column for each figure."""
    from shoal.sklearn.worth_wording import amount_text, range_text

    own, by = [], []
    for each in found.learners:
        mean, low, high = found.own_text(each)
        own.append(f"{mean} ({low} to {high})")
        if each is found.network:
            by.append("")
            continue
        between = found.interval(each)
        middle, step = (between.low + between.high) / 2, (between.high - between.low) / 2
        signed = amount_text(found, middle, step, signed=True)
        by.append(f"{signed} ({range_text(found, between)})")
    names = [each.label.removeprefix("the ") for each in found.learners]
    names = [each.removeprefix("gradient-").removesuffix(" regression") for each in names]
    return Column(head="learner", cells=names), [
        Column(head=HEADS[found.figure], cells=own),
        Column(head="network by", cells=by),
        Column(head="fit s", cells=[f"{max(each.seconds, 0.001):.1g}" for each in found.learners]),
        Column(
            head=HEADS[found.other], cells=[f"{each.others.mean():.2f}" for each in found.learners]
        ),
    ]


def _asking() -> Any:
    """Return the function that answers.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    # read when OpenMP loads: where a core is busy, threads that wait by spinning make the trees
    # a hundred times as slow
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingExtraError("shoal worth", "scikit-learn", "sklearn") from None
    from shoal.sklearn.worth_asking import worth

    return worth


def _command(data: str, recipe: Mapping[str, Any], asked: Asked) -> str:
    words = ["shoal", "worth", data]
    for name, value in recipe.items():
        if value != getattr(FileData.model_fields.get(name), "default", None):
            words += [f"--{name}", _words(value)]
    return shlex.join([*words, "--folds", str(asked.folds), "--repeats", str(asked.repeats),
                       "--seed", str(asked.seed)])  # fmt: skip


def _words(value: Any) -> str:
    """Return what stands behind an option."""
    if isinstance(value, Mapping):
        return types_text(value)
    return value if isinstance(value, str) else names_text(value)


def _show(done: int, n_fits: int) -> None:
    """Show a line on standard error about how far it is."""
    line = f"fit {done:,} of {n_fits:,}"
    print(f"\r{line:<{WIDTH}}\r", end="", file=sys.stderr, flush=True)
