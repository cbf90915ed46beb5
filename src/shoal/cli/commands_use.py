"""The commands that look at networks and use them, and lists: their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from shoal.cli import evaluate_options as asked
from shoal.cli.completion import (
    complete_documents,
    complete_output,
    complete_shown,
    complete_tables,
)
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
)


def _number_up_to(most: float) -> Any:
    """Return the parser of an option that is a number from 0 to `most`."""

    def parse(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = -1.0
        if not 0 <= found <= most:
            raise typer.BadParameter(f"must be a number from 0 to {most:g}; got {text}.")
        return found

    return parse


@guarded
def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", show_default=False, autocompletion=complete_shown,
            help="A model (.safetensors), a stored run, or an experiment (.toml, .json).",
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


@guarded
def predict(
    model: ModelFile,
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA | COLUMN=VALUE", autocompletion=complete_tables,
            help="A CSV or Parquet file, - for standard input, or one row.",
            show_default=False,
        ),
    ],
    network: Which = None,
    on_error: Annotated[
        Literal["stop", "skip"],
        typer.Option(
            "--on-error", metavar="WAY", **choice("stop", "skip"),
            help="A row that cannot be read: stop, or skip it."
        ),
    ] = "stop",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="P", parser=_number_up_to(1.0), show_default=False,
            help="Of two classes say the one that is looked for above P, in place of 0.5.",
        ),
    ] = None,
    positive: asked.Positive = None,
    abstain_below: Annotated[
        float | None,
        typer.Option(
            "--abstain-below", metavar="P", parser=_number_up_to(1.0), show_default=False,
            help="Leave the class of a row empty where it is less probable than P.",
        ),
    ] = None,
    abstain_above: Annotated[
        float | None,
        typer.Option(
            "--abstain-above", metavar="SPREAD", parser=_number_up_to(1e150), show_default=False,
            help="Leave answers empty where the disagreement is larger than SPREAD.",
        ),
    ] = None,
    threads: Threads = None,
    timing: Annotated[
        bool,
        typer.Option("--timing", help="Say on stderr what reading, predicting, writing cost."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Write a JSON object a line in place of CSV.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No notes, no counts, no rows left out.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write there, all or nothing.",
            autocompletion=complete_output(".csv", ".jsonl"),
            show_default=False,
        ),
    ] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Predict rows: the columns that came in, plus class, probabilities and
    disagreement (the spread between the networks), or value and disagreement,
    and, where a row is unlike the training data, why.

    \b
    Examples:
      shoal predict flowers.safetensors new.csv -o answers.csv
      shoal predict flowers.safetensors new.csv --abstain-below 0.9
      shoal predict loans.safetensors new.csv --threshold 0.2 --positive bad
      shoal predict or.safetensors input1=0 input2=1
      shoal predict @last input1=0 input2=1
    """
    from shoal.cli.predict import predict_data

    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    predict_data(
        model, data, which=network, on_error=on_error, form=form, threads=threads, as_json=json,
        quiet=quiet, output=output, force=force, threshold=threshold, positive=positive,
        abstain_below=abstain_below, abstain_above=abstain_above, timing=timing,
    )  # fmt: skip


@guarded
def evaluate(
    model: ModelFile,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A CSV or Parquet file with the target, or -.",
            show_default=False,
            autocompletion=complete_tables,
        ),
    ],
    by: asked.By = None,
    worst: asked.WorstRows = None,
    costs: asked.Costs = None,
    positive: asked.Positive = None,
    coverage: asked.Coverages = None,
    min_accuracy: asked.Accuracies = None,
    full: asked.Full = False,
    network: Which = None,
    resamples: asked.Resamples = None,
    seed: asked.ResampleSeed = None,
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Json = False,
    output: asked.Outputs = None,
    force: Force = False,
) -> None:
    """Judge a model on rows whose answer is known: every figure with its
    interval, where it fails, and whether its probabilities can be trusted.

    \b
    Examples:
      shoal evaluate flowers.safetensors test.csv
      shoal evaluate loans.safetensors test.csv --by region --costs 1,20
      shoal evaluate @last test.csv --min-accuracy 0.99 -o report.html
    """
    from shoal.cli.evaluate import evaluate_data, request_of

    request = request_of(
        by=by or (), worst=worst, full=full, positive=positive, costs=costs,
        coverages=coverage or (), accuracies=min_accuracy or (), resamples=resamples, seed=seed,
        decimal=decimal, threads=threads, network=network,
    )  # fmt: skip
    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    evaluate_data(
        model, data, form=form, request=request, as_json=json,
        outputs=output or (), force=force,
    )  # fmt: skip


@guarded
def tasks(json: Json = False) -> None:
    """List the built-in tasks, each with its best attainable accuracy.

    \b
    Examples:
      shoal tasks
      shoal tasks --json
    """
    from shoal.cli.tasks import list_tasks

    list_tasks(as_json=json)


@guarded
def schema(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND", show_default=False, autocompletion=complete_documents,
            help="Of what it prints with --json, such as run or runs show.",
        ),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Print the JSON Schema of the experiment file, for editors, or of what a
    command prints with --json: every member with its meaning.

    \b
    Examples:
      shoal schema > experiment.schema.json
      shoal schema run
      shoal schema runs show
    """
    from shoal.cli.tasks import print_schema

    print_schema(" ".join(command or ()))
