"""The commands that train: their options and help; what they do is in the modules beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shoal.cli.completion import (
    complete_changes,
    complete_figures,
    complete_targets,
)
from shoal.cli.exits import guarded
from shoal.cli.options import (
    AllowPython,
    Changes,
    CheckpointEvery,
    Decimal,
    Drop,
    Encoding,
    ExperimentFile,
    Features,
    Force,
    Json,
    Kind,
    Missing,
    NoStore,
    Note,
    Outputs,
    Quiet,
    Seed,
    Separator,
    TableFile,
    Tags,
    Threads,
    Types,
    Weights,
    names_in,
    whole_number,
)


@guarded
def run(
    file: ExperimentFile,
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
    checkpoint_every: CheckpointEvery = None,
    allow_python: AllowPython = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
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
      shoal run @last training.epochs=200
    """
    from shoal.cli.run import Wishes, run_experiment

    wishes = Wishes(
        threads=threads, as_json=json, quiet=quiet, outputs=tuple(output or ()), force=force,
        checkpoint=checkpoint, checkpoint_every_s=checkpoint_every,
        allow_python=allow_python, storing=_storing(no_store, tag, note),
    )  # fmt: skip
    run_experiment(file, changes or [], seed=seed, wishes=wishes)


@guarded
def resume(
    source: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT | RUN", show_default=False, autocompletion=complete_targets,
            help="Written by shoal run --checkpoint, or a stored run or sweep: @last, an id.",
        ),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="training.epochs=N", show_default=False, autocompletion=complete_changes,
            help="More epochs, to make the run longer.",
        ),
    ] = None,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    checkpoint_every: CheckpointEvery = None,
    allow_python: AllowPython = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
    force: Force = False,
) -> None:  # fmt: skip
    """Go on from a checkpoint, or with a stored run or sweep that was
    interrupted, to the same bits as one that was not.

    A checkpoint is written on to; nothing but the number of epochs can change.

    \b
    Examples:
      shoal resume @last
      shoal resume wine.checkpoint -o wine.safetensors
      shoal resume wine.checkpoint training.epochs=200
    """
    from shoal.cli.resume import resume_source
    from shoal.cli.run import Wishes

    wishes = Wishes(
        threads=threads, as_json=json, quiet=quiet, outputs=tuple(output or ()), force=force,
        checkpoint_every_s=checkpoint_every,
        allow_python=allow_python, storing=_storing(no_store, tag, note),
    )  # fmt: skip
    resume_source(source, changes or [], wishes)


@guarded
def spread(
    file: ExperimentFile,
    changes: Changes = None,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure", metavar="NAME", show_default=False, autocompletion=complete_figures,
            help="Such as validation_accuracy, which is the default for classes.",
        ),
    ] = None,
    networks: Annotated[
        int | None,
        typer.Option(
            "--networks", metavar="N", parser=whole_number(3, 1_000_000), show_default=False,
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
    from shoal.cli.spread import spread_experiment

    spread_experiment(
        file, changes or [], figure=figure, networks=networks, seed=seed, threads=threads,
        as_json=json, quiet=quiet, allow_python=allow_python,
    )  # fmt: skip


@guarded
def train(
    data: TableFile,
    target: Annotated[
        str,
        typer.Option("--target", "-t", metavar="COLUMN", show_default=False,
                     help="The column to predict; several with commas between."),
    ],
    changes: Changes = None,
    features: Features = None,
    drop: Drop = None,
    types: Types = None,
    weights: Weights = None,
    kind: Kind = None,
    missing: Missing = "error",
    encoding: Encoding = None,
    separator: Separator = None,
    decimal: Decimal = ".",
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    output: Outputs = None,
    allow_python: AllowPython = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
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
        "target": target, "features": names_in(features), "drop": names_in(drop) or (),
        "types": types,
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
        storing=_storing(no_store, tag, note),
    )
    train_file(data, table, changes or [], seed=seed, wishes=wishes)


def _storing(no_store: bool, tags: list[str] | None, note: str) -> Any:
    from shoal.cli.storing import Storing

    return Storing(wanted=not no_store, tags=tuple(tags or ()), note=note)
