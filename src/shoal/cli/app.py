"""The `shoal` command: all commands in their order, each with its line in the help."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from shoal.cli import (
    commands_code,
    commands_compare,
    commands_doctor,
    commands_export,
    commands_importance,
    commands_lab,
    commands_monitor,
    commands_plot,
    commands_report,
    commands_search,
    commands_serve,
    commands_store,
    commands_sweep,
    commands_trace,
    commands_train,
    commands_use,
    commands_worth,
)
from shoal.cli.completion import answer_bash
from shoal.cli.exits import EXIT_CODES
from shoal.cli.usage import Commands

EXITS = "\b\nExit codes:\n" + "\n".join(f"  {n:<3}  {text}" for n, text in EXIT_CODES.items())
COMMANDS = (
    (commands_train.run, "Train the population of an experiment and judge it."),
    (commands_train.resume, "Go on from a checkpoint, or make a run longer."),
    (commands_train.spread, "Tell which random stream causes the spread of a figure."),
    (commands_sweep.sweep, "Train many experiments that differ in some values, side by side."),
    (commands_search.search, "Find the best cell of a sweep without training all of it."),
    (commands_compare.compare, "Tell which of some experiments is better, on paired seeds."),
    (commands_doctor.doctor, "Say what is wrong with an experiment, and prove it."),
    (commands_train.train, "Train on your own data; write the model and its experiment."),
    (commands_worth.worth, "Say whether a network is worth it on your own data."),
    (commands_store.replay, "Compute a stored run again and say whether it is the same."),
    (commands_use.show, "Show a network as a table."),
    (commands_use.predict, "Predict the rows of a table, or one row."),
    (commands_use.evaluate, "Judge a model on rows whose answer is known."),
    (commands_trace.trace, "Work one row through a network with the actual numbers."),
    (commands_importance.importance, "Say which columns answers rest on, or why of one row."),
    (commands_monitor.monitor, "Watch a model in use: accuracy, drift, an exit code."),
    (commands_export.export, "Write a model in another format, which proves itself."),
    (commands_code.code, "Write an experiment as a program for another library."),
    (commands_export.import_file, "Read a network of another library as a model."),
    (commands_serve.serve, "Answer predictions over HTTP, behind a token."),
    (commands_lab.lab, "Open the lab: a page where training is something you touch."),
    (commands_plot.plot, "Draw a chart of a run, a sweep or a comparison."),
    (commands_report.animate, "Show how networks learn, or how they differ, as a film."),
    (commands_report.report, "Write what came of it as one page that opens offline."),
    (commands_use.tasks, "List the built-in tasks."),
    (commands_use.schema, "Print the JSON Schema of the experiment file."),
)
"""Every command, and what it does in a line."""

app = typer.Typer(
    name="shoal",
    cls=Commands,
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


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Handle the options that stand before a command."""
    if version:
        import shoal

        typer.echo(shoal.__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for _command, _line in COMMANDS:
    app.command(short_help=_line)(_command)
app.add_typer(commands_store.runs, short_help="List what is stored; show, tag, export, remove it.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; what a terminal's encoding cannot write is written out."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called: nobody reads
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _interrupt)  # half-written files go away, as with Ctrl-C
    # typer reads options with pydantic, which would look through every installed package
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if os.environ.get("_SHOAL_COMPLETE") == "complete_bash":
        answer_bash(app)
    else:
        app()
