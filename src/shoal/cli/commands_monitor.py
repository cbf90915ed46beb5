"""The command that watches a model in use: its options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

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
)
from shoal.errors import InputError


def number_from(least: float, most: float) -> Any:
    """Return the parser of an option that is a number from `least` to `most`."""

    def parse(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not least <= found <= most:
            up_to = f"from {least:g} to {most:g}" if most < 1e300 else f"of {least:g} or more"
            up_to = f"up to {most:g}" if least < -1e300 else up_to
            raise typer.BadParameter(f"must be a number {up_to}; got {text}.")
        return found

    return parse


LARGE = 1.7e308


@guarded
def monitor(
    model: ModelFile,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA", show_default=False, autocompletion=complete_tables,
            help="A CSV or Parquet file, or -; with the answers or without.",
        ),
    ] = None,
    min_accuracy: Annotated[
        float | None,
        typer.Option("--min-accuracy", metavar="A", parser=number_from(0, 1), show_default=False,
                     help="The least share of rows that are right, 0 to 1."),
    ] = None,
    max_error: Annotated[
        float | None,
        typer.Option("--max-error", metavar="E", parser=number_from(0, LARGE), show_default=False,
                     help="The largest mean absolute error, for numbers."),
    ] = None,
    min_r2: Annotated[
        float | None,
        typer.Option("--min-r2", metavar="R", parser=number_from(-LARGE, 1), show_default=False,
                     help="The least R², for numbers."),
    ] = None,
    max_drift: Annotated[
        float | None,
        typer.Option("--max-drift", metavar="PSI", parser=number_from(0, LARGE),
                     show_default=False,
                     help="The largest population stability index of a column, such as 0.2."),
    ] = None,
    max_unlike: Annotated[
        float | None,
        typer.Option("--max-unlike", metavar="SHARE", parser=number_from(0, 1),
                     show_default=False,
                     help="The largest share of rows unlike the training rows, such as 0.05."),
    ] = None,
    sure: Annotated[
        bool,
        typer.Option("--sure", help="Fall short only where the whole interval does."),
    ] = False,
    save_unlike: Annotated[
        Path | None,
        typer.Option("--save-unlike", metavar="FILE", show_default=False,
                     autocompletion=complete_output(".csv"),
                     help="Write the rows unlike the training rows there, as CSV."),
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="List every column's drift.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Show the looks so far, in place of DATA.")
    ] = False,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Do not keep this look beside the model.")
    ] = False,
    network: Which = None,
    on_error: Annotated[
        Literal["stop", "skip"],
        typer.Option("--on-error", metavar="WAY", **choice("stop", "skip"),
                     help="A row that cannot be read: stop, or skip it."),
    ] = "stop",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    json: Json = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Do not name rows on standard error.")
    ] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", show_default=False,
                     autocompletion=complete_output(".svg", ".png", ".csv", ".html"),
                     help="A chart (.svg, .png, .csv) or a report (.html); repeatable."),
    ] = None,
    force: Force = False,
) -> None:  # fmt: skip
    """Watch a model in use: is it still right, and are its rows those it knows?

    One line and an exit code: 0, or 1 where a figure misses its bar. Each look is
    kept beside the model.

    \b
    Examples:
      shoal monitor flowers.safetensors week.csv --min-accuracy 0.95
      shoal monitor m.safetensors - --max-drift 0.2 --max-unlike 0.05 -q
      shoal monitor flowers.safetensors --history -o history.svg
    """
    from shoal.cli.monitor import Wishes, monitor_data, show_history
    from shoal.models.monitoring.watched import Bars

    outputs = tuple(output or ())
    if history:
        if data is not None:
            raise InputError(f"--history: shows the looks so far; leave {data} out.", code="U107")
        show_history(model, outputs=outputs, as_json=json, force=force)
        return
    if data is None:
        raise InputError("DATA: is missing. See: shoal monitor --help.", code="U104")
    bars = Bars(
        min_accuracy=min_accuracy, max_error=max_error, min_r2=min_r2, max_drift=max_drift,
        max_unlike=max_unlike, sure=sure,
    )  # fmt: skip
    form = {"encoding": encoding, "separator": separator, "decimal": decimal}
    wishes = Wishes(
        which=network, on_error=on_error, form=form, threads=threads, keep=not no_history,
        save=save_unlike, outputs=outputs, details=details, as_json=json, quiet=quiet, force=force,
    )  # fmt: skip
    monitor_data(model, data, bars, wishes)
