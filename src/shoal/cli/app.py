"""The commands with their options and help; what they do is in the modules beside this one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from shoal.cli.exits import EXIT_CODES, guarded

EXITS = "\b\nExit codes:\n" + "\n".join(f"  {n:<3}  {text}" for n, text in EXIT_CODES.items())

app = typer.Typer(
    name="shoal",
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half the time to the help, which is as legible without boxes
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help="""A laboratory for small neural networks: populations in milliseconds.

    \b
    Examples:
      shoal run examples/greater.toml              train and judge an experiment
      shoal train flowers.csv --target species     a model from your own data
      shoal predict flowers.safetensors new.csv    use it
    """,
    epilog=EXITS,
)


def _whole_number(least: int, most: int) -> Any:
    """Return the parser of an option that is a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        plain = text.removeprefix("-")
        # no more digits than that: Python refuses to read thousands of them
        if not (plain.isascii() and plain.isdigit() and len(plain) < 20 and
                least <= int(text) <= most):  # fmt: skip
            raise typer.BadParameter(f"must be a whole number from {least} to {most}; got {text}.")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    """Parse an option that is a number of seconds."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e9:
        raise typer.BadParameter(f"must be a number of seconds above 0; got {text}.")
    return found


def _one_of(*names: str) -> Any:
    """Return the parser of an option that is one of `names`."""

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"must be {' or '.join(names)}; got {text}.")
        return text

    return parse


Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", metavar="N", parser=_whole_number(1, 1024), show_default=False,
        help="How many to use; all there are by default.",
    ),
]  # fmt: skip
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", parser=_whole_number(0, 2**53 - 1), show_default=False,
        help="In place of the experiment's seed.",
    ),
]  # fmt: skip
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; the rest goes to stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes, no table.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output", "-o", metavar="FILE", show_default=False,
        help="Write the model (.safetensors) or the result (.json); both by giving -o twice.",
    ),
]  # fmt: skip
Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE", show_default=False,
        help="Changes to the experiment, such as data.label_noise=0.2.",
    ),
]  # fmt: skip
CheckpointEvery = Annotated[
    float,
    typer.Option(
        "--checkpoint-every", metavar="SECONDS", parser=_seconds,
        help="From one checkpoint to the next.",
    ),
]  # fmt: skip
AllowPython = Annotated[
    bool,
    typer.Option("--allow-python", help="Import the Python functions that the experiment names."),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="NAME",
        help="Of the file: utf-8, utf-16, cp932, cp949, ...; UTF-8 unless a BOM says more.",
    ),
]  # fmt: skip
Separator = Annotated[
    str | None,
    typer.Option(
        "--separator", metavar="SIGN", help="Between cells: , ; tab ...; recognised by default."
    ),
]
Decimal = Annotated[
    Literal[".", ","],
    typer.Option(
        "--decimal",
        metavar="SIGN",
        parser=_one_of(".", ","),
        help="Decimal mark of numbers: . or ,",
    ),
]
Which = Annotated[
    str | None,
    typer.Option(
        "--network", metavar="best|N",
        help="One network of the population, N from 0; all of them by default.",
    ),
]  # fmt: skip
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


@app.command(short_help="Train the population of an experiment and judge it.")
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
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint", metavar="FILE", show_default=False,
            help="Keep the state there while training, for shoal resume.",
        ),
    ] = None,
    checkpoint_every: CheckpointEvery = 10.0,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Train the population of an experiment file and judge it.

    Ctrl-C keeps and writes what is there; twice leaves at once.

    \b
    Examples:
      shoal run examples/or.toml
      shoal run examples/greater.toml data.label_noise=0.2 population=64 --json
      shoal run examples/wine.toml -o wine.safetensors -o wine.json
      shoal run examples/wine.toml --checkpoint wine.checkpoint
    """
    from shoal.cli.run import Wishes, run_file

    wishes = Wishes(
        threads=threads, as_json=json, quiet=quiet, outputs=tuple(output or ()), force=force,
        checkpoint=checkpoint, checkpoint_every_s=checkpoint_every,
        allow_python=allow_python,
    )  # fmt: skip
    run_file(file, changes or [], seed=seed, wishes=wishes)


