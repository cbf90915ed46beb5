"""The `shoal` command: all commands in their order, each with its line in the help."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any, Final

import typer

from shoal.cli.completion import answer_bash
from shoal.cli.exits import EXIT_CODES
from shoal.cli.shelf import Named, Shelf
from shoal.cli.usage import Commands

EXITS = "\b\nExit codes:\n" + "\n".join(f"  {n:<3}  {text}" for n, text in EXIT_CODES.items())
COMMANDS: Final = (
    Named("new", "new", "Write a commented experiment file to begin with."),
    Named("run", "train", "Train the population of an experiment and judge it."),
    Named("resume", "train", "Go on from a checkpoint, or make a run longer."),
    Named("spread", "train", "Tell which random stream causes the spread of a figure."),
    Named("sweep", "sweep", "Train many experiments that differ in some values, side by side."),
    Named("search", "search", "Find the best cell of a sweep without training all of it."),
    Named("compare", "compare", "Tell which of some experiments is better, on paired seeds."),
    Named("doctor", "doctor", "Say what is wrong with an experiment, and prove it."),
    Named("train", "train", "Train on your own data; write the model and its experiment."),
    Named("worth", "worth", "Say whether a network is worth it on your own data."),
    Named("replay", "store", "Compute a stored run again and say whether it is the same."),
    Named("show", "use", "Show a network as a table."),
    Named("predict", "use", "Predict the rows of a table, or one row."),
    Named("evaluate", "use", "Judge a model on rows whose answer is known."),
    Named("trace", "trace", "Work one row through a network with the actual numbers."),
    Named("importance", "importance", "Say which columns answers rest on, or why of one row."),
    Named("monitor", "monitor", "Watch a model in use: accuracy, drift, an exit code."),
    Named("export", "export", "Write a model in another format, which proves itself."),
    Named("code", "code", "Write an experiment as a program for another library."),
    Named("import", "export:import_file", "Read a network of another library as a model."),
    Named("serve", "serve", "Answer predictions over HTTP, behind a token."),
    Named("lab", "lab", "Open the lab: a page where training is something you touch."),
    Named("lessons", "lessons", "Learn it: eight lessons, in three languages; pages, worksheets."),
    Named("plot", "plot", "Draw a chart of a run, a sweep or a comparison."),
    Named("animate", "report", "Show how networks learn, or how they differ, as a film."),
    Named("report", "report", "Write what came of it as one page that opens offline."),
    Named("tasks", "use", "List the built-in tasks."),
    Named("functions", "functions", "Tell of activations, losses, optimizers and the like."),
    Named("schema", "use", "Print the JSON Schema of the experiment file."),
    Named("runs", "store", "List what is stored; show, tag, export, remove it."),
    Named("help", "help", "Tell what the code of an error means, and what cures it."),
)
"""Every command: its name, where it is, and what it does in a line."""


class AllCommands(Commands):
    """The commands of the table, none of which is loaded before it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Shelf = Shelf(COMMANDS)

    def format_commands(self, *args: Any) -> None:
        """Write the list of commands."""
        with self.commands.as_a_list():
            super().format_commands(*args)

    def shell_complete(self, *args: Any) -> Any:
        """Return what can stand where a command's name is begun."""
        with self.commands.as_a_list():
            return super().shell_complete(*args)


app = typer.Typer(
    name="shoal",
    cls=AllCommands,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half the time to the help, which is as legible without boxes
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help="""A laboratory for small neural networks: populations in milliseconds.

    \b
    Examples:
      shoal new first.toml                         a commented experiment to begin with
      shoal run first.toml                         train and judge it
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
    asked = os.environ.get("_SHOAL_COMPLETE", "")
    if asked.startswith("complete_"):
        # typer would load it for the lines of help that zsh and fish show, which are plain text
        sys.modules["rich"] = None  # type: ignore[assignment]
    if asked == "complete_bash":
        answer_bash(app)
    else:
        app()
