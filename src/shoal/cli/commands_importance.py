"""``shoal importance``: its options and help; what it does is in `importance.py` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.completion import complete_output, complete_tables
from shoal.cli.exits import guarded
from shoal.cli.options import (
    Decimal,
    Encoding,
    Force,
    Json,
    ModelFile,
    Separator,
    Threads,
    Which,
    choice,
    whole_number,
)

MEASURES = ("accuracy", "loss", "mean_absolute_error", "mean_squared_error")


@guarded
def importance(
    model: ModelFile,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA", show_default=False, autocompletion=complete_tables,
            help="A CSV or Parquet file with the target, or -; not needed for --row COLUMN=VALUE.",
        ),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            "--row", metavar="N|COLUMN=VALUE", show_default=False,
            help="Explain one row: the Nth of DATA, from 1, or COLUMN=VALUE, once for each column.",
        ),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            "--of", metavar="NAME", show_default=False,
            help="The class (with --row), or of several labels or targets the one to ask about.",
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            "--measure", metavar="NAME", **choice(*MEASURES), show_default=False,
            help="What decides: accuracy or loss, mean_absolute_error or mean_squared_error.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="NAMES", show_default=False,
                     help="Only these, with commas between."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option("--repeats", metavar="N", parser=whole_number(1, 10_000), show_default=False,
                     help="How often each column is dealt out; 10 by default."),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option("--rows", metavar="N", parser=whole_number(2, 10**9), show_default=False,
                     help="Rows to use at most, 10000 by default; of more a sample is taken."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", parser=whole_number(0, 2**53 - 1), show_default=False,
                     help="Of permutations and samples; 0 by default."),
    ] = None,
    network: Which = None,
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Json = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".html", ".json"),
            help="Write a report (.html) or the result (.json); repeatable.",
        ),
    ] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Say which columns a model's answers rest on, or why it answers a row so.

    Each column's cells are dealt out anew among the rows; how much worse the
    answers become is its importance, and its interval says whether it matters.
    With --row: how much each column adds to the answer of one row.

    \b
    Examples:
      shoal importance flowers.safetensors flowers.csv -o importance.html
      shoal importance flowers.safetensors flowers.csv --row 3
      shoal importance or.safetensors --row input1=0 --row input2=1
    """
    from shoal.cli.importance import explain_row, weigh_columns
    from shoal.errors import InputError

    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    if row:
        weighing = {"--measure": measure, "--columns": columns, "--repeats": repeats,
                    "--rows": rows}  # fmt: skip
        for name, value in weighing.items():
            if value is not None:
                raise InputError(
                    f"{name}: weighs columns over all rows. Leave it or --row out.", code="U107"
                )
        explain_row(
            model, data, row, of=of, which=network, form=form, seed=seed or 0, as_json=json,
            outputs=output or [], force=force,
        )  # fmt: skip
    else:
        weigh_columns(
            model, data, of=of, measure=measure, columns=columns, repeats=repeats or 10,
            rows=rows or 10_000, seed=seed or 0, which=network, form=form, threads=threads,
            as_json=json, outputs=output or [], force=force,
        )  # fmt: skip
