"""``shoal new``: its options and help; what it does is in `new.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shoal.cli.completion import TASKS, complete_output, complete_tables
from shoal.cli.exits import guarded
from shoal.cli.options import (
    Decimal,
    Drop,
    Encoding,
    Features,
    Force,
    Json,
    Kind,
    Missing,
    Separator,
    Types,
    Weights,
    names_in,
)


def _task(text: str) -> str:
    """Parse the name of a task."""
    if text not in TASKS:
        from shoal.errors import did_you_mean

        told = f"there is no task {text!r}. {did_you_mean(text, TASKS)}"
        raise typer.BadParameter(f"{told.rstrip()} All of them: shoal tasks.")
    return text


def _tasks(incomplete: str) -> list[str]:
    return [name for name in TASKS if name.startswith(incomplete)]


@guarded
def new(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", show_default=False, autocompletion=complete_output(".toml"),
            help="The experiment to write (.toml); printed without it.",
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="NAME", parser=_task, show_default=False,
            autocompletion=_tasks,
            help="A built-in task, greater by default; see shoal tasks.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="TABLE", show_default=False, autocompletion=complete_tables,
            help="A CSV or Parquet file of your own in place of a task.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", "-t", metavar="COLUMN", show_default=False,
            help="Of the table: the column to predict; several with commas between.",
        ),
    ] = None,
    features: Features = None,
    drop: Drop = None,
    types: Types = None,
    weights: Weights = None,
    kind: Kind = None,
    missing: Missing = "error",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    everything: Annotated[
        bool, typer.Option("--all", help="Every key, and not only the common ones.")
    ] = False,
    json: Json = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Write a commented experiment file to begin with.

    Every key stands with its meaning, what it may be, and its default. The
    file runs as it is: shoal run FILE. Nothing is trained. What tells how to
    read a table is as with shoal train.

    \b
    Examples:
      shoal new first.toml
      shoal new spiral.toml --task spiral
      shoal new flowers.toml --data flowers.csv --target species
      shoal new --all
    """
    from shoal.cli.new import write_new

    table: dict[str, Any] = {
        "target": target, "features": names_in(features), "drop": names_in(drop) or (),
        "types": types,
        "weights": weights, "kind": kind, "missing": missing, "encoding": encoding,
        "separator": separator, "decimal": decimal,
    }  # fmt: skip
    write_new(
        file, task=task, data=data, table=table, everything=everything, as_json=json, force=force
    )
