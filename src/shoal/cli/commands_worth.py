"""The command that says whether a network is worth it: its options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from shoal.cli.completion import complete_output
from shoal.cli.exits import guarded
from shoal.cli.options import (
    Decimal,
    Drop,
    Encoding,
    Features,
    Force,
    Json,
    Quiet,
    Separator,
    TableFile,
    Threads,
    Types,
    Weights,
    choice,
    names_in,
    whole_number,
)


@guarded
def worth(
    data: TableFile,
    target: Annotated[
        str,
        typer.Option("--target", "-t", metavar="COLUMN", show_default=False,
                     help="The column to predict."),
    ],
    features: Features = None,
    drop: Drop = None,
    types: Types = None,
    weights: Weights = None,
    kind: Annotated[
        Literal["classification", "regression"] | None,
        typer.Option("--kind", metavar="KIND", **choice("classification", "regression"),
                     help="classification or regression; guessed by default, and said."),
    ] = None,
    missing: Annotated[
        Literal["error", "drop", "mean"],
        typer.Option(
            "--missing", metavar="WAY", **choice("error", "drop", "mean"),
            help="What to do about gaps: error, drop or mean (trees take them as they are)."
        ),
    ] = "error",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    folds: Annotated[
        int | None,
        typer.Option("--folds", metavar="K", parser=whole_number(2, 100), show_default=False,
                     help="Parts that the rows are cut into; 5 by default."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option("--repeats", metavar="N", parser=whole_number(1, 1000), show_default=False,
                     help="How often they are cut anew; 3 by default."),
    ] = None,
    threads: Threads = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", parser=whole_number(0, 2**53 - 1), show_default=False,
                     help="Of the folds and of all learners; 0 by default."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".html", ".json"),
            help="Write the result (.json) or a report (.html); repeatable.",
        ),
    ] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Say whether a network is worth it on your data.

    The default ensemble against the constant guess, the linear model and
    gradient-boosted trees, on the same folds: a table with intervals and fit
    times, and the answer in a sentence. Needs scikit-learn.

    \b
    Examples:
      shoal worth flowers.csv --target species
      shoal worth houses.csv --target price --drop id,address -o worth.html
    """
    from shoal.cli.worth import Asked, worth_file

    table: dict[str, Any] = {
        "target": target, "features": names_in(features), "drop": names_in(drop) or (),
        "types": types,
        "weights": weights, "kind": kind, "missing": missing, "encoding": encoding,
        "separator": separator, "decimal": decimal,
    }  # fmt: skip
    asked = Asked(
        folds=folds or 5, repeats=repeats or 3, seed=seed or 0, threads=threads, as_json=json,
        quiet=quiet, outputs=tuple(output or ()), force=force,
    )  # fmt: skip
    worth_file(data, table, asked)