@app.command(short_help="Go on from a checkpoint, or make a run longer.")
@guarded
def resume(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT", help="Written by shoal run --checkpoint.", show_default=False
        ),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="training.epochs=N", show_default=False,
            help="More epochs, to make the run longer.",
        ),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    checkpoint_every: CheckpointEvery = 10.0,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Go on from a checkpoint, to the same bits as one long run.

    The checkpoint is written on to; nothing but the number of epochs can change.

    \b
    Examples:
      shoal resume wine.checkpoint -o wine.safetensors
      shoal resume wine.checkpoint training.epochs=200
    """
    from shoal.cli.resume import resume_file
    from shoal.cli.run import Wishes

    wishes = Wishes(
        threads=threads, as_json=json, quiet=quiet, outputs=tuple(output or ()), force=force,
        checkpoint=file, checkpoint_every_s=checkpoint_every,
        allow_python=allow_python,
    )  # fmt: skip
    resume_file(file, changes or [], wishes)


@app.command(short_help="Tell which random stream causes the spread of a figure.")
@guarded
def spread(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="An experiment (.toml or .json).", show_default=False),
    ],
    changes: Changes = None,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure", metavar="NAME", show_default=False,
            help="Such as validation_accuracy, which is the default for classes.",
        ),
    ] = None,
    networks: Annotated[
        int | None,
        typer.Option(
            "--networks", metavar="N", parser=_whole_number(3, 1_000_000), show_default=False,
            help="Of each population; 64 by default.",
        ),
    ] = None,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
) -> None:  # fmt: skip
    """Tell which random stream causes the spread of a figure.

    For every stream (data, noise, split, init, order, dropout, search) a
    population in which only that one differs between networks, and one in
    which all differ: the ratio of the variances, with an interval.

    \b
    Examples:
      shoal spread examples/greater.toml
      shoal spread examples/wine.toml --figure validation_loss --networks 128
    """
    from shoal.cli.spread import spread_file

    spread_file(
        file, changes or [], figure=figure, networks=networks, seed=seed, threads=threads,
        as_json=json, quiet=quiet, allow_python=allow_python,
    )  # fmt: skip


@app.command(short_help="Train on your own data; write the model and its experiment.")
@guarded
def train(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", show_default=False,
                       help="A CSV or Parquet file, or - for standard input."),
    ],
    target: Annotated[
        str,
        typer.Option("--target", "-t", metavar="COLUMN", show_default=False,
                     help="The column to predict; several with commas between."),
    ],
    changes: Changes = None,
    features: Annotated[
        str | None,
        typer.Option("--features", metavar="COLUMNS", help="To use, with commas between."),
    ] = None,
    drop: Annotated[
        str | None,
        typer.Option("--drop", metavar="COLUMNS", help="To leave out, with commas between."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="COLUMN", help="How much each row counts.")
    ] = None,
    kind: Annotated[
        Literal["classification", "multilabel", "regression"] | None,
        typer.Option("--kind", metavar="KIND",
            parser=_one_of("classification", "multilabel", "regression"),
            help="classification, multilabel or regression; guessed by default, and said."),
    ] = None,
    missing: Annotated[
        Literal["error", "drop", "mean"],
        typer.Option(
            "--missing", metavar="WAY", parser=_one_of("error", "drop", "mean"),
            help="What to do about gaps: error, drop or mean."
        ),
    ] = "error",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Train on your own data with sensible defaults.

    Writes the model, called after DATA unless -o names it, and beside it the
    experiment (.toml), to be changed and run again with shoal run.

    \b
    Examples:
      shoal train flowers.csv --target species
      shoal train houses.csv --target price --drop id,address training.epochs=300
    """
    from shoal.cli.run import Wishes
    from shoal.cli.train import train_file

    table: dict[str, Any] = {
        "target": target, "features": _names(features), "drop": _names(drop) or (),
        "weights": weights, "kind": kind, "missing": missing, "encoding": encoding,
        "separator": separator, "decimal": decimal,
    }  # fmt: skip
    wishes = Wishes(
        threads=threads,
        as_json=json,
        quiet=quiet,
        outputs=tuple(output or ()),
        force=force,
        allow_python=allow_python,
    )
    train_file(data, table, changes or [], seed=seed, wishes=wishes)


@app.command(short_help="Show a network as a table.")
@guarded
def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A model (.safetensors) or an experiment (.toml, .json).",
            show_default=False,
        ),
    ],
    weights: Annotated[
        bool, typer.Option("--weights", help="Print weights and biases too.")
    ] = False,
    network: Which = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Show a network as a table: layers, shapes, parameters, activations.

    \b
    Examples:
      shoal show flowers.safetensors --weights --network best
      shoal show examples/greater.toml
    """
    from shoal.cli.show import show_file

    show_file(file, weights=weights, which=network, as_json=json)


@app.command(short_help="Predict the rows of a table, or one row.")
@guarded
def predict(
    model: ModelFile,
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA | COLUMN=VALUE",
            help="A CSV or Parquet file, - for standard input, or one row.",
            show_default=False,
        ),
    ],
    network: Which = None,
    on_error: Annotated[
        Literal["stop", "skip"],
        typer.Option(
            "--on-error", metavar="WAY", parser=_one_of("stop", "skip"),
            help="A row that cannot be read: stop, or skip it."
        ),
    ] = "stop",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write a JSON object a line in place of CSV.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Do not name the rows left out.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write there, all or nothing.",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Predict rows: the columns that came in, plus class, probabilities and
    disagreement (the spread between the networks), or value and disagreement.

    \b
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


@app.command(short_help="Judge a model on rows whose answer is known.")
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
    """Judge a model on rows whose answer is known: accuracy, loss, confusion.

    \b
    Example:
      shoal evaluate flowers.safetensors test.csv
    """
    from shoal.cli.evaluate import evaluate_data

    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    evaluate_data(model, data, which=network, form=form, threads=threads, as_json=json)


@app.command(short_help="List the built-in tasks.")
@guarded
def tasks(json: Json = False) -> None:
    """List the built-in tasks, each with its best attainable accuracy.

    \b
    Example:
      shoal tasks
    """
    from shoal.cli.tasks import list_tasks

    list_tasks(as_json=json)


@app.command(short_help="Print the JSON Schema of the experiment file.")
@guarded
def schema() -> None:
    """Print the JSON Schema of the experiment file, for editors.

    \b
    Example:
      shoal schema > experiment.schema.json
    """
    from shoal.cli.tasks import print_schema

    print_schema()


def _names(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a list with commas; a quoted name may hold commas itself."""
    if text is None:
        return None
    import csv

    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))


def main() -> None:
    """Run the command line; what a terminal's encoding cannot write is written out."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()
