"""The commands with their options and help; what they do is in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shoal.cli.exits import guarded

app = typer.Typer(
    name="shoal",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""A laboratory for small neural networks: train populations of them in milliseconds.

    [bold]shoal run examples/greater.toml[/bold]   train an experiment and judge it

    [bold]shoal train flowers.csv --target species[/bold]   a model from your own data

    [bold]shoal predict flowers.safetensors new.csv[/bold]   use it
    """,
    epilog="Exit codes: 0 done, 1 the thing asked about fell short, 2 wrong input or usage, "
    "3 our own failure, 130 interrupted.",
)

Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, max=1024, help="How many to use; all there are by default."),
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, help="In place of the experiment's seed.")
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; everything else on stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes, no table.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        help="Write the model (.safetensors) or the result (.json); may be given twice.",
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...", help="Changes, such as data.label_noise=0.2.", show_default=False
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        help="Of the file: utf-8, utf-16, cp932, cp949, ...; told by a BOM, else UTF-8.",
    ),
]
Separator = Annotated[
    str | None,
    typer.Option("--separator", help="Between cells: , ; tab; recognised by default."),
]
Decimal = Annotated[str, typer.Option("--decimal", help="Decimal sign of numbers: . or ,")]
Which = Annotated[
    str | None,
    typer.Option(
        "--network", help="One network of the population: best, or its index from 0. Default: all."
    ),
]
ModelFile = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A .safetensors file.", show_default=False)
]


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Handle the options that stand before a command."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("shoal"))
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
@guarded
def run(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="An experiment (.toml or .json).", show_default=False),
    ],
    changes: Changes = None,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    force: Force = False,
) -> None:
    """Train the population of an experiment file and judge it.

    Examples:

    shoal run examples/or.toml

    shoal run examples/greater.toml data.label_noise=0.2 population.size=64 --json
    """
    from shoal.cli.run import run_file

    run_file(
        file, changes or [], threads=threads, seed=seed, as_json=json, quiet=quiet,
        outputs=output or [], force=force,
    )  # fmt: skip


@app.command()
@guarded
def train(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A CSV or Parquet file, or - for standard input.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str, typer.Option("--target", "-t", help="The column to predict.", show_default=False)
    ],
    changes: Changes = None,
    features: Annotated[
        str | None, typer.Option("--features", help="Columns to use, with commas between.")
    ] = None,
    drop: Annotated[
        str | None, typer.Option("--drop", help="Columns to leave out, with commas between.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="classification or regression; guessed by default, and said."),
    ] = None,
    missing: Annotated[
        str, typer.Option("--missing", help="Rows with gaps: error, drop or mean.")
    ] = "error",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    force: Force = False,
) -> None:
    """Train on your own data with sensible defaults; write the model and its experiment.

    Writes DATA's name with .safetensors (the model) and .toml (the experiment, to be changed and
    run again). Changes go to the experiment, as with shoal run.

    Examples:

    shoal train flowers.csv --target species

    shoal train houses.csv --target price --drop id,address training.epochs=300
    """
    from shoal.cli.train import train_file

    table: dict[str, Any] = {
        "target": target, "features": _names(features), "drop": _names(drop) or (), "kind": kind,
        "missing": missing, "encoding": encoding, "separator": separator, "decimal": decimal,
    }  # fmt: skip
    train_file(
        data, table, changes or [], threads=threads, seed=seed, as_json=json, quiet=quiet,
        outputs=output or [], force=force,
    )  # fmt: skip


@app.command()
@guarded
def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A model (.safetensors) or an experiment (.toml, .json).",
            show_default=False,
        ),
    ],
    weights: Annotated[bool, typer.Option("--weights", help="Print weights, biases.")] = False,
    network: Which = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Show a network as a table: layers, shapes, parameters, activations.

    Examples:

    shoal show flowers.safetensors --weights --network best

    shoal show examples/greater.toml
    """
    from shoal.cli.show import show_file

    show_file(file, weights=weights, which=network, as_json=json)


@app.command()
@guarded
def predict(
    model: ModelFile,
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA|COLUMN=VALUE...",
            help="A CSV or Parquet file, - for standard input, or one row as column=value.",
            show_default=False,
        ),
    ],
    network: Which = None,
    on_error: Annotated[
        str, typer.Option("--on-error", help="A row that cannot be read: stop, or skip it.")
    ] = "stop",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this CSV file.")
    ] = None,
    force: Force = False,
) -> None:
    """Predict rows: the columns that came in, plus class, probabilities and disagreement.

    Examples:

    shoal predict flowers.safetensors new.csv -o answers.csv

    shoal predict or.safetensors input1=0 input2=1
    """
    from shoal.cli.predict import predict_data

    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    predict_data(
        model, data, which=network, on_error=on_error, form=form, threads=threads, as_json=json,
        quiet=quiet, output=output, force=force,
    )  # fmt: skip


@app.command()
@guarded
def evaluate(
    model: ModelFile,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A CSV or Parquet file with the target, or -.", show_default=False
        ),
    ],
    network: Which = None,
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Judge a model on rows whose answer is known: accuracy, loss, confusion matrix.

    Example:

    shoal evaluate flowers.safetensors test.csv
    """
    from shoal.cli.evaluate import evaluate_data

    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    evaluate_data(model, data, which=network, form=form, threads=threads, as_json=json)


@app.command()
@guarded
def tasks(json: Json = False) -> None:
    """List the built-in tasks, each with its best attainable accuracy."""
    from shoal.cli.tasks import list_tasks

    list_tasks(as_json=json)


@app.command()
@guarded
def schema() -> None:
    """Print the JSON Schema of the experiment file, for editors."""
    from shoal.cli.tasks import print_schema

    print_schema()


def _names(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a list with commas; a quoted name may hold commas itself."""
    if text is None:
        return None
    import csv

    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))


def main() -> None:
    """Run the command line."""
    app()
