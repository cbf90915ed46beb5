"""``shoal doctor``: its options and help; what it does is in `doctor.py` beside this."""

from __future__ import annotations

from typing import Annotated

import typer

from shoal.cli.completion import complete_targets
from shoal.cli.exits import guarded
from shoal.cli.options import (
    AllowPython,
    Changes,
    Json,
    NoStore,
    Note,
    Quiet,
    Seed,
    Tags,
    Threads,
    whole_number,
)


@guarded
def doctor(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE|RUN", show_default=False, autocompletion=complete_targets,
            help="An experiment, a checkpoint, or a stored run such as @last.",
        ),
    ],
    changes: Changes = None,
    no_proof: Annotated[
        bool, typer.Option("--no-proof", help="Only look; do not try the remedies.")
    ] = False,
    pairs: Annotated[
        int | None,
        typer.Option(
            "--pairs", metavar="N", parser=whole_number(6, 10_000), show_default=False,
            help="How many pairs of networks try a remedy; 16 by default.",
        ),
    ] = None,
    threads: Threads = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
    no_store: NoStore = False,
    tag: Tags = None,
    note: Note = "",
) -> None:  # fmt: skip
    """Say what is wrong with an experiment, and prove it.

    Reads data, weights, gradients and curves. For what it finds, the remedy is
    run beside the experiment on pairs of networks, and the gain is told.
    Findings are no failure: the exit code is 0.

    \b
    Examples:
      shoal doctor examples/greater_multiplied.toml
      shoal doctor @last
      shoal doctor examples/greater.toml training.optimizer.learning_rate=3
    """
    from shoal.cli.doctor import Asked, examine
    from shoal.cli.storing import Storing

    storing = Storing(wanted=not no_store, tags=tuple(tag or ()), note=note, quiet=quiet)
    examine(target, changes or [], Asked(
        prove=not no_proof, pairs=pairs, threads=threads, seed=seed, as_json=json, quiet=quiet,
        allow_python=allow_python, storing=storing,
    ))  # fmt: skip
