"""The commands of the store: their options and help; what they do is in `shoal.cli.runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shoal.cli.completion import (
    complete_kinds,
    complete_names,
    complete_output,
    complete_refs,
    complete_sorts,
    complete_tags,
)
from shoal.cli.exits import guarded
from shoal.cli.options import AllowPython, Force, Json, Quiet, Threads, one_of, whole_number
from shoal.store.entry import KINDS, SORTS

REF = "RUN"
Ref = Annotated[
    str,
    typer.Argument(
        metavar=REF, help="@last, @best, @last~1, @last:NAME or an id.", show_default=False,
        autocompletion=complete_refs,
    ),
]  # fmt: skip
Refs = Annotated[
    list[str],
    typer.Argument(
        metavar=f"{REF}...", help="@last, @best, @last~1, @last:NAME or ids.", show_default=False,
        autocompletion=complete_refs,
    ),
]  # fmt: skip

runs = typer.Typer(
    name="runs",
    invoke_without_command=True,
    rich_markup_mode=None,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
"""``shoal runs`` and the commands below it."""


@runs.callback()
@guarded
def list_runs(
    context: typer.Context,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", parser=one_of(*KINDS), show_default=False,
            help="Only of this kind: run, sweep, comparison or diagnosis.",
            autocompletion=complete_kinds,
        ),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(
            "--tag", metavar="TAG", show_default=False, help="Only with this tag.",
            autocompletion=complete_tags,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", show_default=False, help="Only of this name.",
            autocompletion=complete_names,
        ),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort", metavar="BY", parser=one_of(*SORTS), autocompletion=complete_sorts,
            help="created, name, value, seconds or networks.",
        ),
    ] = "created",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", parser=whole_number(0, 2**31), show_default=False,
            help="At most so many, 20 by default; 0: all.",
        ),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """List what is stored, the newest first; or show, tag, export and remove it.

    A run is named by @last, @last~1 (the one before), @best, @last:NAME (of
    this name, kind or tag), or by three or more characters of its id.

    \b
    Examples:
      shoal runs --kind sweep
      shoal runs --name or --sort value
      shoal runs show @last
      shoal runs tag @best +good
    """
    if context.invoked_subcommand is not None:
        return
    from shoal.cli.runs import print_runs

    print_runs(kind=kind, tag=tag, name=name, sort=sort, limit=limit, as_json=json)


@runs.command(short_help="Show a stored run: what it was, and what came of it.")
@guarded
def show(run: Ref, json: Json = False) -> None:
    """Show what is stored of a run, without computing anything.

    \b
    Examples:
      shoal runs show @last
      shoal runs show @last --json
    """
    from shoal.cli.runs import show_run

    show_run(run, as_json=json)


@runs.command(short_help="Remove stored runs and their files.")
@guarded
def rm(
    refs: Refs,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", "--force", "-f", help="Do not ask.")
    ] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Remove stored runs and their files; it cannot be undone.

    \b
    Examples:
      shoal runs rm @last
      shoal runs rm kq3v f7ab --yes
    """
    from shoal.cli.runs import remove_runs

    remove_runs(refs, yes=yes, as_json=json)


# a tag to be taken away looks like an option, so there are no short ones here
_PLAIN: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@runs.command(short_help="Add and take away tags.", context_settings=_PLAIN)
@guarded
def tag(
    run: Ref,
    tags: Annotated[
        list[str],
        typer.Argument(
            metavar="+TAG | -TAG", help="To add, and to take away.", show_default=False,
            autocompletion=complete_tags,
        ),
    ],
    json: Json = False,
) -> None:  # fmt: skip
    """Add tags (+word, or word) and take them away (-word).

    \b
    Examples:
      shoal runs tag @last +good -draft
      shoal runs tag @best +paper
    """
    from shoal.cli.runs import tag_run

    tag_run(run, tags, as_json=json)


@runs.command(short_help="Put a note beside a run.")
@guarded
def note(
    run: Ref,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Empty takes it away.")],
    json: Json = False,
) -> None:
    """Put a note beside a run, in place of the one before.

    \b
    Examples:
      shoal runs note @last "with the new data"
      shoal runs note @last ""
    """
    from shoal.cli.runs import note_run

    note_run(run, text, as_json=json)


@runs.command(short_help="Write every figure as a table: Parquet, CSV or JSON.")
@guarded
def export(
    refs: Refs,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False,
            autocompletion=complete_output(".parquet", ".csv", ".json"),
            help="Ends in .parquet, .csv or .json.",
        ),
    ],
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
    force: Force = False,
) -> None:  # fmt: skip
    """Write one row per network, report and figure of stored runs.

    \b
    Examples:
      shoal runs export @last -o or.csv
      shoal runs export @last @last~1 -o both.parquet
    """
    from shoal.cli.runs import export_runs

    export_runs(refs, output, as_json=json, quiet=quiet, allow_python=allow_python, force=force)


@guarded
def replay(
    run: Ref,
    threads: Threads = None,
    json: Json = False,
    quiet: Quiet = False,
    allow_python: AllowPython = False,
) -> None:
    """Compute a stored run again and say whether the same comes out.

    Identical to the last bit, within tolerance, or different (exit code 1),
    and on which machine and with which arithmetic either was computed.

    \b
    Examples:
      shoal replay @last
      shoal replay @last --json
    """
    from shoal.cli.replay import replay_run

    replay_run(run, threads=threads, as_json=json, quiet=quiet, allow_python=allow_python)
